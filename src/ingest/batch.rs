//! How rows are decided, whatever they report: repeated requests, snapshots, corrections, stopped rows.
//!
//! Read first: [`each`], then [`settle`].

use bytes::Bytes;

use crate::domain::fact::{Fact, Outcome, Principal, RowOutcome};
use crate::domain::finding::{CheckKind, Finding, Rule};
use crate::domain::hash::KeyedHashes;
use crate::domain::revision::Revision;
use crate::group::Group;
use crate::store::{Error, KeyRange, View, keys};

/// Most rows of one batch.
pub const ROWS_PER_BATCH_MAX: usize = 1_000;

/// How many snapshots of one key are looked at together.
const SNAPSHOTS_PER_SCAN: usize = 64;

/// What a row is known by, as tables hold it: a person's stands under the lookup key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowKeys {
    /// Which thing of the world the row reports.
    pub natural: [u8; 16],
    /// What it says of it.
    pub content: [u8; 16],
}

/// A row that passed its checks.
pub trait Checked {
    fn keys(&self, hashes: &dyn KeyedHashes) -> RowKeys;

    /// Records the first snapshot.
    ///
    /// # Errors
    /// As the view's.
    fn created(
        &self,
        group: &mut Group<'_>,
        principal: &Principal,
        findings: Vec<Finding>,
    ) -> Result<RowOutcome, Error>;

    /// Completes the outcome of a row whose content stands already, under the key first recorded at `first`.
    ///
    /// # Errors
    /// As the view's.
    fn repeated(
        &self,
        _group: &mut Group<'_>,
        _principal: &Principal,
        _first: Revision,
        outcome: RowOutcome,
    ) -> Result<RowOutcome, Error> {
        Ok(outcome)
    }

    /// Records another snapshot, or refuses it. `begin` is where the batch began.
    ///
    /// # Errors
    /// As the view's.
    fn corrected(
        &self,
        group: &mut Group<'_>,
        principal: &Principal,
        first: Revision,
        findings: Vec<Finding>,
        begin: Revision,
    ) -> Result<RowOutcome, Error>;
}

/// Decides row by row. A row that was recorded under the same request before keeps the outcome it had;
/// a refused one is decided anew, since refusals are not remembered.
///
/// # Errors
/// As the view's; a row's own faults are part of its outcome.
pub fn each<T>(
    group: &mut Group<'_>,
    rows: &[T],
    earlier: Option<&[RowOutcome]>,
    mut decide: impl FnMut(&mut Group<'_>, &T) -> Result<RowOutcome, Error>,
) -> Result<Vec<RowOutcome>, Error> {
    let mut outcomes = Vec::with_capacity(rows.len());
    for (place, row) in rows.iter().enumerate() {
        let known = earlier.and_then(|outcomes| outcomes.get(place));
        let outcome = match known.filter(|outcome| outcome.outcome != Outcome::Refused) {
            Some(outcome) => outcome.clone(),
            None => decide(group, row)?,
        };
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// Decides a row by its key and content: new, known with this content, or a correction. Returns the
/// outcome and the revision under which the key was first recorded.
///
/// # Errors
/// As the view's.
pub fn settle(
    group: &mut Group<'_>,
    principal: &Principal,
    row: &impl Checked,
    findings: Vec<Finding>,
    begin: Revision,
) -> Result<(RowOutcome, Revision), Error> {
    let RowKeys { natural, content } = row.keys(group.hashes());
    let Some(first) = first_of(group, &natural)? else {
        let outcome = row.created(group, principal, findings)?;
        let first = outcome.revision;
        return Ok((outcome, first));
    };
    let outcome = match snapshot_with(group, &natural, &content)? {
        Some((snapshot, revision)) => {
            let known = RowOutcome::of(Outcome::Repeated, revision, snapshot, findings);
            row.repeated(group, principal, first, known)?
        }
        None => row.corrected(group, principal, first, findings, begin)?,
    };
    Ok((outcome, first))
}

/// The revision of the first snapshot of a natural key.
///
/// # Errors
/// As the view's.
pub fn first_of(view: &dyn View, natural: &[u8; 16]) -> Result<Option<Revision>, Error> {
    let found = view.get(keys::SNAPSHOT, &keys::snapshot_key(natural, 1))?;
    Ok(found.map(|bytes| keys::revision_value(&bytes)))
}

/// The snapshot of a natural key that has this content, as (number, revision).
///
/// # Errors
/// As the view's.
pub fn snapshot_with(
    view: &dyn View,
    natural: &[u8; 16],
    content: &[u8; 16],
) -> Result<Option<(u32, Revision)>, Error> {
    let KeyRange { mut from, until } = keys::snapshots_of(natural);
    loop {
        let page = KeyRange {
            from: from.clone(),
            until: until.clone(),
        };
        let found = view.scan(keys::SNAPSHOT, &page, SNAPSHOTS_PER_SCAN)?;
        for (key, value) in &found.rows {
            if keys::snapshot_content(value) == *content {
                let number = u32::from_be_bytes(key[16..20].try_into().expect("a snapshot key has 20 bytes"));
                return Ok(Some((number, keys::revision_value(value))));
            }
        }
        match found.rows.last() {
            Some((key, _)) if found.more => from = Bytes::from([&key[..], &[0]].concat()),
            Some(_) | None => return Ok(None),
        }
    }
}

/// Lists a stopped row to the credit office, once for each `key`; `fact` takes the findings that stop it.
///
/// # Errors
/// As the view's.
pub fn stop(
    group: &mut Group<'_>,
    principal: &Principal,
    key: &[u8; 16],
    findings: &[Finding],
    fact: impl FnOnce(Vec<Finding>) -> Fact,
) -> Result<(), Error> {
    let stops = findings.iter().filter(|finding| finding.kind == CheckKind::Stop);
    let stops: Vec<Finding> = stops.cloned().collect();
    if stops.is_empty() || group.get(keys::STOPPED, key)?.is_some() {
        return Ok(());
    }
    group.push(principal, fact(stops))?;
    Ok(())
}

/// The finding that an earlier row of the same batch is corrected, if it is one of this batch.
#[must_use]
pub fn twice_in_batch(field: &'static str, current: Revision, begin: Revision) -> Option<Finding> {
    (current >= begin).then(|| Finding {
        field: field.into(),
        rule: Rule::TwiceInBatch,
        kind: CheckKind::Warn,
        english: "An earlier row of this batch has the same key and other content; this one was taken as its correction. Report it again if the earlier one was right.".to_owned(),
        chinese: "本批次中较前的一行具有相同的键而内容不同，本行已作为其更正记录；如前一行正确，请重新报送。".to_owned(),
    })
}
