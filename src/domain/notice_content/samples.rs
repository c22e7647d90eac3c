//! A notice with every item filled, for tests; its parties are made up.

use super::{
    Addressee, Clause, Contact, Foot, Head, ListedDocument, NoticeContent, ReceiptForm, Reference, TimeLimit,
};
use crate::domain::catalog::Standing;
use crate::domain::civil_date::CivilDate;
use crate::domain::record::{RecordKind, Severity};
use crate::domain::repair::{
    ApplyFrom, Assumption, Block, Choice, Mark, Maximum, Minimum, Other, Path, Publicity, Shown, Transition,
};
use crate::domain::severity::Procedure;
use crate::domain::subject::SubjectKind;
use crate::domain::trust::Trust;

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

pub(crate) fn mark(trust: Trust) -> Mark {
    Mark {
        standing: Standing::Law,
        trust,
        source: "国家发展和改革委员会令第36号（2025）".to_owned(),
    }
}

fn publicity() -> Publicity {
    Publicity {
        path: Path::General,
        version: "R3".to_owned(),
        title: "信用修复管理办法".to_owned(),
        document: "国家发展和改革委员会令第36号（2025）".to_owned(),
        place_zh: "“信用中国”网站".to_owned(),
        place_en: "Credit China".to_owned(),
        severity: Some(Severity::General),
        severity_mark: Some(mark(Trust::Constructed)),
        shown: Shown::Shown,
        shown_mark: Some(mark(Trust::Constructed)),
        starts_on: day("2026-04-01"),
        minimum: Minimum::Over {
            months: 3,
            on: day("2026-07-01"),
        },
        apply_from: Some(day("2026-07-02")),
        apply_rule: ApplyFrom::DayAfter,
        apply_mark: mark(Trust::Constructed),
        maximum: Some(Maximum {
            months: 12,
            on: day("2027-04-01"),
        }),
        terms: vec![("order-36-general".to_owned(), mark(Trust::Source))],
        assumptions: vec![Assumption::DefaultSeverity],
        choice: Choice {
            transition: Transition::DecisionDate,
            mark: mark(Trust::Constructed),
            asked_for: day("2026-04-01"),
            others: vec![Other {
                version: "R2".to_owned(),
                apply_from: Some(day("2026-07-02")),
                maximum: None,
            }],
        },
    }
}

/// Every item filled, every list with one entry at least.
pub(crate) fn content() -> NoticeContent {
    let clause = |block: &Block| Clause {
        block: *block,
        chinese: format!("第{}款。", block.number()),
        english: format!("Clause {}.", block.number()),
        mark: mark(Trust::Source),
    };
    let listed = |name: &str, number: &str| ListedDocument {
        name: name.to_owned(),
        number: number.to_owned(),
        copies: 1,
    };
    NoticeContent {
        head: Head {
            title: "行政处罚信息信用修复告知书".to_owned(),
            number: "市监信修告〔2026〕12号".to_owned(),
            body_name: "某某区市场监督管理局".to_owned(),
            body_code: "11150802000000254A".parse().unwrap(),
        },
        addressee: Addressee {
            name: "某某商贸有限公司".to_owned(),
            kind: SubjectKind::Organisation,
            code: Some("91440300192317458F".parse().unwrap()),
            representative: "甲".to_owned(),
        },
        reference: Reference {
            kind: RecordKind::Penalty,
            number: "市监罚〔2026〕7号".to_owned(),
            decided_on: day("2026-04-01"),
            penalty_kinds: vec![("02".to_owned(), "罚款".to_owned())],
            procedure: Some(Procedure::General),
            fine: Some(200_000),
            confiscated: Some(12_345),
            violation: "未按规定公示年度报告".to_owned(),
            basis: "某条例第一条".to_owned(),
            document: Some([9; 32]),
        },
        publicity: vec![publicity()],
        clauses: Block::ALL.iter().map(clause).collect(),
        limits: vec![TimeLimit {
            chinese: "3个工作日内决定是否受理。".to_owned(),
            english: "Acceptance within 3 working days.".to_owned(),
            working_days: 3,
            mark: mark(Trust::Knowledge),
        }],
        contacts: vec![Contact {
            name: "信用办".to_owned(),
            phone: "12345".to_owned(),
            address: "区政务服务中心".to_owned(),
            mark: mark(Trust::Constructed),
        }],
        foot: Foot {
            issued_on: day("2026-04-02"),
            template: 1,
            verification: "https://credit.district.example/verify".to_owned(),
        },
        receipt: ReceiptForm {
            cause: "未按规定公示年度报告".to_owned(),
            documents: vec![
                listed("行政处罚决定书", "市监罚〔2026〕7号"),
                listed("行政处罚信息信用修复告知书", "市监信修告〔2026〕12号"),
            ],
        },
    }
}

type Change = fn(&mut NoticeContent);

/// Changes of one item each: no two give the same content.
pub(crate) const CHANGES: &[Change] = &[
    |one| one.head.title.push('甲'),
    |one| one.head.number.push('甲'),
    |one| one.head.body_name.push('甲'),
    |one| one.head.body_code = "11152105011615166F".parse().unwrap(),
    |one| one.addressee.name.push('甲'),
    |one| one.addressee.kind = SubjectKind::IndividualBusiness,
    |one| one.addressee.code = None,
    |one| one.addressee.representative.push('乙'),
    |one| one.reference.kind = RecordKind::Listing,
    |one| one.reference.number.push('甲'),
    |one| one.reference.decided_on = day("2026-04-02"),
    |one| {
        one.reference
            .penalty_kinds
            .push(("01".to_owned(), "警告".to_owned()))
    },
    |one| one.reference.penalty_kinds.clear(),
    |one| one.reference.procedure = None,
    |one| one.reference.procedure = Some(Procedure::Simple),
    |one| one.reference.fine = None,
    |one| one.reference.fine = Some(0),
    |one| one.reference.confiscated = None,
    |one| one.reference.violation.push('甲'),
    |one| one.reference.basis.push('甲'),
    |one| one.reference.document = None,
    |one| one.reference.document = Some([8; 32]),
    |one| one.publicity[0].path = Path::Market,
    |one| one.publicity[0].version.push('甲'),
    |one| one.publicity[0].title.push('甲'),
    |one| one.publicity[0].document.push('甲'),
    |one| one.publicity[0].place_zh.push('甲'),
    |one| one.publicity[0].place_en.push('a'),
    |one| one.publicity[0].severity = None,
    |one| one.publicity[0].severity = Some(Severity::Serious),
    |one| one.publicity[0].severity_mark = None,
    |one| one.publicity[0].shown = Shown::LeftUnshown,
    |one| one.publicity[0].starts_on = day("2026-04-02"),
    |one| one.publicity[0].minimum = Minimum::AtOnce,
    |one| one.publicity[0].minimum = Minimum::NotRepairable,
    |one| one.publicity[0].minimum = Minimum::ByListRule,
    |one| one.publicity[0].apply_from = None,
    |one| one.publicity[0].apply_rule = ApplyFrom::LastDay,
    |one| one.publicity[0].apply_mark = mark(Trust::Source),
    |one| one.publicity[0].shown_mark = None,
    |one| one.publicity[0].maximum = None,
    |one| one.publicity[0].terms[0].0.push('a'),
    |one| one.publicity[0].terms[0].1 = mark(Trust::Knowledge),
    |one| one.publicity[0].assumptions.clear(),
    |one| one.publicity[0].assumptions[0] = Assumption::NoSector,
    |one| one.publicity[0].choice.transition = Transition::MoreFavourable,
    |one| one.publicity[0].choice.mark = mark(Trust::Source),
    |one| one.publicity[0].choice.asked_for = day("2026-04-02"),
    |one| one.publicity[0].choice.others.clear(),
    |one| one.publicity[0].choice.others[0].version.push('a'),
    |one| one.publicity[0].choice.others[0].apply_from = None,
    |one| one.publicity[0].choice.others[0].maximum = Some(day("2029-04-01")),
    |one| one.publicity.clear(),
    |one| one.clauses[0].block = Block::Papers,
    |one| one.clauses[0].chinese.push('甲'),
    |one| one.clauses[0].english.push('a'),
    |one| one.clauses[0].mark.source.push('甲'),
    |one| one.clauses[0].mark.standing = Standing::Model,
    |one| one.clauses.truncate(1),
    |one| one.limits[0].chinese.push('甲'),
    |one| one.limits[0].english.push('a'),
    |one| one.limits[0].working_days = 4,
    |one| one.limits[0].mark = mark(Trust::Source),
    |one| one.limits.clear(),
    |one| one.contacts[0].name.push('甲'),
    |one| one.contacts[0].phone.push('6'),
    |one| one.contacts[0].address.push('甲'),
    |one| one.contacts[0].mark = mark(Trust::Source),
    |one| one.foot.issued_on = day("2026-04-03"),
    |one| one.foot.template = 2,
    |one| one.foot.verification.push('a'),
    |one| one.receipt.cause.push('甲'),
    |one| one.receipt.documents[0].name.push('甲'),
    |one| one.receipt.documents[0].number.push('甲'),
    |one| one.receipt.documents[0].copies = 2,
    |one| one.receipt.documents.truncate(1),
];

mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_item_is_in_the_verification_code() {
        let mut seen = HashSet::from([content().hash()]);
        assert_eq!(content().hash(), content().hash());
        for (number, change) in CHANGES.iter().enumerate() {
            let mut changed = content();
            change(&mut changed);
            assert!(seen.insert(changed.hash()), "change {number}");
        }
    }

    #[test]
    fn a_setting_that_nobody_checked_is_seen() {
        assert!(content().has_unchecked());
        let mut checked = content();
        checked.limits.clear();
        assert!(!checked.has_unchecked());
        checked.publicity[0].terms[0].1 = mark(Trust::Knowledge);
        assert!(checked.has_unchecked());
    }
}
