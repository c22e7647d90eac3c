//! What an evaluation costs: our interpreter with and without steps, hand-written code, the `cel` interpreter.
//!
//! `cargo bench --bench rules [-- --subjects N]`; N is 20,000 unless given. All of them grade the same
//! subjects and are compared; the `cel` interpreter runs the conditions alone, without points and levels.

use std::hint::black_box;
use std::time::Duration;

use cel::{Context, Program, Value};
use credence::domain::civil_date::CivilDate;
use credence::domain::commitment::Validity;
use credence::domain::grading::{Event, EventKind, Evidence, Outcome, Period, Procedure};
use credence::domain::record::Severity;
use credence::domain::revision::Revision;
use credence::domain::rules::{CycleKind, RuleSet};
use credence::domain::subject::SubjectKind;
use credence::grading::assess::{assess, brief};
use credence::policy::{DataFiles, Policies, listed, rules};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const SUBJECTS: usize = 20_000;
const ROUNDS: usize = 5;
const SEED: u64 = 2_024;

fn main() {
    let rules = rule_set();
    let day: CivilDate = "2024-12-31".parse().expect("a day");
    let period = CycleKind::Year.containing(day);
    let mut chance = ChaCha12Rng::seed_from_u64(SEED);
    let all: Vec<Evidence> = (0..subjects()).map(|_| evidence(&mut chance)).collect();
    let events: usize = all.iter().map(|one| one.events.len()).sum();
    for one in &all {
        let found = brief(&rules, one, period, day);
        let level = found.level.map(|level| rules.levels[level].code.as_str());
        assert_eq!(by_hand(one, period, day), level, "{one:?}");
        assert_eq!(found.level.is_none(), found.outcome == Outcome::New);
    }
    println!("{} subjects, {events} events, one thread, SEED={SEED}", all.len());
    let figures = [
        ("hand-written", timed(&all, |one| by_hand(one, period, day))),
        (
            "without steps",
            timed(&all, |one| brief(&rules, one, period, day)),
        ),
        ("with steps", timed(&all, |one| assess(&rules, one, period, day))),
        ("cel, conditions", {
            let conditions = Conditions::of(&rules);
            timed(&all, |one| conditions.run(one, day))
        }),
    ];
    for (what, best) in figures {
        let each = best.as_secs_f64() / all.len() as f64;
        println!(
            "  {what:<16} {:>10.0} evaluations a second, {:>8.2} us each",
            1.0 / each,
            each * 1e6
        );
    }
}

fn subjects() -> usize {
    let arguments: Vec<String> = std::env::args().collect();
    let place = arguments.iter().position(|argument| argument == "--subjects");
    place.map_or(SUBJECTS, |place| {
        let number = arguments.get(place + 1).and_then(|text| text.parse().ok());
        number.expect("--subjects takes a number")
    })
}

/// The best of some rounds over everyone.
fn timed<T>(all: &[Evidence], evaluate: impl Fn(&Evidence) -> T) -> Duration {
    let clock = credence::clock::monotonic();
    let rounds = (0..ROUNDS).map(|_| {
        let begin = clock();
        for one in all {
            _ = black_box(evaluate(one));
        }
        clock() - begin
    });
    rounds.min().expect("there are rounds")
}

fn rule_set() -> RuleSet {
    let policies = Policies::built_in();
    let files = DataFiles {
        files: vec![(
            "rules/FOOD_SALE.toml".to_owned(),
            include_bytes!("rules.toml").to_vec(),
        )],
    };
    match rules::parse(&files, &policies.catalog, &policies.editions) {
        Ok(sets) => sets.all()[0].clone(),
        Err(mistakes) => panic!("{}", listed(&mistakes)),
    }
}

fn below(chance: &mut ChaCha12Rng, bound: u32) -> u32 {
    let wide = u64::from(chance.next_u32()) * u64::from(bound);
    u32::try_from(wide >> 32).expect("the upper half is below the bound")
}

/// A subject with up to seven events of the last three years.
fn evidence(chance: &mut ChaCha12Rng) -> Evidence {
    let day = |chance: &mut ChaCha12Rng| {
        let days = 19_000 + i32::try_from(below(chance, 1_088)).expect("small");
        CivilDate::from_days(days).expect("a day of this century")
    };
    let mut events: Vec<Event> = (0..below(chance, 8))
        .map(|_| {
            let kinds = [
                EventKind::Penalty,
                EventKind::Penalty,
                EventKind::Commendation,
                EventKind::Licence,
            ];
            let items = ["01", "01", "02", "02", "04", "06"];
            let severities = [None, Some(Severity::Minor), Some(Severity::General)];
            Event {
                kind: kinds[below(chance, 4) as usize],
                item: items[below(chance, 6) as usize].to_owned(),
                level: String::new(),
                matter: String::new(),
                severity: severities[below(chance, 3) as usize],
                procedure: Procedure::Unknown,
                amount: None,
                quantity: 1,
                value: None,
                decided: day(chance),
                until: Validity::NotStated,
                ended: None,
                in_sector: below(chance, 10) > 0,
                case: String::new(),
                revision: Revision(1),
                record: String::new(),
            }
        })
        .collect();
    events.sort_by_key(|event| event.decided);
    Evidence {
        subject_kind: SubjectKind::Organisation,
        is_registered: true,
        established_on: None,
        deregistered_on: None,
        member_from: Some(day(chance)),
        member_until: None,
        events,
        earlier: Vec::new(),
        rank: None,
    }
}

/// What a programmer would write for this one rule set.
fn by_hand(evidence: &Evidence, period: Period, day: CivilDate) -> Option<&'static str> {
    let since = evidence.member_from?;
    if day.days() - since.days() < 365 {
        return None;
    }
    let year_ago: CivilDate = CivilDate::new(day.year() - 1, day.month(), day.day()).ok()?;
    let (mut good, mut bad, mut revoked, mut stops) = (0_i64, 0_i64, false, false);
    for event in evidence
        .events
        .iter()
        .filter(|event| event.in_sector && event.decided <= day)
    {
        let in_period = period.first <= event.decided && event.decided <= period.last;
        if event.kind == EventKind::Commendation && in_period {
            good += 5;
        }
        if event.kind == EventKind::Penalty {
            if in_period && event.severity != Some(Severity::Minor) {
                bad += match event.item.as_str() {
                    "01" => -2,
                    "02" => -10,
                    "04" => -25,
                    _ => 0,
                };
            }
            revoked |= event.item == "06";
            stops |= event.item == "04" && year_ago < event.decided;
        }
    }
    let score = 100 + good.min(20) + bad.max(-100);
    let level = match score {
        100.. => "A",
        80.. => "B",
        60.. => "C",
        _ => "D",
    };
    Some(match (revoked, stops, level) {
        (true, _, _) => "D",
        (false, true, "A" | "B") => "C",
        (false, _, level) => level,
    })
}

/// The conditions of the rule set, for the `cel` interpreter.
struct Conditions {
    of_event: Vec<Program>,
    of_subject: Vec<Program>,
}

impl Conditions {
    fn of(rules: &RuleSet) -> Self {
        let program = |text: &str| Program::compile(text).expect("our conditions are CEL");
        let indicators = rules.indicators.iter().map(|one| &one.select);
        let counts = rules.counts.iter().map(|one| &one.select);
        let of_event = indicators
            .chain(counts)
            .map(|select| program(&select.when.text))
            .collect();
        let of_subject = ["member_days < 365", "revoked > 0", "stops >= 1"].map(program);
        Self {
            of_event,
            of_subject: of_subject.into(),
        }
    }

    /// How many conditions hold.
    fn run(&self, evidence: &Evidence, day: CivilDate) -> usize {
        let holds =
            |program: &&Program, context: &Context| matches!(program.execute(context), Ok(Value::Bool(true)));
        let mut held = 0;
        for event in &evidence.events {
            let mut context = Context::default();
            context.add_variable_from_value("kind", event.kind.word());
            context.add_variable_from_value("item", event.item.as_str());
            let severity = if event.severity == Some(Severity::Minor) {
                "minor"
            } else {
                "none"
            };
            context.add_variable_from_value("severity", severity);
            held += self
                .of_event
                .iter()
                .filter(|program| holds(program, &context))
                .count();
        }
        let mut context = Context::default();
        let since = evidence.member_from.map_or(0, CivilDate::days);
        context.add_variable_from_value("member_days", i64::from(day.days() - since));
        context.add_variable_from_value("revoked", 0_i64);
        context.add_variable_from_value("stops", 0_i64);
        held + self
            .of_subject
            .iter()
            .filter(|program| holds(program, &context))
            .count()
    }
}
