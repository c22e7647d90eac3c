//! Files as departments send them and as they get them back: bytes to rows of cells, and rows to bytes.
//!
//! Knows encodings, line ends, delimiters and workbooks; [`header`] finds the layout, [`values`] undoes
//! what a spreadsheet program did to a cell. What a value means is not known here. Rows are pushed one by
//! one, so that a file of a million rows needs no more memory than one of ten. Read first: [`Table`].

use std::io::{Read, Seek};
use std::ops::ControlFlow;

pub mod delimited;
pub mod encoding;
pub mod error;
pub mod header;
pub mod injection;
pub mod values;
pub mod workbook;
pub mod written;

pub use encoding::Encoding;
pub use error::SheetError;

/// Largest file read, in bytes.
pub const FILE_BYTES_MAX: u64 = 4 << 30;
/// Most rows of a file, blank ones included; a workbook holds 1,048,576 at most.
pub const ROWS_MAX: u32 = 5_000_000;
/// Most columns of a row.
pub const COLUMNS_MAX: usize = 512;
/// Most characters of a cell, in CSV files as in workbooks.
pub const CELL_CHARACTERS_MAX: usize = 32_767;
/// Most bytes of a cell, as UTF-8.
pub const CELL_BYTES_MAX: usize = 4 * CELL_CHARACTERS_MAX;
/// Most bytes that all parts of a workbook may unpack to.
pub const UNPACKED_BYTES_MAX: u64 = 768 << 20;
/// Most bytes that the shared texts of a workbook may unpack to: they are held in memory.
pub const SHARED_TEXTS_BYTES_MAX: u64 = 192 << 20;
/// Parts that unpack to more than this many times their packed size are refused,
pub const RATIO_MAX: u64 = 250;
/// once they exceed this many bytes; a small part may be as regular as it likes.
pub const RATIO_FREE_BYTES: u64 = 32 << 20;
/// Most parts inside a workbook.
pub const PARTS_MAX: usize = 5_000;

/// One row of a file that has something in it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Row {
    /// Number of the row as a spreadsheet program shows it, from 1.
    pub number: u32,
    /// The cells from column A on; absent ones at the end are left out.
    pub cells: Vec<Cell>,
}

impl Row {
    /// Returns the text of the cell in this column, from 0; empty where the row is shorter.
    #[must_use]
    pub fn text(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell.text.as_str())
    }

    /// Returns how many cells hold more than white space.
    #[must_use]
    pub fn filled(&self) -> usize {
        let filled = |cell: &&Cell| !values::trimmed(&cell.text).is_empty();
        self.cells.iter().filter(filled).count()
    }
}

/// What stands in one cell.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Cell {
    /// The text; of a number its shortest digits, of a date `YYYY-MM-DD`, with the time if there is one.
    pub text: String,
    pub origin: Origin,
}

impl Cell {
    /// Says whether the text has no more characters than a cell may have.
    #[must_use]
    pub fn fits(text: &str) -> bool {
        text.len() <= CELL_CHARACTERS_MAX || text.chars().count() <= CELL_CHARACTERS_MAX
    }

    /// A cell with a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            origin: Origin::Text,
        }
    }
}

/// What the spreadsheet program took the cell for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Origin {
    /// A text, as is every cell of a CSV file.
    #[default]
    Text,
    /// A number; more than 15 digits are lost.
    Number,
    /// A number shown as a date.
    Date,
    /// TRUE or FALSE.
    Truth,
    /// A formula that failed, such as `#N/A`.
    Failed,
}

/// Names a column as a spreadsheet program does: 0 is A, 26 is AA.
#[must_use]
pub fn column_name(column: usize) -> String {
    let mut name = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).expect("below 26");
        name.push(b'A' + digit);
        rest = (rest - 1) / 26;
    }
    name.reverse();
    String::from_utf8(name).expect("letters")
}

/// What the bytes of a file were found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines of text with delimiters.
    Delimited {
        encoding: Encoding,
        /// `,`, `;` or a tab.
        delimiter: u8,
    },
    /// XLSX.
    Workbook,
}

/// An opened file.
pub enum Table<R: Read + Seek> {
    Delimited(delimited::Delimited<R>),
    Workbook(Box<workbook::Workbook<R>>),
}

/// A file that was looked at, with its hash.
pub struct Opened<R: Read + Seek> {
    pub table: Table<R>,
    /// SHA-256 over the bytes of the file.
    pub hash: [u8; 32],
    pub format: Format,
    /// In bytes.
    pub size: u64,
}

/// Looks at a whole file once: its hash, and what kind of file it is.
///
/// # Errors
/// [`SheetError`] for a file that is too large, damaged, or none of those that are read.
pub fn open<R: Read + Seek>(mut file: R) -> Result<Opened<R>, SheetError> {
    let look = encoding::look(&mut file)?;
    let table = match look.format {
        Format::Delimited { encoding, delimiter } => {
            Table::Delimited(delimited::Delimited::new(file, encoding, delimiter))
        }
        Format::Workbook => Table::Workbook(Box::new(workbook::Workbook::open(file)?)),
    };
    Ok(Opened {
        table,
        hash: look.hash,
        format: look.format,
        size: look.size,
    })
}

impl<R: Read + Seek> Table<R> {
    /// Returns the names of the sheets that are shown; a CSV file is one sheet without a name.
    #[must_use]
    pub fn sheets(&self) -> Vec<String> {
        match self {
            Self::Delimited(_) => vec![String::new()],
            Self::Workbook(workbook) => workbook.sheets(),
        }
    }

    /// Says whether days are counted from 1904, as old workbooks of the Macintosh do.
    #[must_use]
    pub fn counts_from_1904(&self) -> bool {
        match self {
            Self::Delimited(_) => false,
            Self::Workbook(workbook) => workbook.counts_from_1904(),
        }
    }

    /// Hands the rows of a sheet over, in their order, until `each` breaks off; blank ones are left out.
    ///
    /// # Errors
    /// [`SheetError`] where a limit is exceeded or the file does not hold what it says.
    pub fn rows(
        &mut self,
        sheet: &str,
        each: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<(), SheetError> {
        match self {
            Self::Delimited(file) => file.rows(each),
            Self::Workbook(workbook) => workbook.rows(sheet, each),
        }
    }

    /// Returns the first rows of a sheet.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub fn first_rows(&mut self, sheet: &str, count: usize) -> Result<Vec<Row>, SheetError> {
        let mut rows = Vec::new();
        self.rows(sheet, &mut |row| {
            rows.push(row);
            if rows.len() < count {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })?;
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_as_a_spreadsheet_program_names_them() {
        for (column, name) in [
            (0, "A"),
            (25, "Z"),
            (26, "AA"),
            (51, "AZ"),
            (52, "BA"),
            (701, "ZZ"),
            (702, "AAA"),
        ] {
            assert_eq!(column_name(column), name);
        }
    }
}
