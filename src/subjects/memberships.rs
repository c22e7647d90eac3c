//! Memberships 领域归属: which sectors a subject belongs to, from when, until when, on what evidence.
//!
//! Read first: [`check`]; then [`record`].

use crate::domain::catalog::{Catalog, SectorCode};
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::Choice;
use crate::domain::fact::{Fact, Outcome, Principal, RowOutcome};
use crate::domain::finding::{Finding, Rule};
use crate::domain::hash::table_hash;
use crate::domain::hashes;
use crate::domain::record::Party;
use crate::domain::record_name::RecordName;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::resident_id::{ResidentId, ResidentIdError};
use crate::domain::revision::Revision;
use crate::domain::subject::{Identity, SubjectKind, SubjectName, SubjectNumber};
use crate::domain::subject_fact::{Membership, MembershipEnd, MembershipFact, SubjectFact, Who};
use crate::group::Group;
use crate::group::fold::subjects::{membership, membership_natural};
use crate::ingest::batch;
use crate::ingest::commands::Failure;
use crate::store::keys::subjects::{self as layout, MembershipRow};
use crate::store::{Error, View, keys};

use super::findings::{Fields, register_findings};
use super::items::{Findings, Item, item};
use super::place;

/// A roster's row as it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedMembership {
    pub subject_name: String,
    pub subject_kind: Choice<SubjectKind>,
    pub subject_code: String,
    pub sector: String,
    pub from: String,
    pub until: String,
    pub evidence: String,
}

/// A roster's row after its check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedMembership {
    /// `None` if and only if one of the findings refuses.
    pub row: Option<(Party, Membership)>,
    pub findings: Vec<Finding>,
}

/// By what a membership is named: `subjects/{name}/memberships/{sector}-{first day}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MembershipName {
    pub subject: SubjectName,
    pub sector: SectorCode,
    pub from: CivilDate,
}

impl std::fmt::Display for MembershipName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "subjects/{}/memberships/{}-{}",
            self.subject, self.sector, self.from
        )
    }
}

impl std::str::FromStr for MembershipName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let rest = text.strip_prefix("subjects/").ok_or(())?;
        let (subject, rest) = rest.split_once("/memberships/").ok_or(())?;
        let (sector, from) = rest.split_once('-').ok_or(())?;
        Ok(Self {
            subject: SubjectName::from_text(subject).ok_or(())?,
            sector: sector.parse().map_err(|_| ())?,
            from: from.parse().map_err(|_| ())?,
        })
    }
}

const NAME: Item = item("subject_name", "subject's name", "主体名称", 200);
const KIND: Item = item("subject_kind", "subject's kind", "主体类别", 16);
const CODE: Item = item("subject_code", "subject's code", "主体代码", 18);
const SECTOR: Item = item("sector", "sector", "领域", 32);
const FROM: Item = item("from", "first day", "起始日期", 10);
const UNTIL: Item = item("until", "last day", "截止日期", 10);
const EVIDENCE: Item = item("evidence", "evidence", "依据", 512);

/// Checks a roster's row against the catalogue in force.
#[must_use]
pub fn check(reported: &ReportedMembership, catalog: &Catalog, received_on: CivilDate) -> CheckedMembership {
    let mut found = Findings::default();
    found.text(NAME, &reported.subject_name, true);
    let kind = found.choice(KIND, &reported.subject_kind, "1, 2, 4");
    let identity = match kind {
        Some(SubjectKind::Person) => person(&mut found, &reported.subject_code),
        Some(SubjectKind::Organisation | SubjectKind::IndividualBusiness) => {
            found.code(CODE, &reported.subject_code).map(Identity::Code)
        }
        None => None,
    };
    let sector = sector(&mut found, &reported.sector, catalog);
    let from = found.day(FROM, &reported.from);
    if from.is_some_and(|from| from > received_on) {
        found.reject(
            FROM,
            Rule::FutureDate,
            "lies after the day of receipt; report the membership once it has begun.",
            "晚于接收日期，请在归属开始后报送。",
        );
    }
    let until = found.date(UNTIL, &reported.until, None);
    if from.is_some_and(|from| until.is_some_and(|until| until < from)) {
        found.reject(
            UNTIL,
            Rule::PeriodOrder,
            "lies before the first day; correct one of the two.",
            "早于起始日期，请更正。",
        );
    }
    found.text(EVIDENCE, &reported.evidence, true);
    let row = || {
        let party = Party {
            kind: kind?,
            identity: identity?,
            name: reported.subject_name.clone(),
        };
        let membership = Membership {
            sector: sector?,
            from: from?,
            until,
            evidence: reported.evidence.clone(),
        };
        Some((party, membership))
    };
    let row = if found.refuse() { None } else { row() };
    CheckedMembership {
        row,
        findings: found.0,
    }
}

fn person(found: &mut Findings, value: &str) -> Option<Identity> {
    for fault in ResidentId::faults(value) {
        let (rule, english, chinese) = match fault {
            ResidentIdError::Shape => (
                Rule::ResidentIdShape,
                "is not a resident ID of 15 digits or of 17 digits and a check character; correct it.",
                "不是15位或18位居民身份证号码，请更正。",
            ),
            ResidentIdError::Date => (
                Rule::ResidentIdDate,
                "states a birth date that does not exist; correct it.",
                "中的出生日期不存在，请更正。",
            ),
            ResidentIdError::Check => (
                Rule::ResidentIdCheck,
                "has a wrong check character; compare it with the identity card.",
                "校验码错误，请与居民身份证核对。",
            ),
        };
        found.reject(CODE, rule, english, chinese);
    }
    value.parse().ok().map(Identity::Person)
}

fn sector(found: &mut Findings, value: &str, catalog: &Catalog) -> Option<SectorCode> {
    found.text(SECTOR, value, true);
    let code: Option<SectorCode> = value.strip_prefix("sectors/").unwrap_or(value).parse().ok();
    let known = code.filter(|code| catalog.sector(*code).is_some());
    if known.is_none() && !value.is_empty() {
        found.reject(
            SECTOR,
            Rule::SectorUnknown,
            "is in no sector of the catalogue in force; take its code from ListSectors.",
            "不在现行领域目录中，请使用领域目录中的代码。",
        );
    }
    known
}

/// Decides a roster's row. `begin` is where the batch began.
///
/// # Errors
/// As the view's.
pub fn record(
    group: &mut Group<'_>,
    principal: &Principal,
    checked: &CheckedMembership,
    begin: Revision,
) -> Result<RowOutcome, Error> {
    let mut findings = checked.findings.clone();
    let Some((party, said)) = &checked.row else {
        return Ok(RowOutcome::refused(findings));
    };
    let fields = Fields {
        name: NAME.field,
        code: CODE.field,
        date: FROM.field,
    };
    findings.extend(register_findings(
        group,
        group.hashes(),
        party,
        said.from,
        fields,
    )?);
    let bearer = super::by_identity(group, &party.identity, group.hashes(), said.from)?;
    let mut first = None;
    if let Some(number) = bearer {
        let natural = membership_natural(number, said.sector, said.from);
        let content = table_hash(group.hashes(), party.kind, hashes::membership_hash(said));
        if let Some((snapshot, revision)) = batch::snapshot_with(group, &natural, &content)? {
            let outcome = RowOutcome::of(Outcome::Repeated, revision, snapshot, findings);
            return named(group, outcome, number);
        }
        first = batch::first_of(group, &natural)?;
        if overlaps(group, number, said, first)? {
            let mut found = Findings(findings);
            found.reject(
                FROM,
                Rule::MembershipOverlap,
                "lies in a membership of the same sector that is recorded already; correct or end that one.",
                "与已记录的同一领域归属期间重叠，请更正或终止原归属。",
            );
            return Ok(RowOutcome::refused(found.0));
        }
    }
    let subject = super::of_party(group, principal, party, said.from)?;
    let old = match first {
        Some(first) => Some(membership(group, first)?),
        None => None,
    };
    if let Some(old) = old {
        findings.extend(batch::twice_in_batch(SECTOR.field, old.current, begin));
    }
    let snapshot = old.map_or(0, |old| old.snapshots) + 1;
    let fact = MembershipFact {
        who: Who {
            subject,
            kind: party.kind,
        },
        membership: said.clone(),
        received_on: group.today(),
        first,
        snapshot,
        findings: findings.clone(),
    };
    let revision = group.push(principal, Fact::Subject(SubjectFact::Member(Box::new(fact))))?;
    let outcome = if first.is_some() {
        Outcome::Corrected
    } else {
        Outcome::Created
    };
    named(
        group,
        RowOutcome::of(outcome, revision, snapshot, findings),
        subject,
    )
}

/// A roster's row tells the subject it is about.
fn named(group: &Group<'_>, outcome: RowOutcome, number: SubjectNumber) -> Result<RowOutcome, Error> {
    let name = RecordName::drawn(super::row(group, number)?.name);
    Ok(RowOutcome {
        record: Some(name),
        ..outcome
    })
}

fn overlaps(
    view: &dyn View,
    number: SubjectNumber,
    said: &Membership,
    own: Option<Revision>,
) -> Result<bool, Error> {
    let mut firsts = Vec::new();
    place::each(
        view,
        keys::MEMBERSHIP,
        layout::members_of(number, Revision(0)),
        |key, _| {
            firsts.push(layout::membership_first(key));
        },
    )?;
    for first in firsts.into_iter().filter(|first| Some(*first) != own) {
        let other = membership(view, first)?;
        let begins_before = said.until.is_none_or(|until| other.from <= until);
        let ends_after = other.until.is_none_or(|until| said.from <= until);
        if other.sector == said.sector && begins_before && ends_after {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Finds a membership by its name.
///
/// # Errors
/// As the view's.
pub fn find(view: &dyn View, name: &MembershipName) -> Result<Option<(Revision, MembershipRow)>, Error> {
    let Some(number) = super::by_name(view, name.subject)? else {
        return Ok(None);
    };
    let natural = membership_natural(number, name.sector, name.from);
    match batch::first_of(view, &natural)? {
        None => Ok(None),
        Some(first) => Ok(Some((first, membership(view, first)?))),
    }
}

/// Ends a membership on a day, which is its last; the same end again changes nothing.
///
/// # Errors
/// `MEMBERSHIP_UNKNOWN`; `MALFORMED_VALUE` for a day before its first.
pub fn end(
    group: &mut Group<'_>,
    principal: &Principal,
    name: &MembershipName,
    on: CivilDate,
    reason: &str,
) -> Result<RowOutcome, Failure> {
    let unknown = || Refusal::plain(Reason::MembershipUnknown).with("name", name.to_string());
    let (first, row) = find(group, name)?.ok_or_else(|| Failure::Refused(unknown()))?;
    if on < row.from {
        let refusal = Refusal::plain(Reason::MalformedValue).violating("on", "lies before the first day");
        return Err(Failure::Refused(refusal));
    }
    if row.until == Some(on) {
        let revision = row.ended.unwrap_or(row.current);
        return Ok(RowOutcome::of(
            Outcome::Repeated,
            revision,
            row.snapshots,
            Vec::new(),
        ));
    }
    let kind = super::row(group, row.subject)?.kind;
    let fact = MembershipEnd {
        who: Who {
            subject: row.subject,
            kind,
        },
        first,
        on,
        reason: reason.to_owned(),
    };
    let fact = Fact::Subject(SubjectFact::MembershipEnded(Box::new(fact)));
    let revision = group.push(principal, fact)?;
    Ok(RowOutcome::of(
        Outcome::Created,
        revision,
        row.snapshots,
        Vec::new(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policies;

    fn reported() -> ReportedMembership {
        ReportedMembership {
            subject_name: "某某有限公司".to_owned(),
            subject_kind: Choice::Known(SubjectKind::Organisation),
            subject_code: "91440300192317458F".to_owned(),
            sector: "FOOD_PROD".to_owned(),
            from: "2024-01-01".to_owned(),
            until: String::new(),
            evidence: "食品生产许可证".to_owned(),
        }
    }

    #[track_caller]
    fn check_change(change: impl Fn(&mut ReportedMembership), expected: &[(&str, Rule)]) {
        let mut row = reported();
        change(&mut row);
        let catalog = Policies::built_in().catalog;
        let checked = check(&row, &catalog, "2024-06-03".parse().unwrap());
        let found: Vec<(&str, Rule)> = checked
            .findings
            .iter()
            .map(|one| (one.field.as_ref(), one.rule))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(checked.row.is_none(), !expected.is_empty());
    }

    #[test]
    fn a_row_of_a_roster_is_checked_item_by_item() {
        check_change(|_| {}, &[]);
        check_change(|row| row.sector = "sectors/CATERING".to_owned(), &[]);
        check_change(
            |row| row.sector = "NO_SUCH".to_owned(),
            &[("sector", Rule::SectorUnknown)],
        );
        check_change(|row| row.sector.clear(), &[("sector", Rule::Required)]);
        check_change(|row| row.from = "2024-06-03".to_owned(), &[]);
        check_change(
            |row| row.from = "2024-06-04".to_owned(),
            &[("from", Rule::FutureDate)],
        );
        check_change(|row| row.until = "2024-01-01".to_owned(), &[]);
        check_change(
            |row| row.until = "2023-12-31".to_owned(),
            &[("until", Rule::PeriodOrder)],
        );
        check_change(|row| row.evidence.clear(), &[("evidence", Rule::Required)]);
        check_change(
            |row| {
                row.subject_kind = Choice::Known(SubjectKind::Person);
                row.subject_code = "110105194912310021".to_owned();
            },
            &[("subject_code", Rule::ResidentIdCheck)],
        );
    }

    #[test]
    fn a_membership_is_named_by_subject_sector_and_first_day() {
        let name = MembershipName {
            subject: SubjectName::from_random([3; 13]),
            sector: "FOOD_PROD".parse().unwrap(),
            from: "2024-01-01".parse().unwrap(),
        };
        assert_eq!(name.to_string().parse(), Ok(name));
        for text in [
            "",
            "subjects/x/memberships/FOOD_PROD-2024-01-01",
            "memberships/FOOD_PROD-2024-01-01",
        ] {
            assert_eq!(text.parse::<MembershipName>(), Err(()), "{text}");
        }
    }
}
