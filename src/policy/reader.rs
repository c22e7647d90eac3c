//! Walks a TOML document and notes every mistake with its line instead of stopping at the first.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Mistake;
use crate::domain::catalog::Standing;
use crate::domain::civil_date::CivilDate;
use crate::domain::trust::Trust;

mod nested;
mod optional;

/// One file under reading, and its mistakes so far.
pub struct File<'a> {
    name: &'a str,
    text: &'a str,
    mistakes: RefCell<Vec<Mistake>>,
}

/// A table of a file, of which every key is to be asked for.
pub struct Entry<'a> {
    file: &'a File<'a>,
    table: &'a DeTable<'a>,
    span: Range<usize>,
}

impl<'a> File<'a> {
    pub fn new(name: &'a str, bytes: &'a [u8]) -> Self {
        let file = Self {
            name,
            text: std::str::from_utf8(bytes).unwrap_or(""),
            mistakes: RefCell::default(),
        };
        if std::str::from_utf8(bytes).is_err() {
            file.mistake(None, "the file is not UTF-8");
        } else if file.text.trim().is_empty() {
            file.mistake(None, "the file is empty");
        }
        file
    }

    /// Reads the document; what cannot be read is noted and left out.
    pub fn document(&self) -> Spanned<DeTable<'a>> {
        let (document, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            self.mistake(error.span(), error.message());
        }
        document
    }

    pub fn entry<'b>(&'b self, document: &'b Spanned<DeTable<'b>>) -> Entry<'b> {
        Entry {
            file: self,
            table: document.get_ref(),
            span: 0..0,
        }
    }

    pub fn mistake(&self, span: Option<Range<usize>>, text: impl Display) {
        let line = span.map(|span| self.line(span.start));
        let mistake = Mistake {
            file: self.name.to_owned(),
            line,
            column: None,
            text: text.to_string(),
        };
        self.mistakes.borrow_mut().push(mistake);
    }

    fn line(&self, place: usize) -> usize {
        self.text
            .bytes()
            .take(place)
            .filter(|byte| *byte == b'\n')
            .count()
            + 1
    }

    /// Says whether nothing wrong was noted so far.
    pub fn stands(&self) -> bool {
        self.mistakes.borrow().is_empty()
    }

    pub fn into_mistakes(self) -> Vec<Mistake> {
        self.mistakes.into_inner()
    }
}

impl<'a> Entry<'a> {
    /// Notes keys that nobody knows.
    pub fn keys(&self, known: &[&str]) {
        for key in self.table.keys() {
            if !known.contains(&key.get_ref().as_ref()) {
                let text = format!("unknown key `{}`; known are {}", key.get_ref(), known.join(", "));
                self.file.mistake(Some(key.span()), text);
            }
        }
    }

    /// Notes a mistake of the entry as a whole.
    fn mistake(&self, text: impl Display) {
        self.file.mistake(Some(self.span.clone()), text);
    }

    /// Notes a mistake of the value of a key.
    pub fn mistake_at(&self, key: &str, text: impl Display) {
        self.file.mistake(Some(self.span(key)), text);
    }

    /// Returns the line in which the entry begins, from 1.
    pub fn line(&self) -> usize {
        self.file.line(self.span.start)
    }

    /// Returns where the value of a key stands, or the entry where it has none.
    fn span(&self, key: &str) -> Range<usize> {
        self.table
            .get(key)
            .map_or_else(|| self.span.clone(), Spanned::span)
    }

    /// The tables under `[[key]]`; an absent or empty list is a mistake.
    pub fn entries(&self, key: &str) -> Vec<Entry<'a>> {
        let entries = self.entries_if_any(key);
        if entries.is_empty() {
            self.file.mistake(None, format!("the file holds no `[[{key}]]`"));
        }
        entries
    }

    /// The tables under `[[key]]`, of which there may be none.
    pub fn entries_if_any(&self, key: &str) -> Vec<Entry<'a>> {
        let values = self.table.get(key).and_then(|value| value.get_ref().as_array());
        let mut entries = Vec::new();
        for value in values.into_iter().flat_map(|values| values.iter()) {
            match value.get_ref().as_table() {
                Some(table) => entries.push(Entry {
                    file: self.file,
                    table,
                    span: value.span(),
                }),
                None => self
                    .file
                    .mistake(Some(value.span()), format!("`{key}` holds tables only")),
            }
        }
        entries
    }

    /// Says whether a key stands there at all.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn required(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        let value = self.table.get(key);
        if value.is_none() {
            self.mistake(format!("`{key}` is missing"));
        }
        value
    }

    fn of_type<T>(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        found: Option<T>,
        wanted: &str,
    ) -> Option<T> {
        if found.is_none() {
            let text = format!(
                "`{key}` is {}, but ought to be {wanted}",
                value.get_ref().type_str()
            );
            self.file.mistake(Some(value.span()), text);
        }
        found
    }

    /// A text that is not blank.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        let value = self.required(key)?;
        let text = self.of_type(key, value, value.get_ref().as_str(), "a text")?;
        if text.trim().is_empty() {
            self.file.mistake(Some(value.span()), format!("`{key}` is empty"));
            return None;
        }
        Some(text)
    }

    /// A text that parses.
    pub fn parsed<T: FromStr<Err: Display>>(&self, key: &str) -> Option<T> {
        let text = self.text(key)?;
        self.parse(key, self.span(key), text)
    }

    fn parse<T: FromStr<Err: Display>>(&self, key: &str, span: Range<usize>, text: &str) -> Option<T> {
        let parsed = text.parse();
        parsed
            .map_err(|error| {
                self.file
                    .mistake(Some(span), format!("`{key}` `{text}`: {error}"))
            })
            .ok()
    }

    /// A list of texts that parse, without repetition.
    pub fn list<T: FromStr<Err: Display> + PartialEq>(&self, key: &str) -> Option<Vec<T>> {
        let value = self.required(key)?;
        let values = self.of_type(key, value, value.get_ref().as_array(), "a list")?;
        let mut list = Vec::new();
        for value in values {
            let text = self.of_type(key, value, value.get_ref().as_str(), "a list of texts")?;
            let parsed = self.parse(key, value.span(), text)?;
            if list.contains(&parsed) {
                self.file
                    .mistake(Some(value.span()), format!("`{key}` holds `{text}` twice"));
            }
            list.push(parsed);
        }
        Some(list)
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        let value = self.required(key)?;
        self.of_type(key, value, value.get_ref().as_bool(), "true or false")
    }

    /// A date, written without quotes.
    pub fn date(&self, key: &str) -> Option<CivilDate> {
        let value = self.required(key)?;
        let datetime = value
            .get_ref()
            .as_datetime()
            .filter(|one| one.time.is_none() && one.offset.is_none());
        let datetime = self.of_type(key, value, datetime, "a date without quotes, such as 2024-01-31")?;
        self.parse(key, value.span(), &datetime.to_string())
    }

    /// A whole number within bounds.
    pub fn number(&self, key: &str, bounds: RangeInclusive<i64>) -> Option<i64> {
        let value = self.required(key)?;
        let number = value.get_ref().as_integer();
        let number = number.and_then(|one| i64::from_str_radix(one.as_str(), one.radix()).ok());
        let number = self.of_type(key, value, number, "a whole number")?;
        if !bounds.contains(&number) {
            let text = format!("`{key}` is from {} to {}", bounds.start(), bounds.end());
            self.file.mistake(Some(value.span()), text);
            return None;
        }
        Some(number)
    }

    /// A list of dates, written without quotes, without repetition.
    pub fn dates(&self, key: &str) -> Option<Vec<CivilDate>> {
        let value = self.required(key)?;
        let values = self.of_type(key, value, value.get_ref().as_array(), "a list")?;
        let mut dates = Vec::new();
        for value in values {
            let datetime = value.get_ref().as_datetime();
            let datetime = datetime.filter(|one| one.time.is_none() && one.offset.is_none());
            let datetime = self.of_type(key, value, datetime, "a list of dates without quotes")?;
            let date = self.parse(key, value.span(), &datetime.to_string())?;
            if dates.contains(&date) {
                self.file
                    .mistake(Some(value.span()), format!("`{key}` holds {date} twice"));
            }
            dates.push(date);
        }
        Some(dates)
    }

    /// What may be absent: `None` if it stands there and is wrong, `Some(None)` if it does not.
    #[allow(
        clippy::option_option,
        reason = "a value that is wrong is not one that is absent"
    )]
    pub fn if_any<T>(&self, key: &str, read: impl Fn(&Self, &str) -> Option<T>) -> Option<Option<T>> {
        if self.has(key) {
            read(self, key).map(Some)
        } else {
            Some(None)
        }
    }

    /// First and last day; the last may be absent.
    pub fn period(&self) -> Option<(CivilDate, Option<CivilDate>)> {
        let from = self.date("from");
        let until = self.if_any("until", Self::date)?;
        if until.is_some_and(|until| from.is_some_and(|from| until < from)) {
            self.mistake_at("until", "`until` lies before `from`");
        }
        Some((from?, until))
    }

    /// `trust`: from where the entries are known.
    pub fn trust(&self) -> Option<Trust> {
        let mark = self.text("trust")?;
        let trust = Trust::of_mark(mark);
        if trust.is_none() {
            self.mistake_at("trust", "`trust` is one of S, K, C, D");
        }
        trust
    }

    /// `standing`: on what the entries rest.
    pub fn standing(&self) -> Option<Standing> {
        let standing = match self.text("standing")? {
            "law" => Standing::Law,
            "adopted" => Standing::Adopted,
            "model" => Standing::Model,
            "construction" => Standing::Construction,
            _ => {
                self.mistake_at(
                    "standing",
                    "`standing` is one of law, adopted, model, construction",
                );
                return None;
            }
        };
        Some(standing)
    }
}
