//! Credit records other than commitments as rows of their layouts. Read first: [`text`].

use super::commitments::{OPEN_ENDED, Words};
use crate::domain::layout::{ItemType, LayoutItem};
use crate::services::pb;

/// Fen in 10,000 yuan, and decimals of an amount in 万元.
const FEN_PER_WAN: u64 = 1_000_000;

/// The text of an item; empty where the record has none.
#[must_use]
pub fn text(record: &pb::Record, item: &LayoutItem, words: &Words<'_>) -> String {
    use pb::record_value::Value;
    let value = record.items.iter().find(|value| value.code == item.code);
    match value.and_then(|value| value.value.as_ref()) {
        None => String::new(),
        Some(
            Value::Text(text)
            | Value::Date(text)
            | Value::SocialCreditCode(text)
            | Value::MaskedDocument(text),
        ) => text.clone(),
        Some(Value::LastDay(day)) if day.open_ended => OPEN_ENDED.to_owned(),
        Some(Value::LastDay(day)) => day.on.clone(),
        Some(Value::Fen(fen)) => decimal(*fen, FEN_PER_WAN),
        Some(Value::Millionths(number)) => decimal(*number, 1_000_000),
        Some(Value::Choices(choices)) => {
            let list = match &item.item_type {
                ItemType::Choice(list) | ItemType::Choices(list) => list.as_str(),
                ItemType::Text
                | ItemType::Date
                | ItemType::Until
                | ItemType::Money
                | ItemType::Decimal
                | ItemType::SocialCreditCode
                | ItemType::SocialCreditCodes
                | ItemType::Older(_)
                | ItemType::Document
                | ItemType::Division
                | ItemType::Ignored => "",
            };
            let values = choices.values.iter().map(|choice| {
                let word = words.of(list, &choice.code);
                if choice.words.is_empty() {
                    word
                } else {
                    format!("{word}-{}", choice.words)
                }
            });
            values.collect::<Vec<_>>().join(";")
        }
    }
}

/// An exact number of parts of a unit, without zeros at the end: 2000 yuan are 0.2.
fn decimal(parts: i64, unit: u64) -> String {
    let (sign, parts) = if parts < 0 {
        ("-", parts.unsigned_abs())
    } else {
        ("", parts.unsigned_abs())
    };
    let (whole, rest) = (parts / unit, parts % unit);
    if rest == 0 {
        return format!("{sign}{whole}");
    }
    let digits = format!("{rest:06}");
    format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_in_ten_thousand_yuan() {
        for (fen, text) in [
            (200_000, "0.2"),
            (1, "0.000001"),
            (0, "0"),
            (1_500_000, "1.5"),
            (3_000_000, "3"),
            (-1, "-0.000001"),
        ] {
            assert_eq!(decimal(fen, FEN_PER_WAN), text);
        }
    }
}
