//! A breach of a commitment 违诺: what was found, the chance to reply, and what follows.
//!
//! A finding rests on a body, a day, a basis and evidence; the promisor is heard before it is confirmed;
//! and what follows is only what the form itself names. Read first: [`Breach::state`].
//!
//! Source: `domain.md` 1.4 and 1.5.

use super::civil_date::CivilDate;
use super::numbered::numbered;
use super::social_credit_code::SocialCreditCode;

/// How far a breach has come. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum BreachState {
    /// 告知: the promisor was told and may reply or put it right.
    Notified = 1,
    /// 整改: it was put right in time; nothing follows.
    Corrected = 2,
    /// 认定违诺: the breach is confirmed.
    Confirmed = 3,
    /// The consequence named in the form was carried out.
    CarriedOut = 4,
}

numbered!(BreachState {
    Notified,
    Corrected,
    Confirmed,
    CarriedOut
});

impl BreachState {
    /// Says whether a breach may go on from here to `next` by itself; everything else is a correction.
    ///
    /// | from | to |
    /// |---|---|
    /// | notified | corrected, confirmed, carried out |
    /// | confirmed | carried out |
    /// | corrected, carried out | nothing |
    #[must_use]
    pub fn leads_to(self, next: Self) -> bool {
        match self {
            Self::Notified => next != Self::Notified,
            Self::Confirmed => next == Self::CarriedOut,
            Self::Corrected | Self::CarriedOut => false,
        }
    }
}

/// What became of the promisor's chance to reply 陈述申辩.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hearing {
    /// It was offered; nothing is known yet of a reply.
    Offered,
    /// The promisor was heard, or replied in writing, on this day.
    Held(CivilDate),
    /// The promisor said that it would not reply, or let its time pass, on this day.
    Waived(CivilDate),
}

/// How a breach ended so far.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Conclusion {
    Open,
    /// Put right on this day.
    Corrected(CivilDate),
    /// Confirmed on this day.
    Confirmed(CivilDate),
    CarriedOut {
        confirmed_on: CivilDate,
        on: CivilDate,
        /// What was done.
        what: String,
    },
}

/// A breach, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub finding_body_name: String,
    pub finding_body_code: SocialCreditCode,
    /// What was not kept.
    pub unperformed: String,
    /// The rule on which the finding rests.
    pub basis: String,
    /// References to what proves it.
    pub evidence: Vec<String>,
    pub notified_on: CivilDate,
    /// Last day for putting it right; `None` if none was set.
    pub correct_by: Option<CivilDate>,
    pub hearing_offered_on: CivilDate,
    pub hearing: Hearing,
    /// What follows, in words of item 8 of the form.
    pub consequence: String,
    pub conclusion: Conclusion,
}

impl Breach {
    /// Returns how far it has come.
    #[must_use]
    pub fn state(&self) -> BreachState {
        match self.conclusion {
            Conclusion::Open => BreachState::Notified,
            Conclusion::Corrected(_) => BreachState::Corrected,
            Conclusion::Confirmed(_) => BreachState::Confirmed,
            Conclusion::CarriedOut { .. } => BreachState::CarriedOut,
        }
    }
}

/// A breach as a body reports it, with dates as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportedBreach {
    pub finding_body_name: String,
    pub finding_body_code: String,
    pub unperformed: String,
    pub basis: String,
    pub evidence: Vec<String>,
    pub notified_on: String,
    pub correct_by: String,
    pub hearing_offered_on: String,
    pub hearing_held_on: String,
    pub hearing_waived_on: String,
    pub consequence: String,
    pub corrected_on: String,
    pub confirmed_on: String,
    pub carried_out_on: String,
    pub carried_out: String,
}

/// Says whether the form's liability names a consequence.
///
/// White space and punctuation do not count, nor does the width of characters; fewer than two characters
/// name nothing.
#[must_use]
pub fn names(liability: &str, consequence: &str) -> bool {
    let consequence = bare(consequence);
    consequence.chars().count() >= 2 && bare(liability).contains(&consequence)
}

/// Letters and digits alone, at half width.
fn bare(text: &str) -> String {
    let half = |character: char| match character {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character) - 0xfee0).expect("the full-width forms mirror ASCII")
        }
        other => other,
    };
    text.chars()
        .map(half)
        .filter(|one| one.is_alphanumeric())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breach_goes_forward_only() {
        use BreachState::{CarriedOut, Confirmed, Corrected, Notified};
        let allowed = [
            (Notified, Corrected),
            (Notified, Confirmed),
            (Notified, CarriedOut),
            (Confirmed, CarriedOut),
        ];
        for &from in BreachState::ALL {
            for &to in BreachState::ALL {
                assert_eq!(
                    from.leads_to(to),
                    allowed.contains(&(from, to)),
                    "{from:?} {to:?}"
                );
            }
        }
    }

    #[test]
    fn a_consequence_is_named_by_the_words_of_the_form() {
        let liability = "如违反承诺，自愿接受：（1）撤销 许可；（２）记入信用记录。";
        for (consequence, expected) in [
            ("撤销许可", true),
            ("撤销许可；", true),
            (" 撤销\n许可 ", true),
            ("2记入信用记录", true),
            ("罚款", false),
            ("吊销许可", false),
            ("", false),
            ("。；", false),
            ("撤", false),
            ("许可记入", false),
        ] {
            assert_eq!(names(liability, consequence), expected, "{consequence}");
        }
    }
}
