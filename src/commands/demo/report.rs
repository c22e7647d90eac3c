//! What the service says at the end of a year, how it compares with the plan, and how it is printed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::Language;
use super::drive::{Clients, Error};
use super::grades::{self, Covered, GradeCounts};
use super::tally::{Tally, bare};
use super::year;
use crate::services::pb;
use crate::services::pb::catalog_service_client::CatalogServiceClient;
use crate::testkit::plan::{Plan, REPORTED_COLLECTED};
use crate::testkit::record_plan::{REPORTED_BODIES, REPORTED_PENALTIES, Rate, YearCounts};

/// The one object that `demo --format json` prints. Every count is an answer or a read of the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    pub seed: u64,
    pub scale: u32,
    pub commitments_collected: u64,
    pub rows_sent: u64,
    pub created: u64,
    pub repeated: u64,
    pub corrected: u64,
    pub refused: u64,
    pub refused_by_rule: BTreeMap<String, u64>,
    /// Of the refused rows, those of another district.
    pub foreign: u64,
    pub withdrawn: u64,
    pub performed: u64,
    pub breached: u64,
    pub same_as: u64,
    pub departments_reporting: u64,
    pub zero_reporters: Vec<String>,
    pub by_kind: BTreeMap<String, u64>,
    pub by_department: BTreeMap<String, u64>,
    pub by_receipt_month: BTreeMap<String, u64>,
    pub by_subject_kind: BTreeMap<String, u64>,
    pub by_performance: BTreeMap<String, u64>,
    pub performance_outcomes: BTreeMap<String, u64>,
    /// Everything but the commitments.
    #[serde(flatten)]
    pub year: YearCounts,
    #[serde(flatten)]
    pub grades: GradeCounts,
    pub batches: u64,
    /// Batches that were answered as in an earlier run over the same folder.
    pub replayed_batches: u64,
    pub content_digest: String,
    pub table_digest: String,
    /// Last revision and hash of the ledger, as `EPOCH.REVISION:HASH`.
    pub head: String,
    pub not_built: Vec<String>,
}

impl Report {
    /// Asks the service for everything the answers did not say.
    ///
    /// # Errors
    /// [`Error::Call`].
    pub async fn ask(
        clients: &Clients,
        channel: &Channel,
        plan: &Plan,
        tally: &Tally,
    ) -> Result<Self, Error> {
        use pb::CountDimension as By;
        let withdrawn = count(clients, pb::CommitmentState::Withdrawn, None).await?.0;
        let (collected, _) = count(clients, pb::CommitmentState::Recorded, None).await?;
        let mut by = Vec::new();
        for dimension in [
            By::Kind,
            By::Department,
            By::MonthReceived,
            By::SubjectKind,
            By::Performance,
        ] {
            by.push(
                count(clients, pb::CommitmentState::Recorded, Some(dimension))
                    .await?
                    .1,
            );
        }
        let [
            by_kind,
            by_department,
            by_receipt_month,
            by_subject_kind,
            by_performance,
        ] = <[BTreeMap<String, u64>; 5]>::try_from(by).expect("five dimensions were asked for");
        let year = year::ask(clients, tally).await?;
        let grades = grades::ask(clients).await?;
        let mut operations = clients.operations.clone();
        let digests = operations.get_digests(pb::GetDigestsRequest::default()).await;
        let digests = digests.map_err(failed("GetDigests"))?.into_inner();
        let head = operations.get_head(pb::GetHeadRequest::default()).await;
        let head = head.map_err(failed("GetHead"))?.into_inner();
        let info = operations
            .get_server_info(pb::GetServerInfoRequest::default())
            .await;
        let info = info.map_err(failed("GetServerInfo"))?.into_inner();
        let takers = departments_that_take(channel).await?;
        let of = |state: &str| by_performance.get(state).copied().unwrap_or(0);
        Ok(Self {
            seed: plan.seed,
            scale: plan.scale,
            commitments_collected: collected,
            rows_sent: tally.rows_sent,
            created: tally.created,
            repeated: tally.repeated,
            corrected: tally.corrected,
            refused: tally.refused,
            foreign: tally
                .refused_by_rule
                .get("FOREIGN_DISTRICT")
                .copied()
                .unwrap_or(0),
            refused_by_rule: tally.refused_by_rule.clone(),
            withdrawn,
            performed: of("FULL"),
            breached: of("PARTIAL") + of("UNPERFORMED"),
            same_as: tally.same_as,
            departments_reporting: by_department.len() as u64,
            zero_reporters: takers
                .into_iter()
                .filter(|code| !by_department.contains_key(code))
                .collect(),
            by_kind,
            by_department,
            by_receipt_month,
            by_subject_kind,
            by_performance,
            performance_outcomes: tally.performance_outcomes.clone(),
            year,
            grades,
            batches: tally.batches,
            replayed_batches: tally.replayed_batches,
            content_digest: digests.content_digest,
            table_digest: digests.table_digest,
            head: format!("{}:{}", head.revision, head.hash),
            not_built: info.not_built,
        })
    }

    /// Lists every count that is not as planned.
    #[must_use]
    pub fn differences(&self, plan: &Plan) -> Vec<String> {
        // Compared as JSON, so that no count of the plan can be forgotten here.
        let planned = serde_json::to_value(&plan.expected).expect("counts and names serialise");
        let found = serde_json::to_value(self).expect("counts and names serialise");
        let mut differences = Vec::new();
        for (name, planned) in planned.as_object().expect("a plan is an object") {
            let found = found.get(name).expect("the report names every count of the plan");
            if found != planned {
                differences.push(format!("{name}: planned {planned}, found {found}"));
            }
        }
        // Whoever is a member is graded, if only as not rated: no sector has a rule set that forgets someone.
        for (sector, covered) in &self.grades.coverage {
            if covered.graded != covered.members {
                let Covered { graded, members } = covered;
                differences.push(format!(
                    "{sector}: {members} members, of whom {graded} are graded"
                ));
            }
        }
        differences
    }

    /// The report in words.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let mut text = String::new();
        let zh = language == Language::Chinese;
        let mut line = |chinese: &str, english: &str, value: String| {
            let label = if zh { chinese } else { english };
            writeln!(text, "{label}: {value}").expect("writing to a string does not fail");
        };
        let beside = if zh { "2024年报告" } else { "report of 2024" };
        let scale = match (self.scale, zh) {
            (1, _) => String::new(),
            (scale, true) => format!("，本次为其{scale}分之一"),
            (scale, false) => format!(", this run is one {scale}th of it"),
        };
        let collected = format!(
            "{} ({beside}: {REPORTED_COLLECTED}{scale})",
            self.commitments_collected
        );
        line("归集信用承诺", "commitments collected", collected);
        line("报送行数", "rows sent", self.rows_sent.to_string());
        line("重复", "  repeated", self.repeated.to_string());
        line("更正", "  corrected", self.corrected.to_string());
        let refused = format!("{} {}", self.refused, list(&self.refused_by_rule));
        line("拒收", "  refused", refused);
        line(
            "其中外区",
            "  of these of another district",
            self.foreign.to_string(),
        );
        line("撤销", "withdrawn", self.withdrawn.to_string());
        line("全部履行", "performed in full", self.performed.to_string());
        line("违诺", "breached", self.breached.to_string());
        line(
            "同一承诺另编码",
            "same promise under another code",
            self.same_as.to_string(),
        );
        line(
            "报送部门",
            "departments reporting",
            self.departments_reporting.to_string(),
        );
        line(
            "零报送部门",
            "departments reporting none",
            self.zero_reporters.join(", "),
        );
        line("按类型", "by kind", list(&self.by_kind));
        line("按接收月份", "by month of receipt", list(&self.by_receipt_month));
        line("按承诺人类别", "by kind of promisor", list(&self.by_subject_kind));
        line("按履行状态", "by performance", list(&self.by_performance));
        of_the_year(&self.year, (beside, &scale), &mut line);
        of_grades(&self.grades, &mut line);
        line(
            "批次",
            "batches",
            format!(
                "{} ({} replayed)",
                self.batches + self.year.year_batches,
                self.replayed_batches
            ),
        );
        line("内容摘要", "content digest", self.content_digest.clone());
        line("表摘要", "table digest", self.table_digest.clone());
        line("账本头", "head", self.head.clone());
        line("尚未建成", "not built", self.not_built.join("; "));
        text
    }
}

/// The part of the report in words that is about grades.
fn of_grades(grades: &GradeCounts, line: &mut dyn FnMut(&str, &str, String)) {
    let sectors = format!("{} ({})", grades.sectors_with_settled_grades, grades.grades_as_of);
    line("已确定等级的领域", "sectors with settled grades", sectors);
    for (sector, levels) in &grades.grades_by_sector {
        let covered = grades.coverage.get(sector).copied().unwrap_or_default();
        let value = format!("{} ({}/{})", list(levels), covered.graded, covered.members);
        line(&format!("  {sector}"), &format!("  {sector}"), value);
    }
    line("等级变动", "grade events", grades.grade_events.to_string());
    for (month, movers) in &grades.movers_by_month {
        let value = format!("+{} -{} ±{}", movers.up, movers.down, movers.other);
        line(&format!("  {month}"), &format!("  {month}"), value);
    }
    line("评价批次", "runs", grades.runs.to_string());
    line(
        "待确认的更正",
        "corrections to be confirmed",
        grades.corrections_open.to_string(),
    );
}

/// The part of the report in words that is not about commitments.
fn of_the_year(year: &YearCounts, (beside, scale): (&str, &str), line: &mut dyn FnMut(&str, &str, String)) {
    let penalties = format!("{} ({beside}: {REPORTED_PENALTIES}{scale})", year.penalties);
    line("行政处罚", "penalties", penalties);
    let bodies = format!("{} ({beside}: {REPORTED_BODIES})", year.enforcement_bodies);
    line("执法主体", "enforcement bodies", bodies);
    line(
        "按接收月份",
        "  by month of receipt",
        list(&year.penalties_by_month),
    );
    line(
        "按处罚类别",
        "  by kind of penalty",
        list(&year.penalties_by_kind),
    );
    line(
        "历史处罚（2015年版）",
        "penalties of the history file",
        year.penalties_history.to_string(),
    );
    line("行政许可", "licences", year.licences.to_string());
    line("信用记录按类别", "records by kind", list(&year.records_by_kind));
    let sent = format!(
        "{} ({}, {}, {}, {})",
        year.records_sent,
        year.records_created,
        year.records_repeated,
        year.records_corrected,
        year.records_refused
    );
    line(
        "记录行数（新增、重复、更正、拒收）",
        "record rows (new, repeated, corrected, refused)",
        sent,
    );
    line("拒收原因", "  refused", list(&year.records_refused_by_rule));
    line(
        "撤销记录",
        "records withdrawn",
        year.records_withdrawn.to_string(),
    );
    line("删除记录", "records deleted", year.records_deleted.to_string());
    line(
        "裁决纠正处罚",
        "penalties corrected by a ruling",
        year.rulings_correcting.to_string(),
    );
    let Rate { in_time, of } = year.timeliness_rate;
    let permille = in_time * 1_000 / of.max(1);
    let rate = format!("{in_time}/{of} ({}.{}%)", permille / 10, permille % 10);
    line("及时率", "in time", rate);
    line("逾期", "late", year.late.to_string());
    line(
        "未归因记录",
        "unattributed records",
        year.unattributed_records.to_string(),
    );
    line("登记主体", "subjects in the register", year.subjects.to_string());
    let sectors = year.memberships_by_sector.len();
    line(
        "领域归属",
        "memberships",
        format!("{} ({sectors})", year.memberships),
    );
}

fn list(counts: &BTreeMap<String, u64>) -> String {
    counts
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn failed(call: &'static str) -> impl FnOnce(Status) -> Error {
    move |status| Error::Call {
        call,
        status: Box::new(status),
    }
}

/// The total, and the counts of one dimension by keys without resource prefix or enum prefix.
async fn count(
    clients: &Clients,
    state: pb::CommitmentState,
    by: Option<pb::CountDimension>,
) -> Result<(u64, BTreeMap<String, u64>), Error> {
    let request = pb::CountCommitmentsRequest {
        filter: Some(pb::CommitmentFilter {
            state: state.into(),
            ..pb::CommitmentFilter::default()
        }),
        group_by: by.map(i32::from).into_iter().collect(),
        min_revision: String::new(),
    };
    let answer = clients.commitments.clone().count_commitments(request).await;
    let answer = answer.map_err(failed("CountCommitments"))?.into_inner();
    let mut counts = BTreeMap::new();
    for row in answer.rows {
        let key = row.keys.first().map_or("", String::as_str);
        let prefixes = [
            "departments/",
            "COMMITMENT_KIND_",
            "SUBJECT_KIND_",
            "PERFORMANCE_STATE_",
        ];
        let key = prefixes
            .iter()
            .fold(key.to_owned(), |key, prefix| bare(&key, prefix));
        *counts.entry(key).or_default() += row.count;
    }
    Ok((answer.total, counts))
}

/// Codes of the departments that the catalogue lets take commitments, sorted.
async fn departments_that_take(channel: &Channel) -> Result<BTreeSet<String>, Error> {
    let mut catalog = CatalogServiceClient::new(channel.clone());
    let mut takers = BTreeSet::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListDepartmentsRequest {
            page_token,
            ..pb::ListDepartmentsRequest::default()
        };
        let page = catalog
            .list_departments(request)
            .await
            .map_err(failed("ListDepartments"))?
            .into_inner();
        let takes = |one: &pb::Department| one.authorities.iter().any(|word| word.starts_with("commitment"));
        takers.extend(page.departments.into_iter().filter(takes).map(|one| one.code));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if takers.is_empty() {
        let status = Status::new(
            Code::NotFound,
            "the catalogue names no department that takes commitments",
        );
        return Err(failed("ListDepartments")(status));
    }
    Ok(takers)
}
