//! Tables within tables, decimals, and places inside texts.

use toml::de::DeValue;

use super::{Display, Entry, File, Mistake, Range};
use crate::domain::grading::Points;
use crate::domain::rules::Place;

/// Largest number of points, either way.
const POINTS_MAX: i64 = 1_000_000_000;

impl File<'_> {
    /// Notes a mistake at a place inside a line.
    pub fn mistake_at(&self, place: Place, text: impl Display) {
        let number = |number: u32| usize::try_from(number).ok();
        self.mistakes.borrow_mut().push(Mistake {
            file: self.name.to_owned(),
            line: number(place.line),
            column: number(place.column),
            text: text.to_string(),
        });
    }

    fn place(&self, at: usize) -> Place {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.rsplit('\n').next().unwrap_or(before);
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Place {
            line: number(self.line(at)),
            column: number(line.chars().count() + 1),
        }
    }
}

impl<'a> Entry<'a> {
    /// The file under reading.
    pub fn file(&self) -> &'a File<'a> {
        self.file
    }

    /// Returns where the entry begins.
    pub fn place(&self) -> Place {
        self.file.place(self.span.start)
    }

    /// The table of a key.
    pub fn table(&self, key: &str) -> Option<Entry<'a>> {
        let value = self.required(key)?;
        let table = self.of_type(key, value, value.get_ref().as_table(), "a table")?;
        Some(Entry {
            file: self.file,
            table,
            span: value.span(),
        })
    }

    /// The tables under `[[key]]`, of which there may be none; anything else under the key is a mistake.
    pub fn tables(&self, key: &str) -> Vec<Entry<'a>> {
        if let Some(value) = self.table.get(key) {
            let list = value.get_ref().as_array();
            self.of_type(key, value, list, "a list of tables, written `[[...]]`");
        }
        self.entries_if_any(key)
    }

    /// The keys of the table, in the order of their names.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.table.keys().map(|key| key.get_ref().as_ref())
    }

    /// The text of a key, if it is one.
    pub fn table_text(&self, key: &str) -> Option<&'a str> {
        self.table.get(key).and_then(|value| value.get_ref().as_str())
    }

    /// Points: a whole number, or a decimal of at most three places written as a text.
    pub fn points(&self, key: &str) -> Option<Points> {
        self.decimal(key, 3)
    }

    /// Points as they are computed, of at most five places.
    pub fn exact_points(&self, key: &str) -> Option<Points> {
        self.decimal(key, 5)
    }

    fn decimal(&self, key: &str, most: usize) -> Option<Points> {
        let value = self.required(key)?;
        let written = match value.get_ref() {
            DeValue::String(text) => text.as_ref(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_) => "",
        };
        let places = written.split_once('.').map_or(0, |(_, places)| places.len());
        let points = Points::parse(written).filter(|points| {
            places <= most && points.0.unsigned_abs() <= (POINTS_MAX * Points::UNIT).unsigned_abs()
        });
        let wanted =
            format!("a whole number, or a decimal of at most {most} places in quotes, such as \"-0.5\"");
        self.of_type(key, value, points, &wanted)
    }

    /// Points, if the key is there.
    pub fn points_if_any(&self, key: &str) -> Option<Points> {
        self.has(key).then(|| self.points(key)).flatten()
    }

    /// Returns where the byte `at` of the text of a key stands in the file.
    ///
    /// Where the text is written with escapes, the place where it begins.
    pub fn place_in(&self, key: &str, at: usize) -> Place {
        let span: Range<usize> = self.span(key);
        let raw = self.file.text.get(span.clone()).unwrap_or("");
        let quoted = [
            "'''\r\n",
            "'''\n",
            "'''",
            "\"\"\"\r\n",
            "\"\"\"\n",
            "\"\"\"",
            "'",
            "\"",
        ];
        let quote = quoted.iter().find(|quote| raw.starts_with(**quote));
        let begins = span.start + quote.map_or(0, |quote| quote.len());
        let is_escaped = raw.starts_with('"') && raw.contains('\\');
        self.file.place(if is_escaped { begins } else { begins + at })
    }
}

impl Entry<'_> {
    /// A whole number, or a list of a lowest and a highest one.
    pub fn range(&self, key: &str, bounds: std::ops::RangeInclusive<i64>) -> Option<(i64, i64)> {
        let value = self.required(key)?;
        let Some(list) = value.get_ref().as_array() else {
            let number = self.number(key, bounds)?;
            return Some((number, number));
        };
        let numbers = list.iter().map(|one| {
            let number = one.get_ref().as_integer()?;
            let number = i64::from_str_radix(number.as_str(), number.radix()).ok()?;
            bounds.contains(&number).then_some(number)
        });
        let numbers: Option<Vec<i64>> = numbers.collect();
        let range = match numbers.as_deref() {
            Some([low, high]) if low <= high => Some((*low, *high)),
            Some(_) | None => None,
        };
        let wanted = "a whole number, or a lowest and a highest one";
        self.of_type(key, value, range, wanted)
    }
}
