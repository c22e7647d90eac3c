//! Rows on both sides of every edge: a good row of each layout, and the changes that spoil it.

use proptest::prelude::*;

use super::*;
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::record::{Chosen, Severity, Source, Value};
use crate::policy::Policies;
use CheckKind::{Ask, Reject, Stop, Warn};

mod dates;
mod kinds;
mod parties;
mod penalties;

const COMPANY: &str = "91440300192317458F";
const PERSON: &str = "11010519491231002X";
/// Market regulation: licenses and penalises.
const REGULATOR: &str = "11150802000000254A";
const REGULATOR_NAME: &str = "市场监督管理局";
/// Science and technology: neither licenses nor penalises.
const SCIENCE: &str = "111508020000000350";
const SCIENCE_NAME: &str = "科学技术局";
/// An organ of another district.
const FOREIGN: &str = "11152105011615166F";

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn policies() -> &'static Policies {
    static POLICIES: std::sync::OnceLock<Policies> = std::sync::OnceLock::new();
    POLICIES.get_or_init(Policies::built_in)
}

/// A row of a layout, as texts by code.
#[derive(Clone)]
struct Row {
    layout: &'static str,
    items: Vec<(&'static str, String)>,
}

impl Row {
    fn of(layout: &'static str, items: &[(&'static str, &str)]) -> Self {
        let items = items
            .iter()
            .map(|(code, text)| (*code, (*text).to_owned()))
            .collect();
        Self { layout, items }
    }

    fn with(mut self, changes: &[(&'static str, &str)]) -> Self {
        for (code, text) in changes {
            self.items.retain(|(other, _)| other != code);
            self.items.push((code, (*text).to_owned()));
        }
        self
    }

    fn without(mut self, code: &str) -> Self {
        self.items.retain(|(other, _)| *other != code);
        self
    }

    fn reported(&self) -> ReportedRecord {
        let items = self.items.iter();
        ReportedRecord {
            layout: self.layout.to_owned(),
            items: items
                .map(|(code, text)| ((*code).to_owned(), text.clone()))
                .collect(),
            source: Source::default(),
        }
    }

    fn check_on(&self, kind: Option<SubjectKind>, received_on: &str) -> CheckedRecord {
        let policies = policies();
        super::check(
            &self.reported(),
            kind,
            &policies.layouts,
            &policies.catalog,
            day(received_on),
        )
    }

    fn check(&self) -> CheckedRecord {
        self.check_on(None, "2024-11-20")
    }

    fn record(&self) -> Record {
        let checked = self.check();
        checked.record.unwrap_or_else(|| panic!("{:?}", checked.findings))
    }
}

/// A fine of 2,000 yuan on an organisation, received on 2024-11-20 without findings.
fn penalty() -> Row {
    Row::of(
        "PENALTY_V2",
        &[
            ("CF_XDR_MC", "某某商贸有限公司"),
            ("CF_XDR_LB", "法人及非法人组织"),
            ("CF_XDR_SHXYM", COMPANY),
            ("CF_FRDB", "张三"),
            ("CF_WSH", "临市监罚〔2024〕12号"),
            ("CF_WFXW", "销售过期食品"),
            ("CF_SY", "销售超过保质期的食品。"),
            ("CF_YJ", "《中华人民共和国食品安全法》第一百二十四条"),
            ("CF_CFLB", "罚款"),
            ("CF_NR", "罚款2000元"),
            ("CF_NR_FK", "0.2"),
            ("CF_JDRQ", "2024/11/05"),
            ("CF_YXQ", "2099/12/31"),
            ("CF_CFJG", REGULATOR_NAME),
            ("CF_CFJGDM", REGULATOR),
            ("CF_SJLY", REGULATOR_NAME),
            ("CF_SJLYDM", REGULATOR),
        ],
    )
}

fn person(row: Row) -> Row {
    row.without("CF_XDR_SHXYM").without("CF_FRDB").with(&[
        ("CF_XDR_MC", "李四"),
        ("CF_XDR_LB", "自然人"),
        ("CF_XDR_ZJLX", "身份证"),
        ("CF_XDR_ZJHM", PERSON),
    ])
}

fn licence() -> Row {
    Row::of(
        "LICENCE_V2",
        &[
            ("XK_XDR_MC", "某某商贸有限公司"),
            ("XK_XDR_LB", "1"),
            ("XK_XDR_SHXYM", COMPANY),
            ("XK_FRDB", "张三"),
            ("XK_XKWS", "食品经营许可决定书"),
            ("XK_WSH", "临市监许〔2024〕7号"),
            ("XK_XKLB", "普通"),
            ("XK_XKBH", "JY11508020000001"),
            ("XK_NR", "食品销售"),
            ("XK_JDRQ", "2024-11-05"),
            ("XK_YXQZ", "2024-11-05"),
            ("XK_YXQZI", "2029-11-04"),
            ("XK_XKJG", REGULATOR_NAME),
            ("XK_XKJGDM", REGULATOR),
            ("XK_ZT", "1"),
            ("XK_LYDW", REGULATOR_NAME),
            ("XK_LYDWDM", REGULATOR),
        ],
    )
}

type Expected<'a> = &'a [(&'a str, Rule, CheckKind)];

#[track_caller]
fn check_findings(row: &Row, checked: &CheckedRecord, expected: Expected<'_>) {
    let found: Vec<_> = checked
        .findings
        .iter()
        .map(|one| (one.field.as_ref(), one.rule, one.kind))
        .collect();
    assert_eq!(found, expected, "{:#?}", checked.findings);
    let is_refused = expected.iter().any(|(_, _, kind)| kind.refuses());
    assert_eq!(checked.record.is_none(), is_refused);
    for finding in &checked.findings {
        assert!(finding.english.ends_with('.'), "{}", finding.english);
        assert!(finding.chinese.ends_with('。'), "{}", finding.chinese);
        for (code, text) in &row.items {
            if code.ends_with("RQ") {
                continue;
            }
            let is_identifying = text.chars().count() > 8 && text.bytes().any(|byte| byte.is_ascii_digit());
            let repeats = finding.english.contains(text) || finding.chinese.contains(text);
            assert!(!is_identifying || !repeats, "{} repeats {text}", finding.english);
        }
    }
}

#[track_caller]
fn check(row: &Row, expected: Expected<'_>) {
    check_findings(row, &row.check(), expected);
}

/// Changes one item of the penalty.
#[track_caller]
fn check_item(code: &'static str, text: &str, expected: Expected<'_>) {
    check(&penalty().with(&[(code, text)]), expected);
}

#[test]
fn a_right_row_becomes_a_record_with_its_values() {
    let checked = penalty().check();
    assert_eq!(checked.findings, []);
    assert_eq!(checked.department, Some("SCJG".parse().unwrap()));
    assert_eq!(checked.ended, None);
    let record = checked.record.unwrap();
    assert_eq!(
        (record.kind, record.layout.as_str()),
        (RecordKind::Penalty, "PENALTY_V2")
    );
    assert_eq!(record.party.kind, SubjectKind::Organisation);
    assert_eq!(record.party.identity, Identity::Code(COMPANY.parse().unwrap()));
    assert_eq!(record.body, REGULATOR.parse().unwrap());
    assert_eq!(record.number, "临市监罚〔2024〕12号");
    assert_eq!(record.decided_on, day("2024-11-05"));
    assert_eq!(record.until, Validity::OpenEnded);
    assert_eq!(record.severity, None);
    assert_eq!(record.matter.as_deref(), Some("销售过期食品"));
    assert_eq!(record.target, None);
    let value = |code: &str| &record.items.iter().find(|item| item.code == code).unwrap().value;
    assert_eq!(*value("CF_NR_FK"), Value::Fen(200_000));
    assert_eq!(*value("CF_XDR_SHXYM"), Value::Code(COMPANY.parse().unwrap()));
    let chosen = |code: &str| {
        Value::Choices(vec![Chosen {
            code: code.to_owned(),
            words: String::new(),
        }])
    };
    assert_eq!(*value("CF_CFLB"), chosen("02"));
    assert_eq!(*value("CF_XDR_LB"), chosen("1"));
    let layout = policies().layouts.layout("PENALTY_V2").unwrap();
    let places: Vec<_> = record
        .items
        .iter()
        .map(|item| layout.place(&item.code).unwrap())
        .collect();
    assert!(places.is_sorted());
    assert_eq!(places.len(), penalty().items.len());
}

#[test]
fn one_record_comes_of_every_way_to_type_it() {
    let record = penalty().record();
    let typed = penalty().with(&[
        ("CF_XDR_SHXYM", "统一社会信用代码：９１440300192317458f（1/1）"),
        ("CF_WSH", "临市监罚[２０２４] 12号"),
        ("CF_NR", " 罚款２０００元 "),
        ("CF_NR_FK", "０.２００"),
        ("CF_JDRQ", "20241105"),
        ("CF_YXQ", "9999-12-31"),
        ("CF_CFLB", "02"),
        ("CF_XDR_LB", "1"),
        ("CF_FR_ZJHM", "undefined"),
        ("CF_XDR_ZJHM", COMPANY),
        ("BZ", ""),
        ("数据导出时间", "2024-11-20 10:00:00"),
    ]);
    assert_eq!(typed.record(), record);
    // By Chinese header, in another order, without the kind of party but for the import as a whole.
    let layout = policies().layouts.layout("PENALTY_V2").unwrap();
    let reported = penalty().without("CF_XDR_LB").reported();
    let items = reported.items.iter().rev().map(|(code, text)| {
        let header = layout.item(code).unwrap().chinese.clone();
        (header, text.clone())
    });
    let renamed = ReportedRecord {
        items: items.collect(),
        ..reported
    };
    let policies = policies();
    let kind = Some(SubjectKind::Organisation);
    let checked = super::check(
        &renamed,
        kind,
        &policies.layouts,
        &policies.catalog,
        day("2024-11-20"),
    );
    assert_eq!(checked.findings, []);
    assert_eq!(checked.record, Some(record));
}

#[test]
fn a_layout_that_takes_no_records_is_refused() {
    for layout in ["", "PENALTY_V3", "COMMITMENT", "REGISTER", "penalty_v2"] {
        let row = Row {
            layout,
            items: vec![],
        };
        check(&row, &[("layout", Rule::LayoutUnknown, Reject)]);
        assert_eq!(row.check().department, None);
    }
}

#[test]
fn items_are_known_and_given_once() {
    check(
        &penalty().with(&[("CF_XYZ", "x")]),
        &[("items", Rule::ItemUnknown, Reject)],
    );
    let mut twice = penalty();
    twice.items.push(("罚款金额（万元）", "0.2".to_owned()));
    check(&twice, &[("CF_NR_FK", Rule::ItemTwice, Reject)]);
    let mut empty_too = penalty();
    empty_too.items.push(("cf_wsh", String::new()));
    check(&empty_too, &[("CF_WSH", Rule::ItemTwice, Reject)]);
}

#[test]
fn every_required_item_is_asked_for() {
    for (row, optional) in [
        (penalty(), &["CF_NR_FK"][..]),
        (licence(), &["XK_WSH", "XK_XKBH"]),
    ] {
        for (code, _) in &row.items {
            if optional.contains(code) {
                continue;
            }
            for blank in ["", " ", "\u{3000}", "\n", "undefined"] {
                check(
                    &row.clone().with(&[(code, blank)]),
                    &[(code, Rule::Required, Reject)],
                );
            }
            check(&row.clone().without(code), &[(code, Rule::Required, Reject)]);
        }
    }
    check(
        &penalty().without("CF_NR_FK"),
        &[("CF_NR_FK", Rule::AmountMissing, Warn)],
    );
    // Individual businesses name their operator.
    let business = penalty().with(&[("CF_XDR_LB", "个体工商户"), ("CF_FRDB", "")]);
    check(&business, &[("CF_FRDB", Rule::Required, Reject)]);
    check(&person(penalty()).with(&[("CF_FRDB", "")]), &[]);
}

#[test]
fn lengths_are_characters_not_bytes() {
    for (code, max) in [
        ("CF_XDR_MC", 200),
        ("CF_WFXW", 2_000),
        ("CF_SY", 5_000),
        ("CF_WSH", 128),
        ("BZ", 4_000),
    ] {
        for character in ["a", "诺", "𠀀"] {
            check_item(code, &character.repeat(max), &[]);
            check_item(code, &character.repeat(max + 1), &[(code, Rule::Length, Reject)]);
        }
    }
}

#[test]
fn control_characters_stay_out_but_for_line_feed_and_tab_in_prose() {
    check_item("CF_SY", "一\r\n二\t三", &[]);
    for control in ["\0", "\u{7}", "\u{1b}", "\u{7f}"] {
        check_item(
            "CF_SY",
            &format!("违{control}法"),
            &[("CF_SY", Rule::Characters, Reject)],
        );
    }
    check_item("CF_XDR_MC", "某\n某", &[("CF_XDR_MC", Rule::Characters, Reject)]);
}

#[test]
fn the_body_is_known_by_code_or_by_its_exact_name() {
    check_item(
        "CF_CFJGDM",
        FOREIGN,
        &[("CF_CFJGDM", Rule::ForeignDistrict, Reject)],
    );
    check_item(
        "CF_CFJGDM",
        "00000000000000000X",
        &[("CF_CFJGDM", Rule::SocialCreditCodeShape, Reject)],
    );
    check_item(
        "CF_CFJGDM",
        "1115080200000025",
        &[("CF_CFJGDM", Rule::SocialCreditCodeShape, Reject)],
    );
    check_item("CF_CFJG", "市场监管局", &[("CF_CFJG", Rule::BodyName, Warn)]);
    check_item("CF_CFJG", "市场 监督管理局", &[]);
    check_item(
        "CF_SJLYDM",
        "111508020000002541",
        &[("CF_SJLYDM", Rule::SocialCreditCodeCheck, Reject)],
    );
    assert_eq!(penalty().with(&[("CF_CFJGDM", FOREIGN)]).check().department, None);
}

#[test]
fn organ_and_source_that_seem_swapped_are_asked_about() {
    let science = [("CF_CFJG", SCIENCE_NAME), ("CF_CFJGDM", SCIENCE)];
    // The organ penalises nobody, but the source of the data does.
    check(
        &penalty().with(&science),
        &[("CF_CFJGDM", Rule::BodiesSwapped, Ask)],
    );
    let both = [("CF_SJLY", SCIENCE_NAME), ("CF_SJLYDM", SCIENCE)];
    check(
        &penalty().with(&science).with(&both),
        &[("CF_CFJGDM", Rule::BodyAuthority, Ask)],
    );
    // Only the names are crosswise.
    let names = [
        ("CF_CFJG", SCIENCE_NAME),
        ("CF_SJLY", REGULATOR_NAME),
        ("CF_SJLYDM", SCIENCE),
    ];
    check(&penalty().with(&names), &[("CF_CFJG", Rule::BodiesSwapped, Ask)]);
    // A source that only supplies the data is nothing to ask about.
    check(&penalty().with(&both), &[]);
    let licensed = [("XK_XKJG", SCIENCE_NAME), ("XK_XKJGDM", SCIENCE)];
    check(
        &licence().with(&licensed),
        &[("XK_XKJGDM", Rule::BodiesSwapped, Ask)],
    );
}

/// A penalty without procedure, as every row of the national form is.
#[test]
fn the_procedure_is_asked_for_where_the_level_depends_on_it() {
    let asked = [("CF_AJCXLB", Rule::ProcedureMissing, Ask)];
    let on = |decided: &str, received: &str, row: Row| {
        let row = row.with(&[("CF_JDRQ", decided)]);
        let checked = row.check_on(None, received);
        (row, checked)
    };
    let (row, checked) = on("2026-03-31", "2026-05-01", penalty());
    check_findings(&row, &checked, &[]);
    let (row, checked) = on("2026-04-01", "2026-05-01", penalty());
    check_findings(&row, &checked, &asked);
    for (procedure, severity) in [
        ("简易", Severity::Minor),
        ("01", Severity::Minor),
        ("一般", Severity::General),
        ("普通程序", Severity::General),
    ] {
        let (row, checked) = on(
            "2026-04-01",
            "2026-05-01",
            penalty().with(&[("CF_AJCXLB", procedure)]),
        );
        check_findings(&row, &checked, &[]);
        assert_eq!(checked.record.unwrap().severity, Some(severity));
    }
    // A warning is minor by either procedure.
    let warned = penalty().with(&[("CF_CFLB", "警告"), ("CF_NR_FK", ""), ("CF_NR", "警告")]);
    let (row, checked) = on("2026-04-01", "2026-05-01", warned);
    check_findings(&row, &checked, &[]);
    assert_eq!(checked.record.unwrap().severity, Some(Severity::Minor));
    // A column that is there and left empty is asked for whatever the date.
    check_item("CF_AJCXLB", "", &asked);
    check_item("CF_AJCXLB", "简易", &[]);
    check_item("CF_AJCXLB", "特别", &[("CF_AJCXLB", Rule::ValueList, Reject)]);
    // Where the row states the level, nothing depends on the procedure.
    let (row, checked) = on(
        "2026-04-01",
        "2026-05-01",
        penalty().with(&[("CF_SXYZCD", "一般")]),
    );
    check_findings(&row, &checked, &[]);
    let stated = penalty().with(&[("CF_SXYZCD", "严重"), ("CF_AJCXLB", "一般")]);
    let (row, checked) = on("2026-04-01", "2026-05-01", stated);
    check_findings(&row, &checked, &[("CF_SXYZCD", Rule::SeverityDiffers, Warn)]);
    assert_eq!(checked.record.unwrap().severity, Some(Severity::Serious));
    let stated_before = penalty().with(&[("CF_SXYZCD", "3")]);
    assert_eq!(stated_before.record().severity, Some(Severity::Serious));
}

#[test]
fn every_violation_of_a_row_is_listed_in_the_order_of_the_form() {
    let row = penalty().with(&[
        ("CF_XDR_MC", ""),
        ("CF_XDR_SHXYM", "91440300192317458G"),
        ("CF_CFLB", "罚"),
        ("CF_NR_FK", "两千"),
        ("CF_JDRQ", "2024-02-30"),
        ("CF_CFJGDM", "x"),
    ]);
    check(
        &row,
        &[
            ("CF_XDR_MC", Rule::Required, Reject),
            ("CF_XDR_SHXYM", Rule::SocialCreditCodeCheck, Reject),
            ("CF_CFLB", Rule::ValueList, Reject),
            ("CF_NR_FK", Rule::Money, Reject),
            ("CF_JDRQ", Rule::Date, Reject),
            ("CF_CFJGDM", Rule::SocialCreditCodeShape, Reject),
        ],
    );
}

#[test]
fn file_layouts_are_checked_item_by_item() {
    let policies = policies();
    let on = |row: &Row| {
        let layout = policies.layouts.layout(row.layout).unwrap();
        check_items(
            &row.reported(),
            None,
            layout,
            &policies.layouts,
            day("2024-11-20"),
        )
    };
    let subject = Row::of(
        "REGISTER",
        &[
            ("DJ_MC", "某某商贸有限公司"),
            ("DJ_LB", "1"),
            ("DJ_SHXYM", COMPANY),
            ("DJ_DZQH", "150802"),
            ("DJ_CLRQ", "2010/1/2"),
            ("DJ_QSDM", "91230500MA1B3N1N2M；914403001922038216"),
        ],
    );
    let checked = on(&subject);
    assert_eq!(checked.findings, []);
    assert_eq!(checked.items.len(), 6);
    assert_eq!(
        checked.party.unwrap().identity,
        Identity::Code(COMPANY.parse().unwrap())
    );
    let codes = Value::Text("91230500MA1B3N1N2M;914403001922038216".to_owned());
    assert_eq!(checked.items.last().unwrap().value, codes);
    let spoilt = on(&subject.with(&[("DJ_QSDM", "91230500MA1B3N1N2N"), ("DJ_MC", "")]));
    let rules: Vec<_> = spoilt.findings.iter().map(|one| one.rule).collect();
    assert_eq!(rules, [Rule::Required, Rule::SocialCreditCodeCheck]);
    let ended = Row::of(
        "WITHDRAWAL",
        &[("CX_LB", "行政处罚"), ("CX_XDR_LB", "2"), ("CX_XDR_ZJLX", "01")],
    );
    let missing: Vec<_> = on(&ended)
        .findings
        .iter()
        .map(|one| one.field.to_string())
        .collect();
    assert_eq!(
        missing,
        ["CX_JGDM", "CX_WSH", "CX_XDR_ZJHM", "CX_JSLX", "CX_JSRQ", "CX_YY"]
    );
    let promise = Row::of("COMMITMENT", &[("承诺编码", ""), ("承诺人名称", "某某")]);
    assert!(
        on(&promise)
            .findings
            .iter()
            .any(|one| one.field == "code" && one.rule == Rule::Required)
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_check_panic_or_disagree_with_itself(
        layout in 0_usize..14,
        texts in proptest::collection::vec("\\PC{0,24}|[0-9]{13,18}[X]?|[0-9./-]{0,12}|[一-龥（）；、元万0-9]{0,20}", 40),
        given in proptest::collection::vec(any::<bool>(), 40),
        kind in 0_u8..4,
    ) {
        let policies = policies();
        let layout = &policies.layouts.layouts()[layout];
        let items = layout.items().iter().zip(&texts).zip(&given);
        let reported = ReportedRecord {
            layout: layout.code.clone(),
            items: items.filter(|(_, given)| **given)
                .map(|((item, text), _)| (item.code.clone(), text.clone())).collect(),
            source: Source::default(),
        };
        let kind = [None, Some(SubjectKind::Organisation), Some(SubjectKind::Person), Some(SubjectKind::IndividualBusiness)]
            [usize::from(kind)];
        let checked = super::check(&reported, kind, &policies.layouts, &policies.catalog, day("2024-11-20"));
        let is_refused = checked.findings.iter().any(|finding| finding.kind.refuses());
        prop_assert_eq!(checked.record.is_none(), is_refused);
        prop_assert!(checked.record.is_none() || checked.department.is_some());
        let items = check_items(&reported, kind, layout, &policies.layouts, day("2024-11-20"));
        prop_assert!(items.items.len() <= reported.items.len() + 1);
    }

    /// Any one text in any one place of a good row: the record is there if and only if nothing refuses it.
    #[test]
    fn one_odd_text_never_splits_findings_and_record(
        place in 0_usize..17, text in "\\PC{0,30}|[0-9X]{15,18}|[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}", licensed in any::<bool>(),
    ) {
        let mut row = if licensed { licence() } else { penalty() };
        let place = place % row.items.len();
        row.items[place].1 = text;
        let checked = row.check();
        let is_refused = checked.findings.iter().any(|finding| finding.kind.refuses());
        prop_assert_eq!(checked.record.is_none(), is_refused, "{:?}", checked.findings);
        prop_assert!(checked.record.is_none() || checked.department.is_some());
    }
}
