//! Oversight of those who report: whether in time, whether at all, and whether by the hundred.
//!
//! Everything counts rows that stand (not withdrawn, not deleted), of one view, and says which rows are
//! behind each number. Read first: [`arrivals`], then [`timeliness`].
//!
//! Source: `domain.md` 9.2 and 13, items 5, 16, 17.

pub mod arrivals;
pub mod excuses;
pub mod floods;
pub mod timeliness;
pub mod zero_reports;

use crate::domain::fact::{Principal, RowOutcome};
use crate::group::Group;
use crate::ingest::commands::Failure;

/// What can be asked of the ledger about oversight.
#[derive(Clone, Debug)]
pub enum OversightCommand {
    FileExcuse(excuses::FileExcuse),
    JudgeExcuse(excuses::JudgeExcuse),
    ConfirmZero(zero_reports::ConfirmZero),
}

/// Decides a command; `earlier` is the answer this request got before, if it was recorded before.
///
/// # Errors
/// Those of the command; the view's.
pub fn decide(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &OversightCommand,
    earlier: Option<&[RowOutcome]>,
) -> Result<Vec<RowOutcome>, Failure> {
    if let Some(outcomes) = earlier {
        return Ok(outcomes.to_vec());
    }
    let outcome = match command {
        OversightCommand::FileExcuse(command) => excuses::file(group, principal, command)?,
        OversightCommand::JudgeExcuse(command) => excuses::judge(group, principal, command)?,
        OversightCommand::ConfirmZero(command) => zero_reports::confirm(group, principal, command)?,
    };
    Ok(vec![outcome])
}
