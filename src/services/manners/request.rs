//! What a client sends, checked frame by frame before anything is decoded.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};
use tower::BoxError;

use crate::domain::refusal::{Reason, Refusal};

/// Size of what stands before each message: a flag and the length.
const PREFIX_SIZE: usize = 5;

/// Follows the messages in the bytes of a request.
#[derive(Debug)]
struct Messages {
    many_allowed: bool,
    size_max: usize,
    prefix: [u8; PREFIX_SIZE],
    /// How much of `prefix` has arrived.
    prefix_filled: usize,
    /// How much of the message is still to come.
    remaining: usize,
    begun: u64,
}

impl Messages {
    /// Takes the next bytes.
    fn take(&mut self, mut bytes: &[u8]) -> Result<(), Refusal> {
        while !bytes.is_empty() {
            if self.remaining > 0 {
                let skipped = self.remaining.min(bytes.len());
                self.remaining -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            self.prefix[self.prefix_filled] = bytes[0];
            self.prefix_filled += 1;
            bytes = &bytes[1..];
            if self.prefix_filled == PREFIX_SIZE {
                self.prefix_filled = 0;
                self.begin()?;
            }
        }
        Ok(())
    }

    /// Looks at a prefix that has arrived whole.
    fn begin(&mut self) -> Result<(), Refusal> {
        let [flag, length @ ..] = self.prefix;
        let length = u32::from_be_bytes(length) as usize;
        self.begun += 1;
        if flag > 1 {
            return Err(Refusal::plain(Reason::MalformedRequest)
                .with("detail", "the compression flag is neither 0 nor 1"));
        }
        if self.begun > 1 && !self.many_allowed {
            return Err(Refusal::new(
                Reason::MalformedRequest,
                "this method takes one message and a second one was sent",
                "此方法只接受一条消息，却收到了第二条",
            ));
        }
        if length > self.size_max {
            let (size, max) = (length.to_string(), self.size_max.to_string());
            return Err(Refusal::new(
                Reason::MessageTooLarge,
                format!("the message has {size} bytes, at most {max} are taken"),
                format!("消息为 {size} 字节，最多允许 {max} 字节"),
            )
            .with("message_size", size)
            .with("message_size_max", max));
        }
        self.remaining = length;
        Ok(())
    }
}

/// A request body whose messages are counted and measured.
#[derive(Debug)]
pub struct Counted<B> {
    inner: B,
    messages: Messages,
    ended: bool,
}

impl<B> Counted<B> {
    /// Follows `inner`; `size_max` is in bytes, compressed if the message is.
    #[must_use]
    pub fn new(inner: B, many_allowed: bool, size_max: usize) -> Self {
        let messages = Messages {
            many_allowed,
            size_max,
            prefix: [0; PREFIX_SIZE],
            prefix_filled: 0,
            remaining: 0,
            begun: 0,
        };
        Self {
            inner,
            messages,
            ended: false,
        }
    }
}

impl<B> Body for Counted<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) else {
            return Poll::Pending;
        };
        Poll::Ready(match frame {
            None => None,
            Some(Err(error)) => Some(Err(error.into())),
            Some(Ok(frame)) => {
                let checked = frame.data_ref().map_or(Ok(()), |data| self.messages.take(data));
                match checked {
                    Ok(()) => Some(Ok(frame)),
                    Err(refusal) => {
                        self.ended = true;
                        Some(Err(tonic::Status::from(refusal).into()))
                    }
                }
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the bytes in pieces of every size and returns the reason, the same for all.
    #[track_caller]
    fn check(many_allowed: bool, bytes: &[u8], expected: Option<Reason>) {
        for piece in 1..=bytes.len() {
            let mut messages = Counted::new((), many_allowed, 4).messages;
            let reason = bytes.chunks(piece).find_map(|piece| messages.take(piece).err());
            assert_eq!(
                reason.map(|refusal| refusal.reason),
                expected,
                "in pieces of {piece}"
            );
        }
    }

    #[test]
    fn a_message_up_to_the_limit_passes_however_it_is_cut() {
        check(false, &[0, 0, 0, 0, 4, 9, 9, 9, 9], None);
        check(false, &[1, 0, 0, 0, 0], None);
    }

    #[test]
    fn one_byte_more_is_too_large() {
        check(false, &[0, 0, 0, 0, 5, 9], Some(Reason::MessageTooLarge));
    }

    #[test]
    fn a_second_message_is_for_streams_only() {
        let two = [0, 0, 0, 0, 1, 9, 0, 0, 0, 0, 0];
        check(true, &two, None);
        check(false, &two, Some(Reason::MalformedRequest));
    }

    #[test]
    fn a_flag_is_zero_or_one() {
        check(true, &[2, 0, 0, 0, 0], Some(Reason::MalformedRequest));
    }
}
