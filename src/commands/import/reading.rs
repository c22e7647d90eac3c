//! A file on its way out: looked at whole before anything is sent, then cut into batches.
//!
//! Read first: [`look`], then [`Reading::batches`].

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::Path;

use crate::domain::layout::{Layout, Role};
use crate::domain::subject::SubjectKind;
use crate::sheets::header::{self, Column, Header, NoLayout, Skipped, Told};
use crate::sheets::values::{self, Spoilt};
use crate::sheets::{self, Format, Row, SheetError, Table};

/// Rows of data are put into one batch until their texts have this many bytes.
const BATCH_BYTES_MAX: usize = 1 << 20;
/// Numbers of skipped rows that are kept to be told.
const SKIPPED_TOLD_MAX: usize = 20;

/// Why a file is not imported.
#[derive(Debug)]
pub enum Unread {
    Sheet(SheetError),
    Layout(NoLayout),
    /// The layout's rows go to no call of this program; its code.
    NotImported(String),
}

impl From<SheetError> for Unread {
    fn from(error: SheetError) -> Self {
        Self::Sheet(error)
    }
}

impl Unread {
    /// Says it in English.
    #[must_use]
    pub fn in_english(&self) -> String {
        match self {
            Self::Sheet(error) => error.in_english(),
            Self::Layout(error) => error.in_english(),
            Self::NotImported(code) => format!("rows of the layout {code} are not imported from files"),
        }
    }

    /// Says it in Chinese.
    #[must_use]
    pub fn in_chinese(&self) -> String {
        match self {
            Self::Sheet(error) => error.in_chinese(),
            Self::Layout(error) => error.in_chinese(),
            Self::NotImported(code) => format!("模板{code}的数据不能以文件导入"),
        }
    }
}

/// What is said of all files of a command.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Code of the layout.
    pub layout: Option<String>,
    /// Kind of party of every row, where the file has no column for it.
    pub party_kind: Option<SubjectKind>,
    /// Name of the worksheet.
    pub sheet: Option<String>,
}

/// A file that was looked at.
pub struct Reading {
    table: Table<BufReader<File>>,
    pub format: Format,
    /// SHA-256 over its bytes.
    pub hash: [u8; 32],
    /// The worksheet read; empty for a CSV file.
    pub sheet: String,
    /// Other worksheets that are shown and hold something.
    pub other_sheets: Vec<String>,
    pub layout: Layout,
    pub header: Header,
    /// Rows that hold data.
    pub rows: u64,
    /// Rows below the header that hold none, the first of them.
    pub skipped: Vec<(u32, Skipped)>,
    /// How many there are in all.
    pub skipped_count: u64,
    /// Cells that most rows of data have, blank ones at the end included; at least those of the header.
    width: usize,
    /// Kind of party that is stated for all rows.
    pub party_kind: Option<SubjectKind>,
}

/// A row of data with what goes out of it.
#[derive(Clone, Debug)]
pub struct Taken {
    pub row: Row,
    /// Place of the item in the layout and its text; blank ones are left out, but for the procedure of a case.
    pub items: Vec<(usize, String)>,
    /// Columns whose value is gone, with why; such a row is not sent.
    pub spoilt: Vec<(usize, Spoilt)>,
}

/// Rows that are sent together.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Place of the batch in the file, from 0.
    pub number: u32,
    pub sent: Vec<Taken>,
    /// Rows that are not sent, of the same part of the file.
    pub spoilt: Vec<Taken>,
}

/// Reads a file to its end: what it is, what layout it follows, how many rows of data it has.
///
/// # Errors
/// [`Unread`]; a file with a mistake in its last line is refused here, before its first row is sent.
pub fn look(path: &Path, layouts: &[Layout], said: &Said) -> Result<Reading, Unread> {
    let file = File::open(path).map_err(SheetError::Disk)?;
    let sheets::Opened {
        mut table,
        hash,
        format,
        ..
    } = sheets::open(BufReader::new(file))?;
    let names = match &said.sheet {
        Some(name) if format == Format::Workbook => vec![name.clone()],
        Some(_) | None => table.sheets(),
    };
    let told = Told {
        layout: said.layout.as_deref(),
        has_party_kind: said.party_kind.is_some(),
    };
    let (sheet, layout, header, other_sheets) = choose(&mut table, names, layouts, told)?;
    let mut reading = Reading {
        table,
        format,
        hash,
        sheet,
        other_sheets,
        layout,
        header,
        rows: 0,
        skipped: Vec::new(),
        skipped_count: 0,
        width: 0,
        party_kind: said.party_kind,
    };
    reading.count()?;
    Ok(reading)
}

/// The first sheet that follows a layout; where none does, the first sheet's refusal.
fn choose(
    table: &mut Table<BufReader<File>>,
    names: Vec<String>,
    layouts: &[Layout],
    told: Told<'_>,
) -> Result<(String, Layout, Header, Vec<String>), Unread> {
    let mut refusal = None;
    let mut chosen: Option<(String, Layout, Header)> = None;
    let mut others = Vec::new();
    for name in names {
        // A row more than the header is looked for in, so that a title alone is no sheet with data.
        let rows = table.first_rows(&name, header::HEADER_ROWS + 1)?;
        if rows.is_empty() {
            continue;
        }
        match header::detect(&rows, layouts, told) {
            Ok((layout, header)) if chosen.is_none() => chosen = Some((name, layout.clone(), header)),
            Ok(_) => others.push(name),
            Err(error) => {
                // A sheet without any known header, such as one of explanations, is not worth naming first.
                let is_worse = matches!(&error, NoLayout::Unknown { nearest: None });
                if refusal.is_none() || !is_worse {
                    refusal.get_or_insert(error);
                }
                others.push(name);
            }
        }
    }
    match (chosen, refusal) {
        (Some((name, layout, header)), _) => Ok((name, layout, header, others)),
        (None, Some(refusal)) => Err(Unread::Layout(refusal)),
        (None, None) => Err(Unread::Sheet(SheetError::Empty)),
    }
}

impl Reading {
    fn count(&mut self) -> Result<(), SheetError> {
        let (header, layout) = (&self.header, &self.layout);
        let (rows, skipped, skipped_count) = (&mut self.rows, &mut self.skipped, &mut self.skipped_count);
        let mut widths: HashMap<usize, u64> = HashMap::new();
        self.table.rows(&self.sheet, &mut |row| {
            if row.number <= header.row {
                return ControlFlow::Continue(());
            }
            match header::skipped(&row, header, layout) {
                None => {
                    *rows += 1;
                    *widths.entry(row.cells.len()).or_default() += 1;
                }
                Some(why) => {
                    *skipped_count += 1;
                    if skipped.len() < SKIPPED_TOLD_MAX {
                        skipped.push((row.number, why));
                    }
                }
            }
            ControlFlow::Continue(())
        })?;
        let usual = widths.into_iter().max_by_key(|(width, rows)| (*rows, *width));
        let usual = usual.map_or(0, |(width, _)| width);
        self.width = usual.max(self.header.columns.len());
        Ok(())
    }

    /// Returns how many items of the layout have a column.
    #[must_use]
    pub fn matched(&self) -> usize {
        self.layout.items().len() - self.header.absent.len()
    }

    /// Returns the headers of columns that are not recorded: the layout does not know them, or the service
    /// has no place for them.
    #[must_use]
    pub fn ignored(&self) -> Vec<&str> {
        let unsent = super::unsent(&self.layout.code);
        let columns = self.header.columns.iter().zip(&self.header.texts);
        let ignored = columns.filter(|(column, _)| match column {
            Column::Item(place) => unsent.contains(&self.layout.items()[*place].code.as_str()),
            Column::Ignored => true,
            Column::Reason | Column::Blank => false,
        });
        ignored.map(|(_, text)| text.as_str()).collect()
    }

    /// Reads the rows again and hands them on in batches of at most `rows_max`, until `take` breaks off.
    ///
    /// The same file makes the same batches each time.
    ///
    /// # Errors
    /// As [`look`].
    pub fn batches(
        &mut self,
        rows_max: usize,
        take: &mut dyn FnMut(Batch) -> ControlFlow<()>,
    ) -> Result<(), SheetError> {
        let from_1904 = self.table.counts_from_1904();
        let width = match self.format {
            Format::Delimited { .. } => Some(self.width),
            // Here a cell beside the table is a remark; in a CSV file it has moved there.
            Format::Workbook => None,
        };
        let (header, layout, party_kind) = (&self.header, &self.layout, self.party_kind);
        let mut batch = Batch::default();
        let mut bytes = 0;
        let mut is_stopped = false;
        self.table.rows(&self.sheet, &mut |row| {
            if row.number <= header.row || header::skipped(&row, header, layout).is_some() {
                return ControlFlow::Continue(());
            }
            let size: usize = row.cells.iter().map(|cell| cell.text.len()).sum();
            let rows = batch.sent.len() + batch.spoilt.len();
            if rows > 0 && (rows >= rows_max || bytes + size > BATCH_BYTES_MAX) {
                let next = Batch {
                    number: batch.number + 1,
                    ..Batch::default()
                };
                if take(std::mem::replace(&mut batch, next)).is_break() {
                    is_stopped = true;
                    return ControlFlow::Break(());
                }
                bytes = 0;
            }
            bytes += size;
            let mut taken = taken(row, header, layout, party_kind, from_1904);
            if width.is_some_and(|width| has_moved(&taken.row, header.columns.len(), width)) {
                taken.spoilt.push((header.columns.len(), Spoilt::Shifted));
            }
            if taken.spoilt.is_empty() {
                batch.sent.push(taken)
            } else {
                batch.spoilt.push(taken)
            }
            ControlFlow::Continue(())
        })?;
        if !is_stopped && batch.sent.len() + batch.spoilt.len() > 0 {
            // It is the last one in any case.
            _ = take(batch);
        }
        Ok(())
    }
}

/// Says whether a row has more cells than the others, or something behind the last header. Blank cells at the
/// end of every row are only the way in which a system writes.
fn has_moved(row: &Row, headers: usize, width: usize) -> bool {
    let mut beyond = row.cells.iter().skip(headers);
    row.cells.len() > width || beyond.any(|cell| !values::trimmed(&cell.text).is_empty())
}

fn taken(
    row: Row,
    header: &Header,
    layout: &Layout,
    party_kind: Option<SubjectKind>,
    from_1904: bool,
) -> Taken {
    let mut items = Vec::with_capacity(header.columns.len());
    let mut spoilt = Vec::new();
    for (at, column) in header.columns.iter().enumerate() {
        let Column::Item(place) = *column else { continue };
        let Some(cell) = row.cells.get(at) else { continue };
        let item = &layout.items()[place];
        match values::tidied(cell, item, from_1904) {
            // A column that is there and left empty is asked about where its absence is not.
            Ok(text) if text.is_empty() && item.role != Some(Role::Procedure) => {}
            Ok(text) => items.push((place, text)),
            Err(why) => spoilt.push((at, why)),
        }
    }
    if let Some(kind) = party_kind {
        let stated = layout
            .items()
            .iter()
            .position(|item| item.role == Some(Role::PartyKind));
        if let Some(place) = stated
            && header.column_of(place).is_none()
        {
            items.push((place, kind.number().to_string()));
        }
    }
    items.sort_by_key(|(place, _)| *place);
    Taken { row, items, spoilt }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheets::Cell;

    #[test]
    fn a_procedure_left_empty_goes_out_as_left_empty() {
        let policies = crate::commands::import::policies(None).unwrap();
        let layouts = policies.layouts;
        let layout = layouts.layout("PENALTY_V2").unwrap();
        let items = |headers: &str, cells: &str| {
            let row = |number, line: &str| Row {
                number,
                cells: line.split('|').map(Cell::of).collect(),
            };
            let header = row(1, headers);
            let told = Told {
                layout: Some("PENALTY_V2"),
                has_party_kind: true,
            };
            let (_, header) = header::detect(&[header], std::slice::from_ref(layout), told).unwrap();
            let taken = taken(row(2, cells), &header, layout, None, false);
            let code = |(place, text): &(usize, String)| format!("{}={text}", layout.items()[*place].code);
            taken.items.iter().map(code).collect::<Vec<_>>()
        };
        let required = "CF_XDR_MC|CF_XDR_SHXYM|CF_WSH|CF_WFXW|CF_SY|CF_YJ|CF_CFLB|CF_NR|CF_JDRQ|CF_YXQ|CF_CFJG|\
                        CF_CFJGDM|CF_SJLY|CF_SJLYDM";
        let both = format!("{required}|CF_AJCXLB|BZ");
        let cells = "甲公司|||||||||||||";
        assert_eq!(
            items(&both, &format!("{cells}||")),
            ["CF_XDR_MC=甲公司", "CF_AJCXLB="]
        );
        assert_eq!(items(required, cells), ["CF_XDR_MC=甲公司"]);
    }

    #[test]
    fn a_row_of_more_cells_than_the_others_has_moved() {
        let row = |line: &str| Row {
            number: 2,
            cells: line.split('|').map(Cell::of).collect(),
        };
        assert!(!has_moved(&row("a|b|c"), 3, 3));
        assert!(!has_moved(&row("a|b"), 3, 3));
        assert!(has_moved(&row("a|x|b|"), 3, 3));
        assert!(has_moved(&row("a|x|b|c"), 3, 3));
        // Every row ends with a delimiter.
        assert!(!has_moved(&row("a|b|c|"), 3, 4));
        assert!(has_moved(&row("a|x|b|c|"), 3, 4));
    }
}
