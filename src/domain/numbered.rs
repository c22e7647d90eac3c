//! Enums whose numbers are stored: their way to the number and back.

/// A number that stands for no value of its enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{number} is no {of}")]
pub struct UnknownNumber {
    pub number: u8,
    /// Name of the enum.
    pub of: &'static str,
}

/// Gives a `#[repr(u8)]` enum its list of values, its number, and the way back from the number.
macro_rules! numbered {
    ($name:ident { $($value:ident),+ $(,)? }) => {
        impl $name {
            /// Every value, by rising number.
            pub const ALL: &[Self] = &[$(Self::$value),+];

            /// Returns the number that is stored.
            #[must_use]
            pub fn number(self) -> u8 {
                // Matched, not cast, so that a value missing from the list does not compile.
                match self {
                    $(Self::$value => const { Self::$value as u8 },)+
                }
            }
        }

        impl TryFrom<u8> for $name {
            type Error = $crate::domain::numbered::UnknownNumber;

            fn try_from(number: u8) -> Result<Self, Self::Error> {
                let unknown = $crate::domain::numbered::UnknownNumber { number, of: stringify!($name) };
                Self::ALL.iter().copied().find(|value| value.number() == number).ok_or(unknown)
            }
        }
    };
}
pub(crate) use numbered;

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use crate::domain::catalog::{Authority, DepartmentKind, Standing};
    use crate::domain::commitment::{CommitmentKind, PerformanceState, Publication};
    use crate::domain::finding::{CheckKind, Rule};
    use crate::domain::identity::IdentityKind;
    use crate::domain::subject::SubjectKind;

    #[track_caller]
    fn check<T>(all: &[T], number: impl Fn(T) -> u8)
    where
        T: Copy + Debug + PartialEq + TryFrom<u8>,
    {
        assert!(
            all.iter()
                .map(|value| number(*value))
                .is_sorted_by(|one, next| one < next)
        );
        let known: Vec<T> = (0..=u8::MAX).filter_map(|byte| T::try_from(byte).ok()).collect();
        assert_eq!(known, all);
    }

    #[test]
    fn every_stored_number_leads_back_to_its_value_and_no_other_does() {
        check(SubjectKind::ALL, SubjectKind::number);
        check(IdentityKind::ALL, IdentityKind::number);
        check(CommitmentKind::ALL, CommitmentKind::number);
        check(Publication::ALL, Publication::number);
        check(PerformanceState::ALL, PerformanceState::number);
        check(Rule::ALL, Rule::number);
        check(CheckKind::ALL, CheckKind::number);
        check(Authority::ALL, Authority::number);
        check(DepartmentKind::ALL, DepartmentKind::number);
        check(Standing::ALL, Standing::number);
        assert_eq!(
            SubjectKind::try_from(3).unwrap_err().to_string(),
            "3 is no SubjectKind"
        );
    }
}
