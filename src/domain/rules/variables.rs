//! The variables of conditions: their names, types, and the values that texts may have.
//!
//! Read first: [`OfEvent`] and [`OfSubject`]; `docs/rules-language.md` shows the same as tables.

use super::condition::{Numeral, Vocabulary};

/// Conditions over one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfEvent;

/// Conditions over a subject, its counts, inputs and streaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfSubject;

impl Vocabulary for OfEvent {
    type Flag = EventFlag;
    type Number = EventNumber;
    type Word = EventWord;
}

impl Vocabulary for OfSubject {
    type Flag = SubjectFlag;
    type Number = SubjectNumber;
    type Word = SubjectWord;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventFlag {
    HasAmount,
    HasValue,
    OpenEnded,
    Repaired,
    Expired,
    InSector,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventNumber {
    Amount,
    Quantity,
    Value,
    Decided,
    Until,
    AgeDays,
    Day,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventWord {
    Kind,
    Item,
    Level,
    Matter,
    Severity,
    Procedure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectFlag {
    Registered,
    Deregistered,
    HasEstablished,
    IsFirst,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectNumber {
    Day,
    PeriodStart,
    PeriodEnd,
    MemberDays,
    MemberSince,
    Established,
    Score,
    /// Place in [`super::RuleSet::counts`].
    Count(u16),
    /// Place in [`super::RuleSet::streaks`].
    Streak(u16),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectWord {
    SubjectKind,
    Previous,
    /// Place in [`super::RuleSet::inputs`].
    Input(u16),
}

impl Numeral for EventNumber {
    fn per_day(self) -> i64 {
        match self {
            Self::AgeDays | Self::Day => 1,
            Self::Amount | Self::Quantity | Self::Value | Self::Decided | Self::Until => 0,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Amount => "amount",
            Self::Quantity => "quantity",
            Self::Value => "value",
            Self::Decided => "decided",
            Self::Until => "until",
            Self::AgeDays => "age_days",
            Self::Day => "day",
        }
    }
}

impl Numeral for SubjectNumber {
    fn per_day(self) -> i64 {
        match self {
            Self::Day | Self::MemberDays => 1,
            Self::PeriodStart
            | Self::PeriodEnd
            | Self::MemberSince
            | Self::Established
            | Self::Score
            | Self::Count(_)
            | Self::Streak(_) => 0,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::PeriodStart => "period_start",
            Self::PeriodEnd => "period_end",
            Self::MemberDays => "member_days",
            Self::MemberSince => "member_since",
            Self::Established => "established",
            Self::Score => "score",
            Self::Count(_) => "count",
            Self::Streak(_) => "streak",
        }
    }
}

/// What a name stands for, to the checker of conditions.
#[derive(Clone, Debug, PartialEq)]
pub enum Named<V: Vocabulary> {
    Flag(V::Flag),
    /// A whole number.
    Whole(V::Number),
    /// Points, in units of 1/100,000.
    Points(V::Number),
    /// A day.
    Day(V::Number),
    /// A text; with the values it may have, unless it is open.
    Text(V::Word, Option<Vec<String>>),
}

/// The values of `kind`.
pub const KINDS: &[&str] = &[
    "penalty",
    "licence",
    "listing",
    "abnormal_listing",
    "commendation",
    "evaluation",
    "inspection",
    "ruling",
    "commitment",
];
/// The values of `severity`.
pub const SEVERITIES: &[&str] = &["none", "minor", "general", "serious"];
/// The values of `procedure`.
pub const PROCEDURES: &[&str] = &["simple", "general", "unknown"];
/// The values of `subject_kind`.
pub const SUBJECT_KINDS: &[&str] = &["organisation", "individual_business", "person"];

fn closed(values: &[&str]) -> Option<Vec<String>> {
    Some(values.iter().map(|value| (*value).to_owned()).collect())
}

/// Every variable of an event.
#[must_use]
pub fn of_event() -> Vec<(String, Named<OfEvent>)> {
    let all = [
        ("kind", Named::Text(EventWord::Kind, closed(KINDS))),
        ("item", Named::Text(EventWord::Item, None)),
        ("level", Named::Text(EventWord::Level, None)),
        ("matter", Named::Text(EventWord::Matter, None)),
        ("severity", Named::Text(EventWord::Severity, closed(SEVERITIES))),
        ("procedure", Named::Text(EventWord::Procedure, closed(PROCEDURES))),
        ("amount", Named::Whole(EventNumber::Amount)),
        ("has_amount", Named::Flag(EventFlag::HasAmount)),
        ("quantity", Named::Whole(EventNumber::Quantity)),
        ("value", Named::Points(EventNumber::Value)),
        ("has_value", Named::Flag(EventFlag::HasValue)),
        ("decided", Named::Day(EventNumber::Decided)),
        ("until", Named::Day(EventNumber::Until)),
        ("open_ended", Named::Flag(EventFlag::OpenEnded)),
        ("repaired", Named::Flag(EventFlag::Repaired)),
        ("expired", Named::Flag(EventFlag::Expired)),
        ("in_sector", Named::Flag(EventFlag::InSector)),
        ("age_days", Named::Whole(EventNumber::AgeDays)),
        ("day", Named::Day(EventNumber::Day)),
    ];
    all.map(|(name, named)| (name.to_owned(), named)).to_vec()
}

/// Every variable of a subject that each rule set knows; `previous` is one of `levels` or `none`.
#[must_use]
pub fn of_subject(levels: &[String]) -> Vec<(String, Named<OfSubject>)> {
    let previous = levels.iter().cloned().chain(["none".to_owned()]).collect();
    let kinds = closed(SUBJECT_KINDS);
    let all = [
        ("day", Named::Day(SubjectNumber::Day)),
        ("period_start", Named::Day(SubjectNumber::PeriodStart)),
        ("period_end", Named::Day(SubjectNumber::PeriodEnd)),
        ("subject_kind", Named::Text(SubjectWord::SubjectKind, kinds)),
        ("member_days", Named::Whole(SubjectNumber::MemberDays)),
        ("member_since", Named::Day(SubjectNumber::MemberSince)),
        ("registered", Named::Flag(SubjectFlag::Registered)),
        ("deregistered", Named::Flag(SubjectFlag::Deregistered)),
        ("established", Named::Day(SubjectNumber::Established)),
        ("has_established", Named::Flag(SubjectFlag::HasEstablished)),
        ("score", Named::Points(SubjectNumber::Score)),
        ("previous", Named::Text(SubjectWord::Previous, Some(previous))),
        ("is_first", Named::Flag(SubjectFlag::IsFirst)),
    ];
    all.map(|(name, named)| (name.to_owned(), named)).to_vec()
}
