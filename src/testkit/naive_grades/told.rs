//! The lines of a ledger export as plain lists, by subject and by record. Read first: [`Told::read`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Grade;
use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::Validity;
use crate::domain::grading::{Event, EventKind, Outcome, Points, Procedure};
use crate::domain::layout::{Class, ItemType, Layouts, Role};
use crate::domain::record::{End, Severity};
use crate::domain::revision::{Instant, Revision};
use crate::domain::subject::SubjectKind;

/// What a line says of a subject.
pub enum OfSubject {
    Opened(SubjectKind),
    /// Established and ended, as a register's row says.
    Registered(Option<CivilDate>, Option<CivilDate>),
    Deregistered(CivilDate),
    /// Sector, first and last day; said again it takes the place of what began on the same day.
    Member(SectorCode, CivilDate, Option<CivilDate>),
    /// Into another on a day; `None`: that never was.
    Merged(Option<(u64, CivilDate)>),
}

/// What a line says of a record or commitment.
pub enum OfRecord {
    /// Whose it is, what it says, in which sectors.
    Said(u64, Vec<Event>, Vec<SectorCode>),
    Ended(Option<(End, CivilDate)>),
    Attributed(Vec<SectorCode>),
    MovedTo(u64),
    /// Performance or breach of a commitment, as the item of its event; a confirmed breach outweighs.
    Performed(&'static str),
    Breached(bool),
}

/// A point in the ledger at which everything that was asked for is done.
pub struct Moment {
    pub last: u64,
    pub today: CivilDate,
    pub turned: Vec<CivilDate>,
    /// Rules were adopted.
    pub adopts: bool,
}

/// An export, by what it speaks of; each list in the order of revisions.
#[derive(Default)]
pub struct Told {
    pub subjects: BTreeMap<u64, Vec<(u64, OfSubject)>>,
    pub records: BTreeMap<String, Vec<(u64, OfRecord)>>,
    /// Records that were ever a subject's.
    pub near: BTreeMap<u64, BTreeSet<String>>,
    pub moments: Vec<Moment>,
    /// Revisions at which rules were adopted, with the hash of their files in hexadecimal digits.
    pub adopted: Vec<(u64, String)>,
    /// What officers decided or confirmed.
    pub decided: BTreeMap<(u64, SectorCode), Vec<Grade>>,
    /// Revisions at which officers confirmed or dismissed corrections.
    pub closed: BTreeMap<(u64, SectorCode), Vec<u64>>,
    /// Subjects that ever went into one.
    pub merging: BTreeMap<u64, BTreeSet<u64>>,
    /// Revisions at which something was said of a subject or of a record near it.
    pub touched: BTreeMap<u64, BTreeSet<u64>>,
    /// Sectors in which grades were settled, with the settled grades as the ledger holds them.
    pub settled: BTreeMap<(u64, SectorCode), Vec<Grade>>,
    first: BTreeMap<u64, String>,
    member: BTreeMap<u64, (SectorCode, CivilDate)>,
}

fn day(value: &Value) -> Option<CivilDate> {
    value.as_str()?.parse().ok()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn until(value: &Value) -> Validity {
    match (value.as_str(), day(value)) {
        (_, Some(last)) => Validity::Until(last),
        (Some(_), None) => Validity::OpenEnded,
        (None, None) => Validity::NotStated,
    }
}

fn sectors(value: &Value) -> Vec<SectorCode> {
    let codes = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    codes.filter_map(|code| code.parse().ok()).collect()
}

fn numbers(value: &Value) -> impl Iterator<Item = u64> + '_ {
    value.as_array().into_iter().flatten().filter_map(Value::as_u64)
}

fn end(value: &Value) -> Option<End> {
    let ends = [
        ("WITHDRAWN", End::Withdrawn),
        ("DELETED", End::Deleted),
        ("REPAIRED", End::Repaired),
        ("EXPIRED", End::Expired),
    ];
    ends.into_iter()
        .find(|(name, _)| value == name)
        .map(|(_, end)| end)
}

fn kind(value: &Value) -> SubjectKind {
    match value.as_str() {
        Some("PERSON") => SubjectKind::Person,
        Some("INDIVIDUAL_BUSINESS") => SubjectKind::IndividualBusiness,
        Some(_) | None => SubjectKind::Organisation,
    }
}

impl Told {
    /// Reads the lines of an export.
    pub fn read(lines: impl IntoIterator<Item = Value>, layouts: &Layouts) -> Self {
        let mut told = Self::default();
        let (mut turned, mut adopts) = (Vec::new(), false);
        for line in lines {
            let revision = line["revision"]
                .as_str()
                .and_then(|place| place.rsplit('.').next()?.parse().ok());
            let revision: u64 = revision.expect("every line has its revision");
            turned.extend(day(&line["day"]).filter(|_| line["kind"] == "day_turned"));
            adopts |= line["kind"] == "data_adopted" && line["data"] == "rules";
            told.take(revision, &line, layouts);
            if line["kind"] == "request_recorded" || line["group_end"] == true {
                let today = line["instant"]
                    .as_str()
                    .and_then(|instant| instant.parse::<jiff::Timestamp>().ok());
                let today = today
                    .and_then(|today| i64::try_from(today.as_nanosecond()).ok())
                    .map(Instant);
                let today = today
                    .map(CivilDate::of_instant)
                    .expect("every line has its instant");
                let (turned, adopts) = (std::mem::take(&mut turned), std::mem::take(&mut adopts));
                told.moments.push(Moment {
                    last: revision,
                    today,
                    turned,
                    adopts,
                });
            }
        }
        for (subject, near) in &told.near {
            let revisions = near
                .iter()
                .flat_map(|name| &told.records[name])
                .map(|(revision, _)| *revision);
            told.touched.entry(*subject).or_default().extend(revisions);
        }
        told
    }

    fn take(&mut self, revision: u64, line: &Value, layouts: &Layouts) {
        let subject = line["subject"].as_u64().unwrap_or_default();
        let name = text(if line["record"].is_string() {
            &line["record"]
        } else {
            &line["commitment"]
        });
        let on = day(&line["on"]);
        let mut of_subject = None;
        let mut of_record = None;
        match line["kind"].as_str().unwrap_or_default() {
            "subject_opened" => of_subject = Some(OfSubject::Opened(kind(&line["subject_kind"]))),
            "subject_registered" | "register_corrected" => {
                let ended = day(&line["deregistered_on"]).or(day(&line["received_on"]));
                let ended = ended.filter(|_| line["state"] == "DEREGISTERED");
                of_subject = Some(OfSubject::Registered(day(&line["established_on"]), ended));
            }
            "subject_deregistered" => of_subject = on.map(OfSubject::Deregistered),
            "membership_recorded" | "membership_corrected" => {
                let sector = text(&line["sector"]).parse().expect("a sector");
                let from = day(&line["from"]).expect("a day");
                self.member.insert(revision, (sector, from));
                of_subject = Some(OfSubject::Member(sector, from, day(&line["until"])));
            }
            "membership_ended" => {
                let (sector, from) = self.member[&line["membership"].as_u64().expect("a revision")];
                of_subject = Some(OfSubject::Member(sector, from, on));
            }
            "subjects_merged" | "merge_undone" => {
                let into = line["into"].as_u64().expect("a subject");
                self.touched.entry(into).or_default().insert(revision);
                self.merging.entry(into).or_default().insert(subject);
                of_subject = Some(OfSubject::Merged(on.map(|on| (into, on))));
            }
            "record_recorded" | "record_corrected" => {
                of_record = Some(OfRecord::Said(
                    subject,
                    events(line, revision, layouts),
                    sectors(&line["sectors"]),
                ));
            }
            "record_ended" => of_record = Some(OfRecord::Ended(end(&line["end"]).zip(on))),
            "record_revived" => {
                of_record = Some(OfRecord::Ended(
                    end(&line["restored"]).zip(day(&line["restored_on"])),
                ));
            }
            "commitment_recorded" | "commitment_corrected" => {
                let event = plain(EventKind::Commitment, line, revision, &name);
                of_record = Some(OfRecord::Said(subject, vec![event], Vec::new()));
            }
            "commitment_withdrawn" => {
                let long_ago = CivilDate::new(1, 1, 1).expect("the first day");
                of_record = Some(OfRecord::Ended(Some((End::Withdrawn, long_ago))));
            }
            "commitment_revived" => of_record = Some(OfRecord::Ended(None)),
            "performance_recorded" | "performance_corrected" => {
                let item = match line["performance_state"].as_str() {
                    Some("FULL") => "performed",
                    Some("PARTIAL") => "partial",
                    Some(_) | None => "unperformed",
                };
                of_record = Some(OfRecord::Performed(item));
            }
            "breach_recorded" | "breach_updated" => {
                let state = line["breach_state"].as_str();
                of_record = Some(OfRecord::Breached(matches!(
                    state,
                    Some("CONFIRMED" | "CARRIED_OUT")
                )));
            }
            "attribution_decided" => {
                for first in numbers(&line["records"]) {
                    self.about(
                        revision,
                        &self.first[&first].clone(),
                        OfRecord::Attributed(sectors(&line["sectors"])),
                    );
                }
            }
            "records_reattributed" => {
                let to = line["to"].as_u64().expect("a subject");
                for first in numbers(&line["records"]) {
                    let name = self.first[&first].clone();
                    self.near.entry(to).or_default().insert(name.clone());
                    self.about(revision, &name, OfRecord::MovedTo(to));
                }
            }
            "data_adopted" if line["data"] == "rules" => self.adopted.push((revision, text(&line["sha256"]))),
            "grade_settled" => self.grade(revision, subject, line),
            "correction_closed" if line["closed"] != "LAPSED" => {
                let pair = (subject, text(&line["sector"]).parse().expect("a sector"));
                self.closed.entry(pair).or_default().push(revision);
            }
            _ => {}
        }
        if let Some(said) = of_subject {
            self.touched.entry(subject).or_default().insert(revision);
            self.subjects.entry(subject).or_default().push((revision, said));
        }
        if let Some(said) = of_record {
            if let OfRecord::Said(..) = said {
                self.first.insert(revision, name.clone());
                self.near.entry(subject).or_default().insert(name.clone());
            }
            self.about(revision, &name, said);
        }
    }

    fn about(&mut self, revision: u64, name: &str, said: OfRecord) {
        self.records
            .entry(name.to_owned())
            .or_default()
            .push((revision, said));
    }

    fn grade(&mut self, revision: u64, subject: u64, line: &Value) {
        let outcomes = [
            Outcome::Graded,
            Outcome::NotRated,
            Outcome::New,
            Outcome::Missing,
            Outcome::Refused,
            Outcome::Failed,
        ];
        let word = text(&line["outcome"]).to_lowercase();
        let grade = Grade {
            at: revision,
            from: day(&line["from"]).expect("a day"),
            until: day(&line["until"]),
            outcome: outcomes
                .into_iter()
                .find(|one| one.word() == word)
                .expect("an outcome"),
            level: text(&line["level"]),
            period_last: day(&line["period_last"]).expect("a day"),
            run: (line["cause"] == "RUN" || line["cause"] == "CORRECTION")
                .then(|| day(&line["assessed_on"]).expect("a day")),
            is_officers: line["cause"] == "OFFICER",
        };
        let pair = (subject, text(&line["sector"]).parse().expect("a sector"));
        if line["cause"] == "OFFICER" || line["cause"] == "CORRECTION" {
            self.decided.entry(pair).or_default().push(grade.clone());
        }
        self.settled.entry(pair).or_default().push(grade);
    }
}

/// An event without anything that only some kinds have.
fn plain(kind: EventKind, line: &Value, revision: u64, case: &str) -> Event {
    let decided = if line["decided_on"].is_string() {
        &line["decided_on"]
    } else {
        &line["made_on"]
    };
    let last = if line["until"].is_string() {
        &line["until"]
    } else {
        &line["content"]["valid_until"]
    };
    Event {
        kind,
        item: String::new(),
        level: String::new(),
        matter: text(&line["matter"]),
        severity: match line["severity"].as_str() {
            Some("MINOR") => Some(Severity::Minor),
            Some("GENERAL") => Some(Severity::General),
            Some("SERIOUS") => Some(Severity::Serious),
            Some(_) | None => None,
        },
        procedure: Procedure::Unknown,
        amount: None,
        quantity: 1,
        value: None,
        decided: day(decided).expect("a day"),
        until: until(last),
        ended: None,
        in_sector: false,
        case: case.to_owned(),
        revision: Revision(revision),
        record: String::new(),
    }
}

/// The events of a record: one for each kind of penalty and each violation.
fn events(line: &Value, revision: u64, layouts: &Layouts) -> Vec<Event> {
    let form = layouts
        .layout(line["layout"].as_str().unwrap_or_default())
        .expect("a layout in force");
    let items = line["content"]["items"].as_array().map_or(&[][..], Vec::as_slice);
    let of_role = |role| {
        let codes: Vec<&str> = form.of_role(role).map(|item| item.code.as_str()).collect();
        let is_its = move |item: &&Value| item["code"].as_str().is_some_and(|code| codes.contains(&code));
        items
            .iter()
            .filter(is_its)
            .map(|item| &item["value"])
            .collect::<Vec<_>>()
    };
    let words = |role| {
        let first = of_role(role)
            .into_iter()
            .find_map(|value| value.as_str().or(value[0].as_str()));
        first.unwrap_or_default().trim().to_owned()
    };
    let kinds = [
        ("PENALTY", EventKind::Penalty),
        ("LICENCE", EventKind::Licence),
        ("LISTING", EventKind::Listing),
        ("ABNORMAL_LISTING", EventKind::AbnormalListing),
        ("COMMENDATION", EventKind::Commendation),
        ("EVALUATION", EventKind::Evaluation),
        ("INSPECTION_RESULT", EventKind::Inspection),
        ("RULING", EventKind::Ruling),
    ];
    let kind = kinds
        .into_iter()
        .find(|(name, _)| line["record_kind"] == *name)
        .expect("a kind")
        .1;
    // A person's number is masked; the record's own name tells his cases apart as well.
    let content = &line["content"];
    let number = if content["number"] == "*" {
        &line["record"]
    } else {
        &content["number"]
    };
    let mut event = plain(
        kind,
        line,
        revision,
        &format!("{} {}", text(&content["body"]), text(number)),
    );
    event.record = text(&line["record"]);
    let amounts = [of_role(Role::FineAmount), of_role(Role::ConfiscationAmount)].concat();
    let amounts: Vec<i64> = amounts.into_iter().filter_map(Value::as_i64).collect();
    event.amount = (!amounts.is_empty()).then(|| amounts.iter().sum());
    let lists = form.role(Role::Procedure).and_then(|item| {
        if let ItemType::Choice(list) | ItemType::Choices(list) = &item.item_type {
            layouts.list(list)
        } else {
            None
        }
    });
    let class = lists
        .and_then(|list| list.value(&words(Role::Procedure)))
        .and_then(|value| value.class);
    match class {
        Some(Class::SimpleProcedure) => event.procedure = Procedure::Simple,
        Some(Class::GeneralProcedure) => event.procedure = Procedure::General,
        Some(_) | None => {}
    }
    match kind {
        EventKind::Penalty => {
            let chosen = of_role(Role::PenaltyKinds)
                .into_iter()
                .filter_map(Value::as_array)
                .flatten();
            let mut kinds: BTreeSet<String> = chosen.map(text).collect();
            if kinds.is_empty() {
                kinds.insert(String::new());
            }
            return kinds
                .into_iter()
                .map(|item| Event {
                    item,
                    ..event.clone()
                })
                .collect();
        }
        EventKind::Inspection => {
            event.level = words(Role::InspectionOutcome);
            let mut found: BTreeMap<String, i64> = BTreeMap::new();
            for part in words(Role::Violations)
                .split([';', '；', ',', '，', '、'])
                .map(str::trim)
            {
                let counted = part.rsplit_once(['*', '×']).and_then(|(code, count)| {
                    let count = count.trim().parse::<u16>().ok().filter(|count| *count > 0)?;
                    Some((code.trim(), i64::from(count)))
                });
                let (code, count) = counted.unwrap_or((part, 1));
                if !code.is_empty() {
                    *found.entry(code.to_owned()).or_default() += count;
                }
            }
            if found.is_empty() {
                return vec![event];
            }
            let apart = |(item, quantity): (String, i64)| Event {
                case: format!("{} {item}", event.case),
                item,
                quantity,
                ..event.clone()
            };
            return found.into_iter().map(apart).collect();
        }
        EventKind::Evaluation => {
            (event.item, event.level) = (words(Role::Matter), words(Role::Level));
            let score = of_role(Role::Score).into_iter().find_map(Value::as_i64);
            event.value = score.map(|millionths| Points(millionths / 10));
        }
        EventKind::Licence => event.level = words(Role::State),
        EventKind::Ruling => event.item = words(Role::Outcome),
        EventKind::Listing | EventKind::AbnormalListing | EventKind::Commendation => {
            event.item = words(Role::Matter)
        }
        EventKind::Commitment => {}
    }
    vec![event]
}
