//! Wire: the gRPC services, thin (parse, call, convert), and the manners they share.
//!
//! Generated types stop here; domain values go in and out through the conversions.
//! Read first: [`pb`], the contract.

use tonic::codec::CompressionEncoding::Gzip;
use tonic::service::Routes;

use context::Context;

pub use context::Parts;

pub mod batches;
pub mod blocking;
pub mod catalog_dates;
pub mod catalog_service;
pub mod commitment_rows;
pub mod commitment_service;
pub mod commitment_supervision;
pub mod context;
pub mod convert;
pub mod gate;
pub mod grading_service;
pub mod manners;
pub mod notice_service;
pub mod operations_service;
pub mod page;
pub mod pb;
pub mod permissions;
pub mod record_rows;
pub mod record_service;
pub mod status;
pub mod subject_rows;
pub mod subject_service;
pub mod timeliness_service;

/// All services of the contract over one recorder.
#[must_use]
pub fn routes(parts: Parts) -> Routes {
    let context = Context::from(parts);
    let size_max = context.message_size_max;
    macro_rules! served {
        ($server:ty, $service:expr) => {
            <$server>::new($service)
                .max_decoding_message_size(size_max)
                .accept_compressed(Gzip)
                .send_compressed(Gzip)
        };
    }
    Routes::new(served!(
        pb::commitment_service_server::CommitmentServiceServer<_>,
        commitment_service::Commitments(context.clone())
    ))
    .add_service(served!(
        pb::record_service_server::RecordServiceServer<_>,
        record_service::Records(context.clone())
    ))
    .add_service(served!(
        pb::subject_service_server::SubjectServiceServer<_>,
        subject_service::Subjects(context.clone())
    ))
    .add_service(served!(
        pb::catalog_service_server::CatalogServiceServer<_>,
        catalog_service::Catalogues(context.clone())
    ))
    .add_service(served!(
        pb::timeliness_service_server::TimelinessServiceServer<_>,
        timeliness_service::TimelinessOf(context.clone())
    ))
    .add_service(served!(
        pb::grading_service_server::GradingServiceServer<_>,
        grading_service::Gradings(context.clone())
    ))
    .add_service(served!(
        pb::notice_service_server::NoticeServiceServer<_>,
        notice_service::NoticesOf(context.clone())
    ))
    .add_service(served!(
        pb::operations_service_server::OperationsServiceServer<_>,
        operations_service::Operations(context.clone())
    ))
}
