//! What a spreadsheet program, a form or a typist did to a value, undone; what it means is not judged.
//!
//! Read first: [`tidied`].

use crate::domain::civil_date::CivilDate;
use crate::domain::layout::{ItemType, LayoutItem};
use crate::domain::resident_id::ResidentId;
use crate::domain::social_credit_code::SocialCreditCode;

use super::{Cell, Origin, injection};

/// Digits that a number in a spreadsheet keeps.
pub const DIGITS_KEPT: usize = 15;

/// Why a cell cannot be used, found before any rule is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoilt {
    /// A code or number of more than 15 digits was kept as a number: the rest of its digits is gone.
    DigitsLost,
    /// A formula that failed, such as `#N/A`.
    FailedFormula,
    /// A person's name or number with stars, as exports have it.
    Masked,
    /// The row of a CSV file has more cells than the header: a delimiter in a text stands without quotes, and
    /// who knows in which.
    Shifted,
}

impl Spoilt {
    /// Says it in English, as the end of a sentence about the column.
    #[must_use]
    pub fn in_english(self) -> &'static str {
        match self {
            Self::DigitsLost => {
                "was kept as a number by the spreadsheet program and has lost digits; format the column as text \
                 and enter the code again."
            }
            Self::FailedFormula => "holds a formula that failed; enter the value itself.",
            Self::Masked => {
                "is masked, as exports of persons are; enter the full value, or leave the row out."
            }
            Self::Shifted => {
                "stands behind the last header: the row has more cells than the header, mostly because a text \
                 with a delimiter is not in quotation marks; move the cells to their columns."
            }
        }
    }

    /// Says it in Chinese, as the end of a sentence about the column.
    #[must_use]
    pub fn in_chinese(self) -> &'static str {
        match self {
            Self::DigitsLost => {
                "被表格软件当作数字保存，15位以后的数字已丢失，请将该列设为文本格式后重新填写。"
            }
            Self::FailedFormula => "中的公式出错，请直接填写值。",
            Self::Masked => "是脱敏后的值，请填写完整内容，或不导入该行。",
            Self::Shifted => {
                "在最后一个表头之后：该行单元格多于表头，多半是含分隔符的文字没有加引号，请把各单元格移回所属列。"
            }
        }
    }
}

/// Leaves out white space at both ends, also that of full width and without width.
#[must_use]
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|character: char| {
        character.is_whitespace() || matches!(character, '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{feff}')
    })
}

/// Writes a number as it is read: without exponent, with the 15 digits that a spreadsheet program keeps.
#[must_use]
pub fn number_text(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return if number == 0.0 {
            "0".to_owned()
        } else {
            number.to_string()
        };
    }
    // Through 15 digits, so that 0.1 + 0.2 is 0.3, as it is shown.
    let shown: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    format!("{shown}")
}

/// Turns letters, digits and signs of full width into those of half width, and the wide blank into a blank.
#[must_use]
pub fn half_width(text: &str) -> String {
    let narrow = |character: char| match character {
        '！'..='～' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
        '\u{3000}' | '\u{a0}' => ' ',
        other => other,
    };
    text.chars().map(narrow).collect()
}

/// Brings a cell to the text that is sent for an item of this type.
///
/// Dates become `YYYY-MM-DD` where they can be read as one; all else is only freed of what a spreadsheet
/// program or a form put around it, so that rules judge what the department wrote.
///
/// # Errors
/// [`Spoilt`] where what the department wrote is gone.
pub fn tidied(cell: &Cell, item: &LayoutItem, from_1904: bool) -> Result<String, Spoilt> {
    let text = trimmed(injection::unguarded(trimmed(&cell.text)));
    if text.is_empty() {
        return Ok(String::new());
    }
    if cell.origin == Origin::Failed {
        return Err(Spoilt::FailedFormula);
    }
    if is_masked(item, text) {
        return Err(Spoilt::Masked);
    }
    match &item.item_type {
        ItemType::SocialCreditCode | ItemType::Older(_) | ItemType::Document => code(cell.origin, text),
        ItemType::Text if is_short_code(item) => code(cell.origin, text),
        ItemType::Division => Ok(half_width(text)),
        ItemType::Date | ItemType::Until => {
            let narrow = half_width(text);
            Ok(date(&narrow, from_1904).map_or(narrow, |date| date.to_string()))
        }
        ItemType::Text if !item.is_prose && is_exponential(text) => Err(Spoilt::DigitsLost),
        ItemType::Text if cell.origin == Origin::Number => code(cell.origin, text),
        ItemType::Text
        | ItemType::Money
        | ItemType::Decimal
        | ItemType::Choice(_)
        | ItemType::Choices(_)
        | ItemType::SocialCreditCodes
        | ItemType::Ignored => Ok(text.to_owned()),
    }
}

/// Texts this short and of one line are codes: of commitments, of promisors, of sectors.
const CODE_LENGTH_MAX: usize = 20;

fn is_short_code(item: &LayoutItem) -> bool {
    item.item_type == ItemType::Text && !item.is_prose && item.length_max <= CODE_LENGTH_MAX
}

/// Says whether a text of a person was masked: it must not become the record's content.
#[must_use]
pub fn is_masked(item: &LayoutItem, text: &str) -> bool {
    (item.is_personal || item.item_type == ItemType::Document) && text.contains(['*', '＊'])
}

/// A code as text; one that was a number with more digits than numbers keep is lost.
///
/// # Errors
/// [`Spoilt::DigitsLost`].
pub fn code(origin: Origin, text: &str) -> Result<String, Spoilt> {
    let narrow = half_width(text);
    let is_number = narrow.bytes().all(|byte| byte.is_ascii_digit());
    let lost = match origin {
        Origin::Number => is_number && narrow.len() > DIGITS_KEPT,
        Origin::Text | Origin::Date | Origin::Truth | Origin::Failed => {
            is_exponential(&narrow) || (is_number && is_rounded(&narrow))
        }
    };
    if lost { Err(Spoilt::DigitsLost) } else { Ok(narrow) }
}

/// `9.11E+17`, as a CSV file of a spreadsheet program writes a long number.
fn is_exponential(text: &str) -> bool {
    let Some((digits, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let exponent = exponent.strip_prefix('+').unwrap_or("");
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let digits = match digits.split_once('.') {
        Some((whole, part)) => whole.len() == 1 && is_digits(whole) && is_digits(part),
        None => digits.len() == 1 && is_digits(digits),
    };
    digits && is_digits(exponent)
}

/// Long numbers that a spreadsheet program wrote out again have zeros from the 16th digit on. A real code
/// may end so too; then its check digits agree.
///
/// Of a commitment code 15 digits leave the first of its serial, which is zero for the first 99,999.
fn is_rounded(digits: &str) -> bool {
    let kept = if digits.len() == 20 { 14 } else { DIGITS_KEPT };
    digits.len() > DIGITS_KEPT
        && digits[kept..].bytes().all(|digit| digit == b'0')
        && digits.parse::<SocialCreditCode>().is_err()
        && digits.parse::<ResidentId>().is_err()
}

/// Reads a day in any of the ways in which forms hold it, full-width characters aside.
///
/// `2024-06-03`, `2024/6/3`, `2024.6.3`, `2024年6月3日`, `20240603`, each with or without a time behind it,
/// and the number under which a spreadsheet program keeps the day. `None` for all else.
#[must_use]
pub fn date(text: &str, from_1904: bool) -> Option<CivilDate> {
    let day = text.split([' ', 'T']).next()?;
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_digits(day) {
        return match day.len() {
            8 => CivilDate::from_digits(day.as_bytes()).ok(),
            5 => serial_day(day.parse().ok()?, from_1904),
            _ => None,
        };
    }
    if let Some((whole, part)) = day.split_once('.')
        && whole.len() == 5
        && is_digits(whole)
        && is_digits(part)
    {
        return serial_day(whole.parse().ok()?, from_1904);
    }
    let parts = parts_of(day)?;
    let [year, month, day] = parts;
    let is_short = |part: &str| is_digits(part) && part.len() <= 2;
    if year.len() != 4 || !is_digits(year) || !is_short(month) || !is_short(day) {
        return None;
    }
    CivilDate::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

fn parts_of(day: &str) -> Option<[&str; 3]> {
    for separator in ['-', '/', '.'] {
        let parts: Vec<&str> = day.split(separator).collect();
        if let Ok(parts) = parts.try_into() {
            return Some(parts);
        }
    }
    let (year, rest) = day.split_once('年')?;
    let (month, rest) = rest.split_once('月')?;
    let day = rest
        .strip_suffix('日')
        .or_else(|| rest.strip_suffix('号'))
        .unwrap_or(rest);
    Some([year, month, day])
}

/// 1899-12-30, from which a spreadsheet program counts, as its 1900 has a 29th of February.
const FROM_1900: i32 = -25_569;
/// 1904-01-01.
const FROM_1904: i32 = -24_107;

/// The day that a spreadsheet program keeps as this number of five digits: 1927-05-18 to 2173-10-13.
fn serial_day(number: i32, from_1904: bool) -> Option<CivilDate> {
    let base = if from_1904 { FROM_1904 } else { FROM_1900 };
    CivilDate::from_days(number + base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(item_type: &ItemType) -> LayoutItem {
        LayoutItem {
            code: "X".to_owned(),
            chinese: "项".to_owned(),
            english: "item".to_owned(),
            aliases: Vec::new(),
            item_type: item_type.clone(),
            length_max: 20,
            place: 0,
            needs: Vec::new(),
            role: None,
            is_prose: false,
            is_personal: false,
            is_extra: false,
            plausible_max: None,
        }
    }

    fn tidy(text: &str, origin: Origin, item_type: &ItemType) -> Result<String, Spoilt> {
        let cell = Cell {
            text: text.to_owned(),
            origin,
        };
        tidied(&cell, &item(item_type), false)
    }

    #[test]
    fn a_day_is_read_however_it_is_written() {
        for text in [
            "2024-06-03",
            "2024/6/3",
            "2024/06/03",
            "2024.6.3",
            "2024年6月3日",
            "2024年06月03日",
            "20240603",
            "2024-06-03 00:00:00",
            "2024/6/3 9:05",
            "45446",
            "45446.5",
            "２０２４－０６－０３",
            "２０２４／６／３",
            "　2024-06-03　",
        ] {
            let read = tidy(text, Origin::Text, &ItemType::Date);
            assert_eq!(read.as_deref(), Ok("2024-06-03"), "{text}");
        }
        assert_eq!(date("45446", true).unwrap().to_string(), "2028-06-04");
    }

    #[test]
    fn what_is_no_day_stays_as_it_was_written() {
        for text in [
            "2024-02-30",
            "24/6/3",
            "6/3/2024",
            "长期",
            "2024-06",
            "2024",
            "454460",
            "2024-6-031",
        ] {
            assert_eq!(tidy(text, Origin::Text, &ItemType::Date).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_code_that_became_a_number_is_named() {
        let lost = Err(Spoilt::DigitsLost);
        let code = &ItemType::SocialCreditCode;
        for text in [
            "9.11508E+17",
            "9.1150802E+17",
            "9E+17",
            "911508020000000000",
            "9.1e+17",
        ] {
            assert_eq!(tidy(text, Origin::Text, code), lost, "{text}");
        }
        assert_eq!(tidy("911508020000074000", Origin::Number, code), lost);
        assert_eq!(
            tidy("15080220240105000001", Origin::Number, &ItemType::Text),
            lost
        );
        assert_eq!(tidy("15080220240105000000", Origin::Text, &ItemType::Text), lost);
        assert_eq!(tidy("1.50802E+19", Origin::Text, &ItemType::Text), lost);
        let serial = "15080220240105100000";
        assert_eq!(tidy(serial, Origin::Text, &ItemType::Text).as_deref(), Ok(serial));
        assert_eq!(
            tidy("440301103097413", Origin::Number, code).as_deref(),
            Ok("440301103097413")
        );
        assert_eq!(
            tidy("911000001000013428", Origin::Text, code).as_deref(),
            Ok("911000001000013428")
        );
        // An E inside a real code is a letter of it.
        assert_eq!(
            tidy("91110000802100433E", Origin::Text, code).as_deref(),
            Ok("91110000802100433E")
        );
    }

    #[test]
    fn numbers_are_written_without_exponent_and_without_the_machine_s_rest() {
        for (number, text) in [
            (0.2, "0.2"),
            (0.1 + 0.2, "0.3"),
            (2_000.0, "2000"),
            (9.115_080_2e17, "911508020000000000"),
            (0.000_001, "0.000001"),
            (-3.5, "-3.5"),
            (0.0, "0"),
        ] {
            assert_eq!(number_text(number), text);
        }
    }

    #[test]
    fn a_failed_formula_is_named_and_blanks_are_nothing() {
        assert_eq!(
            tidy("#N/A", Origin::Failed, &ItemType::Text),
            Err(Spoilt::FailedFormula)
        );
        assert_eq!(
            tidy(" \u{3000}\u{feff}", Origin::Text, &ItemType::Text).as_deref(),
            Ok("")
        );
        let masked = tidy("1508**********001X", Origin::Text, &ItemType::Document);
        assert_eq!(masked, Err(Spoilt::Masked));
        assert_eq!(tidy("张*", Origin::Text, &ItemType::Text).as_deref(), Ok("张*"));
        assert_eq!(tidy("'=甲", Origin::Text, &ItemType::Text).as_deref(), Ok("=甲"));
    }
}
