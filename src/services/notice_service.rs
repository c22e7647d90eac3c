//! `NoticeService`: parse, call, convert.

use data_encoding::HEXLOWER;
use prost::Message;
use tonic::{Extensions, Request, Response, Status};

use super::context::{Context, Reading};
use super::convert::notices as convert;
use super::convert::requests;
use super::page::{Listing, question};
use super::pb;
use super::pb::notice_service_server::NoticeService;
use crate::domain::caller::Scope;
use crate::domain::civil_date::CivilDate;
use crate::domain::fact::RequestId;
use crate::domain::notice::NoticeName;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Revision;
use crate::group::fold;
use crate::ingest::rows::{Error, Span};
use crate::notices::commands::{ChangeClock, NoticeCommand};
use crate::notices::paper;
use crate::notices::read::{Notices, PairRead, Rate};
use crate::recorder::{Answer, Command, Order, Request as Asked};

/// Longest reason or explanation, in characters.
const REASON_LENGTH_MAX: usize = 1_000;
/// Longest basis, in characters.
const BASIS_LENGTH_MAX: usize = 500;
/// Longest notice number, in characters.
const NUMBER_LENGTH_MAX: usize = 128;

/// The service over one recorder.
pub struct NoticesOf(pub Context);

fn shown(reading: &Reading<'_>, read: &PairRead, on: CivilDate) -> Result<pb::Notice, Error> {
    let pair = &read.pair;
    let name = |first: Option<Revision>| -> Result<String, Error> {
        first.map_or(Ok(String::new()), |first| {
            Ok(fold::notices::row(reading.view, first)?.name.to_string())
        })
    };
    let record = match pair.record {
        None => String::new(),
        Some(record) => fold::records::row(reading.view, record)?.name.to_string(),
    };
    let names = convert::Names {
        subject: crate::subjects::row(reading.view, pair.who.subject)?.name,
        record,
        replaced_by: name(pair.replaced_by)?,
        replaces: name(pair.replaces)?,
    };
    Ok(convert::notice(read, &names, on, reading.epoch()))
}

impl NoticesOf {
    /// Answers a question about pairs, with the day it is asked on.
    async fn ask<T: Send + 'static>(
        &self,
        least: &str,
        ask: impl FnOnce(&Reading<'_>, &Notices<'_>, CivilDate) -> Result<T, Error> + Send + 'static,
    ) -> Result<Response<T>, Status> {
        let today = self.0.today();
        self.0
            .read(least, move |reading| {
                let notices = Notices {
                    view: reading.view,
                    facts: reading.facts,
                };
                ask(reading, &notices, today)
            })
            .await
    }

    /// Hands a command in; `content` is the request with its id emptied.
    async fn submit(
        &self,
        extensions: &Extensions,
        (method, id, content): (&str, RequestId, &impl Message),
        validate_only: bool,
        command: NoticeCommand,
    ) -> Result<Answer, Status> {
        let order = Order {
            principal: self.0.principal(extensions)?,
            request: Some(Asked {
                id,
                hash: requests::request_hash(method, content),
            }),
            validate_only,
            command: Command::Notice(command),
            deadline: self.0.deadline(extensions),
        };
        Ok(self.0.recorder.submit(order).await?)
    }

    /// Says that a pair of another's is not there, in the words for one that is not.
    async fn own(&self, extensions: &Extensions, name: NoticeName) -> Result<(), Status> {
        let scope = self.0.caller(extensions)?.scope().clone();
        if scope == Scope::All {
            return Ok(());
        }
        let shared = std::sync::Arc::clone(&self.0.shared);
        let seen = self
            .ask("", move |reading, notices, _| {
                let pair = fold::notices::row(reading.view, notices.find(name)?)?;
                let catalog = &shared.policies.catalog;
                if scope.has_department(pair.department) || scope.has_body(pair.body, catalog) {
                    return Ok(());
                }
                Err(Refusal::plain(Reason::NoticeUnknown)
                    .with("name", name.to_string())
                    .into())
            })
            .await;
        seen.map(drop)
    }

    /// The pair once an answer is visible.
    async fn then(&self, answer: &Answer, name: NoticeName) -> Result<Response<pb::Notice>, Status> {
        self.ask(&answer.place.to_string(), move |reading, notices, today| {
            let read = notices.get(notices.find(name)?)?;
            shown(reading, &read, today)
        })
        .await
    }
}

#[tonic::async_trait]
impl NoticeService for NoticesOf {
    async fn prepare_dual_notice(
        &self,
        request: Request<pb::PrepareDualNoticeRequest>,
    ) -> Result<Response<pb::PrepareDualNoticeResponse>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        message.request_id.clear();
        let prepare = convert::prepare(&message)?;
        let scope = self.0.caller(&extensions)?.scope();
        if !scope.has_body(prepare.body, &self.0.shared.policies.catalog) {
            let refusal = Refusal::plain(Reason::PermissionRefused).with("body", prepare.body.to_string());
            return Err(refusal.into());
        }
        let command = NoticeCommand::Prepare(Box::new(prepare));
        let method = ("PrepareDualNotice", id, &message);
        let only = message.validate_only;
        let answer = self.submit(&extensions, method, only, command).await?;
        let issued: Vec<Revision> = answer.outcomes.iter().map(|outcome| outcome.revision).collect();
        let replayed = answer.replayed;
        self.ask(&answer.place.to_string(), move |reading, notices, today| {
            let mut pairs = Vec::new();
            for revision in issued.into_iter().filter(|revision| revision.0 > 0) {
                let read = notices.issued_by(revision)?;
                pairs.push(shown(reading, &read, today)?);
            }
            Ok(pb::PrepareDualNoticeResponse {
                notices: pairs,
                replayed,
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    async fn get_notice(
        &self,
        request: Request<pb::GetNoticeRequest>,
    ) -> Result<Response<pb::Notice>, Status> {
        let (_, extensions, message) = request.into_parts();
        let name = convert::name("name", &message.name)?;
        self.own(&extensions, name).await?;
        self.ask(&message.min_revision, move |reading, notices, today| {
            let first = notices.find(name)?;
            let read = match convert::known(&message.known, reading.place)? {
                None => notices.get(first)?,
                Some(known) => {
                    let unknown = || Refusal::plain(Reason::NoticeUnknown).with("name", name.to_string());
                    notices.get_as_known(first, known)?.ok_or_else(unknown)?
                }
            };
            shown(reading, &read, today)
        })
        .await
    }

    async fn list_notices(
        &self,
        request: Request<pb::ListNoticesRequest>,
    ) -> Result<Response<pb::ListNoticesResponse>, Status> {
        let (_, extensions, message) = request.into_parts();
        let mut filter = convert::filter(&message)?;
        filter.department = self.0.narrowed(&extensions, filter.department)?;
        let size = requests::page_size(message.page_size)?;
        let asked = pb::ListNoticesRequest {
            page_size: 0,
            page_token: String::new(),
            min_revision: String::new(),
            ..message.clone()
        };
        let asked = question("ListNotices", Some(&asked));
        self.ask(&message.min_revision, move |reading, notices, today| {
            let list = Listing::<Revision>::at(&message.page_token, asked, reading)?;
            let span = Span {
                after: list.after,
                until: list.first_page.revision,
                size,
            };
            let page = notices.list(&filter, today, span)?;
            let pairs = page.items.iter().map(|read| shown(reading, read, today));
            Ok(pb::ListNoticesResponse {
                notices: pairs.collect::<Result<_, _>>()?,
                next_page_token: list.next(page.next),
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    async fn list_notice_history(
        &self,
        request: Request<pb::ListNoticeHistoryRequest>,
    ) -> Result<Response<pb::ListNoticeHistoryResponse>, Status> {
        let (_, extensions, message) = request.into_parts();
        let name = convert::name("name", &message.name)?;
        self.own(&extensions, name).await?;
        self.ask(&message.min_revision, move |reading, notices, _| {
            let history = notices.history(notices.find(name)?)?;
            let events = history.iter().map(|one| convert::event(one, reading.epoch()));
            Ok(pb::ListNoticeHistoryResponse {
                events: events.collect(),
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    async fn get_notice_paper(
        &self,
        request: Request<pb::GetNoticePaperRequest>,
    ) -> Result<Response<pb::NoticePaper>, Status> {
        let (_, extensions, message) = request.into_parts();
        let name = convert::name("name", &message.name)?;
        self.own(&extensions, name).await?;
        self.ask(&message.min_revision, move |reading, notices, _| {
            let read = notices.get(notices.find(name)?)?;
            let not_issued = || Refusal::plain(Reason::NoticeNotIssued).with("name", name.to_string());
            let content = read.content.ok_or_else(not_issued)?;
            let drawn = paper::render(&content).map_err(|error| {
                tracing::error!(notice.name = %name, "the paper of {name} cannot be drawn: {error}");
                Refusal::plain(Reason::ServerFault)
            })?;
            Ok(pb::NoticePaper {
                name: name.to_string(),
                number: content.head.number.clone(),
                html: drawn.html,
                sha256: HEXLOWER.encode(&drawn.sha256),
                verification_code: HEXLOWER.encode(&content.hash()),
                content: Some(super::convert::notice_content::notice_content(&content)),
                template: content.foot.template,
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    async fn verify_notice(
        &self,
        request: Request<pb::VerifyNoticeRequest>,
    ) -> Result<Response<pb::VerifyNoticeResponse>, Status> {
        let message = request.into_inner();
        let number = requests::text("number", &message.number, NUMBER_LENGTH_MAX)?;
        let code = convert::verification_code(&message.verification_code)?;
        self.ask("", move |reading, notices, _| {
            Ok(pb::VerifyNoticeResponse {
                genuineness: convert::genuine(notices.verify(&number, &code)?).into(),
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    async fn record_receipt(
        &self,
        request: Request<pb::RecordReceiptRequest>,
    ) -> Result<Response<pb::Notice>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        message.request_id.clear();
        self.own(&extensions, convert::name("name", &message.name)?)
            .await?;
        let receipt = convert::receipt(&message, self.0.shared.head().place)?;
        let name = receipt.name;
        let command = NoticeCommand::Receive(Box::new(receipt));
        let method = ("RecordReceipt", id, &message);
        let only = message.validate_only;
        let answer = self.submit(&extensions, method, only, command).await?;
        self.then(&answer, name).await
    }

    async fn suspend_notice_clock(
        &self,
        request: Request<pb::SuspendNoticeClockRequest>,
    ) -> Result<Response<pb::Notice>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        message.request_id.clear();
        self.own(&extensions, convert::name("name", &message.name)?)
            .await?;
        let change = ChangeClock {
            name: convert::name("name", &message.name)?,
            clock: convert::clock(message.clock)?,
            on: requests::date("on", &message.on)?,
            reason: requests::text("reason", &message.reason, REASON_LENGTH_MAX)?,
        };
        let name = change.name;
        let method = ("SuspendNoticeClock", id, &message);
        let command = NoticeCommand::Suspend(change);
        let answer = self.submit(&extensions, method, false, command).await?;
        self.then(&answer, name).await
    }

    async fn resume_notice_clock(
        &self,
        request: Request<pb::ResumeNoticeClockRequest>,
    ) -> Result<Response<pb::Notice>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        message.request_id.clear();
        self.own(&extensions, convert::name("name", &message.name)?)
            .await?;
        let change = ChangeClock {
            name: convert::name("name", &message.name)?,
            clock: convert::clock(message.clock)?,
            on: requests::date("on", &message.on)?,
            reason: requests::text("reason", &message.reason, REASON_LENGTH_MAX)?,
        };
        let name = change.name;
        let method = ("ResumeNoticeClock", id, &message);
        let command = NoticeCommand::Resume(change);
        let answer = self.submit(&extensions, method, false, command).await?;
        self.then(&answer, name).await
    }

    async fn void_notice(
        &self,
        request: Request<pb::VoidNoticeRequest>,
    ) -> Result<Response<pb::Notice>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        message.request_id.clear();
        self.own(&extensions, convert::name("name", &message.name)?)
            .await?;
        let name = convert::name("name", &message.name)?;
        let basis = match message.basis.as_str() {
            "" => String::new(),
            text => requests::text("basis", text, BASIS_LENGTH_MAX)?,
        };
        let command = NoticeCommand::Void {
            name,
            reason: requests::text("reason", &message.reason, REASON_LENGTH_MAX)?,
            basis,
        };
        let method = ("VoidNotice", id, &message);
        let answer = self.submit(&extensions, method, false, command).await?;
        self.then(&answer, name).await
    }

    async fn confirm_take_down(
        &self,
        request: Request<pb::ConfirmTakeDownRequest>,
    ) -> Result<Response<pb::Notice>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        message.request_id.clear();
        self.own(&extensions, convert::name("name", &message.name)?)
            .await?;
        let name = convert::name("name", &message.name)?;
        let command = NoticeCommand::TakenDown {
            name,
            on: requests::date("on", &message.on)?,
            explanation: requests::text("explanation", &message.explanation, REASON_LENGTH_MAX)?,
        };
        let method = ("ConfirmTakeDown", id, &message);
        let answer = self.submit(&extensions, method, false, command).await?;
        self.then(&answer, name).await
    }

    async fn list_out_of_scope(
        &self,
        request: Request<pb::ListOutOfScopeRequest>,
    ) -> Result<Response<pb::ListOutOfScopeResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let reason = convert::exclusion(message.reason)?;
        let size = requests::page_size(message.page_size)?;
        let asked = pb::ListOutOfScopeRequest {
            reason: message.reason,
            ..pb::ListOutOfScopeRequest::default()
        };
        let asked = question("ListOutOfScope", Some(&asked));
        self.ask(&message.min_revision, move |reading, notices, _| {
            let list = Listing::<Revision>::at(&message.page_token, asked, reading)?;
            let span = Span {
                after: list.after,
                until: list.first_page.revision,
                size,
            };
            let page = notices.out_of_scope(reason, span)?;
            let mut decisions = Vec::new();
            for (record, reason) in page.items {
                decisions.push(pb::OutOfScopeDecision {
                    record: fold::records::row(reading.view, record)?.name.to_string(),
                    reason: reason.number().into(),
                });
            }
            let counts = notices.count_out_of_scope()?.into_iter();
            let counts = counts.map(|(reason, count)| pb::OutOfScopeCount {
                reason: reason.number().into(),
                count,
            });
            Ok(pb::ListOutOfScopeResponse {
                decisions,
                counts: counts.collect(),
                next_page_token: list.next(page.next),
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    async fn get_notice_rates(
        &self,
        request: Request<pb::GetNoticeRatesRequest>,
    ) -> Result<Response<pb::NoticeRates>, Status> {
        let (_, extensions, message) = request.into_parts();
        let mut filter = convert::rates_filter(&message)?;
        filter.department = self.0.narrowed(&extensions, filter.department)?;
        let as_of = requests::optional_date("as_of", &message.as_of)?;
        self.ask(&message.min_revision, move |reading, notices, today| {
            let on = as_of.unwrap_or(today);
            let known = convert::known(&message.known, reading.place)?;
            let rates = notices.rates(&filter, on, known)?;
            let total = rates.values().fold(Rate::default(), |total, one| total.plus(one));
            let rows = rates.iter().map(|(key, rate)| convert::rate(Some(key), rate));
            Ok(pb::NoticeRates {
                rows: rows.collect(),
                total: Some(convert::rate(None, &total)),
                as_of: on.to_string(),
                revision: reading.place.to_string(),
            })
        })
        .await
    }
}
