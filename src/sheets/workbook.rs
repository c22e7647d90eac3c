//! Workbooks (XLSX): looked through for size before a reader is let near them, then read cell by cell.
//!
//! Formulas count by the value they had when the workbook was saved. Read first: [`Workbook::open`].

use std::io::{Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use calamine::{Data, DataRef, Reader, SheetType, SheetVisible, Xlsx};
use zip::ZipArchive;

use super::{
    COLUMNS_MAX, Cell, Origin, PARTS_MAX, RATIO_FREE_BYTES, RATIO_MAX, ROWS_MAX, Row, SHARED_TEXTS_BYTES_MAX,
    SheetError, UNPACKED_BYTES_MAX, values,
};

/// An opened workbook.
pub struct Workbook<R: Read + Seek> {
    reader: Xlsx<R>,
}

fn damaged(error: impl std::fmt::Display) -> SheetError {
    SheetError::DamagedWorkbook(error.to_string())
}

impl<R: Read + Seek> Workbook<R> {
    /// Opens a workbook whose parts unpack to no more than is taken.
    ///
    /// # Errors
    /// [`SheetError`] for one that unpacks too far, and one that is damaged.
    pub(super) fn open(mut file: R) -> Result<Self, SheetError> {
        unpack_for_size(&mut file)?;
        file.seek(SeekFrom::Start(0))?;
        let reader = Xlsx::new(file).map_err(damaged)?;
        Ok(Self { reader })
    }

    /// Returns the names of the worksheets that are shown, in their order.
    #[must_use]
    pub fn sheets(&self) -> Vec<String> {
        let is_shown = |sheet: &&calamine::Sheet| {
            sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible
        };
        let shown = self.reader.sheets_metadata().iter().filter(is_shown);
        shown.map(|sheet| sheet.name.clone()).collect()
    }

    /// Says whether days are counted from 1904.
    #[must_use]
    pub fn counts_from_1904(&self) -> bool {
        self.reader.has_1904_epoch()
    }

    /// Hands over the rows of a sheet that are not blank.
    ///
    /// # Errors
    /// As [`super::Table::rows`].
    pub fn rows(
        &mut self,
        sheet: &str,
        each: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<(), SheetError> {
        if !self.reader.sheet_names().iter().any(|name| name == sheet) {
            return Err(SheetError::NoSuchSheet(sheet.to_owned()));
        }
        let mut cells = self.reader.worksheet_cells_reader(sheet).map_err(damaged)?;
        let mut row = Row::default();
        while let Some(cell) = cells.next_cell().map_err(damaged)? {
            let (at, column) = cell.get_position();
            let Some(value) = cell_of(cell.get_value()) else {
                continue;
            };
            let number = at.saturating_add(1);
            if number > ROWS_MAX {
                return Err(SheetError::TooManyRows);
            }
            let column = column as usize;
            if column >= COLUMNS_MAX {
                return Err(SheetError::TooManyColumns { row: number });
            }
            if !Cell::fits(&value.text) {
                return Err(SheetError::CellTooLong { row: number });
            }
            if number != row.number {
                if number < row.number {
                    return Err(damaged("rows are out of order"));
                }
                let done = std::mem::replace(
                    &mut row,
                    Row {
                        number,
                        cells: Vec::new(),
                    },
                );
                if done.filled() > 0 && each(done).is_break() {
                    return Ok(());
                }
            }
            if row.cells.len() <= column {
                row.cells.resize(column + 1, Cell::default());
            }
            row.cells[column] = value;
        }
        if row.filled() > 0 {
            // It is the last one in any case.
            _ = each(row);
        }
        Ok(())
    }
}

/// Unpacks every part into nothing and counts: what an entry says about its own size proves nothing.
fn unpack_for_size(file: &mut (impl Read + Seek)) -> Result<(), SheetError> {
    let mut archive = ZipArchive::new(file).map_err(damaged)?;
    if archive.len() > PARTS_MAX {
        return Err(SheetError::TooManyParts);
    }
    let mut total: u64 = 0;
    for place in 0..archive.len() {
        let mut part = archive.by_index(place).map_err(damaged)?;
        let packed = part.compressed_size().max(1);
        let holds_shared_texts = part
            .name()
            .map_err(damaged)?
            .to_ascii_lowercase()
            .ends_with("sharedstrings.xml");
        let mut unpacked: u64 = 0;
        let mut chunk = vec![0; 64 << 10];
        loop {
            let length = part.read(&mut chunk).map_err(damaged)? as u64;
            if length == 0 {
                break;
            }
            unpacked += length;
            total += length;
            if unpacked > RATIO_FREE_BYTES && unpacked / packed > RATIO_MAX {
                return Err(SheetError::UnpacksTooFar);
            }
            if total > UNPACKED_BYTES_MAX {
                return Err(SheetError::UnpacksTooLarge);
            }
            if holds_shared_texts && unpacked > SHARED_TEXTS_BYTES_MAX {
                return Err(SheetError::SharedTextsTooLarge);
            }
        }
    }
    Ok(())
}

/// `None` for a cell that is formatted and empty.
fn cell_of(value: &DataRef<'_>) -> Option<Cell> {
    let cell = |text: String, origin| Some(Cell { text, origin });
    match value {
        DataRef::Empty => None,
        DataRef::String(text) => cell(text.clone(), Origin::Text),
        DataRef::SharedString(text) => cell((*text).to_owned(), Origin::Text),
        DataRef::Int(number) => cell(number.to_string(), Origin::Number),
        DataRef::Float(number) => cell(values::number_text(*number), Origin::Number),
        DataRef::Bool(truth) => cell(if *truth { "TRUE" } else { "FALSE" }.to_owned(), Origin::Truth),
        DataRef::Error(failed) => cell(failed.to_string(), Origin::Failed),
        DataRef::DateTimeIso(text) => cell(text.replace('T', " "), Origin::Date),
        DataRef::DurationIso(text) => cell(text.clone(), Origin::Text),
        DataRef::DateTime(instant) if instant.is_duration() => {
            cell(Data::DateTime(*instant).to_string(), Origin::Number)
        }
        DataRef::DateTime(instant) => {
            let (year, month, day, hour, minute, second, _) = instant.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            let text = match (hour, minute, second) {
                (0, 0, 0) => date,
                _ => format!("{date} {hour:02}:{minute:02}:{second:02}"),
            };
            cell(text, Origin::Date)
        }
    }
}

#[cfg(test)]
#[path = "workbook_tests.rs"]
mod tests;
