//! What a notice says, for the wire.

use super::catalog::standing;
use crate::domain::civil_date::CivilDate;
use crate::domain::notice_content::{Clause, NoticeContent, Reference};
use crate::domain::record::Severity;
use crate::domain::repair::{Choice, Mark, Minimum, Publicity};
use crate::domain::severity::Procedure;
use crate::notices::paper;
use crate::services::pb;

/// Shows what a notice says.
#[must_use]
pub fn notice_content(content: &NoticeContent) -> pb::NoticeContent {
    let code = content.hash().iter().map(|byte| format!("{byte:02x}")).collect();
    pb::NoticeContent {
        title: content.head.title.clone(),
        number: content.head.number.clone(),
        body_name: content.head.body_name.clone(),
        body_code: content.head.body_code.to_string(),
        addressee: Some(pb::NoticeAddressee {
            name: content.addressee.name.clone(),
            kind: content.addressee.kind.number().into(),
            social_credit_code: content
                .addressee
                .code
                .map_or_else(String::new, |code| code.to_string()),
            representative: content.addressee.representative.clone(),
        }),
        decision: Some(decision(&content.reference)),
        publicity: content.publicity.iter().map(publicity).collect(),
        clauses: content.clauses.iter().map(clause).collect(),
        time_limits: content
            .limits
            .iter()
            .map(|limit| pb::NoticeTimeLimit {
                chinese: limit.chinese.clone(),
                english: limit.english.clone(),
                working_days: limit.working_days.into(),
                mark: Some(mark(&limit.mark)),
            })
            .collect(),
        contacts: content
            .contacts
            .iter()
            .map(|contact| pb::NoticeContact {
                name: contact.name.clone(),
                phone: contact.phone.clone(),
                address: contact.address.clone(),
                mark: Some(mark(&contact.mark)),
            })
            .collect(),
        issued_on: content.foot.issued_on.to_string(),
        template_version: content.foot.template,
        verification_code: code,
        verification_address: paper::verification_address(content),
        receipt_cause: content.receipt.cause.clone(),
        receipt_documents: content
            .receipt
            .documents
            .iter()
            .map(|document| pb::NoticeDocument {
                name: document.name.clone(),
                number: document.number.clone(),
                copies: document.copies,
            })
            .collect(),
        has_unchecked_settings: content.has_unchecked(),
    }
}

fn day(day: Option<CivilDate>) -> String {
    day.map_or_else(String::new, |day| day.to_string())
}

fn mark(mark: &Mark) -> pb::NoticeMark {
    pb::NoticeMark {
        standing: standing(mark.standing).to_owned(),
        trust: mark.trust.mark().to_owned(),
        source: mark.source.clone(),
    }
}

fn decision(reference: &Reference) -> pb::NoticeDecision {
    let kinds = reference.penalty_kinds.iter();
    pb::NoticeDecision {
        kind: reference.kind.number().into(),
        number: reference.number.clone(),
        decided_on: reference.decided_on.to_string(),
        penalty_kinds: kinds
            .map(|(code, words)| pb::NoticePenaltyKind {
                code: code.clone(),
                words: words.clone(),
            })
            .collect(),
        procedure: match reference.procedure {
            None => "",
            Some(Procedure::Simple) => "simple",
            Some(Procedure::General) => "general",
        }
        .to_owned(),
        fine_fen: reference.fine,
        confiscated_fen: reference.confiscated,
        violation: reference.violation.clone(),
        basis: reference.basis.clone(),
        document_sha256: reference.document.map_or_else(Vec::new, |hash| hash.to_vec()),
    }
}

fn publicity(publicity: &Publicity) -> pb::NoticePublicity {
    let (minimum, minimum_months, minimum_until) = match publicity.minimum {
        Minimum::AtOnce => (pb::NoticeMinimum::AtOnce, 0, None),
        Minimum::Over { months, on } => (pb::NoticeMinimum::Months, months, Some(on)),
        Minimum::NotRepairable => (pb::NoticeMinimum::NotRepairable, 0, None),
        Minimum::ByListRule => (pb::NoticeMinimum::ByListRule, 0, None),
    };
    let terms = publicity.terms.iter().map(|(name, of)| pb::NoticeTerm {
        name: name.clone(),
        mark: Some(mark(of)),
    });
    pb::NoticePublicity {
        path: publicity.path.number().into(),
        version: publicity.version.clone(),
        title: publicity.title.clone(),
        document: publicity.document.clone(),
        place: publicity.place_zh.clone(),
        place_en: publicity.place_en.clone(),
        severity: publicity.severity.map_or(0, Severity::number).into(),
        severity_mark: publicity.severity_mark.as_ref().map(mark),
        shown: publicity.shown.number().into(),
        shown_mark: publicity.shown_mark.as_ref().map(mark),
        starts_on: publicity.starts_on.to_string(),
        minimum: minimum.into(),
        minimum_months: minimum_months.into(),
        minimum_until: day(minimum_until),
        apply_from: day(publicity.apply_from),
        apply_mark: Some(mark(&publicity.apply_mark)),
        maximum_months: publicity.maximum.map_or(0, |maximum| maximum.months).into(),
        maximum_until: day(publicity.maximum.map(|maximum| maximum.on)),
        terms: terms.collect(),
        assumptions: publicity
            .assumptions
            .iter()
            .map(|one| one.number().into())
            .collect(),
        choice: Some(choice(&publicity.choice)),
    }
}

fn choice(choice: &Choice) -> pb::NoticeChoice {
    let others = choice.others.iter().map(|other| pb::NoticeOtherVersion {
        version: other.version.clone(),
        apply_from: day(other.apply_from),
        maximum_until: day(other.maximum),
    });
    pb::NoticeChoice {
        transition: choice.transition.number().into(),
        mark: Some(mark(&choice.mark)),
        asked_for: choice.asked_for.to_string(),
        others: others.collect(),
    }
}

fn clause(clause: &Clause) -> pb::NoticeClause {
    pb::NoticeClause {
        block: clause.block.number().into(),
        chinese: clause.chinese.clone(),
        english: clause.english.clone(),
        mark: Some(mark(&clause.mark)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::notice_content::samples;
    use crate::domain::repair::{Assumption, Block, Path, Shown, Transition};

    /// Enums go to the wire by their stored numbers; each must mean the same there.
    #[test]
    fn every_number_has_its_value_on_the_wire() {
        let named = |name: &str, known: Option<&'static str>| {
            let known = known.unwrap_or_default().replace('_', "");
            let expected = name.to_uppercase();
            assert!(known.ends_with(&expected), "{known} for {name}");
        };
        for one in Path::ALL {
            let wire = pb::RepairPath::try_from(i32::from(one.number())).ok();
            named(&format!("{one:?}"), wire.map(|wire| wire.as_str_name()));
        }
        for one in Transition::ALL {
            let wire = pb::RepairTransition::try_from(i32::from(one.number())).ok();
            named(&format!("{one:?}"), wire.map(|wire| wire.as_str_name()));
        }
        for one in Shown::ALL {
            let wire = pb::NoticeShown::try_from(i32::from(one.number())).ok();
            named(&format!("{one:?}"), wire.map(|wire| wire.as_str_name()));
        }
        for one in Assumption::ALL {
            let wire = pb::NoticeAssumption::try_from(i32::from(one.number())).ok();
            named(&format!("{one:?}"), wire.map(|wire| wire.as_str_name()));
        }
        for one in Block::ALL {
            let wire = pb::NoticeBlock::try_from(i32::from(one.number())).ok();
            named(&format!("{one:?}"), wire.map(|wire| wire.as_str_name()));
        }
    }

    #[test]
    fn the_wire_says_what_the_content_says() {
        let content = samples::content();
        let wire = notice_content(&content);
        assert_eq!(wire.number, "市监信修告〔2026〕12号");
        assert_eq!(wire.verification_code.len(), 64);
        assert!(wire.verification_address.ends_with(&wire.verification_code));
        let publicity = &wire.publicity[0];
        assert_eq!(publicity.minimum(), pb::NoticeMinimum::Months);
        assert_eq!(publicity.minimum_until, "2026-07-01");
        assert_eq!(publicity.apply_from, "2026-07-02");
        assert_eq!(publicity.maximum_until, "2027-04-01");
        assert_eq!(wire.time_limits[0].mark.as_ref().unwrap().trust, "K");
        assert!(wire.has_unchecked_settings);
        assert_eq!(wire.clauses.len(), content.clauses.len());
        assert_eq!(wire.decision.unwrap().fine_fen, Some(200_000));
        let mut none = content;
        none.reference.fine = None;
        assert_eq!(notice_content(&none).decision.unwrap().fine_fen, None);
    }
}
