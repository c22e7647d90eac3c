//! The words by which files name values of our enums.

use std::str::FromStr;

use crate::domain::identity::IdentityKind;
use crate::domain::layout::{Class, Need, Role};
use crate::domain::notice::Clock;
use crate::domain::record::{End, RecordKind, Severity};
use crate::domain::repair::{ApplyFrom, Block, Path, Transition};
use crate::domain::service_mode::{Mode, Need as ProofNeed};
use crate::domain::severity::Procedure;

/// A value that files write as a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<T>(pub T);

/// Says in one table which word stands for which value, and lists them all where a word is another.
macro_rules! words {
    ($of:ty { $($word:literal => $value:expr),+ $(,)? }) => {
        impl Word<$of> {
            /// The word that stands for a value; `None` for one that files do not name.
            #[must_use]
            pub fn of(value: $of) -> Option<&'static str> {
                let words = [$(($word, $value)),+];
                words.into_iter().find(|(_, one)| *one == value).map(|(word, _)| word)
            }
        }

        impl FromStr for Word<$of> {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self($value)),)+
                    _ => Err(format!("it is one of {}", [$($word),+].join(", "))),
                }
            }
        }
    };
}

words!(RecordKind {
    "penalty" => RecordKind::Penalty,
    "licence" => RecordKind::Licence,
    "listing" => RecordKind::Listing,
    "abnormal_listing" => RecordKind::AbnormalListing,
    "commendation" => RecordKind::Commendation,
    "evaluation" => RecordKind::Evaluation,
    "inspection_result" => RecordKind::InspectionResult,
    "ruling" => RecordKind::Ruling,
});

words!(Clock {
    "delivery" => Clock::Delivery,
    "upload" => Clock::Upload,
    "take_down" => Clock::TakeDown,
});

words!(End {
    "withdrawn" => End::Withdrawn,
    "deleted" => End::Deleted,
    "repaired" => End::Repaired,
    "expired" => End::Expired,
});

words!(Severity {
    "minor" => Severity::Minor,
    "general" => Severity::General,
    "serious" => Severity::Serious,
});

words!(Procedure {
    "simple" => Procedure::Simple,
    "general" => Procedure::General,
});

words!(IdentityKind {
    "registration_number" => IdentityKind::RegistrationNumber,
    "organisation_code" => IdentityKind::OrganisationCode,
    "tax_number" => IdentityKind::TaxNumber,
    "institution_certificate" => IdentityKind::InstitutionCertificate,
    "social_organisation_certificate" => IdentityKind::SocialOrganisationCertificate,
});

words!(Need {
    "always" => Need::Always,
    "organisation" => Need::Organisation,
    "individual_business" => Need::IndividualBusiness,
    "person" => Need::Person,
    "fine" => Need::Fine,
    "confiscation" => Need::Confiscation,
    "licence_taken" => Need::LicenceTaken,
    "changed" => Need::Changed,
});

words!(Class {
    "fine" => Class::Fine,
    "confiscation" => Class::Confiscation,
    "licence_taken" => Class::LicenceTaken,
    "public" => Class::Public,
    "simple_procedure" => Class::SimpleProcedure,
    "general_procedure" => Class::GeneralProcedure,
    "changed" => Class::Changed,
    "resident_id" => Class::Document(IdentityKind::ResidentId),
    "passport" => Class::Document(IdentityKind::Passport),
    "hong_kong_macao_permit" => Class::Document(IdentityKind::HongKongMacaoPermit),
    "taiwan_permit" => Class::Document(IdentityKind::TaiwanPermit),
    "foreign_resident_card" => Class::Document(IdentityKind::ForeignResidentCard),
    "other_document" => Class::Document(IdentityKind::OtherDocument),
});

words!(Role {
    "party_name" => Role::PartyName,
    "party_kind" => Role::PartyKind,
    "party_code" => Role::PartyCode,
    "party_older_code" => Role::PartyOlderCode,
    "party_document_kind" => Role::PartyDocumentKind,
    "party_document" => Role::PartyDocument,
    "representative" => Role::Representative,
    "representative_document_kind" => Role::RepresentativeDocumentKind,
    "representative_document" => Role::RepresentativeDocument,
    "body_name" => Role::BodyName,
    "body_code" => Role::BodyCode,
    "source_name" => Role::SourceName,
    "source_code" => Role::SourceCode,
    "shown_on" => Role::ShownOn,
    "number" => Role::Number,
    "number_stand_in" => Role::NumberStandIn,
    "decided_on" => Role::DecidedOn,
    "valid_from" => Role::ValidFrom,
    "until" => Role::Until,
    "publicity_until" => Role::PublicityUntil,
    "severity" => Role::Severity,
    "power_item" => Role::PowerItem,
    "matter" => Role::Matter,
    "penalty_kinds" => Role::PenaltyKinds,
    "content" => Role::Content,
    "fine_amount" => Role::FineAmount,
    "confiscation_amount" => Role::ConfiscationAmount,
    "licence_taken" => Role::LicenceTaken,
    "basis" => Role::Basis,
    "publication" => Role::Publication,
    "procedure" => Role::Procedure,
    "state" => Role::State,
    "division" => Role::Division,
    "target_kind" => Role::TargetKind,
    "target_body_name" => Role::TargetBodyName,
    "target_body_code" => Role::TargetBodyCode,
    "target_number" => Role::TargetNumber,
    "target_decided_on" => Role::TargetDecidedOn,
    "outcome" => Role::Outcome,
    "scale" => Role::Scale,
    "level" => Role::Level,
    "score" => Role::Score,
    "violations" => Role::Violations,
    "inspection_outcome" => Role::InspectionOutcome,
    "source_key" => Role::SourceKey,
    "source_batch" => Role::SourceBatch,
});

words!(Path {
    "general" => Path::General,
    "market" => Path::Market,
    "tax" => Path::Tax,
});

words!(Transition {
    "decision_date" => Transition::DecisionDate,
    "application_date" => Transition::ApplicationDate,
    "more_favourable" => Transition::MoreFavourable,
});

words!(ApplyFrom {
    "last_day" => ApplyFrom::LastDay,
    "day_after" => ApplyFrom::DayAfter,
});

words!(Block {
    "effect" => Block::Effect,
    "conditions" => Block::Conditions,
    "papers" => Block::Papers,
    "route" => Block::Route,
    "honesty" => Block::Honesty,
    "no_fee" => Block::NoFee,
    "remedies" => Block::Remedies,
    "annexes" => Block::Annexes,
    "publicity" => Block::Publicity,
});

words!(Mode {
    "direct" => Mode::Direct,
    "left" => Mode::Left,
    "electronic" => Mode::Electronic,
    "entrusted" => Mode::Entrusted,
    "post" => Mode::Post,
    "passed_on" => Mode::PassedOn,
    "announcement" => Mode::Announcement,
});

words!(ProofNeed {
    "day" => ProofNeed::Day,
    "recipient" => ProofNeed::Recipient,
    "signature" => ProofNeed::Signature,
    "two_servers" => ProofNeed::TwoServers,
    "refusal" => ProofNeed::Refusal,
    "witness_or_recording" => ProofNeed::WitnessOrRecording,
    "address_confirmation" => ProofNeed::AddressConfirmation,
    "arrival_log" => ProofNeed::ArrivalLog,
    "letter" => ProofNeed::Letter,
    "return_slip" => ProofNeed::ReturnSlip,
    "tracking_number" => ProofNeed::TrackingNumber,
    "unit_receipt" => ProofNeed::UnitReceipt,
    "announcement_text" => ProofNeed::AnnouncementText,
    "announcement_place" => ProofNeed::AnnouncementPlace,
});
