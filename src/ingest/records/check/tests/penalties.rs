//! Kinds of penalty, amounts, words, and the laws they rest on.

use super::*;

#[track_caller]
fn kinds(text: &str, expected: &[(&str, &str)]) {
    let row = penalty().with(&[
        ("CF_CFLB", text),
        ("CF_NR", "见决定书"),
        ("CF_NR_WFFF", "0.1"),
        ("CF_NR_ZKDX", "证"),
    ]);
    let record = row.record();
    let item = record.items.iter().find(|item| item.code == "CF_CFLB").unwrap();
    let chosen: Vec<_> = expected
        .iter()
        .map(|(code, words)| Chosen {
            code: (*code).to_owned(),
            words: (*words).to_owned(),
        })
        .collect();
    assert_eq!(item.value, Value::Choices(chosen), "{text}");
}

#[test]
fn kinds_of_penalty_come_as_codes_and_words_joined_in_several_ways() {
    kinds("02", &[("02", "")]);
    kinds("罚款", &[("02", "")]);
    kinds("罚款;警告", &[("01", ""), ("02", "")]);
    kinds("罚款；警告；罚款", &[("01", ""), ("02", "")]);
    kinds("没收违法所得、没收非法财物", &[("03", ""), ("09", "")]);
    kinds("02,03", &[("02", ""), ("03", "")]);
    kinds("吊销许可证件", &[("05", "")]);
    kinds("其他-责令限期改正、消除影响", &[("07", "责令限期改正、消除影响")]);
    kinds("其他（责令改正）；罚款", &[("02", ""), ("07", "责令改正")]);
    kinds("暂扣或者吊销许可证、暂扣或者吊销执照", &[("19", "")]);
    for text in ["罚", "罚款和警告", "99", "罚款-2000", "罚款;无", "、"] {
        check_item("CF_CFLB", text, &[("CF_CFLB", Rule::ValueList, Reject)]);
    }
    let other = penalty().with(&[("CF_CFLB", "其他"), ("CF_NR_FK", "")]);
    check(&other, &[("CF_CFLB", Rule::ChoiceWords, Warn)]);
}

#[test]
fn amounts_are_in_wan_yuan_with_six_decimals() {
    for (text, expected) in [
        ("0.2000000", &[][..]),
        ("0.2万元", &[]),
        ("0.2000001", &[("CF_NR_FK", Rule::MoneyPrecision, Reject)]),
        ("-0.2", &[("CF_NR_FK", Rule::Money, Reject)]),
        ("1,000", &[("CF_NR_FK", Rule::Money, Reject)]),
        ("2000元", &[("CF_NR_FK", Rule::Money, Reject)]),
        ("2E-1", &[("CF_NR_FK", Rule::Money, Reject)]),
    ] {
        check_item("CF_NR_FK", text, expected);
    }
    let finest = penalty().with(&[("CF_NR_FK", "0.000001"), ("CF_NR", "罚款")]);
    let items = finest.record().items;
    assert!(items.iter().any(|item| item.value == Value::Fen(1)));
}

#[test]
fn kinds_and_amounts_go_together() {
    let with = |kinds: &str, fine: &str, confiscated: &str| {
        penalty().with(&[
            ("CF_CFLB", kinds),
            ("CF_NR_FK", fine),
            ("CF_NR_WFFF", confiscated),
            ("CF_NR", "见决定书"),
        ])
    };
    let missing = |code: &'static str| (code, Rule::AmountMissing, Warn);
    let odd = |code: &'static str| (code, Rule::AmountWithoutKind, Warn);
    check(&with("罚款", "0.2", ""), &[]);
    check(&with("罚款", "", ""), &[missing("CF_NR_FK")]);
    check(&with("罚款", "0", "0"), &[missing("CF_NR_FK")]);
    check(&with("警告", "0.2", ""), &[odd("CF_NR_FK")]);
    check(&with("警告", "0", "0"), &[]);
    check(&with("没收违法所得", "", "0.1"), &[]);
    check(&with("没收非法财物", "", ""), &[missing("CF_NR_WFFF")]);
    check(&with("罚款", "0.2", "0.1"), &[odd("CF_NR_WFFF")]);
    check(&with("罚款；没收违法所得", "0.2", "0.1"), &[]);
    check(
        &with("罚款；没收违法所得", "", ""),
        &[missing("CF_NR_FK"), missing("CF_NR_WFFF")],
    );
    // An amount that cannot be read is not missing too.
    check(&with("罚款", "x", ""), &[("CF_NR_FK", Rule::Money, Reject)]);
}

#[test]
fn an_amount_is_compared_with_the_text() {
    let with = |text: &str, fine: &str| penalty().with(&[("CF_NR", text), ("CF_NR_FK", fine)]);
    let differs = [("CF_NR_FK", Rule::AmountAgainstText, Warn)];
    let in_yuan = [("CF_NR_FK", Rule::AmountInYuan, Warn)];
    for (text, fine, expected) in [
        ("罚款2000元", "0.2", &[][..]),
        ("罚款人民币贰仟元整", "0.2", &[]),
        ("罚款0.2万元", "0.2", &[]),
        ("罚款2000元", "0.3", &differs),
        ("罚款人民币贰仟元整", "0.200001", &differs),
        ("罚款2000元", "2000", &in_yuan),
        ("罚款50元", "50", &in_yuan),
        // Doubtful texts decide nothing.
        ("罚款2000元，逾期加处罚款500元", "0.3", &[]),
        ("给予罚款", "0.3", &[]),
        // Without a text amounts beyond what is plausible are asked about.
        ("给予罚款", "100", &[]),
        ("给予罚款", "100.000001", &in_yuan),
        ("罚款200万元", "200", &[]),
    ] {
        check(&with(text, fine), expected);
    }
    let both = penalty().with(&[
        ("CF_CFLB", "罚款；没收违法所得"),
        ("CF_NR", "1.没收违法所得500元；2.罚款2000元。"),
        ("CF_NR_FK", "0.2"),
        ("CF_NR_WFFF", "0.06"),
    ]);
    check(&both, &[("CF_NR_WFFF", Rule::AmountAgainstText, Warn)]);
    check(&both.with(&[("CF_NR_WFFF", "0.05")]), &[]);
}

#[test]
fn a_licence_that_is_taken_is_named() {
    let taken = |kinds: &str, named: &str| {
        penalty().with(&[("CF_CFLB", kinds), ("CF_NR_FK", ""), ("CF_NR_ZKDX", named)])
    };
    for kinds in ["吊销许可证", "11", "暂扣或者吊销许可证"] {
        check(
            &taken(kinds, ""),
            &[("CF_NR_ZKDX", Rule::LicenceNameMissing, Warn)],
        );
        check(&taken(kinds, "食品经营许可证JY1"), &[]);
    }
    check(&taken("警告", ""), &[]);
}

#[test]
fn a_basis_that_did_not_stand_is_warned_of() {
    let warned = [("CF_YJ", Rule::LawRepealed, Warn)];
    for (basis, expected) in [
        ("《中华人民共和国行政处罚法》第八十六条", &[][..]),
        ("《中华人民共和国行政处罚法》第八十七条", &warned),
        ("《中华人民共和国公司登记管理条例》第六十四条", &warned),
        ("《个体工商户条例》", &warned),
        ("《促进个体工商户发展条例》", &[]),
        ("某省条例第一条", &[]),
    ] {
        check_item("CF_YJ", basis, expected);
    }
    let older = penalty().with(&[("CF_YJ", "《个体工商户条例》"), ("CF_JDRQ", "2022-10-31")]);
    check(&older, &[]);
    check(&older.with(&[("CF_JDRQ", "2022-11-01")]), &warned);
}
