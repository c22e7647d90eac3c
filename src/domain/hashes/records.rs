//! Keys and content hashes of credit records other than commitments.

use super::{Encoding, HASH_SIZE};
use crate::domain::record::{Record, RecordKind, ReportedRecord, Source, Value};
use crate::domain::social_credit_code::SocialCreditCode;

/// Returns the natural key of a record: kind, organ, number, party; of a licence the date too, since a
/// licence number stands in for a missing decision number and renewals repeat it.
///
/// Over a person's number it can be guessed at: in tables it stands under the lookup key.
///
/// Source: `domain.md` 2.8.
#[must_use]
pub fn record_key(record: &Record) -> [u8; HASH_SIZE] {
    let encoding = Encoding::of("credence.record.key.1")
        .byte(record.kind.number())
        .text(record.body.as_str())
        .text(&record.number)
        .identity(&record.party.identity);
    match record.kind {
        RecordKind::Licence => encoding.date(record.decided_on),
        RecordKind::Penalty
        | RecordKind::Listing
        | RecordKind::AbnormalListing
        | RecordKind::Commendation
        | RecordKind::Evaluation
        | RecordKind::InspectionResult
        | RecordKind::Ruling => encoding,
    }
    .finish()
}

/// Returns the hash of what a record says. What dated data add to it (level, department) and where it
/// came from are not part of it.
#[must_use]
pub fn record_hash(record: &Record) -> [u8; HASH_SIZE] {
    let Record {
        kind,
        layout,
        party,
        body,
        number,
        decided_on,
        items,
        // These four are read out of the items, the level also out of dated data.
        until: _,
        severity: _,
        matter: _,
        target: _,
    } = record;
    let mut encoding = Encoding::of("credence.record.content.1")
        .byte(kind.number())
        .text(layout)
        .byte(party.kind.number())
        .identity(&party.identity)
        .text(&party.name)
        .text(body.as_str())
        .text(number)
        .date(*decided_on);
    for item in items.iter().filter(|item| !item.of_the_row) {
        encoding = value(encoding.text(&item.code), &item.value);
    }
    encoding.finish()
}

fn value(encoding: Encoding, value: &Value) -> Encoding {
    match value {
        Value::Text(text) => encoding.byte(1).text(text),
        Value::Date(date) => encoding.byte(2).date(*date),
        Value::Until(validity) => encoding.byte(3).validity(*validity),
        Value::Fen(fen) => encoding.byte(4).text(&fen.to_string()),
        Value::Millionths(millionths) => encoding.byte(5).text(&millionths.to_string()),
        Value::Choices(chosen) => {
            let count = u8::try_from(chosen.len()).unwrap_or(u8::MAX);
            let encoding = encoding.byte(6).byte(count);
            chosen.iter().fold(encoding, |encoding, one| {
                encoding.text(&one.code).text(&one.words)
            })
        }
        Value::Code(code) => encoding.byte(7).text(code.as_str()),
        Value::Document(number) => encoding.byte(8).text(number),
    }
}

/// Returns what a decision is found by across its parties: organ and number.
#[must_use]
pub fn decision_key(body: &SocialCreditCode, number: &str) -> [u8; HASH_SIZE] {
    Encoding::of("credence.decision.key.1")
        .text(body.as_str())
        .text(number)
        .finish()
}

/// Returns what a source is told apart by: system, its key, its batch.
///
/// Source: `domain.md` 2.8, source row.
#[must_use]
pub fn source_hash(source: &Source) -> [u8; HASH_SIZE] {
    let Source { system, key, batch } = source;
    Encoding::of("credence.source.key.1")
        .text(system)
        .text(key)
        .text(batch)
        .finish()
}

/// Returns the hash of a row as it was sent, its source left out; for a table, under the lookup key.
#[must_use]
pub fn row_hash(row: &ReportedRecord) -> [u8; HASH_SIZE] {
    let ReportedRecord {
        layout,
        items,
        source: _,
    } = row;
    let encoding = Encoding::of("credence.record.row.1").text(layout);
    items
        .iter()
        .fold(encoding, |encoding, (code, text)| encoding.text(code).text(text))
        .finish()
}

/// Returns the hash of texts, such as a reason and the document it rests on.
#[must_use]
pub fn grounds_hash(texts: &[&str]) -> [u8; HASH_SIZE] {
    let encoding = Encoding::of("credence.grounds.1");
    texts
        .iter()
        .fold(encoding, |encoding, text| encoding.text(text))
        .finish()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::commitment::Validity;
    use crate::domain::record::{Chosen, Item, Party, Severity};
    use crate::domain::subject::{Identity, SubjectKind};

    fn record() -> Record {
        Record {
            kind: RecordKind::Penalty,
            layout: "PENALTY_V2".to_owned(),
            party: Party {
                kind: SubjectKind::Organisation,
                identity: Identity::Code("91440300192317458F".parse().unwrap()),
                name: "某某商贸有限公司".to_owned(),
            },
            body: "11152105011615166F".parse().unwrap(),
            number: "市监罚〔2024〕1号".to_owned(),
            decided_on: "2024-03-01".parse().unwrap(),
            until: Validity::OpenEnded,
            severity: None,
            matter: None,
            target: None,
            items: vec![
                Item {
                    code: "CF_NR_FK".to_owned(),
                    value: Value::Fen(200_000),
                    of_the_row: false,
                },
                Item {
                    code: "CF_CFLB".to_owned(),
                    value: Value::Choices(vec![Chosen {
                        code: "02".to_owned(),
                        words: String::new(),
                    }]),
                    of_the_row: false,
                },
            ],
        }
    }

    type Change = fn(&mut Record);

    /// Every change, whether it makes another record, and whether it says something else.
    const CHANGES: &[(Change, bool, bool)] = &[
        (|one| one.kind = RecordKind::Listing, true, true),
        (|one| one.body = "11230500001755309F".parse().unwrap(), true, true),
        (|one| one.number.push('甲'), true, true),
        (
            |one| one.party.identity = Identity::Person("11010519491231002X".parse().unwrap()),
            true,
            true,
        ),
        (|one| one.party.name.push('甲'), false, true),
        (
            |one| one.party.kind = SubjectKind::IndividualBusiness,
            false,
            true,
        ),
        (|one| one.layout = "PENALTY_V1".to_owned(), false, true),
        (|one| one.decided_on = "2024-03-02".parse().unwrap(), false, true),
        (|one| one.items[0].value = Value::Fen(200_001), false, true),
        (|one| one.items[0].value = Value::Millionths(200_000), false, true),
        (
            |one| one.items[0].value = Value::Text("200000".to_owned()),
            false,
            true,
        ),
        (
            |one| one.items[0].value = Value::Until(Validity::OpenEnded),
            false,
            true,
        ),
        (
            |one| {
                one.items.pop();
            },
            false,
            true,
        ),
        (
            |one| {
                one.items[1].value = Value::Choices(vec![Chosen {
                    code: "0".to_owned(),
                    words: "2".to_owned(),
                }]);
            },
            false,
            true,
        ),
        (
            |one| {
                one.items.push(Item {
                    code: "CF_SJLY".to_owned(),
                    value: Value::Text("another supplier".to_owned()),
                    of_the_row: true,
                });
            },
            false,
            false,
        ),
        (|one| one.severity = Some(Severity::Minor), false, false),
        (|one| one.until = Validity::NotStated, false, false),
        (|one| one.matter = Some("甲".to_owned()), false, false),
    ];

    #[test]
    fn key_and_content_change_with_what_they_are_made_of_and_with_nothing_else() {
        let mut keys = HashSet::from([record_key(&record())]);
        let mut contents = HashSet::from([record_hash(&record())]);
        for (number, (change, is_other, says_other)) in CHANGES.iter().enumerate() {
            let mut changed = record();
            change(&mut changed);
            assert_eq!(
                keys.insert(record_key(&changed)),
                *is_other,
                "key of change {number}"
            );
            assert_eq!(
                contents.insert(record_hash(&changed)),
                *says_other,
                "content of change {number}"
            );
        }
    }

    #[test]
    fn a_licence_is_told_apart_by_its_date_too() {
        let licence = |on: &str| Record {
            kind: RecordKind::Licence,
            decided_on: on.parse().unwrap(),
            ..record()
        };
        assert_ne!(
            record_key(&licence("2024-03-01")),
            record_key(&licence("2025-03-01"))
        );
    }

    #[test]
    fn a_source_is_told_apart_by_each_of_its_three_parts() {
        let source = |system: &str, key: &str, batch: &str| {
            source_hash(&Source {
                system: system.to_owned(),
                key: key.to_owned(),
                batch: batch.to_owned(),
            })
        };
        let all = [
            source("a", "b", "c"),
            source("ab", "", "c"),
            source("a", "bc", ""),
            source("", "", ""),
        ];
        assert_eq!(HashSet::from(all).len(), all.len());
    }
}
