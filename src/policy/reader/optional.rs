//! Keys that may be absent.

use super::{Display, Entry, FromStr};

impl<'a> Entry<'a> {
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
}
