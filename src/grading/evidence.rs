//! What is known of a subject in a sector: the facts an assessment rests on, as of a day and as known at a
//! revision.
//!
//! A record that names several kinds of penalty or several violations becomes one event for each. What was
//! withdrawn or deleted is no event. Commitments are of no sector, since no data says to which they belong:
//! rules reach them in the scope of the subject. Read first: [`gather`].

use std::collections::BTreeMap;

use crate::domain::breach::BreachState;
use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::PerformanceState;
use crate::domain::fact::Fact;
use crate::domain::grading::{Earlier, Event, EventKind, Evidence, Points, Procedure};
use crate::domain::layout::{Class, ItemType, Layout, Layouts, Role};
use crate::domain::record::{End, Record, RecordKind, Value};
use crate::domain::record_fact::RecordFact;
use crate::domain::revision::Revision;
use crate::domain::subject::SubjectNumber;
use crate::group::fold;
use crate::ingest::commands::CommitmentName;
use crate::ingest::read::commitment_fact;
use crate::ingest::records::read::recorded;
use crate::ingest::rows::{Error, contradiction};
use crate::store::keys::grades::{self as layout, GradeRow};
use crate::store::keys::subjects as subjects_layout;
use crate::store::record::Recall;
use crate::store::{View, keys};
use crate::subjects::file::{self, EntryKey};
use crate::subjects::place::{self, Known};
use crate::subjects::profile::Profile;
use crate::subjects::read::history;

mod hashed;

pub use hashed::digest;

/// Where evidence is read from.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub view: &'a dyn View,
    pub facts: &'a dyn Recall,
    pub layouts: &'a Layouts,
}

/// About whom and what is asked.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    pub subject: SubjectNumber,
    pub sector: SectorCode,
    /// Other sectors whose settled grades count.
    pub inputs: &'a [SectorCode],
    pub known: Known,
    /// Grades settled from this revision on do not count.
    pub settled_before: Revision,
}

/// Gathers the evidence about a subject in a sector.
///
/// # Errors
/// The view's and the ledger's.
pub fn gather(reader: Reader<'_>, wanted: &Wanted<'_>) -> Result<Evidence, Error> {
    let Reader { view, facts, .. } = reader;
    let (known, sector) = (wanted.known, wanted.sector);
    let numbers = place::with_predecessors(view, wanted.subject, known)?;
    let mut evidence = Evidence {
        subject_kind: crate::subjects::row(view, wanted.subject)?.kind,
        is_registered: false,
        established_on: None,
        deregistered_on: None,
        member_from: None,
        member_until: None,
        events: Vec::new(),
        earlier: Vec::new(),
        rank: None,
    };
    for number in &numbers {
        let (told, _) = history(view, facts, *number, known.revision)?;
        let profile = Profile::fold(*number, &told);
        if *number == wanted.subject {
            evidence.is_registered = profile.registered.is_some();
            evidence.established_on = profile.established_on;
            evidence.deregistered_on = profile.ended_on.filter(|on| *on <= known.on);
        }
        member(&mut evidence, &profile, sector, known.on);
    }
    for key in file::entries(view, facts, &numbers, known)?.keys {
        reader.events(key, wanted, &mut evidence.events)?;
    }
    evidence
        .events
        .sort_by(|one, other| order(one).cmp(&order(other)));
    for input in std::iter::once(&sector).chain(wanted.inputs) {
        earlier(view, wanted, *input, &mut evidence.earlier)?;
    }
    evidence.earlier.sort_by_key(|grade| grade.from);
    Ok(evidence)
}

/// By what is the same however it came in; revisions only tell equals apart.
fn order(event: &Event) -> (CivilDate, EventKind, &str, &str, &str, Revision) {
    (
        event.decided,
        event.kind,
        &event.case,
        &event.item,
        &event.level,
        event.revision,
    )
}

/// Puts the membership that holds on the day, or else the last one before it, into the evidence.
fn member(evidence: &mut Evidence, profile: &Profile, sector: SectorCode, day: CivilDate) {
    for read in profile.memberships.values() {
        let said = &read.membership;
        if said.sector != sector || said.from > day {
            continue;
        }
        let end = |until: Option<CivilDate>| until.map_or(u32::MAX, CivilDate::key);
        let later = evidence.member_from.is_none() || end(said.until) > end(evidence.member_until);
        let same_end = end(said.until) == end(evidence.member_until);
        if later || (same_end && evidence.member_from.is_some_and(|from| said.from < from)) {
            evidence.member_from = Some(said.from);
            evidence.member_until = said.until;
        }
    }
}

/// The settled grades of a subject in a sector, as far as known; those of its predecessors are theirs.
fn earlier(
    view: &dyn View,
    wanted: &Wanted<'_>,
    sector: SectorCode,
    found: &mut Vec<Earlier>,
) -> Result<(), Error> {
    for (revision, row) in settled(view, wanted.subject, sector)? {
        if revision <= wanted.known.revision
            && revision < wanted.settled_before
            && row.from <= wanted.known.on
        {
            found.push(Earlier {
                sector,
                period_last: row.period_last,
                outcome: row.outcome,
                level: row.level,
                from: row.from,
                until: row.until,
            });
        }
    }
    Ok(())
}

/// Every grade settled for a subject in a sector, in the order of settling.
///
/// # Errors
/// The view's; the tables' if a row does not decode.
pub fn settled(
    view: &dyn View,
    subject: SubjectNumber,
    sector: SectorCode,
) -> Result<Vec<(Revision, GradeRow)>, Error> {
    let mut rows = Vec::new();
    let mut broken = None;
    place::each(
        view,
        keys::GRADE,
        layout::grades_of(subject, sector),
        |key, value| {
            let revision = layout::grade_revision(key);
            match GradeRow::decode(value) {
                Some(row) => rows.push((revision, row)),
                None => broken = Some(revision),
            }
        },
    )?;
    match broken {
        None => Ok(rows),
        Some(revision) => Err(contradiction(revision)),
    }
}

/// The row of one settled grade with its revision.
///
/// # Errors
/// The view's; the tables' if the row does not decode.
pub fn settled_row(
    view: &dyn View,
    subject: SubjectNumber,
    sector: SectorCode,
    revision: Revision,
) -> Result<Option<(Revision, GradeRow)>, Error> {
    let Some(bytes) = view.get(keys::GRADE, &layout::grade_key(subject, sector, revision))? else {
        return Ok(None);
    };
    let row = GradeRow::decode(&bytes).ok_or_else(|| contradiction(revision))?;
    Ok(Some((revision, row)))
}

impl Reader<'_> {
    fn events(&self, key: EntryKey, wanted: &Wanted<'_>, events: &mut Vec<Event>) -> Result<(), Error> {
        match key.file {
            keys::FILE_COMMITMENT => self.commitment(key, wanted, events),
            _ => self.record(key, wanted, events),
        }
    }

    fn commitment(&self, key: EntryKey, wanted: &Wanted<'_>, events: &mut Vec<Event>) -> Result<(), Error> {
        let known = wanted.known.revision;
        if self.is_ended(key.first, known)? {
            return Ok(());
        }
        let standing = file::standing(self.view, self.facts, key, known)?;
        let row = fold::row(self.view, key.first)?;
        let revision = file::commitment_at(self.view, &row, key.first, known)?;
        let (fact, _) = commitment_fact(self.facts, revision)?;
        let commitment = fact.commitment;
        let item = kept(standing.breach, standing.performance);
        let name = CommitmentName {
            body: commitment.accepting_body_code,
            code: commitment.code,
        };
        events.push(Event {
            kind: EventKind::Commitment,
            item: item.to_owned(),
            level: String::new(),
            matter: String::new(),
            severity: None,
            procedure: Procedure::Unknown,
            amount: None,
            quantity: 1,
            value: None,
            decided: commitment.made_on,
            until: commitment.validity,
            ended: None,
            in_sector: false,
            case: name.to_string(),
            revision,
            record: name.to_string(),
        });
        Ok(())
    }

    /// Says whether the last thing that was said of the end of a commitment is that it is withdrawn.
    fn is_ended(&self, first: Revision, known: Revision) -> Result<bool, Error> {
        Ok(self
            .last_end(first, known)?
            .is_some_and(|(_, what)| what == layout::ENDED))
    }

    fn last_end(&self, first: Revision, known: Revision) -> Result<Option<(Revision, u8)>, Error> {
        let mut last = None;
        place::each(self.view, keys::ENDS, layout::said_of(first), |key, value| {
            let revision = layout::grade_revision(key);
            if revision <= known {
                last = value.first().map(|what| (revision, *what));
            }
        })?;
        Ok(last)
    }

    /// The end that a credit record had come to.
    fn ending(&self, first: Revision, known: Revision) -> Result<Option<(End, CivilDate)>, Error> {
        let Some((revision, _)) = self.last_end(first, known)? else {
            return Ok(None);
        };
        let fact = self.facts.fact(revision)?.0.fact;
        if let Fact::Record(RecordFact::Ended(fact)) = &fact {
            return Ok(Some((fact.end, fact.on)));
        }
        let Fact::Record(RecordFact::Revived(fact)) = fact else {
            return Err(contradiction(revision));
        };
        Ok(fact.restored.map(|ending| (ending.end, ending.on)))
    }

    /// The sectors of a record: as an officer last said, else as its row was attributed.
    fn sectors(
        &self,
        first: Revision,
        said: &[SectorCode],
        known: Revision,
    ) -> Result<Vec<SectorCode>, Error> {
        let mut last = None;
        place::each(
            self.view,
            keys::GRADE_SAID,
            layout::said_of(first),
            |key, value| {
                if layout::grade_revision(key) <= known {
                    last = Some(subjects_layout::attributed_sectors(value));
                }
            },
        )?;
        Ok(last.unwrap_or_else(|| said.to_vec()))
    }

    fn record(&self, key: EntryKey, wanted: &Wanted<'_>, events: &mut Vec<Event>) -> Result<(), Error> {
        let known = wanted.known;
        let ended = self.ending(key.first, known.revision)?;
        let ended = match ended {
            Some((End::Withdrawn | End::Deleted, _)) => return Ok(()),
            Some((End::Repaired | End::Expired, _)) | None => ended.filter(|(_, on)| *on <= known.on),
        };
        let row = fold::records::row(self.view, key.first)?;
        let revision = file::record_at(self.view, &row, key.first, known.revision)?;
        let (fact, _) = recorded(self.facts, revision)?;
        let sectors = self.sectors(key.first, &fact.sectors, known.revision)?;
        let Some(form) = self.layouts.layout(&fact.record.layout) else {
            return Err(contradiction(revision));
        };
        let event = Event {
            ended,
            in_sector: sectors.contains(&wanted.sector),
            revision,
            record: fact.name.to_string(),
            ..plain(&fact.record, form, self.layouts)
        };
        split(&fact.record, form, event, events);
        Ok(())
    }
}

/// What became of a commitment, as the item of its event: a breach that was confirmed outweighs what was
/// performed, also when its consequence was carried out.
fn kept(breach: Option<BreachState>, performance: Option<PerformanceState>) -> &'static str {
    match (breach, performance) {
        (Some(BreachState::Confirmed | BreachState::CarriedOut), _) => "breach",
        (Some(BreachState::Notified | BreachState::Corrected) | None, performance) => match performance {
            Some(PerformanceState::Full) => "performed",
            Some(PerformanceState::Partial) => "partial",
            Some(PerformanceState::Unperformed) => "unperformed",
            None => "",
        },
    }
}

/// The values of a record's items of a role.
fn values<'a>(record: &'a Record, form: &'a Layout, role: Role) -> impl Iterator<Item = &'a Value> {
    let codes = form.of_role(role).map(|item| item.code.as_str());
    codes.filter_map(|code| {
        let found = record.items.iter().find(|item| item.code == code);
        found.map(|item| &item.value)
    })
}

fn text_of(record: &Record, form: &Layout, role: Role) -> String {
    let text = |value: &Value| match value {
        Value::Choices(chosen) => chosen.first().map(|one| one.code.clone()),
        Value::Text(text) => Some(text.trim().to_owned()),
        Value::Date(_)
        | Value::Until(_)
        | Value::Fen(_)
        | Value::Millionths(_)
        | Value::Code(_)
        | Value::Document(_) => None,
    };
    values(record, form, role).find_map(text).unwrap_or_default()
}

fn kind_of(kind: RecordKind) -> EventKind {
    match kind {
        RecordKind::Penalty => EventKind::Penalty,
        RecordKind::Licence => EventKind::Licence,
        RecordKind::Listing => EventKind::Listing,
        RecordKind::AbnormalListing => EventKind::AbnormalListing,
        RecordKind::Commendation => EventKind::Commendation,
        RecordKind::Evaluation => EventKind::Evaluation,
        RecordKind::InspectionResult => EventKind::Inspection,
        RecordKind::Ruling => EventKind::Ruling,
    }
}

/// The event of a record before it is taken apart.
fn plain(record: &Record, form: &Layout, layouts: &Layouts) -> Event {
    let amounts = [Role::FineAmount, Role::ConfiscationAmount];
    let amounts = amounts.iter().flat_map(|role| values(record, form, *role));
    let amounts: Vec<i64> = amounts.filter_map(Value::fen).collect();
    let level = match record.kind {
        RecordKind::Evaluation => text_of(record, form, Role::Level),
        RecordKind::InspectionResult => text_of(record, form, Role::InspectionOutcome),
        RecordKind::Licence => text_of(record, form, Role::State),
        RecordKind::Penalty
        | RecordKind::Listing
        | RecordKind::AbnormalListing
        | RecordKind::Commendation
        | RecordKind::Ruling => String::new(),
    };
    let item = match record.kind {
        RecordKind::Listing
        | RecordKind::AbnormalListing
        | RecordKind::Commendation
        | RecordKind::Evaluation => text_of(record, form, Role::Matter),
        RecordKind::Ruling => text_of(record, form, Role::Outcome),
        RecordKind::Penalty | RecordKind::Licence | RecordKind::InspectionResult => String::new(),
    };
    let score = values(record, form, Role::Score).find_map(|value| {
        let Value::Millionths(millionths) = value else {
            return None;
        };
        // A millionth is a tenth of our unit.
        Some(Points(millionths / 10))
    });
    Event {
        kind: kind_of(record.kind),
        item,
        level,
        matter: record.matter.clone().unwrap_or_default(),
        severity: record.severity,
        procedure: procedure(record, form, layouts),
        amount: (!amounts.is_empty())
            .then(|| amounts.iter().fold(0_i64, |sum, one| sum.saturating_add(*one))),
        quantity: 1,
        value: score,
        decided: record.decided_on,
        until: record.until,
        ended: None,
        in_sector: false,
        case: format!("{} {}", record.body, record.number),
        revision: Revision(0),
        record: String::new(),
    }
}

fn procedure(record: &Record, form: &Layout, layouts: &Layouts) -> Procedure {
    let Some(item) = form.role(Role::Procedure) else {
        return Procedure::Unknown;
    };
    let (ItemType::Choice(list) | ItemType::Choices(list)) = &item.item_type else {
        return Procedure::Unknown;
    };
    let list = layouts.list(list);
    let code = text_of(record, form, Role::Procedure);
    match list
        .and_then(|list| list.value(&code))
        .and_then(|value| value.class)
    {
        Some(Class::SimpleProcedure) => Procedure::Simple,
        Some(Class::GeneralProcedure) => Procedure::General,
        Some(_) | None => Procedure::Unknown,
    }
}

/// One event for each kind of penalty and each violation; one for what names neither.
fn split(record: &Record, form: &Layout, event: Event, events: &mut Vec<Event>) {
    match record.kind {
        RecordKind::Penalty => {
            let mut kinds: Vec<String> = values(record, form, Role::PenaltyKinds)
                .flat_map(Value::choices)
                .map(|chosen| chosen.code.clone())
                .collect();
            kinds.sort_unstable();
            kinds.dedup();
            if kinds.is_empty() {
                kinds.push(String::new());
            }
            events.extend(kinds.into_iter().map(|item| Event {
                item,
                ..event.clone()
            }));
        }
        RecordKind::InspectionResult => {
            let found = violations(&text_of(record, form, Role::Violations));
            if found.is_empty() {
                events.push(event);
                return;
            }
            // Each violation is a case of its own.
            events.extend(found.into_iter().map(|(item, quantity)| Event {
                case: format!("{} {item}", event.case),
                item,
                quantity,
                ..event.clone()
            }));
        }
        RecordKind::Licence
        | RecordKind::Listing
        | RecordKind::AbnormalListing
        | RecordKind::Commendation
        | RecordKind::Evaluation
        | RecordKind::Ruling => events.push(event),
    }
}

/// The codes of violations, joined by semicolons; `CODE*3` means three of one.
fn violations(text: &str) -> BTreeMap<String, i64> {
    let mut found = BTreeMap::new();
    for part in text.split([';', '；', ',', '，', '、']) {
        let part = part.trim();
        let (code, count) = match part.rsplit_once(['*', '×']) {
            Some((code, count)) => match count.trim().parse::<u16>() {
                Ok(count) if count > 0 => (code.trim(), i64::from(count)),
                Ok(_) | Err(_) => (part, 1),
            },
            None => (part, 1),
        };
        if !code.is_empty() {
            *found.entry(code.to_owned()).or_default() += count;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breach_stays_one_when_its_consequence_was_carried_out() {
        let performed = Some(PerformanceState::Partial);
        for (breach, item) in [
            (None, "partial"),
            (Some(BreachState::Notified), "partial"),
            (Some(BreachState::Corrected), "partial"),
            (Some(BreachState::Confirmed), "breach"),
            (Some(BreachState::CarriedOut), "breach"),
        ] {
            assert_eq!(kept(breach, performed), item, "{breach:?}");
        }
        assert_eq!(kept(None, None), "");
    }

    #[test]
    fn violations_come_apart_with_their_numbers() {
        let found: Vec<(String, i64)> = violations("A1；B2*3, A1 ;C×x;*2").into_iter().collect();
        // A number without a code names no violation; what is no number belongs to the code.
        let expected = [("A1", 2), ("B2", 3), ("C×x", 1)].map(|(code, count)| (code.to_owned(), count));
        assert_eq!(found, expected);
    }
}
