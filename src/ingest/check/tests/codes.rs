//! The items that hold codes, on both sides of every edge.

use super::*;

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
fn a_unified_code_is_judged_by_length_alphabet_and_both_checks() {
    let with = |rule| ("subject_code", rule, Reject);
    let item = |row: &mut Reported, text: &str| text.clone_into(&mut row.subject_code);
    for kind in [SubjectKind::Organisation, SubjectKind::IndividualBusiness] {
        for (text, expected) in [
            (COMPANY, &[][..]),
            ("9144030019231745F", &[with(Rule::SocialCreditCodeShape)]),
            ("000000000000000000", &[with(Rule::SocialCreditCodeShape)]),
            ("00000000000000000X", &[with(Rule::SocialCreditCodeShape)]),
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
        &[(field, Rule::SocialCreditCodeShape, Reject)],
    );
}
