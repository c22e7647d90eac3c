//! The hash over evidence. Read first: [`digest`].

use sha2::{Digest, Sha256};

use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::Validity;
use crate::domain::grading::{Evidence, Procedure};
use crate::domain::subject::SubjectKind;

/// The hash over evidence, by what is the same however it came in: no revision, no opaque name.
#[must_use]
pub fn digest(evidence: &Evidence) -> [u8; 32] {
    let Evidence {
        subject_kind,
        is_registered,
        established_on,
        deregistered_on,
        member_from,
        member_until,
        events,
        earlier,
        rank,
    } = evidence;
    let mut hash = Sha256::new();
    let mut put = |bytes: &[u8]| {
        hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(bytes);
    };
    let day = |day: Option<CivilDate>| day.map_or(0, CivilDate::key).to_be_bytes();
    put(&[kind_number(*subject_kind), u8::from(*is_registered)]);
    for one in [*established_on, *deregistered_on, *member_from, *member_until] {
        put(&day(one));
    }
    for event in events {
        put(&[
            event.kind.number(),
            u8::from(event.in_sector),
            procedure_number(event.procedure),
        ]);
        for text in [&event.item, &event.level, &event.matter, &event.case] {
            put(text.as_bytes());
        }
        put(&[event.severity.map_or(0, crate::domain::record::Severity::number)]);
        put(&optional(event.amount));
        put(&event.quantity.to_be_bytes());
        put(&optional(event.value.map(|value| value.0)));
        put(&day(Some(event.decided)));
        put(&match event.until {
            Validity::NotStated => [0; 4],
            Validity::Until(on) => on.key().to_be_bytes(),
            Validity::OpenEnded => [255; 4],
        });
        put(&[event.ended.map_or(0, |(end, _)| end.number())]);
        put(&day(event.ended.map(|(_, on)| on)));
    }
    for grade in earlier {
        put(grade.sector.as_str().as_bytes());
        put(&[grade.outcome.number()]);
        put(grade.level.as_bytes());
        for one in [Some(grade.period_last), Some(grade.from), grade.until] {
            put(&day(one));
        }
    }
    put(&rank.map_or([0; 8], |rank| {
        ((u64::from(rank.place) << 32) | u64::from(rank.of)).to_be_bytes()
    }));
    hash.finalize().into()
}

fn kind_number(kind: SubjectKind) -> u8 {
    kind.number()
}

fn procedure_number(procedure: Procedure) -> u8 {
    match procedure {
        Procedure::Unknown => 0,
        Procedure::Simple => 1,
        Procedure::General => 2,
    }
}

fn optional(number: Option<i64>) -> Vec<u8> {
    number
        .map(|number| number.to_be_bytes().to_vec())
        .unwrap_or_default()
}
