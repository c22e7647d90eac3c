//! The grades of the year: runs on their result days, what is in force then, who moved.

use std::collections::BTreeMap;

use serde::Serialize;

use super::drive::{Clients, Error, advance_to, failed};
use super::tally::bare;
use crate::domain::revision::Instant;
use crate::services::pb;

/// 2025-06-30T00:00:00+08:00: by then every yearly run of 2024 has had its result day, its display and its
/// first day of effect.
const AFTER_THE_RESULTS: Instant = Instant(1_751_212_800_000_000_000);
/// 2024-12-31T00:00:00+08:00: the year itself is over.
const YEAR_END: Instant = Instant(1_735_574_400_000_000_000);
/// How far one call moves the clock.
const STEP: i64 = 7 * 24 * 3_600 * 1_000_000_000;

/// What the service says of grades.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GradeCounts {
    /// The day of which the figures speak.
    pub grades_as_of: String,
    pub sectors_with_settled_grades: u64,
    /// By sector, and by level or, without one, by outcome; members' grades only.
    pub grades_by_sector: BTreeMap<String, BTreeMap<String, u64>>,
    /// Graded members and members, by sector.
    pub coverage: BTreeMap<String, Covered>,
    /// Settled grades that changed what was settled before, first grades included.
    pub grade_events: u64,
    /// Members who moved, by month of effect: up, down and otherwise; first grades left out.
    pub movers_by_month: BTreeMap<String, Movers>,
    pub runs: u64,
    pub corrections_open: u64,
}

/// How much of a sector is graded 分级分类覆盖率.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Covered {
    pub graded: u64,
    pub members: u64,
}

/// Changes of level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Movers {
    pub up: u64,
    pub down: u64,
    pub other: u64,
}

/// Turns the days until the results of the year hold, and asks for them.
///
/// # Errors
/// [`Error::Call`].
pub async fn ask(clients: &Clients) -> Result<GradeCounts, Error> {
    let mut day = YEAR_END;
    while day < AFTER_THE_RESULTS {
        day = Instant(day.0 + STEP).min(AFTER_THE_RESULTS);
        advance_to(clients, day).await?;
    }
    let mut grading = clients.grading.clone();
    let counted = grading.count_grades(pb::CountGradesRequest::default()).await;
    let counted = counted.map_err(failed("CountGrades"))?.into_inner();
    let mut counts = GradeCounts {
        grades_as_of: counted.as_of,
        ..GradeCounts::default()
    };
    for sector in counted.sectors {
        let code = bare(&sector.sector, "sectors/");
        let mut by_level = BTreeMap::new();
        for count in sector.counts {
            let outcome = count.outcome().as_str_name();
            let key = match count.level.as_str() {
                "" => outcome.trim_start_matches("GRADE_OUTCOME_").to_owned(),
                level => level.to_owned(),
            };
            by_level.insert(key, count.grades);
        }
        if sector.graded_members > 0 {
            counts.sectors_with_settled_grades += 1;
        }
        let covered = Covered {
            graded: sector.graded_members,
            members: sector.members,
        };
        counts.coverage.insert(code.clone(), covered);
        counts.grades_by_sector.insert(code, by_level);
    }
    let changes = grading
        .count_grade_changes(pb::CountGradeChangesRequest::default())
        .await;
    for change in changes.map_err(failed("CountGradeChanges"))?.into_inner().changes {
        counts.grade_events += change.first + change.up + change.down + change.other;
        let movers = counts.movers_by_month.entry(change.month).or_default();
        movers.up += change.up;
        movers.down += change.down;
        movers.other += change.other;
    }
    let runs = grading.list_runs(pb::ListRunsRequest::default()).await;
    counts.runs = runs.map_err(failed("ListRuns"))?.into_inner().runs.len() as u64;
    counts.corrections_open = corrections(clients).await?;
    Ok(counts)
}

async fn corrections(clients: &Clients) -> Result<u64, Error> {
    let mut open = 0;
    let mut page_token = String::new();
    loop {
        let request = pb::ListCorrectionsRequest {
            page_size: 1_000,
            page_token,
            ..Default::default()
        };
        let page = clients.grading.clone().list_corrections(request).await;
        let page = page.map_err(failed("ListCorrections"))?.into_inner();
        open += page.corrections.len() as u64;
        if page.next_page_token.is_empty() {
            return Ok(open);
        }
        page_token = page.next_page_token;
    }
}
