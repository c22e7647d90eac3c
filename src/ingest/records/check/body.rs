//! Who decided, who supplies the row, and whether the district's catalogue knows them.

use crate::domain::catalog::{AcceptingBody, Authority, Catalog, DepartmentCode};
use crate::domain::civil_date::CivilDate;
use crate::domain::finding::Rule;
use crate::domain::layout::{BodyRule, LayoutItem, Role};
use crate::domain::record::RecordKind;
use crate::domain::social_credit_code::SocialCreditCode;
use crate::domain::title::ComparedName;

use super::row::Row;

/// The deciding body and the department answerable for the row.
pub struct Bodies {
    pub body: Option<SocialCreditCode>,
    pub department: Option<DepartmentCode>,
}

impl<'a> Row<'a> {
    pub fn bodies(&mut self, catalog: &Catalog, decided_on: Option<CivilDate>) -> Bodies {
        let body = self.body(catalog, decided_on);
        let source = self.code(Role::SourceCode);
        if let Some((item, code)) = body {
            self.organ(item, &code);
            self.names(catalog, &code, source.map(|(_, code)| code), decided_on);
            self.authority(catalog, item, &code, source.map(|(_, code)| code));
            if let Some(decided_on) = decided_on {
                self.existence(catalog, item, &code, decided_on);
            }
        }
        let department = |code: SocialCreditCode| {
            let body = catalog.accepting_body(&code)?;
            Some(body.department_on(decided_on))
        };
        let of_body = body.and_then(|(_, code)| department(code));
        let department = match self.layout.body {
            BodyRule::District => of_body,
            BodyRule::Anyone => of_body
                .or_else(|| {
                    self.code(Role::TargetBodyCode)
                        .and_then(|(_, code)| department(code))
                })
                .or_else(|| source.and_then(|(_, code)| department(code))),
        };
        if let (BodyRule::Anyone, None, Some((item, _))) = (self.layout.body, department, source) {
            self.foreign(item);
        }
        Bodies {
            body: body.map(|(_, code)| code),
            department,
        }
    }

    pub fn code(&self, role: Role) -> Option<(&'a LayoutItem, SocialCreditCode)> {
        Some((self.layout.role(role)?, self.value(role)?.code()?))
    }

    /// The deciding body by its code; where the layout has none, by its name in the catalogue, the
    /// present one or that of the day.
    fn body(
        &mut self,
        catalog: &Catalog,
        decided_on: Option<CivilDate>,
    ) -> Option<(&'a LayoutItem, SocialCreditCode)> {
        if self.layout.role(Role::BodyCode).is_some() {
            let (item, code) = self.code(Role::BodyCode)?;
            if self.layout.body == BodyRule::District && catalog.accepting_body(&code).is_none() {
                self.foreign(item);
            }
            return Some((item, code));
        }
        let (item, name) = self.filled(Role::BodyName)?;
        let bodies = catalog.bodies().iter().map(|one| one.social_credit_code);
        let departments = catalog.departments().iter().map(|one| one.social_credit_code);
        let found = bodies.chain(departments).find(|code| {
            let body = catalog.accepting_body(code);
            body.is_some_and(|body| is_called(body, name, decided_on))
        });
        if found.is_none() {
            self.reject(
                item,
                Rule::ForeignDistrict,
                "is no department or body of this district's catalogue; write its name as there, or report it \
                 to the body's own district.",
                "不是本区目录中的部门或执法主体，请按目录填写全称，或向其所在地报送。",
            );
        }
        found.map(|code| (item, code))
    }

    pub fn foreign(&mut self, item: &LayoutItem) {
        self.reject(
            item,
            Rule::ForeignDistrict,
            "is no department or body of this district; report it to the body's own district.",
            "不属于本区部门或执法主体，请向其所在地报送。",
        );
    }

    fn organ(&mut self, item: &LayoutItem, code: &SocialCreditCode) {
        if !code.is_organ() {
            self.ask(
                item,
                Rule::BodyCodePrefix,
                "does not begin with 11, as organs' codes do; the credit office asks back.",
                "不以机关代码11开头，由信用办核实。",
            );
        }
    }

    /// Compares name and code, of the body and crosswise with the source of the data.
    fn names(
        &mut self,
        catalog: &Catalog,
        code: &SocialCreditCode,
        source: Option<SocialCreditCode>,
        decided_on: Option<CivilDate>,
    ) {
        let Some((item, name)) = self.filled(Role::BodyName) else {
            return;
        };
        let is_called = |code: &SocialCreditCode| {
            let body = catalog.accepting_body(code);
            body.map(|body| is_called(body, name, decided_on))
        };
        if is_called(code) != Some(false) {
            return;
        }
        if source.is_some_and(|source| source != *code && is_called(&source) == Some(true)) {
            self.ask(
                item,
                Rule::BodiesSwapped,
                "is the name of the source of the data; organ and source seem to be swapped, compare names and \
                 codes.",
                "是数据来源单位的名称，决定机关与数据来源单位疑似填反，请核对名称和代码。",
            );
        } else {
            self.warn(
                item,
                Rule::BodyName,
                "differs from the catalogue's name of the body with this code; compare name and code.",
                "与目录中该代码对应的单位名称不一致，请核对名称和代码。",
            );
        }
    }

    /// Asks about a body that by the catalogue takes no such decisions.
    fn authority(
        &mut self,
        catalog: &Catalog,
        item: &LayoutItem,
        code: &SocialCreditCode,
        source: Option<SocialCreditCode>,
    ) {
        let may = |code: &SocialCreditCode| {
            let department = catalog
                .accepting_body(code)
                .and_then(|body| catalog.department(body.department));
            match self.layout.kind {
                Some(RecordKind::Penalty) => catalog.body(code).is_some(),
                Some(RecordKind::Licence) => department.is_some_and(|one| one.has(Authority::License)),
                Some(
                    RecordKind::Listing
                    | RecordKind::AbnormalListing
                    | RecordKind::Commendation
                    | RecordKind::Evaluation
                    | RecordKind::InspectionResult
                    | RecordKind::Ruling,
                )
                | None => true,
            }
        };
        // A body of another district is refused elsewhere.
        if catalog.accepting_body(code).is_none() || may(code) {
            return;
        }
        if source.is_some_and(|source| may(&source)) {
            self.ask(
                item,
                Rule::BodiesSwapped,
                "has no authority for such decisions, but the source of the data has; compare the two.",
                "在目录中无此类职权，而数据来源单位有此职权，决定机关与数据来源单位疑似填反，请核对。",
            );
        } else {
            self.ask(
                item,
                Rule::BodyAuthority,
                "has no authority for such decisions in the catalogue; the credit office asks back.",
                "在目录中无此类职权，由信用办核实。",
            );
        }
    }

    fn existence(
        &mut self,
        catalog: &Catalog,
        item: &LayoutItem,
        code: &SocialCreditCode,
        decided_on: CivilDate,
    ) {
        let life = match catalog.body(code) {
            Some(body) => Some((Some(body.from), body.until)),
            None => catalog
                .departments()
                .iter()
                .find(|one| one.social_credit_code == *code)
                .map(|department| (department.from, department.until)),
        };
        let Some((from, until)) = life else { return };
        if from.is_some_and(|from| decided_on < from) {
            self.reject(
                item,
                Rule::BeforeBody,
                "did not exist yet on the day of the decision; correct the date or the code.",
                "在决定日期尚未设立，请更正日期或代码。",
            );
        } else if until.is_some_and(|until| until < decided_on) {
            self.ask(
                item,
                Rule::AfterBody,
                "had ended before the day of the decision; the credit office asks back.",
                "在决定日期前已撤并，由信用办核实。",
            );
        }
    }
}

/// Says whether a body may be called so in a row about a day: by its present title or that of the day,
/// however wide, bracketed and spaced.
fn is_called(body: &AcceptingBody, name: &str, on: Option<CivilDate>) -> bool {
    let name = ComparedName::of(name);
    let then = on.and_then(|on| body.former.iter().find(|former| on <= former.until));
    let titles = [Some(&body.title_zh), then.map(|former| &former.title_zh)];
    name.is_some()
        && titles
            .into_iter()
            .flatten()
            .any(|title| ComparedName::of(title) == name)
}
