//! On which later day a condition may turn while nothing is recorded.

use super::condition::{At, Comparison, Facts, Number, Numeral, Operation, Program, Truth, Vocabulary};

/// Beyond these a number is not followed, so that no value on the way can overflow.
const SLOPE_MAX: i64 = 1_000;
const VALUE_MAX: i64 = 1 << 60;

/// How a number goes on from day to day.
#[derive(Clone, Copy)]
enum Course {
    /// Value today, and how much it grows each day.
    Straight(i64, i64),
    /// It has no value, today and later.
    Fails,
    Unknown,
}

impl<V: Vocabulary> Program<V> {
    /// Says whether anything in it changes by itself from day to day.
    #[must_use]
    pub fn varies(&self) -> bool {
        self.numbers.iter().any(|(node, _)| match node {
            Number::Variable(name) => name.per_day() != 0,
            Number::Literal(_) | Number::Negated(_) | Number::Computed(..) | Number::Choice(..) => false,
        })
    }

    /// Returns after how many days, at least one, a comparison in it may first turn.
    ///
    /// Where that cannot be solved, one day. Flags, texts, and numbers that do not grow by the day are taken
    /// to stay as they are. `None`: never.
    pub fn turns(&self, facts: &impl Facts<V>) -> Option<i64> {
        if !self.varies() {
            return None;
        }
        let nodes = self.truths.iter();
        nodes.filter_map(|node| self.turn(node, facts)).min()
    }

    fn turn(&self, node: &Truth<V>, facts: &impl Facts<V>) -> Option<i64> {
        match node {
            Truth::Compare(how, left, right) => {
                let (left, right) = (self.course(*left, facts), self.course(*right, facts));
                first_turn(*how, left, right)
            }
            Truth::NumberIn(number, list) => {
                let number = self.course(*number, facts);
                let list = &self.listed[usize::from(list.start)..usize::from(list.end)];
                let one = |listed: &i64| {
                    let fixed = straight(*listed, 0);
                    first_turn(Comparison::Equal, number, fixed)
                };
                list.iter().filter_map(one).min()
            }
            Truth::Literal(_)
            | Truth::Flag(_)
            | Truth::Not(_)
            | Truth::Both(..)
            | Truth::Either(..)
            | Truth::Choice(..)
            | Truth::SameTruths(..)
            | Truth::SameWords(..)
            | Truth::WordIn(..) => None,
        }
    }

    fn course(&self, at: At, facts: &impl Facts<V>) -> Course {
        match &self.numbers[usize::from(at)].0 {
            Number::Literal(value) => straight(*value, 0),
            Number::Variable(name) => match facts.number(*name) {
                Ok(value) => straight(value, name.per_day()),
                Err(_) => Course::Fails,
            },
            Number::Negated(inner) => match self.course(*inner, facts) {
                Course::Straight(value, slope) => straight(-value, -slope),
                Course::Fails => Course::Fails,
                Course::Unknown => Course::Unknown,
            },
            Number::Computed(operation, left, right) => {
                let (left, right) = (self.course(*left, facts), self.course(*right, facts));
                computed(*operation, left, right)
            }
            Number::Choice(..) => Course::Unknown,
        }
    }
}

fn straight(value: i64, slope: i64) -> Course {
    if slope.abs() > SLOPE_MAX || value.checked_abs().is_none_or(|size| size > VALUE_MAX) {
        Course::Unknown
    } else {
        Course::Straight(value, slope)
    }
}

fn computed(operation: Operation, left: Course, right: Course) -> Course {
    let (Course::Straight(left, grows), Course::Straight(right, other)) = (left, right) else {
        // A part that fails, fails on every day; one that is not known may begin to fail before it.
        let unknown = matches!(left, Course::Unknown) || matches!(right, Course::Unknown);
        return if unknown { Course::Unknown } else { Course::Fails };
    };
    match operation {
        Operation::Add => straight(left + right, grows + other),
        Operation::Subtract => straight(left - right, grows - other),
        Operation::Multiply if grows == 0 || other == 0 => {
            let slope = grows.checked_mul(right).zip(other.checked_mul(left));
            match (left.checked_mul(right), slope) {
                (Some(value), Some((one, two))) if one.abs().max(two.abs()) <= SLOPE_MAX => {
                    straight(value, one + two)
                }
                (Some(_) | None, Some(_) | None) => Course::Unknown,
            }
        }
        Operation::Divide | Operation::Remainder if grows == 0 && other == 0 => {
            match operation.of(left, right) {
                Ok(value) => straight(value, 0),
                Err(_) => Course::Fails,
            }
        }
        Operation::Multiply | Operation::Divide | Operation::Remainder => Course::Unknown,
    }
}

fn first_turn(how: Comparison, left: Course, right: Course) -> Option<i64> {
    let (left, right) = match (left, right) {
        (Course::Unknown, Course::Unknown | Course::Straight(..) | Course::Fails)
        | (Course::Straight(..) | Course::Fails, Course::Unknown) => return Some(1),
        (Course::Fails, Course::Straight(..) | Course::Fails) | (Course::Straight(..), Course::Fails) => {
            return None;
        }
        (Course::Straight(left, grows), Course::Straight(right, other)) => ((left, grows), (right, other)),
    };
    let (apart, slope) = (left.0 - right.0, left.1 - right.1);
    if slope == 0 {
        return None;
    }
    // Both meet where `apart + slope * days` is zero; the comparison turns there or on the day after.
    let meet = (-apart).div_euclid(slope);
    let now = how.holds(apart, 0);
    [meet, meet + 1, meet + 2]
        .into_iter()
        .find(|days| *days >= 1 && how.holds(apart + slope * days, 0) != now)
}
