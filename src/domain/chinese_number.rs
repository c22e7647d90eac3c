//! Numbers in Chinese numerals, everyday (二千) and formal (贰仟), and in digits.
//!
//! Read first: [`whole`].

/// Reads a whole number; `None` for another text, an empty one, and one beyond 64 bits.
#[must_use]
pub fn whole(text: &str) -> Option<i64> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    if text.chars().count() > 1 && text.chars().all(|one| digit(one).is_some()) {
        return positional(text);
    }
    grouped(text)
}

/// Says whether a character can be part of a number in Chinese numerals.
#[must_use]
pub fn is_numeral(character: char) -> bool {
    digit(character).is_some() || unit(character).is_some() || group(character).is_some()
}

fn digit(character: char) -> Option<i64> {
    Some(match character {
        '零' | '〇' | '○' => 0,
        '一' | '壹' => 1,
        '二' | '贰' | '两' | '貳' => 2,
        '三' | '叁' | '參' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' | '陸' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

fn unit(character: char) -> Option<i64> {
    Some(match character {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1_000,
        _ => return None,
    })
}

fn group(character: char) -> Option<i64> {
    Some(match character {
        '万' | '萬' => 10_000,
        '亿' | '億' => 100_000_000,
        _ => return None,
    })
}

/// Digit by digit, as years are written: 二〇二四.
fn positional(text: &str) -> Option<i64> {
    text.chars().try_fold(0_i64, |number, character| {
        number.checked_mul(10)?.checked_add(digit(character)?)
    })
}

/// By units: 一万二千零三十. Units fall within a group, and groups fall.
///
/// A last digit that skips a unit needs a zero before it: 一百二 may be 102 or, in speech, 120, and is
/// no number here.
fn grouped(text: &str) -> Option<i64> {
    let mut sum = Sum {
        last_unit: i64::MAX,
        last_group: i64::MAX,
        ..Sum::default()
    };
    for character in text.chars() {
        if let Some(value) = digit(character) {
            sum.digit(value)?;
        } else if let Some(unit) = unit(character) {
            sum.unit(unit)?;
        } else {
            sum.group(group(character)?)?;
        }
    }
    if text.is_empty() {
        return None;
    }
    sum.ones()?;
    sum.number.checked_add(sum.part)
}

#[derive(Default)]
struct Sum {
    /// Whole groups so far.
    number: i64,
    /// Of the group under reading.
    part: i64,
    /// A digit whose unit has not come yet.
    pending: Option<i64>,
    after_zero: bool,
    last_unit: i64,
    last_group: i64,
}

impl Sum {
    fn digit(&mut self, value: i64) -> Option<()> {
        if self.pending.is_some() {
            return None;
        }
        if value == 0 && (self.part != 0 || self.number != 0) {
            self.after_zero = true;
        } else {
            self.pending = Some(value);
        }
        Some(())
    }

    fn unit(&mut self, unit: i64) -> Option<()> {
        let digit = match self.pending.take() {
            // 十二, 一百零十二: ten without a digit before it.
            None if unit == 10 && (self.after_zero || self.part == 0 && self.number == 0) => 1,
            None | Some(0) => return None,
            Some(digit) => digit,
        };
        if unit >= self.last_unit {
            return None;
        }
        (self.last_unit, self.after_zero) = (unit, false);
        self.part += digit * unit;
        Some(())
    }

    fn group(&mut self, group: i64) -> Option<()> {
        self.ones()?;
        if group >= self.last_group || self.part == 0 {
            return None;
        }
        self.number = self.number.checked_add(self.part.checked_mul(group)?)?;
        (self.part, self.last_unit, self.last_group, self.after_zero) = (0, i64::MAX, group, false);
        Some(())
    }

    /// Takes in a last digit.
    fn ones(&mut self) -> Option<()> {
        let Some(digit) = self.pending.take() else {
            return Some(());
        };
        let is_first = self.part == 0 && self.number == 0;
        if digit != 0 && !is_first && !self.after_zero && self.last_unit != 10 {
            return None;
        }
        self.part += digit;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<i64>) {
        assert_eq!(whole(text), expected, "{text}");
    }

    #[test]
    fn everyday_and_formal_numerals_are_read() {
        for (text, number) in [
            ("0", 0),
            ("86", 86),
            ("零", 0),
            ("九", 9),
            ("十", 10),
            ("十二", 12),
            ("一十二", 12),
            ("二十", 20),
            ("六十五", 65),
            ("一百零三", 103),
            ("一百二十二", 122),
            ("一千二百六十", 1_260),
            ("贰仟", 2_000),
            ("贰仟零伍", 2_005),
            ("两万", 20_000),
            ("壹万贰仟叁佰肆拾伍", 12_345),
            ("十二万", 120_000),
            ("一亿零三万", 100_030_000),
            ("二〇二四", 2_024),
        ] {
            check(text, Some(number));
        }
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in [
            "",
            "元",
            "百",
            "二三十",
            "十百",
            "百二",
            "一万一万",
            "万",
            "一元",
            "12万",
            "一百二",
            "一万二",
            "一千二万",
            "零十",
            "1.5",
            "第二",
            "二千三千",
        ] {
            check(text, None);
        }
        check("99999999999999999999", None);
        check(&"九".repeat(40), None);
        for text in ["十", "二", "零"] {
            assert!(text.chars().all(is_numeral));
        }
        assert!(!is_numeral('元'));
    }
}
