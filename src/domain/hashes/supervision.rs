//! Content hashes and natural keys of breaches, excuses and zero reports; the wording of a promise.

use super::{Encoding, HASH_SIZE};
use crate::domain::breach::{Breach, Conclusion, Hearing};
use crate::domain::civil_date::Month;
use crate::domain::commitment::Commitment;
use crate::domain::reporting::{DataKind, Reporter};
use crate::domain::supervision_fact::Excuse;

/// Returns the hash of how a promise is worded, whoever made it and when: kind, reason, content.
///
/// By it promises are found that were reported by the hundred.
#[must_use]
pub fn wording_hash(commitment: &Commitment) -> [u8; HASH_SIZE] {
    Encoding::of("credence.commitment.wording.1")
        .byte(commitment.kind.number())
        .text(&commitment.kind_words)
        .text(&commitment.reason)
        .text(&commitment.content)
        .finish()
}

/// Returns the hash of a breach. The commitment it belongs to is not part of it.
#[must_use]
pub fn breach_hash(breach: &Breach) -> [u8; HASH_SIZE] {
    // Taken apart by name, so that a new item cannot be forgotten here.
    let Breach {
        finding_body_name,
        finding_body_code,
        unperformed,
        basis,
        evidence,
        notified_on,
        correct_by,
        hearing_offered_on,
        hearing,
        consequence,
        conclusion,
    } = breach;
    let encoding = Encoding::of("credence.breach.content.1")
        .text(finding_body_name)
        .text(finding_body_code.as_str())
        .text(unperformed)
        .text(basis)
        .texts(evidence)
        .date(*notified_on);
    let encoding = match correct_by {
        Some(date) => encoding.byte(1).date(*date),
        None => encoding.byte(0),
    };
    let encoding = encoding.date(*hearing_offered_on);
    let encoding = match hearing {
        Hearing::Offered => encoding.byte(0),
        Hearing::Held(on) => encoding.byte(1).date(*on),
        Hearing::Waived(on) => encoding.byte(2).date(*on),
    };
    let encoding = encoding.text(consequence);
    match conclusion {
        Conclusion::Open => encoding.byte(0),
        Conclusion::Corrected(on) => encoding.byte(1).date(*on),
        Conclusion::Confirmed(on) => encoding.byte(2).date(*on),
        Conclusion::CarriedOut {
            confirmed_on,
            on,
            what,
        } => encoding.byte(3).date(*confirmed_on).date(*on).text(what),
    }
    .finish()
}

/// Returns the natural key of an excuse: all that it says.
#[must_use]
pub fn excuse_key(excuse: &Excuse) -> [u8; HASH_SIZE] {
    let Excuse {
        reporter,
        data,
        received_from,
        received_until,
        cause,
        text,
        evidence,
    } = excuse;
    Encoding::of("credence.excuse.key.1")
        .text(&reporter.to_string())
        .byte(data.number())
        .date(*received_from)
        .date(*received_until)
        .byte(cause.number())
        .text(text)
        .texts(evidence)
        .finish()
}

/// Returns the hash of a judgment. The excuse it is about is not part of it.
#[must_use]
pub fn judgment_hash(is_accepted: bool, reason: &str) -> [u8; HASH_SIZE] {
    Encoding::of("credence.judgment.content.1")
        .byte(is_accepted.into())
        .text(reason)
        .finish()
}

/// Returns the natural key of a zero report.
#[must_use]
pub fn zero_report_key(reporter: Reporter, data: DataKind, month: Month) -> [u8; HASH_SIZE] {
    Encoding::of("credence.zero.key.1")
        .text(&reporter.to_string())
        .byte(data.number())
        .date(month.first_day())
        .finish()
}

impl Encoding {
    fn texts(mut self, texts: &[String]) -> Self {
        let count = u8::try_from(texts.len()).expect("lists of references are bounded far below 256");
        self = self.byte(count);
        for text in texts {
            self = self.text(text);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn breach() -> Breach {
        let day = |text: &str| text.parse().unwrap();
        Breach {
            finding_body_name: "局".to_owned(),
            finding_body_code: "11152105011615166F".parse().unwrap(),
            unperformed: "未补".to_owned(),
            basis: "条例".to_owned(),
            evidence: vec!["甲".to_owned(), "乙".to_owned()],
            notified_on: day("2024-05-06"),
            correct_by: Some(day("2024-05-20")),
            hearing_offered_on: day("2024-05-06"),
            hearing: Hearing::Held(day("2024-05-13")),
            consequence: "撤销".to_owned(),
            conclusion: Conclusion::CarriedOut {
                confirmed_on: day("2024-05-21"),
                on: day("2024-05-22"),
                what: "已撤".to_owned(),
            },
        }
    }

    #[test]
    fn every_item_of_a_breach_is_in_its_hash() {
        const CHANGES: &[fn(&mut Breach)] = &[
            |_| {},
            |one| one.finding_body_name.push('甲'),
            |one| one.finding_body_code = "11230500001755309F".parse().unwrap(),
            |one| one.unperformed.push('甲'),
            |one| one.basis.push('甲'),
            |one| one.evidence = vec!["甲乙".to_owned()],
            |one| one.evidence = vec!["甲乙".to_owned(), String::new()],
            |one| one.notified_on = "2024-05-07".parse().unwrap(),
            |one| one.correct_by = None,
            |one| one.hearing_offered_on = "2024-05-07".parse().unwrap(),
            |one| one.hearing = Hearing::Offered,
            |one| one.hearing = Hearing::Waived("2024-05-13".parse().unwrap()),
            |one| one.hearing = Hearing::Held("2024-05-14".parse().unwrap()),
            |one| one.consequence.push('甲'),
            |one| one.conclusion = Conclusion::Open,
            |one| one.conclusion = Conclusion::Corrected("2024-05-21".parse().unwrap()),
            |one| one.conclusion = Conclusion::Confirmed("2024-05-21".parse().unwrap()),
        ];
        let hashes = CHANGES.iter().map(|change| {
            let mut breach = breach();
            change(&mut breach);
            breach_hash(&breach)
        });
        assert_eq!(hashes.collect::<HashSet<_>>().len(), CHANGES.len());
    }
}
