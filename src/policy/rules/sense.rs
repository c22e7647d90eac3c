//! Whether the entries of a rule set make sense: none that can never hold, no value that no list knows, and
//! nothing by which what is graver comes out better.
//!
//! A condition is tried on every combination that it can tell apart: each value a text may have, each number it
//! names and those beside it. Only what fits none of them is called dead. Read first: [`check`].

use super::super::reader::Entry;
use super::Context;
use crate::domain::grading::Points;
use crate::domain::rules::condition::{Absent, Comparison, Facts, Number, Program, Truth, Vocabulary, Word};
use crate::domain::rules::variables::{
    EventFlag, EventNumber, EventWord, Named, OfEvent, OfSubject, SubjectFlag, SubjectNumber, SubjectWord,
    of_event, of_subject,
};
use crate::domain::rules::{
    CountOf, EventCondition, Indicator, RuleSet, Select, Span, SubjectCondition, Tier, TierOf, Window, Worth,
};

/// More combinations than these are not tried, and the condition is taken to hold for one of them.
const COMBINATIONS_MAX: usize = 200_000;
/// What stands for a text that is none of those named.
const OTHER: &str = "\u{0}other";
/// The words of commitments' items; a promise of which nothing is known yet has an empty one.
const COMMITMENT_ITEMS: [&str; 5] = ["", "performed", "partial", "unperformed", "breach"];

/// Notes what makes no sense.
pub fn check(top: &Entry<'_>, rules: &RuleSet, context: &Context<'_>) {
    let indicators = top.tables("indicator");
    for (row, indicator) in indicators.iter().zip(&rules.indicators) {
        of_select(row, &indicator.select, context);
        if let Worth::ByItem(items) = &indicator.worth {
            let named = items.iter().map(|(item, _)| item.as_str());
            items_known(row, "points_by_item", &indicator.select.when, named, context);
        }
        if let Worth::Tiers(tiers) = &indicator.worth {
            of_tiers(row, tiers);
        }
    }
    of_severities(&indicators, &rules.indicators);
    for (row, count) in top.tables("count").iter().zip(&rules.counts) {
        of_select(row, &count.select, context);
    }
    let subject = |key: &str, list: &str, conditions: Vec<Option<&SubjectCondition>>| {
        for (row, condition) in top.tables(list).iter().zip(conditions) {
            if condition.is_some_and(|when| is_dead_of_subject(rules, when)) {
                row.mistake_at(key, "the condition contradicts itself: it holds for no subject");
            }
        }
    };
    let not_rated = rules.not_rated.iter().map(|one| Some(&one.when));
    subject("when", "not_rated", not_rated.collect());
    subject(
        "when",
        "band",
        rules.bands.iter().map(|one| one.when.as_ref()).collect(),
    );
    subject(
        "when",
        "verdict",
        rules.verdicts.iter().map(|one| Some(&one.when)).collect(),
    );
    subject(
        "when",
        "lower",
        rules.lowers.iter().map(|one| Some(&one.when)).collect(),
    );
    subject(
        "when",
        "bar",
        rules.bars.iter().map(|one| Some(&one.when)).collect(),
    );
}

fn of_select(row: &Entry<'_>, select: &Select, context: &Context<'_>) {
    if is_dead_of_event(select) {
        row.mistake_at(
            "where",
            "the condition contradicts itself: no event that is looked at fits it",
        );
        return;
    }
    let program = &select.when.program;
    let named = compared(program, EventWord::Item);
    items_known(row, "where", &select.when, named.into_iter(), context);
}

/// Notes items that the list of the one kind that a condition takes does not know.
fn items_known<'a>(
    row: &Entry<'_>,
    key: &str,
    when: &EventCondition,
    items: impl Iterator<Item = &'a str>,
    context: &Context<'_>,
) {
    let Some(kind) = demanded(&when.program, EventWord::Kind) else {
        return;
    };
    for item in items {
        let is_known = match (kind, context.lists) {
            ("commitment", _) => COMMITMENT_ITEMS.contains(&item),
            (kind, Some(lists)) => {
                let list = list_of(kind).and_then(|list| lists.list(list));
                list.is_none_or(|list| {
                    item.is_empty() || list.value(item).is_some_and(|value| value.code == item)
                })
            }
            (_, None) => true,
        };
        if !is_known {
            let list = list_of(kind).unwrap_or("performed, partial, unperformed, breach");
            row.mistake_at(
                key,
                format!("`{item}` is no item of a {kind}; its list is {list}"),
            );
        }
    }
}

/// The list of values of the items of a kind of event, where they have one.
fn list_of(kind: &str) -> Option<&'static str> {
    match kind {
        "penalty" => Some("penalty_kind"),
        "listing" => Some("serious_list"),
        "abnormal_listing" => Some("abnormal_reason"),
        "evaluation" => Some("evaluation_kind"),
        _ => None,
    }
}

/// Where all points have one sign, more of a thing never weighs less.
fn of_tiers(row: &Entry<'_>, tiers: &[Tier]) {
    let signs: Vec<i64> = tiers
        .iter()
        .map(|tier| tier.points.0.signum())
        .filter(|sign| *sign != 0)
        .collect();
    let one_sign = signs.windows(2).all(|pair| pair[0] == pair[1]);
    let counts_more = |tier: &&Tier| matches!(tier.of, TierOf::Amount | TierOf::Quantity);
    if !one_sign || !tiers.iter().all(|tier| counts_more(&tier)) {
        return;
    }
    let ends = tiers
        .iter()
        .flat_map(|tier| [tier.bounds.low, tier.bounds.high])
        .flatten();
    let mut numbers: Vec<i64> = ends
        .flat_map(|end| [end.at.saturating_sub(1), end.at, end.at.saturating_add(1)])
        .filter(|number| *number >= 0)
        .collect();
    numbers.sort_unstable();
    let worth = |number: i64| {
        tiers
            .iter()
            .find(|tier| tier.bounds.hold(number))
            .map(|tier| tier.points)
    };
    for pair in numbers.windows(2) {
        if let (Some(less), Some(more)) = (worth(pair[0]), worth(pair[1]))
            && less.0.unsigned_abs() > more.0.unsigned_abs()
        {
            let text = format!(
                "more weighs less: {} takes {less} points, but {} takes {more}",
                pair[0], pair[1]
            );
            row.mistake_at("tier", text);
            return;
        }
    }
}

/// Of indicators that differ by the severity alone, the graver never weighs less.
fn of_severities(rows: &[Entry<'_>], indicators: &[Indicator]) {
    const GRAVER: [(&str, &str); 3] = [("minor", "general"), ("general", "serious"), ("minor", "serious")];
    let points = |indicator: &Indicator| match indicator.worth {
        Worth::Each(points) => Some(points),
        Worth::OwnValue(_) | Worth::ByItem(_) | Worth::Tiers(_) => None,
    };
    for (row, graver) in rows.iter().zip(indicators) {
        for (less, more) in GRAVER {
            let (quoted, other) = (format!("\"{more}\""), format!("\"{less}\""));
            let text = graver.select.when.text.replace(&quoted, &other);
            if text == graver.select.when.text || graver.select.when.text.contains(&other) {
                continue;
            }
            let is_same = |one: &&Indicator| {
                one.select.when.text == text
                    && one.select.window == graver.select.window
                    && one.select.of_subject == graver.select.of_subject
                    && one.per == graver.per
            };
            let lighter = indicators.iter().find(is_same);
            if let Some((lighter, Some(Points(light)), Some(Points(grave)))) =
                lighter.map(|lighter| (lighter, points(lighter), points(graver)))
                && light.signum() == grave.signum()
                && light.unsigned_abs() > grave.unsigned_abs()
            {
                let text = format!(
                    "{more} weighs less than {less}: {} points here, {} in {}",
                    Points(grave),
                    Points(light),
                    lighter.code
                );
                row.mistake_at("points", text);
            }
        }
    }
}

/// A condition over one event that none fits.
fn is_dead_of_event(select: &Select) -> bool {
    let fixed = |flag: EventFlag| match flag {
        EventFlag::Repaired => (!select.counts_repaired).then_some(false),
        EventFlag::Expired => (!select.counts_expired).then_some(false),
        EventFlag::InSector => (!select.of_subject).then_some(true),
        EventFlag::HasAmount | EventFlag::HasValue | EventFlag::OpenEnded => None,
    };
    let bounds = |number: EventNumber| match (number, select.window) {
        (EventNumber::AgeDays, Window::Rolling(Span::Days(days))) => (0, i64::from(days)),
        (EventNumber::AgeDays, Window::Rolling(Span::Months(months))) => (0, 31 * i64::from(months)),
        (EventNumber::AgeDays, Window::Period) => (i64::MIN, 366),
        (EventNumber::AgeDays, Window::All | Window::Valid) | (EventNumber::Amount, _) => (0, i64::MAX),
        (
            EventNumber::Quantity
            | EventNumber::Value
            | EventNumber::Decided
            | EventNumber::Until
            | EventNumber::Day,
            _,
        ) => (i64::MIN, i64::MAX),
    };
    let closed = |word: EventWord| {
        of_event().into_iter().find_map(|(_, named)| match named {
            Named::Text(known, closed) => closed.filter(|_| known == word),
            Named::Flag(_) | Named::Whole(_) | Named::Points(_) | Named::Day(_) => None,
        })
    };
    is_dead::<OfEvent>(&select.when.program, &fixed, &bounds, &closed)
}

/// A condition over a subject that none fits.
fn is_dead_of_subject(rules: &RuleSet, when: &SubjectCondition) -> bool {
    let dead: Vec<bool> = rules
        .counts
        .iter()
        .map(|count| is_dead_of_event(&count.select))
        .collect();
    let bounds = |number: SubjectNumber| match number {
        SubjectNumber::Count(place) if dead[usize::from(place)] => (0, 0),
        SubjectNumber::Count(place) => match rules.counts[usize::from(place)].of {
            CountOf::Events | CountOf::Cases | CountOf::Amount => (0, i64::MAX),
            CountOf::Quantity => (i64::MIN, i64::MAX),
        },
        SubjectNumber::Streak(_) => (0, i64::MAX),
        SubjectNumber::Day
        | SubjectNumber::PeriodStart
        | SubjectNumber::PeriodEnd
        | SubjectNumber::MemberDays
        | SubjectNumber::MemberSince
        | SubjectNumber::Established
        | SubjectNumber::Score => (i64::MIN, i64::MAX),
    };
    let levels: Vec<String> = rules.levels.iter().map(|level| level.code.clone()).collect();
    let closed = |word: SubjectWord| {
        of_subject(&levels)
            .into_iter()
            .find_map(|(_, named)| match named {
                Named::Text(known, closed) => closed.filter(|_| known == word),
                Named::Flag(_) | Named::Whole(_) | Named::Points(_) | Named::Day(_) => None,
            })
    };
    let fixed = |_: SubjectFlag| None;
    is_dead::<OfSubject>(&when.program, &fixed, &bounds, &closed)
}

/// Values for the variables that a program names.
struct Tried<V: Vocabulary> {
    flags: Vec<(V::Flag, Vec<bool>)>,
    numbers: Vec<(V::Number, Vec<i64>)>,
    words: Vec<(V::Word, Vec<String>)>,
    /// Which value of each is tried: flags, then numbers, then words.
    chosen: Vec<usize>,
}

impl<V: Vocabulary> Facts<V> for Tried<V> {
    fn flag(&self, name: V::Flag) -> bool {
        let at = self.flags.iter().position(|(flag, _)| *flag == name);
        at.is_some_and(|at| self.flags[at].1[self.chosen[at]])
    }

    fn number(&self, name: V::Number) -> Result<i64, Absent> {
        let at = self.numbers.iter().position(|(number, _)| *number == name);
        at.map(|at| self.numbers[at].1[self.chosen[self.flags.len() + at]])
            .ok_or(Absent::Missing)
    }

    fn word(&self, name: V::Word) -> &str {
        let at = self.words.iter().position(|(word, _)| *word == name);
        let before = self.flags.len() + self.numbers.len();
        at.map_or("", |at| &self.words[at].1[self.chosen[before + at]])
    }
}

impl<V: Vocabulary> Tried<V> {
    fn sizes(&self) -> Vec<usize> {
        let flags = self.flags.iter().map(|(_, values)| values.len());
        let numbers = self.numbers.iter().map(|(_, values)| values.len());
        let words = self.words.iter().map(|(_, values)| values.len());
        flags.chain(numbers).chain(words).collect()
    }

    /// Goes on to the next combination; false behind the last one.
    fn advance(&mut self, sizes: &[usize]) -> bool {
        for (chosen, size) in self.chosen.iter_mut().zip(sizes) {
            *chosen += 1;
            if *chosen < *size {
                return true;
            }
            *chosen = 0;
        }
        false
    }
}

/// Says whether no values of its variables make a program true; false where that cannot be told.
fn is_dead<V: Vocabulary>(
    program: &Program<V>,
    fixed: &dyn Fn(V::Flag) -> Option<bool>,
    bounds: &dyn Fn(V::Number) -> (i64, i64),
    closed: &dyn Fn(V::Word) -> Option<Vec<String>>,
) -> bool {
    if !is_plain(program) {
        return false;
    }
    let mut tried = Tried::<V> {
        flags: Vec::new(),
        numbers: Vec::new(),
        words: Vec::new(),
        chosen: Vec::new(),
    };
    for node in &program.truths {
        if let Truth::Flag(flag) = node
            && !tried.flags.iter().any(|(known, _)| known == flag)
        {
            let values = fixed(*flag).map_or_else(|| vec![false, true], |value| vec![value]);
            tried.flags.push((*flag, values));
        }
    }
    let mut named = program.listed.clone();
    named.extend(program.numbers.iter().filter_map(|(node, _)| literal(node)));
    for (node, _) in &program.numbers {
        if let Number::Variable(number) = node
            && !tried.numbers.iter().any(|(known, _)| known == number)
        {
            let (least, most) = bounds(*number);
            let beside = |number: &i64| [number.saturating_sub(1), *number, number.saturating_add(1)];
            let mut values: Vec<i64> = named.iter().flat_map(beside).chain([least, most, 0]).collect();
            values.retain(|value| (least..=most).contains(value));
            values.sort_unstable();
            values.dedup();
            tried.numbers.push((*number, values));
        }
    }
    for node in &program.words {
        if let Word::Variable(word) = node
            && !tried.words.iter().any(|(known, _)| known == word)
        {
            let open = || program.texts.iter().cloned().chain([OTHER.to_owned()]).collect();
            tried.words.push((*word, closed(*word).unwrap_or_else(open)));
        }
    }
    let sizes = tried.sizes();
    let combinations = sizes.iter().try_fold(1_usize, |all, size| all.checked_mul(*size));
    if combinations.is_none_or(|all| all > COMBINATIONS_MAX) {
        return false;
    }
    if sizes.contains(&0) {
        return true;
    }
    tried.chosen = vec![0; sizes.len()];
    loop {
        if program.holds(&tried) == Ok(true) {
            return false;
        }
        if !tried.advance(&sizes) {
            return true;
        }
    }
}

fn literal<V: Vocabulary>(node: &Number<V>) -> Option<i64> {
    match node {
        Number::Literal(value) => Some(*value),
        Number::Variable(_) | Number::Negated(_) | Number::Computed(..) | Number::Choice(..) => None,
    }
}

/// Says whether all its numbers are compared with literals alone, so that those and the numbers beside them
/// tell everything apart.
fn is_plain<V: Vocabulary>(program: &Program<V>) -> bool {
    let node = |at: u16| &program.numbers[usize::from(at)].0;
    let is_variable = |at: u16| matches!(node(at), Number::Variable(_));
    let no_word_is_chosen = program.words.iter().all(|word| !matches!(word, Word::Choice(..)));
    no_word_is_chosen
        && program.truths.iter().all(|truth| match truth {
            Truth::Compare(
                Comparison::Equal
                | Comparison::Unequal
                | Comparison::Less
                | Comparison::AtMost
                | Comparison::More
                | Comparison::AtLeast,
                left,
                right,
            ) => {
                let (left_is, right_is) = (literal(node(*left)).is_some(), literal(node(*right)).is_some());
                (left_is || is_variable(*left)) && (right_is || is_variable(*right)) && (left_is || right_is)
            }
            Truth::NumberIn(number, _) => is_variable(*number),
            Truth::Literal(_)
            | Truth::Flag(_)
            | Truth::Not(_)
            | Truth::Both(..)
            | Truth::Either(..)
            | Truth::Choice(..)
            | Truth::SameTruths(..)
            | Truth::SameWords(..)
            | Truth::WordIn(..) => true,
        })
}

/// The literals with which a text is compared.
fn compared(program: &Program<OfEvent>, wanted: EventWord) -> Vec<&str> {
    let word = |at: u16| &program.words[usize::from(at)];
    let is_wanted = |at: u16| matches!(word(at), Word::Variable(name) if *name == wanted);
    let literal = |at: u16| match word(at) {
        Word::Literal(text) => Some(program.texts[usize::from(*text)].as_str()),
        Word::Variable(_) | Word::Choice(..) => None,
    };
    let mut found = Vec::new();
    for truth in &program.truths {
        if let Truth::SameWords(left, right) = truth {
            if is_wanted(*left) {
                found.extend(literal(*right));
            } else if is_wanted(*right) {
                found.extend(literal(*left));
            }
        } else if let Truth::WordIn(name, list) = truth
            && is_wanted(*name)
        {
            let texts = &program.texts[usize::from(list.start)..usize::from(list.end)];
            found.extend(texts.iter().map(String::as_str));
        }
    }
    found
}

/// The one literal that a text must be equal to for the program to hold.
fn demanded(program: &Program<OfEvent>, wanted: EventWord) -> Option<&str> {
    let mut waiting = vec![program.root];
    while let Some(at) = waiting.pop() {
        match &program.truths[usize::from(at)] {
            Truth::Both(left, right) => waiting.extend([*left, *right]),
            Truth::SameWords(left, right) => {
                let (left, right) = (
                    &program.words[usize::from(*left)],
                    &program.words[usize::from(*right)],
                );
                if let (Word::Variable(name), Word::Literal(text))
                | (Word::Literal(text), Word::Variable(name)) = (left, right)
                    && *name == wanted
                {
                    return Some(&program.texts[usize::from(*text)]);
                }
            }
            Truth::Literal(_)
            | Truth::Flag(_)
            | Truth::Not(_)
            | Truth::Either(..)
            | Truth::Choice(..)
            | Truth::Compare(..)
            | Truth::SameTruths(..)
            | Truth::NumberIn(..)
            | Truth::WordIn(..) => {}
        }
    }
    None
}

#[cfg(test)]
#[path = "sense_tests.rs"]
mod tests;
