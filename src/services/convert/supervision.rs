//! Both ways: breaches of commitments.

use super::answers::finding;
use super::masked::Masked;
use super::requests::trimmed;
use super::timestamp;
use crate::domain::breach::{Conclusion, Hearing, ReportedBreach};
use crate::domain::civil_date::CivilDate;
use crate::domain::revision::{Instant, Place};
use crate::domain::supervision_fact::BreachFact;
use crate::services::pb;

/// A breach and what is shown beside it.
#[derive(Clone, Copy, Debug)]
pub struct BreachShown<'a> {
    pub fact: &'a BreachFact,
    pub recorded: Place,
    pub recorded_at: Instant,
}

/// Takes a breach as a body sent it. White space around texts is dropped; nothing is checked.
#[must_use]
pub fn reported_breach(items: pb::BreachItems) -> ReportedBreach {
    ReportedBreach {
        finding_body_name: trimmed(items.finding_body_name),
        finding_body_code: trimmed(items.finding_body_code),
        unperformed: trimmed(items.unperformed),
        basis: trimmed(items.basis),
        evidence: items.evidence.into_iter().map(trimmed).collect(),
        notified_on: trimmed(items.notified_on),
        correct_by: trimmed(items.correct_by),
        hearing_offered_on: trimmed(items.hearing_offered_on),
        hearing_held_on: trimmed(items.hearing_held_on),
        hearing_waived_on: trimmed(items.hearing_waived_on),
        consequence: trimmed(items.consequence),
        corrected_on: trimmed(items.corrected_on),
        confirmed_on: trimmed(items.confirmed_on),
        carried_out_on: trimmed(items.carried_out_on),
        carried_out: trimmed(items.carried_out),
    }
}

/// Shows a breach; a natural person is masked in its texts.
#[must_use]
pub(super) fn breach(shown: &BreachShown<'_>, masked: &Masked<'_>) -> pb::Breach {
    let breach = &shown.fact.breach;
    let (held_on, waived_on) = match breach.hearing {
        Hearing::Offered => (None, None),
        Hearing::Held(on) => (Some(on), None),
        Hearing::Waived(on) => (None, Some(on)),
    };
    let (corrected_on, confirmed_on, carried_out_on, carried_out) = match &breach.conclusion {
        Conclusion::Open => (None, None, None, ""),
        Conclusion::Corrected(on) => (Some(*on), None, None, ""),
        Conclusion::Confirmed(on) => (None, Some(*on), None, ""),
        Conclusion::CarriedOut {
            confirmed_on,
            on,
            what,
        } => (None, Some(*confirmed_on), Some(*on), what.as_str()),
    };
    let written = |date: Option<CivilDate>| date.map(|date| date.to_string()).unwrap_or_default();
    let items = pb::BreachItems {
        finding_body_name: breach.finding_body_name.clone(),
        finding_body_code: breach.finding_body_code.to_string(),
        unperformed: masked.text(&breach.unperformed),
        basis: masked.text(&breach.basis),
        evidence: breach.evidence.iter().map(|one| masked.text(one)).collect(),
        notified_on: breach.notified_on.to_string(),
        correct_by: written(breach.correct_by),
        hearing_offered_on: breach.hearing_offered_on.to_string(),
        hearing_held_on: written(held_on),
        hearing_waived_on: written(waived_on),
        consequence: masked.text(&breach.consequence),
        corrected_on: written(corrected_on),
        confirmed_on: written(confirmed_on),
        carried_out_on: written(carried_out_on),
        carried_out: masked.text(carried_out),
    };
    pb::Breach {
        state: breach.state().number().into(),
        items: Some(items),
        snapshot: shown.fact.snapshot,
        revision: shown.recorded.to_string(),
        recorded_at: Some(timestamp(shown.recorded_at)),
        findings: shown.fact.findings.iter().map(finding).collect(),
    }
}
