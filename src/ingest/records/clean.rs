//! Cleans a reported text before it is checked, so that one value is one text however it was typed.
//!
//! Nothing here corrects a meaning: widths, blanks, case, prefixes and suffixes of the form go, no more.
//!
//! Source: `domain.md` 2.6; 14, items 13 to 16.

use crate::domain::civil_date::{CivilDate, DateError};

/// Words that stand in a code's place where there is no code.
const NO_CODE: [&str; 8] = ["NULL", "NONE", "无", "空", "/", "-", "--", "—"];
/// The name that some forms write before the code itself.
const PREFIX: &str = "统一社会信用代码";
/// What some systems add behind a code or a name of which there is one part of one.
const SUFFIXES: [&str; 2] = ["(1/1)", "()"];

/// Cleans a text in words: no blanks around it, line feeds alone between lines, digits and Latin letters
/// in half width. Punctuation stays as it is.
#[must_use]
pub fn text(raw: &str) -> String {
    let lines = raw.replace("\r\n", "\n").replace('\r', "\n");
    let clean: String = lines
        .chars()
        .filter(|one| !is_invisible(*one))
        .map(narrow_alphanumeric)
        .collect();
    absent(clean.trim())
}

/// Cleans a code: half-width capitals without blanks, without the form's prefix and suffix.
#[must_use]
pub fn code(raw: &str) -> String {
    let mut code = compact(raw);
    if let Some(rest) = code.strip_prefix(PREFIX) {
        code = rest.trim_start_matches(':').to_owned();
    }
    for suffix in SUFFIXES {
        if let Some(rest) = code.strip_suffix(suffix) {
            code = rest.to_owned();
        }
    }
    let code = code.to_uppercase();
    if NO_CODE.contains(&code.as_str()) {
        return String::new();
    }
    absent(&code)
}

/// Cleans the number of a decision: half-width letters and digits without blanks, and one kind of
/// bracket, since 〔2024〕, `[2024]` and (2024) are written for the same number.
#[must_use]
pub fn number(raw: &str) -> String {
    let number: String = compact(raw)
        .chars()
        .map(|character| match character {
            '(' | '[' | '{' | '【' | '﹝' | '﹙' | '〈' | '「' | '〖' => '〔',
            ')' | ']' | '}' | '】' | '﹞' | '﹚' | '〉' | '」' | '〗' => '〕',
            other => other,
        })
        .collect();
    absent(&number)
}

/// Cleans a value of a closed list, a date or an amount: half width, no blanks around it.
#[must_use]
pub fn value(raw: &str) -> String {
    let clean: String = raw
        .chars()
        .filter(|one| !is_invisible(*one))
        .map(narrow)
        .collect();
    absent(clean.trim())
}

/// Reads a day as forms write it: `2024-11-05`, `2024/11/5`, `2024.11.05`, `20241105` or `2024年11月5日`,
/// with or without the time of midnight behind it.
///
/// # Errors
/// [`DateError`].
pub fn date(value: &str) -> Result<CivilDate, DateError> {
    let day = [
        " 00:00:00.0",
        " 00:00:00",
        " 0:00:00",
        " 0:00",
        " 00:00",
        "T00:00:00",
    ]
    .iter()
    .find_map(|midnight| value.strip_suffix(midnight))
    .unwrap_or(value)
    .trim_end();
    if day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit()) {
        return CivilDate::from_digits(day.as_bytes());
    }
    let parts: Vec<&str> = if let Some(day) = day.strip_suffix('日') {
        day.split(['年', '月']).collect()
    } else {
        let between = ['-', '/', '.'].into_iter().find(|one| day.contains(*one));
        day.split(between.ok_or(DateError::Shape)?).collect()
    };
    let [year, month, day] = parts[..] else {
        return Err(DateError::Shape);
    };
    let is_number = |part: &str, sizes: std::ops::RangeInclusive<usize>| {
        sizes.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(year, 4..=4) || !is_number(month, 1..=2) || !is_number(day, 1..=2) {
        return Err(DateError::Shape);
    }
    CivilDate::from_digits(format!("{year}{month:0>2}{day:0>2}").as_bytes())
}

fn absent(text: &str) -> String {
    if text.eq_ignore_ascii_case("undefined") {
        String::new()
    } else {
        text.to_owned()
    }
}

/// Half width, no blanks at all.
fn compact(raw: &str) -> String {
    let visible = raw
        .chars()
        .filter(|one| !is_invisible(*one) && !one.is_whitespace());
    visible.map(narrow).collect()
}

/// Byte order mark and characters of no width.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}')
}

/// A full-width form of ASCII in half width.
fn narrow(character: char) -> char {
    match character {
        '！'..='～' => {
            char::from_u32(u32::from(character) - 0xFEE0).expect("full-width forms mirror ASCII")
        }
        '\u{3000}' | '\u{a0}' => ' ',
        other => other,
    }
}

fn narrow_alphanumeric(character: char) -> char {
    let narrowed = narrow(character);
    if narrowed.is_ascii_alphanumeric() {
        narrowed
    } else {
        character
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(clean: fn(&str) -> String, raw: &str, expected: &str) {
        assert_eq!(clean(raw), expected, "{raw}");
        assert_eq!(clean(expected), expected, "cleaning twice");
    }

    #[test]
    fn codes_lose_what_the_form_adds() {
        for raw in [
            "91440300192317458f",
            "统一社会信用代码：91440300192317458F",
            "统一社会信用代码:91440300192317458F",
            "统一社会信用代码91440300192317458F",
            " 91440300 192317458F\u{3000}",
            "９１４４０３００１９２３１７４５８Ｆ",
            "91440300192317458F（1/1）",
            "91440300192317458F(1/1)",
            "91440300192317458F()",
            "91440300192317458F（）",
            "\u{feff}91440300192317458F\r\n",
        ] {
            check(code, raw, "91440300192317458F");
        }
        for raw in [
            "",
            " ",
            "undefined",
            "Undefined",
            "NULL",
            "无",
            "/",
            "－",
            "()",
            "(1/1)",
        ] {
            check(code, raw, "");
        }
        check(code, "19220382-1", "19220382-1");
        check(code, "(2/2)", "(2/2)");
    }

    #[test]
    fn numbers_have_one_kind_of_bracket_and_no_blanks() {
        for raw in [
            "临市监罚〔2024〕12号",
            "临市监罚[2024]12号",
            "临市监罚（2024）12号",
            "临市监罚(2024) 12 号",
            "临市监罚【２０２４】１２号",
            "临市监罚﹝2024﹞12号",
            " 临市监罚［2024］12号 ",
        ] {
            check(number, raw, "临市监罚〔2024〕12号");
        }
        check(number, "undefined", "");
    }

    #[test]
    fn words_keep_their_punctuation() {
        check(
            text,
            "  罚款２０００元（大写：贰仟元）\r\n其余不罚。\r",
            "罚款2000元（大写：贰仟元）\n其余不罚。",
        );
        check(text, "某某（临河）商贸有限公司", "某某（临河）商贸有限公司");
        check(text, "ＡＢＣ公司", "ABC公司");
        check(text, "undefined", "");
        check(text, "无", "无");
        check(value, "　０．２ ", "0.2");
        check(value, "罚款；警告", "罚款;警告");
    }

    #[track_caller]
    fn check_date(text: &str, expected: Result<&str, DateError>) {
        assert_eq!(
            date(text)
                .map(|date| date.to_string())
                .as_deref()
                .map_err(|error| *error),
            expected,
            "{text}"
        );
    }

    #[test]
    fn dates_come_in_several_styles() {
        for text in [
            "2024-11-05",
            "2024/11/05",
            "2024/11/5",
            "2024-11-5",
            "2024.11.05",
            "20241105",
            "2024年11月5日",
            "2024年11月05日",
            "2024-11-05 00:00:00",
            "2024/11/5 0:00",
            "2024-11-05T00:00:00",
        ] {
            check_date(text, Ok("2024-11-05"));
        }
        check_date("2024-02-29", Ok("2024-02-29"));
        for text in [
            "2023-02-29",
            "20241131",
            "2024/13/1",
            "2024年2月30日",
            "2024-00-10",
            "0000-01-01",
        ] {
            check_date(text, Err(DateError::NoSuchDay));
        }
        for text in [
            "",
            "2024",
            "2024-11",
            "24-11-05",
            "2024-11-05 08:30:00",
            "2024-11/05",
            "11/05/2024",
            "2024-11-005",
            "45601",
            "2024年11月",
            "日",
            "2024-1１-05",
            "2024--05",
            "+024-11-05",
            "长期",
        ] {
            check_date(text, Err(DateError::Shape));
        }
    }
}
