//! Recounts the grades of a demo from its ledger export, by the naive evaluator: every pair of subject and
//! sector, and the figures that the demo printed.
//!
//! ```text
//! credence ledger export --data DIR > facts.jsonl
//! cargo run --example naive_grades -- facts.jsonl demo.json [policies]
//! ```
//! Ends with 1 if one pair or figure differs. The rules are those of the folder of policies, or the built-in
//! ones; they must be the ones that the ledger adopted.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::ExitCode;

use credence::domain::civil_date::CivilDate;
use credence::domain::grading::Outcome;
use credence::policy::{KINDS, Policies, data, listed, rules};
use credence::testkit::naive_grades::told::Told;
use credence::testkit::naive_grades::{District, Grade, standing};
use serde_json::{Value, json};

/// Most differences that are written out.
const SHOWN_MAX: usize = 20;

fn district(facts: &str, policies: Option<&str>) -> District {
    let proposal = policies.map_or_else(data::built_in, |folder| data::read(Path::new(folder)));
    let mut policies = Policies::default();
    let mut hash = String::new();
    for (kind, files) in KINDS.iter().zip(proposal) {
        let files = files.unwrap_or_else(|mistakes| panic!("{}: {}", kind.name, listed(&mistakes)));
        if kind.name == rules::KIND.name {
            hash = data_encoding::HEXLOWER.encode(&files.sha256());
        }
        let parsed = (kind.parse)(&files, &mut policies);
        parsed.unwrap_or_else(|mistakes| panic!("{}: {}", kind.name, listed(&mistakes)));
    }
    let lines = BufReader::new(File::open(facts).expect("the export opens")).lines();
    let lines = lines.map(|line| serde_json::from_str(&line.expect("UTF-8")).expect("a line is JSON"));
    let told = Told::read(lines, &policies.layouts);
    for (revision, adopted) in &told.adopted {
        assert_eq!(*adopted, hash, "the rules adopted at {revision} are other ones");
    }
    let adopted = vec![policies.rules.clone(); told.adopted.len()];
    District::new(told, policies, adopted)
}

fn said(grade: Option<&Grade>) -> String {
    grade.map_or_else(
        || "nothing".to_owned(),
        |one| format!("{:?} {} from {}", one.outcome, one.level, one.from),
    )
}

fn key(grade: &Grade) -> String {
    match grade.outcome {
        Outcome::Graded => grade.level.clone(),
        Outcome::NotRated | Outcome::New | Outcome::Missing | Outcome::Refused | Outcome::Failed => {
            grade.outcome.word().to_uppercase()
        }
    }
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(facts), Some(demo)) = (arguments.next(), arguments.next()) else {
        eprintln!("naive_grades FACTS.jsonl DEMO.json [POLICIES]");
        return ExitCode::from(2);
    };
    let demo: Value = serde_json::from_reader(File::open(demo).expect("the figures open")).expect("JSON");
    let day: CivilDate = demo["grades_as_of"]
        .as_str()
        .and_then(|day| day.parse().ok())
        .expect("a day");
    let district = district(&facts, arguments.next().as_deref());
    let mut differences = Vec::new();
    let (mut by_sector, mut coverage) = (BTreeMap::new(), BTreeMap::new());
    for sector in district.policies.catalog.sectors() {
        by_sector.insert(sector.code.to_string(), BTreeMap::<String, u64>::new());
        coverage.insert(sector.code.to_string(), [0_u64, 0]);
    }
    let (mut events, mut open, mut held) = (0_u64, 0_u64, 0_u64);
    let pairs = district.pairs();
    for (subject, sector) in &pairs {
        let settled = district.timeline(*subject, *sector);
        let in_ledger = district.told.settled.get(&(*subject, *sector));
        let in_ledger = in_ledger.map_or(&[][..], Vec::as_slice);
        let (naive, told) = (
            standing(&settled, u64::MAX, day),
            standing(in_ledger, u64::MAX, day),
        );
        let what = |one: &Grade| (one.outcome, one.level.clone(), one.from, one.until);
        if naive.map(what) != told.map(what) {
            differences.push(format!(
                "subject {subject} in {sector}: {} by the export, {} in the ledger",
                said(naive),
                said(told)
            ));
        }
        held += u64::from(told.is_some());
        let changed = settled
            .windows(2)
            .filter(|two| (two[0].outcome, &two[0].level) != (two[1].outcome, &two[1].level));
        events += changed.count() as u64 + u64::from(!settled.is_empty());
        open += u64::from(district.has_correction(*subject, *sector));
        if district.is_member(*subject, *sector, day) {
            let [graded, members] = coverage.entry(sector.to_string()).or_default();
            *members += 1;
            if let Some(naive) = naive {
                *graded += 1;
                *by_sector
                    .entry(sector.to_string())
                    .or_default()
                    .entry(key(naive))
                    .or_default() += 1;
            }
        }
    }
    let sectors = coverage.values().filter(|[graded, _]| *graded > 0).count();
    let cover = |[graded, members]: [u64; 2]| json!({"graded": graded, "members": members});
    let coverage: BTreeMap<String, Value> = coverage
        .into_iter()
        .map(|(code, one)| (code, cover(one)))
        .collect();
    let figures = json!({
        "sectors_with_settled_grades": sectors,
        "grades_by_sector": by_sector,
        "coverage": coverage,
        "grade_events": events,
        "corrections_open": open,
    });
    for (name, figure) in figures.as_object().expect("an object") {
        if demo[name] != *figure {
            differences.push(format!(
                "{name}: {figure} by the export, {} in the demo",
                demo[name]
            ));
        }
    }
    println!(
        "{} pairs, {held} with a grade in force on {day}, {events} grade events, {open} corrections open: {} differences",
        pairs.len(),
        differences.len()
    );
    for difference in differences.iter().take(SHOWN_MAX) {
        println!("{difference}");
    }
    ExitCode::from(u8::from(!differences.is_empty()))
}
