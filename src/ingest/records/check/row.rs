//! A row under check: its cleaned texts, its values, and what was found so far.

use crate::domain::civil_date::CivilDate;
use crate::domain::finding::{CheckKind, Finding, Rule};
use crate::domain::layout::{Class, ItemType, Layout, LayoutItem, Layouts, ListValue, Need, Role};
use crate::domain::record::{Chosen, Item, ReportedRecord, Value};
use crate::domain::subject::SubjectKind;

use super::items;

pub struct Row<'a> {
    pub layout: &'a Layout,
    pub layouts: &'a Layouts,
    pub received_on: CivilDate,
    /// By place in the layout: whether the row has the item at all, filled or not.
    present: Vec<bool>,
    /// By place: cleaned; empty where absent.
    texts: Vec<String>,
    /// By place: what the text says, where it is right.
    values: Vec<Option<Value>>,
    findings: Vec<Finding>,
}

impl<'a> Row<'a> {
    /// Cleans every item and checks it by itself.
    pub fn read(
        reported: &ReportedRecord,
        layout: &'a Layout,
        layouts: &'a Layouts,
        received_on: CivilDate,
    ) -> Self {
        let count = layout.items().len();
        let mut row = Self {
            layout,
            layouts,
            received_on,
            present: vec![false; count],
            texts: vec![String::new(); count],
            values: vec![None; count],
            findings: Vec::new(),
        };
        for (name, raw) in &reported.items {
            row.take(name, raw);
        }
        row.drop_repeated_documents();
        for item in layout.items() {
            row.read_item(item);
        }
        row
    }

    fn take(&mut self, name: &str, raw: &str) {
        let Some(place) = self.layout.place(name) else {
            self.findings.push(Finding {
                field: "items".into(),
                rule: Rule::ItemUnknown,
                kind: CheckKind::Reject,
                english: format!(
                    "An item is not part of the layout {}; name items by its codes.",
                    self.layout.code
                ),
                chinese: format!(
                    "有数据项不属于{}格式，请使用该格式的数据项代码。",
                    self.layout.code
                ),
            });
            return;
        };
        let item = &self.layout.items()[place];
        if std::mem::replace(&mut self.present[place], true) {
            self.reject(
                item,
                Rule::ItemTwice,
                "is given twice; give it once.",
                "重复出现，请只保留一个。",
            );
        } else {
            self.texts[place] = items::clean(item, raw);
        }
    }

    /// An ID that equals the person's name or the organisation's code is none.
    fn drop_repeated_documents(&mut self) {
        let others: Vec<String> = [Role::PartyName, Role::PartyCode, Role::Representative]
            .into_iter()
            .filter_map(|role| self.layout.role(role))
            .map(|item| self.text_of(item).to_uppercase())
            .collect();
        for role in [Role::PartyDocument, Role::RepresentativeDocument] {
            if let Some(item) = self.layout.role(role) {
                let place = item.place;
                if others.contains(&self.texts[place]) {
                    self.texts[place].clear();
                }
            }
        }
    }

    fn read_item(&mut self, item: &'a LayoutItem) {
        let place = item.place;
        let text = std::mem::take(&mut self.texts[place]);
        if !text.is_empty() {
            self.values[place] = items::value(self, item, &text);
        }
        self.texts[place] = text;
    }

    pub fn text_of(&self, item: &LayoutItem) -> &str {
        &self.texts[item.place]
    }

    pub fn is_present(&self, item: &LayoutItem) -> bool {
        self.present[item.place]
    }

    pub fn value_of(&self, item: &LayoutItem) -> Option<&Value> {
        self.values[item.place].as_ref()
    }

    pub fn set(&mut self, item: &LayoutItem, value: Option<Value>) {
        let place = item.place;
        self.values[place] = value;
    }

    /// Returns the item of a role and its text, where the layout has one and the row fills it.
    pub fn filled(&self, role: Role) -> Option<(&'a LayoutItem, &str)> {
        let item = self.layout.role(role)?;
        let text = self.text_of(item);
        (!text.is_empty()).then_some((item, text))
    }

    /// Returns the value of the item of a role.
    pub fn value(&self, role: Role) -> Option<&Value> {
        self.value_of(self.layout.role(role)?)
    }

    pub fn date(&self, role: Role) -> Option<CivilDate> {
        self.value(role)?.date()
    }

    pub fn fen(&self, role: Role) -> Option<i64> {
        self.value(role)?.fen()
    }

    /// The values chosen in all items of a role.
    pub fn chosen(&self, role: Role) -> Vec<&'a ListValue> {
        let mut values = Vec::new();
        for item in self.layout.of_role(role) {
            let (ItemType::Choice(list) | ItemType::Choices(list)) = &item.item_type else {
                continue;
            };
            let list = self
                .layouts
                .list(list)
                .expect("lists are there: checked with the data");
            for Chosen { code, .. } in self.value_of(item).map_or(&[][..], Value::choices) {
                let place = list.place(code).expect("values come from the list");
                values.push(&list.values()[place]);
            }
        }
        values
    }

    pub fn has_class(&self, role: Role, class: Class) -> bool {
        self.chosen(role).iter().any(|value| value.class == Some(class))
    }

    /// Finds required items that are empty, but for those that other steps ask for themselves.
    pub fn needs(&mut self, party: Option<SubjectKind>) {
        for item in self.layout.items() {
            let is_asked_elsewhere = matches!(
                item.role,
                Some(Role::PartyKind | Role::PartyCode | Role::PartyDocument | Role::Number)
            );
            if !is_asked_elsewhere && self.text_of(item).is_empty() && self.is_needed(item, party) {
                self.required(item);
            }
        }
    }

    fn is_needed(&self, item: &LayoutItem, party: Option<SubjectKind>) -> bool {
        item.needs.iter().any(|need| match need {
            Need::Always => true,
            Need::Organisation => party == Some(SubjectKind::Organisation),
            Need::IndividualBusiness => party == Some(SubjectKind::IndividualBusiness),
            Need::Person => party == Some(SubjectKind::Person),
            Need::Changed => self.has_class(Role::Outcome, Class::Changed),
            // Warned of among the checks of penalties.
            Need::Fine | Need::Confiscation | Need::LicenceTaken => false,
        })
    }

    /// What sectors are attributed by.
    pub fn matter(&self) -> Option<String> {
        if let Some((_, text)) = self.filled(Role::PowerItem) {
            return Some(text.to_owned());
        }
        let value = self.value(Role::Matter)?;
        let chosen = value.choices().first().map(|one| {
            if one.words.is_empty() {
                one.code.clone()
            } else {
                one.words.clone()
            }
        });
        value.text().map(str::to_owned).or(chosen)
    }

    /// Takes all values out, in the order of the layout.
    pub fn take_items(&mut self) -> Vec<Item> {
        let values = std::mem::take(&mut self.values);
        let items = self.layout.items().iter().zip(values);
        items
            .filter_map(|(item, value)| {
                Some(Item {
                    code: item.code.clone(),
                    value: value?,
                    of_the_row: item.role.is_some_and(Role::is_of_the_row),
                })
            })
            .collect()
    }

    /// Returns the findings in the order of the layout; those on no item first.
    pub fn into_findings(self) -> Vec<Finding> {
        let mut findings = self.findings;
        findings.sort_by_key(|finding| self.layout.place(&finding.field).map_or(0, |place| place + 1));
        findings
    }

    pub fn find(&mut self, item: &LayoutItem, rule: Rule, kind: CheckKind, english: &str, chinese: &str) {
        self.findings.push(Finding {
            field: item.code.clone().into(),
            rule,
            kind,
            english: format!("Item {} ({}) {english}", item.code, item.english),
            chinese: format!("“{}”（{}）{chinese}", item.chinese, item.code),
        });
    }

    pub fn reject(&mut self, item: &LayoutItem, rule: Rule, english: &str, chinese: &str) {
        self.find(item, rule, CheckKind::Reject, english, chinese);
    }

    pub fn ask(&mut self, item: &LayoutItem, rule: Rule, english: &str, chinese: &str) {
        self.find(item, rule, CheckKind::Ask, english, chinese);
    }

    pub fn warn(&mut self, item: &LayoutItem, rule: Rule, english: &str, chinese: &str) {
        self.find(item, rule, CheckKind::Warn, english, chinese);
    }

    pub fn required(&mut self, item: &LayoutItem) {
        self.reject(
            item,
            Rule::Required,
            "is required and empty; fill it in.",
            "为必填项，不得为空，请补填。",
        );
    }
}
