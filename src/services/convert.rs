//! Conversions between the wire and the domain: questions and commands in, answers out.
//!
//! Read first: [`requests`] (parsing, with every wrong field listed at once), then [`answers`].

pub mod answers;
pub mod catalog;
pub mod grades;
pub mod layouts;
pub mod masked;
pub mod notice_content;
pub mod notices;
pub mod records;
pub mod requests;
pub mod supervision;
pub mod timeliness;

use crate::domain::revision::Instant;

/// An instant as the wire has it.
#[must_use]
pub fn timestamp(instant: Instant) -> prost_types::Timestamp {
    const SECOND: i64 = 1_000_000_000;
    prost_types::Timestamp {
        seconds: instant.0.div_euclid(SECOND),
        nanos: i32::try_from(instant.0.rem_euclid(SECOND)).expect("a part of a second fits"),
    }
}

/// An instant from the wire; `None` if it is none, or lies outside the years 1678 to 2262.
#[must_use]
pub fn instant(timestamp: prost_types::Timestamp) -> Option<Instant> {
    let whole = timestamp.seconds.checked_mul(1_000_000_000)?;
    let part = (0..1_000_000_000)
        .contains(&timestamp.nanos)
        .then_some(timestamp.nanos)?;
    whole.checked_add(i64::from(part)).map(Instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_survive_the_wire_on_both_sides_of_1970() {
        for nanoseconds in [0, 1, -1, 1_704_038_400_000_000_001, -1_000_000_001] {
            assert_eq!(
                instant(timestamp(Instant(nanoseconds))),
                Some(Instant(nanoseconds))
            );
        }
        assert_eq!(
            instant(prost_types::Timestamp {
                seconds: 0,
                nanos: -1
            }),
            None
        );
        assert_eq!(
            instant(prost_types::Timestamp {
                seconds: 0,
                nanos: 1_000_000_000
            }),
            None
        );
        assert_eq!(
            instant(prost_types::Timestamp {
                seconds: i64::MAX,
                nanos: 0
            }),
            None
        );
    }
}
