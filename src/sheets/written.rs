//! Tables as files: CSV and XLSX, every cell a text, so that no program makes a number of a code.
//!
//! Read first: [`CsvFile`] and [`XlsxFile`].

use std::io::{self, Write};
use std::path::Path;

use rust_xlsxwriter::{Color, DataValidation, Format, Workbook, Worksheet, XlsxError};

use super::injection;

/// Most rows of a worksheet, its header included.
pub const SHEET_ROWS_MAX: u32 = 1_048_576;

/// A CSV file as spreadsheet programs open it: UTF-8 with its mark, lines that end with CR and LF.
pub struct CsvFile<W: Write> {
    out: W,
    line: Vec<u8>,
}

impl<W: Write> CsvFile<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// As the disk reports them.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all("\u{feff}".as_bytes())?;
        Ok(Self {
            out,
            line: Vec::new(),
        })
    }

    /// Writes a row; cells that begin like a formula are guarded.
    ///
    /// # Errors
    /// As the disk reports them.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
        self.line.clear();
        for (place, cell) in cells.into_iter().enumerate() {
            if place > 0 {
                self.line.push(b',');
            }
            let cell = injection::guarded(cell);
            if cell.contains([',', '"', '\r', '\n', '\t', ';'])
                || cell.starts_with(' ')
                || cell.ends_with(' ')
            {
                self.line.push(b'"');
                self.line.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
                self.line.push(b'"');
            } else {
                self.line.extend_from_slice(cell.as_bytes());
            }
        }
        self.line.extend_from_slice(b"\r\n");
        self.out.write_all(&self.line)
    }

    /// Hands everything on.
    ///
    /// # Errors
    /// As the disk reports them.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Why a workbook cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    /// More rows than a worksheet holds.
    #[error("a worksheet holds {SHEET_ROWS_MAX} rows at most; write CSV instead")]
    TooManyRows,
    #[error("the workbook cannot be written: {0}")]
    Write(#[from] XlsxError),
}

/// A column of a workbook that is written.
#[derive(Clone, Debug, Default)]
pub struct XlsxColumn {
    pub header: String,
    /// The header is of a required item.
    pub is_required: bool,
    /// Values to choose from.
    pub choices: Vec<String>,
}

/// A workbook of one table, written row by row; the rows are kept on disk, not in memory.
pub struct XlsxFile {
    workbook: Workbook,
    sheet: Worksheet,
    text: Format,
    bad: Format,
    rows: u32,
}

/// Rows of a template that offer values to choose from.
const CHOICE_ROWS: u32 = 10_000;
/// Characters that a list of values to choose from may take.
const CHOICES_CHARACTERS_MAX: usize = 255;

impl XlsxFile {
    /// Begins a workbook with a sheet of this name and its header.
    ///
    /// # Errors
    /// [`WorkbookError::Write`].
    pub fn new(sheet_name: &str, columns: &[XlsxColumn]) -> Result<Self, WorkbookError> {
        let mut workbook = Workbook::new();
        let mut sheet = workbook.new_worksheet_with_constant_memory()?;
        let name: String = sheet_name
            .chars()
            .filter(|character| !matches!(character, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\''))
            .take(31)
            .collect();
        sheet.set_name(name)?;
        let text = Format::new().set_num_format("@");
        let header = Format::new()
            .set_num_format("@")
            .set_bold()
            .set_background_color(Color::RGB(0x00DD_EBF7));
        let required = header.clone().set_font_color(Color::RGB(0x00C0_0000));
        sheet.set_freeze_panes(1, 0)?;
        for (at, column) in columns.iter().enumerate() {
            let at = place(at);
            sheet.set_column_format(at, &text)?;
            sheet.set_column_width(at, 20.0)?;
            if !column.choices.is_empty()
                && column
                    .choices
                    .iter()
                    .map(|choice| choice.chars().count() + 1)
                    .sum::<usize>()
                    <= CHOICES_CHARACTERS_MAX
            {
                let list = DataValidation::new()
                    .allow_list_strings(&column.choices)?
                    .show_error_message(false);
                sheet.add_data_validation(1, at, CHOICE_ROWS, at, &list)?;
            }
        }
        for (at, column) in columns.iter().enumerate() {
            let format = if column.is_required { &required } else { &header };
            sheet.write_string_with_format(0, place(at), column.header.as_str(), format)?;
        }
        Ok(Self {
            workbook,
            sheet,
            text,
            bad: Format::new()
                .set_num_format("@")
                .set_background_color(Color::RGB(0x00FF_C7CE)),
            rows: 1,
        })
    }

    /// Writes a row of texts, each with whether it is marked as wrong; such that begin like a formula are
    /// guarded, and blank ones are left out unless marked.
    ///
    /// # Errors
    /// [`WorkbookError`].
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = (&'a str, bool)>) -> Result<(), WorkbookError> {
        if self.rows == SHEET_ROWS_MAX {
            return Err(WorkbookError::TooManyRows);
        }
        for (at, (cell, is_bad)) in cells.into_iter().enumerate() {
            let cell = injection::guarded(cell);
            let format = if is_bad { &self.bad } else { &self.text };
            if cell.is_empty() {
                if is_bad {
                    self.sheet.write_blank(self.rows, place(at), format)?;
                }
                continue;
            }
            self.sheet
                .write_string_with_format(self.rows, place(at), cell.as_ref(), format)?;
        }
        self.rows += 1;
        Ok(())
    }

    /// Adds a sheet of notes behind the table and writes the file.
    ///
    /// # Errors
    /// [`WorkbookError::Write`].
    pub fn save(mut self, path: &Path, notes: &[Vec<String>]) -> Result<(), WorkbookError> {
        self.workbook.push_worksheet(self.sheet);
        if !notes.is_empty() {
            let wrapped = Format::new().set_num_format("@").set_text_wrap();
            let sheet = self.workbook.add_worksheet();
            sheet.set_name("填表说明")?;
            for at in 0..4 {
                sheet.set_column_width(at, 36.0)?;
            }
            for (row, cells) in (0..).zip(notes) {
                for (at, cell) in cells.iter().enumerate() {
                    sheet.write_string_with_format(
                        row,
                        place(at),
                        injection::guarded(cell).as_ref(),
                        &wrapped,
                    )?;
                }
            }
        }
        self.workbook.save(path)?;
        Ok(())
    }
}

fn place(column: usize) -> u16 {
    u16::try_from(column).expect("a table has at most COLUMNS_MAX columns and a few more")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_csv_row_is_quoted_where_it_must_and_guarded() {
        let mut file = CsvFile::new(Vec::new()).unwrap();
        file.row(["甲", "a,b", "say \"x\"", "two\nlines", "=1+1", ""])
            .unwrap();
        let text = String::from_utf8(file.finish().unwrap()).unwrap();
        assert_eq!(
            text,
            "\u{feff}甲,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",'=1+1,\r\n"
        );
    }
}
