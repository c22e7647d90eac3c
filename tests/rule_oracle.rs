//! Our conditions against the interpreter of the `cel` crate: random typed expressions over random facts.
//!
//! `ORACLE_EXPRESSIONS` expressions (10,000 unless told) from `ORACLE_SEED` on; the seed is printed, and a
//! difference prints the expression with its facts.

use std::collections::BTreeMap;
use std::sync::Arc;

use cel::{Context, Program as Oracle, Value};
use credence::domain::civil_date::CivilDate;
use credence::domain::grading::Points;
use credence::domain::rules::Place;
use credence::domain::rules::condition::{Absent, Cause, Facts, Program, Vocabulary};
use credence::domain::rules::variables::{
    self, EventFlag, EventNumber, EventWord, Named, OfEvent, OfSubject, SubjectFlag, SubjectNumber,
    SubjectWord,
};
use credence::policy::rules::expression::compile;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const SEED: u64 = 20_240_101;
const EXPRESSIONS: u64 = 10_000;
/// Deepest expression.
const DEPTH: u32 = 5;

struct Chance(ChaCha12Rng);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        let wide = u128::from(self.0.next_u64()) * bound as u128;
        usize::try_from(wide >> 64).expect("the upper half is below the bound")
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Whole numbers: mostly small, some at the ends, so that sums and products overflow.
    fn number(&mut self) -> i64 {
        match self.below(8) {
            0 => *self.pick(&[
                i64::MIN,
                i64::MIN + 1,
                i64::MAX,
                i64::MAX - 1,
                1 << 62,
                -(1 << 62),
                1 << 32,
            ]),
            1 => self.0.next_u64().cast_signed(),
            2 => 0,
            _ => i64::try_from(self.below(41)).expect("41 is small") - 20,
        }
    }

    fn day(&mut self) -> i64 {
        i64::try_from(self.below(2_000)).expect("2,000 is small") + 19_000
    }
}

/// What a condition of one vocabulary is tried with.
trait Tried: Vocabulary {
    fn names() -> Vec<(String, Named<Self>)>;
}

impl Tried for OfEvent {
    fn names() -> Vec<(String, Named<Self>)> {
        variables::of_event()
    }
}

impl Tried for OfSubject {
    fn names() -> Vec<(String, Named<Self>)> {
        let mut names = variables::of_subject(&["A".to_owned(), "B".to_owned()]);
        names.push(("stops".to_owned(), Named::Whole(SubjectNumber::Count(0))));
        names.push(("revoked".to_owned(), Named::Whole(SubjectNumber::Count(1))));
        names.push(("two_a".to_owned(), Named::Whole(SubjectNumber::Streak(0))));
        names.push(("general".to_owned(), Named::Text(SubjectWord::Input(0), None)));
        names
    }
}

/// Values by name, for both interpreters; a number that is not there is missing in both.
#[derive(Debug, Default)]
struct Known {
    flags: BTreeMap<String, bool>,
    numbers: BTreeMap<String, i64>,
    words: BTreeMap<String, String>,
}

const WORDS: &[&str] = &["", "01", "02", "A", "一般事故", "a'b\"c\\d", "none"];

impl Known {
    fn random<V: Vocabulary>(names: &[(String, Named<V>)], chance: &mut Chance) -> Self {
        let mut known = Self::default();
        for (name, named) in names {
            let name = name.clone();
            match named {
                Named::Flag(_) => _ = known.flags.insert(name, chance.below(2) == 0),
                Named::Whole(_) | Named::Points(_) => {
                    if chance.below(4) > 0 {
                        known.numbers.insert(name, chance.number());
                    }
                }
                Named::Day(_) => {
                    if chance.below(4) > 0 {
                        known.numbers.insert(name, chance.day());
                    }
                }
                Named::Text(_, closed) => {
                    let value = match closed {
                        Some(closed) => chance.pick(closed).clone(),
                        None => (*chance.pick(WORDS)).to_owned(),
                    };
                    known.words.insert(name, value);
                }
            }
        }
        known
    }

    fn context(&self) -> Context<'static, 'static> {
        let mut context = Context::default();
        for (name, value) in &self.flags {
            context.add_variable_from_value(name.as_str(), *value);
        }
        for (name, value) in &self.numbers {
            context.add_variable_from_value(name.as_str(), *value);
        }
        for (name, value) in &self.words {
            context.add_variable_from_value(name.as_str(), value.clone());
        }
        let date = |text: Arc<String>| -> i64 {
            let day: CivilDate = text.parse().expect("only days are written");
            i64::from(day.days())
        };
        context.add_function("date", date).expect("the name is free");
        let points = |text: Arc<String>| -> i64 { Points::parse(&text).expect("only points are written").0 };
        context.add_function("points", points).expect("the name is free");
        context
    }

    fn number(&self, name: &str) -> Result<i64, Absent> {
        self.numbers.get(name).copied().ok_or(Absent::Missing)
    }
}

impl Facts<OfEvent> for Known {
    fn flag(&self, name: EventFlag) -> bool {
        let name = match name {
            EventFlag::HasAmount => "has_amount",
            EventFlag::HasValue => "has_value",
            EventFlag::OpenEnded => "open_ended",
            EventFlag::Repaired => "repaired",
            EventFlag::Expired => "expired",
            EventFlag::InSector => "in_sector",
        };
        self.flags[name]
    }

    fn number(&self, name: EventNumber) -> Result<i64, Absent> {
        use credence::domain::rules::condition::Numeral;
        self.number(name.name())
    }

    fn word(&self, name: EventWord) -> &str {
        let name = match name {
            EventWord::Kind => "kind",
            EventWord::Item => "item",
            EventWord::Level => "level",
            EventWord::Matter => "matter",
            EventWord::Severity => "severity",
            EventWord::Procedure => "procedure",
        };
        &self.words[name]
    }
}

impl Facts<OfSubject> for Known {
    fn flag(&self, name: SubjectFlag) -> bool {
        let name = match name {
            SubjectFlag::Registered => "registered",
            SubjectFlag::Deregistered => "deregistered",
            SubjectFlag::HasEstablished => "has_established",
            SubjectFlag::IsFirst => "is_first",
        };
        self.flags[name]
    }

    fn number(&self, name: SubjectNumber) -> Result<i64, Absent> {
        use credence::domain::rules::condition::Numeral;
        self.number(match name {
            SubjectNumber::Count(0) => "stops",
            SubjectNumber::Count(_) => "revoked",
            SubjectNumber::Streak(_) => "two_a",
            SubjectNumber::Day
            | SubjectNumber::PeriodStart
            | SubjectNumber::PeriodEnd
            | SubjectNumber::MemberDays
            | SubjectNumber::MemberSince
            | SubjectNumber::Established
            | SubjectNumber::Score => name.name(),
        })
    }

    fn word(&self, name: SubjectWord) -> &str {
        let name = match name {
            SubjectWord::SubjectKind => "subject_kind",
            SubjectWord::Previous => "previous",
            SubjectWord::Input(_) => "general",
        };
        &self.words[name]
    }
}

/// Makes well-typed expressions.
struct Maker<'a, V: Vocabulary> {
    names: &'a [(String, Named<V>)],
    chance: &'a mut Chance,
}

impl<V: Vocabulary> Maker<'_, V> {
    fn name(&mut self, fits: impl Fn(&Named<V>) -> bool) -> String {
        let all: Vec<&str> = self
            .names
            .iter()
            .filter(|(_, named)| fits(named))
            .map(|(name, _)| name.as_str())
            .collect();
        (*self.chance.pick(&all)).to_owned()
    }

    fn truth(&mut self, depth: u32) -> String {
        if depth == 0 {
            return match self.chance.below(4) {
                0 => "true".to_owned(),
                1 => "false".to_owned(),
                _ => self.name(|named| matches!(named, Named::Flag(_))),
            };
        }
        let less = depth - 1;
        match self.chance.below(12) {
            0 | 1 => format!("({} && {})", self.truth(less), self.truth(less)),
            2 | 3 => format!("({} || {})", self.truth(less), self.truth(less)),
            4 => format!("!({})", self.truth(less)),
            5 => format!(
                "({} ? {} : {})",
                self.truth(less),
                self.truth(less),
                self.truth(less)
            ),
            6 => {
                let how = *self.chance.pick(&["==", "!="]);
                format!("({} {how} {})", self.truth(less), self.truth(less))
            }
            7 => self.same_texts(less),
            8 => self.contained(less),
            9 => self.compared(less, Self::day),
            _ => self.compared(less, Self::whole),
        }
    }

    fn compared(&mut self, depth: u32, one: fn(&mut Self, u32) -> String) -> String {
        let how = *self.chance.pick(&["==", "!=", "<", "<=", ">", ">="]);
        format!("({} {how} {})", one(self, depth), one(self, depth))
    }

    fn literal(text: &str) -> String {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }

    /// A text variable with a literal that it may have, or two open texts.
    fn same_texts(&mut self, depth: u32) -> String {
        let how = *self.chance.pick(&["==", "!="]);
        if self.chance.below(2) == 0 {
            return format!("({} {how} {})", self.text(depth), self.text(depth));
        }
        let (name, value) = self.text_and_value();
        format!("({name} {how} {})", Self::literal(&value))
    }

    fn text_and_value(&mut self) -> (String, String) {
        let texts: Vec<(&String, Option<&Vec<String>>)> = self
            .names
            .iter()
            .filter_map(|(name, named)| match named {
                Named::Text(_, closed) => Some((name, closed.as_ref())),
                Named::Flag(_) | Named::Whole(_) | Named::Points(_) | Named::Day(_) => None,
            })
            .collect();
        let (name, closed) = *self.chance.pick(&texts);
        let value = match closed {
            Some(closed) => self.chance.pick(closed).clone(),
            None => (*self.chance.pick(WORDS)).to_owned(),
        };
        (name.clone(), value)
    }

    /// A text whose values are open.
    fn text(&mut self, depth: u32) -> String {
        if depth > 0 && self.chance.below(4) == 0 {
            return format!(
                "({} ? {} : {})",
                self.truth(depth - 1),
                self.text(depth - 1),
                self.text(depth - 1)
            );
        }
        if self.chance.below(3) == 0 {
            return Self::literal(WORDS[self.chance.below(WORDS.len())]);
        }
        self.name(|named| matches!(named, Named::Text(_, None)))
    }

    fn contained(&mut self, depth: u32) -> String {
        let length = 1 + self.chance.below(3);
        match self.chance.below(3) {
            0 => {
                let list: Vec<String> = (0..length).map(|_| Self::written(self.chance.number())).collect();
                format!("({} in [{}])", self.whole(depth), list.join(", "))
            }
            1 => {
                let list: Vec<String> = (0..length)
                    .map(|_| self.day(0))
                    .filter(|day| day.contains('('))
                    .collect();
                let list = if list.is_empty() {
                    vec!["date(\"2024-02-29\")".to_owned()]
                } else {
                    list
                };
                format!("({} in [{}])", self.day(depth), list.join(", "))
            }
            _ => {
                let (name, value) = self.text_and_value();
                format!("({name} in [{}])", Self::literal(&value))
            }
        }
    }

    /// A literal beside which no comparison is too fine for points.
    fn written(number: i64) -> String {
        number.to_string()
    }

    fn whole(&mut self, depth: u32) -> String {
        if depth == 0 {
            return match self.chance.below(5) {
                0 => Self::written(self.chance.number()),
                1 => format!("points(\"{}\")", self.chance.below(200)),
                _ => self.name(|named| matches!(named, Named::Whole(_))),
            };
        }
        let less = depth - 1;
        match self.chance.below(10) {
            0 => format!("-({})", self.whole(less)),
            1 => format!("({} - {})", self.day(less), self.day(less)),
            2 => format!(
                "({} ? {} : {})",
                self.truth(less),
                self.whole(less),
                self.whole(less)
            ),
            // Without a literal beside it, so that the number is not taken for points too fine.
            3 => format!(
                "({} + {})",
                self.name(|named| matches!(named, Named::Points(_))),
                self.whole(less)
            ),
            _ => {
                let how = *self.chance.pick(&["+", "-", "*", "/", "%"]);
                format!("({} {how} {})", self.whole(less), self.whole(less))
            }
        }
    }

    fn day(&mut self, depth: u32) -> String {
        if depth == 0 {
            return if self.chance.below(2) == 0 {
                let day = i32::try_from(self.chance.day()).expect("days are small");
                format!(
                    "date(\"{}\")",
                    CivilDate::from_days(day).expect("a day of this century")
                )
            } else {
                self.name(|named| matches!(named, Named::Day(_)))
            };
        }
        let less = depth - 1;
        match self.chance.below(5) {
            0 => format!("({} + {})", self.day(less), self.whole(less)),
            1 => format!("({} + {})", self.whole(less), self.day(less)),
            2 => format!("({} - {})", self.day(less), self.whole(less)),
            3 => format!("({} ? {} : {})", self.truth(less), self.day(less), self.day(less)),
            _ => self.day(0),
        }
    }
}

/// What came out, and how often.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    truths: u64,
    overflows: u64,
    divisions: u64,
    missing: u64,
}

fn compare<V: Tried>(chance: &mut Chance, tally: &mut Tally)
where
    Known: Facts<V>,
{
    let names = V::names();
    let depth = 1 + u32::try_from(chance.below(DEPTH as usize)).expect("depths are small");
    let text = Maker {
        names: &names,
        chance: &mut *chance,
    }
    .truth(depth);
    let known = Known::random(&names, chance);
    let ours: Program<V> = match compile(&text, &names, &|_| Place::default()) {
        Ok(ours) => ours,
        // The one refusal of a well-typed expression: points compared with a number that is too fine.
        Err(problems)
            if problems
                .iter()
                .all(|one| one.text.contains("of a point; write points")) =>
        {
            return;
        }
        Err(problems) => panic!("{text}\n{problems:?}"),
    };
    let ours = ours.holds(&known);
    let oracle = Oracle::compile(&text).unwrap_or_else(|error| panic!("{text}\n{error}"));
    let theirs = oracle.execute(&known.context());
    match (&ours, &theirs) {
        (Ok(ours), Ok(Value::Bool(theirs))) if ours == theirs => tally.truths += 1,
        (Err(fault), Err(_)) => match fault.cause {
            Cause::Overflow => tally.overflows += 1,
            Cause::DivisionByZero => tally.divisions += 1,
            Cause::Missing(_) => tally.missing += 1,
            Cause::NoRank | Cause::NoBand => panic!("{text}\n{fault:?}"),
        },
        _ => panic!("{text}\n{known:#?}\nours {ours:?}\noracle {theirs:?}"),
    }
}

fn setting(name: &str, without: u64) -> u64 {
    std::env::var(name).map_or(without, |text| text.parse().expect("a whole number"))
}

#[test]
fn conditions_mean_what_the_cel_interpreter_says() {
    let seed = setting("ORACLE_SEED", SEED);
    let count = setting("ORACLE_EXPRESSIONS", EXPRESSIONS);
    println!("{count} expressions from ORACLE_SEED={seed}");
    let mut chance = Chance(ChaCha12Rng::seed_from_u64(seed));
    let mut tally = Tally::default();
    for number in 0..count {
        if number % 2 == 0 {
            compare::<OfEvent>(&mut chance, &mut tally);
        } else {
            compare::<OfSubject>(&mut chance, &mut tally);
        }
    }
    println!("{tally:?}");
    for found in [tally.truths, tally.overflows, tally.divisions, tally.missing] {
        assert!(found * 200 > count, "too few of one kind: {tally:?}");
    }
}
