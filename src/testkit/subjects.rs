//! The promisors of the generated year. Every name says that it is generated.

use std::collections::HashSet;

use jiff::ToSpan;
use jiff::civil::date;

use super::dice::Dice;
use super::numbers;
use crate::domain::subject::SubjectKind;

/// One promisor.
pub(super) struct Promisor {
    pub(super) kind: SubjectKind,
    pub(super) name: String,
    pub(super) code: String,
}

pub(super) const PLACES: [&str; 8] = ["金川", "河套", "团结", "先锋", "解放", "新华", "乌拉", "黄河"];
pub(super) const TRADES: [&str; 12] = [
    "商贸",
    "餐饮",
    "建筑工程",
    "物业服务",
    "农资经营",
    "运输",
    "药房",
    "养老服务",
    "教育培训",
    "供热",
    "粮油加工",
    "机动车检测",
];
const SURNAMES: [&str; 10] = ["张", "王", "李", "赵", "刘", "陈", "杨", "白", "吴", "郭"];
const NUMERALS: [&str; 10] = ["〇", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// Makes `count` promisors: two thirds organisations and individual businesses, one third persons.
pub(super) fn population(dice: &mut Dice, division: &str, count: usize) -> Vec<Promisor> {
    let mut codes = HashSet::new();
    let mut promisors = Vec::with_capacity(count);
    while promisors.len() < count {
        let number = promisors.len();
        let kind = [
            SubjectKind::Organisation,
            SubjectKind::IndividualBusiness,
            SubjectKind::Person,
        ][dice.weighted(&[44, 23, 33])];
        let promisor = promisor(dice, division, kind, number);
        if codes.insert(promisor.code.clone()) {
            promisors.push(promisor);
        }
    }
    promisors
}

fn promisor(dice: &mut Dice, division: &str, kind: SubjectKind, number: usize) -> Promisor {
    let place = dice.pick(&PLACES);
    let trade = dice.pick(&TRADES);
    let (name, code) = match kind {
        SubjectKind::Organisation => {
            let part = numbers::organisation_part(dice);
            (
                format!("（测试）临河区{place}{trade}{number}号有限公司"),
                numbers::social_credit_code("91", division, &part),
            )
        }
        SubjectKind::IndividualBusiness => {
            let part = numbers::organisation_part(dice);
            (
                format!("（测试）临河区{place}{trade}{number}号店"),
                numbers::social_credit_code("92", division, &part),
            )
        }
        SubjectKind::Person => {
            let given = given(number);
            let days = i64::try_from(dice.below(18_000)).expect("a few thousand days");
            let born = date(1955, 1, 1) + days.days();
            let order = dice.below(1_000);
            let birth = born.strftime("%Y%m%d").to_string();
            (
                format!("测试{}{given}", dice.pick(&SURNAMES)),
                numbers::resident_id(division, &birth, order),
            )
        }
    };
    Promisor { kind, name, code }
}

/// A number as a given name, so that nobody is meant.
fn given(number: usize) -> String {
    format!("{number}")
        .bytes()
        .map(|digit| NUMERALS[usize::from(digit - b'0')])
        .collect()
}

/// The name of an organisation's representative or of a punished person.
pub(super) fn representative(dice: &mut Dice, number: usize) -> String {
    format!("测试{}{}", dice.pick(&SURNAMES), given(number))
}
