//! Editions of the national lists that bound what may be recorded and what may be done about it.
//!
//! Read first: [`Editions::in_force`].
//!
//! Source: `domain.md` 6.

use super::catalog::{SectorCode, Standing};
use super::civil_date::CivilDate;
use super::numbered::numbered;
use super::trust::Trust;

/// Which national list. Numbers are those of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum NationalList {
    /// 全国公共信用信息基础目录: what may be recorded at all.
    CreditCatalogue = 1,
    /// 全国失信惩戒措施基础清单: what may be done to whom, on what basis.
    PunishmentMeasures = 2,
}

numbered!(NationalList {
    CreditCatalogue,
    PunishmentMeasures
});

impl NationalList {
    /// Returns the word by which files and resource names call the list.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::CreditCatalogue => "credit_catalogue",
            Self::PunishmentMeasures => "punishment_measures",
        }
    }

    /// Takes such a word; `None` if it calls none of them.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|list| list.word() == word)
    }
}

/// A class of information, or a measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Ours, the same through all editions of a list.
    pub code: EntryCode,
    pub title_zh: String,
    pub title_en: String,
    pub trust: Trust,
}

/// The code of an entry; of the same shape as a sector's.
pub type EntryCode = SectorCode;

/// One edition of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    pub list: NationalList,
    /// The year it is called by, such as `2024`.
    pub edition: String,
    pub title_zh: String,
    pub title_en: String,
    /// First day in force.
    pub from: CivilDate,
    /// Last day in force; `None` while it lasts.
    pub until: Option<CivilDate>,
    /// How many entries the document has.
    pub entry_count: u32,
    /// Whether all of them are listed here; if not, an entry that is missing says nothing.
    pub is_complete: bool,
    pub entries: Vec<Entry>,
    /// Number of the document.
    pub source: String,
    pub standing: Standing,
    pub trust: Trust,
}

impl Edition {
    /// Says whether the edition is in force on that day.
    #[must_use]
    pub fn stands_on(&self, day: CivilDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// Returns the last part of its resource name, such as `credit_catalogue-2024`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}-{}", self.list.word(), self.edition)
    }
}

/// All editions that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Editions {
    all: Vec<Edition>,
}

impl Editions {
    /// Takes editions; those of one list do not overlap, which is the maker's to check.
    #[must_use]
    pub fn new(mut all: Vec<Edition>) -> Self {
        all.sort_by_key(|edition| (edition.list, edition.from));
        Self { all }
    }

    /// The editions, by list and first day.
    #[must_use]
    pub fn all(&self) -> &[Edition] {
        &self.all
    }

    /// Returns the edition of a list that is in force on a day.
    #[must_use]
    pub fn in_force(&self, list: NationalList, on: CivilDate) -> Option<&Edition> {
        self.all
            .iter()
            .find(|edition| edition.list == list && edition.stands_on(on))
    }
}
