//! Evidence as texts and numbers, and back.

use serde::{Deserialize, Serialize};

use super::{Error, day};
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::Validity;
use crate::domain::grading::{Earlier, Event, EventKind, Evidence, Outcome, Points, Procedure, Rank};
use crate::domain::record::{End, Severity};
use crate::domain::revision::Revision;
use crate::domain::subject::SubjectKind;

const SUBJECT_KINDS: [(SubjectKind, &str); 3] = [
    (SubjectKind::Organisation, "organisation"),
    (SubjectKind::IndividualBusiness, "individual_business"),
    (SubjectKind::Person, "person"),
];
const SEVERITIES: [(Severity, &str); 3] = [
    (Severity::Minor, "minor"),
    (Severity::General, "general"),
    (Severity::Serious, "serious"),
];
const PROCEDURES: [(Procedure, &str); 3] = [
    (Procedure::Simple, "simple"),
    (Procedure::General, "general"),
    (Procedure::Unknown, "unknown"),
];
const ENDS: [(End, &str); 4] = [
    (End::Withdrawn, "withdrawn"),
    (End::Deleted, "deleted"),
    (End::Repaired, "repaired"),
    (End::Expired, "expired"),
];
/// What stands for an event without a last day.
const OPEN: &str = "open";

/// Evidence; what is empty or absent is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldEvidence {
    subject_kind: String,
    is_registered: bool,
    established_on: Option<String>,
    deregistered_on: Option<String>,
    member_from: Option<String>,
    member_until: Option<String>,
    events: Vec<ToldEvent>,
    earlier: Vec<ToldEarlier>,
    rank: Option<ToldRank>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ToldEvent {
    record: String,
    revision: u64,
    kind: String,
    item: String,
    level: String,
    matter: String,
    severity: Option<String>,
    procedure: String,
    /// In fen.
    amount: Option<i64>,
    quantity: i64,
    value: Option<String>,
    decided: String,
    until: Option<String>,
    end: Option<String>,
    end_on: Option<String>,
    in_sector: bool,
    case: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ToldEarlier {
    sector: String,
    period_last: String,
    outcome: String,
    level: String,
    from: String,
    until: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ToldRank {
    place: u32,
    of: u32,
}

fn text(day: Option<CivilDate>) -> Option<String> {
    day.map(|day| day.to_string())
}

fn day_if_any(name: &'static str, text: Option<&String>) -> Result<Option<CivilDate>, Error> {
    text.map(|text| day(name, text)).transpose()
}

fn word<T: PartialEq>(words: &[(T, &'static str)], value: &T) -> String {
    let found = words.iter().find(|(one, _)| one == value);
    found.map_or_else(String::new, |(_, word)| (*word).to_owned())
}

fn meant<T: Copy>(words: &[(T, &'static str)], name: &'static str, text: &str) -> Result<T, Error> {
    let found = words.iter().find(|(_, word)| *word == text);
    found.map(|(value, _)| *value).ok_or_else(|| none(name, text))
}

fn none(name: &'static str, text: &str) -> Error {
    Error::Value(name, text.to_owned())
}

fn outcome(text: &str) -> Result<Outcome, Error> {
    let found = Outcome::ALL.iter().find(|one| one.word() == text);
    found.copied().ok_or_else(|| none("outcome", text))
}

impl ToldEvidence {
    pub fn of(evidence: &Evidence) -> Self {
        Self {
            subject_kind: word(&SUBJECT_KINDS, &evidence.subject_kind),
            is_registered: evidence.is_registered,
            established_on: text(evidence.established_on),
            deregistered_on: text(evidence.deregistered_on),
            member_from: text(evidence.member_from),
            member_until: text(evidence.member_until),
            events: evidence.events.iter().map(ToldEvent::of).collect(),
            earlier: evidence.earlier.iter().map(ToldEarlier::of).collect(),
            rank: evidence.rank.map(|rank| ToldRank {
                place: rank.place,
                of: rank.of,
            }),
        }
    }

    pub fn read(&self) -> Result<Evidence, Error> {
        Ok(Evidence {
            subject_kind: meant(&SUBJECT_KINDS, "subject_kind", &self.subject_kind)?,
            is_registered: self.is_registered,
            established_on: day_if_any("established_on", self.established_on.as_ref())?,
            deregistered_on: day_if_any("deregistered_on", self.deregistered_on.as_ref())?,
            member_from: day_if_any("member_from", self.member_from.as_ref())?,
            member_until: day_if_any("member_until", self.member_until.as_ref())?,
            events: self
                .events
                .iter()
                .map(ToldEvent::read)
                .collect::<Result<_, _>>()?,
            earlier: self
                .earlier
                .iter()
                .map(ToldEarlier::read)
                .collect::<Result<_, _>>()?,
            rank: self.rank.as_ref().map(|rank| Rank {
                place: rank.place,
                of: rank.of,
            }),
        })
    }
}

impl ToldEvent {
    fn of(event: &Event) -> Self {
        Self {
            record: event.record.clone(),
            revision: event.revision.0,
            kind: event.kind.word().to_owned(),
            item: event.item.clone(),
            level: event.level.clone(),
            matter: event.matter.clone(),
            severity: event.severity.map(|severity| word(&SEVERITIES, &severity)),
            procedure: word(&PROCEDURES, &event.procedure),
            amount: event.amount,
            quantity: event.quantity,
            value: event.value.map(|value| value.to_string()),
            decided: event.decided.to_string(),
            until: match event.until {
                Validity::NotStated => None,
                Validity::Until(last) => Some(last.to_string()),
                Validity::OpenEnded => Some(OPEN.to_owned()),
            },
            end: event.ended.map(|(end, _)| word(&ENDS, &end)),
            end_on: event.ended.map(|(_, on)| on.to_string()),
            in_sector: event.in_sector,
            case: event.case.clone(),
        }
    }

    fn read(&self) -> Result<Event, Error> {
        let kind = EventKind::ALL.iter().find(|kind| kind.word() == self.kind);
        let severity = self.severity.as_ref();
        let severity = severity.map(|text| meant(&SEVERITIES, "severity", text));
        let value = self.value.as_ref();
        let value = value.map(|text| Points::parse(text).ok_or_else(|| none("value", text)));
        let ended = match (&self.end, &self.end_on) {
            (Some(end), Some(on)) => Some((meant(&ENDS, "end", end)?, day("end_on", on)?)),
            (None, None) => None,
            (Some(text), None) | (None, Some(text)) => return Err(none("end", text)),
        };
        Ok(Event {
            kind: *kind.ok_or_else(|| none("kind", &self.kind))?,
            item: self.item.clone(),
            level: self.level.clone(),
            matter: self.matter.clone(),
            severity: severity.transpose()?,
            procedure: meant(&PROCEDURES, "procedure", &self.procedure)?,
            amount: self.amount,
            quantity: self.quantity,
            value: value.transpose()?,
            decided: day("decided", &self.decided)?,
            until: match self.until.as_deref() {
                None => Validity::NotStated,
                Some(OPEN) => Validity::OpenEnded,
                Some(text) => Validity::Until(day("until", text)?),
            },
            ended,
            in_sector: self.in_sector,
            case: self.case.clone(),
            revision: Revision(self.revision),
            record: self.record.clone(),
        })
    }
}

impl ToldEarlier {
    fn of(earlier: &Earlier) -> Self {
        Self {
            sector: earlier.sector.to_string(),
            period_last: earlier.period_last.to_string(),
            outcome: earlier.outcome.word().to_owned(),
            level: earlier.level.clone(),
            from: earlier.from.to_string(),
            until: text(earlier.until),
        }
    }

    fn read(&self) -> Result<Earlier, Error> {
        Ok(Earlier {
            sector: self.sector.parse().map_err(|_| none("sector", &self.sector))?,
            period_last: day("period_last", &self.period_last)?,
            outcome: outcome(&self.outcome)?,
            level: self.level.clone(),
            from: day("from", &self.from)?,
            until: day_if_any("until", self.until.as_ref())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One event of everything that can be absent or stated.
    fn events() -> Vec<Event> {
        let plain = Event {
            kind: EventKind::Penalty,
            item: "01".to_owned(),
            level: String::new(),
            matter: "擅自占用道路经营".to_owned(),
            severity: None,
            procedure: Procedure::Unknown,
            amount: None,
            quantity: 1,
            value: None,
            decided: "2024-05-20".parse().unwrap(),
            until: Validity::NotStated,
            ended: None,
            in_sector: true,
            case: "CGJ 1".to_owned(),
            revision: Revision(9),
            record: "records/a".to_owned(),
        };
        let day: CivilDate = "2024-06-01".parse().unwrap();
        let mut all = vec![plain.clone()];
        for kind in EventKind::ALL {
            all.push(Event {
                kind: *kind,
                ..plain.clone()
            });
        }
        for (severity, _) in SEVERITIES {
            all.push(Event {
                severity: Some(severity),
                ..plain.clone()
            });
        }
        for (procedure, _) in PROCEDURES {
            all.push(Event {
                procedure,
                amount: Some(-7),
                value: Points::parse("-0.5"),
                ..plain.clone()
            });
        }
        for (end, _) in ENDS {
            all.push(Event {
                ended: Some((end, day)),
                until: Validity::OpenEnded,
                in_sector: false,
                ..plain.clone()
            });
        }
        all.push(Event {
            until: Validity::Until(day),
            ..plain
        });
        all
    }

    #[test]
    fn evidence_comes_back_as_it_was() {
        for (kind, _) in SUBJECT_KINDS {
            let evidence = Evidence {
                subject_kind: kind,
                is_registered: true,
                established_on: "2010-01-01".parse().ok(),
                deregistered_on: None,
                member_from: "2022-01-01".parse().ok(),
                member_until: "2024-12-31".parse().ok(),
                events: events(),
                earlier: Outcome::ALL
                    .iter()
                    .map(|outcome| Earlier {
                        sector: "URBAN".parse().unwrap(),
                        period_last: "2023-12-31".parse().unwrap(),
                        outcome: *outcome,
                        level: "A".to_owned(),
                        from: "2024-01-01".parse().unwrap(),
                        until: None,
                    })
                    .collect(),
                rank: Some(Rank { place: 2, of: 7 }),
            };
            let told = ToldEvidence::of(&evidence);
            let text = serde_json::to_string(&told).unwrap();
            let again: ToldEvidence = serde_json::from_str(&text).unwrap();
            assert_eq!(again.read().unwrap(), evidence);
        }
    }

    #[test]
    fn what_is_no_value_is_named() {
        let mut told = ToldEvent::of(&events()[0]);
        told.kind = "gift".to_owned();
        assert!(matches!(told.read(), Err(Error::Value("kind", _))));
        let mut told = ToldEvent::of(&events()[0]);
        told.end = Some("repaired".to_owned());
        assert!(matches!(told.read(), Err(Error::Value("end", _))));
    }
}
