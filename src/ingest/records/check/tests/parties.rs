//! Kinds of party against codes and documents.

use super::*;
use crate::domain::resident_id::ResidentId;

#[track_caller]
fn identity(row: &Row, kind: IdentityKind, text: &str) {
    let identity = row.check().record.unwrap().party.identity;
    assert_eq!((identity.kind(), identity.expose()), (kind, text));
}

#[test]
fn every_fault_of_a_unified_code_is_named() {
    let check = |text: &str, rules: &[Rule]| {
        let expected: Vec<_> = rules.iter().map(|rule| ("CF_XDR_SHXYM", *rule, Reject)).collect();
        check_item("CF_XDR_SHXYM", text, &expected);
    };
    check("9144030019231745", &[Rule::SocialCreditCodeShape]);
    check("91440300192317458", &[Rule::SocialCreditCodeShape]);
    check("9144030019231745OF", &[Rule::SocialCreditCodeAlphabet]);
    // Invalid, found in public data.
    check(
        "91110108717809965C",
        &[Rule::SocialCreditCodeCheck, Rule::OrganisationCodeCheck],
    );
    check(
        "9133010057462616XH",
        &[Rule::SocialCreditCodeCheck, Rule::OrganisationCodeCheck],
    );
    check("91110108717809965J", &[Rule::OrganisationCodeCheck]);
    check("9144030019231745*F", &[Rule::SocialCreditCodeAlphabet]);
    for vector in ["9152000071430580XT", "91230500MA1B3N1N2M", "911000001000013428"] {
        check(vector, &[]);
    }
}

#[test]
fn a_kind_and_the_codes_of_another_contradict_each_other() {
    let rejected = |code: &'static str| [(code, Rule::KindAgainstCode, Reject)];
    check(
        &person(penalty()).with(&[("CF_XDR_SHXYM", COMPANY)]),
        &rejected("CF_XDR_SHXYM"),
    );
    check_item("CF_XDR_SHXYM", PERSON, &rejected("CF_XDR_SHXYM"));
    let documented = penalty().with(&[("CF_XDR_SHXYM", ""), ("CF_XDR_ZJHM", PERSON)]);
    check(
        &documented,
        &[
            ("CF_XDR_SHXYM", Rule::KindAgainstCode, Reject),
            ("CF_XDR_ZJHM", Rule::DocumentMisplaced, Warn),
        ],
    );
    let of_import = person(penalty()).check_on(Some(SubjectKind::Organisation), "2024-11-20");
    check_findings(
        &person(penalty()),
        &of_import,
        &[("CF_XDR_LB", Rule::PartyKindDiffers, Warn)],
    );
    check_item("CF_XDR_LB", "公司", &[("CF_XDR_LB", Rule::ValueList, Reject)]);
}

#[test]
fn kinds_are_known_by_word_code_and_alias() {
    for (word, kind) in [
        ("法人及非法人组织", SubjectKind::Organisation),
        ("法人", SubjectKind::Organisation),
        ("02", SubjectKind::Organisation),
        ("个体工商户", SubjectKind::IndividualBusiness),
        ("4", SubjectKind::IndividualBusiness),
    ] {
        assert_eq!(
            penalty().with(&[("CF_XDR_LB", word)]).record().party.kind,
            kind,
            "{word}"
        );
    }
    for word in ["自然人", "2", "01"] {
        assert_eq!(
            person(penalty()).with(&[("CF_XDR_LB", word)]).record().party.kind,
            SubjectKind::Person
        );
    }
}

#[test]
fn a_row_with_an_older_code_alone_is_taken_by_it() {
    let older = |code: &'static str, text: &str| penalty().with(&[("CF_XDR_SHXYM", ""), (code, text)]);
    let alone = ("CF_XDR_SHXYM", Rule::OlderCodeAlone, Warn);
    let row = older("CF_XDR_GSZC", "440301103097413");
    check(&row, &[alone]);
    identity(&row, IdentityKind::RegistrationNumber, "440301103097413");
    // Many real numbers do not verify: warned of, not refused.
    let row = older("CF_XDR_GSZC", "440301103097414");
    check(&row, &[alone, ("CF_XDR_GSZC", Rule::OlderCodeUnverified, Warn)]);
    identity(&row, IdentityKind::RegistrationNumber, "440301103097414");
    let row = older("CF_XDR_ZZJG", "19220382－1");
    check(&row, &[alone]);
    identity(&row, IdentityKind::OrganisationCode, "192203821");
    let row = older("CF_XDR_SWDJ", "440300192203821");
    check(&row, &[alone]);
    identity(&row, IdentityKind::TaxNumber, "440300192203821");
    identity(
        &older("CF_XDR_SYDW", "115080200012"),
        IdentityKind::InstitutionCertificate,
        "115080200012",
    );
    let row = older("CF_XDR_SHZZ", "社证字第12号");
    identity(&row, IdentityKind::SocialOrganisationCertificate, "社证字第12号");
    // The registration number comes before the tax number.
    let both = older("CF_XDR_GSZC", "440301103097413").with(&[("CF_XDR_SWDJ", "440300192203821")]);
    identity(&both, IdentityKind::RegistrationNumber, "440301103097413");
    // Beside a unified code older ones are items like others.
    check_item("CF_XDR_GSZC", "440301103097413", &[]);
    check_item(
        "CF_XDR_GSZC",
        "440301103097414",
        &[("CF_XDR_GSZC", Rule::OlderCodeUnverified, Warn)],
    );
    check_item("CF_XDR_GSZC", "无", &[]);
    check_item(
        "CF_XDR_GSZC",
        "见附件",
        &[("CF_XDR_GSZC", Rule::DocumentShape, Reject)],
    );
    check(
        &penalty().with(&[("CF_XDR_SHXYM", "")]),
        &[("CF_XDR_SHXYM", Rule::Required, Reject)],
    );
}

#[test]
fn a_code_in_the_item_of_another_is_taken_and_asked_about() {
    let asked = ("CF_XDR_SHXYM", Rule::CodeMisplaced, Ask);
    for (text, kind, verifies) in [
        ("440301103097413", IdentityKind::RegistrationNumber, true),
        ("440301103097414", IdentityKind::RegistrationNumber, false),
        ("1508021234567", IdentityKind::RegistrationNumber, true),
        ("192203821", IdentityKind::OrganisationCode, true),
    ] {
        let row = penalty().with(&[("CF_XDR_SHXYM", text)]);
        let unverified = ("CF_XDR_SHXYM", Rule::OlderCodeUnverified, Warn);
        let expected = [asked, unverified];
        check(&row, if verifies { &expected[..1] } else { &expected });
        identity(&row, kind, text);
    }
    // Fifteen digits that do not verify and hold a birth date are an old resident ID.
    check_item(
        "CF_XDR_SHXYM",
        "110105491231003",
        &[("CF_XDR_SHXYM", Rule::KindAgainstCode, Reject)],
    );
    // Since 2015 the unified code serves as tax number.
    let row = penalty().with(&[("CF_XDR_SHXYM", ""), ("CF_XDR_SWDJ", COMPANY)]);
    check(&row, &[("CF_XDR_SWDJ", Rule::CodeMisplaced, Ask)]);
    identity(&row, IdentityKind::SocialCreditCode, COMPANY);
    check_item("CF_XDR_SWDJ", COMPANY, &[]);
}

#[test]
fn a_person_is_known_by_a_document() {
    identity(&person(penalty()), IdentityKind::ResidentId, PERSON);
    check(&person(penalty()), &[]);
    // 15 digits are the same person.
    identity(
        &person(penalty()).with(&[("CF_XDR_ZJHM", "110105491231002")]),
        IdentityKind::ResidentId,
        PERSON,
    );
    for (word, kind) in [
        ("护照", IdentityKind::Passport),
        ("414", IdentityKind::Passport),
        ("港澳居民来往内地通行证", IdentityKind::HongKongMacaoPermit),
        ("台湾居民来往大陆通行证", IdentityKind::TaiwanPermit),
        ("外国人永久居留身份证", IdentityKind::ForeignResidentCard),
        ("其他-士兵证", IdentityKind::OtherDocument),
    ] {
        let row = person(penalty()).with(&[("CF_XDR_ZJLX", word), ("CF_XDR_ZJHM", "g12345678")]);
        check(&row, &[]);
        identity(&row, kind, "G12345678");
    }
    let with = |text: &str| person(penalty()).with(&[("CF_XDR_ZJHM", text)]);
    let rejected = |rule| [("CF_XDR_ZJHM", rule, Reject)];
    check(&with("110105194912310021"), &rejected(Rule::ResidentIdCheck));
    check(&with("1101051949123100"), &rejected(Rule::ResidentIdShape));
    check(&with("1101**********002X"), &rejected(Rule::ResidentIdShape));
    check(&with("110105490229002"), &rejected(Rule::ResidentIdDate));
    check(&with(""), &rejected(Rule::Required));
    // An ID equal to the name is none.
    check(&with("李四"), &rejected(Rule::Required));
    let passport = [("CF_XDR_ZJLX", "护照"), ("CF_XDR_ZJHM", "护照原件")];
    check(&person(penalty()).with(&passport), &rejected(Rule::DocumentShape));
    let kindless = person(penalty()).without("CF_XDR_ZJLX");
    check(&kindless, &[("CF_XDR_ZJLX", Rule::Required, Reject)]);
    let other = person(penalty()).with(&[("CF_XDR_ZJLX", "其他"), ("CF_XDR_ZJHM", "A1")]);
    check(&other, &[("CF_XDR_ZJLX", Rule::ChoiceWords, Warn)]);
}

#[test]
fn a_birth_after_the_receipt_is_refused() {
    let born = |on: &str| {
        let id = ResidentId::compose("150802", day(on), 1).unwrap();
        person(penalty()).with(&[("CF_XDR_ZJHM", id.expose())])
    };
    check(&born("2024-11-20"), &[]);
    check(
        &born("2024-11-21"),
        &[("CF_XDR_ZJHM", Rule::ResidentIdDate, Reject)],
    );
}

#[test]
fn the_two_documents_are_not_taken_for_each_other() {
    // An organisation's representative in the person's item.
    check_item(
        "CF_XDR_ZJHM",
        PERSON,
        &[("CF_XDR_ZJHM", Rule::DocumentMisplaced, Warn)],
    );
    // A person in the representative's item.
    let row = person(penalty()).with(&[("CF_XDR_ZJHM", ""), ("CF_FR_ZJHM", PERSON)]);
    check(&row, &[("CF_XDR_ZJHM", Rule::DocumentMisplaced, Reject)]);
    // The representative's own document; what is wrong with it does not refuse the row.
    for header in ["CF_FR_ZJHM", "CF_FR_SFZH", "法定代表人身份证号"] {
        check_item(header, PERSON, &[]);
        check_item(
            header,
            "110105194912310021",
            &[("CF_FR_ZJHM", Rule::ResidentIdCheck, Warn)],
        );
    }
    let passport = penalty().with(&[("CF_FR_ZJLX", "护照"), ("CF_FR_ZJHM", "G12345678")]);
    check(&passport, &[]);
    let values = passport.record().items;
    let document = values.iter().find(|item| item.code == "CF_FR_ZJHM").unwrap();
    assert_eq!(document.value, Value::Document("G12345678".to_owned()));
    check_item("CF_FR_ZJHM", COMPANY, &[]);
}

#[test]
fn a_person_is_never_public() {
    for (scope, expected) in [
        ("可向社会公开", &[("CF_SYFW", Rule::PersonPublic, Stop)][..]),
        ("1", &[("CF_SYFW", Rule::PersonPublic, Stop)]),
        ("社会公开", &[("CF_SYFW", Rule::PersonPublic, Stop)]),
        ("政务共享", &[]),
        ("3", &[]),
        ("", &[]),
    ] {
        check(&person(penalty()).with(&[("CF_SYFW", scope)]), expected);
        check(&penalty().with(&[("CF_SYFW", scope)]), &[]);
    }
}
