//! Both ways: timeliness, excuses, zero reports, mass reports.

use super::catalog::standing;
use super::requests::{date, department_name, optional_date, text};
use super::timestamp;
use crate::domain::civil_date::{CivilDate, Month};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::reporting::{DataKind, Reporter};
use crate::domain::revision::{Epoch, Place};
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::supervision_fact::Excuse;
use crate::domain::timeliness::{Limit, TimelinessRule};
use crate::oversight::arrivals::Filter;
use crate::oversight::excuses::{EVIDENCE_MAX, ExcuseName, ExcuseRead};
use crate::oversight::floods::By;
use crate::oversight::timeliness::{Dimension, Key, Tally, Wanted};
use crate::oversight::zero_reports::{MonthRead, Reporting};
use crate::services::pb;

/// Longest text of an excuse and of a judgment, in characters.
pub const EXCUSE_TEXT_LENGTH_MAX: usize = 1_000;
/// Longest reference, in characters.
const REFERENCE_LENGTH_MAX: usize = 200;

fn wrong(field: &str, what: &str) -> Refusal {
    Refusal::plain(Reason::MalformedValue).violating(field, what)
}

/// Reads an enum whose numbers are the domain's; zero is `None`.
///
/// # Errors
/// `MALFORMED_VALUE`, with the field.
pub fn choice<T: TryFrom<u8>>(field: &str, number: i32) -> Result<Option<T>, Refusal> {
    if number == 0 {
        return Ok(None);
    }
    let known = u8::try_from(number)
        .ok()
        .and_then(|number| T::try_from(number).ok());
    known.map(Some).ok_or_else(|| wrong(field, "is not on the list"))
}

/// The same where a value is required.
///
/// # Errors
/// `MALFORMED_VALUE`, with the field.
pub fn required<T: TryFrom<u8>>(field: &str, number: i32) -> Result<T, Refusal> {
    choice(field, number)?.ok_or_else(|| wrong(field, "is required"))
}

/// Reads the name of a reporter.
///
/// # Errors
/// `MALFORMED_NAME`, with the field.
pub fn reporter(field: &str, name: &str) -> Result<Reporter, Refusal> {
    let form = "is not of the form departments/CODE or bodies/CODE";
    let malformed = |_| Refusal::plain(Reason::MalformedName).violating(field, form);
    name.parse().map_err(malformed)
}

/// Reads the name of an excuse.
///
/// # Errors
/// `MALFORMED_NAME`, with the field.
pub fn excuse_name(field: &str, name: &str) -> Result<ExcuseName, Refusal> {
    let form = "is not of the form excuses/{26 characters}";
    let malformed = |()| Refusal::plain(Reason::MalformedName).violating(field, form);
    name.parse().map_err(malformed)
}

/// Reads a unified code.
///
/// # Errors
/// `MALFORMED_VALUE`, with the field.
pub fn body_code(field: &str, code: &str) -> Result<SocialCreditCode, Refusal> {
    let malformed = |_| wrong(field, "is no valid unified social credit code");
    code.parse().map_err(malformed)
}

/// Reads a month.
///
/// # Errors
/// `MALFORMED_VALUE`, with the field.
pub fn month(field: &str, month: &str) -> Result<Month, Refusal> {
    month
        .parse()
        .map_err(|_| wrong(field, "is no month of the form YYYY-MM"))
}

/// Reads which rows are meant.
///
/// # Errors
/// `MALFORMED_VALUE`, `MALFORMED_NAME`, for the first field that is wrong.
pub fn filter(filter: Option<&pb::ArrivalFilter>) -> Result<Filter, Refusal> {
    let Some(filter) = filter else {
        return Ok(Filter::default());
    };
    let department = match filter.department.as_str() {
        "" => None,
        name => Some(department_name("filter.department", name)?),
    };
    let body = match filter.body_code.as_str() {
        "" => None,
        code => Some(body_code("filter.body_code", code)?),
    };
    Ok(Filter {
        data: choice("filter.data", filter.data)?,
        department,
        body,
        received_from: optional_date("filter.received_from", &filter.received_from)?,
        received_until: optional_date("filter.received_until", &filter.received_until)?,
        decided_from: optional_date("filter.decided_from", &filter.decided_from)?,
        decided_until: optional_date("filter.decided_until", &filter.decided_until)?,
    })
}

/// Reads by what is counted; each at most once.
///
/// # Errors
/// `MALFORMED_VALUE`, with the place.
pub fn dimensions(numbers: &[i32]) -> Result<Vec<Dimension>, Refusal> {
    let mut dimensions = Vec::new();
    for (place, &number) in numbers.iter().enumerate() {
        let field = format!("group_by[{place}]");
        let dimension = match pb::TimelinessDimension::try_from(number) {
            Ok(pb::TimelinessDimension::Data) => Dimension::Data,
            Ok(pb::TimelinessDimension::Department) => Dimension::Department,
            Ok(pb::TimelinessDimension::Body) => Dimension::Body,
            Ok(pb::TimelinessDimension::MonthReceived) => Dimension::MonthReceived,
            Ok(pb::TimelinessDimension::MonthDecided) => Dimension::MonthDecided,
            Ok(pb::TimelinessDimension::Unspecified) | Err(_) => {
                return Err(wrong(&field, "is not on the list"));
            }
        };
        if dimensions.contains(&dimension) {
            return Err(wrong(&field, "stands twice"));
        }
        dimensions.push(dimension);
    }
    Ok(dimensions)
}

/// Reads which timeliness is wanted; unset means late.
///
/// # Errors
/// `MALFORMED_VALUE`.
pub fn wanted(number: i32) -> Result<Wanted, Refusal> {
    match pb::Timeliness::try_from(number) {
        Ok(pb::Timeliness::Unspecified | pb::Timeliness::Late) => Ok(Wanted::Late),
        Ok(pb::Timeliness::InTime) => Ok(Wanted::InTime),
        Ok(pb::Timeliness::NotJudged) => Ok(Wanted::NotJudged),
        Err(_) => Err(wrong("timeliness", "is not on the list")),
    }
}

/// Reads which day is meant; unset means that of the receipt.
///
/// # Errors
/// `MALFORMED_VALUE`.
pub fn by(number: i32) -> Result<By, Refusal> {
    match pb::DayMeant::try_from(number) {
        Ok(pb::DayMeant::Unspecified | pb::DayMeant::Received) => Ok(By::Received),
        Ok(pb::DayMeant::Decided) => Ok(By::Decided),
        Err(_) => Err(wrong("by", "is not on the list")),
    }
}

/// Reads an excuse.
///
/// # Errors
/// `MALFORMED_VALUE`, `MALFORMED_NAME`, for the first field that is wrong.
pub fn excuse(items: &pb::ExcuseItems) -> Result<Excuse, Refusal> {
    let received_from = date("excuse.received_from", &items.received_from)?;
    let received_until = date("excuse.received_until", &items.received_until)?;
    if received_until < received_from {
        return Err(wrong("excuse.received_until", "lies before received_from"));
    }
    if items.evidence.len() > EVIDENCE_MAX {
        return Err(wrong("excuse.evidence", "has more than 50 references"));
    }
    let evidence = items
        .evidence
        .iter()
        .map(|one| text("excuse.evidence", one, REFERENCE_LENGTH_MAX));
    Ok(Excuse {
        reporter: reporter("excuse.reporter", &items.reporter)?,
        data: required("excuse.data", items.data)?,
        received_from,
        received_until,
        cause: required("excuse.cause", items.cause)?,
        text: text("excuse.text", &items.text, EXCUSE_TEXT_LENGTH_MAX)?,
        evidence: evidence.collect::<Result<_, _>>()?,
    })
}

/// Shows what became of an excuse.
#[must_use]
pub fn excuse_state(is_accepted: Option<bool>) -> pb::ExcuseState {
    match is_accepted {
        None => pb::ExcuseState::Filed,
        Some(true) => pb::ExcuseState::Accepted,
        Some(false) => pb::ExcuseState::Rejected,
    }
}

/// Shows an excuse.
#[must_use]
pub fn excuse_shown(read: &ExcuseRead, epoch: Epoch) -> pb::Excuse {
    let Excuse {
        reporter,
        data,
        received_from,
        received_until,
        cause,
        text,
        evidence,
    } = &read.fact.excuse;
    let judgment = read.judgment.as_ref();
    pb::Excuse {
        name: read.name.to_string(),
        state: excuse_state(judgment.map(|(fact, _)| fact.is_accepted)).into(),
        items: Some(pb::ExcuseItems {
            reporter: reporter.to_string(),
            data: data.number().into(),
            received_from: received_from.to_string(),
            received_until: received_until.to_string(),
            cause: cause.number().into(),
            text: text.clone(),
            evidence: evidence.clone(),
        }),
        filed_on: read.fact.filed_on.to_string(),
        filed_at: Some(timestamp(read.filed_at)),
        judgment_reason: judgment.map_or_else(String::new, |(fact, _)| fact.reason.clone()),
        judged_on: judgment.map_or_else(String::new, |(fact, _)| fact.judged_on.to_string()),
        judged_at: judgment.map(|(_, at)| timestamp(*at)),
        judgment_count: judgment.map_or(0, |(fact, _)| fact.number),
        revision: Place {
            epoch,
            revision: read.changed,
        }
        .to_string(),
    }
}

/// Shows a rule.
#[must_use]
pub fn rule(rule: &TimelinessRule) -> pb::TimelinessRule {
    use pb::timeliness_rule::Limit as Shown;
    pb::TimelinessRule {
        data: rule.data.iter().map(|kind| kind.number().into()).collect(),
        from: rule.from.to_string(),
        until: rule
            .until
            .map(|until: CivilDate| until.to_string())
            .unwrap_or_default(),
        limit: Some(match rule.limit {
            Limit::WorkingDays(count) => Shown::WorkingDays(count),
            Limit::NextMonth { day } => Shown::NextMonthDay(day.into()),
        }),
        source: rule.source.clone(),
        standing: standing(rule.standing).to_owned(),
        trust: rule.trust.mark().to_owned(),
    }
}

fn key(key: Key) -> String {
    match key {
        Key::Data(kind) => data_name(kind).to_owned(),
        Key::Department(code) => format!("departments/{code}"),
        Key::Body(code) => code.to_string(),
        Key::Month(month) => month.to_string(),
    }
}

fn data_name(kind: DataKind) -> &'static str {
    pb::DataKind::try_from(i32::from(kind.number()))
        .expect("the wire has every number of the domain")
        .as_str_name()
}

/// Shows counts.
#[must_use]
pub fn counted(keys: &[Key], tally: &Tally) -> pb::TimelinessCount {
    pb::TimelinessCount {
        keys: keys.iter().map(|one| key(*one)).collect(),
        rows: tally.rows,
        in_time: tally.in_time,
        late: tally.late,
        excused_platform_outage: tally.platform_outage,
        excused_returned_by_city: tally.returned_by_city,
        excuse_pending: tally.pending,
        not_judged: tally.not_judged,
        working_days_late: tally.days_late,
        working_days_late_max: tally.days_late_max,
        rate_basis_points: tally.rate_basis_points(),
        excused_rate_basis_points: tally.excused_rate_basis_points(),
    }
}

/// Shows what a reporter did for a month.
#[must_use]
pub fn reporting(read: &MonthRead, data: DataKind, month: Month, epoch: Epoch) -> pb::MonthlyReporting {
    let zero = read.zero.as_ref();
    pb::MonthlyReporting {
        reporter: read.reporter.to_string(),
        data: data.number().into(),
        month: month.to_string(),
        state: reporting_state(read.reporting()).into(),
        rows: read.rows,
        remarks: zero.map_or_else(String::new, |(fact, ..)| fact.remarks.clone()),
        confirmed_on: zero.map_or_else(String::new, |(fact, ..)| fact.received_on.to_string()),
        confirmed_at: zero.map(|(_, _, at)| timestamp(*at)),
        revision: zero.map_or_else(String::new, |(_, revision, _)| {
            let revision = *revision;
            Place { epoch, revision }.to_string()
        }),
    }
}

/// Shows a state.
#[must_use]
pub fn reporting_state(state: Reporting) -> pb::ReportingState {
    match state {
        Reporting::Reported => pb::ReportingState::Reported,
        Reporting::ConfirmedZero => pb::ReportingState::ConfirmedZero,
        Reporting::Contradicted => pb::ReportingState::Contradicted,
        Reporting::Silent => pb::ReportingState::Silent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::timeliness::Cause;

    #[test]
    fn wire_numbers_are_the_domains() {
        for kind in DataKind::ALL {
            assert!(pb::DataKind::try_from(i32::from(kind.number())).is_ok());
        }
        for cause in Cause::ALL {
            assert!(pb::LatenessCause::try_from(i32::from(cause.number())).is_ok());
        }
        assert_eq!(data_name(DataKind::Commitment), "DATA_KIND_COMMITMENT");
        assert_eq!(choice::<DataKind>("data", 0), Ok(None));
        assert!(choice::<DataKind>("data", 10).is_err() && choice::<DataKind>("data", -1).is_err());
        assert!(required::<DataKind>("data", 0).is_err());
    }
}
