//! Chooses the version that governs, by the setting, and keeps why.

use super::reading::Reading;
use super::{
    Choice, Decision, Error, Mark, Minimum, Other, Path, Publicity, RepairRules, Setting, Shown, Transition,
    Version, set_on,
};
use crate::domain::civil_date::CivilDate;
use crate::domain::severity::Severities;

impl RepairRules {
    /// Returns what the rules say of a decision: on the general path first, then on the paths of its
    /// department's own that show it too.
    ///
    /// Versions issued after `today` are not known; the setting of the transition is that of `today`.
    ///
    /// # Errors
    /// [`Error::NoVersion`] where no version of the general path governs it, and every other [`Error`].
    pub fn publicity(
        &self,
        decision: &Decision,
        severities: &Severities,
        today: CivilDate,
    ) -> Result<Vec<Publicity>, Error> {
        let setting = set_on(&self.transitions, "transition", today)?;
        let general = self.on_path(Path::General, decision, severities, setting, today)?;
        let mut all = vec![general.ok_or(Error::NoVersion {
            decided_on: decision.decided_on,
        })?];
        for path in [Path::Market, Path::Tax] {
            all.extend(self.on_path(path, decision, severities, setting, today)?);
        }
        Ok(all)
    }

    /// Returns the version of a path of the department's own, which adds to the notice what the general path
    /// does not say; in force on the day.
    pub fn own_paths<'a>(
        &'a self,
        decision: &'a Decision,
        on: CivilDate,
    ) -> impl Iterator<Item = &'a Version> {
        self.versions.iter().filter(move |version| {
            version.path != Path::General && takes(version, decision) && version.origin.governs(on)
        })
    }

    fn on_path(
        &self,
        path: Path,
        decision: &Decision,
        severities: &Severities,
        setting: &Setting<Transition>,
        today: CivilDate,
    ) -> Result<Option<Publicity>, Error> {
        let mut readings = Vec::new();
        for version in self.candidates(path, decision, today) {
            readings.push(self.read(version, decision, severities, today)?);
        }
        let chosen = choose(setting.value, &readings, decision.decided_on, today);
        let Some((place, asked_for)) = chosen else {
            return Ok(None);
        };
        let chosen = readings.remove(place);
        let others = readings.iter().map(|other| Other {
            version: other.version.code.clone(),
            apply_from: other.apply_from,
            maximum: other.maximum.map(|maximum| maximum.on),
        });
        let choice = Choice {
            transition: setting.value,
            mark: Mark::from(&setting.origin),
            asked_for,
            others: others.collect(),
        };
        Ok(Some(written(chosen, choice, decision.decided_on)))
    }

    /// The versions of a path that come into question: in force on the day of the decision or begun later,
    /// known today, in the order of their first days.
    fn candidates<'a>(&'a self, path: Path, decision: &Decision, today: CivilDate) -> Vec<&'a Version> {
        let known_on = today.max(decision.decided_on);
        let in_question = |version: &&Version| {
            version.path == path
                && !version.is_plan
                && takes(version, decision)
                && version.terms.iter().any(|term| term.record == decision.kind)
                && version.issued_on <= known_on
                && version
                    .origin
                    .until
                    .is_none_or(|until| decision.decided_on <= until)
        };
        let mut versions: Vec<&Version> = self.versions.iter().filter(in_question).collect();
        versions.sort_by_key(|version| version.origin.from);
        versions
    }
}

fn takes(version: &Version, decision: &Decision) -> bool {
    version.departments.is_empty()
        || decision
            .department
            .is_some_and(|department| version.departments.contains(&department))
}

/// Which reading is chosen, and for which day it was asked.
fn choose(
    transition: Transition,
    readings: &[Reading<'_>],
    decided_on: CivilDate,
    today: CivilDate,
) -> Option<(usize, CivilDate)> {
    let in_force = |day: CivilDate| {
        let place = readings.iter().position(|one| one.version.origin.governs(day));
        place.map(|place| (place, day))
    };
    match transition {
        Transition::DecisionDate => in_force(decided_on),
        Transition::ApplicationDate => {
            let first_day = |one: &Reading<'_>| {
                let from = one.version.origin.from;
                one.apply_from.unwrap_or(decided_on).max(today).max(from)
            };
            let places = readings.iter().enumerate();
            places
                .map(|(place, one)| (place, first_day(one)))
                .find(|(place, day)| readings[*place].version.origin.governs(*day))
        }
        Transition::MoreFavourable => {
            let places = readings.iter().enumerate();
            let best = places.min_by_key(|(_, one)| burden(one));
            best.map(|(place, _)| (place, decided_on))
        }
    }
}

/// What a reading lays on the subject, lighter first: not shown, then the earliest application, then the
/// earliest end. Of two alike the older version stands.
fn burden(reading: &Reading<'_>) -> (u8, i32, i32) {
    let shown = match reading.shown {
        Shown::NotShown => 0,
        Shown::LeftUnshown => 1,
        Shown::Shown => 2,
    };
    let apply = match reading.minimum {
        Minimum::AtOnce => i32::MIN,
        Minimum::Over { on, .. } => on.days(),
        Minimum::ByListRule => i32::MAX - 1,
        Minimum::NotRepairable => i32::MAX,
    };
    let end = reading.maximum.map_or(i32::MAX, |maximum| maximum.on.days());
    (shown, apply, end)
}

fn written(reading: Reading<'_>, choice: Choice, decided_on: CivilDate) -> Publicity {
    let version = reading.version;
    let mut assumptions = reading.assumptions;
    assumptions.sort_unstable();
    Publicity {
        path: version.path,
        version: version.code.clone(),
        title: version.title.clone(),
        document: version.document.clone(),
        place_zh: version.place_zh.clone(),
        place_en: version.place_en.clone(),
        severity: reading.severity,
        severity_mark: reading.severity_mark,
        shown: reading.shown,
        shown_mark: reading.shown_mark,
        starts_on: decided_on,
        minimum: reading.minimum,
        apply_from: reading.apply_from,
        apply_rule: reading.apply_rule,
        apply_mark: reading.apply_mark,
        maximum: reading.maximum,
        terms: reading
            .terms
            .iter()
            .map(|term| (term.origin.name.clone(), Mark::from(&term.origin)))
            .collect(),
        assumptions,
        choice,
    }
}
