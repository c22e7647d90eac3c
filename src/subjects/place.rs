//! Where records count: under which subject, after mergers and moves, as known at a revision.
//!
//! Rows keep the subject whose code they bore. Mergers point from a subject to its successor, moves from
//! one record to its subject; both keep a row per fact, so that an earlier state can be told.
//! Read first: [`Known`].

use crate::domain::civil_date::CivilDate;
use crate::domain::revision::Revision;
use crate::domain::subject::SubjectNumber;
use crate::group::fold;
use crate::store::keys::subjects as layout;
use crate::store::{Error, KeyRange, View, keys};

/// Most subjects that may have gone into one, directly and through others.
pub const PREDECESSORS_MAX: usize = 1_000;

/// Rows looked at together.
const ROWS_PER_SCAN: usize = 256;

/// Up to which revision facts are known, and on which day the world is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Facts behind it are not known yet.
    pub revision: Revision,
    /// What happens after it has not happened yet; both days included.
    pub on: CivilDate,
}

impl Known {
    /// Everything that is recorded, on whatever day.
    #[must_use]
    pub fn all() -> Self {
        Self {
            revision: Revision(u64::MAX),
            on: CivilDate::new(9999, 12, 31).expect("the last day of the calendar"),
        }
    }
}

/// The subject into which another went, and the day; `None` if it went into none.
///
/// # Errors
/// As the view's.
pub fn merged(
    view: &dyn View,
    from: SubjectNumber,
    known: Known,
) -> Result<Option<(SubjectNumber, CivilDate, Revision)>, Error> {
    let mut last = None;
    each(view, keys::MERGE, layout::of_subject(from), |key, value| {
        let revision = layout::history_revision(key);
        if revision <= known.revision {
            last = layout::merge_read(value).map(|(into, on)| (into, on, revision));
        }
    })?;
    Ok(last.filter(|(_, on, _)| *on <= known.on))
}

/// The subject under which the records of another count: the end of its way through mergers.
///
/// # Errors
/// As the view's; [`Error::Engine`] if the way has no end.
pub fn successor(view: &dyn View, number: SubjectNumber, known: Known) -> Result<SubjectNumber, Error> {
    let mut last = number;
    for _ in 0..=PREDECESSORS_MAX {
        match merged(view, last, known)? {
            None => return Ok(last),
            Some((into, ..)) => last = into,
        }
    }
    Err(endless(number))
}

/// The same of now, by the state alone.
///
/// # Errors
/// As the view's; [`Error::Engine`] if the way has no end.
pub fn current(view: &dyn View, number: SubjectNumber) -> Result<SubjectNumber, Error> {
    let mut last = number;
    for _ in 0..=PREDECESSORS_MAX {
        match fold::subjects::state(view, last)?.successor {
            None => return Ok(last),
            Some(into) => last = into,
        }
    }
    Err(endless(number))
}

fn endless(number: SubjectNumber) -> Error {
    Error::Engine {
        operation: "follow a merger",
        detail: format!("the way from subject number {} has no end", number.0),
    }
}

/// A subject and all that went into it, itself first; at most one more than [`PREDECESSORS_MAX`].
///
/// # Errors
/// As the view's.
pub fn with_predecessors(
    view: &dyn View,
    number: SubjectNumber,
    known: Known,
) -> Result<Vec<SubjectNumber>, Error> {
    let mut found = vec![number];
    let mut next = 0;
    while next < found.len() && found.len() <= PREDECESSORS_MAX {
        let into = found[next];
        let mut candidates = Vec::new();
        each(view, keys::MERGED_IN, layout::of_subject(into), |key, _| {
            candidates.push(layout::merged_in_subject(key));
        })?;
        for candidate in candidates {
            let still = merged(view, candidate, known)?.is_some_and(|(successor, ..)| successor == into);
            if still && !found.contains(&candidate) {
                found.push(candidate);
            }
        }
        next += 1;
    }
    found.truncate(PREDECESSORS_MAX + 1);
    Ok(found)
}

/// The subject a record was moved to, or the one whose code its row bore.
///
/// A move holds for the code it found: a row that is corrected to another code is that one's.
///
/// # Errors
/// As the view's.
pub fn owner(
    view: &dyn View,
    first: Revision,
    reported: SubjectNumber,
    known: Revision,
) -> Result<SubjectNumber, Error> {
    let mut last = None;
    each(view, keys::PLACED, layout::placed_of(first), |key, value| {
        if layout::placed_revision(key) <= known {
            last = Some(layout::placed_read(value));
        }
    })?;
    Ok(match last {
        Some((of, subject)) if of == reported => subject,
        Some(_) | None => reported,
    })
}

/// The subject whose code the row of a record bears.
///
/// # Errors
/// As the view's; [`Error::Engine`] if there is no such record.
pub fn reported(view: &dyn View, file: u8, first: Revision) -> Result<SubjectNumber, Error> {
    match file {
        keys::FILE_COMMITMENT => Ok(fold::row(view, first)?.subject),
        _ => Ok(fold::records::row(view, first)?.subject),
    }
}

/// Records that were ever moved to a subject up to a revision, with their kind; whether one still is
/// there, [`owner`] says.
///
/// # Errors
/// As the view's.
pub fn moved_to(
    view: &dyn View,
    subject: SubjectNumber,
    known: Revision,
) -> Result<Vec<(u8, Revision)>, Error> {
    let mut found = Vec::new();
    each(
        view,
        keys::PLACED_IN,
        layout::of_subject(subject),
        |key, value| {
            let (first, revision) = layout::placed_in_read(key);
            if revision <= known {
                found.push((value.first().copied().unwrap_or_default(), first));
            }
        },
    )?;
    found.dedup();
    Ok(found)
}

/// First revisions of the records of one kind that count under a subject now, in rising order.
///
/// # Errors
/// As the view's.
pub fn firsts_under(view: &dyn View, subject: SubjectNumber, file: u8) -> Result<Vec<Revision>, Error> {
    let all = Revision(u64::MAX);
    let members = with_predecessors(view, subject, Known::all())?;
    let mut firsts = Vec::new();
    for member in &members {
        let mut candidates = Vec::new();
        each(
            view,
            keys::SUBJECT_FILE,
            keys::subject_file_of(*member, file),
            |key, _| candidates.push(keys::subject_file_first(key)),
        )?;
        let moved = moved_to(view, *member, all)?;
        candidates.extend(
            moved
                .into_iter()
                .filter(|(kind, _)| *kind == file)
                .map(|(_, first)| first),
        );
        for first in candidates {
            if members.contains(&owner(view, first, reported(view, file, first)?, all)?) {
                firsts.push(first);
            }
        }
    }
    firsts.sort_unstable();
    firsts.dedup();
    Ok(firsts)
}

/// The subject under which a record counts now, whose row bears the code of `reported`.
///
/// # Errors
/// As the view's.
pub fn counts_under(
    view: &dyn View,
    first: Revision,
    reported: SubjectNumber,
) -> Result<SubjectNumber, Error> {
    current(view, owner(view, first, reported, Revision(u64::MAX))?)
}

/// Hands every row of a range to `take`, in key order.
///
/// # Errors
/// As the view's.
pub fn each(
    view: &dyn View,
    table: crate::store::Table,
    range: KeyRange,
    mut take: impl FnMut(&[u8], &[u8]),
) -> Result<(), Error> {
    let KeyRange { mut from, until } = range;
    loop {
        let page = KeyRange {
            from: from.clone(),
            until: until.clone(),
        };
        let found = view.scan(table, &page, ROWS_PER_SCAN)?;
        for (key, value) in &found.rows {
            take(key, value);
        }
        match found.rows.last() {
            Some((last, _)) if found.more => from = bytes::Bytes::from([&last[..], &[0]].concat()),
            Some(_) | None => return Ok(()),
        }
    }
}
