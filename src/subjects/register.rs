//! The subject register 主体登记信息: a row is checked, and makes a provisional subject a registered one.
//!
//! Registration keeps number and name. A register that knows one subject by two codes, each of which has
//! a subject here, merges the provisional one. A code whose bearer had ended before the row's subject was
//! established is another's now, from that day on. Read first: [`check`]; then [`record`].
//!
//! Source: decision 26; `domain.md` 7, 14 item 13.

use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::Choice;
use crate::domain::fact::{Fact, Outcome, Principal, RowOutcome};
use crate::domain::finding::{CheckKind, Finding, Rule};
use crate::domain::hashes;
use crate::domain::record::Party;
use crate::domain::record_name::RecordName;
use crate::domain::revision::Revision;
use crate::domain::subject::{Identity, IdentityKind, SubjectKind, SubjectNumber};
use crate::domain::subject_fact::{
    Change, RegisterEntry, RegisterFact, RegisterFurther, RegisterState, SubjectChange, SubjectFact,
    Succession, Who,
};
use crate::group::Group;
use crate::group::fold::subjects::{register_key, state};
use crate::ingest::batch;
use crate::store::Error;

use super::items::{Findings, Item, finding, item};

/// A register's row as it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedEntry {
    pub social_credit_code: String,
    pub name: String,
    pub kind: Choice<SubjectKind>,
    /// Older codes, each empty if there is none.
    pub registration_number: String,
    pub organisation_code: String,
    pub tax_number: String,
    pub institution_certificate: String,
    pub social_organisation_certificate: String,
    pub established_on: String,
    pub changed_on: String,
    pub state: Choice<RegisterState>,
    pub deregistered_on: String,
    /// Division of the address; empty if not said, as the items below.
    pub division: String,
    pub address: String,
    pub predecessors: Vec<String>,
    pub succession: Choice<Succession>,
}

/// A register's row after its check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedEntry {
    /// `None` if and only if one of the findings refuses.
    pub entry: Option<RegisterEntry>,
    pub findings: Vec<Finding>,
}

const CODE: Item = item(
    "social_credit_code",
    "unified social credit code",
    "统一社会信用代码",
    18,
);
const NAME: Item = item("name", "name", "名称", 200);
const KIND: Item = item("kind", "kind of subject", "主体类别", 16);
const ESTABLISHED_ON: Item = item("established_on", "date of establishment", "成立日期", 10);
const CHANGED_ON: Item = item("changed_on", "date of change", "变更日期", 10);
const STATE: Item = item("state", "state", "登记状态", 16);
const DIVISION: Item = item("division", "division of the address", "住所行政区划代码", 6);
const ADDRESS: Item = item("address", "address", "住所", 512);
const PREDECESSORS: Item = item("predecessors", "predecessors", "前身统一社会信用代码", 18);
const SUCCESSION: Item = item("succession", "succession", "承继关系", 32);
/// Most predecessors of one row.
const PREDECESSORS_MAX: usize = 50;
const DEREGISTERED_ON: Item = item("deregistered_on", "date of deregistration", "注销日期", 10);

/// The items that hold older codes.
const OLDER: [(Item, IdentityKind); 5] = [
    (
        item("registration_number", "registration number", "工商注册号", 50),
        IdentityKind::RegistrationNumber,
    ),
    (
        item("organisation_code", "organisation code", "组织机构代码", 32),
        IdentityKind::OrganisationCode,
    ),
    (
        item("tax_number", "tax number", "税务登记号", 32),
        IdentityKind::TaxNumber,
    ),
    (
        item(
            "institution_certificate",
            "institution certificate",
            "事业单位证书号",
            64,
        ),
        IdentityKind::InstitutionCertificate,
    ),
    (
        item(
            "social_organisation_certificate",
            "social organisation certificate",
            "社会组织登记证号",
            50,
        ),
        IdentityKind::SocialOrganisationCertificate,
    ),
];

/// Checks a register's row received on a day.
#[must_use]
pub fn check(reported: &ReportedEntry, received_on: CivilDate) -> CheckedEntry {
    let mut found = Findings::default();
    let code = found.code(CODE, &reported.social_credit_code);
    found.text(NAME, &reported.name, true);
    let kind = found.choice(KIND, &reported.kind, "1, 4");
    if kind == Some(SubjectKind::Person) {
        found.reject(
            KIND,
            Rule::PersonInRegister,
            "says natural person, but persons stand in no register here; leave the row out.",
            "为自然人，本系统主体登记不含自然人，请删除该行。",
        );
    }
    let older_codes = older_codes(&mut found, reported);
    let established_on = found.date(ESTABLISHED_ON, &reported.established_on, Some(received_on));
    let holds_from = found.date(CHANGED_ON, &reported.changed_on, Some(received_on));
    let state = found.choice(STATE, &reported.state, "1, 2");
    let deregistered_on = found.date(DEREGISTERED_ON, &reported.deregistered_on, Some(received_on));
    ends(
        &mut found,
        state,
        &reported.deregistered_on,
        established_on,
        deregistered_on,
    );
    let further = further(&mut found, reported);
    let entry = || {
        Some(RegisterEntry {
            code: code?,
            kind: kind?,
            name: reported.name.clone(),
            older_codes,
            established_on,
            holds_from,
            state: state?,
            deregistered_on,
            further,
        })
    };
    let entry = if found.refuse() { None } else { entry() };
    CheckedEntry {
        entry,
        findings: found.0,
    }
}

fn further(found: &mut Findings, reported: &ReportedEntry) -> RegisterFurther {
    let (division, address) = (&reported.division, &reported.address);
    let is_division = division.len() == 6 && division.bytes().all(|byte| byte.is_ascii_digit());
    if !division.is_empty() && !is_division {
        found.reject(
            DIVISION,
            Rule::DivisionCode,
            "is not six digits; correct or empty it.",
            "不是6位数字，请更正或清空。",
        );
    }
    found.text(ADDRESS, address, false);
    if reported.predecessors.len() > PREDECESSORS_MAX {
        found.reject(
            PREDECESSORS,
            Rule::Length,
            "names more than 50; report the others with a later row.",
            "超过50个，其余请另行报送。",
        );
    }
    let predecessors = reported.predecessors.iter();
    let predecessors = predecessors.filter_map(|code| found.code(PREDECESSORS, code));
    let predecessors = predecessors.collect();
    let succession = match &reported.succession {
        Choice::Absent => None,
        said @ (Choice::Known(_) | Choice::Unknown(_)) => found.choice(SUCCESSION, said, "1, 2, 3, 4"),
    };
    RegisterFurther {
        division: division.clone(),
        address: address.clone(),
        predecessors,
        succession,
    }
}

fn older_codes(found: &mut Findings, reported: &ReportedEntry) -> Vec<Identity> {
    let texts = [
        &reported.registration_number,
        &reported.organisation_code,
        &reported.tax_number,
        &reported.institution_certificate,
        &reported.social_organisation_certificate,
    ];
    let mut codes = Vec::new();
    for ((item, kind), text) in OLDER.into_iter().zip(texts) {
        // Since 2015 a certificate repeats the unified code in the place of the older one.
        if text.is_empty() || *text == reported.social_credit_code {
            continue;
        }
        found.text(item, text, false);
        match Identity::of(kind, text) {
            Some(identity) => codes.push(identity),
            None => found.reject(
                item,
                Rule::OlderCodeShape,
                "is no number of its kind; correct or empty it.",
                "不是该类证件号码，请更正或清空。",
            ),
        }
    }
    codes
}

/// The last day of a life: after its first, and stated if and only if it has come.
fn ends(
    found: &mut Findings,
    state: Option<RegisterState>,
    written: &str,
    established_on: Option<CivilDate>,
    deregistered_on: Option<CivilDate>,
) {
    match state {
        Some(RegisterState::Deregistered) if written.is_empty() => found.reject(
            DEREGISTERED_ON,
            Rule::EndDateMissing,
            "is empty although the state says deregistered; fill it in.",
            "为空，而登记状态为注销，请补填。",
        ),
        Some(RegisterState::Active) if !written.is_empty() => found.reject(
            DEREGISTERED_ON,
            Rule::MustBeEmpty,
            "is filled although the state says active; empty it or correct the state.",
            "已填写，而登记状态为存续，请清空或更正登记状态。",
        ),
        Some(RegisterState::Deregistered | RegisterState::Active) | None => {}
    }
    let begins_later = established_on.is_some_and(|from| deregistered_on.is_some_and(|until| until < from));
    if begins_later {
        found.reject(
            DEREGISTERED_ON,
            Rule::PeriodOrder,
            "lies before the date of establishment; correct one of the two.",
            "早于成立日期，请更正。",
        );
    }
}

/// Whose row it is.
enum Target {
    Known(SubjectNumber),
    /// The code's bearer had ended before; it comes to a new subject on this day.
    Reused(CivilDate),
    New,
}

/// Decides a register's row. `begin` is where the batch began.
///
/// # Errors
/// As the view's.
pub fn record(
    group: &mut Group<'_>,
    principal: &Principal,
    checked: &CheckedEntry,
    begin: Revision,
) -> Result<RowOutcome, Error> {
    let mut findings = checked.findings.clone();
    let Some(entry) = &checked.entry else {
        return Ok(RowOutcome::refused(findings));
    };
    let target = target(group, entry)?;
    if let Target::Known(number) = target {
        let natural = register_key(&entry.code, number);
        if let Some((snapshot, revision)) =
            batch::snapshot_with(group, &natural, &hashes::register_hash(entry))?
        {
            let outcome = RowOutcome::of(Outcome::Repeated, revision, snapshot, findings);
            return named(group, outcome, number);
        }
        kind_against(group, number, entry, &mut findings)?;
        if findings.iter().any(|one| one.kind.refuses()) {
            return Ok(RowOutcome::refused(findings));
        }
    }
    let number = match target {
        Target::Known(number) => number,
        Target::New => super::open(group, principal, &party(entry))?,
        Target::Reused(from) => {
            let number = super::open(group, principal, &party(entry))?;
            let change = Change::CodeAssigned {
                identity: Identity::Code(entry.code),
                from,
            };
            push(group, principal, entry.kind, number, change)?;
            number
        }
    };
    let others = older_bearers(group, entry, number, &mut findings)?;
    let natural = register_key(&entry.code, number);
    let first = batch::first_of(group, &natural)?;
    let old = state(group, number)?.registered;
    let (outcome, snapshot) = match first {
        None => (Outcome::Created, 1),
        Some(_) => (Outcome::Corrected, snapshots(group, &natural)? + 1),
    };
    if let Some(old) = old.filter(|_| first.is_some()) {
        findings.extend(batch::twice_in_batch(CODE.field, old, begin));
    }
    let fact = RegisterFact {
        subject: number,
        entry: entry.clone(),
        received_on: group.today(),
        first,
        snapshot,
        findings: findings.clone(),
    };
    let fact = Fact::Subject(SubjectFact::Registered(Box::new(fact)));
    let revision = group.push(principal, fact)?;
    let on = entry.established_on.unwrap_or(group.today());
    for other in others {
        push(
            group,
            principal,
            entry.kind,
            other,
            Change::Merged { into: number, on },
        )?;
    }
    named(
        group,
        RowOutcome::of(outcome, revision, snapshot, findings),
        number,
    )
}

/// A register's row tells the subject it became, under the name that records have there.
fn named(group: &Group<'_>, outcome: RowOutcome, number: SubjectNumber) -> Result<RowOutcome, Error> {
    let name = RecordName::drawn(super::row(group, number)?.name);
    Ok(RowOutcome {
        record: Some(name),
        ..outcome
    })
}

fn party(entry: &RegisterEntry) -> Party {
    Party {
        kind: entry.kind,
        identity: Identity::Code(entry.code),
        name: entry.name.clone(),
    }
}

fn push(
    group: &mut Group<'_>,
    principal: &Principal,
    kind: SubjectKind,
    subject: SubjectNumber,
    change: Change,
) -> Result<Revision, Error> {
    let fact = SubjectChange {
        who: Who { subject, kind },
        change,
        reason: "register".to_owned(),
    };
    group.push(principal, Fact::Subject(SubjectFact::Changed(Box::new(fact))))
}

fn snapshots(group: &Group<'_>, natural: &[u8; 16]) -> Result<u32, Error> {
    let mut count = 0;
    super::place::each(
        group,
        crate::store::keys::SNAPSHOT,
        crate::store::keys::snapshots_of(natural),
        |_, _| count += 1,
    )?;
    Ok(count)
}

fn target(group: &Group<'_>, entry: &RegisterEntry) -> Result<Target, Error> {
    let on = entry.deregistered_on.unwrap_or(group.today());
    let code = Identity::Code(entry.code);
    if let Some(bearer) = super::by_identity(group, &code, group.hashes(), on)? {
        let ended_on = state(group, bearer)?.ended_on;
        return Ok(match (ended_on, entry.established_on) {
            (Some(ended), Some(established)) if ended < established => Target::Reused(established),
            (Some(_) | None, _) => Target::Known(bearer),
        });
    }
    for older in &entry.older_codes {
        if let Some(bearer) = super::by_identity(group, older, group.hashes(), on)?
            && state(group, bearer)?.registered.is_none()
        {
            return Ok(Target::Known(bearer));
        }
    }
    Ok(Target::New)
}

/// Provisional subjects that the row's older codes stand for, besides its own.
fn older_bearers(
    group: &Group<'_>,
    entry: &RegisterEntry,
    number: SubjectNumber,
    findings: &mut Vec<Finding>,
) -> Result<Vec<SubjectNumber>, Error> {
    let mut others = Vec::new();
    for older in &entry.older_codes {
        let Some(bearer) = super::by_identity(group, older, group.hashes(), group.today())? else {
            continue;
        };
        let bearer = super::place::current(group, bearer)?;
        if bearer == number || others.contains(&bearer) {
            continue;
        }
        if state(group, bearer)?.registered.is_none() {
            others.push(bearer);
        } else if let Some((item, _)) = OLDER.into_iter().find(|(_, kind)| *kind == older.kind()) {
            findings.push(finding(
                item,
                Rule::OlderCodeOfAnother,
                CheckKind::Ask,
                "is another registered subject's; say by a merger or a corrected row whose it is.",
                "已属于另一登记主体，请以合并或更正登记的方式明确归属。",
            ));
        }
    }
    Ok(others)
}

fn kind_against(
    group: &Group<'_>,
    number: SubjectNumber,
    entry: &RegisterEntry,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let known = super::row(group, number)?.kind;
    if known == entry.kind {
        return Ok(());
    }
    findings.push(match known {
        SubjectKind::Person => finding(
            CODE,
            Rule::PersonInRegister,
            CheckKind::Reject,
            "is known here as a natural person's; correct it.",
            "在本系统中属于自然人，请更正。",
        ),
        SubjectKind::Organisation | SubjectKind::IndividualBusiness => finding(
            KIND,
            Rule::KindAgainstRegister,
            CheckKind::Warn,
            "differs from the one known so far; the register's is taken.",
            "与此前记录的不一致，以登记信息为准。",
        ),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported() -> ReportedEntry {
        ReportedEntry {
            social_credit_code: "91440300192317458F".to_owned(),
            name: "某某有限公司".to_owned(),
            kind: Choice::Known(SubjectKind::Organisation),
            registration_number: "440301103097413".to_owned(),
            organisation_code: String::new(),
            tax_number: String::new(),
            institution_certificate: String::new(),
            social_organisation_certificate: String::new(),
            established_on: "2001-02-03".to_owned(),
            changed_on: String::new(),
            state: Choice::Known(RegisterState::Active),
            deregistered_on: String::new(),
            division: String::new(),
            address: String::new(),
            predecessors: Vec::new(),
            succession: Choice::Absent,
        }
    }

    #[test]
    fn what_a_row_says_further_is_checked_and_kept() {
        let mut row = reported();
        row.division = "150802".to_owned();
        row.address = "胜利路1号".to_owned();
        row.predecessors = vec!["91150802MA0000074U".to_owned()];
        row.succession = Choice::Known(Succession::Split);
        let checked = check(&row, "2024-06-03".parse().unwrap());
        let further = checked.entry.unwrap().further;
        assert_eq!(further.predecessors[0].to_string(), "91150802MA0000074U");
        assert_eq!(further.succession, Some(Succession::Split));
        check_change(
            |row| row.division = "15080".to_owned(),
            &[("division", Rule::DivisionCode)],
        );
        check_change(|row| row.address = "长".repeat(513), &[("address", Rule::Length)]);
        check_change(
            |row| row.predecessors = vec!["91150802MA0000074X".to_owned()],
            &[("predecessors", Rule::SocialCreditCodeCheck)],
        );
        check_change(
            |row| row.succession = Choice::Unknown("9".to_owned()),
            &[("succession", Rule::ValueList)],
        );
    }

    #[track_caller]
    fn check_change(change: impl Fn(&mut ReportedEntry), expected: &[(&str, Rule)]) {
        let mut row = reported();
        change(&mut row);
        let checked = check(&row, "2024-06-03".parse().unwrap());
        let found: Vec<(&str, Rule)> = checked
            .findings
            .iter()
            .map(|one| (one.field.as_ref(), one.rule))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(checked.entry.is_none(), !expected.is_empty());
        for finding in &checked.findings {
            assert!(!finding.english.is_empty() && !finding.chinese.is_ascii());
        }
    }

    #[test]
    fn a_row_of_the_register_is_checked_item_by_item() {
        check_change(|_| {}, &[]);
        check_change(
            |row| row.social_credit_code.clear(),
            &[("social_credit_code", Rule::Required)],
        );
        check_change(
            |row| row.social_credit_code = "91110108717809965C".to_owned(),
            &[
                ("social_credit_code", Rule::SocialCreditCodeCheck),
                ("social_credit_code", Rule::OrganisationCodeCheck),
            ],
        );
        check_change(|row| row.name.clear(), &[("name", Rule::Required)]);
        check_change(|row| row.name = "字".repeat(201), &[("name", Rule::Length)]);
        check_change(|row| row.name = "字".repeat(200), &[]);
        check_change(
            |row| row.kind = Choice::Known(SubjectKind::Person),
            &[("kind", Rule::PersonInRegister)],
        );
        check_change(
            |row| row.registration_number = "**".to_owned(),
            &[("registration_number", Rule::OlderCodeShape)],
        );
        check_change(
            |row| row.established_on = "2024-06-04".to_owned(),
            &[("established_on", Rule::FutureDate)],
        );
        check_change(|row| row.established_on = "2024-06-03".to_owned(), &[]);
        check_change(
            |row| row.changed_on = "2024-02-30".to_owned(),
            &[("changed_on", Rule::Date)],
        );
        check_change(|row| row.state = Choice::Absent, &[("state", Rule::Required)]);
    }

    #[test]
    fn a_subject_that_ended_has_its_last_day_and_one_that_lives_has_none() {
        let ended = |on: &'static str| {
            move |row: &mut ReportedEntry| {
                row.state = Choice::Known(RegisterState::Deregistered);
                row.deregistered_on = on.to_owned();
            }
        };
        check_change(ended("2024-01-01"), &[]);
        check_change(ended("2001-02-03"), &[]);
        check_change(ended("2001-02-02"), &[("deregistered_on", Rule::PeriodOrder)]);
        check_change(ended(""), &[("deregistered_on", Rule::EndDateMissing)]);
        check_change(
            |row| row.deregistered_on = "2024-01-01".to_owned(),
            &[("deregistered_on", Rule::MustBeEmpty)],
        );
    }

    #[test]
    fn a_unified_code_in_an_older_codes_place_is_no_older_code() {
        let mut row = reported();
        row.tax_number = row.social_credit_code.clone();
        let entry = check(&row, "2024-06-03".parse().unwrap()).entry.unwrap();
        assert_eq!(entry.older_codes.len(), 1);
    }
}
