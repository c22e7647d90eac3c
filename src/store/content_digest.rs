//! `content_digest`: what the ledger says, apart from how and when it came in.
//!
//! SHA-256 over the sorted (kind, natural key, content hash) of the facts up to a revision, in plaintext
//! and by identity. Revisions, instants, days of receipt, request ids, principals, random bytes and the
//! facts of the process are left out, so that equal content has an equal digest however it was sent.

use std::collections::{BTreeMap, HashMap};

use crate::domain::fact::Fact;
use crate::domain::hash::{hash16, hash32};
use crate::domain::hashes;
use crate::domain::revision::Revision;
use crate::domain::subject::Identity;

use super::record::{Error, Facts, decode};

mod grades;
mod notices;
mod records;
mod subjects;
mod supervision;

/// The digest in total and for each kind of content that occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentDigest {
    pub total: [u8; 32],
    /// Kind, how many facts of it, and their digest; in order of the kinds' names.
    pub kinds: Vec<(&'static str, u64, [u8; 32])>,
}

type Entry = ([u8; 16], [u8; 16]);

/// Reads every fact up to `until` (included) and digests what it says.
///
/// # Errors
/// As the ledger's; a person's record whose key is gone does not decode.
pub fn content_digest(facts: &Facts, until: Revision) -> Result<ContentDigest, Error> {
    let mut entries: BTreeMap<&'static str, Vec<Entry>> = BTreeMap::new();
    let mut names: HashMap<Revision, [u8; 16]> = HashMap::new();
    let mut met = subjects::Met::default();
    let mut sources = records::Sources::default();
    let mut next = Revision(1);
    while next <= until {
        let frame = facts.reader().group(next)?.ok_or(Error::Absent(next.0))?;
        for (revision, body) in (frame.first.0..).map(Revision).zip(&frame.bodies) {
            let fact = decode(body, revision, facts.keys())?.fact;
            if let Some((kind, key, content)) = said(&fact, revision, &mut names, &mut met, &mut sources) {
                entries.entry(kind).or_default().push((key, content));
            }
        }
        next = frame.last().plus(1);
    }
    let sources = sources.into_entries();
    if !sources.is_empty() {
        entries.insert(records::SOURCE, sources);
    }
    let mut kinds = Vec::new();
    let mut all = Vec::new();
    for (kind, mut said) in entries {
        said.sort_unstable();
        let parts: Vec<Vec<u8>> = said
            .iter()
            .map(|(key, content)| [&key[..], content].concat())
            .collect();
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let digest = hash32(kind.as_bytes(), &parts);
        all.push(digest);
        kinds.push((kind, said.len() as u64, digest));
    }
    let parts: Vec<&[u8]> = all.iter().map(<[u8; 32]>::as_slice).collect();
    Ok(ContentDigest {
        total: hash32(b"content", &parts),
        kinds,
    })
}

/// What a fact says: kind, natural key, content hash; `None` for facts of the process.
fn said(
    fact: &Fact,
    revision: Revision,
    names: &mut HashMap<Revision, [u8; 16]>,
    met: &mut subjects::Met,
    sources: &mut records::Sources,
) -> Option<(&'static str, [u8; 16], [u8; 16])> {
    match fact {
        Fact::LedgerOpened { .. }
        | Fact::EpochOpened { .. }
        | Fact::ServerStarted { .. }
        | Fact::DayTurned { .. }
        | Fact::RequestRecorded { .. }
        | Fact::SealedRead { .. }
        | Fact::BatchesWithdrawn { .. }
        | Fact::EffectsSettled { .. } => None,
        Fact::DataAdopted { kind, sha256, .. } => Some((
            "data_adopted",
            hash16(b"data", &[kind.as_bytes()]),
            hash16(b"data", &[sha256]),
        )),
        // The name first reported depends on the order of arrival; the identity does not.
        Fact::SubjectOpened {
            number,
            kind,
            identity,
            ..
        } => {
            let text = identity.expose().as_bytes();
            let key = match identity {
                Identity::Code(_) | Identity::Person(_) => hash16(b"subject", &[text]),
                Identity::Older(_) | Identity::Document(_) => {
                    hash16(b"subject", &[&[identity.kind().number()], text])
                }
            };
            met.opened(*number, key);
            Some(("subject_opened", key, hash16(b"kind", &[&[kind.number()]])))
        }
        Fact::Subject(fact) => {
            let (key, content) = met.said(fact, revision, names);
            Some((fact.kind_name(), key, content))
        }
        Fact::Record(fact) => records::said(fact, revision, names, sources),
        Fact::Supervision(fact) => {
            let (key, content) = supervision::said(fact, revision, names)?;
            Some((fact.kind_name(), key, content))
        }
        Fact::Grade(fact) => {
            let (key, content) = grades::said(fact, met)?;
            Some((fact.kind_name(), key, content))
        }
        Fact::Notice(fact) => {
            let (key, content) = notices::said(fact, revision, met, names)?;
            Some((fact.kind_name(), key, content))
        }
        Fact::CommitmentRecorded(fact) | Fact::CommitmentCorrected(fact) => {
            let key = hashes::natural_key(&fact.commitment.accepting_body_code, &fact.commitment.code);
            names.insert(fact.first.unwrap_or(revision), key);
            let kind = if fact.first.is_none() {
                "commitment_recorded"
            } else {
                "commitment_corrected"
            };
            Some((kind, key, hashes::content_hash(&fact.commitment)))
        }
        Fact::CommitmentWithdrawn { first, reason, .. } => {
            let key = *names.get(first)?;
            Some((
                "commitment_withdrawn",
                key,
                hash16(b"reason", &[reason.as_bytes()]),
            ))
        }
        Fact::PerformanceRecorded(fact) | Fact::PerformanceCorrected(fact) => {
            let key = *names.get(&fact.commitment)?;
            let kind = if fact.snapshot == 1 {
                "performance_recorded"
            } else {
                "performance_corrected"
            };
            Some((kind, key, hashes::performance_hash(&fact.performance)))
        }
        Fact::RowStopped { row, findings, .. } => {
            let rules: Vec<u8> = findings.iter().map(|finding| finding.rule.number()).collect();
            Some(("row_stopped", *row, hash16(b"rules", &[&rules])))
        }
    }
}
