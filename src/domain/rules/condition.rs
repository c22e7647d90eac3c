//! Conditions as flat typed programs: three lists of nodes, each node after those it rests on.
//!
//! Programs are made and type-checked by `policy`; a node can only name nodes of the right type, so running
//! one cannot meet a wrong type. Every node can be computed for one row here, or for a column of rows.
//! Read first: [`Program::holds`].

use std::fmt;
use std::ops::Range;

/// Place of a node in its list.
pub type At = u16;

/// The variables that conditions of one kind may name.
pub trait Vocabulary: Copy + fmt::Debug + PartialEq {
    /// True or false.
    type Flag: Copy + fmt::Debug + PartialEq;
    /// Whole numbers and days.
    type Number: Numeral;
    /// Texts.
    type Word: Copy + fmt::Debug + PartialEq;
}

/// A variable that is a number.
pub trait Numeral: Copy + fmt::Debug + PartialEq {
    /// By how much it grows from one day to the next while nothing is recorded.
    fn per_day(self) -> i64;

    /// Its name in rules, where it may have no value.
    fn name(self) -> &'static str;
}

/// What the variables stand for.
pub trait Facts<V: Vocabulary> {
    fn flag(&self, name: V::Flag) -> bool;

    /// # Errors
    /// Why there is no such number.
    fn number(&self, name: V::Number) -> Result<i64, Absent>;

    fn word(&self, name: V::Word) -> &str;
}

/// Why a variable has no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// The rows do not state it.
    Missing,
    /// It is computed, and that failed.
    Failed(Fault),
}

/// Line and column in a file of rules, both from 1, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Place {
    pub line: u32,
    pub column: u32,
}

/// Why a condition has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub cause: Cause,
    pub place: Place,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Below -2^63 or above 2^63 - 1.
    Overflow,
    DivisionByZero,
    /// A variable of this name has no value here.
    Missing(&'static str),
    /// A place in the cohort is asked for outside a run.
    NoRank,
    /// No band takes the score.
    NoBand,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overflow => f.write_str("结果超出整数范围 / the result leaves the range of whole numbers"),
            Self::DivisionByZero => f.write_str("除数为零 / division by zero"),
            Self::Missing(name) => write!(f, "`{name}` 没有值 / `{name}` has no value"),
            Self::NoRank => f.write_str("名次只在批次评定中已知 / a place is known in a run only"),
            Self::NoBand => f.write_str("没有等级适用 / no band fits"),
        }
    }
}

/// How two numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Comparison {
    #[must_use]
    pub fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::More => left > right,
            Self::AtLeast => left >= right,
        }
    }
}

/// Arithmetic on 64 bits; what leaves them is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Add,
    Subtract,
    Multiply,
    /// Rounded toward zero.
    Divide,
    /// With the sign of the dividend.
    Remainder,
}

impl Operation {
    /// # Errors
    /// [`Cause::Overflow`], [`Cause::DivisionByZero`].
    pub fn of(self, left: i64, right: i64) -> Result<i64, Cause> {
        let result = match self {
            Self::Add => left.checked_add(right),
            Self::Subtract => left.checked_sub(right),
            Self::Multiply => left.checked_mul(right),
            Self::Divide | Self::Remainder if right == 0 => return Err(Cause::DivisionByZero),
            Self::Divide => left.checked_div(right),
            Self::Remainder => left.checked_rem(right),
        };
        result.ok_or(Cause::Overflow)
    }
}

/// A node that is true or false. `At` names a node of the list that the operand's type tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Truth<V: Vocabulary> {
    Literal(bool),
    Flag(V::Flag),
    Not(At),
    Both(At, At),
    Either(At, At),
    /// The first decides between the other two.
    Choice(At, At, At),
    Compare(Comparison, At, At),
    SameTruths(At, At),
    SameWords(At, At),
    NumberIn(At, Range<At>),
    WordIn(At, Range<At>),
}

/// A node that is a whole number or a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number<V: Vocabulary> {
    Literal(i64),
    Variable(V::Number),
    Negated(At),
    Computed(Operation, At, At),
    /// A truth decides between two numbers.
    Choice(At, At, At),
}

/// A node that is a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Word<V: Vocabulary> {
    Literal(At),
    Variable(V::Word),
    /// A truth decides between two texts.
    Choice(At, At, At),
}

/// A condition, ready to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Program<V: Vocabulary> {
    pub truths: Vec<Truth<V>>,
    /// With the place in the file, for faults.
    pub numbers: Vec<(Number<V>, Place)>,
    pub words: Vec<Word<V>>,
    /// Literal lists, one after the other.
    pub listed: Vec<i64>,
    /// Literal texts.
    pub texts: Vec<String>,
    /// The truth asked for.
    pub root: At,
}

/// A condition as written, with its program.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition<V: Vocabulary> {
    pub text: String,
    /// Of its first character.
    pub place: Place,
    pub program: Program<V>,
}

impl<V: Vocabulary> Program<V> {
    /// Says whether it is the literal `true`.
    #[must_use]
    pub fn always(&self) -> bool {
        matches!(
            self.truths.get(usize::from(self.root)),
            Some(Truth::Literal(true))
        )
    }

    /// Says whether it names the variable.
    #[must_use]
    pub fn names(&self, name: V::Number) -> bool {
        self.numbers
            .iter()
            .any(|(node, _)| matches!(node, Number::Variable(found) if *found == name))
    }

    /// Says whether the condition holds.
    ///
    /// `&&` and `||` absorb an error of one side if the other decides.
    ///
    /// # Errors
    /// The fault that decides; of two, the left one.
    #[inline]
    pub fn holds(&self, facts: &impl Facts<V>) -> Result<bool, Fault> {
        self.truth(self.root, facts)
    }

    fn truth(&self, at: At, facts: &impl Facts<V>) -> Result<bool, Fault> {
        match &self.truths[usize::from(at)] {
            Truth::Literal(value) => Ok(*value),
            Truth::Flag(name) => Ok(facts.flag(*name)),
            Truth::Not(inner) => Ok(!self.truth(*inner, facts)?),
            Truth::Both(left, right) => self.joined(*left, *right, false, facts),
            Truth::Either(left, right) => self.joined(*left, *right, true, facts),
            Truth::Choice(when, then, otherwise) => {
                let chosen = if self.truth(*when, facts)? {
                    then
                } else {
                    otherwise
                };
                self.truth(*chosen, facts)
            }
            Truth::Compare(how, left, right) => {
                let left = self.number(*left, facts)?;
                Ok(how.holds(left, self.number(*right, facts)?))
            }
            Truth::SameTruths(left, right) => {
                let left = self.truth(*left, facts)?;
                Ok(left == self.truth(*right, facts)?)
            }
            Truth::SameWords(left, right) => {
                let left = self.word(*left, facts)?;
                Ok(left == self.word(*right, facts)?)
            }
            Truth::NumberIn(number, list) => {
                let number = self.number(*number, facts)?;
                Ok(self.listed[usize::from(list.start)..usize::from(list.end)].contains(&number))
            }
            Truth::WordIn(word, list) => {
                let word = self.word(*word, facts)?;
                let texts = &self.texts[usize::from(list.start)..usize::from(list.end)];
                Ok(texts.iter().any(|text| text == word))
            }
        }
    }

    /// `&&` (decided by false) or `||` (decided by true).
    fn joined(&self, left: At, right: At, decides: bool, facts: &impl Facts<V>) -> Result<bool, Fault> {
        let left = self.truth(left, facts);
        if left == Ok(decides) {
            return Ok(decides);
        }
        let right = self.truth(right, facts);
        if right == Ok(decides) {
            return Ok(decides);
        }
        left.and(right)
    }

    /// Computes a number of the program.
    ///
    /// # Errors
    /// The fault of the first part that has one.
    pub fn number(&self, at: At, facts: &impl Facts<V>) -> Result<i64, Fault> {
        let (node, place) = &self.numbers[usize::from(at)];
        let fault = |cause| Fault { cause, place: *place };
        match node {
            Number::Literal(value) => Ok(*value),
            Number::Variable(name) => facts.number(*name).map_err(|absent| match absent {
                Absent::Missing => fault(Cause::Missing(name.name())),
                Absent::Failed(inner) => inner,
            }),
            Number::Negated(inner) => {
                let inner = self.number(*inner, facts)?;
                inner.checked_neg().ok_or_else(|| fault(Cause::Overflow))
            }
            Number::Computed(operation, left, right) => {
                let left = self.number(*left, facts)?;
                operation.of(left, self.number(*right, facts)?).map_err(fault)
            }
            Number::Choice(when, then, otherwise) => {
                let chosen = if self.truth(*when, facts)? {
                    then
                } else {
                    otherwise
                };
                self.number(*chosen, facts)
            }
        }
    }

    fn word<'a>(&'a self, at: At, facts: &'a impl Facts<V>) -> Result<&'a str, Fault> {
        match &self.words[usize::from(at)] {
            Word::Literal(text) => Ok(&self.texts[usize::from(*text)]),
            Word::Variable(name) => Ok(facts.word(*name)),
            Word::Choice(when, then, otherwise) => {
                let chosen = if self.truth(*when, facts)? {
                    then
                } else {
                    otherwise
                };
                self.word(*chosen, facts)
            }
        }
    }
}
