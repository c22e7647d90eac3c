//! Keys that may be absent.

use super::{Display, Entry, FromStr};
use crate::domain::trust::Trust;

impl<'a> Entry<'a> {
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A text that is not blank, if the key is there.
    pub fn text_if_any(&self, key: &str) -> Option<&'a str> {
        self.has(key).then(|| self.text(key)).flatten()
    }

    /// A text that parses, if the key is there.
    pub fn parsed_if_any<T: FromStr<Err: Display>>(&self, key: &str) -> Option<T> {
        self.has(key).then(|| self.parsed(key)).flatten()
    }

    /// A list of texts that parse; empty if the key is absent.
    pub fn list_if_any<T: FromStr<Err: Display> + PartialEq>(&self, key: &str) -> Vec<T> {
        self.has(key)
            .then(|| self.list(key))
            .flatten()
            .unwrap_or_default()
    }

    /// True or false; false if the key is absent.
    pub fn flag_if_any(&self, key: &str) -> bool {
        self.has(key) && self.flag(key) == Some(true)
    }

    /// The tables under `[[key]]`; none if the key is absent.
    pub fn entries_if_any(&self, key: &str) -> Vec<Entry<'a>> {
        if self.has(key) {
            self.entries(key)
        } else {
            Vec::new()
        }
    }

    /// A whole number from 1 to `max`.
    pub fn count(&self, key: &str, max: u32) -> Option<u32> {
        let value = self.required(key)?;
        let number = value.get_ref().as_integer();
        let number = number.and_then(|one| u32::from_str_radix(one.as_str(), one.radix()).ok());
        let number = self.of_type(key, value, number, "a whole number without sign")?;
        if !(1..=max).contains(&number) {
            self.mistake_at(key, format!("`{key}` is from 1 to {max}"));
            return None;
        }
        Some(number)
    }

    /// The mark that says how far the entry can be relied on.
    pub fn trust_mark(&self) -> Option<Trust> {
        let trust = Trust::of_mark(self.text("trust")?);
        if trust.is_none() {
            self.mistake_at("trust", "`trust` is one of S, K, C, D");
        }
        trust
    }
}
