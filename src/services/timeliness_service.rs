//! `TimelinessService`: parse, call, convert.

use std::sync::Arc;

use prost::Message;
use tonic::{Extensions, Request, Response, Status};

use super::catalog_service::{adopted, page};
use super::context::{Context, Reading};
use super::convert::requests;
use super::convert::timeliness::{self as convert, EXCUSE_TEXT_LENGTH_MAX};
use super::page::{Listing, question};
use super::pb;
use super::pb::timeliness_service_server::TimelinessService;
use crate::domain::caller::Scope;
use crate::domain::commitment::CommitmentKind;
use crate::domain::fact::RequestId;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::reporting::{DataKind, Reporter};
use crate::domain::revision::Revision;
use crate::ingest::rows::Error;
use crate::oversight::excuses::{self, ExcuseName, ExcuseRead, FileExcuse, JudgeExcuse};
use crate::oversight::floods::{self, GroupKey, MassGroup, Quarter};
use crate::oversight::timeliness::{self, Judge, Verdict, basis_points};
use crate::oversight::zero_reports::{self, ConfirmZero, MonthRead};
use crate::oversight::{OversightCommand, arrivals};
use crate::policy::{Policies, timeliness::KIND};
use crate::recorder::{Answer, Command, Order, Request as Asked};

/// Longest remarks of a zero report, in characters.
const REMARKS_LENGTH_MAX: usize = 500;
/// The least rows of a group of mass reports if none is asked for.
const ROWS_MIN_DEFAULT: u32 = 20;
/// How many working days the end of a quarter has if none is asked for, and at most.
const QUARTER_END_DAYS_DEFAULT: u32 = 5;
const QUARTER_END_DAYS_MAX: u32 = 20;

/// The service over one recorder.
pub struct TimelinessOf(pub Context);

impl TimelinessOf {
    fn policies(&self) -> Arc<Policies> {
        Arc::clone(&self.0.shared.policies)
    }

    /// Hands a command in; `content` is the request with its id emptied.
    async fn submit(
        &self,
        extensions: &Extensions,
        (method, id, content): (&str, RequestId, &impl Message),
        command: OversightCommand,
    ) -> Result<Answer, Status> {
        let order = Order {
            principal: self.0.principal(extensions)?,
            request: Some(Asked {
                id,
                hash: requests::request_hash(method, content),
            }),
            validate_only: false,
            command: Command::Oversight(command),
            deadline: self.0.deadline(extensions),
        };
        Ok(self.0.recorder.submit(order).await?)
    }

    async fn excuse(&self, least: &str, name: ExcuseName) -> Result<Response<pb::Excuse>, Status> {
        self.0
            .read(least, move |reading| {
                let read = excuses::excuse(reading.view, reading.facts, name)?;
                Ok(convert::excuse_shown(&read, reading.epoch()))
            })
            .await
    }
}

impl TimelinessOf {
    /// Refuses a report in the name of another department or body.
    fn own_reporter(&self, extensions: &Extensions, reporter: Reporter) -> Result<(), Refusal> {
        if self.is_own(self.0.caller(extensions)?.scope(), reporter) {
            return Ok(());
        }
        Err(Refusal::new(
            Reason::PermissionRefused,
            "the reporter is not one of the caller's",
            "该报送单位不在调用方的权限范围内",
        ))
    }

    fn is_own(&self, scope: &Scope, reporter: Reporter) -> bool {
        match reporter {
            Reporter::Department(department) => scope.has_department(department),
            Reporter::Body(code) => {
                let catalog = &self.0.shared.policies.catalog;
                let body = catalog.bodies().iter().find(|body| body.code == code);
                match body {
                    Some(body) => scope.has_body(body.social_credit_code, catalog),
                    None => *scope == Scope::All,
                }
            }
        }
    }
}

fn wrong(field: &str, what: impl Into<String>) -> Refusal {
    Refusal::plain(Reason::MalformedValue).violating(field, what)
}

#[tonic::async_trait]
impl TimelinessService for TimelinessOf {
    async fn list_timeliness_rules(
        &self,
        request: Request<pb::ListTimelinessRulesRequest>,
    ) -> Result<Response<pb::ListTimelinessRulesResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let (policies, context) = (self.policies(), self.0.clone());
        self.0
            .read(&message.min_revision, move |reading| {
                Ok(pb::ListTimelinessRulesResponse {
                    rules: policies.timeliness.rules().iter().map(convert::rule).collect(),
                    adopted_revision: adopted(&context, reading, &KIND).to_string(),
                    revision: reading.place.to_string(),
                })
            })
            .await
    }

    async fn count_timeliness(
        &self,
        request: Request<pb::CountTimelinessRequest>,
    ) -> Result<Response<pb::CountTimelinessResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let filter = convert::filter(message.filter.as_ref())?;
        let dimensions = convert::dimensions(&message.group_by)?;
        let policies = self.policies();
        self.0
            .read(&message.min_revision, move |reading| {
                let judge = Judge::new(reading.view, reading.facts, &policies)?;
                let (total, counts) = timeliness::count(reading.view, &judge, &filter, &dimensions)?;
                let rows = counts.iter().map(|(keys, tally)| convert::counted(keys, tally));
                Ok(pb::CountTimelinessResponse {
                    revision: reading.place.to_string(),
                    total: Some(convert::counted(&[], &total)),
                    rows: rows.collect(),
                })
            })
            .await
    }

    async fn list_timeliness(
        &self,
        request: Request<pb::ListTimelinessRequest>,
    ) -> Result<Response<pb::ListTimelinessResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let filter = convert::filter(message.filter.as_ref())?;
        let wanted = convert::wanted(message.timeliness)?;
        let size = requests::page_size(message.page_size)?;
        let asked = pb::ListTimelinessRequest {
            filter: message.filter.clone(),
            timeliness: message.timeliness,
            ..Default::default()
        };
        let asked = question("ListTimeliness", Some(&asked));
        let policies = self.policies();
        self.0
            .read(&message.min_revision, move |reading| {
                let list = Listing::<Revision>::at(&message.page_token, asked, reading)?;
                let judge = Judge::new(reading.view, reading.facts, &policies)?;
                let span = (list.after, list.first_page.revision);
                let page = timeliness::list(reading.view, &judge, &filter, wanted, span, size)?;
                let rows = page
                    .items
                    .iter()
                    .map(|(one, verdict)| row(reading, &judge, one, *verdict));
                Ok(pb::ListTimelinessResponse {
                    rows: rows.collect::<Result<_, _>>()?,
                    next_page_token: list.next(page.next),
                    revision: reading.place.to_string(),
                })
            })
            .await
    }

    async fn file_excuse(
        &self,
        request: Request<pb::FileExcuseRequest>,
    ) -> Result<Response<pb::Excuse>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        message.request_id.clear();
        let items = message.excuse.as_ref();
        let excuse = convert::excuse(items.ok_or_else(|| wrong("excuse", "is required"))?)?;
        self.own_reporter(&extensions, excuse.reporter)?;
        let name = ExcuseName(crate::domain::hashes::excuse_key(&excuse));
        let command = OversightCommand::FileExcuse(FileExcuse { excuse });
        let answer = self
            .submit(&extensions, ("FileExcuse", id, &message), command)
            .await?;
        self.excuse(&answer.place.to_string(), name).await
    }

    async fn judge_excuse(
        &self,
        request: Request<pb::JudgeExcuseRequest>,
    ) -> Result<Response<pb::Excuse>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        let name = convert::excuse_name("name", &message.name)?;
        let reason = requests::text("reason", &message.reason, EXCUSE_TEXT_LENGTH_MAX)?;
        message.request_id.clear();
        let command = OversightCommand::JudgeExcuse(JudgeExcuse {
            name,
            is_accepted: message.accepted,
            reason,
            correct: message.correct,
        });
        let answer = self
            .submit(&extensions, ("JudgeExcuse", id, &message), command)
            .await?;
        self.excuse(&answer.place.to_string(), name).await
    }

    async fn get_excuse(
        &self,
        request: Request<pb::GetExcuseRequest>,
    ) -> Result<Response<pb::Excuse>, Status> {
        let (_, extensions, message) = request.into_parts();
        let name = convert::excuse_name("name", &message.name)?;
        let scope = self.0.caller(&extensions)?.scope().clone();
        if scope != Scope::All {
            let reporter = self.0.read(&message.min_revision, move |reading| {
                Ok(excuses::excuse(reading.view, reading.facts, name)?
                    .fact
                    .excuse
                    .reporter)
            });
            if !self.is_own(&scope, reporter.await?.into_inner()) {
                return Err(excuses::unknown(name).into());
            }
        }
        self.excuse(&message.min_revision, name).await
    }

    async fn list_excuses(
        &self,
        request: Request<pb::ListExcusesRequest>,
    ) -> Result<Response<pb::ListExcusesResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let size = requests::page_size(message.page_size)?;
        let reporter = match message.reporter.as_str() {
            "" => None,
            name => Some(convert::reporter("reporter", name)?),
        };
        let state =
            pb::ExcuseState::try_from(message.state).map_err(|_| wrong("state", "is not on the list"))?;
        let asked = pb::ListExcusesRequest {
            state: message.state,
            reporter: message.reporter.clone(),
            ..Default::default()
        };
        let asked = question("ListExcuses", Some(&asked));
        self.0
            .read(&message.min_revision, move |reading| {
                let list = Listing::<Revision>::at(&message.page_token, asked, reading)?;
                let passes = |read: &ExcuseRead| {
                    let judged = read.judgment.as_ref().map(|(fact, _)| fact.is_accepted);
                    reporter.is_none_or(|wanted| read.fact.excuse.reporter == wanted)
                        && (state == pb::ExcuseState::Unspecified || convert::excuse_state(judged) == state)
                };
                let until = list.first_page.revision;
                let page = excuses::list(reading.view, reading.facts, passes, list.after, until, size)?;
                let shown = |read| convert::excuse_shown(read, reading.epoch());
                Ok(pb::ListExcusesResponse {
                    excuses: page.items.iter().map(shown).collect(),
                    next_page_token: list.next(page.next),
                    revision: reading.place.to_string(),
                })
            })
            .await
    }

    async fn confirm_zero_report(
        &self,
        request: Request<pb::ConfirmZeroReportRequest>,
    ) -> Result<Response<pb::MonthlyReporting>, Status> {
        self.0.principal(request.extensions())?;
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        let mut command = zero_report(&message)?;
        self.own_reporter(&extensions, command.reporter)?;
        message.request_id.clear();
        let (
            ConfirmZero {
                reporter,
                data,
                month,
                ..
            },
            policies,
        ) = (command.clone(), self.policies());
        let rows = self.0.read("", move |reading| {
            zero_reports::rows(reading.view, &policies.catalog, reporter, data, month)
        });
        command.rows = rows.await?.into_inner();
        let asked = OversightCommand::ConfirmZero(command.clone());
        let answer = self
            .submit(&extensions, ("ConfirmZeroReport", id, &message), asked)
            .await?;
        let policies = self.policies();
        self.0
            .read(&answer.place.to_string(), move |reading| {
                let ConfirmZero { data, month, .. } = command;
                let all = zero_reports::list(reading.view, reading.facts, &policies.catalog, data, month)?;
                let own = all.iter().find(|read| read.reporter == command.reporter);
                let unknown = || excuses::reporter_unknown(command.reporter);
                Ok(convert::reporting(
                    own.ok_or_else(unknown)?,
                    data,
                    month,
                    reading.epoch(),
                ))
            })
            .await
    }

    async fn list_reporting(
        &self,
        request: Request<pb::ListReportingRequest>,
    ) -> Result<Response<pb::ListReportingResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let data: DataKind = convert::required("data", message.data)?;
        let month = convert::month("month", &message.month)?;
        let state =
            pb::ReportingState::try_from(message.state).map_err(|_| wrong("state", "is not on the list"))?;
        let policies = self.policies();
        self.0
            .read(&message.min_revision, move |reading| {
                let all = zero_reports::list(reading.view, reading.facts, &policies.catalog, data, month)?;
                let passes = |read: &&MonthRead| {
                    state == pb::ReportingState::Unspecified
                        || convert::reporting_state(read.reporting()) == state
                };
                let shown = |read| convert::reporting(read, data, month, reading.epoch());
                Ok(pb::ListReportingResponse {
                    reporters: all.iter().filter(passes).map(shown).collect(),
                    revision: reading.place.to_string(),
                })
            })
            .await
    }

    async fn list_mass_reports(
        &self,
        request: Request<pb::ListMassReportsRequest>,
    ) -> Result<Response<pb::ListMassReportsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let filter = convert::filter(message.filter.as_ref())?;
        let by = convert::by(message.by)?;
        let size = requests::page_size(message.page_size)?;
        let rows_min = match message.rows_min {
            0 => ROWS_MIN_DEFAULT,
            1 => return Err(wrong("rows_min", "is 1, but a group has two rows at least").into()),
            rows => rows,
        };
        let asked = pb::ListMassReportsRequest {
            filter: message.filter.clone(),
            by: message.by,
            rows_min,
            ..Default::default()
        };
        let asked = question("ListMassReports", Some(&asked));
        let policies = self.policies();
        self.0
            .read(&message.min_revision, move |reading| {
                let groups = floods::groups(reading.view, &filter, by, rows_min.into())?;
                let (shown, next_page_token) = page(&groups, &message.page_token, &asked, size, reading)?;
                let shown = shown.iter().map(|one| group(reading, &policies, one));
                Ok(pb::ListMassReportsResponse {
                    groups: shown.collect::<Result<_, _>>()?,
                    next_page_token,
                    revision: reading.place.to_string(),
                })
            })
            .await
    }

    async fn list_mass_report_rows(
        &self,
        request: Request<pb::ListMassReportRowsRequest>,
    ) -> Result<Response<pb::ListMassReportRowsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let by = convert::by(message.by)?;
        let size = requests::page_size(message.page_size)?;
        let key = group_key(&message)?;
        let asked = pb::ListMassReportRowsRequest {
            page_size: 0,
            page_token: String::new(),
            min_revision: String::new(),
            ..message.clone()
        };
        let asked = question("ListMassReportRows", Some(&asked));
        self.0
            .read(&message.min_revision, move |reading| {
                let list = Listing::<Revision>::at(&message.page_token, asked, reading)?;
                let span = (list.after, list.first_page.revision);
                let page = floods::members(reading.view, by, &key, span, size)?;
                let names = page
                    .items
                    .iter()
                    .map(|one| arrivals::name(reading.view, reading.facts, one));
                Ok(pb::ListMassReportRowsResponse {
                    commitments: names.collect::<Result<_, _>>()?,
                    next_page_token: list.next(page.next),
                    revision: reading.place.to_string(),
                })
            })
            .await
    }

    async fn count_quarter_ends(
        &self,
        request: Request<pb::CountQuarterEndsRequest>,
    ) -> Result<Response<pb::CountQuarterEndsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let filter = convert::filter(message.filter.as_ref())?;
        let by = convert::by(message.by)?;
        let days = match message.working_days {
            0 => QUARTER_END_DAYS_DEFAULT,
            days if days > QUARTER_END_DAYS_MAX => {
                let what = format!("is more than {QUARTER_END_DAYS_MAX}");
                return Err(wrong("working_days", what).into());
            }
            days => days,
        };
        let policies = self.policies();
        self.0
            .read(&message.min_revision, move |reading| {
                let counts = floods::quarter_ends(reading.view, &filter, by, days, &policies.calendar)?;
                let shown =
                    |((quarter, department, body), tally): (&(Quarter, _, _), &floods::QuarterTally)| {
                        pb::QuarterEnd {
                            quarter: format!("{}-Q{}", quarter.year, quarter.number),
                            body_code: format!("{body}"),
                            department: format!("departments/{department}"),
                            rows: tally.rows,
                            rows_at_end: tally.at_end,
                            share_basis_points: basis_points(tally.at_end, tally.rows).unwrap_or(0),
                        }
                    };
                Ok(pb::CountQuarterEndsResponse {
                    quarters: counts.iter().map(shown).collect(),
                    revision: reading.place.to_string(),
                })
            })
            .await
    }
}

fn row(
    reading: &Reading<'_>,
    judge: &Judge<'_>,
    one: &arrivals::Arrival,
    verdict: Verdict,
) -> Result<pb::TimelinessRow, Error> {
    let (timeliness, working_days_late, excuse) = match verdict {
        Verdict::InTime => (pb::Timeliness::InTime, 0, None),
        Verdict::Late { working_days, excuse } => (pb::Timeliness::Late, working_days, excuse),
        Verdict::NoRule | Verdict::NoCalendar { .. } => (pb::Timeliness::NotJudged, 0, None),
    };
    Ok(pb::TimelinessRow {
        row: arrivals::name(reading.view, reading.facts, one)?,
        data: one.data.number().into(),
        department: format!("departments/{}", one.department),
        body_code: one.body.to_string(),
        decided_on: one.decided_on.to_string(),
        due_on: judge.due_on(one).map(|on| on.to_string()).unwrap_or_default(),
        received_on: one.received_on.to_string(),
        timeliness: timeliness.into(),
        working_days_late,
        excuse: excuse.map(|excuse| excuse.name.to_string()).unwrap_or_default(),
        excuse_state: excuse
            .map_or(pb::ExcuseState::Unspecified, |excuse| {
                convert::excuse_state(excuse.is_accepted)
            })
            .into(),
    })
}

fn group(reading: &Reading<'_>, policies: &Policies, one: &MassGroup) -> Result<pb::MassReport, Error> {
    let quarter = Quarter::of(one.key.on);
    let at_end = quarter.is_at_end(one.key.on, QUARTER_END_DAYS_DEFAULT, &policies.calendar);
    Ok(pb::MassReport {
        on: one.key.on.to_string(),
        body_code: one.key.body.to_string(),
        department: format!("departments/{}", one.department),
        kind: one.key.kind.number().into(),
        wording: data_encoding::HEXLOWER.encode(&one.key.wording),
        rows: one.rows,
        sample: arrivals::name(reading.view, reading.facts, &one.sample)?,
        at_quarter_end: at_end.ok(),
    })
}

fn group_key(message: &pb::ListMassReportRowsRequest) -> Result<GroupKey, Refusal> {
    let wording = data_encoding::HEXLOWER.decode(message.wording.as_bytes()).ok();
    let wording = wording.and_then(|bytes| bytes.try_into().ok());
    let kind: CommitmentKind = convert::required("kind", message.kind)?;
    Ok(GroupKey {
        on: requests::date("on", &message.on)?,
        body: convert::body_code("body_code", &message.body_code)?,
        kind,
        wording: wording.ok_or_else(|| wrong("wording", "is not 32 hexadecimal digits"))?,
    })
}

fn zero_report(message: &pb::ConfirmZeroReportRequest) -> Result<ConfirmZero, Refusal> {
    let reporter: Reporter = convert::reporter("reporter", &message.reporter)?;
    let remarks = match message.remarks.trim() {
        "" => String::new(),
        remarks => requests::text("remarks", remarks, REMARKS_LENGTH_MAX)?,
    };
    Ok(ConfirmZero {
        reporter,
        data: convert::required("data", message.data)?,
        month: convert::month("month", &message.month)?,
        remarks,
        rows: 0,
    })
}
