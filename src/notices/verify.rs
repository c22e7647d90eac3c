//! Tells anyone who holds a paper whether it is genuine and current, and nothing else.
//!
//! Read first: [`verify`].

/// What is known of an issued notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Verification code that its paper bears: the hash of its content.
    pub code: [u8; 32],
    /// SHA-256 of its paper as drawn, for one who holds the file.
    pub paper: [u8; 32],
    /// It was neither voided nor replaced.
    pub is_current: bool,
}

/// What the holder of a paper is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was issued with this content and still stands.
    Current,
    /// It was issued with this content and has been voided or replaced since.
    NotCurrent,
    /// No notice of this number has this content. An unknown number gets the same answer, so that numbers
    /// cannot be tried out.
    NotGenuine,
}

/// Compares what a paper bears with what was issued under its number.
///
/// `hash` is the verification code on the paper, or the SHA-256 of the file.
#[must_use]
pub fn verify(issued: Option<&Issued>, hash: &[u8; 32]) -> Verdict {
    match issued {
        Some(issued) if issued.code == *hash || issued.paper == *hash => {
            if issued.is_current {
                Verdict::Current
            } else {
                Verdict::NotCurrent
            }
        }
        Some(_) | None => Verdict::NotGenuine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_is_genuine_by_its_code_or_its_file_and_current_until_it_is_voided() {
        let current = Issued {
            code: [1; 32],
            paper: [2; 32],
            is_current: true,
        };
        let voided = Issued {
            is_current: false,
            ..current
        };
        for (issued, hash, expected) in [
            (Some(&current), [1; 32], Verdict::Current),
            (Some(&current), [2; 32], Verdict::Current),
            (Some(&current), [3; 32], Verdict::NotGenuine),
            (Some(&voided), [1; 32], Verdict::NotCurrent),
            (Some(&voided), [2; 32], Verdict::NotCurrent),
            (Some(&voided), [3; 32], Verdict::NotGenuine),
            (None, [1; 32], Verdict::NotGenuine),
        ] {
            assert_eq!(verify(issued, &hash), expected);
        }
    }
}
