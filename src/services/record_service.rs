//! `RecordService`: parse, call, convert.

use std::sync::Arc;

use prost::Message;
use tonic::{Extensions, Request, Response, Status, Streaming};

use super::batches::{Answers, Batch, import};
use super::context::{Context, Reading, reflecting};
use super::convert::records;
use super::convert::requests;
use super::page::{Listing, question};
use super::pb;
use super::pb::record_service_server::RecordService;
use super::record_rows::RecordRows;
use crate::domain::caller::Scope;
use crate::domain::fact::{Principal, RequestId};
use crate::domain::record_name::RecordName;
use crate::domain::refusal::{Reason, Refusal};
use crate::ingest::records::commands::{EndRecord, RecordCommand, ReviveRecord};
use crate::ingest::records::read::{self, Reader, RecordKey};
use crate::ingest::rows;
use crate::policy::Policies;
use crate::recorder::{Command, Order, Request as Asked};

mod attribution;

/// The service over one recorder.
pub struct Records(pub Context);

impl Records {
    /// Answers a question about records off the async threads.
    async fn read<T: Send + 'static>(
        &self,
        min_revision: &str,
        ask: impl FnOnce(&Reader<'_>, &Reading<'_>) -> Result<T, rows::Error> + Send + 'static,
    ) -> Result<Response<T>, Status> {
        let policies: Arc<Policies> = Arc::clone(&self.0.shared.policies);
        self.0
            .read(min_revision, move |reading| {
                let reader = Reader {
                    view: reading.view,
                    facts: reading.facts,
                    terms: policies.terms(),
                };
                ask(&reader, reading)
            })
            .await
    }

    /// Says that a record of another's is not there, in the words for one that is not.
    async fn own(&self, extensions: &Extensions, name: RecordName, least: &str) -> Result<(), Status> {
        let scope = self.0.caller(extensions)?.scope().clone();
        if scope == Scope::All {
            return Ok(());
        }
        let catalog = Arc::clone(&self.0.shared.policies);
        let checked = self.read(least, move |reader, _| {
            let row = reader.row(name)?;
            if scope.has_department(row.department) || scope.has_body(row.body, &catalog.catalog) {
                return Ok(());
            }
            Err(Refusal::plain(Reason::RecordUnknown)
                .with("name", name.to_string())
                .into())
        });
        checked.await.map(drop)
    }

    /// Has a command about one record decided and shows the record as it stands then.
    async fn moved(
        &self,
        extensions: &Extensions,
        asked: Asking,
        name: RecordName,
        command: RecordCommand,
    ) -> Result<Response<pb::Record>, Status> {
        let order = Order {
            principal: asked.principal,
            request: Some(Asked {
                id: asked.id,
                hash: asked.hash,
            }),
            validate_only: asked.validate_only,
            command: Command::Record(command),
            deadline: self.0.deadline(extensions),
        };
        let answer = self.0.recorder.submit(order).await?;
        self.read(&answer.place.to_string(), move |reader, reading| {
            Ok(records::record(&reader.record(name, 0)?, reading.epoch()))
        })
        .await
    }
}

/// Who asks for a write, and under which id.
struct Asking {
    principal: Principal,
    id: RequestId,
    hash: [u8; 32],
    validate_only: bool,
}

impl Asking {
    /// Hashes a request whose id was taken out of it.
    fn of(
        principal: Principal,
        id: RequestId,
        method: &str,
        message: &impl Message,
        validate_only: bool,
    ) -> Self {
        Self {
            principal,
            id,
            hash: requests::request_hash(method, message),
            validate_only,
        }
    }
}

#[tonic::async_trait]
impl RecordService for Records {
    type ImportRecordsStream = Answers<pb::ImportRecordsResponse>;

    async fn import_records(
        &self,
        request: Request<Streaming<pb::ImportRecordsRequest>>,
    ) -> Result<Response<Self::ImportRecordsStream>, Status> {
        let caller = self.0.caller(request.extensions())?.clone();
        let answers = import::<RecordRows>(self.0.clone(), caller, request.into_inner());
        Ok(reflecting(answers, self.0.shared.head().place))
    }

    async fn record_records(
        &self,
        request: Request<pb::RecordRecordsRequest>,
    ) -> Result<Response<pb::RecordBatchResult>, Status> {
        let caller = self.0.caller(request.extensions())?.clone();
        let (_, extensions, message) = request.into_parts();
        let batch = Batch::<RecordRows>::checked(&self.0, &caller, message).await?;
        let (result, answer) = batch.recorded(&self.0, &extensions).await?;
        Ok(reflecting(result, answer.place))
    }

    async fn get_record(
        &self,
        request: Request<pb::GetRecordRequest>,
    ) -> Result<Response<pb::Record>, Status> {
        let (_, extensions, message) = request.into_parts();
        let name = records::record_name("name", &message.name)?;
        self.own(&extensions, name, &message.min_revision).await?;
        self.read(&message.min_revision, move |reader, reading| {
            let read = reader.record(name, message.snapshot)?;
            Ok(records::record(&read, reading.epoch()))
        })
        .await
    }

    async fn list_records(
        &self,
        request: Request<pb::ListRecordsRequest>,
    ) -> Result<Response<pb::ListRecordsResponse>, Status> {
        let (_, extensions, message) = request.into_parts();
        let mut filter = records::filter(message.filter.as_ref(), &self.0.shared.policies.layouts)?;
        filter.department = self.0.narrowed(&extensions, filter.department)?;
        let size = requests::page_size(message.page_size)?;
        let asked = question("ListRecords", message.filter.as_ref());
        self.read(&message.min_revision, move |reader, reading| {
            let list = Listing::at(&message.page_token, asked, reading)?;
            let wanted = read::resolve(reading.view, filter)?;
            let page = reader.list(&wanted, list.span(size))?;
            let shown = page
                .items
                .iter()
                .map(|read| records::record(read, reading.epoch()));
            Ok(pb::ListRecordsResponse {
                records: shown.collect(),
                next_page_token: list.next(page.next),
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    async fn list_records_in_full(
        &self,
        request: Request<pb::ListRecordsInFullRequest>,
    ) -> Result<Response<pb::ListRecordsResponse>, Status> {
        let (_, extensions, message) = request.into_parts();
        let who = self.0.in_full(&extensions, &message.purpose)?;
        let filter = records::filter(message.filter.as_ref(), &self.0.shared.policies.layouts)?;
        let size = requests::page_size(message.page_size)?;
        let asked = question("ListRecordsInFull", message.filter.as_ref());
        let answer = self.read(&message.min_revision, move |reader, reading| {
            let list = Listing::at(&message.page_token, asked, reading)?;
            let wanted = read::resolve(reading.view, filter)?;
            let page = reader.list(&wanted, list.span(size))?;
            let shown = page.items.iter();
            let shown = shown.map(|read| records::record_in_full(read, reading.epoch()));
            let told = pb::ListRecordsResponse {
                records: shown.collect(),
                next_page_token: list.next(page.next),
                revision: reading.place.to_string(),
            };
            let rows = page.items.iter().map(|read| read.row.current).collect();
            Ok((told, rows))
        });
        let (metadata, (told, rows), further) = answer.await?.into_parts();
        self.0.note(who, rows, self.0.deadline(&extensions)).await?;
        Ok(Response::from_parts(metadata, told, further))
    }

    async fn count_records(
        &self,
        request: Request<pb::CountRecordsRequest>,
    ) -> Result<Response<pb::CountRecordsResponse>, Status> {
        let (_, extensions, message) = request.into_parts();
        let mut filter = records::filter(message.filter.as_ref(), &self.0.shared.policies.layouts)?;
        filter.department = self.0.narrowed(&extensions, filter.department)?;
        let dimensions = records::dimensions(&message.group_by)?;
        self.read(&message.min_revision, move |reader, reading| {
            let wanted = read::resolve(reading.view, filter)?;
            let (total, counts) = reader.count(&wanted, &dimensions)?;
            let row = |(keys, count): (Vec<RecordKey>, u64)| pb::RecordCount {
                keys: keys.into_iter().map(records::count_key).collect(),
                count,
            };
            Ok(pb::CountRecordsResponse {
                revision: reading.place.to_string(),
                total,
                rows: counts.into_iter().map(row).collect(),
            })
        })
        .await
    }

    async fn list_record_snapshots(
        &self,
        request: Request<pb::ListRecordSnapshotsRequest>,
    ) -> Result<Response<pb::ListRecordSnapshotsResponse>, Status> {
        let (_, extensions, message) = request.into_parts();
        let name = records::record_name("name", &message.name)?;
        self.own(&extensions, name, &message.min_revision).await?;
        let size = requests::page_size(message.page_size)?;
        let asked = question("ListRecordSnapshots", Some(&message.name));
        self.read(&message.min_revision, move |reader, reading| {
            let list = Listing::at(&message.page_token, asked, reading)?;
            let page = reader.snapshots(name, list.after, size)?;
            let shown = page
                .items
                .iter()
                .map(|read| records::record(read, reading.epoch()));
            Ok(pb::ListRecordSnapshotsResponse {
                snapshots: shown.collect(),
                next_page_token: list.next(page.next),
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    async fn list_record_sources(
        &self,
        request: Request<pb::ListRecordSourcesRequest>,
    ) -> Result<Response<pb::ListRecordSourcesResponse>, Status> {
        let (_, extensions, message) = request.into_parts();
        let name = records::record_name("name", &message.name)?;
        self.own(&extensions, name, &message.min_revision).await?;
        let size = requests::page_size(message.page_size)?;
        let asked = question("ListRecordSources", Some(&message.name));
        self.read(&message.min_revision, move |reader, reading| {
            let list = Listing::at(&message.page_token, asked, reading)?;
            let page = reader.sources(name, list.after, size)?;
            let shown = page
                .items
                .iter()
                .map(|read| records::source(read, reading.epoch()));
            Ok(pb::ListRecordSourcesResponse {
                sources: shown.collect(),
                next_page_token: list.next(page.next),
                revision: reading.place.to_string(),
            })
        })
        .await
    }

    async fn end_record(
        &self,
        request: Request<pb::EndRecordRequest>,
    ) -> Result<Response<pb::Record>, Status> {
        let principal = self.0.principal(request.extensions())?;
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        message.request_id.clear();
        let name = records::record_name("name", &message.name)?;
        self.own(&extensions, name, "").await?;
        let command = RecordCommand::End(EndRecord {
            name,
            end: records::end(message.end)?,
            on: requests::date("on", &message.on)?,
            ground: records::ground(&message.reason, &message.basis)?,
        });
        let asking = Asking::of(principal, id, "EndRecord", &message, message.validate_only);
        self.moved(&extensions, asking, name, command).await
    }

    async fn revive_record(
        &self,
        request: Request<pb::ReviveRecordRequest>,
    ) -> Result<Response<pb::Record>, Status> {
        let principal = self.0.principal(request.extensions())?;
        let (_, extensions, mut message) = request.into_parts();
        let id = requests::request_id(&message.request_id)?;
        message.request_id.clear();
        let name = records::record_name("name", &message.name)?;
        self.own(&extensions, name, "").await?;
        let command = RecordCommand::Revive(ReviveRecord {
            name,
            on: requests::date("on", &message.on)?,
            ground: records::ground(&message.reason, &message.basis)?,
        });
        let asking = Asking::of(principal, id, "ReviveRecord", &message, message.validate_only);
        self.moved(&extensions, asking, name, command).await
    }

    async fn list_unattributed_records(
        &self,
        request: Request<pb::ListUnattributedRecordsRequest>,
    ) -> Result<Response<pb::ListUnattributedRecordsResponse>, Status> {
        self.unattributed(request).await
    }

    async fn count_unattributed_records(
        &self,
        request: Request<pb::CountUnattributedRecordsRequest>,
    ) -> Result<Response<pb::CountUnattributedRecordsResponse>, Status> {
        self.unattributed_counted(request).await
    }

    async fn attribute_records(
        &self,
        request: Request<pb::AttributeRecordsRequest>,
    ) -> Result<Response<pb::AttributeRecordsResponse>, Status> {
        self.attributed(request).await
    }
}
