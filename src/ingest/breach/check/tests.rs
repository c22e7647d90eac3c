use super::*;
use crate::domain::breach::BreachState;
use crate::domain::commitment::{CommitmentKind, Publication, Validity};
use crate::domain::revision::Revision;
use crate::domain::subject::{SubjectKind, SubjectNumber};
use crate::store::keys::CommitmentRow;

const TODAY: &str = "2024-06-28";

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn form() -> Form {
    Form {
        first: Revision(9),
        liability: "如违反承诺，自愿接受撤销许可的决定，并记入信用记录。".to_owned(),
        row: CommitmentRow {
            current: Revision(9),
            snapshots: 1,
            subject: SubjectNumber(1),
            department: "SCJG".parse().unwrap(),
            kind: CommitmentKind::ApprovalReplacing,
            subject_kind: SubjectKind::Organisation,
            publication: Publication::Public,
            made_on: day("2024-03-01"),
            received_on: day("2024-03-04"),
            validity: Validity::NotStated,
            performance: None,
            withdrawn: None,
            natural: [0; 16],
            body: "11150802000000254A".parse().unwrap(),
            wording: [0; 16],
            revived: None,
            breach: None,
        },
    }
}

fn notified() -> ReportedBreach {
    ReportedBreach {
        finding_body_name: "市场监督管理局".to_owned(),
        finding_body_code: "11150802000000254A".to_owned(),
        unperformed: "未按期补交场地证明".to_owned(),
        basis: "行政许可法第六十九条".to_owned(),
        evidence: vec!["现场检查笔录〔2024〕1号".to_owned()],
        notified_on: "2024-05-06".to_owned(),
        correct_by: "2024-05-20".to_owned(),
        hearing_offered_on: "2024-05-06".to_owned(),
        consequence: "撤销许可".to_owned(),
        ..Default::default()
    }
}

fn confirmed() -> ReportedBreach {
    ReportedBreach {
        hearing_held_on: "2024-05-13".to_owned(),
        confirmed_on: "2024-05-21".to_owned(),
        ..notified()
    }
}

fn carried_out() -> ReportedBreach {
    ReportedBreach {
        carried_out_on: "2024-05-22".to_owned(),
        carried_out: "已撤销许可".to_owned(),
        ..confirmed()
    }
}

fn checked(reported: &ReportedBreach) -> Checked {
    check(reported, &form(), &Catalog::default(), day(TODAY))
}

#[track_caller]
fn refuses(reported: &ReportedBreach, field: &str, rule: Rule) {
    let checked = checked(reported);
    let found: Vec<_> = checked
        .findings
        .iter()
        .map(|one| (one.field.as_ref(), one.rule))
        .collect();
    assert_eq!(found, [(field, rule)]);
    assert!(checked.breach.is_none() && checked.findings[0].kind.refuses());
    assert!(!checked.findings[0].chinese.is_ascii() && checked.findings[0].english.is_ascii());
}

#[test]
fn each_state_is_told_by_what_is_filled() {
    let corrected = ReportedBreach {
        corrected_on: "2024-05-20".to_owned(),
        ..notified()
    };
    let waived = ReportedBreach {
        hearing_held_on: String::new(),
        hearing_waived_on: "2024-05-13".to_owned(),
        ..confirmed()
    };
    for (reported, state) in [
        (notified(), BreachState::Notified),
        (corrected, BreachState::Corrected),
        (confirmed(), BreachState::Confirmed),
        (waived, BreachState::Confirmed),
        (carried_out(), BreachState::CarriedOut),
    ] {
        let checked = checked(&reported);
        assert_eq!(checked.findings, [], "{state:?}");
        assert_eq!(checked.breach.unwrap().state(), state);
    }
}

#[test]
fn what_a_finding_needs_is_required() {
    type Empty = fn(&mut ReportedBreach);
    let cases: [(&str, Empty); 8] = [
        ("breach.finding_body_name", |one| one.finding_body_name.clear()),
        ("breach.unperformed", |one| one.unperformed.clear()),
        ("breach.basis", |one| one.basis.clear()),
        ("breach.evidence", |one| one.evidence.clear()),
        ("breach.evidence", |one| one.evidence.push(String::new())),
        ("breach.notified_on", |one| one.notified_on.clear()),
        ("breach.hearing_offered_on", |one| one.hearing_offered_on.clear()),
        ("breach.consequence", |one| one.consequence.clear()),
    ];
    for (field, empty) in cases {
        let mut reported = notified();
        empty(&mut reported);
        refuses(&reported, field, Rule::Required);
    }
    let mut reported = notified();
    reported.finding_body_code.clear();
    refuses(&reported, "breach.finding_body_code", Rule::SocialCreditCodeShape);
}

#[test]
fn a_consequence_that_the_form_does_not_name_has_no_basis() {
    let reported = ReportedBreach {
        consequence: "罚款一万元".to_owned(),
        ..notified()
    };
    refuses(&reported, "breach.consequence", Rule::ConsequenceNotInForm);
}

#[test]
fn nothing_is_confirmed_unheard() {
    let reported = ReportedBreach {
        hearing_held_on: String::new(),
        ..confirmed()
    };
    refuses(&reported, "breach.hearing_held_on", Rule::HearingMissing);
    let reported = ReportedBreach {
        hearing_waived_on: "2024-05-14".to_owned(),
        ..confirmed()
    };
    refuses(&reported, "breach.hearing_waived_on", Rule::BreachConclusion);
}

#[test]
fn dates_stand_in_their_order() {
    type Change = fn(&mut ReportedBreach);
    let cases: [(&str, Rule, Change); 8] = [
        ("breach.notified_on", Rule::BreachOrder, |one| {
            one.notified_on = "2024-02-29".to_owned();
        }),
        ("breach.correct_by", Rule::BreachOrder, |one| {
            one.correct_by = "2024-05-05".to_owned();
        }),
        ("breach.hearing_offered_on", Rule::BreachOrder, |one| {
            one.hearing_offered_on = "2024-05-05".to_owned();
        }),
        ("breach.hearing_held_on", Rule::BreachOrder, |one| {
            one.hearing_held_on = "2024-05-05".to_owned();
        }),
        ("breach.confirmed_on", Rule::BreachOrder, |one| {
            one.correct_by.clear();
            one.confirmed_on = "2024-05-12".to_owned();
        }),
        ("breach.carried_out_on", Rule::BreachOrder, |one| {
            one.carried_out_on = "2024-05-20".to_owned();
        }),
        ("breach.carried_out_on", Rule::FutureDate, |one| {
            one.carried_out_on = "2024-06-29".to_owned();
        }),
        ("breach.correct_by", Rule::Date, |one| {
            one.correct_by = "2024-02-30".to_owned()
        }),
    ];
    for (field, rule, change) in cases {
        let mut reported = carried_out();
        change(&mut reported);
        refuses(&reported, field, rule);
    }
    // The last day for putting it right is in time, the day after is not.
    let late = ReportedBreach {
        corrected_on: "2024-05-21".to_owned(),
        ..notified()
    };
    refuses(&late, "breach.corrected_on", Rule::BreachOrder);
}

#[test]
fn a_breach_confirmed_before_the_time_is_over_is_recorded_with_a_warning() {
    let early = ReportedBreach {
        confirmed_on: "2024-05-20".to_owned(),
        ..confirmed()
    };
    let checked = checked(&early);
    assert_eq!(checked.findings.len(), 1);
    assert_eq!(checked.findings[0].kind, CheckKind::Warn);
    assert!(checked.breach.is_some());
}

#[test]
fn conclusions_exclude_each_other() {
    let both = ReportedBreach {
        corrected_on: "2024-05-20".to_owned(),
        ..confirmed()
    };
    refuses(&both, "breach.corrected_on", Rule::BreachConclusion);
    let unconfirmed = ReportedBreach {
        confirmed_on: String::new(),
        ..carried_out()
    };
    refuses(&unconfirmed, "breach.confirmed_on", Rule::Required);
    let undated = ReportedBreach {
        carried_out_on: String::new(),
        ..carried_out()
    };
    refuses(&undated, "breach.carried_out", Rule::BreachConclusion);
}
