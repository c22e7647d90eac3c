use std::io::{Cursor, Write};

use rust_xlsxwriter::{ExcelDateTime, Format, Formula};
use zip::write::SimpleFileOptions;

use super::*;
use crate::sheets::{Table, open};

fn read(bytes: Vec<u8>, sheet: &str) -> Result<Vec<(u32, Vec<Cell>)>, SheetError> {
    let mut opened = open(Cursor::new(bytes))?;
    assert!(matches!(opened.table, Table::Workbook(_)));
    let mut rows = Vec::new();
    opened.table.rows(sheet, &mut |row| {
        rows.push((row.number, row.cells));
        ControlFlow::Continue(())
    })?;
    Ok(rows)
}

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn cells_come_as_texts_with_what_they_were() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet().set_name("承诺").unwrap();
    let date = Format::new().set_num_format("yyyy/m/d");
    sheet.write_string(1, 0, "91150802MA0000074U").unwrap();
    sheet.write_number(1, 1, 911_508_020_000_074_000.0).unwrap();
    sheet.write_number(1, 2, 0.2).unwrap();
    let day = ExcelDateTime::from_ymd(2024, 6, 3).unwrap();
    sheet.write_datetime_with_format(1, 3, &day, &date).unwrap();
    let instant = ExcelDateTime::from_ymd(2024, 6, 3)
        .unwrap()
        .and_hms(8, 30, 0)
        .unwrap();
    sheet.write_datetime_with_format(1, 4, &instant, &date).unwrap();
    sheet
        .write_formula(1, 5, Formula::new("=1+1").set_result("2"))
        .unwrap();
    sheet.write_boolean(1, 6, true).unwrap();
    sheet.write_blank(1, 30, &date).unwrap();
    sheet.write_string(4, 1, "末行").unwrap();
    let rows = read(workbook.save_to_buffer().unwrap(), "承诺").unwrap();
    let cell = |text: &str, origin| Cell {
        text: text.to_owned(),
        origin,
    };
    let first = vec![
        cell("91150802MA0000074U", Origin::Text),
        cell("911508020000074000", Origin::Number),
        cell("0.2", Origin::Number),
        cell("2024-06-03", Origin::Date),
        cell("2024-06-03 08:30:00", Origin::Date),
        cell("2", Origin::Number),
        cell("TRUE", Origin::Truth),
    ];
    assert_eq!(rows[0], (2, first));
    assert_eq!(rows[1], (5, vec![Cell::default(), Cell::of("末行")]));
    assert_eq!(rows.len(), 2);
}

#[test]
fn hidden_sheets_are_not_shown_and_unknown_ones_refused() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    workbook.add_worksheet().set_name("一").unwrap();
    workbook.add_worksheet().set_name("二").unwrap().set_hidden(true);
    let bytes = workbook.save_to_buffer().unwrap();
    let opened = open(Cursor::new(bytes.clone())).unwrap();
    assert_eq!(opened.table.sheets(), ["一"]);
    assert!(matches!(read(bytes, "三"), Err(SheetError::NoSuchSheet(_))));
}

#[test]
fn a_part_that_unpacks_too_far_is_refused_before_it_is_read() {
    let blank = vec![b' '; usize::try_from(RATIO_FREE_BYTES).unwrap() + (1 << 20)];
    let bomb = zipped(&[("xl/worksheets/sheet1.xml", &blank)]);
    assert!(bomb.len() < 200_000, "{}", bomb.len());
    assert!(matches!(read(bomb, "一"), Err(SheetError::UnpacksTooFar)));
}

#[test]
fn too_many_parts_and_a_file_that_is_no_workbook_are_refused() {
    let names: Vec<String> = (0..=PARTS_MAX).map(|part| format!("{part}")).collect();
    let parts: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    assert!(matches!(
        read(zipped(&parts), "一"),
        Err(SheetError::TooManyParts)
    ));
    let other = zipped(&[("word/document.xml", b"<x/>")]);
    assert!(matches!(read(other, "一"), Err(SheetError::DamagedWorkbook(_))));
    let mut cut = rust_xlsxwriter::Workbook::new().save_to_buffer().unwrap();
    cut.truncate(cut.len() / 2);
    assert!(matches!(read(cut, "一"), Err(SheetError::DamagedWorkbook(_))));
}

/// A sheet of one row that says it stands at the far corner of the largest table costs one cell of memory.
#[test]
fn cells_far_out_are_refused_not_made_room_for() {
    for (row, column, expected) in [(0, 16_000, "TooManyColumns"), (1_000_000, 5, "1000001")] {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let sheet = workbook.add_worksheet().set_name("一").unwrap();
        sheet.write_string(row, column, "x").unwrap();
        let read = format!("{:?}", read(workbook.save_to_buffer().unwrap(), "一"));
        assert!(read.contains(expected), "{read}");
    }
}

#[test]
fn days_counted_from_1904_come_out_right() {
    let mut opened = rust_xlsxwriter::Workbook::new();
    let date = Format::new().set_num_format("yyyy/m/d");
    let sheet = opened.add_worksheet().set_name("一").unwrap();
    sheet.write_number_with_format(0, 0, 43_984.0, &date).unwrap();
    let bytes = opened.save_to_buffer().unwrap();
    // The writer has no such workbooks: the flag is put in where the part stands.
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut parts = Vec::new();
    for place in 0..archive.len() {
        let mut part = archive.by_index(place).unwrap();
        let mut content = Vec::new();
        part.read_to_end(&mut content).unwrap();
        let name = part.name().unwrap().into_owned();
        if name == "xl/workbook.xml" {
            let text = String::from_utf8(content).unwrap();
            assert!(text.contains("<workbookPr "), "{text}");
            content = text
                .replace("<workbookPr ", "<workbookPr date1904=\"1\" ")
                .into_bytes();
        }
        parts.push((name, content));
    }
    let parts: Vec<(&str, &[u8])> = parts
        .iter()
        .map(|(name, part)| (name.as_str(), part.as_slice()))
        .collect();
    let bytes = zipped(&parts);
    assert!(open(Cursor::new(bytes.clone())).unwrap().table.counts_from_1904());
    let rows = read(bytes, "一").unwrap();
    assert_eq!(rows[0].1[0].text, "2024-06-03");
}
