//! When bodies send: in floods at the ends of months and quarters, little between.
//!
//! Source: `domain.md` 13 item 17, 14 item 28.

use std::collections::HashSet;

use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::dice::Dice;
use super::generator::District;
use super::plan::Row;

/// Departments that take commitments and send none all year.
const ZERO_REPORTERS: usize = 4;

/// One sheet: what a body sends on a day.
pub(super) struct Slot {
    pub(super) day: Date,
    pub(super) body: usize,
    /// Rows that are new in this sheet.
    pub(super) fresh: usize,
    /// Rows that must stay in one batch and in this order stand in one group.
    pub(super) groups: Vec<Vec<Row>>,
}

/// Days on which bodies send: month ends, floods at quarter ends, and for large bodies days between.
pub(super) fn sheets(dice: &mut Dice, district: &District, rows: usize) -> Vec<Slot> {
    let may_be_silent = district.bodies.iter().filter(|body| !body.leads_sector);
    let mut departments: Vec<&str> = may_be_silent.map(|body| body.department.as_str()).collect();
    departments.sort_unstable();
    departments.dedup();
    dice.shuffle(&mut departments);
    assert!(
        departments.len() > ZERO_REPORTERS,
        "the district has too few departments that take commitments and lead no sector"
    );
    let silent: HashSet<&str> = departments.drain(..ZERO_REPORTERS).collect();
    let mut senders: Vec<usize> = (0..district.bodies.len())
        .filter(|body| !silent.contains(district.bodies[*body].department.as_str()))
        .collect();
    dice.shuffle(&mut senders);

    let mut slots: Vec<Slot> = Vec::new();
    let mut weights = Vec::new();
    let mut firsts = Vec::new();
    for (rank, body) in senders.into_iter().enumerate() {
        let share = 1_200 / (rank + 3);
        firsts.push(slots.len());
        for month in 1..=12 {
            let last = last_weekday(month);
            let flood = if month % 3 == 0 { 14 } else { 6 };
            let mut days = vec![(last, flood)];
            if rank < 12 {
                let between = [4, 11, 18].map(|day| weekday_from(date(2024, month, day)));
                days.extend(between.map(|day| (day, 3)));
            }
            for (day, weight) in days {
                slots.push(Slot {
                    day,
                    body,
                    fresh: 0,
                    groups: Vec::new(),
                });
                weights.push(share * weight);
            }
        }
    }
    for row in 0..rows {
        // Every sender has at least one row, in one of its first sheets.
        let at = firsts
            .get(row)
            .map_or_else(|| dice.weighted(&weights), |first| first + row % 6);
        slots[at].fresh += 1;
    }
    slots.retain(|slot| slot.fresh > 0);
    slots.sort_by_key(|slot| (slot.day, slot.body));
    slots
}

pub(super) fn last_weekday(month: i8) -> Date {
    let mut day = date(2024, month, 1).last_of_month();
    while day.weekday().to_monday_one_offset() > 5 {
        day -= 1.days();
    }
    day
}

pub(super) fn weekday_from(mut day: Date) -> Date {
    while day.weekday().to_monday_one_offset() > 5 {
        day += 1.days();
    }
    day
}
