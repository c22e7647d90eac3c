//! The calls about which sectors records belong to.

use tonic::{Request, Response, Status};

use super::{Asked, Asking, Records};
use crate::domain::catalog::SectorCode;
use crate::domain::fact::Fact;
use crate::domain::record::RecordKind;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Place;
use crate::domain::subject_fact::{RecordClass, SubjectFact};
use crate::ingest::rows::contradiction;
use crate::recorder::{Command, Order};
use crate::services::convert::records;
use crate::services::convert::requests::{self, subjects as asked};
use crate::services::page::{Listing, question};
use crate::services::pb;
use crate::subjects::attribution::{self, Attribute, Target};
use crate::subjects::commands::SubjectCommand;

/// Longest matter, in characters.
const MATTER_LENGTH_MAX: usize = 2_000;

/// Most sectors of one record.
const SECTORS_MAX: usize = 43;

impl Records {
    pub(super) async fn unattributed(
        &self,
        request: Request<pb::ListUnattributedRecordsRequest>,
    ) -> Result<Response<pb::ListUnattributedRecordsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let department = match message.department.as_str() {
            "" => None,
            name => Some(requests::department_name("department", name)?),
        };
        let size = requests::page_size(message.page_size)?;
        let asked = question("ListUnattributedRecords", Some(&message.department));
        self.read(&message.min_revision, move |reader, reading| {
            let list = Listing::at(&message.page_token, asked, reading)?;
            let page = attribution::unattributed(reading.view, department, list.span(size))?;
            let mut shown = Vec::with_capacity(page.items.len());
            for name in page.items {
                shown.push(records::record(&reader.record(name, 0)?, reading.epoch()));
            }
            Ok(pb::ListUnattributedRecordsResponse {
                records: shown,
                next_page_token: list.next(page.next),
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    pub(super) async fn unattributed_counted(
        &self,
        request: Request<pb::CountUnattributedRecordsRequest>,
    ) -> Result<Response<pb::CountUnattributedRecordsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        self.read(&message.min_revision, move |_, reading| {
            let counts = attribution::unattributed_counts(reading.view)?;
            let department = |(code, count): (_, &u64)| pb::DepartmentCount {
                department: format!("departments/{code}"),
                count: *count,
            };
            Ok(pb::CountUnattributedRecordsResponse {
                total: counts.values().sum(),
                departments: counts.iter().map(department).collect(),
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    pub(super) async fn attributed(
        &self,
        request: Request<pb::AttributeRecordsRequest>,
    ) -> Result<Response<pb::AttributeRecordsResponse>, Status> {
        let principal = self.0.principal(request.extensions())?;
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        message.request_id.clear();
        let command = Attribute {
            target: target(&message)?,
            sectors: sectors(&message.sectors)?,
            reason: asked::reason(&message.reason)?,
        };
        let asking = Asking::of(principal, id, "AttributeRecords", &message, false);
        let order = Order {
            principal: asking.principal,
            request: Some(Asked {
                id: asking.id,
                hash: asking.hash,
            }),
            validate_only: asking.validate_only,
            command: Command::Subject(SubjectCommand::Attribute(command)),
            deadline: self.0.deadline(&extensions),
        };
        let answer = self.0.recorder.submit(order).await?;
        let revision = answer.outcomes.first().map(|outcome| outcome.revision);
        let revision = revision.unwrap_or(answer.place.revision);
        let replayed = answer.replayed;
        self.read(&answer.place.to_string(), move |_, reading| {
            let Fact::Subject(SubjectFact::Attributed(fact)) = reading.facts.fact(revision)?.0.fact else {
                return Err(contradiction(revision));
            };
            Ok(pb::AttributeRecordsResponse {
                attributed_count: u32::try_from(fact.records.len()).unwrap_or(u32::MAX),
                revision: Place {
                    revision,
                    ..reading.place
                }
                .to_string(),
                replayed,
            })
        })
        .await
    }
}

fn target(message: &pb::AttributeRecordsRequest) -> Result<Target, Refusal> {
    use pb::attribute_records_request::Target as Asked;
    let wrong = |field: &str, what: &str| Refusal::plain(Reason::MalformedValue).violating(field, what);
    match &message.target {
        None => Err(wrong("record", "is required, or record_class")),
        Some(Asked::Record(name)) => Ok(Target::Record(records::record_name("record", name)?)),
        Some(Asked::RecordClass(class)) => {
            let kind = u8::try_from(class.kind)
                .ok()
                .and_then(|kind| RecordKind::try_from(kind).ok());
            let code = class.body_code.trim().parse();
            Ok(Target::Class(RecordClass {
                kind: kind.ok_or_else(|| wrong("record_class.kind", "is required and on the list"))?,
                body: code.map_err(|_| wrong("record_class.body_code", "is no valid code"))?,
                matter: requests::text("record_class.matter", &class.matter, MATTER_LENGTH_MAX)?,
            }))
        }
    }
}

fn sectors(names: &[String]) -> Result<Vec<SectorCode>, Refusal> {
    if names.len() > SECTORS_MAX {
        return Err(Refusal::plain(Reason::MalformedValue).violating("sectors", "names more than there are"));
    }
    let named = names.iter().enumerate();
    named
        .map(|(place, name)| requests::sector_name(&format!("sectors[{place}]"), name))
        .collect()
}
