//! `GradingService`: parse, call, convert.

use std::sync::Arc;

use prost::Message;
use tonic::{Extensions, Request, Response, Status};

use super::catalog_service::adopted;
use super::context::{Context, Reading};
use super::convert::grades as convert;
use super::convert::requests;
use super::page::{Listing, question};
use super::pb;
use super::pb::grading_service_server::GradingService;
use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::{CivilDate, Month};
use crate::domain::fact::RequestId;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Revision;
use crate::domain::subject::{SubjectName, SubjectNumber};
use crate::grading::commands::{GradeCommand, standing};
use crate::grading::read::{GradeRead, Grades};
use crate::ingest::rows::{Error, Span};
use crate::policy::Policies;
use crate::policy::rules::KIND;
use crate::recorder::{Answer, Command, Order, Request as Asked};
use crate::store::keys::grades::{OPEN_CORRECTION, OPEN_OBJECTION};

mod asked;
mod bundle;

use asked::{PairAsked, explanation, when};

/// Most pairs of one batch.
const PAIRS_MAX: usize = 1_000;
/// Longest reason, in characters.
const REASON_LENGTH_MAX: usize = 1_000;
/// Longest basis of a decision, in characters.
const BASIS_LENGTH_MAX: usize = 500;
/// Longest objection or answer, in characters.
const TEXT_LENGTH_MAX: usize = 4_000;
/// Longest code of a level, in characters.
const LEVEL_LENGTH_MAX: usize = 16;

/// The service over one recorder.
pub struct Gradings(pub Context);

fn wrong(field: &str, what: impl Into<String>) -> Refusal {
    Refusal::plain(Reason::MalformedValue).violating(field, what)
}

fn name_of(reading: &Reading<'_>, subject: SubjectNumber) -> Result<SubjectName, Error> {
    Ok(crate::subjects::row(reading.view, subject)?.name)
}

fn shown(reading: &Reading<'_>, policies: &Policies, read: &GradeRead) -> Result<pb::Grade, Error> {
    let rules = match &read.fact.rules {
        Some(used) => policies.rules.by_code(&used.code),
        None => policies.rules.of(read.fact.sector, read.fact.from),
    };
    let name = name_of(reading, read.fact.who.subject)?;
    Ok(convert::grade(read, name, rules, reading.place))
}

impl Gradings {
    fn policies(&self) -> Arc<Policies> {
        Arc::clone(&self.0.shared.policies)
    }

    fn day(&self, field: &str, text: &str) -> Result<CivilDate, Refusal> {
        Ok(requests::optional_date(field, text)?.unwrap_or_else(|| self.0.today()))
    }

    fn pair(
        &self,
        (subject, sector): (&str, &str),
        as_of: &str,
        known: Option<&pb::Known>,
    ) -> Result<PairAsked, Refusal> {
        Ok(PairAsked {
            subject: requests::subject_name("subject", subject)?,
            sector: requests::sector_name("sector", sector)?,
            on: self.day("as_of", as_of)?,
            when: when(known)?,
        })
    }

    /// Answers a question about grades.
    async fn ask<T: Send + 'static>(
        &self,
        least: &str,
        ask: impl FnOnce(&Reading<'_>, &Grades<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<Response<T>, Status> {
        let policies = self.policies();
        let shared = Arc::clone(&self.0.shared);
        self.0
            .read(least, move |reading| {
                let grades = Grades {
                    view: reading.view,
                    facts: reading.facts,
                    policies: &policies,
                    memory: &shared.memory,
                };
                ask(reading, &grades)
            })
            .await
    }

    /// Hands a command in; `content` is the request with its id emptied.
    async fn submit(
        &self,
        extensions: &Extensions,
        (method, id, content): (&str, RequestId, &impl Message),
        command: GradeCommand,
    ) -> Result<(Answer, Revision), Status> {
        let order = Order {
            principal: self.0.principal(extensions)?,
            request: Some(Asked {
                id,
                hash: requests::request_hash(method, content),
            }),
            validate_only: false,
            command: Command::Grade(command),
            deadline: self.0.deadline(extensions),
        };
        let answer = self.0.recorder.submit(order).await?;
        let revision = answer.outcomes.first().map(|outcome| outcome.revision);
        Ok((answer, revision.unwrap_or_default()))
    }

    /// The grade settled last once an answer is visible.
    async fn then(
        &self,
        answer: &Answer,
        subject: SubjectName,
        sector: SectorCode,
    ) -> Result<Response<pb::Grade>, Status> {
        let today = self.0.today();
        self.ask(&answer.place.to_string(), move |reading, grades| {
            let who = crate::grading::commands::subject_of(reading.view, subject)?;
            let revision = standing(reading.view, who.subject, sector, today)?;
            shown(reading, grades.policies, &grades.settled_at(revision)?)
        })
        .await
    }

    async fn objected(&self, answer: &Answer, revision: Revision) -> Result<Response<pb::Objection>, Status> {
        self.ask(&answer.place.to_string(), move |reading, grades| {
            let (filed, _) = grades.objection(revision)?;
            let name = name_of(reading, filed.who.subject)?;
            Ok(convert::objection(revision, &filed, name, reading.epoch()))
        })
        .await
    }

    fn sectors(&self, sector: &str) -> Result<Vec<SectorCode>, Refusal> {
        let policies = self.policies();
        if sector.is_empty() {
            return Ok(policies
                .catalog
                .sectors()
                .iter()
                .map(|sector| sector.code)
                .collect());
        }
        let sector = requests::sector_name("sector", sector)?;
        if policies.catalog.sector(sector).is_none() {
            return Err(Refusal::plain(Reason::SectorUnknown).with("name", format!("sectors/{sector}")));
        }
        Ok(vec![sector])
    }
}

#[tonic::async_trait]
impl GradingService for Gradings {
    async fn list_rule_sets(
        &self,
        request: Request<pb::ListRuleSetsRequest>,
    ) -> Result<Response<pb::ListRuleSetsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let sectors = self.sectors(&message.sector)?;
        let context = self.0.clone();
        self.ask(&message.min_revision, move |reading, grades| {
            let rules = grades.policies.rules.all().iter();
            let wanted = rules.filter(|rules| sectors.contains(&rules.sector));
            Ok(pb::ListRuleSetsResponse {
                rule_sets: wanted.map(convert::rule_set).collect(),
                adopted_revision: adopted(&context, reading, &KIND).to_string(),
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    async fn get_grade(&self, request: Request<pb::GetGradeRequest>) -> Result<Response<pb::Grade>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let pair = (message.subject.as_str(), message.sector.as_str());
        let asked = self.pair(pair, &message.as_of, message.known.as_ref())?;
        self.ask(&message.min_revision, move |reading, grades| {
            let known = asked.known(grades, reading.place)?;
            let number = crate::subjects::read::number(reading.view, asked.subject)?;
            let read = grades.grade(number, asked.sector, known)?;
            shown(reading, grades.policies, &read)
        })
        .await
    }

    async fn batch_get_grades(
        &self,
        request: Request<pb::BatchGetGradesRequest>,
    ) -> Result<Response<pb::BatchGetGradesResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        if message.pairs.is_empty() || message.pairs.len() > PAIRS_MAX {
            return Err(wrong("pairs", format!("must hold 1 to {PAIRS_MAX} pairs")).into());
        }
        let asked = message.pairs.iter().map(|pair| {
            let names = (pair.subject.as_str(), pair.sector.as_str());
            self.pair(names, &message.as_of, message.known.as_ref())
        });
        let asked: Vec<PairAsked> = asked.collect::<Result<_, _>>()?;
        let pairs = message.pairs;
        self.ask(&message.min_revision, move |reading, grades| {
            let mut answers = Vec::with_capacity(asked.len());
            for (one, pair) in asked.iter().zip(pairs) {
                let known = one.known(grades, reading.place)?;
                let read = crate::subjects::read::number(reading.view, one.subject)
                    .and_then(|number| grades.grade(number, one.sector, known));
                let (grade, reason) = match read {
                    Ok(read) => (Some(shown(reading, grades.policies, &read)?), String::new()),
                    Err(Error::Refused(refusal)) => (None, refusal.reason.name().to_owned()),
                    Err(error) => return Err(error),
                };
                answers.push(pb::GradeAnswer {
                    pair: Some(pair),
                    grade,
                    reason,
                });
            }
            Ok(pb::BatchGetGradesResponse {
                answers,
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    async fn assess_grade(
        &self,
        request: Request<pb::AssessGradeRequest>,
    ) -> Result<Response<pb::Assessment>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let pair = (message.subject.as_str(), message.sector.as_str());
        let asked = self.pair(pair, &message.as_of, message.known.as_ref())?;
        self.ask(&message.min_revision, move |reading, grades| {
            let known = asked.known(grades, reading.place)?;
            let number = crate::subjects::read::number(reading.view, asked.subject)?;
            let read = grades.assess(number, asked.sector, known)?;
            let name = name_of(reading, read.who.subject)?;
            Ok(convert::assessment(&read, name, reading.place))
        })
        .await
    }

    async fn explain_grade(
        &self,
        request: Request<pb::ExplainGradeRequest>,
    ) -> Result<Response<pb::Explanation>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let pair = (message.subject.as_str(), message.sector.as_str());
        let asked = self.pair(pair, &message.as_of, message.known.as_ref())?;
        self.ask(&message.min_revision, move |reading, grades| {
            let known = asked.known(grades, reading.place)?;
            let number = crate::subjects::read::number(reading.view, asked.subject)?;
            let read = grades.grade(number, asked.sector, known)?;
            explanation(reading, grades, &read, known)
        })
        .await
    }

    async fn get_evidence_bundle(
        &self,
        request: Request<pb::GetEvidenceBundleRequest>,
    ) -> Result<Response<pb::EvidenceBundle>, Status> {
        self.bundle(request).await
    }

    async fn list_grade_history(
        &self,
        request: Request<pb::ListGradeHistoryRequest>,
    ) -> Result<Response<pb::ListGradeHistoryResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let subject = requests::subject_name("subject", &message.subject)?;
        let sector = requests::sector_name("sector", &message.sector)?;
        self.ask(&message.min_revision, move |reading, grades| {
            let number = crate::subjects::read::number(reading.view, subject)?;
            let history = grades.history(number, sector)?;
            let shown = history.iter().map(|read| shown(reading, grades.policies, read));
            Ok(pb::ListGradeHistoryResponse {
                grades: shown.collect::<Result<_, _>>()?,
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    async fn list_grades(
        &self,
        request: Request<pb::ListGradesRequest>,
    ) -> Result<Response<pb::ListGradesResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let sector = requests::sector_name("sector", &message.sector)?;
        let outcome = convert::wanted(message.outcome)?;
        let size = requests::page_size(message.page_size)?;
        let day = self.day("as_of", &message.as_of)?;
        let asked = pb::ListGradesRequest {
            page_size: 0,
            page_token: String::new(),
            min_revision: String::new(),
            ..message.clone()
        };
        let asked = question("ListGrades", Some(&asked));
        self.ask(&message.min_revision, move |reading, grades| {
            let list = Listing::<u32>::at(&message.page_token, asked, reading)?;
            let level = Some(message.level.as_str()).filter(|level| !level.is_empty());
            let after = SubjectNumber(list.after);
            let page = grades.list(sector, day, (outcome, level), after, size)?;
            let rows = page
                .items
                .iter()
                .map(|read| shown(reading, grades.policies, read));
            Ok(pb::ListGradesResponse {
                grades: rows.collect::<Result<_, _>>()?,
                next_page_token: list.next(page.next.map(|subject| subject.0)),
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    async fn count_grades(
        &self,
        request: Request<pb::CountGradesRequest>,
    ) -> Result<Response<pb::CountGradesResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let sectors = self.sectors(&message.sector)?;
        let day = self.day("as_of", &message.as_of)?;
        self.ask(&message.min_revision, move |reading, grades| {
            let mut counts = Vec::new();
            for sector in sectors {
                let counted = grades.count(sector, day)?;
                if counted.members > 0 {
                    let lead = grades.policies.catalog.sector(sector).map(|sector| sector.lead);
                    let lead = lead.map(|lead| format!("departments/{lead}")).unwrap_or_default();
                    counts.push(convert::counted(sector.as_str(), lead, &counted));
                }
            }
            Ok(pb::CountGradesResponse {
                sectors: counts,
                as_of: day.to_string(),
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    async fn count_grade_changes(
        &self,
        request: Request<pb::CountGradeChangesRequest>,
    ) -> Result<Response<pb::CountGradeChangesResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let sectors = self.sectors(&message.sector)?;
        let month = |field: &str, text: &str| -> Result<Option<Month>, Refusal> {
            match text {
                "" => Ok(None),
                text => super::convert::timeliness::month(field, text).map(Some),
            }
        };
        let from = month("month_from", &message.month_from)?;
        let until = month("month_until", &message.month_until)?;
        self.ask(&message.min_revision, move |reading, grades| {
            let passes = |month: Month| {
                from.is_none_or(|from| month >= from) && until.is_none_or(|until| month <= until)
            };
            let changes = grades.changes()?;
            let wanted = changes
                .into_iter()
                .filter(|((sector, month), _)| sectors.contains(sector) && passes(*month));
            let shown = wanted
                .map(|((sector, month), count)| convert::changed(sector.as_str(), month.to_string(), count));
            Ok(pb::CountGradeChangesResponse {
                changes: shown.collect(),
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    async fn run_assessment(
        &self,
        request: Request<pb::RunAssessmentRequest>,
    ) -> Result<Response<pb::Run>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        message.request_id.clear();
        let command = GradeCommand::Run {
            sector: requests::sector_name("sector", &message.sector)?,
            period_of: requests::optional_date("period_of", &message.period_of)?,
            reason: requests::text("reason", &message.reason, REASON_LENGTH_MAX)?,
        };
        let method = ("RunAssessment", id, &message);
        let (answer, revision) = self.submit(&extensions, method, command).await?;
        self.ask(&answer.place.to_string(), move |reading, grades| {
            Ok(convert::run(&grades.run(revision)?, reading.epoch()))
        })
        .await
    }

    async fn list_runs(
        &self,
        request: Request<pb::ListRunsRequest>,
    ) -> Result<Response<pb::ListRunsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let sectors = self.sectors(&message.sector)?;
        self.ask(&message.min_revision, move |reading, grades| {
            let mut runs = Vec::new();
            for sector in sectors {
                let found = grades.runs(sector)?;
                runs.extend(found.iter().map(|run| convert::run(run, reading.epoch())));
            }
            Ok(pb::ListRunsResponse {
                runs,
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    async fn list_corrections(
        &self,
        request: Request<pb::ListCorrectionsRequest>,
    ) -> Result<Response<pb::ListCorrectionsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let sectors = self.sectors(&message.sector)?;
        let size = requests::page_size(message.page_size)?;
        let asked = pb::ListCorrectionsRequest {
            sector: message.sector.clone(),
            ..Default::default()
        };
        let asked = question("ListCorrections", Some(&asked));
        self.ask(&message.min_revision, move |reading, grades| {
            let list = Listing::<Revision>::at(&message.page_token, asked, reading)?;
            let span = Span {
                after: list.after,
                until: list.first_page.revision,
                size,
            };
            let page = grades.open(OPEN_CORRECTION, span)?;
            let mut corrections = Vec::new();
            for revision in page.items {
                let (found, raised_at) = grades.correction(revision)?;
                if !sectors.contains(&found.sector) {
                    continue;
                }
                let grade = shown(reading, grades.policies, &grades.settled_at(found.grade)?)?;
                let name = name_of(reading, found.who.subject)?;
                let raised = (revision, &found, raised_at);
                corrections.push(convert::correction(raised, name, grade, reading.epoch()));
            }
            Ok(pb::ListCorrectionsResponse {
                corrections,
                next_page_token: list.next(page.next),
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    async fn close_correction(
        &self,
        request: Request<pb::CloseCorrectionRequest>,
    ) -> Result<Response<pb::Grade>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        message.request_id.clear();
        let subject = requests::subject_name("subject", &message.subject)?;
        let sector = requests::sector_name("sector", &message.sector)?;
        let command = GradeCommand::CloseCorrection {
            subject,
            sector,
            is_confirmed: message.confirm,
            reason: requests::text("reason", &message.reason, REASON_LENGTH_MAX)?,
        };
        let method = ("CloseCorrection", id, &message);
        let (answer, _) = self.submit(&extensions, method, command).await?;
        self.then(&answer, subject, sector).await
    }

    async fn decide_grade(
        &self,
        request: Request<pb::DecideGradeRequest>,
    ) -> Result<Response<pb::Grade>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        message.request_id.clear();
        let subject = requests::subject_name("subject", &message.subject)?;
        let sector = requests::sector_name("sector", &message.sector)?;
        let command = GradeCommand::Decide {
            subject,
            sector,
            level: requests::text("level", &message.level, LEVEL_LENGTH_MAX)?,
            until: requests::date("until", &message.until)?,
            reason: requests::text("reason", &message.reason, REASON_LENGTH_MAX)?,
            basis: requests::text("basis", &message.basis, BASIS_LENGTH_MAX)?,
        };
        let method = ("DecideGrade", id, &message);
        let (answer, _) = self.submit(&extensions, method, command).await?;
        self.then(&answer, subject, sector).await
    }

    async fn file_objection(
        &self,
        request: Request<pb::FileObjectionRequest>,
    ) -> Result<Response<pb::Objection>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        message.request_id.clear();
        let command = GradeCommand::Object {
            subject: requests::subject_name("subject", &message.subject)?,
            sector: requests::sector_name("sector", &message.sector)?,
            text: requests::text("text", &message.text, TEXT_LENGTH_MAX)?,
        };
        let method = ("FileObjection", id, &message);
        let (answer, revision) = self.submit(&extensions, method, command).await?;
        self.objected(&answer, revision).await
    }

    async fn answer_objection(
        &self,
        request: Request<pb::AnswerObjectionRequest>,
    ) -> Result<Response<pb::Objection>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        message.request_id.clear();
        let objection = convert::objection_name(&message.name, self.0.shared.head().place)?;
        let command = GradeCommand::AnswerObjection {
            objection,
            is_upheld: message.uphold,
            text: requests::text("text", &message.text, TEXT_LENGTH_MAX)?,
        };
        let method = ("AnswerObjection", id, &message);
        let (answer, _) = self.submit(&extensions, method, command).await?;
        self.objected(&answer, objection).await
    }

    async fn list_objections(
        &self,
        request: Request<pb::ListObjectionsRequest>,
    ) -> Result<Response<pb::ListObjectionsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let size = requests::page_size(message.page_size)?;
        let asked = question("ListObjections", None::<&pb::ListObjectionsRequest>);
        self.ask(&message.min_revision, move |reading, grades| {
            let list = Listing::<Revision>::at(&message.page_token, asked, reading)?;
            let span = Span {
                after: list.after,
                until: list.first_page.revision,
                size,
            };
            let page = grades.open(OPEN_OBJECTION, span)?;
            let mut objections = Vec::new();
            for revision in page.items {
                let (filed, _) = grades.objection(revision)?;
                let name = name_of(reading, filed.who.subject)?;
                objections.push(convert::objection(revision, &filed, name, reading.epoch()));
            }
            Ok(pb::ListObjectionsResponse {
                objections,
                next_page_token: list.next(page.next),
                revision: reading.place.to_string(),
            })
        })
        .await
    }
}
