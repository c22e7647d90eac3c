//! The items of a commitment, on both sides of every edge, and the row that the other tests change.

use super::*;
use crate::domain::catalog::{Authority, Department, DepartmentKind, Division, Standing};
use crate::domain::resident_id::ResidentId;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject::Identity;
use CheckKind::{Ask, Reject, Stop, Warn};

mod codes;
mod performance;

const BODY_NAME: &str = "市场监督管理局";
const INSTITUTION_NAME: &str = "公共资源交易中心";
const COMPANY: &str = "91440300192317458F";
/// Shorter texts stand in sentences by chance.
const IDENTIFIER_SIZE_MIN: usize = 9;
const PERSON: &str = "11010519491231002X";

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn body_code(prefix: char, number: &str) -> SocialCreditCode {
    SocialCreditCode::compose('1', prefix, "150802", number).unwrap()
}

fn department(code: &str, title: &str, social_credit_code: SocialCreditCode) -> Department {
    Department {
        code: code.parse().unwrap(),
        title_zh: title.to_owned(),
        title_en: code.to_lowercase(),
        kind: DepartmentKind::Government,
        authorities: vec![Authority::Commitment],
        social_credit_code,
        from: None,
        until: None,
        successor: None,
        former: Vec::new(),
        standing: Standing::Construction,
    }
}

fn catalog() -> Catalog {
    let division = Division {
        code: "150802".to_owned(),
        from: day("2004-01-01"),
        until: None,
        standing: Standing::Construction,
    };
    let departments = vec![
        department("SCJG", BODY_NAME, body_code('1', "00000025")),
        department("GGZY", INSTITUTION_NAME, body_code('2', "00000039")),
    ];
    Catalog::new(vec![division], departments, vec![], vec![])
}

/// A row without findings, received on 2024-11-20.
fn row() -> Reported {
    Reported {
        code: "15080220241105000001".to_owned(),
        subject_name: "某某商贸有限公司".to_owned(),
        subject_kind: Choice::Known(SubjectKind::Organisation),
        subject_code: COMPANY.to_owned(),
        kind: Choice::Known(CommitmentKind::ApprovalReplacing),
        kind_words: String::new(),
        reason: "申请食品经营许可".to_owned(),
        content: "所填信息真实有效。\n\t按期补齐材料。".to_owned(),
        liability: "撤销许可".to_owned(),
        made_on: "2024-11-05".to_owned(),
        valid_until: "2025-11-04".to_owned(),
        performance: None,
        accepting_body_name: BODY_NAME.to_owned(),
        accepting_body_code: body_code('1', "00000025").to_string(),
        publication: Choice::Known(Publication::Public),
        remarks: String::new(),
    }
}

fn person(row: &mut Reported) {
    row.subject_kind = Choice::Known(SubjectKind::Person);
    row.subject_code = PERSON.to_owned();
    row.publication = Choice::Known(Publication::Limited);
}

fn full() -> ReportedPerformance {
    ReportedPerformance {
        state: Choice::Known(PerformanceState::Full),
        unperformed: String::new(),
        measures_taken: String::new(),
        found_on: "2024-11-10".to_owned(),
        finding_body_name: BODY_NAME.to_owned(),
        finding_body_code: body_code('1', "00000025").to_string(),
    }
}

fn breach(state: PerformanceState) -> ReportedPerformance {
    ReportedPerformance {
        state: Choice::Known(state),
        unperformed: "未补齐材料".to_owned(),
        measures_taken: "已撤销许可".to_owned(),
        ..full()
    }
}

type Expected<'a> = &'a [(&'a str, Rule, CheckKind)];

#[track_caller]
fn check_findings(findings: &[Finding], expected: Expected<'_>, reported: &str) {
    let found: Vec<_> = findings
        .iter()
        .map(|one| (one.field.as_ref(), one.rule, one.kind))
        .collect();
    assert_eq!(found, expected);
    for one in findings {
        assert!(
            one.english.starts_with("Item ") && one.english.ends_with('.'),
            "{}",
            one.english
        );
        assert!(
            one.chinese.starts_with('第') && one.chinese.ends_with('。'),
            "{}",
            one.chinese
        );
        for sentence in [&one.english, &one.chinese] {
            assert!(
                !sentence.contains(COMPANY) && !sentence.contains(PERSON),
                "{sentence}"
            );
            assert!(
                reported.len() < IDENTIFIER_SIZE_MIN || !sentence.contains(reported),
                "{sentence}"
            );
        }
    }
}

#[track_caller]
fn check_row(change: impl FnOnce(&mut Reported), expected: Expected<'_>) {
    let mut reported = row();
    change(&mut reported);
    let checked = check(&reported, &catalog(), day("2024-11-20"));
    check_findings(&checked.findings, expected, &reported.subject_code);
    let refused = expected.iter().any(|(_, _, kind)| matches!(kind, Reject | Stop));
    assert_eq!(checked.commitment.is_none(), refused);
}

#[track_caller]
fn check_item(item: fn(&mut Reported) -> &mut String, value: &str, expected: Expected<'_>) {
    check_row(|row| value.clone_into(item(row)), expected);
}

#[track_caller]
fn check_part(performance: ReportedPerformance, expected: Expected<'_>) {
    let by_itself = super::check_performance(&performance, day("2024-11-05"), &catalog(), day("2024-11-20"));
    let row = Reported {
        performance: Some(performance),
        ..row()
    };
    let checked = check(&row, &catalog(), day("2024-11-20"));
    let part = checked.performance.unwrap();
    check_findings(&part.findings, expected, "");
    assert_eq!(part, by_itself);
    assert_eq!(
        part.performance.is_none(),
        expected.iter().any(|(_, _, kind)| kind.refuses())
    );
    assert!(checked.commitment.is_some() && checked.findings.is_empty());
}

#[test]
fn a_right_row_is_taken_as_it_was_sent() {
    let reported = Reported {
        performance: Some(full()),
        ..row()
    };
    let checked = check(&reported, &catalog(), day("2024-11-20"));
    assert_eq!(checked.findings, []);
    assert_eq!(checked.department, Some("SCJG".parse().unwrap()));
    let commitment = checked.commitment.unwrap();
    assert_eq!(commitment.code.as_str(), reported.code);
    assert_eq!(commitment.content, reported.content);
    assert_eq!(commitment.subject, Identity::Code(COMPANY.parse().unwrap()));
    assert_eq!(commitment.validity, Validity::Until(day("2025-11-04")));
    let performance = checked.performance.unwrap().performance.unwrap();
    assert_eq!(performance.found_on, Some(day("2024-11-10")));
}

#[test]
fn required_items_are_not_empty_nor_blank() {
    type Item = fn(&mut Reported) -> &mut String;
    let items: [(&str, Item); 9] = [
        ("code", |row| &mut row.code),
        ("subject_name", |row| &mut row.subject_name),
        ("subject_code", |row| &mut row.subject_code),
        ("reason", |row| &mut row.reason),
        ("content", |row| &mut row.content),
        ("liability", |row| &mut row.liability),
        ("made_on", |row| &mut row.made_on),
        ("accepting_body_name", |row| &mut row.accepting_body_name),
        ("accepting_body_code", |row| &mut row.accepting_body_code),
    ];
    for (field, item) in items {
        for blank in ["", " ", "\u{3000}\u{3000}", "\n"] {
            check_item(item, blank, &[(field, Rule::Required, Reject)]);
        }
    }
    check_row(
        |row| row.subject_kind = Choice::Absent,
        &[("subject_kind", Rule::Required, Reject)],
    );
    check_row(
        |row| row.kind = Choice::Absent,
        &[("kind", Rule::Required, Reject)],
    );
    check_row(
        |row| row.publication = Choice::Absent,
        &[("publication", Rule::Required, Reject)],
    );
    check_item(|row| &mut row.valid_until, "", &[]);
    check_item(|row| &mut row.remarks, "", &[]);
}

#[test]
fn values_outside_their_lists_are_refused_without_repeating_them() {
    let unknown = || PERSON.to_owned();
    for (change, field) in [
        (
            (|row, text| row.subject_kind = Choice::Unknown(text)) as fn(&mut Reported, String),
            "subject_kind",
        ),
        (|row, text| row.kind = Choice::Unknown(text), "kind"),
        (|row, text| row.publication = Choice::Unknown(text), "publication"),
    ] {
        let mut reported = row();
        change(&mut reported, unknown());
        let checked = check(&reported, &catalog(), day("2024-11-20"));
        check_findings(&checked.findings, &[(field, Rule::ValueList, Reject)], PERSON);
    }
}

#[test]
fn lengths_are_counted_in_characters() {
    type Item = fn(&mut Reported) -> &mut String;
    let items: [(&str, Item, usize); 5] = [
        ("subject_name", |row| &mut row.subject_name, 200),
        ("reason", |row| &mut row.reason, 512),
        ("content", |row| &mut row.content, 4000),
        ("liability", |row| &mut row.liability, 4000),
        ("remarks", |row| &mut row.remarks, 512),
    ];
    for (field, item, max) in items {
        for character in ["a", "诺", "𠀀"] {
            check_item(item, &character.repeat(max), &[]);
            check_item(item, &character.repeat(max + 1), &[(field, Rule::Length, Reject)]);
        }
    }
    let named = |length| move |row: &mut Reported| row.accepting_body_name = "局".repeat(length);
    let warned = ("accepting_body_name", Rule::BodyName, Warn);
    check_row(named(200), &[warned]);
    check_row(
        named(201),
        &[("accepting_body_name", Rule::Length, Reject), warned],
    );
}

#[test]
fn control_characters_stay_out_but_for_line_feed_and_tab_in_prose() {
    for item in [
        (|row| &mut row.reason) as fn(&mut Reported) -> &mut String,
        |row| &mut row.remarks,
    ] {
        check_item(item, "一\n二\t三", &[]);
    }
    for control in ["\0", "\u{7}", "\r", "\u{1b}", "\u{7f}", "\u{85}"] {
        check_item(
            |row| &mut row.content,
            &format!("承{control}诺"),
            &[("content", Rule::Characters, Reject)],
        );
    }
    for control in ["\n", "\t", "\0"] {
        let expected = [("subject_name", Rule::Characters, Reject)];
        check_item(|row| &mut row.subject_name, &format!("某{control}某"), &expected);
    }
}

#[test]
fn dates_exist_and_keep_their_order() {
    let date = [("made_on", Rule::Date, Reject)];
    for text in ["20241105", "2024-11-31", "2024/11/05", "2024-11-05 ", "2024-11-5"] {
        check_item(|row| &mut row.made_on, text, &date);
    }
    for text in ["365", "2025-02-29", " "] {
        check_item(
            |row| &mut row.valid_until,
            text,
            &[("valid_until", Rule::Date, Reject)],
        );
    }
    check_item(|row| &mut row.valid_until, "2024-11-05", &[]);
    let before = [("valid_until", Rule::ValidityBeforePromise, Reject)];
    check_item(|row| &mut row.valid_until, "2024-11-04", &before);
    let made = |code: &'static str, on: &'static str| {
        move |row: &mut Reported| {
            code.clone_into(&mut row.code);
            on.clone_into(&mut row.made_on);
        }
    };
    check_row(made("15080220241120000001", "2024-11-20"), &[]);
    check_row(
        made("15080220241121000001", "2024-11-21"),
        &[("made_on", Rule::FutureDate, Reject)],
    );
}

#[test]
fn two_far_dates_mean_an_open_end() {
    for (text, validity) in [
        ("", Validity::NotStated),
        ("2099-12-30", Validity::Until(day("2099-12-30"))),
        ("2099-12-31", Validity::OpenEnded),
        ("9999-12-31", Validity::OpenEnded),
    ] {
        let reported = Reported {
            valid_until: text.to_owned(),
            ..row()
        };
        let checked = check(&reported, &catalog(), day("2024-11-20"));
        assert_eq!(checked.commitment.unwrap().validity, validity, "{text}");
    }
}

#[test]
fn a_person_is_never_public() {
    let stop = [("publication", Rule::PersonPublic, Stop)];
    for (publication, expected) in [
        (Publication::Public, &stop[..]),
        (Publication::Limited, &[]),
        (Publication::Closed, &[]),
    ] {
        let change = |row: &mut Reported| {
            person(row);
            row.publication = Choice::Known(publication);
        };
        check_row(change, expected);
    }
}

#[test]
fn the_kind_in_words_belongs_to_other_alone() {
    let with = |kind, words: &str| {
        let words = words.to_owned();
        move |row: &mut Reported| {
            row.kind = Choice::Known(kind);
            row.kind_words = words;
        }
    };
    check_row(
        with(CommitmentKind::Other, ""),
        &[("kind_words", Rule::Required, Reject)],
    );
    check_row(
        with(CommitmentKind::Other, "  "),
        &[("kind_words", Rule::Required, Reject)],
    );
    check_row(with(CommitmentKind::Other, &"政".repeat(64)), &[]);
    check_row(
        with(CommitmentKind::Other, &"政".repeat(65)),
        &[("kind_words", Rule::Length, Reject)],
    );
    for kind in CommitmentKind::ALL
        .iter()
        .copied()
        .filter(|kind| *kind != CommitmentKind::Other)
    {
        check_row(with(kind, ""), &[]);
        check_row(with(kind, "政务"), &[("kind_words", Rule::MustBeEmpty, Reject)]);
    }
}

#[test]
fn every_violation_of_a_row_is_listed() {
    let change = |row: &mut Reported| {
        row.code = "1".to_owned();
        row.subject_name = String::new();
        person(row);
        row.subject_code = "1".to_owned();
        row.made_on = "2024-13-01".to_owned();
        row.valid_until = "soon".to_owned();
        row.publication = Choice::Known(Publication::Public);
    };
    check_row(
        change,
        &[
            ("code", Rule::CommitmentCodeShape, Reject),
            ("subject_name", Rule::Required, Reject),
            ("subject_code", Rule::ResidentIdShape, Reject),
            ("made_on", Rule::Date, Reject),
            ("valid_until", Rule::Date, Reject),
            ("publication", Rule::PersonPublic, Stop),
        ],
    );
}
