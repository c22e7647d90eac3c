//! Amounts of money that a decision's text states, as far as there is no doubt about them.
//!
//! Source: `domain.md` 2.8 and 14, item 3. Read first: [`stated`].

use crate::domain::chinese_number;
use crate::domain::money::{FEN_PER_WAN, FEN_PER_YUAN, millionths};

/// What kinds of amount a text states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// The fine of a text that speaks of a fine alone.
    FineAlone,
    /// The confiscated amount of a text that speaks of confiscation alone.
    ConfiscationAlone,
    /// The fine of a text that speaks of both.
    FineAmongOthers,
    /// The confiscated amount of a text that speaks of both.
    ConfiscationAmongOthers,
}

/// Returns the amount sought, in fen; `None` where the text states none, or several that differ.
#[must_use]
pub fn stated(text: &str, sought: Sought) -> Option<i64> {
    let amounts = amounts(text);
    let about = |words: &[&str]| -> Vec<i64> {
        let is_about = |amount: &&Amount| words.iter().any(|word| amount.is_about(text, word));
        amounts.iter().filter(is_about).map(|amount| amount.fen).collect()
    };
    let mut found = match sought {
        Sought::FineAlone | Sought::ConfiscationAlone => amounts.iter().map(|amount| amount.fen).collect(),
        Sought::FineAmongOthers => about(&["罚款"]),
        Sought::ConfiscationAmongOthers => about(&["没收"]),
    };
    found.sort_unstable();
    found.dedup();
    match found[..] {
        [fen] => Some(fen),
        _ => None,
    }
}

/// An amount, and where in the text it stands.
struct Amount {
    fen: i64,
    start: usize,
    end: usize,
}

/// What ends a clause, so that a word before it is not about an amount behind it.
const CLAUSE_ENDS: [char; 9] = ['，', '。', '；', '、', ',', ';', '\n', '！', '：'];

impl Amount {
    /// Says whether the word stands in the same clause: anywhere before the amount with no other amount
    /// between, or right behind it (处2000元罚款, 处2000元的罚款).
    fn is_about(&self, text: &str, word: &str) -> bool {
        let before = &text[..self.start];
        let clause = before.rsplit(CLAUSE_ENDS).next().unwrap_or(before);
        let behind = text[self.end..].trim_start_matches(['整', '的', '人', '民', '币']);
        clause.contains(word) && !clause.contains('元') || behind.starts_with(word)
    }
}

/// Finds every number that is followed by 元 or 万元, in digits or in Chinese numerals.
fn amounts(text: &str) -> Vec<Amount> {
    let mut amounts = Vec::new();
    for (place, yuan) in text.match_indices(['元', '圆']) {
        let before = &text[..place];
        let start = before
            .char_indices()
            .rev()
            .take_while(|(_, character)| is_part(*character))
            .last()
            .map_or(place, |(start, _)| start);
        if let Some(fen) = fen(&before[start..]) {
            let (fen, end) = with_parts(fen, text, place + yuan.len());
            amounts.push(Amount { fen, start, end });
        }
    }
    amounts
}

fn is_part(character: char) -> bool {
    character.is_ascii_digit() || matches!(character, '.' | ',') || chinese_number::is_numeral(character)
}

/// Reads a number before 元 as fen: `2000`, `2,000.50`, `0.2万`, `贰仟`.
fn fen(number: &str) -> Option<i64> {
    let (number, unit) = match number.strip_suffix('万') {
        Some(rest) if rest.bytes().all(|byte| byte.is_ascii()) => (rest, FEN_PER_WAN),
        Some(_) | None => (number, FEN_PER_YUAN),
    };
    if number.is_ascii() {
        let plain = without_grouping(number)?;
        let fen = i128::from(millionths(&plain).ok()?) * i128::from(unit);
        // More precise than a fen is no amount of money.
        return (fen % 1_000_000 == 0)
            .then(|| i64::try_from(fen / 1_000_000).ok())
            .flatten();
    }
    chinese_number::whole(number)?.checked_mul(unit)
}

/// Takes the commas out of `1,234,567`; `None` where they do not stand before three digits each.
fn without_grouping(number: &str) -> Option<String> {
    let (whole, _) = number.split_once('.').unwrap_or((number, ""));
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let is_grouped = groups.clone().count() > 0;
    if is_grouped && (!(1..=3).contains(&first.len()) || groups.any(|group| group.len() != 3)) {
        return None;
    }
    Some(number.replace(',', ""))
}

/// Adds 角 and 分 behind 元, in Chinese numerals, and says where the amount ends.
fn with_parts(fen: i64, text: &str, mut end: usize) -> (i64, usize) {
    let mut sum = fen;
    for (name, value) in [('角', 10), ('分', 1)] {
        let mut characters = text[end..].chars();
        if let (Some(digit), Some(found)) = (characters.next(), characters.next())
            && found == name
            && let Some(number) = chinese_number::whole(&digit.to_string())
        {
            sum = sum.saturating_add(number * value);
            end += digit.len_utf8() + found.len_utf8();
        }
    }
    (sum, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, sought: Sought, yuan: Option<&str>) {
        let expected = yuan.map(|yuan| millionths(yuan).unwrap() / 10_000);
        assert_eq!(stated(text, sought), expected, "{text}");
    }

    #[test]
    fn one_amount_is_read_however_it_is_written() {
        use Sought::FineAlone;
        for (text, yuan) in [
            ("罚款2000元", Some("2000")),
            ("处以罚款人民币2,000.50元", Some("2000.5")),
            ("罚款0.2万元", Some("2000")),
            ("罚款人民币贰仟元整", Some("2000")),
            ("罚款人民币贰仟元整（¥2000.00元）", Some("2000")),
            ("罚款壹万贰仟叁佰肆拾伍元陆角柒分", Some("12345.67")),
            ("罚款二十万元", Some("200000")),
            ("处2000圆罚款", Some("2000")),
            ("罚款1234567元", Some("1234567")),
            ("罚款1,234,567元", Some("1234567")),
        ] {
            check(text, FineAlone, yuan);
        }
        for text in [
            "警告",
            "",
            "元",
            "罚款若干元",
            "罚款12,34元",
            "罚款1,2345元",
            "罚款1.2.3元",
            "罚款0.001元",
            "罚款2000元，加处罚款200元",
            "罚款一百二元",
            "罚款99999999999999999999元",
            "单元",
        ] {
            check(text, FineAlone, None);
        }
    }

    #[test]
    fn fine_and_confiscation_are_told_apart_by_their_clause() {
        use Sought::{ConfiscationAmongOthers, FineAmongOthers};
        for text in [
            "没收违法所得500元，罚款2000元",
            "1.没收违法所得人民币伍佰元；2.处以贰仟元罚款。",
            "没收违法所得500元、并处2000元的罚款",
            "罚款2000元，没收违法所得500元",
            "处2000元罚款并没收违法所得500元",
        ] {
            check(text, FineAmongOthers, Some("2000"));
        }
        for text in [
            "没收违法所得500元，罚款2000元",
            "1.没收违法所得人民币伍佰元；2.处以贰仟元罚款。",
        ] {
            check(text, ConfiscationAmongOthers, Some("500"));
        }
        check("没收违法所得，合计2500元", FineAmongOthers, None);
        check("罚没款2500元", ConfiscationAmongOthers, None);
    }
}
