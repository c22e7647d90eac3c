//! The service's grades against the naive evaluator: a generated district, and random questions of what the
//! rules say and what was told, as of a day and as known at a revision.
//!
//! `NAIVE_SUBJECTS` subjects and `NAIVE_QUESTIONS` questions of each sort, from `NAIVE_SEED` on; the seed is
//! printed. Every difference is printed, and any fails the test.

use std::collections::{BTreeMap, BTreeSet};

use credence::domain::catalog::SectorCode;
use credence::domain::civil_date::CivilDate;
use credence::domain::fact::Outcome as Done_;
use credence::domain::grading::Outcome;
use credence::domain::record::{End, RecordKind};
use credence::domain::record_name::RecordName;
use credence::domain::refusal::Reason;
use credence::domain::revision::Revision;
use credence::domain::subject::SubjectNumber;
use credence::grading::commands::GradeCommand;
use credence::grading::read::Grades;
use credence::ingest::records::commands::{EndRecord, RecordCommand, RecordRecords, ReviveRecord, find};
use credence::ingest::records::ends::Ground;
use credence::ingest::records::row::row as checked;
use credence::ingest::rows::{Error, Span};
use credence::policy::data::{self, Proposal};
use credence::policy::rules::KIND;
use credence::policy::{DataFiles, KINDS, Policies};
use credence::recorder::Command;
use credence::store::keys;
use credence::store::keys::grades::OPEN_CORRECTION;
use credence::subjects::attribution::{Attribute, Target};
use credence::subjects::commands::SubjectCommand;
use credence::subjects::place::Known;
use credence::testkit::naive_grades::told::Told;
use credence::testkit::naive_grades::{District, Judged};

#[path = "naive_grades/rows.rs"]
mod rows;
#[path = "naive_grades/world.rs"]
mod world;

use rows::{Decision, Field, fields, row};
use world::{Chance, Done, World};

const SUBJECTS: u64 = 300;
const QUESTIONS: u64 = 150;
const SEED: u64 = 20_241_124;
/// How often the clock is moved.
const ROUNDS: usize = 40;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

fn day(text: &str) -> CivilDate {
    text.parse().expect("a day")
}

fn later(day: CivilDate, days: i32) -> CivilDate {
    CivilDate::from_days(day.days() + days).expect("a day")
}

/// The same rules with other numbers: in every file the first points that can change do.
fn changed(files: &DataFiles) -> DataFiles {
    let policies = Policies::built_in();
    let mut files = files.clone();
    for place in 0..files.files.len() {
        let text = String::from_utf8(files.files[place].1.clone()).expect("UTF-8");
        let Some(at) = text.find("points = -") else {
            continue;
        };
        let digits = &text[at + 10..];
        let end = digits.find(|one: char| !one.is_ascii_digit()).unwrap_or(0);
        let Ok(number) = digits[..end].parse::<u32>() else {
            continue;
        };
        let other = format!("{}points = -{}{}", &text[..at], number + 7, &digits[end..]);
        let mut tried = files.clone();
        tried.files[place].1 = other.into_bytes();
        if (KIND.parse)(&tried, &mut policies.clone()).is_ok() {
            files = tried;
        }
    }
    files
}

fn proposal(rules: DataFiles) -> Proposal {
    let mut proposal = data::built_in();
    let place = KINDS.iter().position(|kind| kind.name == KIND.name);
    proposal[place.expect("rules are data")] = Ok(rules);
    proposal
}

/// A history in the making.
struct Story {
    world: World,
    chance: Chance,
    done: Done,
    count: usize,
    fields: Vec<Field>,
    codes: Vec<String>,
    members: Vec<(usize, SectorCode, CivilDate, Option<CivilDate>)>,
    decisions: Vec<(Decision, RecordName)>,
}

impl Story {
    fn begin(&mut self, sectors: &[SectorCode]) {
        let count = self.count;
        let all: Vec<usize> = (0..count).filter(|party| party % 13 != 12).collect();
        for chunk in all.chunks(500) {
            let chance = &mut self.chance;
            let mut row = |party: &usize| {
                let established = later(
                    day("2010-01-01"),
                    i32::try_from(chance.below(5_000)).expect("small"),
                );
                (*party, established.to_string(), None)
            };
            let rows: Vec<_> = chunk.iter().map(&mut row).collect();
            self.world.register(&rows);
        }
        let mut rows = Vec::new();
        for party in 0..count {
            for _ in 0..1 + self.chance.below(3) {
                let sector = *self.chance.pick(sectors);
                rows.push(self.membership(party, sector));
            }
        }
        for chunk in rows.chunks(500) {
            self.world.members(chunk);
        }
        self.members = rows;
    }

    fn membership(
        &mut self,
        party: usize,
        sector: SectorCode,
    ) -> (usize, SectorCode, CivilDate, Option<CivilDate>) {
        let today = self.world.today();
        let most = if self.chance.below(10) == 0 { 30 } else { 1_200 };
        let from = later(today, -i32::try_from(self.chance.below(most)).expect("small"));
        let until = later(from, 60 + i32::try_from(self.chance.below(900)).expect("small"));
        (party, sector, from, (self.chance.below(5) == 0).then_some(until))
    }

    fn draw(&mut self) -> Decision {
        let (member, sector, ..) = *self.chance.pick(&self.members);
        let kind = match self.chance.below(20) {
            0..=9 => RecordKind::Penalty,
            10..=13 => RecordKind::InspectionResult,
            14 | 15 => RecordKind::Licence,
            16 => RecordKind::Listing,
            17 => RecordKind::AbnormalListing,
            18 => RecordKind::Commendation,
            _ => RecordKind::Evaluation,
        };
        let mut fits: Vec<&Field> = self.fields.iter().filter(|one| one.kind == kind).collect();
        if fits.is_empty() {
            fits = self.fields.iter().collect();
        }
        let own: Vec<&Field> = fits
            .iter()
            .copied()
            .filter(|one| one.sector == sector.to_string())
            .collect();
        let strays = own.is_empty() || self.chance.below(8) == 0;
        let field = (*self.chance.pick(if strays { &fits } else { &own })).clone();
        let party = if self.chance.below(10) == 0 {
            self.chance.below(self.count)
        } else {
            member
        };
        let most = if self.chance.below(5) == 0 { 700 } else { 25 };
        let ago = i32::try_from(self.chance.below(most)).expect("small");
        Decision {
            kind,
            party,
            number: self.decisions.len() + self.chance.below(1_000_000),
            on: later(self.world.today(), -ago),
            field,
            words: self.chance.seed(),
        }
    }

    fn report(&mut self, decisions: &[Decision]) {
        let today = self.world.today();
        let policies = std::sync::Arc::clone(&self.world.running().shared.policies);
        let check = |decision: &Decision| {
            let found = checked(
                row(decision, &self.codes),
                None,
                &policies.layouts,
                &policies.catalog,
                today,
            );
            assert!(
                found.checked.record.is_some(),
                "{decision:?}: {:?}",
                found.checked.findings
            );
            found
        };
        let rows = decisions.iter().map(check).collect();
        let command = Command::Record(RecordCommand::Record(RecordRecords { rows }));
        let outcomes = self.world.submit(command).expect("taken up");
        for (decision, outcome) in decisions.iter().zip(outcomes) {
            let Some(name) = outcome.record.filter(|_| outcome.outcome != Done_::Refused) else {
                self.done.count("row refused");
                continue;
            };
            self.done.count(if outcome.outcome == Done_::Corrected {
                "corrected"
            } else {
                "recorded"
            });
            self.decisions.push((decision.clone(), name));
        }
    }

    /// One of the rarer things.
    fn happens(&mut self) {
        let reason = || "测试".to_owned();
        let ground = Ground {
            reason: reason(),
            basis: String::new(),
        };
        let (decision, name) = self.chance.pick(&self.decisions).clone();
        let today = self.world.today();
        let (party, sector, from, _) = *self.chance.pick(&self.members);
        let other = self.chance.below(self.count);
        let (one, two) = (self.world.subject(decision.party), self.world.subject(other));
        let what = self.chance.below(12);
        let (word, command) = match (what, one, two) {
            (0..=3, ..) => {
                let end = [End::Withdrawn, End::Deleted, End::Repaired, End::Expired][what];
                (
                    "ended",
                    Command::Record(RecordCommand::End(EndRecord {
                        name,
                        end,
                        on: today,
                        ground,
                    })),
                )
            }
            (4, ..) => (
                "revived",
                Command::Record(RecordCommand::Revive(ReviveRecord {
                    name,
                    on: today,
                    ground,
                })),
            ),
            (5, Some(from), Some(into)) => {
                let on = later(today, -i32::try_from(self.chance.below(30)).expect("small"));
                (
                    "merged",
                    Command::Subject(SubjectCommand::Merge {
                        from,
                        into,
                        on,
                        reason: reason(),
                    }),
                )
            }
            (6, Some(from), _) => (
                "merge undone",
                Command::Subject(SubjectCommand::UndoMerge {
                    from,
                    reason: reason(),
                }),
            ),
            (7, Some(from), Some(to)) => {
                let view = self.world.running().shared.view().expect("a view");
                let first = find(&*view, name).expect("readable").expect("recorded");
                let records = vec![(keys::records::file_kind(decision.kind), first)];
                (
                    "moved",
                    Command::Subject(SubjectCommand::Reattribute {
                        from,
                        to,
                        records,
                        reason: reason(),
                    }),
                )
            }
            (8, ..) => {
                let sectors = if self.chance.below(3) == 0 {
                    Vec::new()
                } else {
                    vec![sector]
                };
                let target = Target::Record(name);
                (
                    "attributed",
                    Command::Subject(SubjectCommand::Attribute(Attribute {
                        target,
                        sectors,
                        reason: reason(),
                    })),
                )
            }
            (9, ..) => {
                let on = later(today, i32::try_from(self.chance.below(60)).expect("small") - 20);
                self.done.count("membership ended");
                return self.world.end_membership(party, sector, from, on);
            }
            (10, ..) => {
                let row = self.membership(party, sector);
                self.world.members(&[row]);
                self.done.count("membership");
                return self.members.push(row);
            }
            _ => {
                let Some(subject) = self.world.subject(party) else {
                    return;
                };
                let is_confirmed = self.chance.below(3) > 0;
                let close = GradeCommand::CloseCorrection {
                    subject,
                    sector,
                    is_confirmed,
                    reason: reason(),
                };
                ("correction closed", Command::Grade(close))
            }
        };
        let taken = self.world.submit(command).is_ok();
        self.done.count(if taken { word } else { "refused" });
    }

    fn decide(&mut self) {
        let (party, sector, ..) = *self.chance.pick(&self.members);
        let today = self.world.today();
        let policies = std::sync::Arc::clone(&self.world.running().shared.policies);
        let (Some(subject), Some(rules)) = (self.world.subject(party), policies.rules.of(sector, today))
        else {
            return;
        };
        let level = self.chance.pick(&rules.levels).code.clone();
        let until = later(today, i32::try_from(self.chance.below(60)).expect("small"));
        let (reason, basis) = ("测试".to_owned(), "测试".to_owned());
        let decide = GradeCommand::Decide {
            subject,
            sector,
            level,
            until,
            reason,
            basis,
        };
        if self.world.submit(Command::Grade(decide)).is_ok() {
            self.done.count("decided");
        }
    }
}

/// The codes of violations that rules name.
fn codes(files: &DataFiles) -> Vec<String> {
    let mut found = Vec::new();
    for (_, content) in &files.files {
        let text = String::from_utf8(content.clone()).expect("UTF-8");
        let is_code = |part: &&str| {
            let (head, tail) = part.split_once('-').unwrap_or_default();
            head.len() == 2
                && !tail.is_empty()
                && part.bytes().all(|one| one == b'-' || one.is_ascii_uppercase())
        };
        found.extend(text.split('"').filter(is_code).map(str::to_owned));
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn told(found: Option<(Outcome, String)>) -> String {
    found.map_or_else(
        || "nothing".to_owned(),
        |(outcome, level)| format!("{outcome:?} {level}"),
    )
}

/// What the service answers to one question.
fn answers(
    grades: &Grades<'_>,
    subject: SubjectNumber,
    sector: SectorCode,
    known: Known,
) -> (Option<Judged>, Option<(Outcome, String)>) {
    fn absent<T>(error: Error, reason: Reason) -> Option<T> {
        match error {
            Error::Refused(refusal) if refusal.reason == reason => None,
            Error::Refused(refusal) => panic!("{refusal}"),
            Error::Store(error) => panic!("{error}"),
            Error::Record(error) => panic!("{error}"),
        }
    }
    let assessed = match grades.assess(subject, sector, known) {
        Ok(read) => {
            let found = read.found.assessment;
            Some((found.outcome, found.level, found.score))
        }
        Err(error) => absent(error, Reason::RuleSetUnknown),
    };
    let settled = match grades.grade(subject, sector, known) {
        Ok(read) => Some((read.fact.judgement.outcome, read.fact.judgement.level)),
        Err(error) => absent(error, Reason::GradeUnknown),
    };
    (assessed, settled)
}

#[test]
fn the_service_grades_as_the_naive_evaluator_does() {
    let seed = setting("NAIVE_SEED", SEED);
    let count = usize::try_from(setting("NAIVE_SUBJECTS", SUBJECTS)).expect("fits");
    let questions = setting("NAIVE_QUESTIONS", QUESTIONS);
    println!("NAIVE_SEED={seed} NAIVE_SUBJECTS={count} NAIVE_QUESTIONS={questions}");
    let policies = Policies::built_in();
    let rules = KIND.built_in();
    let other = changed(&rules);
    let mut story = Story {
        world: World::new(seed, proposal(rules.clone())),
        chance: Chance::new(seed),
        done: Done::default(),
        count,
        fields: fields(&policies),
        codes: codes(&rules),
        members: Vec::new(),
        decisions: Vec::new(),
    };
    let sectors: Vec<SectorCode> = policies.catalog.sectors().iter().map(|one| one.code).collect();
    story.begin(&sectors);
    for round in 0..ROUNDS {
        let days = 1 + story.chance.below(25);
        story.world.advance(days);
        let mut fresh: Vec<Decision> = (0..count.div_ceil(25)).map(|_| story.draw()).collect();
        for _ in 0..count.div_ceil(200) {
            // The same decision with another content is its correction.
            if let Some((known, _)) = story
                .decisions
                .get(story.chance.below(story.decisions.len().max(1)))
            {
                fresh.push(Decision {
                    words: story.chance.seed(),
                    ..known.clone()
                });
            }
        }
        for chunk in fresh.chunks(500) {
            story.report(chunk);
        }
        for _ in 0..8 + count / 200 {
            story.happens();
        }
        story.decide();
        if round == ROUNDS / 2 {
            story.world.restart(proposal(other.clone()));
        }
    }
    println!("{:?}", story.done.0);
    let told_lines = Told::read(story.world.lines(), &policies.layouts);
    assert_eq!(told_lines.adopted.len(), 2, "the rules were adopted anew");
    let parse = |files: &DataFiles| {
        let mut policies = policies.clone();
        (KIND.parse)(files, &mut policies).expect("checked before");
        policies.rules
    };
    let adopted = vec![parse(&rules), parse(&other)];
    let differ = adopted[0]
        .all()
        .iter()
        .zip(adopted[1].all())
        .filter(|(one, two)| one.sha256 != two.sha256);
    assert!(differ.count() > 10, "too few rule sets changed");
    let district = District::new(told_lines, policies, adopted);
    ask(&mut story, &district, questions);
}

fn ask(story: &mut Story, district: &District, questions: u64) {
    let shared = std::sync::Arc::clone(&story.world.running().shared);
    let view = shared.view().expect("a view");
    let grades = Grades {
        view: &*view,
        facts: &shared.facts,
        policies: &shared.policies,
        memory: &shared.memory,
    };
    let pairs: Vec<(u64, SectorCode)> = district.pairs().into_iter().collect();
    let last = story.world.today();
    let span = usize::try_from(last.days() - day("2024-01-02").days() + 40).expect("later");
    let (mut differences, mut outcomes) = (Vec::new(), BTreeMap::<String, u64>::new());
    let mut asked = BTreeSet::new();
    for question in 0..questions {
        let (subject, sector) = *story.chance.pick(&pairs);
        asked.insert((subject, sector));
        let on = later(
            day("2024-01-02"),
            i32::try_from(story.chance.below(span)).expect("small"),
        );
        let revision = *story.chance.pick(&story.world.quiet);
        let known = Known { revision, on };
        let number = SubjectNumber(u32::try_from(subject).expect("a number"));
        let (assessed, settled) = answers(&grades, number, sector, known);
        let naive = district.assess(subject, sector, revision.0, on);
        let naive_settled = district.grade(subject, sector, revision.0, on);
        let naive_settled = naive_settled.map(|one| (one.outcome, one.level));
        let what = format!(
            "{question}: subject {subject} in {sector} on {on} as of {}",
            revision.0
        );
        let seen = |one: &Option<Judged>| {
            one.as_ref().map(|(outcome, level, score)| {
                (
                    *outcome,
                    level.clone(),
                    score.filter(|_| *outcome == Outcome::Graded),
                )
            })
        };
        if seen(&assessed) != seen(&naive) {
            differences.push(format!("assess {what}: service {assessed:?}, naive {naive:?}"));
        }
        *outcomes
            .entry(assessed.map_or("no rules".to_owned(), |(outcome, level, _)| {
                format!("{outcome:?} {level}")
            }))
            .or_default() += 1;
        if settled != naive_settled {
            differences.push(format!(
                "grade {what}: service {}, naive {}",
                told(settled),
                told(naive_settled)
            ));
        }
    }
    let open = grades.open(
        OPEN_CORRECTION,
        Span {
            after: Revision(0),
            until: Revision(u64::MAX),
            size: 100_000,
        },
    );
    let open = open.expect("readable").items.into_iter().map(|revision| {
        let (raised, _) = grades.correction(revision).expect("readable");
        (u64::from(raised.who.subject.0), raised.sector)
    });
    let open: BTreeSet<(u64, SectorCode)> = open.collect();
    for (subject, sector) in asked {
        let (service, naive) = (
            open.contains(&(subject, sector)),
            district.has_correction(subject, sector),
        );
        if service != naive {
            differences.push(format!(
                "correction of subject {subject} in {sector}: service {service}, naive {naive}"
            ));
        }
    }
    println!("{} corrections open", open.len());
    println!(
        "{} pairs, {} revisions, {} facts; {outcomes:?}",
        pairs.len(),
        story.world.quiet.len(),
        view.head().map_or(Revision(0), |head| head.place.revision).0
    );
    println!("{questions} questions, {} differences", differences.len());
    for difference in &differences {
        println!("{difference}");
    }
    assert!(differences.is_empty(), "{} differences", differences.len());
}
