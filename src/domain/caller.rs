//! Who calls: roles, the bounds within which they hold, and what of the catalogue lies within them.

use std::collections::BTreeSet;

use super::catalog::{BodyCode, Catalog, DepartmentCode};
use super::fact::Principal;
use super::refusal::{Reason, Refusal};
use super::social_credit_code::SocialCreditCode;

/// What a principal may be. Nobody grants himself: roles stand in a file that no call can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// A platform that hands in rows of the bodies it is bound to.
    Integrator,
    /// An officer of one or several departments.
    Officer,
    /// The credit office: the whole district.
    Office,
    /// Reads everything, changes nothing.
    Auditor,
    /// Runs the service; sees no record.
    Operator,
    /// Looks after grants, keys and certificates; sees no record.
    Security,
}

impl Role {
    /// All roles, in the order of the columns of the permissions.
    pub const ALL: [Self; 6] = [
        Self::Integrator,
        Self::Officer,
        Self::Office,
        Self::Auditor,
        Self::Operator,
        Self::Security,
    ];

    /// The word for it in the list of principals.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Integrator => "integrator",
            Self::Officer => "officer",
            Self::Office => "office",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
            Self::Security => "security",
        }
    }

    /// The role of a word.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Says whether the role holds only for the departments and bodies named with it.
    #[must_use]
    pub fn is_bounded(self) -> bool {
        match self {
            Self::Integrator | Self::Officer => true,
            Self::Office | Self::Auditor | Self::Operator | Self::Security => false,
        }
    }
}

/// How far a call is granted. The order is that of width: of several roles the widest grant holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grant {
    /// Not at all.
    None,
    /// For what belongs to the caller's own departments and bodies.
    Own,
    /// Without bounds.
    All,
}

/// A principal as the list of principals has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grantee {
    pub principal: Principal,
    pub roles: BTreeSet<Role>,
    pub departments: BTreeSet<DepartmentCode>,
    pub bodies: BTreeSet<BodyCode>,
}

impl Grantee {
    /// The one principal of a server without a list: every role, and no bounds.
    #[must_use]
    pub fn local() -> Self {
        Self {
            principal: Principal::local(),
            roles: Role::ALL.into_iter().collect(),
            departments: BTreeSet::new(),
            bodies: BTreeSet::new(),
        }
    }

    /// The widest grant among the roles held, of grants in the order of [`Role::ALL`].
    #[must_use]
    pub fn widest(&self, grants: &[Grant; Role::ALL.len()]) -> Grant {
        let held = Role::ALL.into_iter().zip(grants);
        held.filter(|(role, _)| self.roles.contains(role))
            .map(|(_, grant)| *grant)
            .max()
            .unwrap_or(Grant::None)
    }
}

/// What a granted call may touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    All,
    /// What belongs to one of these departments, or to one of these bodies.
    Own {
        departments: BTreeSet<DepartmentCode>,
        bodies: BTreeSet<BodyCode>,
    },
}

impl Scope {
    /// Says whether a department lies within.
    #[must_use]
    pub fn has_department(&self, department: DepartmentCode) -> bool {
        match self {
            Self::All => true,
            Self::Own { departments, .. } => departments.contains(&department),
        }
    }

    /// Says whether rows of the body with this code lie within; a code that the catalogue does not have
    /// lies within no bounds.
    #[must_use]
    pub fn has_body(&self, code: SocialCreditCode, catalog: &Catalog) -> bool {
        match self {
            Self::All => true,
            Self::Own { departments, bodies } => {
                let named = || {
                    catalog
                        .body(&code)
                        .is_some_and(|body| bodies.contains(&body.code))
                };
                let of_department = || {
                    let found = catalog.accepting_body(&code);
                    found.is_some_and(|body| departments.contains(&body.department))
                };
                named() || of_department()
            }
        }
    }

    /// The department that a question about many rows is bounded to: the one asked for, or else the
    /// caller's only one. `None` bounds nothing.
    ///
    /// # Errors
    /// `PERMISSION_REFUSED` for another department, and where the caller has several or none and names none.
    pub fn narrowed(&self, asked: Option<DepartmentCode>) -> Result<Option<DepartmentCode>, Refusal> {
        let departments = match self {
            Self::All => return Ok(asked),
            Self::Own { departments, .. } => departments,
        };
        let only = || departments.first().copied().filter(|_| departments.len() == 1);
        match asked.or_else(only) {
            Some(department) if departments.contains(&department) => Ok(Some(department)),
            Some(_) => Err(Refusal::new(
                Reason::PermissionRefused,
                "the department is not one of the caller's",
                "该部门不在调用方的权限范围内",
            )),
            None => Err(Refusal::new(
                Reason::PermissionRefused,
                "name one of your departments in the filter",
                "请在筛选条件中指明本部门",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn department(code: &str) -> DepartmentCode {
        code.parse().expect("a code")
    }

    fn own(codes: &[&str]) -> Scope {
        Scope::Own {
            departments: codes.iter().map(|code| department(code)).collect(),
            bodies: BTreeSet::new(),
        }
    }

    #[test]
    fn of_several_roles_the_widest_grant_holds() {
        let mut grantee = Grantee::local();
        let grants = [
            Grant::Own,
            Grant::All,
            Grant::None,
            Grant::None,
            Grant::None,
            Grant::None,
        ];
        assert_eq!(grantee.widest(&grants), Grant::All);
        grantee.roles = BTreeSet::from([Role::Integrator, Role::Auditor]);
        assert_eq!(grantee.widest(&grants), Grant::Own);
        grantee.roles = BTreeSet::from([Role::Security]);
        assert_eq!(grantee.widest(&grants), Grant::None);
        grantee.roles.clear();
        assert_eq!(grantee.widest(&[Grant::All; 6]), Grant::None);
    }

    #[test]
    fn a_question_is_bounded_to_the_only_department_or_the_one_named() {
        let (mine, other) = (department("SCJG"), department("SW"));
        assert_eq!(Scope::All.narrowed(None), Ok(None));
        assert_eq!(Scope::All.narrowed(Some(other)), Ok(Some(other)));
        assert_eq!(own(&["SCJG"]).narrowed(None), Ok(Some(mine)));
        assert_eq!(own(&["SCJG", "SW"]).narrowed(Some(mine)), Ok(Some(mine)));
        for (scope, asked) in [
            (own(&["SCJG"]), Some(other)),
            (own(&["SCJG", "SW"]), None),
            (own(&[]), None),
        ] {
            let refused = scope.narrowed(asked).expect_err("out of bounds");
            assert_eq!(refused.reason, Reason::PermissionRefused);
        }
    }

    #[test]
    fn every_role_has_a_name_of_its_own() {
        for role in Role::ALL {
            assert_eq!(Role::named(role.name()), Some(role));
        }
        assert_eq!(Role::named("root"), None);
    }
}
