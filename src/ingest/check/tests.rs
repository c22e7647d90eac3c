use super::*;
use crate::domain::catalog::{Authority, Department, DepartmentKind, Division, Standing};
use crate::domain::resident_id::ResidentId;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject::Identity;
use CheckKind::{Ask, Reject, Stop, Warn};

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
fn a_commitment_code_has_shape_place_and_date() {
    for shape in [
        "1508022024110500001",
        "150802202411050000010",
        "15080220241131000001",
        "1508022024110500000X",
    ] {
        check_item(
            |row| &mut row.code,
            shape,
            &[("code", Rule::CommitmentCodeShape, Reject)],
        );
    }
    check_item(|row| &mut row.code, "15080220241105999999", &[]);
    let mismatch = [("made_on", Rule::CodeDateMismatch, Reject)];
    check_item(|row| &mut row.code, "15080220241104000001", &mismatch);
    check_item(|row| &mut row.made_on, "2024-11-06", &mismatch);
    check_item(
        |row| &mut row.code,
        "15080320241105000001",
        &[("code", Rule::ForeignDistrict, Reject)],
    );
    // The district's division is dated.
    let made = |code: &'static str, on: &'static str| {
        move |row: &mut Reported| {
            code.clone_into(&mut row.code);
            on.clone_into(&mut row.made_on);
        }
    };
    check_row(made("15080220040101000001", "2004-01-01"), &[]);
    check_row(
        made("15080220031231000001", "2003-12-31"),
        &[("code", Rule::ForeignDistrict, Reject)],
    );
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
fn a_unified_code_is_judged_by_length_alphabet_and_both_checks() {
    let with = |rule| ("subject_code", rule, Reject);
    let item = |row: &mut Reported, text: &str| text.clone_into(&mut row.subject_code);
    for kind in [SubjectKind::Organisation, SubjectKind::IndividualBusiness] {
        for (text, expected) in [
            (COMPANY, &[][..]),
            ("9144030019231745F", &[with(Rule::SocialCreditCodeShape)]),
            ("91440300192317458f", &[with(Rule::SocialCreditCodeAlphabet)]),
            ("91440300192317458G", &[with(Rule::SocialCreditCodeCheck)]),
            ("9133010057462616X9", &[with(Rule::OrganisationCodeCheck)]),
            (
                "9133010057462616XH",
                &[
                    with(Rule::SocialCreditCodeCheck),
                    with(Rule::OrganisationCodeCheck),
                ],
            ),
            (PERSON, &[with(Rule::KindAgainstCode)]),
            ("110105491231002", &[with(Rule::KindAgainstCode)]),
        ] {
            let change = |row: &mut Reported| {
                row.subject_kind = Choice::Known(kind);
                item(row, text);
            };
            check_row(change, expected);
        }
    }
}

#[test]
fn a_resident_id_is_judged_by_shape_date_and_check() {
    let with = |rule| ("subject_code", rule, Reject);
    let born = |on: &str| {
        ResidentId::compose("150802", day(on), 1)
            .unwrap()
            .expose()
            .to_owned()
    };
    for (text, expected) in [
        (PERSON.to_owned(), &[][..]),
        ("11010519491231002x".to_owned(), &[]),
        ("110105491231002".to_owned(), &[]),
        ("1101051949123100".to_owned(), &[with(Rule::ResidentIdShape)]),
        ("110105491331002".to_owned(), &[with(Rule::ResidentIdDate)]),
        ("110105194912310021".to_owned(), &[with(Rule::ResidentIdCheck)]),
        (
            "440524188002300014".to_owned(),
            &[with(Rule::ResidentIdDate), with(Rule::ResidentIdCheck)],
        ),
        (born("2024-11-20"), &[]),
        (born("2024-11-21"), &[with(Rule::ResidentIdDate)]),
        (COMPANY.to_owned(), &[with(Rule::KindAgainstCode)]),
    ] {
        let change = |row: &mut Reported| {
            person(row);
            row.subject_code = text;
        };
        check_row(change, expected);
    }
}

#[test]
fn a_short_and_a_long_resident_id_are_one_identity() {
    let identity = |text: &str| {
        let mut reported = row();
        person(&mut reported);
        text.clone_into(&mut reported.subject_code);
        check(&reported, &catalog(), day("2024-11-20"))
            .commitment
            .unwrap()
            .subject
    };
    assert_eq!(identity("110105491231002"), identity(PERSON));
    assert_eq!(identity("11010519491231002x"), identity(PERSON));
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
fn the_accepting_body_is_one_of_the_district() {
    let with = |code: SocialCreditCode, name: &'static str| {
        move |row: &mut Reported| {
            row.accepting_body_code = code.to_string();
            name.clone_into(&mut row.accepting_body_name);
        }
    };
    let field = "accepting_body_code";
    check_row(
        with(body_code('2', "00000039"), INSTITUTION_NAME),
        &[(field, Rule::BodyCodePrefix, Ask)],
    );
    check_row(
        with(body_code('1', "00000026"), BODY_NAME),
        &[(field, Rule::ForeignDistrict, Reject)],
    );
    check_row(
        with(COMPANY.parse().unwrap(), BODY_NAME),
        &[
            (field, Rule::BodyCodePrefix, Ask),
            (field, Rule::ForeignDistrict, Reject),
        ],
    );
    check_row(
        with(body_code('1', "00000025"), "市场监管局"),
        &[("accepting_body_name", Rule::BodyName, Warn)],
    );
    check_item(
        |row| &mut row.accepting_body_code,
        "11",
        &[(field, Rule::SocialCreditCodeShape, Reject)],
    );
    check_item(
        |row| &mut row.accepting_body_code,
        "00000000000000000X",
        &[(field, Rule::SocialCreditCodeCheck, Reject)],
    );
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

#[test]
fn a_breach_owes_what_full_performance_must_not_hold() {
    use PerformanceState::{Full, Partial, Unperformed};
    const TWELVE: &str = "performance.unperformed";
    const THIRTEEN: &str = "performance.measures_taken";
    check_part(full(), &[]);
    for state in [Partial, Unperformed] {
        check_part(breach(state), &[]);
        let emptied = ReportedPerformance {
            state: Choice::Known(state),
            ..full()
        };
        check_part(
            emptied,
            &[
                (TWELVE, Rule::Required, Reject),
                (THIRTEEN, Rule::Required, Reject),
            ],
        );
    }
    check_part(
        breach(Full),
        &[
            (TWELVE, Rule::MustBeEmpty, Reject),
            (THIRTEEN, Rule::MustBeEmpty, Reject),
        ],
    );
    let long = |length| ReportedPerformance {
        unperformed: "未".repeat(length),
        ..breach(Partial)
    };
    check_part(long(4000), &[]);
    check_part(long(4001), &[(TWELVE, Rule::Length, Reject)]);
}

#[test]
fn the_items_of_the_finding_are_judged_when_filled() {
    let state = |state| ReportedPerformance { state, ..full() };
    check_part(
        state(Choice::Absent),
        &[("performance.state", Rule::Required, Reject)],
    );
    check_part(
        state(Choice::Unknown("9".to_owned())),
        &[("performance.state", Rule::ValueList, Reject)],
    );
    let empty = String::new;
    let nothing = ReportedPerformance {
        found_on: empty(),
        finding_body_name: empty(),
        finding_body_code: empty(),
        ..full()
    };
    check_part(nothing, &[]);
    let found = |on: &str| ReportedPerformance {
        found_on: on.to_owned(),
        ..full()
    };
    const ON: &str = "performance.found_on";
    check_part(found("2024-11-04"), &[(ON, Rule::FindingBeforePromise, Reject)]);
    check_part(found("2024-11-05"), &[]);
    check_part(found("2024-11-20"), &[]);
    check_part(found("2024-11-21"), &[(ON, Rule::FutureDate, Reject)]);
    check_part(found("2024-11-31"), &[(ON, Rule::Date, Reject)]);
    let body = |code: &str| ReportedPerformance {
        finding_body_code: code.to_owned(),
        ..full()
    };
    const CODE: &str = "performance.finding_body_code";
    check_part(body("1"), &[(CODE, Rule::SocialCreditCodeShape, Reject)]);
    check_part(
        body("9133010057462616X9"),
        &[(CODE, Rule::OrganisationCodeCheck, Reject)],
    );
    check_part(body(COMPANY), &[(CODE, Rule::BodyCodePrefix, Ask)]);
    let named = ReportedPerformance {
        finding_body_name: "别的单位".to_owned(),
        ..full()
    };
    check_part(named, &[("performance.finding_body_name", Rule::BodyName, Warn)]);
}

#[test]
fn a_bad_commitment_refuses_its_performance_and_not_the_other_way_round() {
    let outcome = |content: &str, found_on: &str| {
        let performance = Some(ReportedPerformance {
            found_on: found_on.to_owned(),
            ..full()
        });
        let reported = Reported {
            content: content.to_owned(),
            performance,
            ..row()
        };
        let checked = check(&reported, &catalog(), day("2024-11-20"));
        let part = checked.performance.unwrap();
        (
            checked.commitment.is_some(),
            part.performance.is_some(),
            part.findings.len(),
        )
    };
    assert_eq!(outcome("承诺", "2024-11-10"), (true, true, 0));
    assert_eq!(outcome("承诺", "2024-11-04"), (true, false, 1));
    assert_eq!(outcome("", "2024-11-10"), (false, false, 0));
    assert_eq!(outcome("", "2024-11-04"), (false, false, 1));
}
