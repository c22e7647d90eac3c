//! The calls that change one subject: parse, record, answer with what then stands.

use tonic::{Request, Response, Status};

use super::{Subjects, asked, membership};
use crate::domain::fact::Fact;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::{Place, Revision};
use crate::domain::subject::{Identity, SubjectName};
use crate::domain::subject_fact::{Change, SubjectFact};
use crate::ingest::rows;
use crate::recorder::Answer;
use crate::services::context::{Reading, reflecting};
use crate::services::convert::requests;
use crate::services::pb;
use crate::subjects::commands::{MOVED_RECORDS_MAX, SubjectCommand};
use crate::subjects::{lists, memberships, questions, read, select};

/// Takes the request id out of a message, so that the rest can be hashed.
macro_rules! taken {
    ($message:ident) => {
        (std::mem::take(&mut $message.request_id), $message)
    };
}

impl Subjects {
    /// The file of a subject once an answer is visible.
    async fn then(&self, answer: &Answer, name: SubjectName) -> Result<Response<pb::Subject>, Status> {
        let find = move |reading: &Reading<'_>| read::number(reading.view, name);
        self.file(&answer.place.to_string(), find, None).await
    }

    pub(super) async fn renamed(
        &self,
        request: Request<pb::RenameSubjectRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let subject = requests::subject_name("name", &message.name)?;
        let command = SubjectCommand::Rename {
            subject,
            name: requests::text("title", &message.title, asked::TITLE_LENGTH_MAX)?,
            from: requests::date("from", &message.from)?,
            reason: asked::reason(&message.reason)?,
        };
        let answer = self
            .record(&extensions, "RenameSubject", taken!(message), command)
            .await?;
        self.then(&answer, subject).await
    }

    pub(super) async fn code_assigned(
        &self,
        request: Request<pb::AssignSubjectCodeRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        use pb::assign_subject_code_request::Code;
        let (_, extensions, mut message) = request.into_parts();
        let subject = requests::subject_name("name", &message.name)?;
        let command = SubjectCommand::AssignCode {
            subject,
            identity: match &message.code {
                Some(Code::SocialCreditCode(code)) => asked::social_credit_code(code)?,
                Some(Code::OlderCode(code)) => asked::older_code(code)?,
                None => return Err(asked::code_required().into()),
            },
            from: requests::date("from", &message.from)?,
            reason: asked::reason(&message.reason)?,
        };
        let answer = self
            .record(&extensions, "AssignSubjectCode", taken!(message), command)
            .await?;
        self.then(&answer, subject).await
    }

    pub(super) async fn code_ended(
        &self,
        request: Request<pb::EndSubjectCodeRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        use pb::end_subject_code_request::Code;
        let (_, extensions, mut message) = request.into_parts();
        let subject = requests::subject_name("name", &message.name)?;
        let identity: Identity = match &message.code {
            Some(Code::SocialCreditCode(code)) => asked::social_credit_code(code)?,
            Some(Code::OlderCode(code)) => asked::older_code(code)?,
            None => return Err(asked::code_required().into()),
        };
        let command = SubjectCommand::EndCode {
            subject,
            identity,
            until: requests::date("until", &message.until)?,
            reason: asked::reason(&message.reason)?,
        };
        let answer = self
            .record(&extensions, "EndSubjectCode", taken!(message), command)
            .await?;
        self.then(&answer, subject).await
    }

    pub(super) async fn merged(
        &self,
        request: Request<pb::MergeSubjectsRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let into = requests::subject_name("into", &message.into)?;
        let command = SubjectCommand::Merge {
            from: requests::subject_name("from", &message.from)?,
            into,
            on: requests::date("on", &message.on)?,
            reason: asked::reason(&message.reason)?,
        };
        let answer = self
            .record(&extensions, "MergeSubjects", taken!(message), command)
            .await?;
        self.then(&answer, into).await
    }

    pub(super) async fn merge_undone(
        &self,
        request: Request<pb::UndoMergeRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let from = requests::subject_name("from", &message.from)?;
        let command = SubjectCommand::UndoMerge {
            from,
            reason: asked::reason(&message.reason)?,
        };
        let answer = self
            .record(&extensions, "UndoMerge", taken!(message), command)
            .await?;
        self.then(&answer, from).await
    }

    pub(super) async fn parted(
        &self,
        request: Request<pb::SplitSubjectRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let subject = requests::subject_name("name", &message.name)?;
        let mut into = Vec::with_capacity(message.into.len());
        for (place, name) in message.into.iter().enumerate() {
            into.push(requests::subject_name(&format!("into[{place}]"), name)?);
        }
        let command = SubjectCommand::Split {
            subject,
            into,
            on: requests::date("on", &message.on)?,
            reason: asked::reason(&message.reason)?,
        };
        let answer = self
            .record(&extensions, "SplitSubject", taken!(message), command)
            .await?;
        self.then(&answer, subject).await
    }

    pub(super) async fn deregistered(
        &self,
        request: Request<pb::DeregisterSubjectRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let subject = requests::subject_name("name", &message.name)?;
        let command = SubjectCommand::Deregister {
            subject,
            on: requests::date("on", &message.on)?,
            reason: asked::reason(&message.reason)?,
        };
        let answer = self
            .record(&extensions, "DeregisterSubject", taken!(message), command)
            .await?;
        self.then(&answer, subject).await
    }

    pub(super) async fn moved(
        &self,
        request: Request<pb::ReattributeRecordsRequest>,
    ) -> Result<Response<pb::ReattributeRecordsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let (_, extensions, mut message) = request.into_parts();
        let from = requests::subject_name("from", &message.from)?;
        let to = requests::subject_name("to", &message.to)?;
        let selection = asked::selection(message.selection.as_ref())?;
        let reason = asked::reason(&message.reason)?;
        // What is selected is read first; the writer looks again at each record.
        let selected = self
            .0
            .read("", move |reading| {
                let number = read::number(reading.view, from)?;
                let most = MOVED_RECORDS_MAX;
                select::selected(reading.view, reading.facts, number, &selection, most)
            })
            .await?;
        let records = selected.into_inner();
        if message.validate_only {
            if records.len() > MOVED_RECORDS_MAX {
                let most = MOVED_RECORDS_MAX.to_string();
                return Err(Refusal::plain(Reason::SelectionTooLarge)
                    .with("most", most)
                    .into());
            }
            let place = self.0.shared.head().place;
            let response = pb::ReattributeRecordsResponse {
                moved_count: count(records.len()),
                ..Default::default()
            };
            return Ok(reflecting(response, place));
        }
        let command = SubjectCommand::Reattribute {
            from,
            to,
            records,
            reason,
        };
        let answer = self
            .record(&extensions, "ReattributeRecords", taken!(message), command)
            .await?;
        let revision = answer.outcomes.first().map(|outcome| outcome.revision);
        let replayed = answer.replayed;
        self.0
            .read(&answer.place.to_string(), move |reading| {
                let revision = revision.unwrap_or_default();
                Ok(pb::ReattributeRecordsResponse {
                    moved_count: moved_by(reading, revision)?,
                    revision: at(reading, revision),
                    replayed,
                })
            })
            .await
    }

    pub(super) async fn answered(
        &self,
        request: Request<pb::AnswerQuestionRequest>,
    ) -> Result<Response<pb::AnswerQuestionResponse>, Status> {
        use pb::answer_question_request::Question;
        self.0.principal(request.extensions())?;
        let (_, extensions, mut message) = request.into_parts();
        let link = match message.link.as_str() {
            "" => None,
            name => Some(requests::subject_name("link", name)?),
        };
        let reason = asked::reason(&message.reason)?;
        let command = match &message.question {
            None => {
                let refusal = Refusal::plain(Reason::MalformedValue);
                return Err(refusal.violating("subject", "is required, or revision").into());
            }
            Some(Question::Subject(name)) => SubjectCommand::AnswerSubject {
                subject: requests::subject_name("subject", name)?,
                link,
                reason,
            },
            Some(Question::Revision(written)) => {
                let written = written.clone();
                let found = self.0.read("", move |reading| {
                    if written.is_empty() {
                        let refusal = Refusal::plain(Reason::MalformedRevision);
                        return Err(refusal.violating("revision", "is required").into());
                    }
                    let question = asked::known("revision", &written, reading.place)?;
                    Ok((question, questions::about(reading.facts, question)?))
                });
                let (question, about) = found.await?.into_inner();
                SubjectCommand::AnswerRecord {
                    question,
                    about,
                    link,
                    reason,
                }
            }
        };
        let answer = self
            .record(&extensions, "AnswerQuestion", taken!(message), command)
            .await?;
        let revision = answer
            .outcomes
            .first()
            .map_or(answer.place.revision, |outcome| outcome.revision);
        let response = pb::AnswerQuestionResponse {
            revision: Place {
                revision,
                ..answer.place
            }
            .to_string(),
            replayed: answer.replayed,
        };
        Ok(reflecting(response, answer.place))
    }

    pub(super) async fn membership_ended(
        &self,
        request: Request<pb::EndMembershipRequest>,
    ) -> Result<Response<pb::Membership>, Status> {
        let (_, extensions, mut message) = request.into_parts();
        let name = asked::membership_name("name", &message.name)?;
        let command = SubjectCommand::EndMembership {
            name,
            on: requests::date("on", &message.on)?,
            reason: asked::reason(&message.reason)?,
        };
        let answer = self
            .record(&extensions, "EndMembership", taken!(message), command)
            .await?;
        self.0
            .read(&answer.place.to_string(), move |reading| {
                let unknown = || Refusal::plain(Reason::MembershipUnknown).with("name", name.to_string());
                let (_, row) = memberships::find(reading.view, &name)?.ok_or_else(unknown)?;
                let (subject, read) = lists::shown(reading.view, reading.facts, &row)?;
                membership(reading, subject, &read)
            })
            .await
    }
}

fn at(reading: &Reading<'_>, revision: Revision) -> String {
    Place {
        revision,
        ..reading.place
    }
    .to_string()
}

fn count(records: usize) -> u32 {
    u32::try_from(records).unwrap_or(u32::MAX)
}

/// How many records the fact at a revision moves.
fn moved_by(reading: &Reading<'_>, revision: Revision) -> Result<u32, rows::Error> {
    if let Fact::Subject(SubjectFact::Changed(fact)) = reading.facts.fact(revision)?.0.fact
        && let Change::Reattributed { records, .. } = fact.change
    {
        Ok(count(records.len()))
    } else {
        Err(rows::contradiction(revision))
    }
}
