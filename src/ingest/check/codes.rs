//! The items that hold codes: of the commitment, the promisor and the bodies.

use crate::domain::civil_date::CivilDate;
use crate::domain::commitment::CommitmentCode;
use crate::domain::finding::code_fault;
use crate::domain::finding::{CheckKind, Rule};
use crate::domain::resident_id::{ResidentId, ResidentIdError};
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::subject::{Identity, SubjectKind};
use crate::ingest::items::{self, Item, finding, required};

use super::Row;

impl Row<'_> {
    pub(super) fn code(&mut self, value: &str) -> Option<CommitmentCode> {
        if value.trim().is_empty() {
            self.findings.push(required(items::CODE));
            return None;
        }
        let code = value.parse::<CommitmentCode>().ok();
        if code.is_none() {
            self.reject(
                items::CODE,
                Rule::CommitmentCodeShape,
                "is not 6 digits of division, 8 of an existing date and 6 of serial; correct it.",
                "应为6位行政区划代码、8位有效日期和6位顺序号，请更正。",
            );
        }
        if code.is_some_and(|code| !self.catalog.is_division(code.division(), code.date())) {
            self.reject(
                items::CODE,
                Rule::ForeignDistrict,
                "begins with another district's division; report it to the district of acceptance.",
                "的行政区划代码不属于本区，请向受理地报送。",
            );
        }
        code
    }

    pub(super) fn subject(&mut self, value: &str, kind: Option<SubjectKind>) -> Option<Identity> {
        if value.trim().is_empty() {
            self.findings.push(required(items::SUBJECT_CODE));
            return None;
        }
        match kind? {
            SubjectKind::Organisation | SubjectKind::IndividualBusiness => match value.parse() {
                Ok(code) => Some(Identity::Code(code)),
                Err(_) if value.parse::<ResidentId>().is_ok() => self.kind_against_code(
                    "is a resident ID, but an organisation or individual business has a unified social \
                     credit code; correct item 3 or item 4.",
                    "为居民身份证号码，而法人、非法人组织和个体工商户应填统一社会信用代码，请更正第3项或第4项。",
                ),
                Err(_) => {
                    self.social_credit_code(items::SUBJECT_CODE, value);
                    None
                }
            },
            SubjectKind::Person => match value.parse() {
                Ok(id) => self.resident_id(id),
                // Digits with a real birth date are a mistyped ID, even where they happen to make a code.
                Err(fault)
                    if fault != ResidentIdError::Check && value.parse::<SocialCreditCode>().is_ok() => self.kind_against_code(
                    "is a unified social credit code, but a natural person has a resident ID; correct \
                     item 3 or item 4.",
                    "为统一社会信用代码，而自然人应填居民身份证号码，请更正第3项或第4项。",
                ),
                Err(_) => {
                    self.resident_id_faults(value);
                    None
                }
            },
        }
    }

    fn kind_against_code(&mut self, english: &str, chinese: &str) -> Option<Identity> {
        self.reject(items::SUBJECT_CODE, Rule::KindAgainstCode, english, chinese);
        None
    }

    fn resident_id(&mut self, id: ResidentId) -> Option<Identity> {
        if id.born_on() > self.received_on {
            self.reject(
                items::SUBJECT_CODE,
                Rule::ResidentIdDate,
                "states a birth date after the day of receipt; correct it.",
                "中的出生日期晚于接收日期，请更正。",
            );
        }
        Some(Identity::Person(id))
    }

    fn resident_id_faults(&mut self, value: &str) {
        for fault in ResidentId::faults(value) {
            let (rule, english, chinese) = match fault {
                ResidentIdError::Shape => (
                    Rule::ResidentIdShape,
                    "is not a resident ID of 15 digits or of 17 digits and a check character; correct it.",
                    "不是15位或18位居民身份证号码，请更正。",
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
            };
            self.reject(items::SUBJECT_CODE, rule, english, chinese);
        }
    }

    fn social_credit_code(&mut self, item: Item, value: &str) -> Option<SocialCreditCode> {
        for fault in SocialCreditCode::faults(value) {
            let (rule, english, chinese) = code_fault(fault);
            self.reject(item, rule, english, chinese);
        }
        value.parse().ok()
    }

    pub(super) fn accepting_body(
        &mut self,
        value: &str,
        name: &str,
        made_on: Option<CivilDate>,
    ) -> Option<SocialCreditCode> {
        if value.trim().is_empty() {
            self.findings.push(required(items::ACCEPTING_BODY_CODE));
            return None;
        }
        let code = self.social_credit_code(items::ACCEPTING_BODY_CODE, value)?;
        self.organ(items::ACCEPTING_BODY_CODE, &code);
        if self.catalog.accepting_body(&code).is_none() {
            self.reject(
                items::ACCEPTING_BODY_CODE,
                Rule::ForeignDistrict,
                "is no department or body of this district; report it to the body's own district.",
                "不属于本区部门或执法主体，请向其所在地报送。",
            );
        }
        self.body_name(items::ACCEPTING_BODY_NAME, &code, name, made_on);
        Some(code)
    }

    pub(super) fn finding_body(
        &mut self,
        value: &str,
        name: &str,
        found_on: Option<CivilDate>,
    ) -> Option<Option<SocialCreditCode>> {
        if value.is_empty() {
            return Some(None);
        }
        let code = self.social_credit_code(items::FINDING_BODY_CODE, value)?;
        self.organ(items::FINDING_BODY_CODE, &code);
        self.body_name(items::FINDING_BODY_NAME, &code, name, found_on);
        Some(Some(code))
    }

    /// Asks about a body whose code is not an organ's.
    fn organ(&mut self, item: Item, code: &SocialCreditCode) {
        if !code.is_organ() {
            self.findings.push(finding(
                item,
                Rule::BodyCodePrefix,
                CheckKind::Ask,
                "does not begin with 11, as organs' codes do; the credit office asks back.",
                "不以机关代码11开头，由信用办核实。",
            ));
        }
    }

    /// Warns of a name that differs from the catalogue's; an empty one is another rule's.
    fn body_name(&mut self, item: Item, code: &SocialCreditCode, name: &str, on: Option<CivilDate>) {
        let body = self.catalog.accepting_body(code);
        if !name.trim().is_empty() && body.is_some_and(|body| !body.is_called(name, on)) {
            self.findings.push(finding(
                item,
                Rule::BodyName,
                CheckKind::Warn,
                "differs from the catalogue's name of the body with this code; compare name and code.",
                "与目录中该代码对应的单位名称不一致，请核对名称和代码。",
            ));
        }
    }
}
