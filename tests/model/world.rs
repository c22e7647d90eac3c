//! A small world under the real recorder, in memory: few bodies, subjects and numbers, so that keys collide.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;

use credence::domain::catalog::SectorCode;
use credence::domain::civil_date::CivilDate;
use credence::domain::commitment::{
    Choice, CommitmentCode, CommitmentKind, PerformanceState, Publication, Reported, ReportedPerformance,
};
use credence::domain::fact::{Outcome, Principal};
use credence::domain::record::{End, Record, RecordKind, ReportedRecord, Source};
use credence::domain::record_name::RecordName;
use credence::domain::resident_id::ResidentId;
use credence::domain::revision::{Instant, Revision};
use credence::domain::social_credit_code::SocialCreditCode;
use credence::domain::subject::{Identity, SubjectKind, SubjectName, SubjectNumber};
use credence::domain::subject_fact::RecordClass;
use credence::ingest::check::check;
use credence::ingest::commands::{
    CommitmentName, RecordCommitments, Row as CommitmentRow, WithdrawCommitment,
};
use credence::ingest::records::commands::{EndRecord, RecordCommand, RecordRecords, ReviveRecord};
use credence::ingest::records::ends::Ground;
use credence::ingest::records::row::{Row as CheckedRow, row as checked};
use credence::policy::{Policies, data};
use credence::recorder::in_memory;
use credence::recorder::start::{Running, Setup};
use credence::recorder::{Command, Order};
use credence::store::keys;
use credence::subjects;
use credence::subjects::attribution::{Attribute, Target as Attributed};
use credence::subjects::commands::SubjectCommand;
use credence::testkit::naive::{self, Class, Effect, Entry, Index, Promise, Row};

/// 2024-03-01, 08:00 in UTC+8; every decision of a history lies before it.
const BEGIN: Instant = Instant(1_709_251_200_000_000_000);
const DAY: i64 = 86_400_000_000_000;

/// Market regulation, education, civil affairs: each licenses, penalises and takes commitments.
pub const BODIES: [(&str, &str); 3] = [
    ("11150802000000254A", "市场监督管理局"),
    ("111508020000000275", "教育局"),
    ("11150802000000078D", "民政局"),
];
pub const MATTERS: [&str; 2] = ["经营超过保质期的食品", "扰乱秩序"];
/// Three organisations, two individual businesses, two persons.
pub const PARTIES: usize = 7;
pub const PERSONS: [Index; 2] = [5, 6];

/// What happens to a world.
#[derive(Clone, Debug)]
pub enum Step {
    Advance(i64),
    Report(Vec<Row>),
    Promise(Vec<(Promise, Option<PerformanceState>)>, bool),
    End(naive::RecordName, End, &'static str),
    Revive(naive::RecordName),
    Withdraw(naive::CommitmentName, &'static str),
    Merge(Index, Index),
    UndoMerge(Index),
    Move(Index, Index, Vec<Entry>),
    Attribute(naive::RecordName, Option<Index>),
    AttributeClass(Class, Option<Index>),
}

pub struct World {
    pub running: Running,
    pub policies: Arc<Policies>,
    clock: Arc<AtomicI64>,
    runtime: tokio::runtime::Runtime,
    pub names: BTreeMap<naive::RecordName, RecordName>,
}

/// The kind and identity of a party.
pub fn identity(party: Index) -> (SubjectKind, Identity) {
    let code = |prefix| {
        let code = SocialCreditCode::compose('9', prefix, "150802", &format!("MA0N000{party}"));
        Identity::Code(code.expect("parts of a code"))
    };
    match party {
        0..3 => (SubjectKind::Organisation, code('1')),
        3..5 => (SubjectKind::IndividualBusiness, code('2')),
        _ => {
            let born = CivilDate::new(1980, 1, 1).expect("a day");
            let order = u16::try_from(party).expect("a small number");
            let id = ResidentId::compose("150802", born, order).expect("parts of a number");
            (
                SubjectKind::Person,
                Identity::of(credence::domain::subject::IdentityKind::ResidentId, id.expose())
                    .expect("a number"),
            )
        }
    }
}

fn party_items(
    party: Index,
    [name, kind, code, head, document_kind, document]: [&'static str; 6],
) -> Vec<(&'static str, String)> {
    let (subject_kind, identity) = identity(party);
    let mut items = vec![(name, format!("（测试）主体{party}号"))];
    match subject_kind {
        SubjectKind::Organisation | SubjectKind::IndividualBusiness => {
            let word = if subject_kind == SubjectKind::Organisation {
                "法人及非法人组织"
            } else {
                "个体工商户"
            };
            items.push((kind, word.to_owned()));
            items.push((code, identity.expose().to_owned()));
            if !head.is_empty() {
                items.push((head, "测试某".to_owned()));
            }
        }
        SubjectKind::Person => {
            items.push((kind, "自然人".to_owned()));
            items.push((document_kind, "身份证".to_owned()));
            items.push((document, identity.expose().to_owned()));
        }
    }
    items
}

fn number(row_kind: RecordKind, number: Index) -> String {
    let sign = match row_kind {
        RecordKind::Licence => "许",
        RecordKind::Ruling => "复",
        RecordKind::Penalty
        | RecordKind::Listing
        | RecordKind::AbnormalListing
        | RecordKind::Commendation
        | RecordKind::Evaluation
        | RecordKind::InspectionResult => "罚",
    };
    format!("临{sign}〔2024〕{}号", number + 1)
}

/// The row as a department would send it.
pub fn reported(row: &Row) -> ReportedRecord {
    let (body, body_name) = BODIES[row.body];
    let day = row.decided_on.to_string();
    let words = format!("第{}种说法", row.words);
    let no = number(row.kind, row.number);
    let mut items;
    let layout = match row.kind {
        RecordKind::Penalty => {
            items = party_items(
                row.party,
                [
                    "CF_XDR_MC",
                    "CF_XDR_LB",
                    "CF_XDR_SHXYM",
                    "CF_FRDB",
                    "CF_XDR_ZJLX",
                    "CF_XDR_ZJHM",
                ],
            );
            items.extend([
                ("CF_WSH", no),
                ("CF_WFXW", MATTERS[row.matter].to_owned()),
                ("CF_SY", words),
                ("CF_YJ", "《中华人民共和国食品安全法》第一百二十四条".to_owned()),
                ("CF_CFLB", "罚款".to_owned()),
                ("CF_NR", "罚款2000元".to_owned()),
                ("CF_NR_FK", "0.2".to_owned()),
                ("CF_JDRQ", day),
                ("CF_YXQ", "2099/12/31".to_owned()),
                ("CF_CFJG", body_name.to_owned()),
                ("CF_CFJGDM", body.to_owned()),
                ("CF_SJLY", body_name.to_owned()),
                ("CF_SJLYDM", body.to_owned()),
                ("CF_GSZT", state(row.ended).to_owned()),
            ]);
            if row.asks {
                items.push(("CF_AJCXLB", String::new()));
            }
            "PENALTY_V2"
        }
        RecordKind::Licence => {
            items = party_items(
                row.party,
                [
                    "XK_XDR_MC",
                    "XK_XDR_LB",
                    "XK_XDR_SHXYM",
                    "XK_FRDB",
                    "XK_XDR_ZJLX",
                    "XK_XDR_ZJHM",
                ],
            );
            items.extend([
                ("XK_XKWS", MATTERS[row.matter].to_owned()),
                ("XK_WSH", no),
                ("XK_XKLB", "普通".to_owned()),
                ("XK_XKBH", "JY11508020000001".to_owned()),
                ("XK_NR", words),
                ("XK_JDRQ", day.clone()),
                ("XK_YXQZ", day),
                ("XK_YXQZI", "2029-11-04".to_owned()),
                ("XK_XKJG", body_name.to_owned()),
                ("XK_XKJGDM", body.to_owned()),
                ("XK_ZT", "1".to_owned()),
                ("XK_LYDW", body_name.to_owned()),
                ("XK_LYDWDM", body.to_owned()),
            ]);
            "LICENCE_V2"
        }
        RecordKind::Ruling
        | RecordKind::Listing
        | RecordKind::AbnormalListing
        | RecordKind::Commendation
        | RecordKind::Evaluation
        | RecordKind::InspectionResult => {
            let target = row.target.expect("a ruling has a decision");
            let (target_body, target_name) = BODIES[target.body];
            items = party_items(
                row.party,
                [
                    "CJ_XDR_MC",
                    "CJ_XDR_LB",
                    "CJ_XDR_SHXYM",
                    "",
                    "CJ_XDR_ZJLX",
                    "CJ_XDR_ZJHM",
                ],
            );
            let outcome = match target.effect {
                Effect::Kept => "维持",
                Effect::Changed => "变更",
                Effect::Annulled => "撤销",
            };
            items.extend([
                ("CJ_WSH", no),
                ("CJ_LB", "行政复议".to_owned()),
                ("CJ_JG", outcome.to_owned()),
                ("CJ_JDRQ", day),
                ("CJ_YLB", target.kind.number().to_string()),
                ("CJ_YJGMC", target_name.to_owned()),
                ("CJ_YJGDM", target_body.to_owned()),
                ("CJ_YWSH", number(target.kind, target.number)),
                ("CJ_YJDRQ", target.decided_on.to_string()),
                ("CJ_SY", words),
                ("CJ_JGMC", body_name.to_owned()),
                ("CJ_JGDM", body.to_owned()),
                ("CJ_LYDW", body_name.to_owned()),
                ("CJ_LYDWDM", body.to_owned()),
            ]);
            if target.effect == Effect::Changed {
                items.push(("CJ_BGNR", "罚款改为1000元".to_owned()));
            }
            "RULING"
        }
    };
    ReportedRecord {
        layout: layout.to_owned(),
        items: items
            .into_iter()
            .map(|(code, text)| (code.to_owned(), text))
            .collect(),
        source: row.source.map(source).unwrap_or_default(),
    }
}

fn state(ended: Option<End>) -> &'static str {
    match ended {
        None => "0",
        Some(End::Withdrawn) => "1",
        Some(_) => "2",
    }
}

pub fn source(number: Index) -> Source {
    Source {
        system: format!("系统{number}"),
        key: "1".to_owned(),
        batch: "1".to_owned(),
    }
}

/// The row as the service checks it on a day.
pub fn checked_row(row: &Row, policies: &Policies, today: CivilDate) -> CheckedRow {
    let found = checked(reported(row), None, &policies.layouts, &policies.catalog, today);
    assert!(
        found.checked.record.is_some(),
        "{row:?}: {:?}",
        found.checked.findings
    );
    assert_eq!(found.checked.ended, row.ended, "{row:?}");
    found
}

/// The record that a row makes.
pub fn record_of(row: &Row, policies: &Policies) -> Record {
    let today = CivilDate::of_instant(BEGIN);
    checked_row(row, policies, today).checked.record.expect("checked")
}

pub fn sector_code(policies: &Policies, sector: Index) -> SectorCode {
    policies.catalog.sectors()[sector].code
}

/// The number of the one sector in a list, if there is one.
pub fn sector_number(policies: &Policies, sectors: &[SectorCode]) -> Option<Index> {
    assert!(sectors.len() <= 1, "a small world has no matter of two sectors");
    let code = sectors.first()?;
    policies
        .catalog
        .sectors()
        .iter()
        .position(|one| one.code == *code)
}

/// What the data in force say of a row's sector.
pub fn sector_by_data(row: &Row, policies: &Policies) -> Option<Index> {
    let record = record_of(row, policies);
    let rules = &policies.attribution;
    sector_number(
        policies,
        &rules.sectors(
            record.kind,
            &record.body,
            record.matter.as_deref(),
            record.decided_on,
        ),
    )
}

pub fn commitment_name(name: naive::CommitmentName) -> CommitmentName {
    let (body, made_on, serial) = name;
    let serial = u32::try_from(serial).expect("a small number");
    CommitmentName {
        body: BODIES[body].0.parse().expect("a code"),
        code: CommitmentCode::compose("150802", made_on, serial).expect("parts of a code"),
    }
}

fn promised(promise: &Promise, performance: Option<PerformanceState>) -> Reported {
    let name = commitment_name(promise.name);
    let (kind, identity) = identity(promise.party);
    let is_full = performance == Some(PerformanceState::Full);
    let words = |text: &str| if is_full { String::new() } else { text.to_owned() };
    Reported {
        code: name.code.to_string(),
        subject_name: format!("（测试）主体{}号", promise.party),
        subject_kind: Choice::Known(kind),
        subject_code: identity.expose().to_owned(),
        kind: Choice::Known(CommitmentKind::Voluntary),
        kind_words: String::new(),
        reason: "自愿承诺".to_owned(),
        content: format!("第{}种说法", promise.words),
        liability: "记入信用记录".to_owned(),
        made_on: promise.name.1.to_string(),
        valid_until: String::new(),
        performance: performance.map(|state| ReportedPerformance {
            state: Choice::Known(state),
            unperformed: words("未补齐材料"),
            measures_taken: words("已撤销许可"),
            found_on: String::new(),
            finding_body_name: String::new(),
            finding_body_code: String::new(),
        }),
        accepting_body_name: BODIES[promise.name.0].1.to_owned(),
        accepting_body_code: BODIES[promise.name.0].0.to_owned(),
        publication: Choice::Known(Publication::Limited),
        remarks: String::new(),
    }
}

fn ground(reason: &str) -> Ground {
    Ground {
        reason: reason.to_owned(),
        basis: String::new(),
    }
}

impl World {
    pub fn new(seed: u64) -> Self {
        let clock = Arc::new(AtomicI64::new(BEGIN.0));
        let read = Arc::clone(&clock);
        let mut chance = ChaCha12Rng::seed_from_u64(seed);
        let setup = Setup {
            queue_commands_max: 4,
            data: data::built_in(),
            version: "test".to_owned(),
            now: Arc::new(move || Instant(read.load(Ordering::SeqCst))),
            monotonic: Arc::new(|| Duration::ZERO),
            random: Box::new(move |bytes| chance.fill(bytes)),
            test_clock: true,
        };
        let running = in_memory::start(setup).expect("a new recorder");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Self {
            policies: Arc::clone(&running.shared.policies),
            running,
            clock,
            runtime: runtime.expect("a runtime"),
            names: BTreeMap::new(),
        }
    }

    pub fn today(&self) -> CivilDate {
        CivilDate::of_instant(Instant(self.clock.load(Ordering::SeqCst)))
    }

    pub fn number_of(&self, party: Index) -> Option<SubjectNumber> {
        let shared = &self.running.shared;
        let view = shared.view().expect("a view");
        let (_, identity) = identity(party);
        subjects::by_identity(&*view, &identity, &**shared.facts.keys(), self.today()).expect("readable")
    }

    pub fn subject(&self, party: Index) -> Option<SubjectName> {
        let view = self.running.shared.view().expect("a view");
        let number = self.number_of(party)?;
        Some(subjects::row(&*view, number).expect("a subject").name)
    }

    fn first_of(&self, entry: Entry) -> (u8, Revision) {
        let view = self.running.shared.view().expect("a view");
        match entry {
            Entry::Record(name) => {
                let first = credence::ingest::records::commands::find(&*view, self.names[&name]);
                (
                    keys::records::file_kind(name.kind),
                    first.expect("readable").expect("recorded"),
                )
            }
            Entry::Commitment(name) => {
                let first = credence::ingest::commands::find(&*view, &commitment_name(name));
                (keys::FILE_COMMITMENT, first.expect("readable").expect("recorded"))
            }
        }
    }

    /// Does a step; a refused command counts as one refused row.
    pub fn apply(&mut self, step: &Step) -> Vec<Outcome> {
        let subject = |party: Index| self.subject(party).expect("a subject that was named");
        let reason = "测试".to_owned();
        let today = self.today();
        let sectors = |sector: &Option<Index>| {
            sector
                .iter()
                .map(|one| sector_code(&self.policies, *one))
                .collect()
        };
        let command = match step {
            Step::Advance(days) => {
                self.clock.fetch_add(days * DAY, Ordering::SeqCst);
                let until = self.today();
                self.submit(Command::TurnDays { until }).expect("days turn");
                return Vec::new();
            }
            Step::Report(rows) => {
                let rows = rows.iter().map(|row| checked_row(row, &self.policies, today));
                Command::Record(RecordCommand::Record(RecordRecords { rows: rows.collect() }))
            }
            Step::Promise(rows, correct_performance) => {
                let rows = rows.iter().map(|(promise, performance)| {
                    let found = check(&promised(promise, *performance), &self.policies.catalog, today);
                    assert!(found.commitment.is_some(), "{:?}", found.findings);
                    CommitmentRow {
                        name: Some(commitment_name(promise.name)),
                        checked: found,
                    }
                });
                Command::RecordCommitments(RecordCommitments {
                    rows: rows.collect(),
                    correct_performance: *correct_performance,
                })
            }
            Step::End(name, end, reason) => Command::Record(RecordCommand::End(EndRecord {
                name: self.names[name],
                end: *end,
                on: today,
                ground: ground(reason),
            })),
            Step::Revive(name) => Command::Record(RecordCommand::Revive(ReviveRecord {
                name: self.names[name],
                on: today,
                ground: ground("测试"),
            })),
            Step::Withdraw(name, reason) => Command::Withdraw(WithdrawCommitment {
                name: commitment_name(*name),
                reason: (*reason).to_owned(),
            }),
            Step::Merge(from, into) => Command::Subject(SubjectCommand::Merge {
                from: subject(*from),
                into: subject(*into),
                on: CivilDate::of_instant(BEGIN),
                reason,
            }),
            Step::UndoMerge(from) => Command::Subject(SubjectCommand::UndoMerge {
                from: subject(*from),
                reason,
            }),
            Step::Move(from, to, entries) => Command::Subject(SubjectCommand::Reattribute {
                from: subject(*from),
                to: subject(*to),
                records: entries.iter().map(|entry| self.first_of(*entry)).collect(),
                reason,
            }),
            Step::Attribute(name, sector) => Command::Subject(SubjectCommand::Attribute(Attribute {
                target: Attributed::Record(self.names[name]),
                sectors: sectors(sector),
                reason,
            })),
            Step::AttributeClass((kind, body, matter), sector) => {
                Command::Subject(SubjectCommand::Attribute(Attribute {
                    target: Attributed::Class(RecordClass {
                        kind: *kind,
                        body: BODIES[*body].0.parse().expect("a code"),
                        matter: MATTERS[*matter].to_owned(),
                    }),
                    sectors: sectors(sector),
                    reason,
                }))
            }
        };
        let Some(outcomes) = self.submit(command) else {
            return vec![Outcome::Refused];
        };
        if let Step::Report(rows) = step {
            for (row, outcome) in rows.iter().zip(&outcomes) {
                let name = outcome.record.expect("a record that passed has a name");
                assert_eq!(*self.names.entry(row.name()).or_insert(name), name, "{row:?}");
            }
        }
        let of_rows = outcomes.iter().flat_map(|one| {
            let performed = one.performance.as_ref().map(|inner| inner.outcome);
            std::iter::once(one.outcome).chain(performed)
        });
        of_rows.collect()
    }

    fn submit(&self, command: Command) -> Option<Vec<credence::domain::fact::RowOutcome>> {
        let order = Order {
            principal: Principal::local(),
            request: None,
            validate_only: false,
            command,
            deadline: None,
        };
        let answer = self.runtime.block_on(self.running.recorder.submit(order));
        answer.ok().map(|answer| answer.outcomes)
    }

    /// Ends the recorder's thread with the world.
    pub fn end(self) {
        let Running { recorder, writer, .. } = self.running;
        drop(recorder);
        writer.join().expect("the writer ends");
    }
}
