//! The service's lists, page by page, as rows of the layouts. Read first: [`List::written`].

use tonic::transport::Channel;

use super::commitments::{self, Words};
use super::target::Target;
use super::{Done, Failed, Options, decisions, records, template};
use crate::domain::layout::{Layout, LayoutItem};
use crate::services::pb;
use crate::services::pb::commitment_service_client::CommitmentServiceClient;
use crate::services::pb::record_service_client::RecordServiceClient;
use crate::services::pb::subject_service_client::SubjectServiceClient;
use crate::sheets::values;

/// Rows asked for at a time.
const PAGE_SIZE: i32 = 500;
/// Largest page taken, in bytes.
const PAGE_SIZE_MAX: usize = 64 << 20;

/// A list on its way out.
pub struct List<'a> {
    pub options: &'a Options,
    pub words: Words<'a>,
    pub layout: &'a Layout,
    pub channel: Channel,
}

/// Whether a commitment has a row in the layout.
type Has = fn(&pb::Commitment) -> bool;

impl List<'_> {
    /// Writes every row of the layout's list.
    ///
    /// # Errors
    /// The server's refusals; what the disk reports.
    pub async fn written(&self, target: &mut Target) -> Result<Done, Failed> {
        match self.layout.code.as_str() {
            "COMMITMENT" => self.commitments(target, commitments::text, |_| true).await,
            "PERFORMANCE" => {
                let has = |one: &pb::Commitment| one.performance.is_some();
                self.commitments(target, commitments::text, has).await
            }
            "COMMITMENT_WITHDRAWAL" => {
                let has = |one: &pb::Commitment| one.state() == pb::CommitmentState::Withdrawn;
                self.commitments(target, decisions::withdrawal, has).await
            }
            "BREACH" => {
                let has = |one: &pb::Commitment| one.breach.is_some();
                self.commitments(target, decisions::breach, has).await
            }
            "WITHDRAWAL" => self.ends(target).await,
            "REGISTER" => self.register(target).await,
            "MEMBERSHIP" => self.memberships(target).await,
            _ => self.records(target).await,
        }
    }

    fn row(
        &self,
        target: &mut Target,
        done: &mut Done,
        text: impl Fn(&LayoutItem) -> String,
    ) -> Result<(), Failed> {
        let cells: Vec<_> = template::items(self.layout).map(text).collect();
        let mut pairs = template::items(self.layout).zip(&cells);
        let is_masked = pairs.any(|(item, cell)| values::is_masked(item, cell));
        target.row(&cells)?;
        done.rows += 1;
        done.masked += u64::from(is_masked);
        Ok(())
    }

    async fn commitments(
        &self,
        target: &mut Target,
        text: fn(&pb::Commitment, &str, &Words<'_>) -> String,
        has: Has,
    ) -> Result<Done, Failed> {
        let mut client =
            CommitmentServiceClient::new(self.channel.clone()).max_decoding_message_size(PAGE_SIZE_MAX);
        let mut state = pb::CommitmentState::Recorded;
        if self.options.all || self.layout.code == "COMMITMENT_WITHDRAWAL" {
            state = pb::CommitmentState::Unspecified;
        }
        let given = |text: &Option<String>| text.clone().unwrap_or_default();
        let options = self.options;
        let mut request = pb::ListCommitmentsRequest {
            filter: Some(pb::CommitmentFilter {
                subject: given(&options.subject),
                department: given(&options.department),
                made_from: given(&options.from),
                made_until: given(&options.until),
                received_from: given(&options.received_from),
                received_until: given(&options.received_until),
                state: state.into(),
                ..Default::default()
            }),
            page_size: PAGE_SIZE,
            ..Default::default()
        };
        let mut done = Done::default();
        loop {
            let page = match &options.in_full {
                None => client.list_commitments(request.clone()).await?,
                Some(purpose) => {
                    let pb::ListCommitmentsRequest {
                        filter,
                        page_size,
                        page_token,
                        min_revision,
                    } = request.clone();
                    let in_full = pb::ListCommitmentsInFullRequest {
                        filter,
                        page_size,
                        page_token,
                        min_revision,
                        purpose: purpose.clone(),
                    };
                    client.list_commitments_in_full(in_full).await?
                }
            };
            let page = page.into_inner();
            for one in page.commitments.iter().filter(|one| has(one)) {
                self.row(target, &mut done, |item| text(one, &item.code, &self.words))?;
            }
            if page.next_page_token.is_empty() {
                return Ok(done);
            }
            request.page_token = page.next_page_token;
        }
    }

    async fn records(&self, target: &mut Target) -> Result<Done, Failed> {
        let mut state = pb::RecordStateFilter::Recorded;
        if self.options.all {
            state = pb::RecordStateFilter::Unspecified;
        }
        let layout = self.layout.code.clone();
        let text = |record: &pb::Record, item: &LayoutItem| records::text(record, item, &self.words);
        self.of_records(target, layout, state, text, |_| true).await
    }

    /// Ends of records of all layouts. The end that a ruling brought comes with the ruling.
    async fn ends(&self, target: &mut Target) -> Result<Done, Failed> {
        let text = |record: &pb::Record, item: &LayoutItem| decisions::end(record, &item.code, &self.words);
        let has = |record: &pb::Record| record.ending.as_ref().is_some_and(|end| end.ruling.is_empty());
        self.of_records(
            target,
            String::new(),
            pb::RecordStateFilter::Unspecified,
            text,
            has,
        )
        .await
    }

    async fn of_records(
        &self,
        target: &mut Target,
        layout: String,
        state: pb::RecordStateFilter,
        text: impl Fn(&pb::Record, &LayoutItem) -> String,
        has: impl Fn(&pb::Record) -> bool,
    ) -> Result<Done, Failed> {
        let mut client =
            RecordServiceClient::new(self.channel.clone()).max_decoding_message_size(PAGE_SIZE_MAX);
        let given = |text: &Option<String>| text.clone().unwrap_or_default();
        let options = self.options;
        let mut request = pb::ListRecordsRequest {
            filter: Some(pb::RecordFilter {
                layout,
                subject: given(&options.subject),
                department: given(&options.department),
                decided_from: given(&options.from),
                decided_until: given(&options.until),
                received_from: given(&options.received_from),
                received_until: given(&options.received_until),
                state: state.into(),
                ..Default::default()
            }),
            page_size: PAGE_SIZE,
            ..Default::default()
        };
        let mut done = Done::default();
        loop {
            let page = match &options.in_full {
                None => client.list_records(request.clone()).await?,
                Some(purpose) => {
                    let pb::ListRecordsRequest {
                        filter,
                        page_size,
                        page_token,
                        min_revision,
                    } = request.clone();
                    let in_full = pb::ListRecordsInFullRequest {
                        filter,
                        page_size,
                        page_token,
                        min_revision,
                        purpose: purpose.clone(),
                    };
                    client.list_records_in_full(in_full).await?
                }
            };
            let page = page.into_inner();
            for record in page.records.iter().filter(|one| has(one)) {
                self.row(target, &mut done, |item| text(record, item))?;
            }
            if page.next_page_token.is_empty() {
                return Ok(done);
            }
            request.page_token = page.next_page_token;
        }
    }

    fn subjects(&self) -> SubjectServiceClient<Channel> {
        SubjectServiceClient::new(self.channel.clone()).max_decoding_message_size(PAGE_SIZE_MAX)
    }

    async fn register(&self, target: &mut Target) -> Result<Done, Failed> {
        let mut client = self.subjects();
        let mut request = pb::ListRegisterRequest {
            page_size: PAGE_SIZE,
            ..Default::default()
        };
        let mut done = Done::default();
        loop {
            let page = client.list_register(request.clone()).await?.into_inner();
            for row in page.entries.iter().filter_map(|entry| entry.row.as_ref()) {
                self.row(target, &mut done, |item| {
                    decisions::register(row, &item.code, &self.words)
                })?;
            }
            if page.next_page_token.is_empty() {
                return Ok(done);
            }
            request.page_token = page.next_page_token;
        }
    }

    async fn memberships(&self, target: &mut Target) -> Result<Done, Failed> {
        let mut client = self.subjects();
        let mut request = pb::ListMembershipsRequest {
            subject: self.options.subject.clone().unwrap_or_default(),
            page_size: PAGE_SIZE,
            ..Default::default()
        };
        let mut done = Done::default();
        loop {
            let page = client.list_memberships(request.clone()).await?.into_inner();
            for row in &page.memberships {
                self.row(target, &mut done, |item| {
                    decisions::membership(row, &item.code, &self.words)
                })?;
            }
            if page.next_page_token.is_empty() {
                return Ok(done);
            }
            request.page_token = page.next_page_token;
        }
    }
}
