//! The names that the entries of a rule set may use, and the conditions that use them.

use super::super::reader::Entry;
use super::expression::compile;
use crate::domain::rules::condition::Vocabulary;
use crate::domain::rules::variables::{self, Named, OfEvent, OfSubject, SubjectNumber, SubjectWord};
use crate::domain::rules::{Condition, Count, Group, Input, Level, Streak};

/// What stands in a rule set under a name.
pub struct Names {
    pub levels: Vec<Level>,
    pub groups: Vec<Group>,
    event: Vec<(String, Named<OfEvent>)>,
    subject: Vec<(String, Named<OfSubject>)>,
}

impl Names {
    pub fn new(levels: Vec<Level>, groups: Vec<Group>) -> Self {
        let codes: Vec<String> = levels.iter().map(|level| level.code.clone()).collect();
        Self {
            levels,
            groups,
            event: variables::of_event(),
            subject: variables::of_subject(&codes),
        }
    }

    /// Makes counts, inputs and streaks known to conditions on the subject.
    pub fn make_known(&mut self, counts: &[Count], inputs: &[Input], streaks: &[Streak]) {
        let place = |place: usize| u16::try_from(place).unwrap_or(u16::MAX);
        let counts = counts.iter().enumerate().map(|(at, one)| {
            let number = SubjectNumber::Count(place(at));
            (one.name.clone(), Named::Whole(number))
        });
        let inputs = inputs.iter().enumerate().map(|(at, one)| {
            let word = SubjectWord::Input(place(at));
            (one.name.clone(), Named::Text(word, None))
        });
        let streaks = streaks.iter().enumerate().map(|(at, one)| {
            let number = SubjectNumber::Streak(place(at));
            (one.name.clone(), Named::Whole(number))
        });
        self.subject.extend(counts.chain(inputs).chain(streaks));
    }

    /// Returns whether a name is taken by a variable of the subject.
    pub fn is_taken(&self, name: &str) -> bool {
        self.subject.iter().any(|(known, _)| known == name)
    }

    pub fn event(&self, entry: &Entry<'_>, key: &str) -> Option<Condition<OfEvent>> {
        condition(entry, key, &self.event)
    }

    /// A condition on the subject; `with_score` where the score is known already.
    pub fn subject(&self, entry: &Entry<'_>, key: &str, with_score: bool) -> Option<Condition<OfSubject>> {
        if with_score {
            return condition(entry, key, &self.subject);
        }
        let score = Named::Points(SubjectNumber::Score);
        let without: Vec<_> = self
            .subject
            .iter()
            .filter(|(_, named)| *named != score)
            .cloned()
            .collect();
        condition(entry, key, &without)
    }

    /// The place of a level that is named under a key.
    pub fn level(&self, entry: &Entry<'_>, key: &str) -> Option<usize> {
        let code = entry.text(key)?;
        let found = self.levels.iter().position(|level| level.code == code);
        if found.is_none() {
            let known: Vec<&str> = self.levels.iter().map(|level| level.code.as_str()).collect();
            entry.mistake_at(
                key,
                format!("there is no level `{code}`; levels are {}", known.join(", ")),
            );
        }
        found
    }

    /// The place of a level that is named under a key and stands in the order.
    pub fn ranked_level(&self, entry: &Entry<'_>, key: &str) -> Option<usize> {
        let level = self.level(entry, key)?;
        if !self.levels[level].is_ranked {
            entry.mistake_at(key, "this level is `unranked`; a level of the order is expected");
            return None;
        }
        Some(level)
    }

    /// The place of a group.
    pub fn group(&self, entry: &Entry<'_>, key: &str, code: &str) -> Option<usize> {
        let found = self.groups.iter().position(|group| group.code == code);
        if found.is_none() {
            let known: Vec<&str> = self.groups.iter().map(|group| group.code.as_str()).collect();
            entry.mistake_at(
                key,
                format!("there is no group `{code}`; groups are {}", known.join(", ")),
            );
        }
        found
    }
}

fn condition<V: Vocabulary>(
    entry: &Entry<'_>,
    key: &str,
    names: &[(String, Named<V>)],
) -> Option<Condition<V>> {
    let text = entry.text(key)?;
    let place = |at: usize| entry.place_in(key, at);
    match compile(text, names, &place) {
        Ok(program) => Some(Condition {
            text: text.to_owned(),
            place: place(0),
            program,
        }),
        Err(problems) => {
            for problem in problems {
                entry.file().mistake_at(place(problem.at), problem.text);
            }
            None
        }
    }
}
