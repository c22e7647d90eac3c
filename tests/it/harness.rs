//! A whole service on a free port, in a folder of its own, under a standing clock.

use std::path::Path;

use credence::app::{App, Ended};
use credence::config::Config;
use credence::domain::resident_id::ResidentId;
use credence::domain::social_credit_code::SocialCreditCode;
use credence::services::pb;
use credence::services::pb::catalog_service_client::CatalogServiceClient;
use credence::services::pb::commitment_service_client::CommitmentServiceClient;
use credence::services::pb::operations_service_client::OperationsServiceClient;
use credence::services::pb::record_service_client::RecordServiceClient;
use credence::services::pb::subject_service_client::SubjectServiceClient;
use credence::services::pb::timeliness_service_client::TimelinessServiceClient;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::Status;
use tonic::transport::Channel;
use tonic_types::StatusExt;

/// A running service with its clients.
pub struct TestServer {
    pub commitments: CommitmentServiceClient<Channel>,
    pub records: RecordServiceClient<Channel>,
    pub subjects: SubjectServiceClient<Channel>,
    pub catalog: CatalogServiceClient<Channel>,
    pub operations: OperationsServiceClient<Channel>,
    pub timeliness: TimelinessServiceClient<Channel>,
    /// A body that accepts commitments.
    pub body: pb::Body,
    pub folder: TempDir,
    /// Where it listens.
    pub address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Ended>,
}

impl TestServer {
    /// Starts a service in a fresh folder, on 2024-06-03 at noon (UTC+8).
    pub async fn start() -> Self {
        Self::start_in(tempfile::tempdir().expect("a temporary folder"), &[]).await
    }

    /// Starts a service in a folder, with further settings.
    pub async fn start_in(folder: TempDir, further: &[(&str, &str)]) -> Self {
        let config = config(folder.path(), further);
        let app = App::open(config).expect("the folder opens");
        let listener = app.bind().await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(app.serve(listener, async {
            _ = stopped.await;
        }));
        let channel = Channel::from_shared(format!("http://{address}")).expect("an address");
        let channel = channel.connect().await.expect("the service listens");
        let mut catalog = CatalogServiceClient::new(channel.clone());
        let bodies = catalog
            .list_bodies(pb::ListBodiesRequest::default())
            .await
            .expect("answered");
        Self {
            commitments: CommitmentServiceClient::new(channel.clone()),
            records: RecordServiceClient::new(channel.clone()),
            subjects: SubjectServiceClient::new(channel.clone()),
            operations: OperationsServiceClient::new(channel.clone()),
            timeliness: TimelinessServiceClient::new(channel),
            catalog,
            body: bodies.into_inner().bodies.swap_remove(0),
            folder,
            address,
            stop,
            ended,
        }
    }

    /// Stops the service as SIGTERM does and returns its folder.
    pub async fn stop(self) -> TempDir {
        self.stop.send(()).expect("the service runs");
        assert_eq!(self.ended.await.expect("no panic"), Ended::Cleanly);
        self.folder
    }

    /// Begins to stop, without waiting.
    pub fn begin_stop(self) -> (JoinHandle<Ended>, TempDir) {
        self.stop.send(()).expect("the service runs");
        (self.ended, self.folder)
    }

    /// A row that breaks no rule; each serial number is another promise of another organisation.
    pub fn row(&self, serial: u32) -> pb::CommitmentRow {
        let organisation = format!("{:08}", 10_000_000 + serial);
        let code = SocialCreditCode::compose('9', '1', "150802", &organisation).expect("composed");
        pb::CommitmentRow {
            code: format!("15080220240105{serial:06}"),
            subject_name: format!("测试企业{serial}"),
            subject_kind: pb::SubjectKind::Organisation.into(),
            subject_code: code.to_string(),
            kind: pb::CommitmentKind::Voluntary.into(),
            reason: format!("事由{serial}"),
            content: "依法经营".to_owned(),
            liability: "接受信用记录".to_owned(),
            made_on: "2024-01-05".to_owned(),
            accepting_body_name: self.body.title_chinese.clone(),
            accepting_body_code: self.body.social_credit_code.clone(),
            publication: pb::PublicationType::Public.into(),
            ..Default::default()
        }
    }

    /// The same of a natural person.
    pub fn person_row(&self, serial: u32) -> (pb::CommitmentRow, String) {
        let born_on = "1990-02-03".parse().expect("a date");
        let order = u16::try_from(serial).expect("a small number");
        let id = ResidentId::compose("150802", born_on, order)
            .expect("composed")
            .expose()
            .to_owned();
        let row = pb::CommitmentRow {
            subject_name: "张测试".to_owned(),
            subject_kind: pb::SubjectKind::Person.into(),
            subject_code: id.clone(),
            content: format!("本人张测试（{id}）承诺"),
            publication: pb::PublicationType::Limited.into(),
            ..self.row(serial)
        };
        (row, id)
    }

    /// The last group's revision and hash.
    pub async fn head(&self) -> pb::Head {
        let answer = self
            .operations
            .clone()
            .get_head(pb::GetHeadRequest::default())
            .await;
        answer.expect("answered").into_inner()
    }

    /// The digests of everything recorded so far.
    pub async fn digests(&self) -> pb::Digests {
        let answer = self
            .operations
            .clone()
            .get_digests(pb::GetDigestsRequest::default())
            .await;
        answer.expect("taken").into_inner()
    }

    /// Moves the test clock to the beginning of a day.
    pub async fn advance_to(&self, date: &str) -> pb::AdvanceClockResponse {
        let to = pb::AdvanceClockRequest {
            to: Some(pb::advance_clock_request::To::Date(date.to_owned())),
        };
        let answer = self.operations.clone().advance_clock(to).await;
        answer.expect("moved").into_inner()
    }

    /// Records a new row under a request id of this number and returns the commitment's name.
    pub async fn recorded(&self, request: u32, row: pb::CommitmentRow) -> String {
        let mut result = self.record(request, vec![row]).await.expect("recorded");
        assert_eq!(result.created_count, 1, "{result:?}");
        result.results.swap_remove(0).name
    }

    /// Records rows under a request id of this number.
    pub async fn record(
        &self,
        request: u32,
        rows: Vec<pb::CommitmentRow>,
    ) -> Result<pb::CommitmentBatchResult, Status> {
        let request = pb::RecordCommitmentsRequest {
            request_id: request_id(request),
            rows,
            ..Default::default()
        };
        Ok(self
            .commitments
            .clone()
            .record_commitments(request)
            .await?
            .into_inner())
    }
}

/// Settings of a test: a folder of its own, a free port, a standing clock.
pub fn config(folder: &Path, further: &[(&str, &str)]) -> Config {
    let folder = folder.to_str().expect("temporary folders are UTF-8");
    let own = [
        ("data", folder),
        ("listen", "127.0.0.1:0"),
        ("clock", "2024-06-03T12:00:00+08:00"),
        ("segment_size", "1048576"),
        ("disk_reserve", "0"),
        ("ballast_size", "0"),
    ];
    let flags: Vec<_> = own
        .iter()
        .chain(further)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let settings = Config::gather(None, std::iter::empty(), &flags).expect("known settings");
    Config::check(&settings).expect("valid settings")
}

/// A request id that can be told from others by its number.
pub fn request_id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// The reason of an error status, which also has its Chinese text.
#[track_caller]
pub fn reason(status: &Status) -> String {
    assert!(status.get_details_localized_message().is_some(), "{status:?}");
    status
        .get_details_error_info()
        .expect("every error has ErrorInfo")
        .reason
}
