//! Names of subjects as they are compared: exactly, but for the ways in which keyboards differ.
//!
//! A name is never a key: two subjects may bear one, and one subject several in time. It finds
//! candidates, and a person chooses.
//!
//! Source: `domain.md` 13 item 4, 14 item 13.

use super::hash::hash16;

/// A name brought to the form in which it is compared: half-width, capital, without blanks, with one
/// kind of bracket and of middle dot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ComparedName(String);

impl ComparedName {
    /// `None` for a name too vague to look for: fewer than two characters, or masked by a `*`.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let text: String = name
            .chars()
            .filter(|character| !character.is_whitespace() && !is_invisible(*character))
            .map(plain)
            .flat_map(char::to_uppercase)
            .collect();
        (text.chars().count() >= 2 && !text.contains('*')).then_some(Self(text))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The hash that stands for the name in tables; a person's is put under a key there.
    #[must_use]
    pub fn hash(&self) -> [u8; 16] {
        hash16(b"compared name", &[self.0.as_bytes()])
    }
}

fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{00ad}')
}

fn plain(character: char) -> char {
    let half = match character {
        '！'..='～' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
        other => other,
    };
    match half {
        '〔' | '[' | '【' | '{' | '〈' | '《' => '(',
        '〕' | ']' | '】' | '}' | '〉' | '》' => ')',
        '•' | '・' | '･' | '‧' | '∙' => '·',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(one: &str, other: &str, is_same: bool) {
        assert_eq!(
            ComparedName::of(one) == ComparedName::of(other),
            is_same,
            "{one} {other}"
        );
    }

    #[test]
    fn width_brackets_blanks_and_case_do_not_make_another_name() {
        check("临河（集团）有限公司", "临河(集团)有限公司", true);
        check("临河〔集团〕有限公司", "临河【集团】有限公司", true);
        check("ＡＢＣ商贸 有限公司", "abc商贸\u{3000}有限公司", true);
        check("阿布都•买买提商店", "阿布都·买买提商店", true);
        check("\u{feff}测试企业", "测试企业", true);
        check("测试企业一", "测试企业二", false);
        check("临河（集团）有限公司", "临河集团有限公司", false);
    }

    #[test]
    fn a_vague_name_is_not_looked_for() {
        for vague in ["", " ", "张", "张*", "某*公司", "＊公司"] {
            assert_eq!(ComparedName::of(vague), None, "{vague}");
        }
        assert_eq!(ComparedName::of("张三").unwrap().as_str(), "张三");
    }
}
