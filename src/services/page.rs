//! Page tokens: where a list goes on, as text that only this server reads.

use data_encoding::BASE64URL_NOPAD;
use prost::Message;

use crate::domain::hash::hash16;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::{Epoch, Place, Revision};
use crate::domain::subject::SubjectNumber;
use crate::ingest::questions::QuestionKey;
use crate::ingest::rows::Span;
use crate::subjects::file::EntryKey;

use super::context::Reading;

/// Layout number of tokens; a token of another layout is malformed.
const LAYOUT: u8 = 1;

/// Size of what stands before the key: layout, epoch, revision, hash of the question.
const PREFIX_SIZE: usize = 1 + 4 + 8 + 16;

/// Where the next page goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken {
    /// What the first page reflected; rows first recorded after it are left out.
    pub first_page: Place,
    /// The last key of the page before.
    pub after: Vec<u8>,
}

/// Hashes what a list asks for: its method and its filter, without page and revision.
#[must_use]
pub fn question(method: &str, filter: Option<&impl Message>) -> [u8; 16] {
    let filter = filter.map(Message::encode_to_vec).unwrap_or_default();
    hash16(b"page", &[method.as_bytes(), &filter])
}

impl PageToken {
    /// Writes the token; `question` is what the list asked for.
    #[must_use]
    pub fn encode(&self, question: &[u8; 16]) -> String {
        let mut bytes = vec![LAYOUT];
        bytes.extend(self.first_page.epoch.0.to_be_bytes());
        bytes.extend(self.first_page.revision.0.to_be_bytes());
        bytes.extend(question);
        bytes.extend(&self.after);
        bytes.extend(crc32c::crc32c(&bytes).to_be_bytes());
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a token; the empty text is none.
    ///
    /// # Errors
    /// `MALFORMED_PAGE_TOKEN`; `PAGE_TOKEN_FOREIGN` for another question; `EPOCH_ENDED` if `epoch` is
    /// another one now.
    pub fn decode(text: &str, question: &[u8; 16], epoch: Epoch) -> Result<Option<Self>, Refusal> {
        if text.is_empty() {
            return Ok(None);
        }
        let refused = |reason| Refusal::plain(reason).violating("page_token", Reason::english(reason));
        let malformed = || refused(Reason::MalformedPageToken);
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| malformed())?;
        let (bytes, checksum) = bytes.split_last_chunk::<4>().ok_or_else(malformed)?;
        let (prefix, after) = bytes.split_first_chunk::<PREFIX_SIZE>().ok_or_else(malformed)?;
        if crc32c::crc32c(bytes) != u32::from_be_bytes(*checksum) || prefix[0] != LAYOUT {
            return Err(malformed());
        }
        let part = |from: usize, until: usize| &prefix[from..until];
        let first_page = Place {
            epoch: Epoch(u32::from_be_bytes(part(1, 5).try_into().expect("4 bytes"))),
            revision: Revision(u64::from_be_bytes(part(5, 13).try_into().expect("8 bytes"))),
        };
        if part(13, PREFIX_SIZE) != question {
            return Err(refused(Reason::PageTokenForeign));
        }
        if first_page.epoch != epoch {
            return Err(refused(Reason::EpochEnded)
                .with("epoch_of_token", first_page.epoch.0.to_string())
                .with("epoch", epoch.0.to_string()));
        }
        Ok(Some(Self {
            first_page,
            after: after.to_vec(),
        }))
    }
}

/// The last key of a page, by which the next one goes on.
pub trait PageKey: Default {
    fn bytes(&self) -> Vec<u8>;
    /// `None` if the bytes are no such key.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

impl PageKey for Revision {
    fn bytes(&self) -> Vec<u8> {
        self.0.to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(u64::from_be_bytes(bytes.try_into().ok()?)))
    }
}

/// The number of a snapshot.
impl PageKey for u32 {
    fn bytes(&self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self::from_be_bytes(bytes.try_into().ok()?))
    }
}

impl PageKey for QuestionKey {
    fn bytes(&self) -> Vec<u8> {
        [&self.revision.0.to_be_bytes()[..], &self.number.to_be_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (revision, number) = bytes.split_first_chunk::<8>()?;
        Some(Self {
            revision: Revision(u64::from_be_bytes(*revision)),
            number: u32::from_be_bytes(number.try_into().ok()?),
        })
    }
}

impl PageKey for SubjectNumber {
    fn bytes(&self) -> Vec<u8> {
        self.0.to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(u32::from_be_bytes(bytes.try_into().ok()?)))
    }
}

impl PageKey for EntryKey {
    fn bytes(&self) -> Vec<u8> {
        [
            &self.day.to_be_bytes()[..],
            &[self.file],
            &self.first.0.to_be_bytes(),
        ]
        .concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (day, rest) = bytes.split_first_chunk::<4>()?;
        let (file, first) = rest.split_first()?;
        Some(Self {
            day: u32::from_be_bytes(*day),
            file: *file,
            first: Revision(u64::from_be_bytes(first.try_into().ok()?)),
        })
    }
}

/// A list under way: what it asks for, when it began, and where it goes on.
pub struct Listing<K> {
    asked: [u8; 16],
    /// What the first page reflected.
    pub first_page: Place,
    /// The last key of the page before; the default before the first page.
    pub after: K,
}

impl<K: PageKey> Listing<K> {
    /// Goes on where `token` says, or begins at what is read now.
    ///
    /// # Errors
    /// As [`PageToken::decode`].
    pub fn at(token: &str, asked: [u8; 16], reading: &Reading<'_>) -> Result<Self, Refusal> {
        let Some(token) = PageToken::decode(token, &asked, reading.epoch())? else {
            return Ok(Self {
                asked,
                first_page: reading.place,
                after: K::default(),
            });
        };
        let malformed =
            || Refusal::plain(Reason::MalformedPageToken).violating("page_token", "is not of this list");
        Ok(Self {
            asked,
            first_page: token.first_page,
            after: K::from_bytes(&token.after).ok_or_else(malformed)?,
        })
    }

    /// The token of the next page; empty if there is none.
    #[must_use]
    pub fn next(&self, key: Option<K>) -> String {
        let token = |key: K| PageToken {
            first_page: self.first_page,
            after: key.bytes(),
        };
        key.map(|key| token(key).encode(&self.asked)).unwrap_or_default()
    }
}

impl Listing<Revision> {
    /// The rows that the page shows.
    #[must_use]
    pub fn span(&self, size: usize) -> Span {
        Span {
            after: self.after,
            until: self.first_page.revision,
            size,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::pb;

    fn token() -> PageToken {
        let first_page = Place {
            epoch: Epoch(2),
            revision: Revision(9),
        };
        PageToken {
            first_page,
            after: vec![1, 2, 3],
        }
    }

    #[track_caller]
    fn check(text: &str, question: &[u8; 16], epoch: u32, expected: Reason) {
        let decoded = PageToken::decode(text, question, Epoch(epoch));
        assert_eq!(decoded.map_err(|refusal| refusal.reason), Err(expected));
    }

    #[test]
    fn a_token_goes_on_where_it_was_made_and_nowhere_else() {
        let filter = pb::CommitmentFilter {
            kind: 1,
            ..Default::default()
        };
        let mine = question("List", Some(&filter));
        let text = token().encode(&mine);
        assert_eq!(PageToken::decode(&text, &mine, Epoch(2)), Ok(Some(token())));
        assert_eq!(PageToken::decode("", &mine, Epoch(2)), Ok(None));
        check(
            &text,
            &question("List", None::<&pb::CommitmentFilter>),
            2,
            Reason::PageTokenForeign,
        );
        check(
            &text,
            &question("Other", Some(&filter)),
            2,
            Reason::PageTokenForeign,
        );
        check(&text, &mine, 3, Reason::EpochEnded);
    }

    #[test]
    fn every_change_of_a_token_is_seen() {
        let mine = question("List", None::<&pb::CommitmentFilter>);
        let text = token().encode(&mine);
        for place in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            check(&changed, &mine, 2, Reason::MalformedPageToken);
        }
        check("x", &mine, 2, Reason::MalformedPageToken);
        check("页", &mine, 2, Reason::MalformedPageToken);
    }
}
