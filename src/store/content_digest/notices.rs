//! What facts about notice pairs say, with pairs by decision and party and records by natural key.

use std::collections::HashMap;

use crate::domain::hash::hash16;
use crate::domain::notice::ClockSet;
use crate::domain::notice_fact::{DueDay, NoticeFact};
use crate::domain::revision::Revision;

use super::subjects::Met;

/// Natural key and content hash of a fact; `None` for decisions out of scope, which follow from the records
/// and the data, and for deadlines that moved by themselves.
pub fn said(
    fact: &NoticeFact,
    at: Revision,
    met: &Met,
    names: &mut HashMap<Revision, [u8; 16]>,
) -> Option<([u8; 16], [u8; 16])> {
    let opening = |kind: u8, number: &str, body: &str, subject: [u8; 16]| {
        hash16(
            b"notice",
            &[&[kind], body.as_bytes(), number.as_bytes(), &subject],
        )
    };
    if let NoticeFact::Owed(fact) = fact {
        let subject = met.subject(fact.who.subject);
        let key = opening(
            fact.kind.number(),
            &fact.decision_number,
            fact.body.as_str(),
            subject,
        );
        names.insert(at, key);
        return Some((key, hash16(b"owed", &[&fact.decided_on.key().to_be_bytes()])));
    }
    if let NoticeFact::Issued(fact) = fact {
        let reference = &fact.content.reference;
        let subject = met.subject(fact.who.subject);
        let kind = reference.kind.number();
        let key = opening(kind, &reference.number, fact.body.as_str(), subject);
        names.insert(fact.pair.unwrap_or(at), key);
        return Some((key, hash16(b"issued", &[&fact.content.hash()])));
    }
    let key = *names.get(&fact.pair(at)?)?;
    Some((key, content(fact, names)?))
}

fn day(due: DueDay) -> [u8; 4] {
    due.day().map_or(0, |day| day.key()).to_be_bytes()
}

fn clocks(clocks: &[ClockSet]) -> Vec<u8> {
    let clock = |one: &ClockSet| {
        [
            &[one.clock.number()][..],
            &one.start.key().to_be_bytes(),
            &day(one.due),
        ]
        .concat()
    };
    clocks.iter().flat_map(clock).collect()
}

fn content(fact: &NoticeFact, names: &HashMap<Revision, [u8; 16]>) -> Option<[u8; 16]> {
    Some(match fact {
        NoticeFact::Issued(_) | NoticeFact::Owed(_) | NoticeFact::Moved(_) | NoticeFact::OutOfScope(_) => {
            return None;
        }
        NoticeFact::Matched(fact) => hash16(b"matched", &[names.get(&fact.record)?]),
        NoticeFact::Received(fact) => {
            let served = fact.served.map_or(0, |on| on.key()).to_be_bytes();
            let delivery = &fact.delivery;
            let on = delivery.on.map_or(0, |on| on.key()).to_be_bytes();
            let of = [
                u8::from(fact.of_decision),
                u8::from(fact.of_notice),
                delivery.mode.number(),
                delivery.failure.map_or(0, |failure| failure.number()),
            ];
            let attachments: Vec<u8> = delivery.attachments.iter().flat_map(|one| one.sha256).collect();
            hash16(
                b"receipt",
                &[
                    &of,
                    &served,
                    &on,
                    delivery.place.as_bytes(),
                    delivery.tracking_number.as_bytes(),
                    &attachments,
                ],
            )
        }
        NoticeFact::Judged(fact) => {
            let days = [fact.decision_on, fact.notice_on].map(|on| on.key().to_be_bytes());
            hash16(b"judged", &[&[fact.verdict.number()], &days.concat()])
        }
        NoticeFact::Suspended(fact) => {
            let on = fact.on.key().to_be_bytes();
            hash16(
                b"suspended",
                &[&[fact.clock.number()], &on, fact.reason.as_bytes()],
            )
        }
        NoticeFact::Resumed(fact) => {
            let on = fact.on.key().to_be_bytes();
            hash16(
                b"resumed",
                &[
                    &[fact.clock.number()],
                    &on,
                    &day(fact.due),
                    fact.reason.as_bytes(),
                ],
            )
        }
        NoticeFact::Overdue(fact) => {
            let due = fact.due.key().to_be_bytes();
            hash16(b"overdue", &[&[fact.clock.number()], &due])
        }
        NoticeFact::Voided(fact) => {
            let clock = clocks(fact.clock.as_slice());
            hash16(
                b"voided",
                &[&clock, fact.reason.as_bytes(), fact.basis.as_bytes()],
            )
        }
        NoticeFact::Restored(fact) => hash16(b"restored", &[&clocks(&fact.clocks)]),
        NoticeFact::Questioned(fact) => {
            let differs: Vec<u8> = fact.differs.iter().map(|one| one.number()).collect();
            hash16(b"questioned", &[&differs, &clocks(fact.clock.as_slice())])
        }
        NoticeFact::TakenDown(fact) => {
            let on = fact.on.key().to_be_bytes();
            hash16(b"taken down", &[&on, fact.explanation.as_bytes()])
        }
    })
}
