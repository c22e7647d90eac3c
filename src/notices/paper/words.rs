//! Texts of the paper: escaping, days, amounts, words of our enums.

use crate::domain::civil_date::CivilDate;
use crate::domain::record::Severity;
use crate::domain::repair::{Assumption, Transition};

/// Writes a text so that HTML shows it and nothing of it acts.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Marks that turn the direction of writing could make a name look like another one.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => {}
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

/// Writes a text as a part of an address.
pub(super) fn percent_encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `2026年4月1日`
pub(super) fn day(day: CivilDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// Months as the notice names a period: whole years as years.
pub(super) fn months(months: u16) -> String {
    if months > 0 && months.is_multiple_of(12) {
        format!("{}年", months / 12)
    } else {
        format!("{months}个月")
    }
}

/// An amount in yuan: `12,345.60元`, without decimals where there are none.
pub(super) fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let (whole, rest) = (fen.unsigned_abs() / 100, fen.unsigned_abs() % 100);
    let digits = whole.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if rest == 0 {
        format!("{sign}{grouped}元")
    } else {
        format!("{sign}{grouped}.{rest:02}元")
    }
}

pub(super) fn severity(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Minor) => "轻微",
        Some(Severity::General) => "一般",
        Some(Severity::Serious) => "严重",
        None => "不分级",
    }
}

/// How the version was chosen.
pub(super) fn transition(transition: Transition) -> &'static str {
    match transition {
        Transition::DecisionDate => "按作出决定之日适用",
        Transition::ApplicationDate => "按可以申请修复之日适用",
        Transition::MoreFavourable => "按有利于当事人的规定适用",
    }
}

pub(super) fn assumption(assumption: Assumption) -> &'static str {
    match assumption {
        Assumption::GeneralProcedure => "未载明处罚程序，按普通程序计",
        Assumption::DefaultSeverity => "失信程度未见分类规定，按设定计",
        Assumption::NoSector => "未归入行业领域，按普通领域计",
    }
}

/// The first characters of a text that is too long for the page, with a pointer to the decision.
pub(super) fn shortened(text: &str, characters_max: usize) -> String {
    if text.chars().count() <= characters_max {
        return text.to_owned();
    }
    let head: String = text.chars().take(characters_max).collect();
    format!("{head}……（详见决定书）")
}
