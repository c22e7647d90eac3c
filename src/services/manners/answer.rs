//! What a client is answered: every error status with a reason, whoever made it and wherever it stands.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::Frame;
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{OpenCall, incident, shutting_down};
use crate::domain::refusal::{Reason, Refusal};

/// Services whose streams have no end of their own: they are ended when the server stops.
const ENDLESS: [&str; 2] = ["/grpc.health.", "/grpc.reflection."];

/// Makes an answer that is nothing but a status.
#[must_use]
pub fn of(status: &Status) -> Response<Body> {
    status.clone().into_http()
}

/// Gives a status that was made by the library the reason, code and details that ours have.
///
/// A status that has its `ErrorInfo` stays as it is.
#[must_use]
pub fn mapped(status: Status) -> Status {
    if status.get_details_error_info().is_some() {
        return status;
    }
    let refusal = Refusal::plain(reason_of(status.code(), status.message()));
    let refusal = if refusal.reason == Reason::ServerFault {
        refusal.with("grpc_code", format!("{:?}", status.code()))
    } else if status.message().is_empty() {
        refusal
    } else {
        refusal.with("detail", status.message())
    };
    refusal.into()
}

/// Tells by code and text why the library refused.
fn reason_of(code: Code, text: &str) -> Reason {
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| text.starts_with(beginning));
    match code {
        Code::Cancelled if text.contains("Timeout expired") => Reason::DeadlinePassed,
        Code::Cancelled => Reason::CallCancelled,
        Code::DeadlineExceeded => Reason::DeadlinePassed,
        Code::OutOfRange | Code::ResourceExhausted => Reason::MessageTooLarge,
        Code::InvalidArgument => Reason::MalformedRequest,
        Code::Internal
            if begins(&[
                "failed to decode Protobuf message",
                "Missing request message",
                "Unexpected EOF decoding stream",
                "protocol error",
                "Error decompressing",
            ]) =>
        {
            Reason::MalformedRequest
        }
        Code::Unimplemented if text.contains("ompressed") => Reason::EncodingUnsupported,
        Code::Unimplemented => Reason::MethodUnknown,
        Code::NotFound => Reason::ServiceUnknown,
        Code::PermissionDenied | Code::Unauthenticated => Reason::PermissionRefused,
        Code::Ok
        | Code::Unknown
        | Code::Internal
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::Unavailable
        | Code::DataLoss => Reason::ServerFault,
    }
}

/// Looks over an answer on its way out: its headers now, its trailers when they come.
pub(super) fn polished(response: Response<Body>, mut call: OpenCall, path: String) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    if parts.headers.contains_key("grpc-status") {
        polish(&mut parts.headers);
        call.ended_with(code_in(&parts.headers));
        return Response::from_parts(parts, body);
    }
    let stopped: Option<Pin<Box<dyn Future<Output = ()> + Send>>> = is_endless(&path).then(|| {
        let mut stopping = call.shared.stopping.clone();
        // A server that is gone without a word has stopped too.
        let future = async move { _ = stopping.wait_for(|stopping| *stopping).await };
        Box::pin(future) as Pin<Box<dyn Future<Output = ()> + Send>>
    });
    Response::from_parts(
        parts,
        Body::new(Polished {
            inner: body,
            path,
            stopped,
            call: Some(call),
        }),
    )
}

/// Says whether a stream of this path ends only when somebody ends it.
pub(super) fn is_endless(path: &str) -> bool {
    ENDLESS.iter().any(|prefix| path.starts_with(prefix))
}

/// The code in headers or trailers; without one the other end has gone.
fn code_in(headers: &HeaderMap) -> Code {
    Status::from_header_map(headers).map_or(Code::Cancelled, |status| status.code())
}

/// Replaces an error status in headers or trailers by its mapped one.
fn polish(headers: &mut HeaderMap) {
    let Some(status) = Status::from_header_map(headers).filter(|status| status.code() != Code::Ok) else {
        return;
    };
    if status.get_details_error_info().is_some() {
        return;
    }
    for name in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
        headers.remove(name);
    }
    headers.extend(trailers(&mapped(status)));
}

/// Writes a status as headers.
fn trailers(status: &Status) -> HeaderMap {
    let mut headers = HeaderMap::new();
    status
        .add_header(&mut headers)
        .expect("texts are percent-encoded and details are base64");
    headers
}

/// The body of an answer whose trailers are looked over.
struct Polished {
    inner: Body,
    path: String,
    /// Completes when the server stops, for streams without an end of their own.
    stopped: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// `None` once the answer has ended.
    call: Option<OpenCall>,
}

impl fmt::Debug for Polished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polished")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Polished {
    /// The answer has ended with this code.
    fn ended(&mut self, code: Code) {
        if let Some(mut call) = self.call.take() {
            call.ended_with(code);
        }
    }

    /// Ends the answer with a status.
    fn end(&mut self, status: &Status) -> Frame<Bytes> {
        self.ended(status.code());
        Frame::trailers(trailers(status))
    }
}

impl http_body::Body for Polished {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.call.is_none() {
            return Poll::Ready(None);
        }
        let inner = Pin::new(&mut self.inner);
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| inner.poll_frame(context)));
        let Ok(polled) = polled else {
            let status = incident(&self.path);
            return Poll::Ready(Some(Ok(self.end(&status))));
        };
        match polled {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(Ok(match frame.into_trailers() {
                Ok(mut headers) => {
                    polish(&mut headers);
                    let code = code_in(&headers);
                    self.ended(code);
                    Frame::trailers(headers)
                }
                Err(frame) => frame,
            }))),
            Poll::Ready(Some(Err(status))) => {
                let status = mapped(status);
                Poll::Ready(Some(Ok(self.end(&status))))
            }
            Poll::Ready(None) => {
                self.call = None;
                Poll::Ready(None)
            }
            Poll::Pending => match self
                .stopped
                .as_mut()
                .map(|stopped| stopped.as_mut().poll(context))
            {
                Some(Poll::Ready(())) => Poll::Ready(Some(Ok(self.end(&shutting_down())))),
                Some(Poll::Pending) | None => Poll::Pending,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: Code, text: &str, expected_code: Code, expected: Reason) {
        let status = mapped(Status::new(code, text));
        let info = status.get_details_error_info().expect("ErrorInfo is there");
        assert_eq!(
            (status.code(), info.reason.as_str()),
            (expected_code, expected.name())
        );
        assert!(status.get_details_localized_message().is_some());
    }

    #[test]
    fn what_the_library_says_is_told_in_our_codes() {
        check(
            Code::OutOfRange,
            "too large",
            Code::ResourceExhausted,
            Reason::MessageTooLarge,
        );
        check(
            Code::Cancelled,
            "Timeout expired",
            Code::DeadlineExceeded,
            Reason::DeadlinePassed,
        );
        check(Code::Cancelled, "", Code::Cancelled, Reason::CallCancelled);
        let text = "failed to decode Protobuf message: x";
        check(
            Code::Internal,
            text,
            Code::InvalidArgument,
            Reason::MalformedRequest,
        );
        check(
            Code::Internal,
            "anything else",
            Code::Internal,
            Reason::ServerFault,
        );
        check(
            Code::Unimplemented,
            "",
            Code::Unimplemented,
            Reason::MethodUnknown,
        );
        let text = "Content is compressed with `zstd` which isn't supported";
        check(
            Code::Unimplemented,
            text,
            Code::Unimplemented,
            Reason::EncodingUnsupported,
        );
        check(
            Code::NotFound,
            "service not registered",
            Code::NotFound,
            Reason::ServiceUnknown,
        );
    }

    #[test]
    fn a_status_with_a_reason_stays_as_it_is() {
        let status = Status::from(Refusal::plain(Reason::CommitmentUnknown).with("name", "commitments/x"));
        assert_eq!(mapped(status.clone()).details(), status.details());
    }
}
