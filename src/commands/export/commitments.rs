//! Commitments as rows of the collection form. Read first: `row`.

use crate::domain::layout::Layouts;
use crate::services::pb;

/// Writes what wire values are called in the layouts.
pub struct Words<'a>(pub &'a Layouts);

impl Words<'_> {
    /// The word of a listed value; its code where the list does not know it.
    #[must_use]
    pub fn of(&self, list: &str, code: &str) -> String {
        let value = self.0.list(list).and_then(|list| list.value(code));
        value.map_or_else(|| code.to_owned(), |value| value.chinese.clone())
    }

    /// The word of the value with this number; empty for none.
    #[must_use]
    pub fn number(&self, list: &str, number: i32) -> String {
        if number == 0 {
            String::new()
        } else {
            self.of(list, &number.to_string())
        }
    }
}

/// "Long-term", as the form writes it.
pub const OPEN_ENDED: &str = "2099-12-31";

/// The text of an item by its code; empty for one that the service does not answer.
#[must_use]
pub fn text(commitment: &pb::Commitment, item: &str, words: &Words<'_>) -> String {
    let performance = |text: &dyn Fn(&pb::Performance) -> String| {
        commitment.performance.as_ref().map(text).unwrap_or_default()
    };
    match item {
        "code" => commitment.code.clone(),
        "subjectName" => commitment.subject_name.clone(),
        "subjectCategory" => words.number("party_kind", commitment.subject_kind),
        "identify" => commitment.subject_code.clone(),
        "commitmentTypeId" => kind(commitment, words),
        "reason" => commitment.reason.clone(),
        "content" => commitment.content.clone(),
        "liabilityBreachCommitment" => commitment.liability.clone(),
        "commitmentDate" => commitment.made_on.clone(),
        "commitmentValidity" if commitment.open_ended => OPEN_ENDED.to_owned(),
        "commitmentValidity" => commitment.valid_until.clone(),
        "fulfillmentStatus" => performance(&|one| words.number("performance_state", one.state)),
        "unperformedCommitmentContent" => performance(&|one| one.unperformed.clone()),
        "liabilityBreachCommitmentContent" => performance(&|one| one.measures_taken.clone()),
        "fulfillmentStatusDate" => performance(&|one| one.found_on.clone()),
        "acceptanceConfirmUnit" => performance(&|one| one.finding_body_name.clone()),
        "acceptanceConfirmUnitIdentify" => performance(&|one| one.finding_body_code.clone()),
        "acceptanceUnit" => commitment.accepting_body_name.clone(),
        "acceptanceUnitIdentify" => commitment.accepting_body_code.clone(),
        "publicationType" => words.number("publication", commitment.publication),
        "remarks" => commitment.remarks.clone(),
        _ => String::new(),
    }
}

fn kind(commitment: &pb::Commitment, words: &Words<'_>) -> String {
    let code = match commitment.kind() {
        pb::CommitmentKind::Unspecified => return String::new(),
        pb::CommitmentKind::ApprovalReplacing => "SPTDX",
        pb::CommitmentKind::AcceptedWithGaps => "RQSLX",
        pb::CommitmentKind::CertificateReplacing => "ZMSXX",
        pb::CommitmentKind::CreditRepair => "XYXFX",
        pb::CommitmentKind::SelfDiscipline => "HYZLX",
        pb::CommitmentKind::Voluntary => "ZDX",
        pb::CommitmentKind::Other => "QT",
    };
    let word = words.of("commitment_kind", code);
    if commitment.kind_words.is_empty() {
        word
    } else {
        format!("{word}-{}", commitment.kind_words)
    }
}
