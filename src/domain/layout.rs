//! Layouts of credit records: which items a row has, what they are called, and what they may hold.
//!
//! A layout is data (`policies/records/`), made by `policy::records`; here are its nouns and lookups.
//! Read first: [`Layout`].
//!
//! Source: `domain.md` 1.3, 2.1 to 2.5.

use std::collections::HashMap;

use super::catalog::Standing;
use super::civil_date::CivilDate;
use super::identity::IdentityKind;
use super::law::Laws;
use super::record::{End, RecordKind};
use super::severity::Severities;
use super::trust::Trust;

/// The layout of one kind of row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Such as `PENALTY_V2`.
    pub code: String,
    pub title_zh: String,
    pub title_en: String,
    /// What a row of it records; `None` for a layout of files alone, whose rows go to another verb.
    pub kind: Option<RecordKind>,
    pub body: BodyRule,
    pub standing: Standing,
    pub trust: Trust,
    /// Document and number, or the sources that the layout was rebuilt from.
    pub source: String,
    /// First day on which decisions are reported in it.
    pub from: CivilDate,
    /// Last such day; `None` while it lasts. Rows about later decisions are taken with a finding.
    pub until: Option<CivilDate>,
    items: Vec<LayoutItem>,
    by_name: HashMap<String, usize>,
    by_role: HashMap<Role, Vec<usize>>,
}

/// Whose decisions a layout takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BodyRule {
    /// A department or enforcement body of this district.
    District,
    /// Any organ; the row then names who of this district supplies it.
    Anyone,
}

/// Everything of a layout but its items, as [`Layout::new`] takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutHead {
    pub code: String,
    pub title_zh: String,
    pub title_en: String,
    pub kind: Option<RecordKind>,
    pub body: BodyRule,
    pub standing: Standing,
    pub trust: Trust,
    pub source: String,
    pub from: CivilDate,
    pub until: Option<CivilDate>,
}

impl Layout {
    /// Puts a layout together; that no name stands for two items is the maker's to check.
    #[must_use]
    pub fn new(head: LayoutHead, mut items: Vec<LayoutItem>) -> Self {
        let mut by_name = HashMap::new();
        let mut by_role: HashMap<Role, Vec<usize>> = HashMap::new();
        for (place, item) in items.iter_mut().enumerate() {
            item.place = place;
            if let Some(role) = item.role {
                by_role.entry(role).or_default().push(place);
            }
            for name in item.names() {
                by_name.entry(header_key(name)).or_insert(place);
            }
        }
        Self {
            code: head.code,
            title_zh: head.title_zh,
            title_en: head.title_en,
            kind: head.kind,
            body: head.body,
            standing: head.standing,
            trust: head.trust,
            source: head.source,
            from: head.from,
            until: head.until,
            items,
            by_name,
            by_role,
        }
    }

    /// Returns the items in the order of the form.
    #[must_use]
    pub fn items(&self) -> &[LayoutItem] {
        &self.items
    }

    /// Returns the item that a code, a Chinese header or one of their aliases names, however it is
    /// spaced, bracketed or cased.
    #[must_use]
    pub fn item(&self, name: &str) -> Option<&LayoutItem> {
        self.place(name).map(|place| &self.items[place])
    }

    /// Returns the place of such an item among [`Self::items`].
    #[must_use]
    pub fn place(&self, name: &str) -> Option<usize> {
        self.by_name.get(&header_key(name)).copied()
    }

    /// Returns the items that play a part, in the order of the form.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &LayoutItem> {
        let places = self.by_role.get(&role).map_or(&[][..], Vec::as_slice);
        places.iter().map(|place| &self.items[*place])
    }

    /// Returns the first item that plays a part.
    #[must_use]
    pub fn role(&self, role: Role) -> Option<&LayoutItem> {
        self.of_role(role).next()
    }
}

/// Brings a header to the form in which headers are compared: half-width capitals without blanks,
/// stars and byte order mark.
#[must_use]
pub fn header_key(header: &str) -> String {
    let key = header.chars().filter_map(|character| match character {
        '！'..='～' => char::from_u32(u32::from(character) - 0xFEE0),
        '\u{feff}' | '\u{200b}' | '*' => None,
        other => Some(other),
    });
    key.filter(|character| !character.is_whitespace() && *character != '*')
        .flat_map(char::to_uppercase)
        .collect()
}

/// One item of a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutItem {
    /// As the form calls it, such as `CF_WSH`; in layouts without short codes, one of ours.
    pub code: String,
    /// The Chinese header.
    pub chinese: String,
    pub english: String,
    /// Other codes and headers seen for it in real files.
    pub aliases: Vec<String>,
    pub item_type: ItemType,
    /// In characters, not bytes.
    pub length_max: usize,
    /// The item is required where one of these holds; never, if there is none.
    pub needs: Vec<Need>,
    pub role: Option<Role>,
    /// Line feeds and tabs are allowed.
    pub is_prose: bool,
    /// Names a natural person or holds his number also where the row is about an organisation: sealed
    /// and masked.
    pub is_personal: bool,
    /// A column that some systems add to the national form.
    pub is_extra: bool,
    /// Where the item stands in its layout, from 0; set by [`Layout::new`].
    pub place: usize,
    /// Amounts above this many fen are asked whether they were meant as yuan; `None`: no such limit.
    pub plausible_max: Option<i64>,
}

impl LayoutItem {
    /// Returns everything by which the item is known: code, Chinese header, aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [self.code.as_str(), self.chinese.as_str()]
            .into_iter()
            .chain(self.aliases.iter().map(String::as_str))
    }

    /// Says whether the form requires the item always.
    #[must_use]
    pub fn is_always_needed(&self) -> bool {
        self.needs.contains(&Need::Always)
    }
}

/// What an item holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemType {
    Text,
    /// A day: `YYYY-MM-DD`, `YYYY/MM/DD` or `YYYYMMDD`.
    Date,
    /// A last day; 2099-12-31 and 9999-12-31 mean that there is none.
    Until,
    /// Money in 万元 with at most six decimals.
    Money,
    /// A number with at most six decimals.
    Decimal,
    /// One value of the list of this name.
    Choice(String),
    /// Values of the list of this name, joined by semicolons or commas.
    Choices(String),
    /// A unified social credit code.
    SocialCreditCode,
    /// Unified social credit codes, joined by semicolons.
    SocialCreditCodes,
    /// An organisation's code of before the unified one.
    Older(IdentityKind),
    /// A number of a natural person's document, of the kind that the item of the role beside it names.
    Document,
    /// An administrative division code of six digits.
    Division,
    /// A column that is known and not recorded: time of an export, key of the row in its source.
    Ignored,
}

/// When an item is required.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    Always,
    /// The party is an organisation.
    Organisation,
    /// The party is an individual business.
    IndividualBusiness,
    /// The party is a natural person.
    Person,
    /// A fine is among the kinds of penalty; missing, it is warned of.
    Fine,
    /// A confiscation is among them; missing, it is warned of.
    Confiscation,
    /// A licence suspended or revoked is among them; missing, it is warned of.
    LicenceTaken,
    /// The outcome is a change.
    Changed,
}

/// The part that an item plays in every kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    PartyName,
    PartyKind,
    /// The party's unified code.
    PartyCode,
    /// An older code of the party; several items, tried in the order of the form.
    PartyOlderCode,
    PartyDocumentKind,
    PartyDocument,
    /// 法定代表人
    Representative,
    RepresentativeDocumentKind,
    RepresentativeDocument,
    /// The deciding organ.
    BodyName,
    BodyCode,
    /// 数据来源单位, who supplies the row.
    SourceName,
    SourceCode,
    /// 公示日期, since when the row is shown where it came from.
    ShownOn,
    /// 文号
    Number,
    /// What stands in for a missing number: the licence number.
    NumberStandIn,
    DecidedOn,
    ValidFrom,
    Until,
    PublicityUntil,
    /// 失信严重程度, as the row says it.
    Severity,
    /// 权利编码, the code of the power item: before [`Self::Matter`] where it is filled.
    PowerItem,
    /// Violation type, licence item.
    Matter,
    PenaltyKinds,
    /// 处罚内容, where amounts stand in words.
    Content,
    FineAmount,
    ConfiscationAmount,
    LicenceTaken,
    /// 依据
    Basis,
    /// 公开类型, 信息使用范围
    Publication,
    /// 案件程序类别: simple or general.
    Procedure,
    /// 当前状态, 公示状态
    State,
    Division,
    /// Of the decision that a ruling is about.
    TargetKind,
    TargetBodyName,
    TargetBodyCode,
    TargetNumber,
    TargetDecidedOn,
    /// What a ruling does to it.
    Outcome,
    /// The scale on which a level stands.
    Scale,
    /// A level on its scale.
    Level,
    Score,
    /// Codes of violations that an inspection found.
    Violations,
    InspectionOutcome,
    /// 前置库数据主键, the row's own key in its source; goes to [`super::record::Source`].
    SourceKey,
    /// 批次号, its batch there.
    SourceBatch,
}

/// A closed list of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueList {
    /// Such as `penalty_kind`.
    pub code: String,
    pub title_zh: String,
    pub title_en: String,
    pub trust: Trust,
    pub source: String,
    values: Vec<ListValue>,
    by_name: HashMap<String, usize>,
}

/// One value of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListValue {
    pub code: String,
    pub chinese: String,
    pub english: String,
    /// Other codes and words seen for it.
    pub aliases: Vec<String>,
    /// The value is "other": the concrete one follows in words, `其他-…`.
    pub takes_words: bool,
    /// What the value has in common with others, for checks.
    pub class: Option<Class>,
    /// The end that a row in this state, or a ruling with this outcome, says a record has come to.
    pub end: Option<End>,
}

/// What checks ask of a value, whatever its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    Fine,
    Confiscation,
    /// A licence suspended or revoked.
    LicenceTaken,
    /// 可向社会公开
    Public,
    SimpleProcedure,
    GeneralProcedure,
    /// Another content takes the place of the decision's.
    Changed,
    /// The document of a natural person.
    Document(IdentityKind),
}

impl Role {
    /// Says whether an item tells where the row came from, not what was decided.
    #[must_use]
    pub fn is_of_the_row(self) -> bool {
        matches!(
            self,
            Self::SourceName | Self::SourceCode | Self::SourceKey | Self::SourceBatch | Self::ShownOn
        )
    }
}

impl ValueList {
    /// Puts a list together; that no name stands for two values is the maker's to check.
    #[must_use]
    pub fn new(
        (code, title_zh, title_en): (String, String, String),
        trust: Trust,
        source: String,
        values: Vec<ListValue>,
    ) -> Self {
        let mut by_name = HashMap::new();
        for (place, value) in values.iter().enumerate() {
            for name in value.names() {
                by_name.entry(header_key(name)).or_insert(place);
            }
        }
        Self {
            code,
            title_zh,
            title_en,
            trust,
            source,
            values,
            by_name,
        }
    }

    #[must_use]
    pub fn values(&self) -> &[ListValue] {
        &self.values
    }

    /// Returns the value that a code, a word or an alias names.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&ListValue> {
        self.by_name
            .get(&header_key(name))
            .map(|place| &self.values[*place])
    }

    /// Returns the place of a value among [`Self::values`] by its code.
    #[must_use]
    pub fn place(&self, code: &str) -> Option<usize> {
        self.values.iter().position(|value| value.code == code)
    }
}

impl ListValue {
    /// Returns the kind of identity document that the value names.
    #[must_use]
    pub fn document(&self) -> Option<IdentityKind> {
        if let Some(Class::Document(kind)) = self.class {
            Some(kind)
        } else {
            None
        }
    }

    /// Returns everything by which the value is known: code, word, aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [self.code.as_str(), self.chinese.as_str()]
            .into_iter()
            .chain(self.aliases.iter().map(String::as_str))
    }
}

/// Every layout, and the dated data that rows are checked against.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Layouts {
    layouts: Vec<Layout>,
    lists: Vec<ValueList>,
    severities: Severities,
    laws: Laws,
}

impl Layouts {
    /// Puts the parts together; that they agree with each other is the maker's to check.
    #[must_use]
    pub fn new(layouts: Vec<Layout>, lists: Vec<ValueList>, severities: Severities, laws: Laws) -> Self {
        Self {
            layouts,
            lists,
            severities,
            laws,
        }
    }

    #[must_use]
    pub fn layouts(&self) -> &[Layout] {
        &self.layouts
    }

    /// Returns the layout of a code such as `PENALTY_V2`.
    #[must_use]
    pub fn layout(&self, code: &str) -> Option<&Layout> {
        self.layouts.iter().find(|layout| layout.code == code)
    }

    #[must_use]
    pub fn lists(&self) -> &[ValueList] {
        &self.lists
    }

    /// Returns the list of a name such as `penalty_kind`.
    #[must_use]
    pub fn list(&self, code: &str) -> Option<&ValueList> {
        self.lists.iter().find(|list| list.code == code)
    }

    /// Levels of dishonesty and longest publicity, by date.
    #[must_use]
    pub fn severities(&self) -> &Severities {
        &self.severities
    }

    /// Versions of laws, by which a decision's basis is checked.
    #[must_use]
    pub fn laws(&self) -> &Laws {
        &self.laws
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_compared_without_width_blanks_stars_and_case() {
        for (header, key) in [
            ("CF_WSH", "CF_WSH"),
            (" cf_wsh ", "CF_WSH"),
            ("\u{feff}＊ＣＦ＿ＷＳＨ", "CF_WSH"),
            ("罚款金额（万元）", "罚款金额(万元)"),
            ("罚款金额 (万元)\n*", "罚款金额(万元)"),
            ("", ""),
        ] {
            assert_eq!(header_key(header), key, "{header}");
        }
    }
}
