//! Everything derived from a history, in the words of the naive model: once read from the service, once
//! from the model.

use std::collections::{BTreeMap, BTreeSet};

use credence::domain::catalog::DepartmentCode;
use credence::domain::civil_date::{CivilDate, Month};
use credence::domain::commitment::PerformanceState;
use credence::domain::filter::{CommitmentFilter, CountDimension};
use credence::domain::record::{End, Record, RecordKind};
use credence::domain::record_fact::RecordState;
use credence::domain::record_filter::{RecordDimension, RecordFilter, StateFilter, Timeliness};
use credence::domain::revision::Revision;
use credence::ingest::questions::{self, Asked, QuestionKey};
use credence::ingest::read::{self as commitments, CountKey};
use credence::ingest::records::read::{Reader, RecordKey, RecordRead, resolve};
use credence::ingest::rows::Span;
use credence::store::{View, keys};
use credence::subjects::place::{self, Known};
use credence::subjects::{attribution, file};
use credence::testkit::naive::{CommitmentName, Entry, Index, Model, Promise, RecordName, Row};

use super::world::{BODIES, PARTIES, World, commitment_name, identity, record_of, sector_number, source};

const ALL: usize = 10_000;
const DIMENSIONS: [RecordDimension; 10] = [
    RecordDimension::Kind,
    RecordDimension::Layout,
    RecordDimension::Department,
    RecordDimension::Body,
    RecordDimension::MonthReceived,
    RecordDimension::MonthDecided,
    RecordDimension::SubjectKind,
    RecordDimension::Severity,
    RecordDimension::State,
    RecordDimension::Timeliness,
];
const OF_COMMITMENTS: [CountDimension; 7] = [
    CountDimension::Kind,
    CountDimension::Department,
    CountDimension::MonthReceived,
    CountDimension::MonthMade,
    CountDimension::SubjectKind,
    CountDimension::Performance,
    CountDimension::State,
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownRecord {
    pub record: Record,
    pub department: DepartmentCode,
    pub received_on: CivilDate,
    /// End, whether by a ruling, and why.
    pub end: Option<(End, bool, String)>,
    pub changed_by: Option<RecordName>,
    pub snapshots: Vec<(Record, Option<RecordName>)>,
    pub sources: Vec<Index>,
    pub owner: Index,
    pub sector: (Option<Index>, bool),
    pub term: Option<(CivilDate, u32)>,
    /// Records of the same decision that stand.
    pub decision: BTreeSet<RecordName>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownCommitment {
    pub promise: (Index, Index),
    pub received_on: CivilDate,
    pub owner: Index,
    pub snapshots: Vec<(Index, Index)>,
    pub performance: Option<(PerformanceState, u32)>,
    pub withdrawn: Option<String>,
}

type Counts<D, K> = BTreeMap<D, BTreeMap<Vec<K>, u64>>;

/// What a question is about: a record's own row or a ruling whose decision is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    Row(RecordName),
    Awaited(RecordName),
}

/// All of it, at the end of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Derived {
    /// In the order in which they were recorded.
    pub records: Vec<(RecordName, ShownRecord)>,
    pub commitments: Vec<(CommitmentName, ShownCommitment)>,
    /// Counts of all records, and of those that stand.
    pub counts: Counts<RecordDimension, RecordKey>,
    pub standing: Counts<RecordDimension, RecordKey>,
    pub counts_of_commitments: Counts<CountDimension, CountKey>,
    /// By subject: entries and the end that they came to.
    pub files: BTreeMap<Index, BTreeSet<(Entry, Option<End>)>>,
    /// Records listed by subject.
    pub listed: BTreeMap<Index, Vec<RecordName>>,
    pub unattributed: Vec<RecordName>,
    pub unattributed_counts: BTreeMap<DepartmentCode, u64>,
    pub questions: BTreeSet<Question>,
}

impl Derived {
    /// What is left without a record: neither it nor its trace, nor what counts what does not stand.
    pub fn without(mut self, gone: RecordName, about_it: &BTreeSet<RecordName>) -> Self {
        self.records.retain(|(name, _)| *name != gone);
        for (_, shown) in &mut self.records {
            // Earlier snapshots tell what was once said, under a ruling that is gone perhaps.
            shown.snapshots.clear();
        }
        self.counts.clear();
        for entries in self.files.values_mut() {
            entries.retain(|(entry, _)| *entry != Entry::Record(gone));
        }
        for names in self.listed.values_mut() {
            names.retain(|name| *name != gone);
        }
        // A ruling on it waits for nothing as long as its trace is here.
        self.questions.retain(|question| match question {
            Question::Row(name) => *name != gone,
            Question::Awaited(name) => *name != gone && !about_it.contains(name),
        });
        self
    }
}

/// What every model and every service counts a record under.
fn keys_of(shown: &ShownRecord) -> Vec<(RecordDimension, RecordKey)> {
    let record = &shown.record;
    let late = match shown.term {
        None => Timeliness::Unknown,
        Some((_, 0)) => Timeliness::InTime,
        Some(_) => Timeliness::Late,
    };
    let state = shown
        .end
        .as_ref()
        .map_or(RecordState::Recorded, |end| RecordState::Ended(end.0));
    vec![
        (RecordDimension::Kind, RecordKey::Kind(record.kind)),
        (RecordDimension::Layout, RecordKey::Layout(record.layout.clone())),
        (
            RecordDimension::Department,
            RecordKey::Department(shown.department),
        ),
        (RecordDimension::Body, RecordKey::Body(record.body)),
        (
            RecordDimension::MonthReceived,
            RecordKey::Month(Month::of(shown.received_on)),
        ),
        (
            RecordDimension::MonthDecided,
            RecordKey::Month(Month::of(record.decided_on)),
        ),
        (
            RecordDimension::SubjectKind,
            RecordKey::SubjectKind(record.party.kind),
        ),
        (RecordDimension::Severity, RecordKey::Severity(record.severity)),
        (RecordDimension::State, RecordKey::State(state)),
        (RecordDimension::Timeliness, RecordKey::Timeliness(late)),
    ]
}

fn add<D: Ord, K: Ord>(counts: &mut Counts<D, K>, by: D, key: K) {
    *counts.entry(by).or_default().entry(vec![key]).or_default() += 1;
}

/// What the model says.
pub fn by_model(model: &Model, world: &World) -> Derived {
    let mut derived = Derived::default();
    let policies = &world.policies;
    for one in &model.records {
        let of = |row: &Row| record_of(row, policies);
        let record = of(&one.current().row);
        let department = department(&BODIES[one.name.body].0.parse().expect("a code"), world);
        let same = model.records.iter().filter(|other| {
            (other.name.body, number_of(&other.name)) == (one.name.body, number_of(&one.name))
                && model.stands(other)
        });
        let shown = ShownRecord {
            term: term(&record, one.received_on, world),
            department,
            received_on: one.received_on,
            end: model
                .end_of(one)
                .map(|ended| (ended.end, ended.by_ruling, ended.reason)),
            changed_by: one.current().changed_by,
            snapshots: one
                .snapshots
                .iter()
                .map(|shot| (of(&shot.row), shot.changed_by))
                .collect(),
            sources: one.sources.clone(),
            owner: model.successor(model.owner(Entry::Record(one.name))),
            sector: model.sector(one),
            decision: same.map(|other| other.name).collect(),
            record,
        };
        for (by, key) in keys_of(&shown) {
            if model.stands(one) {
                add(&mut derived.standing, by, key.clone());
            }
            add(&mut derived.counts, by, key);
        }
        derived.records.push((one.name, shown));
    }
    for one in &model.commitments {
        let current = one.snapshots.last().expect("a snapshot");
        let said = |promise: &Promise| (promise.party, promise.words);
        let performance = one.performances.last().copied();
        let count = u32::try_from(one.performances.len()).expect("few");
        let department = department(&BODIES[one.name.0].0.parse().expect("a code"), world);
        let kind = credence::domain::commitment::CommitmentKind::Voluntary;
        for (by, key) in [
            (CountDimension::Kind, CountKey::Kind(kind)),
            (CountDimension::Department, CountKey::Department(department)),
            (
                CountDimension::MonthReceived,
                CountKey::Month(Month::of(one.received_on)),
            ),
            (CountDimension::MonthMade, CountKey::Month(Month::of(one.name.1))),
            (
                CountDimension::SubjectKind,
                CountKey::SubjectKind(identity(current.party).0),
            ),
            (CountDimension::Performance, CountKey::Performance(performance)),
            (
                CountDimension::State,
                CountKey::Withdrawn(one.withdrawn.is_some()),
            ),
        ] {
            add(&mut derived.counts_of_commitments, by, key);
        }
        let shown = ShownCommitment {
            promise: said(current),
            received_on: one.received_on,
            owner: model.successor(model.owner(Entry::Commitment(one.name))),
            snapshots: one.snapshots.iter().map(said).collect(),
            performance: performance.map(|state| (state, count)),
            withdrawn: one.withdrawn.clone(),
        };
        derived.commitments.push((one.name, shown));
    }
    for party in model.seen.iter().copied() {
        let end = |entry: Entry| match entry {
            Entry::Record(name) => model
                .end_of(model.record(name).expect("known"))
                .map(|ended| ended.end),
            Entry::Commitment(name) => {
                let withdrawn = model.commitment(name).expect("known").withdrawn.as_ref();
                withdrawn.map(|_| End::Withdrawn)
            }
        };
        let entries = model.file(party);
        let listed = model.records.iter().map(|one| one.name);
        let listed = listed.filter(|name| entries.contains(&Entry::Record(*name)));
        derived.listed.insert(party, listed.collect());
        let entries = entries.into_iter().map(|entry| (entry, end(entry)));
        derived.files.insert(party, entries.collect());
    }
    derived.unattributed = model.unattributed();
    for name in &derived.unattributed {
        let department = department(&BODIES[name.body].0.parse().expect("a code"), world);
        *derived.unattributed_counts.entry(department).or_default() += 1;
    }
    derived
        .questions
        .extend(model.asking().into_iter().map(Question::Row));
    derived
        .questions
        .extend(model.awaited().into_iter().map(Question::Awaited));
    derived
}

/// Penalties, licences and rulings are numbered apart from each other.
fn number_of(name: &RecordName) -> (RecordKind, Index) {
    (name.kind, name.number)
}

fn department(
    body: &credence::domain::social_credit_code::SocialCreditCode,
    world: &World,
) -> DepartmentCode {
    let body = world
        .policies
        .catalog
        .accepting_body(body)
        .expect("a body of the district");
    body.department_on(None)
}

/// Seven working days after the decision, counted one by one; and how many more went by until the receipt.
fn term(record: &Record, received_on: CivilDate, world: &World) -> Option<(CivilDate, u32)> {
    if !matches!(record.kind, RecordKind::Penalty | RecordKind::Licence) {
        return None;
    }
    let works = |day: CivilDate| {
        world
            .policies
            .calendar
            .is_working(day)
            .expect("a calendar of the year")
    };
    let mut due_on = record.decided_on;
    let mut left = 7;
    while left > 0 {
        due_on = due_on.next().expect("a next day");
        left -= u32::from(works(due_on));
    }
    let mut late = 0;
    let mut day = due_on;
    while day < received_on {
        day = day.next().expect("a next day");
        late += u32::from(works(day));
    }
    Some((due_on, if received_on > due_on { late.max(1) } else { 0 }))
}

/// Reads a world through the verbs' own readers.
struct Reading<'a> {
    world: &'a World,
    view: &'a dyn View,
    until: Revision,
    names: BTreeMap<credence::domain::record_name::RecordName, RecordName>,
    subjects: BTreeMap<credence::domain::subject::SubjectName, Index>,
    commitments: BTreeMap<String, CommitmentName>,
}

/// What the service says; `known` names the commitments that were reported.
pub fn by_service(world: &World, known: &Model) -> Derived {
    let shared = &world.running.shared;
    let view = shared.view().expect("a view");
    let parties = (0..PARTIES).filter_map(|party| Some((world.subject(party)?, party)));
    let named = known
        .commitments
        .iter()
        .map(|one| (commitment_name(one.name).to_string(), one.name));
    let reading = Reading {
        world,
        view: &*view,
        until: shared.head().place.revision,
        names: world.names.iter().map(|(one, other)| (*other, *one)).collect(),
        subjects: parties.collect(),
        commitments: named.collect(),
    };
    let mut derived = Derived::default();
    reading.records(&mut derived);
    reading.commitments(&mut derived);
    reading.files(&mut derived);
    reading.open(&mut derived);
    derived
}

impl Reading<'_> {
    fn reader(&self) -> Reader<'_> {
        Reader {
            view: self.view,
            facts: &self.world.running.shared.facts,
            terms: self.world.policies.terms(),
        }
    }

    fn span(&self) -> Span {
        Span {
            after: Revision(0),
            until: self.until,
            size: ALL,
        }
    }

    fn list(&self, filter: RecordFilter) -> Vec<RecordRead> {
        let wanted = resolve(self.view, filter).expect("resolved");
        let page = self.reader().list(&wanted, self.span()).expect("readable");
        assert_eq!(page.next, None);
        page.items
    }

    fn records(&self, derived: &mut Derived) {
        for read in self.list(RecordFilter::default()) {
            let name = self.names[&read.row.name];
            derived.records.push((name, self.record(&read)));
        }
        for by in DIMENSIONS {
            let standing = RecordFilter {
                state: Some(StateFilter::Standing),
                ..RecordFilter::default()
            };
            for (filter, counts) in [
                (RecordFilter::default(), &mut derived.counts),
                (standing, &mut derived.standing),
            ] {
                let wanted = resolve(self.view, filter).expect("resolved");
                let (total, found) = self.reader().count(&wanted, &[by]).expect("readable");
                assert_eq!(total, found.values().sum::<u64>());
                if total > 0 {
                    counts.insert(by, found);
                }
            }
        }
    }

    fn record(&self, read: &RecordRead) -> ShownRecord {
        let name = read.row.name;
        assert_eq!(self.reader().record(name, 0).expect("readable"), *read);
        let changed_by = |read: &RecordRead| read.changed_by.map(|ruling| self.names[&ruling]);
        let snapshots = self.reader().snapshots(name, 0, ALL).expect("readable").items;
        let sources = self
            .reader()
            .sources(name, Revision(0), ALL)
            .expect("readable")
            .items;
        let source_of =
            |one: &credence::domain::record::Source| (0..10).find(|number| source(*number) == *one);
        let same = RecordFilter {
            body: Some(read.fact.record.body),
            number: Some(read.fact.record.number.clone()),
            state: Some(StateFilter::Standing),
            ..RecordFilter::default()
        };
        ShownRecord {
            record: read.fact.record.clone(),
            department: read.row.department,
            received_on: read.row.received_on,
            end: read.ending.as_ref().map(|end| {
                let by_ruling = end.ruling.is_some();
                // The reasons of rulings and of rows are the service's own words.
                let is_own = by_ruling || end.fact.reason.starts_with("随行");
                let reason = if is_own {
                    String::new()
                } else {
                    end.fact.reason.clone()
                };
                (end.fact.end, by_ruling, reason)
            }),
            changed_by: changed_by(read),
            snapshots: snapshots
                .iter()
                .map(|shot| (shot.fact.record.clone(), changed_by(shot)))
                .collect(),
            sources: sources.iter().filter_map(|one| source_of(&one.source)).collect(),
            owner: self.subjects[&read.subject],
            sector: (
                sector_number(&self.world.policies, &read.sectors.0),
                read.sectors.1,
            ),
            term: read.term.map(|term| (term.due_on, term.days_late)),
            decision: self
                .list(same)
                .iter()
                .map(|one| self.names[&one.row.name])
                .collect(),
        }
    }

    fn commitments(&self, derived: &mut Derived) {
        let facts = &self.world.running.shared.facts;
        let wanted = commitments::resolve(self.view, CommitmentFilter::default()).expect("resolved");
        let page = commitments::list(self.view, facts, &wanted, self.span()).expect("readable");
        let words = |text: &str| (0..10).find(|number| text == format!("第{number}种说法"));
        let said = |read: &commitments::CommitmentRead| {
            let said = &read.fact.commitment;
            let party = (0..PARTIES).find(|party| identity(*party).1 == said.subject);
            (
                party.expect("a party"),
                words(&said.content).expect("known words"),
            )
        };
        for read in page.items {
            let said_name = &read.fact.commitment;
            let text = format!("commitments/{}-{}", said_name.accepting_body_code, said_name.code);
            let name = self.commitments[&text];
            let shots = commitments::snapshots(self.view, facts, &commitment_name(name), 0, ALL);
            let shown = ShownCommitment {
                promise: said(&read),
                received_on: read.row.received_on,
                owner: self.subjects[&read.subject],
                snapshots: shots.expect("readable").items.iter().map(said).collect(),
                performance: read
                    .performance
                    .as_ref()
                    .map(|one| (one.fact.performance.state, one.snapshot_count)),
                withdrawn: read.withdrawn.as_ref().map(|(reason, _)| reason.clone()),
            };
            derived.commitments.push((name, shown));
        }
        for by in OF_COMMITMENTS {
            let (total, found) = commitments::count(self.view, &wanted, &[by]).expect("readable");
            if total > 0 {
                derived.counts_of_commitments.insert(by, found);
            }
        }
    }

    fn files(&self, derived: &mut Derived) {
        let facts = &self.world.running.shared.facts;
        for (subject, party) in &self.subjects {
            let number = self.world.number_of(*party).expect("a subject");
            let numbers = place::with_predecessors(self.view, number, Known::all()).expect("readable");
            // What went into another has its file there.
            let is_last = place::current(self.view, number).expect("readable") == number;
            let listed = self.list(RecordFilter {
                subject: Some(*subject),
                ..RecordFilter::default()
            });
            let listed: Vec<RecordName> = listed.iter().map(|one| self.names[&one.row.name]).collect();
            let found = file::entries(self.view, facts, &numbers, Known::all()).expect("readable");
            let entries = found.keys.iter().map(|key| {
                let shown =
                    file::shown(self.view, facts, number, *key, Revision(u64::MAX)).expect("readable");
                let entry = if key.file == keys::FILE_COMMITMENT {
                    Entry::Commitment(self.commitments[&shown.name])
                } else {
                    let id = shown.name.rsplit('/').next().unwrap_or_default().to_owned();
                    let found = self
                        .names
                        .iter()
                        .find(|(name, _)| name.to_string().ends_with(&id));
                    Entry::Record(*found.expect("a known record").1)
                };
                (entry, shown.standing.end)
            });
            let entries: BTreeSet<(Entry, Option<End>)> = entries.collect();
            derived
                .files
                .insert(*party, if is_last { entries } else { BTreeSet::new() });
            derived
                .listed
                .insert(*party, if is_last { listed } else { Vec::new() });
        }
    }

    fn open(&self, derived: &mut Derived) {
        let facts = &self.world.running.shared.facts;
        let page = attribution::unattributed(self.view, None, self.span()).expect("readable");
        derived.unattributed = page.items.iter().map(|name| self.names[name]).collect();
        derived.unattributed_counts = attribution::unattributed_counts(self.view).expect("readable");
        let page = questions::list(self.view, facts, QuestionKey::default(), self.until, ALL);
        for question in page.expect("readable").items {
            let Asked::Record(name) = question.about else {
                panic!("a question that no history asks: {question:?}")
            };
            let name = self.names[&name];
            let is_awaited = question.finding.rule == credence::domain::finding::Rule::TargetUnknown;
            derived.questions.insert(if is_awaited {
                Question::Awaited(name)
            } else {
                Question::Row(name)
            });
        }
    }
}
