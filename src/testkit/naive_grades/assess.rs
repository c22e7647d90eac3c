//! What rules make of evidence, read off `docs/rules-language.md` line by line; conditions are run as CEL.
//!
//! `None` stands for an error of a condition or of a sum. Read first: [`judge`].

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use cel::{Context, Program, Value};

use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::Validity;
use crate::domain::grading::{Earlier, Event, EventKind, Evidence, Outcome, Period, Points};
use crate::domain::record::End;
use crate::domain::rules::{Band, Count, CountOf, CycleKind, Indicator, InputFrom, Limits, Per, Pick};
use crate::domain::rules::{Polarity, RuleSet, Select, Span, TierOf, Verdict, Window, Worth};
use crate::domain::subject::SubjectKind;

type Names = Context<'static, 'static>;

thread_local! {
    static ROOT: &'static Names = Box::leak(Box::new(root()));
    static READ: RefCell<HashMap<String, Rc<Program>>> = RefCell::default();
}

fn root() -> Names {
    let mut root = Context::default();
    let day = |text: Rc<str>| text.parse().map_or(0, |day: CivilDate| i64::from(day.days()));
    let date = move |text: std::sync::Arc<String>| -> i64 { day(text.as_str().into()) };
    let points = |text: std::sync::Arc<String>| -> i64 { Points::parse(&text).map_or(0, |points| points.0) };
    root.add_function("date", date).expect("the name is free");
    root.add_function("points", points).expect("the name is free");
    root
}

fn truth(text: &str, names: &Names) -> Option<bool> {
    let compiled = || Rc::new(Program::compile(text).expect("a condition that was checked is CEL"));
    let program =
        READ.with_borrow_mut(|read| Rc::clone(read.entry(text.to_owned()).or_insert_with(compiled)));
    match program.execute(names) {
        Ok(Value::Bool(truth)) => Some(truth),
        Ok(_) | Err(_) => None,
    }
}

/// Judges a subject by a rule set in a period, as of a day: outcome, level, and the score as far as it came.
#[must_use]
pub fn judge(
    rules: &RuleSet,
    evidence: &Evidence,
    period: Period,
    day: CivilDate,
) -> (Outcome, String, Option<Points>) {
    let mut look = Look::on(rules, evidence, period, day);
    let (outcome, level) = match look.as_mut().and_then(Look::level) {
        None => (Outcome::Failed, String::new()),
        Some(Err(outcome)) => (outcome, String::new()),
        Some(Ok(level)) => (Outcome::Graded, rules.levels[level].code.clone()),
    };
    (outcome, level, look.and_then(|look| look.score).map(Points))
}

/// The day that lies so long after another; before it with a negative sign.
#[must_use]
pub fn away(day: CivilDate, span: Span, sign: i32) -> Option<CivilDate> {
    match span {
        Span::Days(days) => CivilDate::from_days(day.days() + sign * i32::from(days)),
        Span::Months(months) => in_month(
            i32::from(day.year()),
            i32::from(day.month()) + sign * i32::from(months),
            day.day(),
        ),
    }
}

/// A day of a month counted from that of a year, or the last before it that the month has.
#[must_use]
pub fn in_month(year: i32, month: i32, day: u8) -> Option<CivilDate> {
    let year = i16::try_from(year + (month - 1).div_euclid(12)).ok()?;
    let month = u8::try_from((month - 1).rem_euclid(12) + 1).ok()?;
    (1..=day)
        .rev()
        .find_map(|day| CivilDate::new(year, month, day).ok())
}

/// The calendar's period around a day.
#[must_use]
pub fn period_of(kind: CycleKind, day: CivilDate) -> Option<Period> {
    let months = match kind {
        CycleKind::RealTime | CycleKind::Year => 12,
        CycleKind::Quarter => 3,
        CycleKind::Month => 1,
    };
    let (year, begun) = (
        i32::from(day.year()),
        (i32::from(day.month()) - 1) / months * months + 1,
    );
    let last = in_month(year, begun + months - 1, 31)?;
    Some(Period {
        first: in_month(year, begun, 1)?,
        last,
    })
}

/// Multiplies and divides; halves away from zero.
fn scaled(one: i64, other: i64, by: i128) -> Option<i64> {
    let product = i128::from(one) * i128::from(other);
    i64::try_from((product.abs() * 2 + by) / (by * 2) * product.signum()).ok()
}

fn within(sum: i64, limits: Limits) -> i64 {
    let sum = limits.cap.map_or(sum, |cap| sum.min(cap.0));
    limits.floor.map_or(sum, |floor| sum.max(floor.0))
}

fn ended(event: &Event, how: End, day: CivilDate) -> bool {
    event.ended.is_some_and(|(end, since)| end == how && since <= day)
}

fn lasts(until: Validity, day: CivilDate) -> bool {
    !matches!(until, Validity::Until(last) if last < day)
}

fn named(texts: &[(&str, &str)], truths: &[(&str, bool)], numbers: &[(&str, Option<i64>)]) -> Names {
    let mut names = ROOT.with(|root| root.new_inner_scope());
    texts
        .iter()
        .for_each(|(name, text)| names.add_variable_from_value(*name, (*text).to_owned()));
    truths
        .iter()
        .for_each(|(name, truth)| names.add_variable_from_value(*name, *truth));
    for (name, number) in numbers {
        number
            .iter()
            .for_each(|number| names.add_variable_from_value(*name, *number));
    }
    names
}

fn number(day: CivilDate) -> i64 {
    i64::from(day.days())
}

fn of_event(event: &Event, day: CivilDate) -> Names {
    let (has_amount, has_value) = (event.amount.is_some(), event.value.is_some());
    let until = if let Validity::Until(last) = event.until {
        Some(number(last))
    } else {
        None
    };
    let severity = event
        .severity
        .map_or(0, |severity| usize::from(severity.number()));
    named(
        &[
            ("kind", event.kind.word()),
            ("item", &event.item),
            ("level", &event.level),
            ("matter", &event.matter),
            ("severity", ["none", "minor", "general", "serious"][severity]),
            (
                "procedure",
                ["simple", "general", "unknown"][event.procedure as usize],
            ),
        ],
        &[
            ("has_amount", has_amount),
            ("has_value", has_value),
            ("open_ended", until.is_none()),
            ("repaired", ended(event, End::Repaired, day)),
            ("expired", ended(event, End::Expired, day)),
            ("in_sector", event.in_sector),
        ],
        &[
            ("amount", event.amount),
            ("quantity", Some(event.quantity)),
            ("value", event.value.map(|value| value.0)),
            ("decided", Some(number(event.decided))),
            ("until", until),
            ("day", Some(number(day))),
            ("age_days", Some(number(day) - number(event.decided))),
        ],
    )
}

/// A subject as rules look at it on a day.
struct Look<'a> {
    rules: &'a RuleSet,
    evidence: &'a Evidence,
    period: Period,
    day: CivilDate,
    /// What counts at all, as conditions see it.
    events: Vec<(&'a Event, Names)>,
    score: Option<i64>,
}

impl<'a> Look<'a> {
    fn on(rules: &'a RuleSet, evidence: &'a Evidence, period: Period, day: CivilDate) -> Option<Self> {
        let events = evidence.events.iter().filter(|event| event.decided <= day);
        let events = events.map(|event| (event, of_event(event, day))).collect();
        let mut look = Self {
            rules,
            evidence,
            period,
            day,
            events,
            score: None,
        };
        if let Some(reset) = &rules.reset {
            let on = look.chosen(reset)?.iter().map(|event| event.decided).max();
            look.events
                .retain(|(event, _)| on.is_none_or(|on| on < event.decided));
        }
        Some(look)
    }

    fn level(&mut self) -> Option<Result<usize, Outcome>> {
        let rules = self.rules;
        let names = self.names()?;
        for entry in &rules.not_rated {
            if truth(&entry.when.text, &names)? {
                return Some(Err(entry.outcome));
            }
        }
        let mut groups = vec![(0_i64, 0); rules.groups.len()];
        if rules.polarity != Polarity::NoScore {
            for indicator in &rules.indicators {
                let (points, counted) = self.indicator(indicator)?;
                let (sum, all) = &mut groups[indicator.group];
                (*sum, *all) = (sum.checked_add(points)?, *all + counted);
            }
            for (group, (sum, _)) in rules.groups.iter().zip(&mut groups) {
                *sum = scaled(within(*sum, group.limits), i64::from(group.weight), 100)?;
            }
            self.score = Some(
                groups
                    .iter()
                    .try_fold(rules.base.0, |sum, (points, _)| sum.checked_add(*points))?,
            );
        }
        let names = self.names()?;
        let mut level = None;
        for band in &rules.bands {
            if level.is_none() && self.fits(band, &groups, &names)? {
                level = Some(band.level);
            }
        }
        let mut level = level?;
        let is_ranked = |level: usize| rules.levels[level].is_ranked;
        for verdict in &rules.verdicts {
            if self.verdict(verdict, &names)? {
                level = if is_ranked(level) {
                    level.max(verdict.level)
                } else {
                    verdict.level
                };
            }
        }
        if !is_ranked(level) {
            return Some(Ok(level));
        }
        for lower in &rules.lowers {
            for _ in 0..if truth(&lower.when.text, &names)? {
                lower.by
            } else {
                0
            } {
                level = (level + 1..rules.levels.len())
                    .find(|below| is_ranked(*below))
                    .unwrap_or(level);
            }
        }
        for bar in &rules.bars {
            level = if truth(&bar.when.text, &names)? {
                level.max(bar.not_better_than)
            } else {
                level
            };
        }
        Some(Ok(self.held_back(level)))
    }

    fn chosen(&self, select: &Select) -> Option<Vec<&'a Event>> {
        let mut chosen = Vec::new();
        for (event, names) in &self.events {
            let in_window = match select.window {
                Window::Period => self.period.first <= event.decided && event.decided <= self.period.last,
                Window::Rolling(span) => away(self.day, span, -1).is_none_or(|first| first < event.decided),
                Window::All => true,
                Window::Valid => lasts(event.until, self.day),
            };
            if in_window
                && (select.of_subject || event.in_sector)
                && (select.counts_repaired || !ended(event, End::Repaired, self.day))
                && (select.counts_expired || !ended(event, End::Expired, self.day))
                && truth(&select.when.text, names)?
            {
                chosen.push(*event);
            }
        }
        Some(chosen)
    }

    fn indicator(&self, indicator: &Indicator) -> Option<(i64, usize)> {
        let mut counted: Vec<(&str, i64)> = Vec::new();
        for event in self.chosen(&indicator.select)? {
            let mut each = None;
            match &indicator.worth {
                Worth::Each(points) => each = Some(points.0),
                Worth::OwnValue(times) => {
                    each = Some(scaled(event.value?.0, times.0, i128::from(Points::UNIT))?)
                }
                Worth::ByItem(items) => {
                    each = items
                        .iter()
                        .find(|(item, _)| *item == event.item)
                        .map(|(_, points)| points.0)
                }
                Worth::Tiers(tiers) => {
                    for tier in tiers {
                        let number = match tier.of {
                            TierOf::Amount => event.amount?,
                            TierOf::Quantity => event.quantity,
                            TierOf::Value => event.value?.0,
                        };
                        if tier.bounds.hold(number) {
                            each = Some(tier.points.0);
                            break;
                        }
                    }
                }
            }
            let Some(each) = each else { continue };
            let points = if indicator.per == Per::Quantity {
                each.checked_mul(event.quantity)?
            } else {
                each
            };
            let together = counted
                .iter_mut()
                .find(|(case, _)| match (indicator.per, indicator.pick) {
                    (Per::Once, _) => true,
                    (Per::Case, Pick::Heaviest) => !case.is_empty() && *case == event.case,
                    (Per::Case, Pick::Sum) | (Per::Event | Per::Quantity, _) => false,
                });
            match together {
                Some((_, most)) if most.unsigned_abs() < points.unsigned_abs() => *most = points,
                Some(_) => {}
                None => counted.push((&event.case, points)),
            }
        }
        let sum = counted
            .iter()
            .try_fold(0_i64, |sum, (_, points)| sum.checked_add(*points))?;
        Some((
            if counted.is_empty() {
                0
            } else {
                within(sum, indicator.limits)
            },
            counted.len(),
        ))
    }

    fn fits(&self, band: &Band, groups: &[(i64, usize)], names: &Names) -> Option<bool> {
        let counts = |place: &usize| band.of.as_ref().is_none_or(|of| of.contains(place));
        let mut sums = (0..groups.len()).filter(counts).map(|place| groups[place].0);
        let score = sums.try_fold(self.rules.base.0, i64::checked_add)?;
        let lacks = |place: &usize| self.rules.groups[*place].is_needed && groups[*place].1 == 0;
        if self.score.is_some() && !band.bounds.hold(score) || band.of.iter().flatten().any(lacks) {
            return Some(false);
        }
        if let Some(when) = &band.when
            && !truth(&when.text, names)?
        {
            return Some(false);
        }
        if band.rank_top_percent.is_none() && band.rank_above_percent.is_none() {
            return Some(true);
        }
        let rank = self.evidence.rank?;
        let is_top = |percent: u8| u64::from(rank.place) * 100 <= u64::from(percent) * u64::from(rank.of);
        Some(band.rank_top_percent.is_none_or(is_top) && !band.rank_above_percent.is_some_and(is_top))
    }

    fn verdict(&self, verdict: &Verdict, names: &Names) -> Option<bool> {
        let mut found = vec![truth(&verdict.when.text, names)];
        let since = verdict.holds_for.and_then(|span| away(self.day, span, -1));
        for day in self.evidence.events.iter().map(|event| event.decided) {
            if since.is_some_and(|since| since < day) && day < self.day {
                let period = period_of(self.rules.cycle.kind, day)?;
                let then = Look::on(self.rules, self.evidence, period, day);
                let names = then.and_then(|then| then.names());
                found.push(names.and_then(|names| truth(&verdict.when.text, &names)));
            }
        }
        if found.contains(&Some(true)) {
            Some(true)
        } else {
            (!found.contains(&None)).then_some(false)
        }
    }

    /// Settled before this assessment, the latest last.
    fn earlier(&self) -> Vec<&'a Earlier> {
        let is_before = |one: &&Earlier| match self.rules.cycle.kind {
            CycleKind::RealTime => one.from < self.day,
            CycleKind::Month | CycleKind::Quarter | CycleKind::Year => one.period_last < self.period.last,
        };
        let own = self
            .evidence
            .earlier
            .iter()
            .filter(|one| one.sector == self.rules.sector);
        own.filter(is_before).collect()
    }

    fn held_back(&self, level: usize) -> usize {
        let earlier = self.earlier();
        let (Some(span), Some(last)) = (self.rules.upgrade_only_after, earlier.last()) else {
            return level;
        };
        let stood = earlier
            .iter()
            .rev()
            .take_while(|one| one.level == last.level)
            .last();
        let free = away(stood.map_or(last.from, |one| one.from), span, 1);
        match self
            .rules
            .level(&last.level)
            .filter(|was| self.rules.levels[*was].is_ranked)
        {
            Some(was) if free.is_none_or(|free| self.day < free) => level.max(was),
            Some(_) | None => level,
        }
    }

    fn count(&self, count: &Count) -> Option<i64> {
        let mut cases: Vec<&str> = Vec::new();
        let mut sum = 0_i64;
        for event in self.chosen(&count.select)? {
            let is_new = event.case.is_empty() || !cases.contains(&event.case.as_str());
            cases.push(&event.case);
            sum = sum.checked_add(match count.of {
                CountOf::Events => 1,
                CountOf::Cases => i64::from(is_new),
                CountOf::Quantity => event.quantity,
                CountOf::Amount => event.amount?,
            })?;
        }
        Some(sum)
    }

    fn streak(&self, level: usize) -> i64 {
        let mut length = 0;
        let mut period = Some(self.period);
        while let Some(day) = period.and_then(|period| period.first.previous()) {
            period = period_of(self.rules.cycle.kind, day);
            let of_cycle = |one: &&Earlier| Some(one.period_last) == period.map(|period| period.last);
            let reached = self
                .earlier()
                .into_iter()
                .rfind(of_cycle)
                .and_then(|one| self.rules.level(&one.level));
            if !reached.is_some_and(|reached| self.rules.levels[reached].is_ranked && reached <= level) {
                break;
            }
            length += 1;
        }
        length
    }

    fn input(&self, from: &InputFrom) -> &'a str {
        let found = match from {
            InputFrom::Evaluation(kind) => {
                let stands = |event: &&Event| {
                    let is_its = event.kind == EventKind::Evaluation && event.item == *kind;
                    let has_ended = event.ended.is_some_and(|(_, since)| since <= self.day);
                    is_its && event.decided <= self.day && lasts(event.until, self.day) && !has_ended
                };
                self.evidence
                    .events
                    .iter()
                    .rfind(stands)
                    .map(|event| event.level.as_str())
            }
            InputFrom::Sector(sector) => {
                let holds = |one: &&Earlier| {
                    one.sector == *sector
                        && one.from <= self.day
                        && one.until.is_none_or(|until| self.day <= until)
                };
                let last = self.evidence.earlier.iter().rfind(holds);
                last.filter(|one| one.outcome == Outcome::Graded)
                    .map(|one| one.level.as_str())
            }
        };
        found.unwrap_or("none")
    }

    /// The variables of the subject; what fails has no value.
    fn names(&self) -> Option<Names> {
        let (rules, evidence) = (self.rules, self.evidence);
        let previous = self
            .earlier()
            .into_iter()
            .rfind(|one| one.outcome == Outcome::Graded);
        let kind = match evidence.subject_kind {
            SubjectKind::Organisation => "organisation",
            SubjectKind::Person => "person",
            SubjectKind::IndividualBusiness => "individual_business",
        };
        let mut texts = vec![
            ("subject_kind", kind),
            ("previous", previous.map_or("none", |one| one.level.as_str())),
        ];
        texts.extend(
            rules
                .inputs
                .iter()
                .map(|input| (input.name.as_str(), self.input(&input.from))),
        );
        let since = evidence.member_from.map(number);
        let mut numbers = vec![
            ("day", Some(number(self.day))),
            ("period_start", Some(number(self.period.first))),
            ("period_end", Some(number(self.period.last))),
            ("member_since", since),
            ("member_days", since.map(|since| number(self.day) - since)),
            ("established", evidence.established_on.map(number)),
            ("score", self.score),
        ];
        numbers.extend(
            rules
                .counts
                .iter()
                .map(|count| (count.name.as_str(), self.count(count))),
        );
        numbers.extend(
            rules
                .streaks
                .iter()
                .map(|one| (one.name.as_str(), Some(self.streak(one.level)))),
        );
        let deregistered = evidence.deregistered_on.is_some_and(|on| on <= self.day);
        let truths = [
            ("registered", evidence.is_registered),
            ("deregistered", deregistered),
            ("has_established", evidence.established_on.is_some()),
            ("is_first", previous.is_none()),
        ];
        Some(named(&texts, &truths, &numbers))
    }
}
