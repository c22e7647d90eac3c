//! The texts of a row by code of item, with what the wire wants of them. Read first: [`Texts`].

use crate::domain::commitment::{Choice, Validity};
use crate::domain::layout::{Layout, Layouts};
use crate::ingest::records::clean;

/// Texts of a row; an item that is not there is an empty text.
pub struct Texts<'a> {
    layouts: &'a Layouts,
    layout: &'a Layout,
    items: &'a [(usize, String)],
}

impl<'a> Texts<'a> {
    /// The texts of a row of this layout, by place of item.
    #[must_use]
    pub fn new(layouts: &'a Layouts, layout: &'a Layout, items: &'a [(usize, String)]) -> Self {
        Self {
            layouts,
            layout,
            items,
        }
    }

    /// Returns the text of an item.
    #[must_use]
    pub fn text(&self, code: &str) -> String {
        let has_code = |(place, _): &&(usize, String)| self.layout.items()[*place].code == code;
        let found = self.items.iter().find(has_code);
        found.map_or_else(String::new, |(_, text)| text.clone())
    }

    /// Returns a code, freed of what stands around it in real files (`domain.md` 2.6).
    #[must_use]
    pub fn code(&self, code: &str) -> String {
        clean::code(&self.text(code))
    }

    /// Returns a last day; empty for one that means there is none.
    #[must_use]
    pub fn last_day(&self, code: &str) -> String {
        let text = self.text(code);
        let is_open = text
            .parse()
            .is_ok_and(|day| Validity::ending(day) == Validity::OpenEnded);
        if is_open { String::new() } else { text }
    }

    /// Returns the value on a list of the layouts, and the words that follow one that takes words.
    pub fn choice<T>(
        &self,
        code: &str,
        list: &str,
        value: impl Fn(&str) -> Option<T>,
    ) -> (Choice<T>, String) {
        let text = self.text(code);
        if text.is_empty() {
            return (Choice::Absent, String::new());
        }
        let list = self.layouts.list(list);
        let listed = |name: &str| list.and_then(|list| list.value(name));
        if let Some(known) = listed(&text).and_then(|listed| value(&listed.code)) {
            return (Choice::Known(known), String::new());
        }
        if let Some((name, words)) = text.split_once(['-', '－', '—', ':', '：', '(', '（'])
            && let Some(listed) = listed(name).filter(|listed| listed.takes_words)
            && let Some(known) = value(&listed.code)
        {
            let words = words.trim_matches(|mark: char| "-－—:：()（） ".contains(mark));
            return (Choice::Known(known), words.to_owned());
        }
        (Choice::Unknown(text), String::new())
    }

    /// Returns the number that is the code of a listed value: 0 for none, one of no list for another text.
    #[must_use]
    pub fn number(&self, code: &str, list: &str) -> i32 {
        match self.choice(code, list, |code| code.parse().ok()).0 {
            Choice::Absent => 0,
            Choice::Known(number) => number,
            Choice::Unknown(_) => i32::MAX,
        }
    }
}
