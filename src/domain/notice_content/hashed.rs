//! The verification code: SHA-256 over a canonical encoding of the whole content.
//!
//! Every text follows its length, every list its count; what may be absent begins with a byte that says so.
//! The encoding is printed on paper through its hash and stays as it is; a later block of the notice is
//! added behind a new name.

use super::{
    Addressee, Clause, Contact, Foot, Head, ListedDocument, NoticeContent, ReceiptForm, Reference, TimeLimit,
};
use crate::domain::civil_date::CivilDate;
use crate::domain::hash::hash32;
use crate::domain::record::Severity;
use crate::domain::repair::{Choice, Mark, Maximum, Minimum, Other, Publicity};
use crate::domain::severity::Procedure;

/// Bytes that grow item by item.
struct Canon(Vec<u8>);

impl Canon {
    fn number(&mut self, number: u64) -> &mut Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    fn byte(&mut self, byte: u8) -> &mut Self {
        self.0.push(byte);
        self
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.number(bytes.len() as u64).0.extend(bytes);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    fn date(&mut self, date: CivilDate) -> &mut Self {
        self.0.extend(date.key().to_be_bytes());
        self
    }

    fn fen(&mut self, fen: i64) -> &mut Self {
        self.0.extend(fen.to_be_bytes());
        self
    }

    fn option<T>(
        &mut self,
        value: Option<T>,
        write: impl for<'a> Fn(&'a mut Self, T) -> &'a mut Self,
    ) -> &mut Self {
        match value {
            Some(value) => write(self.byte(1), value),
            None => self.byte(0),
        }
    }

    fn list<T>(
        &mut self,
        items: &[T],
        write: impl for<'a> Fn(&'a mut Self, &T) -> &'a mut Self,
    ) -> &mut Self {
        self.number(items.len() as u64);
        for item in items {
            write(self, item);
        }
        self
    }
}

pub(super) fn hash(content: &NoticeContent) -> [u8; 32] {
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
    let mut canon = Canon(Vec::new());
    self::head(&mut canon, head);
    self::addressee(&mut canon, addressee);
    self::reference(&mut canon, reference);
    canon
        .list(publicity, self::publicity)
        .list(clauses, clause)
        .list(limits, limit)
        .list(contacts, contact);
    self::foot(&mut canon, foot);
    self::receipt(&mut canon, receipt);
    hash32(b"credence.notice.content.1", &[&canon.0])
}

fn head<'a>(canon: &'a mut Canon, head: &Head) -> &'a mut Canon {
    let Head {
        title,
        number,
        body_name,
        body_code,
    } = head;
    canon
        .text(title)
        .text(number)
        .text(body_name)
        .text(body_code.as_str())
}

fn addressee<'a>(canon: &'a mut Canon, addressee: &Addressee) -> &'a mut Canon {
    let Addressee {
        name,
        kind,
        code,
        representative,
    } = addressee;
    canon
        .text(name)
        .byte(kind.number())
        .option(code.as_ref(), |canon, code| canon.text(code.as_str()))
        .text(representative)
}

fn procedure(procedure: Option<Procedure>) -> u8 {
    match procedure {
        None => 0,
        Some(Procedure::Simple) => 1,
        Some(Procedure::General) => 2,
    }
}

fn reference<'a>(canon: &'a mut Canon, reference: &Reference) -> &'a mut Canon {
    let Reference {
        kind,
        number,
        decided_on,
        penalty_kinds,
        procedure: by,
        fine,
        confiscated,
        violation,
        basis,
        document,
    } = reference;
    canon
        .byte(kind.number())
        .text(number)
        .date(*decided_on)
        .list(penalty_kinds, |canon, (code, words)| canon.text(code).text(words))
        .byte(procedure(*by))
        .option(*fine, Canon::fen)
        .option(*confiscated, Canon::fen)
        .text(violation)
        .text(basis)
        .option(document.as_ref(), |canon, hash| canon.bytes(hash))
}

fn mark<'a>(canon: &'a mut Canon, mark: &Mark) -> &'a mut Canon {
    let Mark {
        standing,
        trust,
        source,
    } = mark;
    canon.byte(standing.number()).byte(trust.number()).text(source)
}

fn publicity<'a>(canon: &'a mut Canon, publicity: &Publicity) -> &'a mut Canon {
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
    canon
        .byte(path.number())
        .text(version)
        .text(title)
        .text(document)
        .text(place_zh)
        .text(place_en)
        .byte(severity.map_or(0, Severity::number))
        .option(severity_mark.as_ref(), mark)
        .byte(shown.number())
        .option(shown_mark.as_ref(), mark)
        .date(*starts_on);
    match minimum {
        Minimum::AtOnce => canon.byte(1),
        Minimum::Over { months, on } => canon.byte(2).number((*months).into()).date(*on),
        Minimum::NotRepairable => canon.byte(3),
        Minimum::ByListRule => canon.byte(4),
    };
    canon.option(*apply_from, Canon::date).byte(apply_rule.number());
    mark(canon, apply_mark)
        .option(*maximum, |canon, Maximum { months, on }| {
            canon.number(months.into()).date(on)
        })
        .list(terms, |canon, (name, of)| mark(canon.text(name), of))
        .list(assumptions, |canon, one| canon.byte(one.number()));
    self::choice(canon, choice)
}

fn choice<'a>(canon: &'a mut Canon, choice: &Choice) -> &'a mut Canon {
    let Choice {
        transition,
        mark: of,
        asked_for,
        others,
    } = choice;
    mark(canon.byte(transition.number()), of).date(*asked_for).list(
        others,
        |canon,
         Other {
             version,
             apply_from,
             maximum,
         }| {
            canon
                .text(version)
                .option(*apply_from, Canon::date)
                .option(*maximum, Canon::date)
        },
    )
}

fn clause<'a>(canon: &'a mut Canon, clause: &Clause) -> &'a mut Canon {
    let Clause {
        block,
        chinese,
        english,
        mark: of,
    } = clause;
    mark(canon.byte(block.number()).text(chinese).text(english), of)
}

fn limit<'a>(canon: &'a mut Canon, limit: &TimeLimit) -> &'a mut Canon {
    let TimeLimit {
        chinese,
        english,
        working_days,
        mark: of,
    } = limit;
    let canon = canon.text(chinese).text(english).number((*working_days).into());
    mark(canon, of)
}

fn contact<'a>(canon: &'a mut Canon, contact: &Contact) -> &'a mut Canon {
    let Contact {
        name,
        phone,
        address,
        mark: of,
    } = contact;
    mark(canon.text(name).text(phone).text(address), of)
}

fn foot<'a>(canon: &'a mut Canon, foot: &Foot) -> &'a mut Canon {
    let Foot {
        issued_on,
        template,
        verification,
    } = foot;
    canon
        .date(*issued_on)
        .number((*template).into())
        .text(verification)
}

fn receipt<'a>(canon: &'a mut Canon, receipt: &ReceiptForm) -> &'a mut Canon {
    let ReceiptForm { cause, documents } = receipt;
    canon
        .text(cause)
        .list(documents, |canon, ListedDocument { name, number, copies }| {
            canon.text(name).text(number).number((*copies).into())
        })
}
