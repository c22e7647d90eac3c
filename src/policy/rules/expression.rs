//! From the text of a condition to its checked program.
//!
//! The `cel` crate reads the text; what it allows beyond our subset is refused here, with the place and the
//! type that is expected. Read first: [`compile`].

use cel::common::ast::{CallExpr, Expr, IdedExpr, ListExpr, LiteralValue, SourceInfo, operators};
use cel::parser::Parser;

use crate::domain::civil_date::CivilDate;
use crate::domain::grading::Points;
use crate::domain::rules::Place;
use crate::domain::rules::condition::{At, Comparison, Number, Operation, Program, Truth, Vocabulary, Word};
use crate::domain::rules::variables::Named;

/// Most nodes of a condition.
pub const NODES_MAX: usize = 1_000;
/// Longest condition, in bytes.
pub const TEXT_SIZE_MAX: usize = 4_000;
/// A number finer than this is hardly meant as points: 1/100 of a point.
const FINE_POINTS: u64 = 1_000;

/// What is wrong with a condition, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Byte of the text.
    pub at: usize,
    pub text: String,
}

/// What a part of a condition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Truth,
    Whole,
    Day,
    Text,
}

impl Kind {
    fn named(self) -> &'static str {
        match self {
            Self::Truth => "true or false",
            Self::Whole => "a whole number",
            Self::Day => "a day",
            Self::Text => "a text",
        }
    }
}

/// A part that is checked.
#[derive(Clone)]
struct Part {
    kind: Kind,
    at: At,
    /// The values that a variable may have.
    closed: Option<Vec<String>>,
    is_points: bool,
}

impl Part {
    fn new(kind: Kind, at: At) -> Self {
        Self {
            kind,
            at,
            closed: None,
            is_points: false,
        }
    }
}

/// A list of literals.
enum Listed {
    Numbers(Kind, Vec<i64>),
    Texts(Vec<String>),
}

struct Compiler<'a, V: Vocabulary> {
    text: &'a str,
    names: &'a [(String, Named<V>)],
    source: SourceInfo,
    place: &'a dyn Fn(usize) -> Place,
    program: Program<V>,
}

/// Checks a condition over the names given; `place` tells where a byte of the text stands in the file.
///
/// # Errors
/// Every mistake of its syntax, else the first of its types.
pub fn compile<V: Vocabulary>(
    text: &str,
    names: &[(String, Named<V>)],
    place: &dyn Fn(usize) -> Place,
) -> Result<Program<V>, Vec<Problem>> {
    if text.len() > TEXT_SIZE_MAX {
        let text = format!("a condition has at most {TEXT_SIZE_MAX} bytes");
        return Err(vec![Problem { at: 0, text }]);
    }
    let (expr, source) = Parser::new()
        .parse_with_source_info(text)
        .map_err(|errors| syntax(text, &errors))?;
    let mut compiler = Compiler {
        text,
        names,
        source,
        place,
        program: Program {
            truths: Vec::new(),
            numbers: Vec::new(),
            words: Vec::new(),
            listed: Vec::new(),
            texts: Vec::new(),
            root: 0,
        },
    };
    let root = compiler
        .of_kind(&expr, Kind::Truth)
        .map_err(|problem| vec![problem])?;
    compiler.program.root = root.at;
    Ok(compiler.program)
}

fn syntax(text: &str, errors: &cel::ParseErrors) -> Vec<Problem> {
    let problem = |error: &cel::ParseError| {
        let (line, column) = error.pos;
        let line = usize::try_from(line).unwrap_or(1).max(1);
        let column = usize::try_from(column).unwrap_or(1).max(1);
        let before: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let inside = text[before..].char_indices().nth(column - 1);
        Problem {
            at: inside.map_or(text.len(), |(at, _)| before + at),
            text: format!("the condition cannot be read: {}", error.msg),
        }
    };
    errors.errors.iter().map(problem).collect()
}

impl<V: Vocabulary> Compiler<'_, V> {
    fn byte(&self, expr: &IdedExpr) -> usize {
        let at = self.source.offset_for(expr.id).map_or(0, |(start, _)| start);
        let at = usize::try_from(at).unwrap_or(0);
        self.text
            .char_indices()
            .nth(at)
            .map_or(self.text.len(), |(byte, _)| byte)
    }

    fn problem<T>(&self, expr: &IdedExpr, text: impl Into<String>) -> Result<T, Problem> {
        Err(Problem {
            at: self.byte(expr),
            text: text.into(),
        })
    }

    fn of_kind(&mut self, expr: &IdedExpr, wanted: Kind) -> Result<Part, Problem> {
        let part = self.part(expr)?;
        if part.kind == wanted {
            return Ok(part);
        }
        let text = format!("expected {}, found {}", wanted.named(), part.kind.named());
        self.problem(expr, text)
    }

    fn placed(list: usize) -> Option<At> {
        (list < NODES_MAX).then(|| At::try_from(list).ok()).flatten()
    }

    fn truth(&mut self, expr: &IdedExpr, node: Truth<V>) -> Result<Part, Problem> {
        let Some(at) = Self::placed(self.program.truths.len()) else {
            return self.problem(expr, "the condition is too long");
        };
        self.program.truths.push(node);
        Ok(Part::new(Kind::Truth, at))
    }

    fn number(&mut self, expr: &IdedExpr, kind: Kind, node: Number<V>) -> Result<Part, Problem> {
        let Some(at) = Self::placed(self.program.numbers.len()) else {
            return self.problem(expr, "the condition is too long");
        };
        let place = (self.place)(self.byte(expr));
        self.program.numbers.push((node, place));
        Ok(Part::new(kind, at))
    }

    fn word(&mut self, expr: &IdedExpr, node: Word<V>) -> Result<Part, Problem> {
        let Some(at) = Self::placed(self.program.words.len()) else {
            return self.problem(expr, "the condition is too long");
        };
        self.program.words.push(node);
        Ok(Part::new(Kind::Text, at))
    }

    fn part(&mut self, expr: &IdedExpr) -> Result<Part, Problem> {
        match &expr.expr {
            Expr::Ident(name) => self.variable(expr, name),
            Expr::Literal(literal) => self.literal(expr, literal),
            Expr::Call(call) => self.call(expr, call),
            Expr::List(_) => self.problem(expr, "a list stands only after `in`"),
            Expr::Comprehension(_) => self.problem(expr, "macros are not part of the language"),
            Expr::Select(_) => self.problem(expr, "fields are not part of the language"),
            Expr::Map(_) | Expr::Struct(_) => self.problem(expr, "maps are not part of the language"),
            Expr::Unspecified => self.problem(expr, "something is missing here"),
        }
    }

    fn variable(&mut self, expr: &IdedExpr, name: &str) -> Result<Part, Problem> {
        let Some((_, named)) = self.names.iter().find(|(known, _)| known == name) else {
            let known: Vec<&str> = self.names.iter().map(|(known, _)| known.as_str()).collect();
            return self.problem(
                expr,
                format!("unknown name `{name}`; known are {}", known.join(", ")),
            );
        };
        match named.clone() {
            Named::Flag(flag) => self.truth(expr, Truth::Flag(flag)),
            Named::Whole(number) => self.number(expr, Kind::Whole, Number::Variable(number)),
            Named::Points(number) => {
                let part = self.number(expr, Kind::Whole, Number::Variable(number))?;
                Ok(Part {
                    is_points: true,
                    ..part
                })
            }
            Named::Day(number) => self.number(expr, Kind::Day, Number::Variable(number)),
            Named::Text(word, closed) => {
                let part = self.word(expr, Word::Variable(word))?;
                Ok(Part { closed, ..part })
            }
        }
    }

    fn literal(&mut self, expr: &IdedExpr, literal: &LiteralValue) -> Result<Part, Problem> {
        match literal {
            LiteralValue::Boolean(value) => self.truth(expr, Truth::Literal(*value.inner())),
            LiteralValue::Int(value) => self.number(expr, Kind::Whole, Number::Literal(*value.inner())),
            LiteralValue::String(text) => {
                let at = self.texts(expr, vec![text.inner().to_owned()])?;
                self.word(expr, Word::Literal(at.start))
            }
            LiteralValue::Double(_) => self.problem(
                expr,
                "decimals are not part of the language; points are written points(\"0.5\")",
            ),
            LiteralValue::UInt(_) | LiteralValue::Bytes(_) | LiteralValue::Null => {
                self.problem(expr, "this kind of literal is not part of the language")
            }
        }
    }

    fn texts(&mut self, expr: &IdedExpr, texts: Vec<String>) -> Result<std::ops::Range<At>, Problem> {
        let (from, to) = (self.program.texts.len(), self.program.texts.len() + texts.len());
        let (Some(from), Some(to)) = (Self::placed(from), Self::placed(to)) else {
            return self.problem(expr, "the condition is too long");
        };
        self.program.texts.extend(texts);
        Ok(from..to)
    }

    fn call(&mut self, expr: &IdedExpr, call: &CallExpr) -> Result<Part, Problem> {
        if call.target.is_some() {
            return self.problem(expr, "calls with a dot are not part of the language");
        }
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_AND, [left, right]) => {
                let (left, right) = self.both(left, right, Kind::Truth)?;
                self.truth(expr, Truth::Both(left, right))
            }
            (operators::LOGICAL_OR, [left, right]) => {
                let (left, right) = self.both(left, right, Kind::Truth)?;
                self.truth(expr, Truth::Either(left, right))
            }
            (operators::LOGICAL_NOT, [inner]) => {
                let inner = self.of_kind(inner, Kind::Truth)?;
                self.truth(expr, Truth::Not(inner.at))
            }
            (operators::NEGATE, [inner]) => {
                let inner = self.of_kind(inner, Kind::Whole)?;
                let negated = self.number(expr, Kind::Whole, Number::Negated(inner.at))?;
                Ok(Part {
                    is_points: inner.is_points,
                    ..negated
                })
            }
            (operators::EQUALS, [left, right]) => self.same(expr, left, right),
            (operators::NOT_EQUALS, [left, right]) => {
                let same = self.same(expr, left, right)?;
                self.truth(expr, Truth::Not(same.at))
            }
            (operators::LESS, [left, right]) => self.compare(expr, Comparison::Less, left, right),
            (operators::LESS_EQUALS, [left, right]) => self.compare(expr, Comparison::AtMost, left, right),
            (operators::GREATER, [left, right]) => self.compare(expr, Comparison::More, left, right),
            (operators::GREATER_EQUALS, [left, right]) => {
                self.compare(expr, Comparison::AtLeast, left, right)
            }
            (operators::ADD, [left, right]) => self.compute(expr, Operation::Add, left, right),
            (operators::SUBSTRACT, [left, right]) => self.compute(expr, Operation::Subtract, left, right),
            (operators::MULTIPLY, [left, right]) => self.compute(expr, Operation::Multiply, left, right),
            (operators::DIVIDE, [left, right]) => self.compute(expr, Operation::Divide, left, right),
            (operators::MODULO, [left, right]) => self.compute(expr, Operation::Remainder, left, right),
            (operators::CONDITIONAL, [when, then, otherwise]) => self.choice(expr, when, then, otherwise),
            (operators::IN, [one, list]) => self.contained(expr, one, list),
            ("date" | "points", [_]) => {
                let (kind, value) = self.written(expr)?;
                self.number(expr, kind, Number::Literal(value))
            }
            (name, _) => {
                let text = format!(
                    "`{name}` is not part of the language; functions are date(\"2024-01-31\") and points(\"0.5\")"
                );
                self.problem(expr, text)
            }
        }
    }

    fn both(&mut self, left: &IdedExpr, right: &IdedExpr, kind: Kind) -> Result<(At, At), Problem> {
        let left = self.of_kind(left, kind)?;
        Ok((left.at, self.of_kind(right, kind)?.at))
    }

    /// A literal day or literal points: the argument is a text as written.
    fn written(&self, expr: &IdedExpr) -> Result<(Kind, i64), Problem> {
        if let Expr::Call(call) = &expr.expr
            && let [argument] = call.args.as_slice()
            && let Expr::Literal(LiteralValue::String(text)) = &argument.expr
        {
            let text = text.inner();
            if call.func_name == "date" {
                return match text.parse::<CivilDate>() {
                    Ok(day) => Ok((Kind::Day, i64::from(day.days()))),
                    Err(error) => self.problem(argument, format!("`{text}`: {error}")),
                };
            }
            if call.func_name == "points" {
                return match Points::parse(text) {
                    Some(points) => Ok((Kind::Whole, points.0)),
                    None => self.problem(argument, format!("`{text}` is no decimal of at most five places")),
                };
            }
        }
        self.problem(
            expr,
            "expected a literal, such as date(\"2024-01-31\") or points(\"0.5\")",
        )
    }
}

mod operations;
