//! What a notice says, and receipts as filled in, to stored messages and back.
//!
//! Facts of notices embed these messages in their content. Read first: [`content_out`].

use super::stored;
use crate::domain::catalog::Standing;
use crate::domain::civil_date::CivilDate;
use crate::domain::notice_content::{
    Addressee, Clause, Contact, Foot, Head, ListedDocument, NoticeContent, ReceiptForm, Reference, TimeLimit,
};
use crate::domain::record::{RecordKind, Severity};
use crate::domain::repair::{
    ApplyFrom, Assumption, Block, Choice, Mark, Maximum, Minimum, Other, Path, Publicity, Shown, Transition,
};
use crate::domain::severity::Procedure;
use crate::domain::subject::SubjectKind;
use crate::domain::trust::Trust;

/// Writes a notice's content.
#[must_use]
pub fn content_out(content: &NoticeContent) -> stored::NoticeContent {
    // Everything here is taken apart by name, so that a new item cannot be forgotten.
    let NoticeContent {
        head,
        addressee,
        reference,
        publicity,
        clauses,
        limits,
        contacts,
        foot,
        receipt,
    } = content;
    stored::NoticeContent {
        head: Some(head_out(head)),
        addressee: Some(addressee_out(addressee)),
        reference: Some(reference_out(reference)),
        publicity: publicity.iter().map(publicity_out).collect(),
        clauses: clauses.iter().map(clause_out).collect(),
        limits: limits.iter().map(limit_out).collect(),
        contacts: contacts.iter().map(contact_out).collect(),
        foot: Some(foot_out(foot)),
        receipt: Some(receipt_out(receipt)),
    }
}

/// Reads a notice's content; `None` where a number, date or code is none.
#[must_use]
pub fn content_in(content: stored::NoticeContent) -> Option<NoticeContent> {
    Some(NoticeContent {
        head: head_in(content.head?)?,
        addressee: addressee_in(content.addressee?)?,
        reference: reference_in(content.reference?)?,
        publicity: all(content.publicity, publicity_in)?,
        clauses: all(content.clauses, clause_in)?,
        limits: all(content.limits, limit_in)?,
        contacts: all(content.contacts, contact_in)?,
        foot: foot_in(content.foot?)?,
        receipt: receipt_in(content.receipt?),
    })
}

/// Every one of a list, or nothing.
pub(super) fn all<T, U>(list: Vec<T>, read: impl Fn(T) -> Option<U>) -> Option<Vec<U>> {
    list.into_iter().map(read).collect()
}

/// The value of a stored number.
pub(super) fn value<T: TryFrom<u8>>(number: u32) -> Option<T> {
    u8::try_from(number).ok()?.try_into().ok()
}

/// A day that may be absent: `None` where it is none, `Some(None)` where it is absent.
#[allow(
    clippy::option_option,
    reason = "a day that is wrong is not one that is absent"
)]
pub(super) fn day_if_any(day: Option<i32>) -> Option<Option<CivilDate>> {
    day.map_or(Some(None), |day| CivilDate::from_days(day).map(Some))
}

fn hash(bytes: &[u8]) -> Option<[u8; 32]> {
    bytes.try_into().ok()
}

fn head_out(head: &Head) -> stored::NoticeHead {
    let Head {
        title,
        number,
        body_name,
        body_code,
    } = head;
    stored::NoticeHead {
        title: title.clone(),
        number: number.clone(),
        body_name: body_name.clone(),
        body_code: body_code.to_string(),
    }
}

fn head_in(head: stored::NoticeHead) -> Option<Head> {
    Some(Head {
        title: head.title,
        number: head.number,
        body_name: head.body_name,
        body_code: head.body_code.parse().ok()?,
    })
}

fn addressee_out(addressee: &Addressee) -> stored::NoticeAddressee {
    let Addressee {
        name,
        kind,
        code,
        representative,
    } = addressee;
    stored::NoticeAddressee {
        name: name.clone(),
        kind: kind.number().into(),
        code: code.map_or_else(String::new, |code| code.to_string()),
        representative: representative.clone(),
    }
}

fn addressee_in(addressee: stored::NoticeAddressee) -> Option<Addressee> {
    let code = match addressee.code.as_str() {
        "" => None,
        code => Some(code.parse().ok()?),
    };
    Some(Addressee {
        name: addressee.name,
        kind: value::<SubjectKind>(addressee.kind)?,
        code,
        representative: addressee.representative,
    })
}

fn reference_out(reference: &Reference) -> stored::NoticeReference {
    let Reference {
        kind,
        number,
        decided_on,
        penalty_kinds,
        procedure,
        fine,
        confiscated,
        violation,
        basis,
        document,
    } = reference;
    let kinds = penalty_kinds
        .iter()
        .map(|(code, words)| stored::NoticePenaltyKind {
            code: code.clone(),
            words: words.clone(),
        });
    stored::NoticeReference {
        kind: kind.number().into(),
        number: number.clone(),
        decided_on: decided_on.days(),
        penalty_kinds: kinds.collect(),
        procedure: match procedure {
            None => 0,
            Some(Procedure::Simple) => 1,
            Some(Procedure::General) => 2,
        },
        fine: *fine,
        confiscated: *confiscated,
        violation: violation.clone(),
        basis: basis.clone(),
        document: document.map_or_else(Vec::new, |hash| hash.to_vec()),
    }
}

fn reference_in(reference: stored::NoticeReference) -> Option<Reference> {
    let document = match reference.document.as_slice() {
        [] => None,
        bytes => Some(hash(bytes)?),
    };
    let kinds = reference.penalty_kinds.into_iter();
    Some(Reference {
        kind: value::<RecordKind>(reference.kind)?,
        number: reference.number,
        decided_on: CivilDate::from_days(reference.decided_on)?,
        penalty_kinds: kinds.map(|kind| (kind.code, kind.words)).collect(),
        procedure: match reference.procedure {
            0 => None,
            1 => Some(Procedure::Simple),
            2 => Some(Procedure::General),
            _ => return None,
        },
        fine: reference.fine,
        confiscated: reference.confiscated,
        violation: reference.violation,
        basis: reference.basis,
        document,
    })
}

fn mark_out(mark: &Mark) -> stored::NoticeMark {
    let Mark {
        standing,
        trust,
        source,
    } = mark;
    stored::NoticeMark {
        standing: standing.number().into(),
        trust: trust.number().into(),
        source: source.clone(),
    }
}

fn mark_in(mark: stored::NoticeMark) -> Option<Mark> {
    Some(Mark {
        standing: value::<Standing>(mark.standing)?,
        trust: value::<Trust>(mark.trust)?,
        source: mark.source,
    })
}

#[allow(
    clippy::option_option,
    reason = "a mark that is wrong is not one that is absent"
)]
fn mark_if_any(mark: Option<stored::NoticeMark>) -> Option<Option<Mark>> {
    mark.map_or(Some(None), |mark| mark_in(mark).map(Some))
}

fn publicity_out(publicity: &Publicity) -> stored::NoticePublicity {
    let Publicity {
        path,
        version,
        title,
        document,
        place_zh,
        place_en,
        severity,
        severity_mark,
        shown,
        shown_mark,
        starts_on,
        minimum,
        apply_from,
        apply_rule,
        apply_mark,
        maximum,
        terms,
        assumptions,
        choice,
    } = publicity;
    let (minimum, minimum_months, minimum_on) = match minimum {
        Minimum::AtOnce => (1, 0, None),
        Minimum::Over { months, on } => (2, u32::from(*months), Some(on.days())),
        Minimum::NotRepairable => (3, 0, None),
        Minimum::ByListRule => (4, 0, None),
    };
    let terms = terms.iter().map(|(name, mark)| stored::NoticeTerm {
        name: name.clone(),
        mark: Some(mark_out(mark)),
    });
    stored::NoticePublicity {
        path: path.number().into(),
        version: version.clone(),
        title: title.clone(),
        document: document.clone(),
        place_zh: place_zh.clone(),
        place_en: place_en.clone(),
        severity: severity.map_or(0, Severity::number).into(),
        severity_mark: severity_mark.as_ref().map(mark_out),
        shown: shown.number().into(),
        starts_on: starts_on.days(),
        minimum,
        minimum_months,
        minimum_on,
        apply_from: apply_from.map(CivilDate::days),
        apply_rule: apply_rule.number().into(),
        maximum_months: maximum.map_or(0, |maximum| maximum.months).into(),
        maximum_on: maximum.map(|maximum| maximum.on.days()),
        terms: terms.collect(),
        assumptions: assumptions.iter().map(|one| one.number().into()).collect(),
        choice: Some(choice_out(choice)),
        shown_mark: shown_mark.as_ref().map(mark_out),
        apply_mark: Some(mark_out(apply_mark)),
    }
}

fn publicity_in(publicity: stored::NoticePublicity) -> Option<Publicity> {
    let severity = match publicity.severity {
        0 => None,
        number => Some(value::<Severity>(number)?),
    };
    let minimum = match publicity.minimum {
        1 => Minimum::AtOnce,
        2 => Minimum::Over {
            months: u16::try_from(publicity.minimum_months).ok()?,
            on: CivilDate::from_days(publicity.minimum_on?)?,
        },
        3 => Minimum::NotRepairable,
        4 => Minimum::ByListRule,
        _ => return None,
    };
    let maximum = match day_if_any(publicity.maximum_on)? {
        None => None,
        Some(on) => Some(Maximum {
            months: u16::try_from(publicity.maximum_months).ok()?,
            on,
        }),
    };
    Some(Publicity {
        path: value::<Path>(publicity.path)?,
        version: publicity.version,
        title: publicity.title,
        document: publicity.document,
        place_zh: publicity.place_zh,
        place_en: publicity.place_en,
        severity,
        severity_mark: mark_if_any(publicity.severity_mark)?,
        shown: value::<Shown>(publicity.shown)?,
        shown_mark: mark_if_any(publicity.shown_mark)?,
        starts_on: CivilDate::from_days(publicity.starts_on)?,
        minimum,
        apply_from: day_if_any(publicity.apply_from)?,
        apply_rule: value::<ApplyFrom>(publicity.apply_rule)?,
        apply_mark: mark_in(publicity.apply_mark?)?,
        maximum,
        terms: all(publicity.terms, |term| Some((term.name, mark_in(term.mark?)?)))?,
        assumptions: all(publicity.assumptions, value::<Assumption>)?,
        choice: choice_in(publicity.choice?)?,
    })
}

fn choice_out(choice: &Choice) -> stored::NoticeChoice {
    let Choice {
        transition,
        mark,
        asked_for,
        others,
    } = choice;
    let others = others.iter().map(|other| stored::NoticeOtherVersion {
        version: other.version.clone(),
        apply_from: other.apply_from.map(CivilDate::days),
        maximum_on: other.maximum.map(CivilDate::days),
    });
    stored::NoticeChoice {
        transition: transition.number().into(),
        mark: Some(mark_out(mark)),
        asked_for: asked_for.days(),
        others: others.collect(),
    }
}

fn choice_in(choice: stored::NoticeChoice) -> Option<Choice> {
    let other = |other: stored::NoticeOtherVersion| {
        Some(Other {
            version: other.version,
            apply_from: day_if_any(other.apply_from)?,
            maximum: day_if_any(other.maximum_on)?,
        })
    };
    Some(Choice {
        transition: value::<Transition>(choice.transition)?,
        mark: mark_in(choice.mark?)?,
        asked_for: CivilDate::from_days(choice.asked_for)?,
        others: all(choice.others, other)?,
    })
}

fn clause_out(clause: &Clause) -> stored::NoticeClause {
    let Clause {
        block,
        chinese,
        english,
        mark,
    } = clause;
    stored::NoticeClause {
        block: block.number().into(),
        chinese: chinese.clone(),
        english: english.clone(),
        mark: Some(mark_out(mark)),
    }
}

fn clause_in(clause: stored::NoticeClause) -> Option<Clause> {
    Some(Clause {
        block: value::<Block>(clause.block)?,
        chinese: clause.chinese,
        english: clause.english,
        mark: mark_in(clause.mark?)?,
    })
}

fn limit_out(limit: &TimeLimit) -> stored::NoticeTimeLimit {
    let TimeLimit {
        chinese,
        english,
        working_days,
        mark,
    } = limit;
    stored::NoticeTimeLimit {
        chinese: chinese.clone(),
        english: english.clone(),
        working_days: (*working_days).into(),
        mark: Some(mark_out(mark)),
    }
}

fn limit_in(limit: stored::NoticeTimeLimit) -> Option<TimeLimit> {
    Some(TimeLimit {
        chinese: limit.chinese,
        english: limit.english,
        working_days: u16::try_from(limit.working_days).ok()?,
        mark: mark_in(limit.mark?)?,
    })
}

fn contact_out(contact: &Contact) -> stored::NoticeContact {
    let Contact {
        name,
        phone,
        address,
        mark,
    } = contact;
    stored::NoticeContact {
        name: name.clone(),
        phone: phone.clone(),
        address: address.clone(),
        mark: Some(mark_out(mark)),
    }
}

fn contact_in(contact: stored::NoticeContact) -> Option<Contact> {
    Some(Contact {
        name: contact.name,
        phone: contact.phone,
        address: contact.address,
        mark: mark_in(contact.mark?)?,
    })
}

fn foot_out(foot: &Foot) -> stored::NoticeFoot {
    let Foot {
        issued_on,
        template,
        verification,
    } = foot;
    stored::NoticeFoot {
        issued_on: issued_on.days(),
        template: *template,
        verification: verification.clone(),
    }
}

fn foot_in(foot: stored::NoticeFoot) -> Option<Foot> {
    Some(Foot {
        issued_on: CivilDate::from_days(foot.issued_on)?,
        template: foot.template,
        verification: foot.verification,
    })
}

fn receipt_out(receipt: &ReceiptForm) -> stored::NoticeReceiptForm {
    let ReceiptForm { cause, documents } = receipt;
    stored::NoticeReceiptForm {
        cause: cause.clone(),
        documents: documents.iter().map(document_out).collect(),
    }
}

fn receipt_in(receipt: stored::NoticeReceiptForm) -> ReceiptForm {
    ReceiptForm {
        cause: receipt.cause,
        documents: receipt.documents.into_iter().map(document_in).collect(),
    }
}

pub(super) fn document_out(document: &ListedDocument) -> stored::ListedDocument {
    let ListedDocument { name, number, copies } = document;
    stored::ListedDocument {
        name: name.clone(),
        number: number.clone(),
        copies: *copies,
    }
}

pub(super) fn document_in(document: stored::ListedDocument) -> ListedDocument {
    ListedDocument {
        name: document.name,
        number: document.number,
        copies: document.copies,
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::domain::notice_content::samples;

    #[test]
    fn what_a_notice_says_comes_back_from_its_bytes_item_by_item() {
        let unchanged: fn(&mut NoticeContent) = |_| {};
        for change in [unchanged].iter().chain(samples::CHANGES) {
            let mut content = samples::content();
            change(&mut content);
            let bytes = content_out(&content).encode_to_vec();
            let message = stored::NoticeContent::decode(bytes.as_slice()).unwrap();
            assert_eq!(content_in(message), Some(content));
        }
    }

    #[test]
    fn a_number_that_stands_for_nothing_is_no_content() {
        type Damage = fn(&mut stored::NoticeContent);
        const DAMAGES: &[Damage] = &[
            |one| one.head = None,
            |one| one.head.as_mut().unwrap().body_code = "1".to_owned(),
            |one| one.addressee.as_mut().unwrap().kind = 3,
            |one| one.reference.as_mut().unwrap().procedure = 3,
            |one| one.reference.as_mut().unwrap().document = vec![1],
            |one| one.reference.as_mut().unwrap().decided_on = i32::MAX,
            |one| one.publicity[0].minimum = 0,
            |one| one.publicity[0].minimum_on = None,
            |one| one.publicity[0].path = 300,
            |one| one.publicity[0].assumptions = vec![0],
            |one| one.publicity[0].choice = None,
            |one| one.clauses[0].block = 0,
            |one| one.clauses[0].mark = None,
            |one| one.limits[0].working_days = 70_000,
            |one| one.foot.as_mut().unwrap().issued_on = i32::MIN,
            |one| one.receipt = None,
        ];
        for (number, damage) in DAMAGES.iter().enumerate() {
            let mut message = content_out(&samples::content());
            damage(&mut message);
            assert_eq!(content_in(message), None, "damage {number}");
        }
    }
}
