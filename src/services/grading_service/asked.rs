//! Questions about one subject in one sector: on which day, as known when; and the explanation of a grade.

use super::{name_of, shown, wrong};
use crate::domain::catalog::SectorCode;
use crate::domain::civil_date::CivilDate;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Place;
use crate::domain::subject::SubjectName;
use crate::grading::explain::{self, words};
use crate::grading::read::{GradeRead, Grades};
use crate::ingest::rows::Error;
use crate::services::context::Reading;
use crate::services::convert::grades as convert;
use crate::services::convert::requests;
use crate::services::pb;
use crate::subjects::place::Known;

/// As known when, before the place it is read at is known.
pub(super) enum When {
    Now,
    At(Place),
    Instant(crate::domain::revision::Instant),
}

pub(super) fn when(known: Option<&pb::Known>) -> Result<When, Refusal> {
    use pb::known::At;
    match known.and_then(|known| known.at.as_ref()) {
        None => Ok(When::Now),
        Some(At::Revision(text)) => Ok(requests::min_revision(text)?.map_or(When::Now, When::At)),
        Some(At::Instant(instant)) => crate::services::convert::instant(*instant)
            .map(When::Instant)
            .ok_or_else(|| wrong("known.instant", "is beyond what instants can be")),
    }
}

/// A question about one subject in one sector.
pub(super) struct PairAsked {
    pub(super) subject: SubjectName,
    pub(super) sector: SectorCode,
    pub(super) on: CivilDate,
    pub(super) when: When,
}

impl PairAsked {
    pub(super) fn known(&self, grades: &Grades<'_>, place: Place) -> Result<Known, Error> {
        let revision = match self.when {
            When::Now => place.revision,
            When::At(known) if known.epoch != place.epoch => {
                let ended = Refusal::plain(Reason::EpochEnded).with("epoch", place.epoch.0.to_string());
                return Err(ended.into());
            }
            When::At(known) => known.revision,
            When::Instant(instant) => grades.revision_at(instant)?,
        };
        Ok(Known {
            revision,
            on: self.on,
        })
    }
}

pub(super) fn explanation(
    reading: &Reading<'_>,
    grades: &Grades<'_>,
    read: &GradeRead,
    known: Known,
) -> Result<pb::Explanation, Error> {
    let settled = grades.explain(&read.fact)?;
    let current = match grades.assess(read.fact.who.subject, read.fact.sector, known) {
        Ok(current) => Some(current),
        Err(Error::Refused(refusal)) if refusal.reason == Reason::RuleSetUnknown => None,
        Err(error) => return Err(error),
    };
    let agrees = settled
        .as_ref()
        .is_none_or(|settled| settled.digest == read.fact.evidence);
    let sector = grades.policies.catalog.sector(read.fact.sector);
    let text = words(&explain::Subject {
        grade: &read.fact,
        lists: &grades.policies.layouts,
        sector: sector.map_or(("", ""), |sector| (&*sector.title_zh, &*sector.title_en)),
        settled: settled.as_ref(),
        evidence_agrees: agrees,
        current: current.as_ref(),
    });
    let name = name_of(reading, read.fact.who.subject)?;
    let assessment = |read: &_| convert::assessment(read, name, reading.place);
    Ok(pb::Explanation {
        grade: Some(shown(reading, grades.policies, read)?),
        settled: settled.as_ref().map(assessment),
        evidence_agrees: agrees,
        current: current.as_ref().map(assessment),
        text_zh: text.iter().map(|one| one.zh.clone()).collect(),
        text_en: text.into_iter().map(|one| one.en).collect(),
    })
}
