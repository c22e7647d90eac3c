//! What a subject is called and known by in time, folded from the facts about it.
//!
//! Names and codes have days; of two that begin on one day the later recorded holds. Read first:
//! [`Profile::fold`].

use std::collections::BTreeMap;

use crate::domain::civil_date::CivilDate;
use crate::domain::fact::Fact;
use crate::domain::revision::{Instant, Revision};
use crate::domain::subject::{Identity, SubjectNumber};
use crate::domain::subject_fact::{Change, Membership, RegisterFact, RegisterState, SubjectFact};

/// A fact about a subject with its place and instant.
pub struct Told {
    pub revision: Revision,
    pub at: Instant,
    pub fact: Fact,
}

/// A name that the register or a recorded change gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    /// First day; `None` for the beginning.
    pub from: Option<CivilDate>,
    /// Last day; `None` while it lasts.
    pub until: Option<CivilDate>,
    pub revision: Revision,
    pub at: Instant,
}

/// A code that the subject bears or bore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coded {
    pub identity: Identity,
    pub from: Option<CivilDate>,
    pub until: Option<CivilDate>,
    pub revision: Revision,
    pub at: Instant,
}

/// A membership as it was known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRead {
    pub subject: SubjectNumber,
    pub membership: Membership,
    pub snapshot: u32,
    /// Of its last fact.
    pub revision: Revision,
    pub at: Instant,
}

/// What the facts about a subject make of it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Profile {
    /// By their first day.
    pub names: Vec<Named>,
    pub codes: Vec<Coded>,
    /// Revision of the register's row that stands.
    pub registered: Option<Revision>,
    pub established_on: Option<CivilDate>,
    pub ended_on: Option<CivilDate>,
    /// What came out of it, and the day.
    pub split_into: Vec<(SubjectNumber, CivilDate)>,
    /// What it came out of, and the day.
    pub split_from: Vec<(SubjectNumber, CivilDate)>,
    /// By their first revision.
    pub memberships: BTreeMap<Revision, MemberRead>,
    /// Revision of the last fact.
    pub changed: Revision,
}

impl Profile {
    /// Folds the facts about `number`, in their order.
    #[must_use]
    pub fn fold(number: SubjectNumber, told: &[Told]) -> Self {
        let mut profile = Self::default();
        for one in told {
            profile.changed = one.revision;
            if let Fact::SubjectOpened { identity, .. } = &one.fact {
                profile.code(identity, None, one);
            } else if let Fact::Subject(fact) = &one.fact {
                profile.about(number, fact, one);
            }
        }
        profile.close();
        profile
    }

    fn about(&mut self, number: SubjectNumber, fact: &SubjectFact, told: &Told) {
        match fact {
            SubjectFact::Registered(fact) => self.registered(fact, told),
            SubjectFact::Changed(fact) => {
                let own = fact.who.subject == number;
                match &fact.change {
                    Change::Renamed { name, from } if own => self.name(name, Some(*from), told),
                    Change::CodeAssigned { identity, from } if own => {
                        self.code(identity, Some(*from), told);
                    }
                    Change::CodeEnded { identity, until } if own => {
                        for code in self.codes.iter_mut().filter(|code| code.identity == *identity) {
                            code.until = Some(*until);
                        }
                    }
                    Change::Split { into, on } if own => {
                        self.split_into.extend(into.iter().map(|other| (*other, *on)));
                    }
                    Change::Split { on, .. } => self.split_from.push((fact.who.subject, *on)),
                    Change::Deregistered { on } => self.ended_on = Some(*on),
                    Change::Renamed { .. }
                    | Change::CodeAssigned { .. }
                    | Change::CodeEnded { .. }
                    | Change::Merged { .. }
                    | Change::MergeUndone { .. }
                    | Change::Reattributed { .. }
                    | Change::Answered { .. } => {}
                }
            }
            SubjectFact::Member(fact) => {
                let first = fact.first.unwrap_or(told.revision);
                let read = MemberRead {
                    subject: number,
                    membership: fact.membership.clone(),
                    snapshot: fact.snapshot,
                    revision: told.revision,
                    at: told.at,
                };
                self.memberships.insert(first, read);
            }
            SubjectFact::MembershipEnded(fact) => {
                if let Some(read) = self.memberships.get_mut(&fact.first) {
                    read.membership.until = Some(fact.on);
                    (read.revision, read.at) = (told.revision, told.at);
                }
            }
            SubjectFact::Attributed(_) => {}
        }
    }

    fn registered(&mut self, fact: &RegisterFact, told: &Told) {
        let entry = &fact.entry;
        let last = self.names.iter().max_by_key(|one| (one.from, one.revision));
        let is_last = last.is_some_and(|one| one.name == entry.name);
        match (entry.holds_from, fact.first) {
            (Some(from), _) => self.name(&entry.name, Some(from), told),
            (None, None) => self.name(&entry.name, entry.established_on, told),
            // A later row without a day changes nothing before it came.
            (None, Some(_)) if !is_last => self.name(&entry.name, Some(fact.received_on), told),
            (None, Some(_)) => {}
        }
        for identity in std::iter::once(&Identity::Code(entry.code)).chain(&entry.older_codes) {
            if !self.codes.iter().any(|code| code.identity == *identity) {
                self.code(identity, None, told);
            }
        }
        self.registered = Some(told.revision);
        self.established_on = entry.established_on.or(self.established_on);
        self.ended_on = match entry.state {
            RegisterState::Active => None,
            RegisterState::Deregistered => entry.deregistered_on.or(Some(fact.received_on)),
        };
    }

    fn name(&mut self, name: &str, from: Option<CivilDate>, told: &Told) {
        self.names.retain(|one| one.from != from);
        self.names.push(Named {
            name: name.to_owned(),
            from,
            until: None,
            revision: told.revision,
            at: told.at,
        });
    }

    /// A code that comes with a day takes the place of the same one without.
    fn code(&mut self, identity: &Identity, from: Option<CivilDate>, told: &Told) {
        self.codes
            .retain(|code| !(code.identity == *identity && code.from.is_none()));
        self.codes.push(Coded {
            identity: identity.clone(),
            from,
            until: None,
            revision: told.revision,
            at: told.at,
        });
    }

    /// Puts names in the order of their days and gives each its last one; the end of life ends codes.
    fn close(&mut self) {
        self.names.sort_by_key(|one| (one.from, one.revision));
        let mut at = 0;
        while at + 1 < self.names.len() {
            if self.names[at].name == self.names[at + 1].name {
                self.names.remove(at + 1);
            } else {
                self.names[at].until = self.names[at + 1].from.and_then(before);
                at += 1;
            }
        }
        let ended_on = self.ended_on;
        for code in self.codes.iter_mut().filter(|code| code.until.is_none()) {
            code.until = ended_on;
        }
    }

    /// The name on a day by register or recorded change; before the first of them, that one.
    #[must_use]
    pub fn name_on(&self, day: CivilDate) -> Option<&Named> {
        let begun = |one: &&Named| one.from.is_none_or(|from| from <= day);
        self.names.iter().rev().find(begun).or(self.names.first())
    }

    /// The codes that are borne on a day, the unified one first.
    #[must_use]
    pub fn codes_on(&self, day: CivilDate) -> Vec<&Coded> {
        let mut codes: Vec<&Coded> = self
            .codes
            .iter()
            .filter(|code| code.from.is_none_or(|from| from <= day))
            .filter(|code| code.until.is_none_or(|until| day <= until))
            .collect();
        codes.sort_by_key(|code| (code.identity.kind(), std::cmp::Reverse(code.from)));
        codes
    }
}

/// The day before; `None` before the first day of the calendar.
fn before(day: CivilDate) -> Option<CivilDate> {
    CivilDate::from_days(day.days() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::subject::{SubjectKind, SubjectName};
    use crate::domain::subject_fact::RegisterFurther;
    use crate::domain::subject_fact::{RegisterEntry, SubjectChange, Who};

    const NUMBER: SubjectNumber = SubjectNumber(1);

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    fn told(facts: Vec<Fact>) -> Vec<Told> {
        (1..)
            .zip(facts)
            .map(|(revision, fact)| Told {
                revision: Revision(revision),
                at: Instant(0),
                fact,
            })
            .collect()
    }

    fn opened() -> Fact {
        Fact::SubjectOpened {
            number: NUMBER,
            name: SubjectName::from_random([1; 13]),
            kind: SubjectKind::Organisation,
            identity: Identity::Code("91440300192317458F".parse().unwrap()),
            reported_name: "甲".to_owned(),
        }
    }

    fn register(name: &str, first: Option<u64>, holds_from: Option<&str>) -> Fact {
        let entry = RegisterEntry {
            code: "91440300192317458F".parse().unwrap(),
            kind: SubjectKind::Organisation,
            name: name.to_owned(),
            older_codes: Vec::new(),
            established_on: Some(day("2010-01-01")),
            holds_from: holds_from.map(day),
            state: RegisterState::Active,
            deregistered_on: None,
            further: RegisterFurther::default(),
        };
        Fact::Subject(SubjectFact::Registered(Box::new(RegisterFact {
            subject: NUMBER,
            entry,
            received_on: day("2024-05-01"),
            first: first.map(Revision),
            snapshot: 1,
            findings: Vec::new(),
        })))
    }

    fn changed(change: Change) -> Fact {
        Fact::Subject(SubjectFact::Changed(Box::new(SubjectChange {
            who: Who {
                subject: NUMBER,
                kind: SubjectKind::Organisation,
            },
            change,
            reason: String::new(),
        })))
    }

    fn renamed(name: &str, from: &str) -> Fact {
        changed(Change::Renamed {
            name: name.to_owned(),
            from: day(from),
        })
    }

    #[track_caller]
    fn check_names(facts: Vec<Fact>, expected: &[(&str, Option<&str>, Option<&str>)]) {
        let profile = Profile::fold(NUMBER, &told(facts));
        let names: Vec<(&str, Option<CivilDate>, Option<CivilDate>)> = profile
            .names
            .iter()
            .map(|one| (one.name.as_str(), one.from, one.until))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, from, until)| (*name, from.map(day), until.map(day)))
            .collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn names_follow_their_days_whatever_the_order_of_recording() {
        check_names(
            vec![opened(), register("甲公司", None, None)],
            &[("甲公司", Some("2010-01-01"), None)],
        );
        let three = [
            ("甲公司", Some("2010-01-01"), Some("2014-12-31")),
            ("乙公司", Some("2015-01-01"), Some("2019-12-31")),
            ("丙公司", Some("2020-01-01"), None),
        ];
        let (second, third) = (renamed("乙公司", "2015-01-01"), renamed("丙公司", "2020-01-01"));
        let first = register("甲公司", None, None);
        check_names(
            vec![opened(), first.clone(), second.clone(), third.clone()],
            &three,
        );
        check_names(vec![opened(), third, second, first], &three);
    }

    #[test]
    fn a_later_row_of_the_register_without_a_day_holds_from_its_receipt() {
        let rows = vec![
            opened(),
            register("甲公司", None, None),
            register("乙公司", Some(2), None),
            register("乙公司", Some(2), None),
        ];
        check_names(
            rows,
            &[
                ("甲公司", Some("2010-01-01"), Some("2024-04-30")),
                ("乙公司", Some("2024-05-01"), None),
            ],
        );
        check_names(
            vec![
                opened(),
                renamed("乙公司", "2020-01-01"),
                renamed("丙公司", "2020-01-01"),
            ],
            &[("丙公司", Some("2020-01-01"), None)],
        );
    }

    #[test]
    fn the_name_of_a_day_is_the_last_one_begun() {
        let facts = vec![
            opened(),
            register("甲公司", None, None),
            renamed("乙公司", "2015-01-01"),
        ];
        let profile = Profile::fold(NUMBER, &told(facts));
        for (on, name) in [
            ("2009-12-31", "甲公司"),
            ("2014-12-31", "甲公司"),
            ("2015-01-01", "乙公司"),
        ] {
            assert_eq!(profile.name_on(day(on)).unwrap().name, name, "{on}");
        }
    }

    #[test]
    fn a_code_ends_with_its_day_or_with_the_subject() {
        let code = Identity::Code("91440300192317458F".parse().unwrap());
        let other = Identity::Code("914403001922038216".parse().unwrap());
        let assigned = changed(Change::CodeAssigned {
            identity: other.clone(),
            from: day("2020-01-01"),
        });
        let ended = changed(Change::CodeEnded {
            identity: code.clone(),
            until: day("2019-12-31"),
        });
        let gone = changed(Change::Deregistered {
            on: day("2022-06-30"),
        });
        let profile = Profile::fold(NUMBER, &told(vec![opened(), assigned, ended, gone]));
        let on = |text| -> Vec<Identity> {
            profile
                .codes_on(day(text))
                .into_iter()
                .map(|code| code.identity.clone())
                .collect()
        };
        assert_eq!(on("2019-12-31"), [code]);
        assert_eq!(on("2020-01-01"), std::slice::from_ref(&other));
        assert_eq!(on("2022-06-30"), [other]);
        assert_eq!(on("2022-07-01"), []);
    }
}
