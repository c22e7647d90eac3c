//! `SubjectService`: parse, call, convert.

use std::sync::Arc;

use prost::Message;
use tonic::{Extensions, Request, Response, Status, Streaming};

use super::batches::{self, Answers, Batch};
use super::context::{Context, Reading, reflecting, refusal};
use super::convert::answers::subjects as answers;
use super::convert::requests::subjects as asked;
use super::convert::requests::{self, PAGE_SIZE_DEFAULT, PURPOSE_LENGTH_MAX};
use super::page::{Listing, question};
use super::pb;
use super::pb::subject_service_server::SubjectService;
use super::subject_rows::{MembershipRows, RegisterRows};
use crate::domain::civil_date::CivilDate;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::subject::{Identity, SubjectName, SubjectNumber};
use crate::ingest::rows;
use crate::recorder::{self, Answer, Command, Order};
use crate::subjects::commands::SubjectCommand;
use crate::subjects::file::EntryKey;
use crate::subjects::place::{self, Known};
use crate::subjects::profile::MemberRead;
use crate::subjects::{self, counts, lists, read};

mod changes;

/// The service over one recorder.
pub struct Subjects(pub Context);

impl Subjects {
    /// Records a single command under its request id.
    async fn record(
        &self,
        extensions: &Extensions,
        method: &str,
        (request_id, message): (String, impl Message),
        command: SubjectCommand,
    ) -> Result<Answer, Refusal> {
        let principal = self.0.principal(extensions)?;
        let id = requests::request_id(&request_id)?;
        let hash = requests::request_hash(method, &message);
        let order = Order {
            principal,
            request: Some(recorder::Request { id, hash }),
            validate_only: false,
            command: Command::Subject(command),
            deadline: self.0.deadline(extensions),
        };
        self.0.recorder.submit(order).await
    }

    /// The file of a subject as it stands now.
    async fn file(
        &self,
        min_revision: &str,
        find: impl FnOnce(&Reading<'_>) -> Result<SubjectNumber, rows::Error> + Send + 'static,
        on: Option<CivilDate>,
    ) -> Result<Response<pb::Subject>, Status> {
        let today = self.0.today();
        self.0
            .read(min_revision, move |reading| {
                let number = find(reading)?;
                let name = subjects::row(reading.view, number)?.name;
                let request = pb::GetSubjectRequest {
                    name: format!("subjects/{name}"),
                    as_of: on.map(|on| on.to_string()).unwrap_or_default(),
                    ..Default::default()
                };
                page_of_file(reading, &request, number, PAGE_SIZE_DEFAULT, today)
            })
            .await
    }
}

/// One page of a subject's file, with everything that stands above the records.
fn page_of_file(
    reading: &Reading<'_>,
    request: &pb::GetSubjectRequest,
    number: SubjectNumber,
    size: usize,
    today: CivilDate,
) -> Result<pb::Subject, rows::Error> {
    let on = asked::day_or("as_of", &request.as_of, today)?;
    let revision = asked::known("known", &request.known, reading.place)?;
    let what = pb::GetSubjectRequest {
        min_revision: String::new(),
        page_size: 0,
        page_token: String::new(),
        ..request.clone()
    };
    let asked_for = question("GetSubject", Some(&what));
    let listing: Listing<EntryKey> = Listing::at(&request.page_token, asked_for, reading)?;
    let known = Known {
        revision: revision.min(listing.first_page.revision),
        on,
    };
    let asked = read::Asked {
        known,
        after: listing.after,
        size,
    };
    let subject = read::subject(reading.view, reading.facts, number, &asked)?;
    Ok(pb::Subject {
        next_page_token: listing.next(subject.next),
        ..answers::subject(&subject, on, reading.epoch())
    })
}

#[tonic::async_trait]
impl SubjectService for Subjects {
    type ImportSubjectsStream = Answers<pb::ImportSubjectsResponse>;
    type ImportMembershipsStream = Answers<pb::ImportMembershipsResponse>;

    async fn get_subject(
        &self,
        request: Request<pb::GetSubjectRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let name = requests::subject_name("name", &message.name)?;
        let size = requests::page_size(message.page_size)?;
        let today = self.0.today();
        let least = message.min_revision.clone();
        self.0
            .read(&least, move |reading| {
                let number = read::number(reading.view, name)?;
                page_of_file(reading, &message, number, size, today)
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
        let on = match message.on.as_str() {
            "" => None,
            written => Some(requests::date("on", written)?),
        };
        let day = on.unwrap_or(self.0.today());
        let least = requests::min_revision(&message.min_revision)?;
        let view = self.0.shared.view_at_least(least).await?;
        let shared = Arc::clone(&self.0.shared);
        let found = self.0.readers.run(move || {
            let found = subjects::by_identity(&*view, &identity, &**shared.facts.keys(), day)
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
        let find = move |reading: &Reading<'_>| {
            let known = Known {
                on: day,
                ..Known::all()
            };
            Ok(place::successor(reading.view, number, known)?)
        };
        self.file(&least, find, on).await
    }

    async fn search_subjects(
        &self,
        request: Request<pb::SearchSubjectsRequest>,
    ) -> Result<Response<pb::SearchSubjectsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let query = asked::query(&message)?;
        let size = requests::page_size(message.page_size)?;
        let today = self.0.today();
        let what = pb::SearchSubjectsRequest {
            query: message.query.clone(),
            ..Default::default()
        };
        self.0
            .read(&message.min_revision, move |reading| {
                let listing = Listing::at(
                    &message.page_token,
                    question("SearchSubjects", Some(&what)),
                    reading,
                )?;
                let hashes = &**reading.facts.keys();
                let page = lists::search(reading.view, reading.facts, hashes, &query, listing.after, size)?;
                Ok(pb::SearchSubjectsResponse {
                    subjects: summaries(&page.items, today, reading),
                    next_page_token: listing.next(page.next),
                    revision: reading.place.to_string(),
                })
            })
            .await
    }

    async fn import_subjects(
        &self,
        request: Request<Streaming<pb::ImportSubjectsRequest>>,
    ) -> Result<Response<Self::ImportSubjectsStream>, Status> {
        let caller = self.0.caller(request.extensions())?.clone();
        let answers = batches::import::<RegisterRows>(self.0.clone(), caller, request.into_inner());
        Ok(Response::new(answers))
    }

    async fn register_subjects(
        &self,
        request: Request<pb::RegisterSubjectsRequest>,
    ) -> Result<Response<pb::RegisterBatchResult>, Status> {
        let caller = self.0.caller(request.extensions())?.clone();
        let (_, extensions, message) = request.into_parts();
        let batch = Batch::<RegisterRows>::checked(&self.0, &caller, message).await?;
        let (result, answer) = batch.recorded(&self.0, &extensions).await?;
        Ok(reflecting(result, answer.place))
    }

    async fn list_provisional_subjects(
        &self,
        request: Request<pb::ListProvisionalSubjectsRequest>,
    ) -> Result<Response<pb::ListProvisionalSubjectsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let size = requests::page_size(message.page_size)?;
        let today = self.0.today();
        self.0
            .read(&message.min_revision, move |reading| {
                let what = question(
                    "ListProvisionalSubjects",
                    None::<&pb::ListProvisionalSubjectsRequest>,
                );
                let listing = Listing::at(&message.page_token, what, reading)?;
                let page = lists::provisional(reading.view, reading.facts, listing.after, size)?;
                Ok(pb::ListProvisionalSubjectsResponse {
                    subjects: summaries(&page.items, today, reading),
                    next_page_token: listing.next(page.next),
                    revision: reading.place.to_string(),
                })
            })
            .await
    }

    async fn list_register(
        &self,
        request: Request<pb::ListRegisterRequest>,
    ) -> Result<Response<pb::ListRegisterResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let size = requests::page_size(message.page_size)?;
        self.0
            .read(&message.min_revision, move |reading| {
                let what = question("ListRegister", None::<&pb::ListRegisterRequest>);
                let listing = Listing::at(&message.page_token, what, reading)?;
                let span = (listing.after, listing.first_page.revision);
                let page = lists::register(reading.view, reading.facts, span, size)?;
                let shown = page.items.iter();
                let shown = shown.map(|read| answers::register_entry(read, reading.epoch()));
                Ok(pb::ListRegisterResponse {
                    entries: shown.collect(),
                    next_page_token: listing.next(page.next),
                    revision: reading.place.to_string(),
                })
            })
            .await
    }

    async fn count_subjects(
        &self,
        request: Request<pb::CountSubjectsRequest>,
    ) -> Result<Response<pb::CountSubjectsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let today = self.0.today();
        self.0
            .read(&request.into_inner().min_revision, move |reading| {
                let counts = counts::subjects(reading.view, today)?;
                Ok(answers::counts(&counts, reading.place.to_string()))
            })
            .await
    }

    async fn answer_question(
        &self,
        request: Request<pb::AnswerQuestionRequest>,
    ) -> Result<Response<pb::AnswerQuestionResponse>, Status> {
        self.answered(request).await
    }

    async fn rename_subject(
        &self,
        request: Request<pb::RenameSubjectRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        self.renamed(request).await
    }

    async fn assign_subject_code(
        &self,
        request: Request<pb::AssignSubjectCodeRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        self.code_assigned(request).await
    }

    async fn end_subject_code(
        &self,
        request: Request<pb::EndSubjectCodeRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        self.code_ended(request).await
    }

    async fn merge_subjects(
        &self,
        request: Request<pb::MergeSubjectsRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        self.merged(request).await
    }

    async fn undo_merge(
        &self,
        request: Request<pb::UndoMergeRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        self.merge_undone(request).await
    }

    async fn split_subject(
        &self,
        request: Request<pb::SplitSubjectRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        self.parted(request).await
    }

    async fn deregister_subject(
        &self,
        request: Request<pb::DeregisterSubjectRequest>,
    ) -> Result<Response<pb::Subject>, Status> {
        self.deregistered(request).await
    }

    async fn reattribute_records(
        &self,
        request: Request<pb::ReattributeRecordsRequest>,
    ) -> Result<Response<pb::ReattributeRecordsResponse>, Status> {
        self.moved(request).await
    }

    async fn import_memberships(
        &self,
        request: Request<Streaming<pb::ImportMembershipsRequest>>,
    ) -> Result<Response<Self::ImportMembershipsStream>, Status> {
        let caller = self.0.caller(request.extensions())?.clone();
        let answers = batches::import::<MembershipRows>(self.0.clone(), caller, request.into_inner());
        Ok(Response::new(answers))
    }

    async fn record_memberships(
        &self,
        request: Request<pb::RecordMembershipsRequest>,
    ) -> Result<Response<pb::MembershipBatchResult>, Status> {
        let caller = self.0.caller(request.extensions())?.clone();
        let (_, extensions, message) = request.into_parts();
        let batch = Batch::<MembershipRows>::checked(&self.0, &caller, message).await?;
        let (result, answer) = batch.recorded(&self.0, &extensions).await?;
        Ok(reflecting(result, answer.place))
    }

    async fn end_membership(
        &self,
        request: Request<pb::EndMembershipRequest>,
    ) -> Result<Response<pb::Membership>, Status> {
        self.membership_ended(request).await
    }

    async fn list_memberships(
        &self,
        request: Request<pb::ListMembershipsRequest>,
    ) -> Result<Response<pb::ListMembershipsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let (subject, wanted) = asked::memberships_wanted(&message)?;
        let size = requests::page_size(message.page_size)?;
        let what = pb::ListMembershipsRequest {
            subject: message.subject.clone(),
            sector: message.sector.clone(),
            as_of: message.as_of.clone(),
            ..Default::default()
        };
        self.0
            .read(&message.min_revision, move |reading| {
                let listing = Listing::at(
                    &message.page_token,
                    question("ListMemberships", Some(&what)),
                    reading,
                )?;
                let subject = match subject {
                    None => None,
                    Some(name) => Some(read::number(reading.view, name)?),
                };
                let wanted = lists::Wanted { subject, ..wanted };
                let page = lists::memberships(reading.view, reading.facts, &wanted, listing.span(size))?;
                let shown = |(_, read): &(SubjectName, MemberRead)| -> Result<_, rows::Error> {
                    let who = lists::summary(reading.view, reading.facts, read.subject)?;
                    Ok(answers::membership_of(&who, read, reading.epoch()))
                };
                Ok(pb::ListMembershipsResponse {
                    memberships: page.items.iter().map(shown).collect::<Result<_, _>>()?,
                    next_page_token: listing.next(page.next),
                    revision: reading.place.to_string(),
                })
            })
            .await
    }
}

fn summaries(items: &[lists::Summary], today: CivilDate, reading: &Reading<'_>) -> Vec<pb::SubjectSummary> {
    let shown = |item| answers::summary(item, today, reading.epoch());
    items.iter().map(shown).collect()
}

fn membership(
    reading: &Reading<'_>,
    name: SubjectName,
    read: &MemberRead,
) -> Result<pb::Membership, rows::Error> {
    let kind = subjects::row(reading.view, read.subject)?.kind;
    Ok(answers::membership(name, kind, read, reading.epoch()))
}

/// Who is looked for, and why if it is a person. The texts of a refusal do not repeat the code.
fn identity(message: &pb::LookUpSubjectRequest) -> Result<(Identity, Option<String>), Refusal> {
    use pb::look_up_subject_request::Code;
    let malformed = |field: &str, what: &str| Refusal::plain(Reason::MalformedValue).violating(field, what);
    match &message.code {
        None => Err(malformed(
            "social_credit_code",
            "is required, or person_id in its place",
        )),
        Some(Code::SocialCreditCode(code)) => Ok((asked::social_credit_code(code)?, None)),
        Some(Code::OlderCode(code)) => Ok((asked::older_code(code)?, None)),
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
