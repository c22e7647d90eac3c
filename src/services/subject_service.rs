//! `SubjectService`: parse, call, convert.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::context::{Context, refusal};
use super::convert::answers;
use super::convert::requests::{self, PURPOSE_LENGTH_MAX};
use super::pb;
use super::pb::look_up_subject_request::Code;
use super::pb::subject_service_server::SubjectService;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::subject::Identity;
use crate::recorder::{Command, Order};
use crate::subjects::{self, read};

/// The service over one recorder.
pub struct Subjects(pub Context);

#[tonic::async_trait]
impl SubjectService for Subjects {
    async fn get_subject(
        &self,
        request: Request<pb::GetSubjectRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let name = requests::subject_name("name", &message.name)?;
        self.0
            .read(&message.min_revision, move |reading| {
                let number = read::number(reading.view, name)?;
                let subject = read::subject(reading.view, reading.facts, number)?;
                Ok(answers::subject(&subject, reading.epoch()))
            })
            .await
    }

    async fn look_up_subject(
        &self,
        request: Request<pb::LookUpSubjectRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        let principal = self.0.principal(request.extensions())?;
        let (_, extensions, message) = request.into_parts();
        let (identity, purpose) = identity(&message)?;
        let least = requests::min_revision(&message.min_revision)?;
        let view = self.0.shared.view_at_least(least).await?;
        let shared = Arc::clone(&self.0.shared);
        let today = self.0.today();
        let found = self.0.readers.run(move || {
            let found = subjects::by_identity(&*view, &identity, &**shared.facts.keys(), today)
                .map_err(|error| refusal(error.into()))?;
            found.ok_or_else(|| Refusal::plain(Reason::SubjectUnknown))
        });
        let number = found.await?;
        let mut least = message.min_revision;
        if let Some(purpose) = purpose {
            // The read is on record before anything is told.
            let order = Order {
                principal,
                request: None,
                validate_only: false,
                command: Command::NoteSealedRead {
                    subject: number,
                    purpose,
                },
                deadline: self.0.deadline(&extensions),
            };
            least = self.0.recorder.submit(order).await?.place.to_string();
        }
        self.0
            .read(&least, move |reading| {
                let subject = read::subject(reading.view, reading.facts, number)?;
                Ok(answers::subject(&subject, reading.epoch()))
            })
            .await
    }
}

/// Who is looked for, and why if it is a person. The texts of a refusal do not repeat the code.
fn identity(message: &pb::LookUpSubjectRequest) -> Result<(Identity, Option<String>), Refusal> {
    let malformed = |field: &str, what: &str| Refusal::plain(Reason::MalformedValue).violating(field, what);
    match &message.code {
        None => Err(malformed(
            "social_credit_code",
            "is required, or person_id in its place",
        )),
        Some(Code::SocialCreditCode(code)) => {
            let parsed = code.trim().parse();
            let code = parsed.map_err(|_| malformed("social_credit_code", "is no valid code"))?;
            Ok((Identity::Code(code), None))
        }
        Some(Code::PersonId(id)) => {
            let id = id
                .trim()
                .parse()
                .map_err(|_| malformed("person_id", "is no valid resident ID number"))?;
            if message.purpose.trim().is_empty() {
                return Err(Refusal::plain(Reason::PurposeRequired).violating("purpose", "is required"));
            }
            let purpose = requests::text("purpose", &message.purpose, PURPOSE_LENGTH_MAX)?;
            Ok((Identity::Person(id), Some(purpose)))
        }
    }
}
