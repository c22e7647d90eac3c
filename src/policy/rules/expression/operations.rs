//! Comparisons, arithmetic, choices and lists.

use super::{
    At, Comparison, Compiler, Expr, FINE_POINTS, IdedExpr, Kind, ListExpr, Listed, LiteralValue, Number,
    Operation, Part, Problem, Truth, Vocabulary, Word,
};

const ONE_TYPE: &str = "expected literals of one type in a list";

impl<V: Vocabulary> Compiler<'_, V> {
    pub(super) fn same(
        &mut self,
        expr: &IdedExpr,
        left: &IdedExpr,
        right: &IdedExpr,
    ) -> Result<Part, Problem> {
        let one = self.part(left)?;
        let other = self.of_kind(right, one.kind)?;
        self.known(right, &one)?;
        self.known(left, &other)?;
        self.not_too_fine(left, right, &one, &other)?;
        let node = match one.kind {
            Kind::Truth => Truth::SameTruths(one.at, other.at),
            Kind::Whole | Kind::Day => Truth::Compare(Comparison::Equal, one.at, other.at),
            Kind::Text => Truth::SameWords(one.at, other.at),
        };
        self.truth(expr, node)
    }

    pub(super) fn compare(
        &mut self,
        expr: &IdedExpr,
        how: Comparison,
        left: &IdedExpr,
        right: &IdedExpr,
    ) -> Result<Part, Problem> {
        let one = self.part(left)?;
        match one.kind {
            Kind::Whole | Kind::Day => {}
            Kind::Truth | Kind::Text => {
                let text = format!("expected a whole number or a day, found {}", one.kind.named());
                return self.problem(left, text);
            }
        }
        let other = self.of_kind(right, one.kind)?;
        self.not_too_fine(left, right, &one, &other)?;
        self.truth(expr, Truth::Compare(how, one.at, other.at))
    }

    /// A literal must be among the values that the variable beside it may have.
    fn known(&self, literal: &IdedExpr, beside: &Part) -> Result<(), Problem> {
        if let Expr::Literal(LiteralValue::String(text)) = &literal.expr {
            return self.known_text(literal, text.inner(), beside);
        }
        Ok(())
    }

    fn known_text(&self, literal: &IdedExpr, text: &str, beside: &Part) -> Result<(), Problem> {
        match &beside.closed {
            Some(closed) if !closed.iter().any(|value| value == text) => {
                let text = format!("expected one of {}, found \"{text}\"", closed.join(", "));
                self.problem(literal, text)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Who compares points with 90 means 90 points, not 90 units of 1/100,000.
    fn not_too_fine(
        &self,
        left: &IdedExpr,
        right: &IdedExpr,
        one: &Part,
        other: &Part,
    ) -> Result<(), Problem> {
        for (literal, beside) in [(left, other), (right, one)] {
            if let Expr::Literal(LiteralValue::Int(number)) = &literal.expr
                && beside.is_points
                && (1..FINE_POINTS).contains(&number.inner().unsigned_abs())
            {
                let number = number.inner();
                let text = format!("{number} is {number}/100000 of a point; write points(\"{number}\")");
                return self.problem(literal, text);
            }
        }
        Ok(())
    }

    pub(super) fn compute(
        &mut self,
        expr: &IdedExpr,
        operation: Operation,
        left: &IdedExpr,
        right: &IdedExpr,
    ) -> Result<Part, Problem> {
        let (one, other) = (self.part(left)?, self.part(right)?);
        let kind = match (operation, one.kind, other.kind) {
            (_, Kind::Whole, Kind::Whole) | (Operation::Subtract, Kind::Day, Kind::Day) => Kind::Whole,
            (Operation::Add, Kind::Day, Kind::Whole)
            | (Operation::Add, Kind::Whole, Kind::Day)
            | (Operation::Subtract, Kind::Day, Kind::Whole) => Kind::Day,
            (Operation::Add | Operation::Subtract, Kind::Day, found)
            | (_, Kind::Whole, found @ (Kind::Day | Kind::Truth | Kind::Text)) => {
                let text = format!("expected a whole number, found {}", found.named());
                return self.problem(right, text);
            }
            (_, found, _) => {
                let text = format!("expected a whole number, found {}", found.named());
                return self.problem(left, text);
            }
        };
        let is_points = one.is_points || other.is_points;
        let part = self.number(expr, kind, Number::Computed(operation, one.at, other.at))?;
        Ok(Part { is_points, ..part })
    }

    pub(super) fn choice(
        &mut self,
        expr: &IdedExpr,
        when: &IdedExpr,
        then: &IdedExpr,
        otherwise: &IdedExpr,
    ) -> Result<Part, Problem> {
        let when = self.of_kind(when, Kind::Truth)?.at;
        let one = self.part(then)?;
        let other = self.of_kind(otherwise, one.kind)?;
        match one.kind {
            Kind::Truth => self.truth(expr, Truth::Choice(when, one.at, other.at)),
            Kind::Whole | Kind::Day => self.number(expr, one.kind, Number::Choice(when, one.at, other.at)),
            Kind::Text => self.word(expr, Word::Choice(when, one.at, other.at)),
        }
    }

    pub(super) fn contained(
        &mut self,
        expr: &IdedExpr,
        one: &IdedExpr,
        list: &IdedExpr,
    ) -> Result<Part, Problem> {
        let part = self.part(one)?;
        let Expr::List(elements) = &list.expr else {
            return self.problem(list, "expected a list of literals, such as [\"01\", \"02\"]");
        };
        let node = match self.listed(list, elements, &part)? {
            Listed::Numbers(kind, numbers) if kind == part.kind => {
                Truth::NumberIn(part.at, self.numbers(list, &numbers)?)
            }
            Listed::Texts(texts) if part.kind == Kind::Text => {
                Truth::WordIn(part.at, self.texts(list, texts)?)
            }
            Listed::Numbers(kind, _) => return self.other_kind(list, part.kind, kind),
            Listed::Texts(_) => return self.other_kind(list, part.kind, Kind::Text),
        };
        self.truth(expr, node)
    }

    fn other_kind<T>(&self, list: &IdedExpr, wanted: Kind, found: Kind) -> Result<T, Problem> {
        let text = format!(
            "expected a list of {}, found one of {}",
            plural(wanted),
            plural(found)
        );
        self.problem(list, text)
    }

    fn numbers(&mut self, expr: &IdedExpr, numbers: &[i64]) -> Result<std::ops::Range<At>, Problem> {
        let (from, to) = (
            self.program.listed.len(),
            self.program.listed.len() + numbers.len(),
        );
        let (Some(from), Some(to)) = (Self::placed(from), Self::placed(to)) else {
            return self.problem(expr, "the condition is too long");
        };
        self.program.listed.extend(numbers);
        Ok(from..to)
    }

    fn listed(&self, list: &IdedExpr, elements: &ListExpr, beside: &Part) -> Result<Listed, Problem> {
        let mut numbers: Option<(Kind, Vec<i64>)> = None;
        let mut texts = Vec::new();
        for element in &elements.elements {
            let (kind, number) = match &element.expr {
                Expr::Literal(LiteralValue::String(_)) if numbers.is_some() => {
                    return self.problem(element, ONE_TYPE);
                }
                Expr::Literal(LiteralValue::String(text)) => {
                    self.known_text(element, text.inner(), beside)?;
                    texts.push(text.inner().to_owned());
                    continue;
                }
                Expr::Literal(LiteralValue::Int(number)) => (Kind::Whole, *number.inner()),
                Expr::Literal(_)
                | Expr::Unspecified
                | Expr::Call(_)
                | Expr::Comprehension(_)
                | Expr::Ident(_)
                | Expr::List(_)
                | Expr::Map(_)
                | Expr::Select(_)
                | Expr::Struct(_) => self.written(element)?,
            };
            let (first, all) = numbers.get_or_insert_with(|| (kind, Vec::new()));
            if *first != kind || !texts.is_empty() {
                return self.problem(element, ONE_TYPE);
            }
            all.push(number);
        }
        match numbers {
            Some((kind, all)) => Ok(Listed::Numbers(kind, all)),
            None if texts.is_empty() => self.problem(list, "expected at least one literal in the list"),
            None => Ok(Listed::Texts(texts)),
        }
    }
}

fn plural(kind: Kind) -> &'static str {
    match kind {
        Kind::Truth => "truths",
        Kind::Whole => "whole numbers",
        Kind::Day => "days",
        Kind::Text => "texts",
    }
}
