//! The notice pair 两书同达: the decision and its credit-repair notice, delivered together.
//!
//! Read first: [`commands::prepare`], which issues a notice, and [`settle::touched`], which says what records
//! mean for pairs. [`content::compose`] says what a notice says; [`paper::render`] draws it.

use crate::domain::notice::Exclusion;

pub mod clocks;
pub mod commands;
pub mod content;
pub mod decision;
pub mod paper;
pub mod read;
pub mod receipts;
mod refuse;
pub mod settle;
pub mod verify;

/// The name of a reason in answers and metadata.
#[must_use]
pub fn exclusion_name(reason: Exclusion) -> &'static str {
    match reason {
        Exclusion::Person => "PERSON",
        Exclusion::IndividualBusiness => "INDIVIDUAL_BUSINESS",
        Exclusion::SimpleProcedure => "SIMPLE_PROCEDURE",
        Exclusion::NotShown => "NOT_SHOWN",
        Exclusion::BeforeInForce => "BEFORE_IN_FORCE",
        Exclusion::History => "HISTORY",
        Exclusion::Ended => "ENDED",
        Exclusion::NotCovered => "NOT_COVERED",
    }
}
