use std::collections::BTreeSet;

use super::*;
use crate::domain::social_credit_code::SocialCreditCode;

fn built_in() -> Catalog {
    parse(&KIND.built_in()).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

/// The built-in source with one replacement in one file, which must take place.
fn changed(name: &str, from: &str, to: &str) -> DataFiles {
    let mut source = KIND.built_in();
    let (_, content) = source.files.iter_mut().find(|(other, _)| other == name).unwrap();
    let text = String::from_utf8(content.clone()).unwrap();
    assert!(text.contains(from), "{name} lacks {from}");
    *content = text.replacen(from, to, 1).into_bytes();
    source
}

#[track_caller]
fn check(source: &DataFiles, expected: &[&str]) {
    let mistakes: Vec<String> = parse(source)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(mistakes, expected);
}

#[test]
fn the_district_has_41_departments_54_bodies_and_43_sectors() {
    let catalog = built_in();
    assert_eq!(catalog.departments().len(), 41);
    assert_eq!(catalog.bodies().len(), 54);
    assert_eq!(catalog.sectors().len(), 43);
    assert!(catalog.is_division("150802", "2024-01-01".parse().unwrap()));
    let bodies = |prefix: &str| {
        catalog
            .bodies()
            .iter()
            .filter(|body| body.code.as_str().starts_with(prefix))
            .count()
    };
    assert_eq!((bodies("TOWN_"), bodies("SUBDISTRICT_")), (9, 11));
}

#[test]
fn everything_built_in_is_marked_a_construction() {
    let catalog = built_in();
    let standings = (catalog.divisions().iter().map(|one| one.standing))
        .chain(catalog.departments().iter().map(|one| one.standing))
        .chain(catalog.bodies().iter().map(|one| one.standing))
        .chain(catalog.sectors().iter().map(|one| one.standing));
    assert!(
        standings
            .into_iter()
            .all(|standing| standing == Standing::Construction)
    );
}

#[test]
fn every_department_and_body_is_found_by_its_own_valid_code() {
    let catalog = built_in();
    let departments = catalog
        .departments()
        .iter()
        .map(|one| (one.social_credit_code, one.code));
    let bodies = catalog
        .bodies()
        .iter()
        .map(|one| (one.social_credit_code, one.department));
    let mut distinct = BTreeSet::new();
    for (code, department) in departments.chain(bodies) {
        assert_eq!(SocialCreditCode::faults(code.as_str()), []);
        assert!(code.is_organ() && code.division() == "150802", "{code}");
        assert_eq!(catalog.accepting_body(&code).unwrap().department, department);
        distinct.insert(code);
    }
    // 28 departments enforce by themselves, under their own code.
    assert_eq!(distinct.len(), 41 + 54 - 28);
    for body in catalog.bodies() {
        assert_eq!(catalog.body(&body.social_credit_code), Some(body));
    }
    assert_eq!(
        catalog.accepting_body(&"11152105011615166F".parse().unwrap()),
        None
    );
}

#[test]
fn every_department_occurs_in_a_sector_and_leads_stand_under_authority() {
    let catalog = built_in();
    let mut seen = BTreeSet::new();
    for sector in catalog.sectors() {
        for code in sector.helpers.iter().chain([&sector.lead]) {
            assert!(catalog.department(*code).is_some(), "{code}");
            seen.insert(*code);
        }
        assert!(
            catalog
                .department(sector.lead)
                .unwrap()
                .has(Authority::SectorLead)
        );
        assert_eq!(catalog.sector(sector.code), Some(sector));
    }
    assert_eq!(seen.len(), 41);
}

#[test]
fn the_departments_that_take_no_commitments_are_known() {
    let catalog = built_in();
    let takes_none: Vec<_> = (catalog.departments().iter())
        .filter(|one| !one.has(Authority::Commitment))
        .map(|one| one.code.as_str())
        .collect();
    assert_eq!(takes_none, ["MZW", "TYJR", "SJJ", "XFJ", "JRJG", "FY", "WXB"]);
    assert_eq!(catalog.departments_with(Authority::Commitment).count(), 34);
}

#[test]
fn every_mistake_of_a_file_is_listed_with_its_line() {
    let text = r#"standing = "rumour"
trust = "K"
colour = "red"

[[division]]
code = "15080"
from = 2024-02-30x

[[division]]
from = "2004-01-01"

[[division]]
code = "150802"
from = 2004-01-01
until = 2003-12-31
"#;
    let mut source = KIND.built_in();
    source.files.retain(|(name, _)| name != "sectors.toml");
    source
        .files
        .iter_mut()
        .find(|(name, _)| name == "district.toml")
        .unwrap()
        .1 = text.into();
    source.files.push(("colours.toml".to_owned(), vec![]));
    let mistakes = parse(&source).unwrap_err();
    let places: Vec<_> = mistakes.iter().map(|one| (one.file.as_str(), one.line)).collect();
    assert_eq!(
        places,
        [
            ("colours.toml", None),
            ("district.toml", Some(7)),
            ("district.toml", Some(3)),
            ("district.toml", Some(1)),
            ("district.toml", Some(6)),
            ("district.toml", Some(7)),
            ("district.toml", Some(9)),
            ("district.toml", Some(10)),
            ("district.toml", Some(15)),
            ("sectors.toml", None),
        ],
        "{mistakes:#?}"
    );
}

#[test]
fn files_that_disagree_are_refused() {
    const BODY: &str = "bodies.toml";
    check(
        &changed(BODY, "department = \"SCJG\"", "department = \"SCJX\""),
        &[
            "bodies.toml:140: there is no department SCJX",
            "bodies.toml:140: 11150802000000254A is department SCJG's own code",
        ],
    );
    check(
        &changed(
            "sectors.toml",
            "lead = \"SCJG\"\nhelpers = []",
            "lead = \"WXB\"\nhelpers = [\"WXB\"]",
        ),
        &[
            "sectors.toml:9: WXB leads and helps",
            "sectors.toml:9: WXB leads, but has no authority E",
        ],
    );
    check(
        &changed("departments.toml", "code = \"JYJ\"", "code = \"FGW\""),
        &[
            "departments.toml:23: FGW stands in line 15 already",
            "bodies.toml:23: there is no department JYJ",
            "bodies.toml:23: 111508020000000275 is department FGW's own code",
            "sectors.toml:257: there is no department JYJ",
        ],
    );
}

#[test]
fn a_history_that_cannot_be_is_refused() {
    const LAST: &str = "from = 2004-01-01\n";
    let bodies = |with: &str| changed("bodies.toml", LAST, &format!("{LAST}{with}"));
    check(
        &bodies("successor = \"JYJ\"\n"),
        &["bodies.toml:15: FGW has a successor, but no last day; add `until`"],
    );
    check(
        &bodies("until = 2024-12-31\nsuccessor = \"NONE\"\n"),
        &["bodies.toml:15: there is no successor NONE"],
    );
    check(
        &bodies("until = 2003-12-31\n"),
        &["bodies.toml:22: `until` lies before `from`"],
    );
    // Its successor begins on 2004-01-01, later than the day after.
    let mut early = bodies("until = 2002-12-31\nsuccessor = \"JYJ\"\n");
    let text = String::from_utf8(early.files[0].1.clone()).unwrap();
    early.files[0].1 = text.replacen(LAST, "from = 2000-01-01\n", 1).into_bytes();
    check(
        &early,
        &["bodies.toml:15: JYJ begins later than the day after 2002-12-31"],
    );
    // A department's own body bears the department's former titles.
    check(
        &bodies("[[body.former]]\ntitle_zh = \"甲\"\ntitle_en = \"a\"\nuntil = 2010-12-31\n"),
        &["bodies.toml:15: FGW has other former titles in departments.toml"],
    );
    let former = "until = 2019-03-31\n";
    check(
        &changed("bodies.toml", former, "until = 2003-12-31\n"),
        &[
            "bodies.toml:87: ZRJ has other former titles in departments.toml",
            "bodies.toml:87: the former title 国土资源局 ended outside the entry's own days",
        ],
    );
    check(
        &changed(
            "bodies.toml",
            former,
            "until = 2019-03-31\ndepartment = \"NONE\"\n",
        ),
        &["bodies.toml:87: there is no department NONE"],
    );
    check(
        &changed(
            "departments.toml",
            former,
            "until = 2019-03-31\ndepartment = \"FGW\"\n",
        ),
        &["departments.toml:95: a department stands under no other; leave `department` out"],
    );
}

#[test]
fn merged_bodies_lead_to_the_one_that_came_after() {
    let merged = changed(
        "bodies.toml",
        "from = 2004-01-01\n",
        "from = 2004-01-01\nuntil = 2024-12-31\nsuccessor = \"JYJ\"\n",
    );
    let catalog = parse(&merged).unwrap();
    let (day, code) = (|text: &str| text.parse().unwrap(), "FGW".parse().unwrap());
    let after = |on| {
        catalog
            .body_succeeding(code, day(on))
            .map(|body| body.code.as_str())
    };
    assert_eq!(after("2024-12-31"), Some("FGW"));
    assert_eq!(after("2025-01-01"), Some("JYJ"));
    let market = catalog.department("SCJG".parse().unwrap()).unwrap();
    assert_eq!(market.titles_on(day("2019-03-31")).0, "工商行政管理局");
    assert_eq!(market.titles_on(day("2019-04-01")).0, "市场监督管理局");
}

#[test]
fn a_wrong_check_digit_or_an_empty_file_is_refused() {
    check(
        &changed("departments.toml", "11150802000000019A", "11150802000000019B"),
        &[
            "departments.toml:21: `social_credit_code` `11150802000000019B`: the check character of the unified social credit code is wrong",
        ],
    );
    let mut source = KIND.built_in();
    source.files[2].1.clear();
    let mistakes = parse(&source).unwrap_err();
    assert!(
        mistakes
            .iter()
            .all(|one| one.file == "district.toml" && one.line.is_none_or(|line| line == 1))
    );
    source.files[2].1 = vec![0xff];
    assert!(
        parse(&source)
            .unwrap_err()
            .iter()
            .any(|one| one.text.contains("UTF-8"))
    );
}

#[test]
fn a_folder_replaces_all_files_or_none() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in KIND.built_in().files {
        assert!(
            KIND.read(folder.path())
                .unwrap_err()
                .iter()
                .any(|mistake| mistake.file == name)
        );
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    let source = KIND.read(folder.path()).unwrap();
    assert_eq!(source, KIND.built_in());
    assert_eq!(source.sha256(), KIND.built_in().sha256());
    let other = changed("sectors.toml", "food sales", "food sale");
    assert_ne!(other.sha256(), KIND.built_in().sha256());
}
