//! Text files with delimiters: CSV, and what else spreadsheet programs call by that name.
//!
//! Quoted cells may hold delimiters, quotes and line ends; lines end with CR, LF or both. Rows are numbered
//! as a spreadsheet program shows them: blank lines count, line ends inside a cell do not.
//! Read first: [`Delimited::rows`].

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use csv_core::ReadFieldResult;
use encoding_rs::{Decoder, DecoderResult};

use super::encoding::{CHUNK, Encoding, read_some};
use super::{CELL_BYTES_MAX, COLUMNS_MAX, Cell, ROWS_MAX, Row, SheetError, values};

/// A text file with delimiters.
pub struct Delimited<R> {
    file: R,
    encoding: Encoding,
    delimiter: u8,
}

impl<R: Read + Seek> Delimited<R> {
    /// A file in an encoding that was found by looking at all of it.
    pub(super) fn new(file: R, encoding: Encoding, delimiter: u8) -> Self {
        Self {
            file,
            encoding,
            delimiter,
        }
    }

    /// Hands over the rows that are not blank.
    ///
    /// # Errors
    /// As [`super::Table::rows`].
    pub fn rows(&mut self, each: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SheetError> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut text = Decoded {
            file: &mut self.file,
            decoder: self.encoding.codec().new_decoder_with_bom_removal(),
            bytes: vec![0; CHUNK],
            out: vec![0; 4 * CHUNK],
            is_over: false,
        };
        let mut lines = Lines::new(self.delimiter);
        while let Some(chunk) = text.next()? {
            if lines.take(chunk, each)?.is_break() {
                return Ok(());
            }
        }
        lines.end(each)
    }
}

/// The file as UTF-8, a chunk at a time.
struct Decoded<'a, R> {
    file: &'a mut R,
    decoder: Decoder,
    bytes: Vec<u8>,
    out: Vec<u8>,
    is_over: bool,
}

impl<R: Read> Decoded<'_, R> {
    fn next(&mut self) -> Result<Option<&[u8]>, SheetError> {
        while !self.is_over {
            let length = read_some(self.file, &mut self.bytes)?;
            self.is_over = length == 0;
            let (result, _, written) = self.decoder.decode_to_utf8_without_replacement(
                &self.bytes[..length],
                &mut self.out,
                self.is_over,
            );
            match result {
                DecoderResult::InputEmpty if written > 0 => return Ok(Some(&self.out[..written])),
                DecoderResult::InputEmpty => {}
                // The whole file decoded when it was looked at.
                DecoderResult::Malformed(..) => return Err(SheetError::Changed),
                DecoderResult::OutputFull => {
                    unreachable!("the output takes four bytes for each of the input")
                }
            }
        }
        Ok(None)
    }
}

/// Cuts text into rows.
struct Lines {
    reader: csv_core::Reader,
    field: Vec<u8>,
    filled: usize,
    cells: Vec<Cell>,
    /// Number of the row that is being read, from 1.
    number: u32,
    is_begun: bool,
    last: u8,
}

impl Lines {
    fn new(delimiter: u8) -> Self {
        Self {
            reader: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
            field: vec![0; 4 << 10],
            filled: 0,
            cells: Vec::new(),
            number: 1,
            is_begun: false,
            last: 0,
        }
    }

    fn take(
        &mut self,
        mut input: &[u8],
        each: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, SheetError> {
        while !input.is_empty() {
            if !self.is_begun && self.skip_line_end(&mut input)? {
                continue;
            }
            self.is_begun = true;
            let (result, read, written) = self.reader.read_field(input, &mut self.field[self.filled..]);
            self.filled += written;
            if let Some(last) = input[..read].last() {
                self.last = *last;
            }
            input = &input[read..];
            if self.step(result, each)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Between two rows: takes the second half of a line end, or a blank line, which counts as a row.
    fn skip_line_end(&mut self, input: &mut &[u8]) -> Result<bool, SheetError> {
        let first = input[0];
        if first != b'\r' && first != b'\n' {
            return Ok(false);
        }
        let is_second_half = first == b'\n' && self.last == b'\r';
        self.last = first;
        *input = &input[1..];
        if !is_second_half {
            self.next_row()?;
        }
        Ok(true)
    }

    fn next_row(&mut self) -> Result<(), SheetError> {
        self.number += 1;
        if self.number > ROWS_MAX {
            Err(SheetError::TooManyRows)
        } else {
            Ok(())
        }
    }

    fn step(
        &mut self,
        result: ReadFieldResult,
        each: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, SheetError> {
        match result {
            ReadFieldResult::InputEmpty => {}
            ReadFieldResult::OutputFull => {
                if self.field.len() > CELL_BYTES_MAX {
                    return Err(SheetError::CellTooLong { row: self.number });
                }
                self.field.resize(2 * self.field.len(), 0);
            }
            ReadFieldResult::Field { record_end } => {
                self.cell()?;
                if record_end {
                    return self.row(each);
                }
            }
            ReadFieldResult::End => {}
        }
        Ok(ControlFlow::Continue(()))
    }

    fn cell(&mut self) -> Result<(), SheetError> {
        if self.cells.len() == COLUMNS_MAX {
            return Err(SheetError::TooManyColumns { row: self.number });
        }
        let text = std::str::from_utf8(&self.field[..self.filled]).map_err(|_| SheetError::Changed)?;
        if !Cell::fits(text) {
            return Err(SheetError::CellTooLong { row: self.number });
        }
        self.cells.push(Cell::of(text));
        self.filled = 0;
        Ok(())
    }

    fn row(&mut self, each: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<ControlFlow<()>, SheetError> {
        let cells = std::mem::take(&mut self.cells);
        let row = Row {
            number: self.number,
            cells,
        };
        self.is_begun = false;
        self.next_row()?;
        if row
            .cells
            .iter()
            .all(|cell| values::trimmed(&cell.text).is_empty())
        {
            return Ok(ControlFlow::Continue(()));
        }
        Ok(each(row))
    }

    /// The end of the text also ends the last row, unless a quote is open: then no one knows how many rows
    /// have gone into that cell.
    fn end(mut self, each: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SheetError> {
        while self.is_begun {
            let (result, _, written) = self.reader.read_field(b"\n", &mut self.field[self.filled..]);
            self.filled += written;
            if matches!(result, ReadFieldResult::InputEmpty) {
                return Err(SheetError::OpenQuote { row: self.number });
            }
            if self.step(result, each)?.is_break() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Rows of the sample by which a delimiter is told.
const SAMPLE_ROWS: usize = 60;

/// Tells the delimiter: the one under which most rows have the same number of cells, more than one.
pub(super) fn delimiter_of(text: &str) -> u8 {
    let mut best = (0, 0, b',');
    for delimiter in [b',', b'\t', b';'] {
        let mut widths: HashMap<usize, usize> = HashMap::new();
        let mut lines = Lines::new(delimiter);
        let mut seen = 0;
        let counted = lines.take(text.as_bytes(), &mut |row| {
            if row.cells.len() > 1 {
                *widths.entry(row.cells.len()).or_default() += 1;
            }
            seen += 1;
            if seen < SAMPLE_ROWS {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        // Under a wrong delimiter a limit may be exceeded; then it is not the one.
        let last = match counted {
            Ok(ControlFlow::Continue(())) => lines.end(&mut |row| {
                if row.cells.len() > 1 {
                    *widths.entry(row.cells.len()).or_default() += 1;
                }
                ControlFlow::Continue(())
            }),
            Ok(ControlFlow::Break(())) => Ok(()),
            Err(error) => Err(error),
        };
        if last.is_err() {
            continue;
        }
        for (width, rows) in widths {
            if (rows, width) > (best.0, best.1) {
                best = (rows, width, delimiter);
            }
        }
    }
    best.2
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(text: &str, delimiter: u8) -> Result<Vec<(u32, Vec<String>)>, SheetError> {
        let mut rows = Vec::new();
        let mut file = Delimited::new(Cursor::new(text.as_bytes()), Encoding::Utf8, delimiter);
        file.rows(&mut |row| {
            rows.push((row.number, row.cells.into_iter().map(|cell| cell.text).collect()));
            ControlFlow::Continue(())
        })?;
        Ok(rows)
    }

    fn shown(text: &str) -> Vec<String> {
        let rows = read(text, b',').unwrap();
        rows.into_iter()
            .map(|(number, cells)| format!("{number}:{}", cells.join("|")))
            .collect()
    }

    #[test]
    fn all_line_ends_end_a_line() {
        for end in ["\r\n", "\n", "\r"] {
            let text = ["a,b", "1,2", "3,4"].join(end);
            assert_eq!(shown(&text), ["1:a|b", "2:1|2", "3:3|4"], "{end:?}");
            assert_eq!(
                shown(&format!("{text}{end}")),
                ["1:a|b", "2:1|2", "3:3|4"],
                "{end:?}"
            );
        }
    }

    #[test]
    fn blank_lines_count_as_rows_and_are_left_out() {
        for end in ["\r\n", "\n", "\r"] {
            let text = ["", "a,b", "", "", "1,2", " , ", ",", "3,4", ""].join(end);
            assert_eq!(shown(&text), ["2:a|b", "5:1|2", "8:3|4"], "{end:?}");
        }
    }

    #[test]
    fn line_ends_and_delimiters_inside_quotes_belong_to_the_cell() {
        let text = "a,b\r\n\"x\r\ny, \"\"z\"\"\",2\r\n3,4";
        assert_eq!(shown(text), ["1:a|b", "2:x\r\ny, \"z\"|2", "3:3|4"]);
    }

    #[test]
    fn rows_come_out_the_same_however_the_text_is_cut() {
        let text = "甲,乙\r\n\r\n\"一\r\n二\",3\r\n\r4,5\n\n6,\"\"\"\"\r\n";
        let expected = shown(text);
        assert_eq!(expected, ["1:甲|乙", "3:一\r\n二|3", "5:4|5", "7:6|\""]);
        let mut lines = Lines::new(b',');
        let mut rows = Vec::new();
        let mut each = |row: Row| {
            let cells: Vec<_> = row.cells.into_iter().map(|cell| cell.text).collect();
            rows.push(format!("{}:{}", row.number, cells.join("|")));
            ControlFlow::Continue(())
        };
        for byte in text.as_bytes() {
            assert!(lines.take(&[*byte], &mut each).unwrap().is_continue());
        }
        lines.end(&mut each).unwrap();
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_quote_that_is_never_closed_is_refused_before_it_fills_the_memory() {
        let text = format!("a,b\n1,\"2\n{}", "3,4\n".repeat(200_000));
        assert!(matches!(
            read(&text, b','),
            Err(SheetError::CellTooLong { row: 2 })
        ));
    }

    #[test]
    fn a_quote_that_is_open_at_the_end_swallows_no_row_silently() {
        let text = "a,b\n1,2\n3,\"4\n5,6\n7,8\n";
        assert!(matches!(read(text, b','), Err(SheetError::OpenQuote { row: 3 })));
        assert_eq!(shown("a,b\n1,\"2\""), ["1:a|b", "2:1|2"]);
        assert_eq!(shown("a,b\n1,"), ["1:a|b", "2:1|"]);
    }

    #[test]
    fn too_many_columns_are_refused() {
        let text = format!("a\n{}", ",".repeat(COLUMNS_MAX));
        assert!(matches!(
            read(&text, b','),
            Err(SheetError::TooManyColumns { row: 2 })
        ));
        assert!(read(&format!("a\n{}x", ",".repeat(COLUMNS_MAX - 1)), b',').is_ok());
    }

    #[test]
    fn the_delimiter_is_told_from_the_rows() {
        assert_eq!(delimiter_of("a,b,c\n1,2,3\n"), b',');
        assert_eq!(
            delimiter_of("a\tb\tc\n1，甲,乙,丙,丁,戊\t2\t3\n4\t5\t6,7\n"),
            b'\t'
        );
        assert_eq!(delimiter_of("标题\n\na;b;c\n1;2,5;3\n1;2,5;3\n"), b';');
        assert_eq!(delimiter_of("one column\nonly\n"), b',');
        assert_eq!(delimiter_of("a,b\n\"x;y;z\nu;v;w\",2\n"), b',');
    }
}
