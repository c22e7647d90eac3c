//! Persons as they are shown: masked, in free texts too.

use crate::domain::subject::{Identity, SubjectKind, masked_name};

/// A party as it is shown, and a way to keep a person out of free texts.
pub struct Masked<'a> {
    pub name: String,
    pub code: String,
    /// What texts must not repeat, with what takes its place.
    hidden: Vec<(&'a str, String)>,
    /// A name that is itself no text: of one character, it would take ordinary words apart.
    short_name: Option<&'a str>,
    in_full: bool,
}

impl<'a> Masked<'a> {
    #[must_use]
    pub fn of(identity: &'a Identity, kind: SubjectKind, name: &'a str) -> Self {
        let code = identity.shown();
        let mut masked = Self {
            name: name.to_owned(),
            code: code.clone(),
            hidden: Vec::new(),
            short_name: None,
            in_full: false,
        };
        if identity.kind().is_personal() || kind == SubjectKind::Person {
            masked.name = masked_name(name);
            masked.hide(identity.expose(), code);
            masked.hide_name(name);
        }
        masked
    }

    /// The party as it was reported: for a reading that is recorded with its purpose.
    #[must_use]
    pub fn in_full(identity: &Identity, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            code: identity.expose().to_owned(),
            hidden: Vec::new(),
            short_name: None,
            in_full: true,
        }
    }

    /// Says whether nothing is hidden.
    #[must_use]
    pub fn is_in_full(&self) -> bool {
        self.in_full
    }

    /// Hides a number too.
    pub fn hide(&mut self, number: &'a str, shown: String) {
        if !number.is_empty() && !self.in_full {
            self.hidden.push((number, shown));
        }
    }

    fn hide_name(&mut self, name: &'a str) {
        if name.chars().count() > 1 {
            self.hidden.push((name, masked_name(name)));
        } else {
            self.short_name = Some(name);
        }
    }

    /// Masks names and numbers where a text repeats them. A name of one character is masked where it is
    /// the whole text.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        if self.short_name == Some(text) {
            return masked_name(text);
        }
        self.hidden.iter().fold(text.to_owned(), |text, (hidden, shown)| {
            if text.contains(hidden) {
                text.replace(hidden, shown)
            } else {
                text
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_masked_in_texts_and_an_organisation_is_not() {
        let id = Identity::Person("11010519491231002X".parse().expect("the example of the norm"));
        let masked = Masked::of(&id, SubjectKind::Person, "张测试");
        assert_eq!(masked.name, "张*");
        assert_eq!(
            masked.text("张测试（11010519491231002X）未补"),
            "张*（1101**********002X）未补"
        );
        let short = Masked::of(&id, SubjectKind::Person, "张");
        assert_eq!(
            (short.text("张"), short.text("一张票")),
            ("*".to_owned(), "一张票".to_owned())
        );
        let code = Identity::Code("91440300192317458F".parse().expect("valid"));
        let shown = Masked::of(&code, SubjectKind::Organisation, "某公司");
        assert_eq!(shown.text("某公司91440300192317458F"), "某公司91440300192317458F");
    }
}
