//! Whom the row is about: kind, name, and the code or document by which he is known.
//!
//! | kind | unified code | older code alone | document of a person |
//! |---|---|---|---|
//! | organisation, individual business | taken | taken, with a warning | misplaced; alone it is refused |
//! | natural person | refused | not looked at | taken |

use crate::domain::finding::{CheckKind, Rule};
use crate::domain::identity::{Identity, IdentityKind, OlderCode, PersonDocument};
use crate::domain::layout::{Class, ItemType, LayoutItem, Role};
use crate::domain::record::{Chosen, Party, Value};
use crate::domain::resident_id::{ResidentId, ResidentIdError};
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject::SubjectKind;

use super::items;
use super::row::Row;

impl<'a> Row<'a> {
    /// Reads the party; `None` with a finding that refuses where it is not right.
    pub fn party(&mut self, of_import: Option<SubjectKind>) -> Option<Party> {
        let kind = self.party_kind(of_import);
        self.representative(kind);
        let identity = match kind? {
            SubjectKind::Organisation | SubjectKind::IndividualBusiness => self.organisation(),
            SubjectKind::Person => self.person(),
        };
        self.person_is_not_public(kind?);
        let name = self
            .value(Role::PartyName)
            .and_then(Value::text)
            .unwrap_or_default();
        Some(Party {
            kind: kind?,
            identity: identity?,
            name: name.to_owned(),
        })
    }

    fn party_kind(&mut self, of_import: Option<SubjectKind>) -> Option<SubjectKind> {
        let Some(item) = self.layout.role(Role::PartyKind) else {
            return of_import.or_else(|| self.kind_by_codes());
        };
        if self.text_of(item).is_empty() {
            let Some(kind) = of_import else {
                self.reject(
                    item,
                    Rule::Required,
                    "is required and empty; fill it in, or name the kind for the import as a whole.",
                    "为必填项，不得为空；请补填，或者为整批数据指定主体类别。",
                );
                return None;
            };
            let code = kind.number().to_string();
            let words = String::new();
            self.set(item, Some(Value::Choices(vec![Chosen { code, words }])));
            return Some(kind);
        }
        let [value] = self.chosen(Role::PartyKind)[..] else {
            return None;
        };
        let kind = value
            .code
            .parse::<u8>()
            .ok()
            .and_then(|number| number.try_into().ok())?;
        if of_import.is_some_and(|other| other != kind) {
            self.warn(
                item,
                Rule::PartyKindDiffers,
                "is another kind than the import as a whole was said to have; the row's own was taken.",
                "与整批数据指定的主体类别不一致，已按本行所填。",
            );
        }
        Some(kind)
    }

    /// In layouts without a kind the filled codes tell it.
    fn kind_by_codes(&mut self) -> Option<SubjectKind> {
        let is_organisation = self.filled(Role::PartyCode).is_some() || self.older_codes().next().is_some();
        if let Some((_, code)) = self.filled(Role::PartyCode)
            && code.starts_with("92")
        {
            // Registered by the market regulator as an individual business.
            return Some(SubjectKind::IndividualBusiness);
        }
        if is_organisation {
            return Some(SubjectKind::Organisation);
        }
        if self.filled(Role::PartyDocument).is_some() {
            return Some(SubjectKind::Person);
        }
        let item = self.layout.role(Role::PartyCode)?;
        self.required(item);
        None
    }

    fn older_codes(&self) -> impl Iterator<Item = (&'a LayoutItem, IdentityKind, &str)> {
        self.layout.of_role(Role::PartyOlderCode).filter_map(|item| {
            let ItemType::Older(kind) = &item.item_type else {
                return None;
            };
            let text = self.text_of(item);
            (!text.is_empty()).then_some((item, *kind, text))
        })
    }

    fn organisation(&mut self) -> Option<Identity> {
        self.documents_of_an_organisation();
        self.verify_older_codes();
        let item = self.layout.role(Role::PartyCode)?;
        let text = self.text_of(item).to_owned();
        if text.is_empty() {
            return self.older_identity(item);
        }
        if let Ok(code) = text.parse::<SocialCreditCode>() {
            self.set(item, Some(Value::Code(code)));
            return Some(Identity::Code(code));
        }
        if let Some(code) = older_in_place(&text) {
            self.ask(
                item,
                Rule::CodeMisplaced,
                "holds an older code; the row was taken by it, give the unified social credit code.",
                "填的是旧代码，已按旧代码接收，请补报统一社会信用代码。",
            );
            self.unverified(item, &code);
            self.set(item, Some(Value::Text(code.as_str().to_owned())));
            return Some(Identity::Older(code));
        }
        if text.parse::<ResidentId>().is_ok() {
            self.reject(
                item,
                Rule::KindAgainstCode,
                "is a resident ID, but an organisation or individual business has a unified social credit \
                 code; correct the kind or the code.",
                "为居民身份证号码，而法人、非法人组织和个体工商户应填统一社会信用代码，请更正类别或代码。",
            );
            return None;
        }
        items::social_credit_code(self, item, &text);
        None
    }

    /// Without a unified code the first older code stands for it; without any code the row is refused.
    fn older_identity(&mut self, item: &LayoutItem) -> Option<Identity> {
        let first = self
            .older_codes()
            .next()
            .map(|(item, kind, text)| (item, kind, text.to_owned()));
        let Some((older, kind, text)) = first else {
            let has_document = self.filled(Role::PartyDocument).is_some();
            if has_document {
                self.reject(
                    item,
                    Rule::KindAgainstCode,
                    "is empty, and a person's document alone is given: an organisation or individual business \
                     is known by its code; fill it in or correct the kind.",
                    "为空，仅填了自然人证件；法人、非法人组织和个体工商户应填代码，请补填或更正类别。",
                );
            } else {
                self.required(item);
            }
            return None;
        };
        if let Ok(code) = text.parse::<SocialCreditCode>() {
            self.ask(
                older,
                Rule::CodeMisplaced,
                "holds a unified social credit code; the row was taken by it, move it to its own item.",
                "填的是统一社会信用代码，已按其接收，请移到统一社会信用代码栏。",
            );
            return Some(Identity::Code(code));
        }
        let code = OlderCode::new(kind, &text).ok()?;
        self.warn(
            item,
            Rule::OlderCodeAlone,
            "is empty; the row was taken by an older code, give the unified social credit code.",
            "为空，已按旧代码接收，请补报统一社会信用代码。",
        );
        Some(Identity::Older(code))
    }

    fn verify_older_codes(&mut self) {
        let codes: Vec<_> = self
            .older_codes()
            .filter_map(|(item, kind, text)| Some((item, OlderCode::new(kind, text).ok()?)))
            .collect();
        for (item, code) in codes {
            self.unverified(item, &code);
        }
    }

    fn unverified(&mut self, item: &LayoutItem, code: &OlderCode) {
        // Since 2015 the unified code stands in the old items too.
        let is_unified = code.as_str().parse::<SocialCreditCode>().is_ok();
        if !code.verifies() && !is_unified {
            self.warn(
                item,
                Rule::OlderCodeUnverified,
                "does not have the length or the check character of such codes; compare it with the papers.",
                "长度或校验码与该类代码的规则不符，请与证照核对。",
            );
        }
    }

    /// In an organisation's row the person's items hint at the representative's, one letter away.
    fn documents_of_an_organisation(&mut self) {
        let Some((item, text)) = self.filled(Role::PartyDocument) else {
            return;
        };
        let text = text.to_owned();
        let value = self.document(item, Role::PartyDocumentKind, &text, Severe::No);
        self.set(item, value.map(|one| Value::Document(one.expose().to_owned())));
        self.warn(
            item,
            Rule::DocumentMisplaced,
            "is for natural persons, but the party is none; the representative's document has an item of its \
             own.",
            "仅在行政相对人为自然人时填写；法定代表人证件请填入法定代表人证件栏。",
        );
    }

    fn person(&mut self) -> Option<Identity> {
        if let Some((item, _)) = self.filled(Role::PartyCode) {
            self.reject(
                item,
                Rule::KindAgainstCode,
                "is filled, but a natural person has a document and no unified social credit code; correct \
                 the kind or empty the code.",
                "已填写，而自然人应填证件号码、不填统一社会信用代码，请更正类别或清空代码。",
            );
        }
        let item = self.layout.role(Role::PartyDocument)?;
        let text = self.text_of(item).to_owned();
        if text.is_empty() {
            if self.filled(Role::RepresentativeDocument).is_some() {
                self.reject(
                    item,
                    Rule::DocumentMisplaced,
                    "is empty, and the representative's document is filled: a natural person's own number \
                     belongs here.",
                    "为空，而法定代表人证件号码已填；自然人的证件号码应填在本栏。",
                );
            } else {
                self.required(item);
            }
            return None;
        }
        let identity = self.document(item, Role::PartyDocumentKind, &text, Severe::Yes);
        self.set(
            item,
            identity
                .as_ref()
                .map(|one| Value::Document(one.expose().to_owned())),
        );
        identity
    }

    /// The representative's document is optional: what is wrong with it is warned of.
    fn representative(&mut self, kind: Option<SubjectKind>) {
        let Some((item, text)) = self.filled(Role::RepresentativeDocument) else {
            return;
        };
        if kind == Some(SubjectKind::Person) && self.filled(Role::PartyDocument).is_none() {
            return;
        }
        let text = text.to_owned();
        let identity = self.document(item, Role::RepresentativeDocumentKind, &text, Severe::No);
        self.set(item, identity.map(|one| Value::Document(one.expose().to_owned())));
    }

    /// Reads a document's number by the kind beside it; a resident ID where no kind is stated.
    fn document(&mut self, item: &LayoutItem, kind: Role, text: &str, severe: Severe) -> Option<Identity> {
        let stated = self.chosen(kind).first().and_then(|value| value.document());
        let kind = stated.unwrap_or(IdentityKind::ResidentId);
        if kind == IdentityKind::ResidentId {
            return self.resident_id(item, text, severe);
        }
        let document = PersonDocument::new(kind, text).ok();
        if document.is_none() {
            items::not_a_number(self, item);
        }
        document.map(Identity::Document)
    }

    fn resident_id(&mut self, item: &LayoutItem, text: &str, severe: Severe) -> Option<Identity> {
        let mut faults: Vec<_> = ResidentId::faults(text).into_iter().map(sentence).collect();
        let id = text.parse::<ResidentId>().ok();
        if id.is_some_and(|id| id.born_on() > self.received_on) {
            faults.push((
                Rule::ResidentIdDate,
                "states a birth date after the day of receipt; correct it.",
                "中的出生日期晚于接收日期，请更正。",
            ));
        }
        for (rule, english, chinese) in faults {
            self.find(item, rule, severe.kind(), english, chinese);
        }
        id.map(Identity::Person)
    }

    fn person_is_not_public(&mut self, kind: SubjectKind) {
        let Some(item) = self.layout.role(Role::Publication) else {
            return;
        };
        if kind == SubjectKind::Person && self.has_class(Role::Publication, Class::Public) {
            self.find(
                item,
                Rule::PersonPublic,
                CheckKind::Stop,
                "opens a natural person's data to the public; choose a narrower scope.",
                "将自然人信息向社会公开，请改为特定范围内公开或不可公开。",
            );
        }
    }
}

/// Whether a row stands or falls with a document.
#[derive(Clone, Copy)]
enum Severe {
    Yes,
    No,
}

impl Severe {
    fn kind(self) -> CheckKind {
        match self {
            Self::Yes => CheckKind::Reject,
            Self::No => CheckKind::Warn,
        }
    }
}

fn sentence(fault: ResidentIdError) -> (Rule, &'static str, &'static str) {
    match fault {
        ResidentIdError::Shape => (
            Rule::ResidentIdShape,
            "is not a resident ID of 15 digits or of 17 digits and a check character; correct it or state \
             the kind of document.",
            "不是15位或18位居民身份证号码，请更正或注明证件类型。",
        ),
        ResidentIdError::Date => (
            Rule::ResidentIdDate,
            "states a birth date that does not exist; correct it.",
            "中的出生日期不存在，请更正。",
        ),
        ResidentIdError::Check => (
            Rule::ResidentIdCheck,
            "has a wrong check character; compare it with the identity card.",
            "校验码错误，请与居民身份证核对。",
        ),
    }
}

/// Recognises an older code where the unified one belongs: a registration number of 13 or 15 digits, an
/// organisation code that verifies. Fifteen digits with a birth date are a resident ID unless they verify.
fn older_in_place(text: &str) -> Option<OlderCode> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_digits && matches!(text.len(), 13 | 15) {
        let code = OlderCode::new(IdentityKind::RegistrationNumber, text).ok()?;
        return (code.verifies() || text.parse::<ResidentId>().is_err()).then_some(code);
    }
    let code = OlderCode::new(IdentityKind::OrganisationCode, text).ok()?;
    code.verifies().then_some(code)
}
