//! Finds the header row of a sheet and the layout it follows, and tells rows of data from other rows.
//!
//! Titles may stand above the header, notes below; headers may be Chinese, field codes or aliases, in any
//! order, with columns missing and columns more. Nothing is guessed: what fits two layouts alike, or lacks
//! a required column, is refused by name. Read first: [`detect`].

use crate::domain::layout::{Layout, Role};

use super::{Row, column_name, values};

/// Rows from the top among which the header is looked for.
pub const HEADER_ROWS: usize = 20;
/// Fewest items that a header names.
const MATCHES_MIN: usize = 3;
/// The column with which refused rows come back; it is left out when they are sent again.
pub const REASON_HEADER: &str = "错误原因";
/// A required column that is missing weighs as much against a layout as this many that are there.
const MISSING_WEIGHT: i64 = 2;

/// What a column of the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The item at this place of the layout.
    Item(usize),
    /// The reasons with which refused rows came back.
    Reason,
    /// A column that the layout does not know.
    Ignored,
    /// A column without header.
    Blank,
}

/// A header that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Number of the header row.
    pub row: u32,
    /// The headers as written, from column A on.
    pub texts: Vec<String>,
    pub columns: Vec<Column>,
    /// Places of items that no column is for.
    pub absent: Vec<usize>,
    /// Numbers of the rows above, which hold no data.
    pub above: Vec<u32>,
}

impl Header {
    /// Returns the column that holds the item at this place of the layout.
    #[must_use]
    pub fn column_of(&self, place: usize) -> Option<usize> {
        self.columns
            .iter()
            .position(|column| *column == Column::Item(place))
    }
}

/// What is known beside the file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told<'a> {
    /// The layout that the caller says it is.
    pub layout: Option<&'a str>,
    /// The kind of party is stated for all rows, so that its column may be missing.
    pub has_party_kind: bool,
}

/// Why no layout was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoLayout {
    /// There is no layout of this code.
    NoSuchLayout(String),
    /// No row among the first looks like a header of any layout.
    Unknown {
        /// Code of the layout that fits best, if one fits at all, and the headers it wants and does not find.
        nearest: Option<(String, Vec<String>)>,
    },
    /// Two layouts fit alike.
    Ambiguous { codes: Vec<String> },
    /// Two columns are for the same item.
    Twice {
        layout: String,
        item: String,
        columns: Vec<String>,
    },
    /// Required columns are missing.
    Missing { layout: String, items: Vec<String> },
    /// The column with the kind of party is missing and no kind is stated for all rows.
    PartyKindMissing { layout: String, item: String },
}

impl NoLayout {
    /// Says it in English.
    #[must_use]
    pub fn in_english(&self) -> String {
        match self {
            Self::NoSuchLayout(code) => format!("there is no layout {code}"),
            Self::Unknown { nearest: None } => {
                format!("no layout fits: none of the first {HEADER_ROWS} rows is a header that is known")
            }
            Self::Unknown {
                nearest: Some((code, missing)),
            } => format!(
                "no layout fits; the nearest is {code}, of which these headers are missing: {}. Add them, or \
                 say --layout",
                missing.join("、")
            ),
            Self::Ambiguous { codes } => {
                format!(
                    "the headers fit more than one layout: {}; say --layout",
                    codes.join(", ")
                )
            }
            Self::Twice {
                layout,
                item,
                columns,
            } => format!(
                "columns {} are both for {item} of {layout}; rename or remove one",
                columns.join(" and ")
            ),
            Self::Missing { layout, items } => format!(
                "the layout is {layout}, and these required columns are missing: {}",
                items.join("、")
            ),
            Self::PartyKindMissing { layout, item } => format!(
                "the layout is {layout}, and the column {item} is missing; say for all rows --party-kind \
                 organisation, person or individual-business"
            ),
        }
    }

    /// Says it in Chinese.
    #[must_use]
    pub fn in_chinese(&self) -> String {
        match self {
            Self::NoSuchLayout(code) => format!("没有名为{code}的模板"),
            Self::Unknown { nearest: None } => {
                format!("没有符合的模板：前{HEADER_ROWS}行中没有可识别的表头")
            }
            Self::Unknown {
                nearest: Some((code, missing)),
            } => format!(
                "没有符合的模板；最接近的是{code}，缺少以下表头：{}。请补上，或用--layout指定模板",
                missing.join("、")
            ),
            Self::Ambiguous { codes } => {
                format!("表头同时符合多个模板：{}，请用--layout指定", codes.join("、"))
            }
            Self::Twice {
                layout,
                item,
                columns,
            } => format!(
                "第{}列都对应{layout}的“{item}”，请改名或删去一列",
                columns.join("、")
            ),
            Self::Missing { layout, items } => {
                format!("模板为{layout}，缺少必填列：{}", items.join("、"))
            }
            Self::PartyKindMissing { layout, item } => format!(
                "模板为{layout}，缺少“{item}”列；请用--party-kind说明全部行的类别：organisation（法人及非法人\
                 组织）、person（自然人）或individual-business（个体工商户）"
            ),
        }
    }
}

/// Returns the place of the item that a header names, also where a field code or a remark stands in
/// brackets behind it.
///
/// A remark that names a unit is no mere remark: `罚款金额（元）` is not `罚款金额（万元）`.
#[must_use]
pub fn place_of(layout: &Layout, header: &str) -> Option<usize> {
    if let Some(place) = layout.place(header) {
        return Some(place);
    }
    let narrow = values::half_width(header);
    let (before, rest) = narrow.split_once('(')?;
    let inside = rest.split(')').next().unwrap_or(rest);
    if inside.contains('元') {
        return None;
    }
    layout.place(inside).or_else(|| layout.place(before))
}

struct Fit<'a> {
    layout: &'a Layout,
    row: &'a Row,
    matched: usize,
    missing: Vec<usize>,
    score: i64,
}

/// Finds header and layout among the first rows of a sheet.
///
/// # Errors
/// [`NoLayout`] says what is not clear.
pub fn detect<'a>(
    rows: &'a [Row],
    layouts: &'a [Layout],
    told: Told<'_>,
) -> Result<(&'a Layout, Header), NoLayout> {
    let wanted: Vec<&Layout> = match told.layout {
        None => layouts.iter().collect(),
        Some(code) => {
            let same = |layout: &&Layout| layout.code.eq_ignore_ascii_case(code);
            vec![
                layouts
                    .iter()
                    .find(same)
                    .ok_or_else(|| NoLayout::NoSuchLayout(code.to_owned()))?,
            ]
        }
    };
    let best = best_fit(rows, &wanted, told)?;
    let header = header_of(rows, best.row, best.layout)?;
    let names = |places: &[usize]| {
        let items = best.layout.items();
        places
            .iter()
            .map(|place| items[*place].chinese.clone())
            .collect::<Vec<_>>()
    };
    let is_kind = |place: &usize| best.layout.items()[*place].role == Some(Role::PartyKind);
    let (kind, others): (Vec<usize>, Vec<usize>) = best.missing.iter().partition(|place| is_kind(place));
    let layout = best.layout.code.clone();
    if !others.is_empty() && told.layout.is_none() {
        let items = names(&others);
        return Err(NoLayout::Missing { layout, items });
    }
    if !kind.is_empty() {
        let item = names(&kind).join("、");
        return Err(NoLayout::PartyKindMissing { layout, item });
    }
    Ok((best.layout, header))
}

fn best_fit<'a>(rows: &'a [Row], layouts: &[&'a Layout], told: Told<'_>) -> Result<Fit<'a>, NoLayout> {
    let mut fits: Vec<Fit> = Vec::new();
    for layout in layouts {
        let best = rows.iter().take(HEADER_ROWS).map(|row| fit(row, layout, told));
        // Of equal rows the upper one is the header.
        fits.extend(best.rev().max_by_key(|fit| fit.score));
    }
    fits.sort_by_key(|fit| std::cmp::Reverse((fit.score, fit.matched)));
    let needed = |fit: &Fit| {
        fit.layout
            .items()
            .iter()
            .filter(|item| item.is_always_needed())
            .count()
    };
    let is_enough = |fit: &Fit| fit.matched >= MATCHES_MIN && 2 * fit.missing.len() <= needed(fit).max(1);
    let mut enough = fits.iter().filter(|fit| is_enough(fit));
    let Some(best) = enough.next() else {
        // One name in common, such as 地址, makes no layout near.
        let nearest = fits.first().filter(|fit| fit.matched > 1).map(|fit| {
            let items = fit.layout.items();
            let missing = fit.missing.iter().map(|place| items[*place].chinese.clone());
            (fit.layout.code.clone(), missing.collect())
        });
        return Err(NoLayout::Unknown { nearest });
    };
    let alike: Vec<String> = enough
        .filter(|fit| (fit.score, fit.matched) == (best.score, best.matched))
        .map(|fit| fit.layout.code.clone())
        .collect();
    if !alike.is_empty() {
        let mut codes = vec![best.layout.code.clone()];
        codes.extend(alike);
        return Err(NoLayout::Ambiguous { codes });
    }
    Ok(fits.swap_remove(0))
}

fn fit<'a>(row: &'a Row, layout: &'a Layout, told: Told<'_>) -> Fit<'a> {
    let mut is_there = vec![false; layout.items().len()];
    for cell in &row.cells {
        if let Some(place) = place_of(layout, &cell.text) {
            is_there[place] = true;
        }
    }
    let matched = is_there.iter().filter(|there| **there).count();
    let items = layout.items().iter().enumerate();
    let missing: Vec<usize> = items
        .filter(|(place, item)| {
            item.is_always_needed()
                && !is_there[*place]
                && !(told.has_party_kind && item.role == Some(Role::PartyKind))
        })
        .map(|(place, _)| place)
        .collect();
    let count = |number: usize| i64::try_from(number).expect("a layout has few items");
    Fit {
        layout,
        row,
        matched,
        score: count(matched) - MISSING_WEIGHT * count(missing.len()),
        missing,
    }
}

fn header_of(rows: &[Row], row: &Row, layout: &Layout) -> Result<Header, NoLayout> {
    let mut columns = Vec::with_capacity(row.cells.len());
    let texts: Vec<String> = row
        .cells
        .iter()
        .map(|cell| values::trimmed(&cell.text).to_owned())
        .collect();
    for (at, text) in texts.iter().enumerate() {
        let column = match place_of(layout, text) {
            _ if text.is_empty() => Column::Blank,
            _ if text == REASON_HEADER => Column::Reason,
            None => Column::Ignored,
            Some(place) => {
                let first = columns.iter().position(|column| *column == Column::Item(place));
                if let Some(first) = first {
                    return Err(NoLayout::Twice {
                        layout: layout.code.clone(),
                        item: layout.items()[place].chinese.clone(),
                        columns: vec![column_name(first), column_name(at)],
                    });
                }
                Column::Item(place)
            }
        };
        columns.push(column);
    }
    let places = 0..layout.items().len();
    let absent = places
        .filter(|place| !columns.contains(&Column::Item(*place)))
        .collect();
    let above = rows
        .iter()
        .map(|above| above.number)
        .filter(|number| *number < row.number);
    Ok(Header {
        row: row.number,
        absent,
        above: above.collect(),
        texts,
        columns,
    })
}

/// Why a row below the header is no row of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// It begins with a word of explanations, such as 表格说明.
    Note,
    /// The header once more, in the same or another way of writing.
    HeaderAgain,
}

/// How explanations below a table begin.
const NOTE_WORDS: [&str; 9] = [
    "表格说明",
    "填表说明",
    "填报说明",
    "说明：",
    "说明:",
    "注：",
    "注:",
    "填表人",
    "审核人",
];

/// Says whether a row below the header holds no data, and why.
///
/// A row of one cell is data with everything else missing unless it begins as explanations do.
#[must_use]
pub fn skipped(row: &Row, header: &Header, layout: &Layout) -> Option<Skipped> {
    let first = row
        .cells
        .iter()
        .map(|cell| values::trimmed(&cell.text))
        .find(|text| !text.is_empty())?;
    if NOTE_WORDS.iter().any(|word| first.starts_with(word)) {
        return Some(Skipped::Note);
    }
    let items = header.columns.iter().enumerate();
    let again = items.filter(|(at, column)| match column {
        Column::Item(place) => place_of(layout, row.text(*at)) == Some(*place),
        Column::Reason | Column::Ignored | Column::Blank => false,
    });
    let named = header
        .columns
        .iter()
        .filter(|column| matches!(column, Column::Item(_)))
        .count();
    (2 * again.count() > named).then_some(Skipped::HeaderAgain)
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
