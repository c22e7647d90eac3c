//! A table in the many ways in which departments write it.

use credence::sheets::values;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

/// Headers and rows, all texts.
#[derive(Clone)]
pub struct Sheet {
    pub headers: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    /// The same with one column written otherwise.
    pub fn with_column(&self, column: usize, write: impl Fn(&str) -> String) -> Self {
        let mut other = self.clone();
        for row in &mut other.rows {
            row[column] = write(&row[column]);
        }
        other
    }

    /// The same with a title and a blank row above.
    pub fn under_title(&self, title: &str) -> Self {
        let mut rows = vec![Vec::new(), self.headers.clone()];
        rows.extend(self.rows.clone());
        Self {
            headers: vec![title.to_owned()],
            rows,
        }
    }
}

/// As CSV, quoted where it must be.
pub fn csv(sheet: &Sheet, delimiter: &str, end: &str) -> String {
    let cell = |text: &String| {
        if text.contains(['"', '\n', '\r', ',', ';', '\t']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.clone()
        }
    };
    let line = |row: &Vec<String>| row.iter().map(cell).collect::<Vec<_>>().join(delimiter) + end;
    let rows: String = sheet.rows.iter().map(line).collect();
    line(&sheet.headers) + &rows
}

/// In an encoding.
pub fn encoded(name: &str, text: &str) -> Vec<u8> {
    match name {
        "utf-8-bom" => format!("\u{feff}{text}").into_bytes(),
        "gb18030" => encoding_rs::GB18030.encode(text).0.into_owned(),
        "utf-16le" => format!("\u{feff}{text}")
            .encode_utf16()
            .flat_map(|unit| {
                let [high, low] = unit.to_be_bytes();
                [low, high]
            })
            .collect(),
        "utf-16be" => format!("\u{feff}{text}")
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect(),
        other => panic!("no encoding {other}"),
    }
}

/// Columns in another order, with two more that no one knows.
pub fn shuffled(sheet: &Sheet) -> Sheet {
    let mix = |row: &Vec<String>, first: &str, last: &str| {
        let mut mixed: Vec<String> = row.iter().rev().cloned().collect();
        mixed.swap(2, 11);
        mixed.insert(5, first.to_owned());
        mixed.push(last.to_owned());
        mixed
    };
    Sheet {
        headers: mix(&sheet.headers, "序号", "数据导出时间"),
        rows: sheet
            .rows
            .iter()
            .map(|row| mix(row, "1", "2024-06-03 09:00:00"))
            .collect(),
    }
}

/// Codes and dates in full-width characters, with wide blanks around.
pub fn full_width(sheet: &Sheet, columns: &[usize]) -> Sheet {
    let widen = |text: &str| -> String {
        let wide = |one: char| match one {
            '!'..='~' => char::from_u32(u32::from(one) + 0xFEE0).expect("a full-width character"),
            other => other,
        };
        if text.is_empty() {
            String::new()
        } else {
            format!("\u{3000}{} ", text.chars().map(wide).collect::<String>())
        }
    };
    columns
        .iter()
        .fold(sheet.clone(), |sheet, column| sheet.with_column(*column, widen))
}

/// As a workbook; columns of these headers hold real dates.
pub fn workbook(sheet: &Sheet, dates: &[&str]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let notes = workbook.add_worksheet().set_name("说明").expect("a name");
    notes.write_string(0, 0, "请在第二张表填写").expect("written");
    let table = workbook.add_worksheet().set_name("承诺").expect("a name");
    let date = Format::new().set_num_format("yyyy/m/d");
    for (row, cells) in (0..).zip(std::iter::once(&sheet.headers).chain(&sheet.rows)) {
        for (column, (cell, header)) in (0..).zip(cells.iter().zip(&sheet.headers)) {
            match values::date(cell, false).filter(|_| dates.contains(&header.as_str())) {
                Some(day) => {
                    let year = u16::try_from(day.year()).expect("a year of ours");
                    let day = ExcelDateTime::from_ymd(year, day.month(), day.day()).expect("a date");
                    table
                        .write_datetime_with_format(row, column, &day, &date)
                        .expect("written");
                }
                None if cell.is_empty() => {}
                None => {
                    table.write_string(row, column, cell).expect("written");
                }
            }
        }
    }
    workbook.save_to_buffer().expect("written")
}
