//! What the service counts of subjects and credit records.
//!
//! Nothing here looks at the plan: every figure is an answer of the service. Read first: [`ask`].

use std::collections::{BTreeMap, BTreeSet};

use super::drive::{Clients, Error, failed};
use super::tally::{Tally, bare};
use crate::services::pb;
use crate::testkit::record_plan::{Rate, YearCounts};

const PENALTIES: &str = "PENALTY_V2";
const HISTORY: &str = "PENALTY_V1";
/// Item of a penalty that says its kinds.
const PENALTY_KINDS: &str = "CF_CFLB";
const PAGE_SIZE: i32 = 500;

/// Asks the service for everything that the answers to the rows did not say.
///
/// # Errors
/// [`Error::Call`].
pub(super) async fn ask(clients: &Clients, tally: &Tally) -> Result<YearCounts, Error> {
    use pb::RecordCountDimension as By;
    let standing = |layout: &str| pb::RecordFilter {
        layout: layout.to_owned(),
        state: pb::RecordStateFilter::Standing.into(),
        ..pb::RecordFilter::default()
    };
    let penalties = standing(PENALTIES);
    let penalties_by_body = count(clients, &penalties, By::Body).await?;
    let penalties_by_month = count(clients, &penalties, By::MonthReceived).await?;
    let penalties_by_party = count(clients, &penalties, By::PartyKind).await?;
    let history = count(clients, &standing(HISTORY), By::Layout).await?;
    let records_by_kind = count(clients, &standing(""), By::Kind).await?;
    let timeliness = count(clients, &standing(""), By::Timeliness).await?;
    let states = count(clients, &pb::RecordFilter::default(), By::State).await?;
    let of = |counts: &BTreeMap<String, u64>, key: &str| counts.get(key).copied().unwrap_or(0);
    let (in_time, late) = (of(&timeliness, "IN_TIME"), of(&timeliness, "LATE"));
    let (penalties_by_kind, changed) = penalty_kinds(clients, penalties).await?;
    let annulled = annulled(clients).await?;
    let unattributed = pb::CountUnattributedRecordsRequest::default();
    let unattributed = clients
        .records
        .clone()
        .count_unattributed_records(unattributed)
        .await;
    let unattributed = unattributed
        .map_err(failed("CountUnattributedRecords"))?
        .into_inner();
    let memberships_by_sector = memberships(clients).await?;
    Ok(YearCounts {
        penalties: penalties_by_body.values().sum(),
        enforcement_bodies: penalties_by_body.len() as u64,
        penalties_by_body,
        penalties_by_month,
        penalties_by_kind,
        penalties_by_party,
        penalties_history: of(&history, HISTORY),
        licences: of(&records_by_kind, "LICENCE"),
        records_by_kind,
        rulings_correcting: annulled + changed,
        records_sent: tally.record_outcomes.values().sum(),
        records_created: of(&tally.record_outcomes, "CREATED"),
        records_repeated: of(&tally.record_outcomes, "REPEATED"),
        records_corrected: of(&tally.record_outcomes, "CORRECTED"),
        records_refused: of(&tally.record_outcomes, "REFUSED"),
        records_refused_by_rule: tally.records_refused_by_rule.clone(),
        records_withdrawn: of(&states, "WITHDRAWN"),
        records_deleted: of(&states, "DELETED"),
        records_repaired: of(&states, "REPAIRED"),
        late,
        timeliness_rate: Rate {
            in_time,
            of: in_time + late,
        },
        unattributed_records: unattributed.total,
        subjects: registered(clients).await?,
        register_rows: tally.register_outcomes.values().sum(),
        register_outcomes: tally.register_outcomes.clone(),
        memberships: memberships_by_sector.values().sum(),
        memberships_by_sector,
        membership_outcomes: tally.membership_outcomes.clone(),
        year_batches: tally.year_batches,
    })
}

/// Counts of records by one dimension, keys without the enum's prefix.
async fn count(
    clients: &Clients,
    filter: &pb::RecordFilter,
    by: pb::RecordCountDimension,
) -> Result<BTreeMap<String, u64>, Error> {
    let request = pb::CountRecordsRequest {
        filter: Some(filter.clone()),
        group_by: vec![by.into()],
        min_revision: String::new(),
    };
    let answer = clients.records.clone().count_records(request).await;
    let answer = answer.map_err(failed("CountRecords"))?.into_inner();
    let mut counts = BTreeMap::new();
    for row in answer.rows {
        let key = row.keys.into_iter().next().unwrap_or_default();
        let prefixes = ["RECORD_KIND_", "RECORD_STATE_", "SUBJECT_KIND_"];
        let key = prefixes.iter().fold(key, |key, prefix| bare(&key, prefix));
        *counts.entry(key).or_default() += row.count;
    }
    Ok(counts)
}

/// Hands every record that passes a filter to `take`.
async fn each(
    clients: &Clients,
    filter: pb::RecordFilter,
    mut take: impl FnMut(&pb::Record),
) -> Result<(), Error> {
    let mut page_token = String::new();
    loop {
        let request = pb::ListRecordsRequest {
            filter: Some(filter.clone()),
            page_size: PAGE_SIZE,
            page_token,
            min_revision: String::new(),
        };
        let page = clients.records.clone().list_records(request).await;
        let page = page.map_err(failed("ListRecords"))?.into_inner();
        page.records.iter().for_each(&mut take);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(());
        }
    }
}

/// Counts penalties by their kinds, and those that a ruling has changed.
async fn penalty_kinds(
    clients: &Clients,
    penalties: pb::RecordFilter,
) -> Result<(BTreeMap<String, u64>, u64), Error> {
    let mut counts = BTreeMap::new();
    let mut changed = 0;
    each(clients, penalties, |record| {
        changed += u64::from(!record.changed_by.is_empty());
        let item = record.items.iter().find(|item| item.code == PENALTY_KINDS);
        if let Some(pb::record_value::Value::Choices(chosen)) = item.and_then(|item| item.value.as_ref()) {
            let codes: BTreeSet<&str> = chosen.values.iter().map(|one| one.code.as_str()).collect();
            for code in codes {
                *counts.entry(code.to_owned()).or_default() += 1;
            }
        }
    })
    .await?;
    Ok((counts, changed))
}

/// Counts penalties that a ruling has brought to their end.
async fn annulled(clients: &Clients) -> Result<u64, Error> {
    let mut annulled = 0;
    let filter = pb::RecordFilter {
        kind: pb::RecordKind::Penalty.into(),
        state: pb::RecordStateFilter::Withdrawn.into(),
        ..pb::RecordFilter::default()
    };
    let by_ruling = |record: &pb::Record| {
        record
            .ending
            .as_ref()
            .is_some_and(|ending| !ending.ruling.is_empty())
    };
    each(clients, filter, |record| annulled += u64::from(by_ruling(record))).await?;
    Ok(annulled)
}

/// Counts the subjects that the register has, ended ones included.
async fn registered(clients: &Clients) -> Result<u64, Error> {
    let request = pb::CountSubjectsRequest::default();
    let answer = clients.subjects.clone().count_subjects(request).await;
    let answer = answer.map_err(failed("CountSubjects"))?.into_inner();
    let is_known = |one: &&pb::SubjectCount| {
        matches!(
            one.state(),
            pb::SubjectState::Registered | pb::SubjectState::Deregistered
        )
    };
    Ok(answer.counts.iter().filter(is_known).map(|one| one.count).sum())
}

/// Counts memberships by sector.
async fn memberships(clients: &Clients) -> Result<BTreeMap<String, u64>, Error> {
    let mut counts = BTreeMap::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListMembershipsRequest {
            page_size: PAGE_SIZE,
            page_token,
            ..pb::ListMembershipsRequest::default()
        };
        let page = clients.subjects.clone().list_memberships(request).await;
        let page = page.map_err(failed("ListMemberships"))?.into_inner();
        for membership in page.memberships {
            *counts.entry(bare(&membership.sector, "sectors/")).or_default() += 1;
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(counts);
        }
    }
}
