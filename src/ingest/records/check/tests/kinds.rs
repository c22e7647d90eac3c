//! The other layouts: licences, the older penalties, and our own.

use super::*;

fn older_penalty() -> Row {
    Row::of(
        "PENALTY_V1",
        &[
            ("CF_WSH", "临工商罚字(2016)12号"),
            ("CF_CFMC", "销售过期食品案"),
            ("CF_CFLB1", "罚款"),
            ("CF_CFLB2", "没收违法所得"),
            ("CF_SY", "销售超过保质期的食品。"),
            ("CF_YJ", "《中华人民共和国食品安全法》第一百二十四条"),
            ("CF_XDR_MC", "某某商贸有限公司"),
            ("CF_XDR_SHXYM", COMPANY),
            ("CF_FR", "张三"),
            ("CF_JG", "罚款2000元"),
            ("CF_JDRQ", "2016/5/6"),
            ("CF_XZJG", REGULATOR_NAME),
            ("CF_ZT", "0"),
            ("DFBM", "150802"),
            ("SJC", "2016/5/7 10:11:12"),
        ],
    )
}

fn ruling() -> Row {
    Row::of(
        "RULING",
        &[
            ("CJ_XDR_MC", "某某商贸有限公司"),
            ("CJ_XDR_LB", "1"),
            ("CJ_XDR_SHXYM", COMPANY),
            ("CJ_WSH", "巴政复〔2024〕3号"),
            ("CJ_LB", "行政复议"),
            ("CJ_JG", "撤销"),
            ("CJ_JDRQ", "2024-11-15"),
            ("CJ_YLB", "行政处罚"),
            ("CJ_YJGMC", REGULATOR_NAME),
            ("CJ_YJGDM", REGULATOR),
            ("CJ_YWSH", "临市监罚[2024]12号"),
            ("CJ_YJDRQ", "2024-11-05"),
            ("CJ_JGMC", "上级机关"),
            ("CJ_JGDM", FOREIGN),
            ("CJ_LYDW", SCIENCE_NAME),
            ("CJ_LYDWDM", SCIENCE),
        ],
    )
}

#[test]
fn an_older_penalty_has_the_same_parts() {
    let checked = older_penalty().check();
    check_findings(&older_penalty(), &checked, &[]);
    let record = checked.record.unwrap();
    assert_eq!(record.number, "临工商罚字〔2016〕12号");
    assert_eq!(record.body, REGULATOR.parse().unwrap());
    assert_eq!(record.matter.as_deref(), Some("销售过期食品案"));
    assert_eq!(record.until, Validity::NotStated);
    assert!(
        !record.items.iter().any(|item| item.code == "SJC"),
        "times of change are not recorded"
    );
    check(
        &older_penalty().with(&[("CF_XZJG", "某市监局")]),
        &[("CF_XZJG", Rule::ForeignDistrict, Reject)],
    );
    check(
        &older_penalty().with(&[("DFBM", "152801")]),
        &[("DFBM", Rule::DivisionCode, Warn)],
    );
    // Both amounts stand in words alone: nothing is asked for.
    check(&older_penalty().with(&[("CF_CFLB1", "吊销许可证")]), &[]);
}

#[test]
fn the_filled_codes_tell_the_kind_that_the_older_form_does_not_ask_for() {
    let kind = |row: Row| row.record().party.kind;
    assert_eq!(kind(older_penalty()), SubjectKind::Organisation);
    let business =
        crate::domain::social_credit_code::SocialCreditCode::compose('9', '2', "150802", "MA0N0001").unwrap();
    let of_business = older_penalty().with(&[("CF_XDR_SHXYM", business.as_str())]);
    assert_eq!(kind(of_business), SubjectKind::IndividualBusiness);
    let older = older_penalty().with(&[("CF_XDR_SHXYM", ""), ("CF_XDR_GSDJ", "440301103097413")]);
    assert_eq!(kind(older), SubjectKind::Organisation);
    let person = older_penalty().with(&[("CF_XDR_SHXYM", ""), ("CF_XDR_SFZ", PERSON)]);
    assert_eq!(kind(person.clone()), SubjectKind::Person);
    let of_import = person.check_on(Some(SubjectKind::Organisation), "2024-11-20");
    assert!(of_import.record.is_none());
    let none = older_penalty().with(&[("CF_XDR_SHXYM", "")]);
    check(&none, &[("CF_XDR_SHXYM", Rule::Required, Reject)]);
}

#[test]
fn an_older_layout_is_not_for_later_decisions() {
    check(&older_penalty().with(&[("CF_JDRQ", "2018-12-31")]), &[]);
    check(
        &older_penalty().with(&[("CF_JDRQ", "2019-01-01")]),
        &[("CF_JDRQ", Rule::LayoutPeriod, Warn)],
    );
}

#[test]
fn the_state_of_a_row_says_its_end() {
    let ended = |row: Row| {
        let checked = row.check();
        assert!(checked.record.is_some(), "{:?}", checked.findings);
        checked.ended
    };
    for (state, end) in [
        ("0", None),
        ("", None),
        ("1", Some(End::Withdrawn)),
        ("撤销", Some(End::Withdrawn)),
        ("2", None),
    ] {
        assert_eq!(ended(older_penalty().with(&[("CF_ZT", state)])), end, "{state}");
    }
    for (state, end) in [
        ("正常", None),
        ("1", Some(End::Withdrawn)),
        ("2", Some(End::Deleted)),
    ] {
        assert_eq!(ended(penalty().with(&[("CF_GSZT", state)])), end, "{state}");
    }
    // An invalid licence came to none of the four ends.
    assert_eq!(ended(licence().with(&[("XK_ZT", "2")])), None);
}

#[test]
fn the_licence_number_stands_in_for_a_missing_one() {
    let row = licence().with(&[("XK_WSH", "")]);
    check(&row, &[("XK_WSH", Rule::NumberStandIn, Warn)]);
    assert_eq!(row.record().number, "JY11508020000001");
    check(
        &row.with(&[("XK_XKBH", "")]),
        &[("XK_WSH", Rule::Required, Reject)],
    );
    check(&licence().with(&[("XK_XKLB", "其他-备案")]), &[]);
    check(
        &licence().with(&[("XK_XKLB", "备案")]),
        &[("XK_XKLB", Rule::ValueList, Reject)],
    );
}

#[test]
fn the_power_item_comes_before_the_title() {
    assert_eq!(licence().record().matter.as_deref(), Some("食品经营许可决定书"));
    let with_power = licence().with(&[("XK_QLBM", "000131001000")]);
    assert_eq!(with_power.record().matter.as_deref(), Some("000131001000"));
}

#[test]
fn a_ruling_names_the_decision_and_what_becomes_of_it() {
    let checked = ruling().check();
    check_findings(&ruling(), &checked, &[]);
    // The ruling organ is another's: the organ of the decision answers here.
    assert_eq!(checked.department, Some("SCJG".parse().unwrap()));
    let target = checked.record.unwrap().target.unwrap();
    assert_eq!(target.kind, RecordKind::Penalty);
    assert_eq!(target.body, REGULATOR.parse().unwrap());
    assert_eq!(target.number, "临市监罚〔2024〕12号");
    assert_eq!(target.decided_on, Some(day("2024-11-05")));
    for (outcome, end) in [
        ("撤销", Some(End::Withdrawn)),
        ("确认无效", Some(End::Withdrawn)),
        ("维持", None),
        ("确认违法", None),
        ("终止", None),
    ] {
        let record = ruling().with(&[("CJ_JG", outcome)]).record();
        assert_eq!(record.target.unwrap().end, end, "{outcome}");
    }
    check(
        &ruling().with(&[("CJ_JG", "变更")]),
        &[("CJ_BGNR", Rule::Required, Reject)],
    );
    check(
        &ruling().with(&[("CJ_JG", "变更"), ("CJ_BGNR", "罚款改为1000元")]),
        &[],
    );
    check(&ruling().with(&[("CJ_YJDRQ", "2024-11-15")]), &[]);
    check(
        &ruling().with(&[("CJ_YJDRQ", "2024-11-16")]),
        &[("CJ_YJDRQ", Rule::TargetAfterRuling, Reject)],
    );
    check(
        &ruling().with(&[("CJ_YJGDM", FOREIGN)]),
        &[("CJ_YJGDM", Rule::ForeignDistrict, Reject)],
    );
    check(
        &ruling().with(&[("CJ_YWSH", "")]),
        &[("CJ_YWSH", Rule::Required, Reject)],
    );
}

#[test]
fn our_own_layouts_take_other_organs_whose_rows_the_district_supplies() {
    let listing = |source: &str| {
        Row::of(
            "SERIOUS_LISTING",
            &[
                ("YZ_XDR_MC", "某某商贸有限公司"),
                ("YZ_XDR_LB", "1"),
                ("YZ_XDR_SHXYM", COMPANY),
                ("YZ_WSH", "国市监列〔2024〕1号"),
                ("YZ_MD", "安全生产严重失信主体名单"),
                ("YZ_SY", "发生较大事故"),
                ("YZ_YJ", "名单管理办法"),
                ("YZ_LRRQ", "2024-11-01"),
                ("YZ_YXQ", "2027-11-01"),
                ("YZ_JGMC", "上级机关"),
                ("YZ_JGDM", FOREIGN),
                ("YZ_LYDW", "数据来源"),
                ("YZ_LYDWDM", source),
            ],
        )
    };
    let checked = listing(REGULATOR).check();
    check_findings(&listing(REGULATOR), &checked, &[]);
    assert_eq!(checked.department, Some("SCJG".parse().unwrap()));
    let record = checked.record.unwrap();
    assert_eq!(
        (record.kind, record.matter.as_deref()),
        (RecordKind::Listing, Some("WORK_SAFETY"))
    );
    assert_eq!(record.severity, None);
    let later = listing(REGULATOR)
        .with(&[("YZ_LRRQ", "2026-04-01")])
        .check_on(None, "2026-05-01");
    assert_eq!(later.record.unwrap().severity, Some(Severity::Serious));
    check(&listing(FOREIGN), &[("YZ_LYDWDM", Rule::ForeignDistrict, Reject)]);
    // An institution evaluates, but organs' codes begin with 11.
    let code =
        crate::domain::social_credit_code::SocialCreditCode::compose('1', '2', "150802", "00000025").unwrap();
    check(
        &listing(REGULATOR).with(&[("YZ_JGDM", code.as_str())]),
        &[("YZ_JGDM", Rule::BodyCodePrefix, Ask)],
    );
}

#[test]
fn evaluations_and_inspections_keep_their_own_scales_and_codes() {
    let evaluation = Row::of(
        "EVALUATION",
        &[
            ("PJ_XDR_MC", "某某商贸有限公司"),
            ("PJ_XDR_LB", "1"),
            ("PJ_XDR_SHXYM", COMPANY),
            ("PJ_WSH", "2023年度"),
            ("PJ_LB", "纳税信用评价"),
            ("PJ_DJZ", "A,B,M,C,D"),
            ("PJ_DJ", "B"),
            ("PJ_FS", "87.5"),
            ("PJ_JDRQ", "2024-04-30"),
            ("PJ_JGMC", REGULATOR_NAME),
            ("PJ_JGDM", REGULATOR),
            ("PJ_LYDW", REGULATOR_NAME),
            ("PJ_LYDWDM", REGULATOR),
        ],
    );
    check(&evaluation, &[]);
    let record = evaluation.record();
    assert_eq!(record.matter.as_deref(), Some("TAX"));
    assert!(
        record
            .items
            .iter()
            .any(|item| item.value == Value::Millionths(87_500_000))
    );
    check(&evaluation.clone().with(&[("PJ_FS", "-1")]), &[]);
    check(
        &evaluation.with(&[("PJ_FS", "优")]),
        &[("PJ_FS", Rule::Decimal, Reject)],
    );
    let inspection = Row::of(
        "INSPECTION_RESULT",
        &[
            ("JC_XDR_MC", "某某商贸有限公司"),
            ("JC_XDR_LB", "1"),
            ("JC_XDR_SHXYM", COMPANY),
            ("JC_WSH", "2024-0012"),
            ("JC_LX", "双随机抽查"),
            ("JC_SX", "食品销售"),
            ("JC_JCRQ", "2024-11-05"),
            ("JC_JG", "已责令改正"),
            ("JC_WTDM", "SP-01；SP-07"),
            ("JC_JGMC", REGULATOR_NAME),
            ("JC_JGDM", REGULATOR),
            ("JC_LYDW", REGULATOR_NAME),
            ("JC_LYDWDM", REGULATOR),
        ],
    );
    check(&inspection, &[]);
    assert_eq!(inspection.record().kind, RecordKind::InspectionResult);
    check(
        &inspection.with(&[("JC_JGDM", FOREIGN)]),
        &[("JC_JGDM", Rule::ForeignDistrict, Reject)],
    );
}
