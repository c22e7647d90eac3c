//! What many entries share: titles and law, spans, bounds, codes.

use super::super::reader::Entry;
use crate::domain::rules::{Basis, Bounds, End, Limits, Span};

/// Longest code or name, in bytes.
const NAME_SIZE_MAX: usize = 64;

/// The keys of [`basis`].
pub const BASIS: [&str; 5] = ["title_zh", "title_en", "law", "source", "trust"];
/// The keys of [`bounds`].
pub const BOUNDS: [&str; 4] = ["at_least", "more_than", "at_most", "less_than"];

/// Notes keys that the entry does not know.
pub fn keys(entry: &Entry<'_>, own: &[&str], more: &[&[&str]]) {
    let all: Vec<&str> = own
        .iter()
        .chain(more.iter().copied().flatten())
        .copied()
        .collect();
    entry.keys(&all);
}

/// Titles, law, source and trust of an entry; the titles may be left out unless `titled`.
pub fn basis(entry: &Entry<'_>, titled: bool) -> Basis {
    let text = |key: &str, wanted: bool| {
        let there = wanted || entry.has(key);
        there
            .then(|| entry.text(key))
            .flatten()
            .unwrap_or_default()
            .to_owned()
    };
    Basis {
        title_zh: text("title_zh", titled),
        title_en: text("title_en", titled),
        law: text("law", false),
        source: entry.text_if_any("source").map(str::to_owned),
        trust: entry.has("trust").then(|| entry.trust()).flatten(),
    }
}

/// A code: letters, digits, `_` and `-`, at most 64.
pub fn code(entry: &Entry<'_>, key: &str) -> Option<String> {
    let text = entry.text(key)?;
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+');
    if text.len() > NAME_SIZE_MAX || !text.bytes().all(known) {
        entry.mistake_at(
            key,
            format!("`{key}` has at most {NAME_SIZE_MAX} letters, digits, `_`, `-` and `+`"),
        );
        return None;
    }
    Some(text.to_owned())
}

/// A name that conditions use: a small letter, then small letters, digits and `_`.
pub fn name(entry: &Entry<'_>) -> Option<String> {
    let text = entry.text("name")?;
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let starts = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    if !starts || text.len() > NAME_SIZE_MAX || !text.bytes().all(known) {
        entry.mistake_at(
            "name",
            "a name is a small letter, then small letters, digits and `_`",
        );
        return None;
    }
    Some(text.to_owned())
}

/// A length of time.
pub fn span(entry: &Entry<'_>, key: &str) -> Option<Span> {
    let text = entry.text(key)?;
    let span = Span::parse(text);
    if span.is_none() {
        entry.mistake_at(
            key,
            format!("`{key}` is such as \"12 months\", \"2 years\" or \"30 days\", at most 100 years"),
        );
    }
    span
}

/// A lower and an upper end, each at most once; `number` reads one.
pub fn bounds(entry: &Entry<'_>, number: impl Fn(&str) -> Option<i64>) -> Bounds {
    let end = |included: &str, left_out: &str| {
        if entry.has(included) && entry.has(left_out) {
            entry.mistake_at(
                left_out,
                format!("`{included}` and `{left_out}` are two ends on one side"),
            );
        }
        let read = |key: &str, is_included| {
            let at = entry.has(key).then(|| number(key)).flatten()?;
            Some(End { at, is_included })
        };
        read(included, true).or_else(|| read(left_out, false))
    };
    let bounds = Bounds {
        low: end("at_least", "more_than"),
        high: end("at_most", "less_than"),
    };
    if let (Some(first), Some(last)) = (bounds.first(), bounds.last())
        && first > last
    {
        let key = BOUNDS
            .into_iter()
            .find(|key| entry.has(key))
            .unwrap_or("at_least");
        entry.mistake_at(key, "nothing lies between the two ends");
    }
    bounds
}

/// Cap and floor of a sum; no event gives 0, so 0 lies between them.
pub fn limits(entry: &Entry<'_>) -> Limits {
    let (cap, floor) = (entry.points_if_any("cap"), entry.points_if_any("floor"));
    if cap.is_some_and(|cap| cap.0 < 0) {
        entry.mistake_at("cap", "a cap is not below 0, which is the sum of nothing");
    }
    if floor.is_some_and(|floor| floor.0 > 0) {
        entry.mistake_at("floor", "a floor is not above 0, which is the sum of nothing");
    }
    Limits { floor, cap }
}

/// Notes that a code stands twice in its list.
pub fn once<T>(entry: &Entry<'_>, key: &str, known: &[T], code: &str, of: impl Fn(&T) -> &str) {
    if known.iter().any(|one| of(one) == code) {
        entry.mistake_at(key, format!("{code} stands twice"));
    }
}
