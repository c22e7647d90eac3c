//! Cells that a spreadsheet program would take for a formula get an apostrophe, and lose it on the way back.
//!
//! A name that begins with `=` must not be run by whoever opens an export. Read first: [`guarded`].

use std::borrow::Cow;

/// What begins a formula, in half and full width.
fn begins_formula(character: char) -> bool {
    matches!(
        character,
        '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠'
    )
}

fn behind_apostrophes(text: &str) -> Option<char> {
    text.chars().find(|character| *character != '\'')
}

/// Returns the text with an apostrophe before it if it begins like a formula, however many stand there.
#[must_use]
pub fn guarded(text: &str) -> Cow<'_, str> {
    if behind_apostrophes(text).is_some_and(begins_formula) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Takes off the apostrophe that [`guarded`] put there.
#[must_use]
pub fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if behind_apostrophes(rest).is_some_and(begins_formula) => rest,
        Some(_) | None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_guarded_and_comes_back_as_it_was() {
        for text in [
            "=1+1", "+86", "-3", "@x", "\tx", "\rx", "＝A1", "'=x", "''@", "－",
        ] {
            let guarded = guarded(text);
            assert_eq!(guarded, format!("'{text}"));
            assert_eq!(unguarded(&guarded), text);
        }
    }

    #[test]
    fn other_texts_stay() {
        for text in ["", "甲公司", "'", "'甲", "1=1", "〔2024〕1号"] {
            assert_eq!(guarded(text), text);
            assert_eq!(unguarded(text), text);
        }
    }
}
