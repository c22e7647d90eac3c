use super::*;
use crate::domain::repair::{Path, Shown};
use crate::domain::severity::Procedure;
use crate::domain::subject::SubjectKind;
use crate::policy::Policies;

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn inputs(department: &str, sector: &str, decided_on: &str) -> Inputs {
    Inputs {
        number: "信修告〔2026〕1号".to_owned(),
        issuer: Issuer {
            name: "某某局".to_owned(),
            code: "11150802000000254A".parse().unwrap(),
            department: department.parse().unwrap(),
            phone: String::new(),
        },
        addressee: Addressee {
            name: "某某商贸有限公司".to_owned(),
            kind: SubjectKind::Organisation,
            code: Some("91440300192317458F".parse().unwrap()),
            representative: "甲".to_owned(),
        },
        reference: Reference {
            kind: RecordKind::Penalty,
            number: "罚〔2026〕7号".to_owned(),
            decided_on: day(decided_on),
            penalty_kinds: vec![("02".to_owned(), "罚款".to_owned())],
            procedure: Some(Procedure::General),
            fine: Some(200_000),
            confiscated: None,
            violation: "未按规定公示".to_owned(),
            basis: "某条例".to_owned(),
            document: None,
        },
        sectors: vec![sector.parse().unwrap()],
        severity: None,
        is_specially_serious: false,
    }
}

fn composed(inputs: &Inputs, today: &str) -> Result<NoticeContent, repair::Error> {
    let policies = Policies::built_in();
    compose(
        inputs,
        &policies.repair,
        policies.layouts.severities(),
        day(today),
    )
}

#[test]
fn every_block_is_filled_for_every_version_and_kind_of_decision() {
    for decided_on in [
        "2019-07-01",
        "2023-04-30",
        "2023-05-01",
        "2026-03-31",
        "2026-04-01",
        "2026-11-23",
    ] {
        for (department, sector) in [("JTJ", "ROAD_FRT"), ("SCJG", "FOOD_SALE"), ("SWJ", "TAX")] {
            for kind in [RecordKind::Penalty, RecordKind::Listing] {
                let mut inputs = inputs(department, sector, decided_on);
                inputs.reference.kind = kind;
                let content = composed(&inputs, decided_on).unwrap();
                for block in Block::ALL {
                    let any = content.clauses(*block).next().is_some();
                    assert!(any, "{decided_on} {department} {kind:?}: {block:?}");
                }
                assert_eq!(content.receipt.documents.len(), 2);
                assert_eq!(content.receipt.documents[1].number, inputs.number);
                assert!(!content.contacts.is_empty() && !content.head.title.is_empty());
                assert!(paper::render(&content).is_ok());
            }
        }
    }
}

#[test]
fn the_version_that_governs_gives_the_conditions_the_route_and_the_time_limits() {
    let days = |decided_on: &str, department: &str| {
        let content = composed(&inputs(department, "MKT_GEN", decided_on), decided_on).unwrap();
        let limits = content.limits.iter().map(|limit| limit.working_days);
        limits.collect::<Vec<_>>()
    };
    assert_eq!(days("2023-04-30", "JTJ"), [] as [u16; 0]);
    assert_eq!(days("2026-03-31", "JTJ"), [10, 3]);
    assert_eq!(days("2026-04-01", "JTJ"), [3, 10]);
    assert_eq!(days("2026-04-01", "SCJG"), [3, 10, 2, 15]);
    let content = composed(&inputs("JTJ", "ROAD_FRT", "2026-04-01"), "2026-04-01").unwrap();
    assert_eq!(
        content.limits[0].chinese,
        "认定单位自收到推送的申请之日起3个工作日内决定是否受理。"
    );
    assert_eq!(content.limits[0].mark.trust, Trust::Knowledge);
    assert!(content.has_unchecked());
}

#[test]
fn a_market_regulators_notice_names_both_places_and_a_tax_bureaus_has_its_own_title() {
    let market = composed(&inputs("SCJG", "FOOD_SALE", "2026-04-01"), "2026-04-02").unwrap();
    let paths: Vec<Path> = market.publicity.iter().map(|one| one.path).collect();
    assert_eq!(paths, [Path::General, Path::Market]);
    assert_eq!(market.publicity[0].shown, Shown::Shown);
    assert_eq!(market.clauses(Block::Route).count(), 2);
    let tax = composed(&inputs("SWJ", "TAX", "2026-04-01"), "2026-04-02").unwrap();
    assert_eq!(tax.publicity.len(), 1);
    assert_eq!(tax.head.title, "纳税缴费信用修复告知书");
    assert_eq!(tax.clauses(Block::Route).count(), 2);
    assert_eq!(market.head.title, "行政处罚信息信用修复告知书");
}

#[test]
fn the_bodys_own_telephone_stands_before_the_credit_office() {
    let mut inputs = inputs("JTJ", "ROAD_FRT", "2026-04-01");
    let office = composed(&inputs, "2026-04-01").unwrap();
    assert_eq!(office.contacts.len(), 1);
    inputs.issuer.phone = "0000-0000000".to_owned();
    let both = composed(&inputs, "2026-04-01").unwrap();
    let phones: Vec<&str> = both.contacts.iter().map(|one| one.phone.as_str()).collect();
    assert_eq!(phones, ["0000-0000000", "12345"]);
}

#[test]
fn a_listing_has_a_title_and_conditions_of_its_own() {
    let mut inputs = inputs("JTJ", "ROAD_FRT", "2026-04-01");
    inputs.reference.kind = RecordKind::Listing;
    inputs.reference.penalty_kinds.clear();
    inputs.reference.procedure = None;
    inputs.reference.fine = None;
    let content = composed(&inputs, "2026-04-01").unwrap();
    assert_eq!(content.head.title, "严重失信主体名单信息信用修复告知书");
    assert_eq!(content.receipt.documents[0].name, "列入严重失信主体名单决定书");
    let conditions: Vec<&str> = content
        .clauses(Block::Conditions)
        .map(|one| one.chinese.as_str())
        .collect();
    assert!(
        conditions.len() == 1 && conditions[0].contains("列入名单"),
        "{conditions:?}"
    );
}

#[test]
fn a_decision_older_than_every_version_has_no_notice() {
    let found = composed(&inputs("JTJ", "ROAD_FRT", "2019-06-30"), "2019-07-02");
    assert_eq!(
        found,
        Err(repair::Error::NoVersion {
            decided_on: day("2019-06-30")
        })
    );
}

#[test]
fn the_same_inputs_give_the_same_notice() {
    let inputs = inputs("SCJG", "FOOD_SALE", "2026-04-01");
    let one = composed(&inputs, "2026-04-02").unwrap();
    let other = composed(&inputs, "2026-04-02").unwrap();
    assert_eq!(one, other);
    assert_eq!(paper::render(&one), paper::render(&other));
    assert_ne!(one.hash(), composed(&inputs, "2026-04-03").unwrap().hash());
}
