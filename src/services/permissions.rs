//! The matrix of calls and roles: data in `permissions.toml`, read once, checked against the contract.
//!
//! Read first: [`Permissions::built_in`].

use std::collections::BTreeMap;

use crate::domain::caller::{Grant, Role};

/// One grant for each role, in the order of [`Role::ALL`].
pub type Row = [Grant; Role::ALL.len()];

/// The package whose services the matrix is about.
const PACKAGE: &str = "credit.supervision.v1";

/// What every role may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// By the path of the call, such as `/credit.supervision.v1.CatalogService/GetBody`.
    rows: BTreeMap<String, Row>,
}

impl Permissions {
    /// The matrix of this version.
    #[must_use]
    pub fn built_in() -> Self {
        Self::parse(include_str!("permissions.toml")).expect("tests read the built-in matrix")
    }

    /// Reads a matrix; the error names the line.
    fn parse(text: &str) -> Result<Self, String> {
        let services: BTreeMap<String, BTreeMap<String, String>> =
            toml::from_str(text).map_err(|error| error.to_string())?;
        let mut rows = BTreeMap::new();
        for (service, methods) in services {
            for (method, words) in methods {
                let path = format!("/{PACKAGE}.{service}/{method}");
                let row = row(&words).ok_or_else(|| format!("{path}: {words:?}"))?;
                rows.insert(path, row);
            }
        }
        Ok(Self { rows })
    }

    /// The grants of a call; `None` if the matrix does not know it.
    #[must_use]
    pub fn of(&self, path: &str) -> Option<&Row> {
        self.rows.get(path)
    }

    /// All rows, by path.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &Row)> {
        self.rows.iter().map(|(path, row)| (path.as_str(), row))
    }
}

/// Reads one word for each role.
fn row(words: &str) -> Option<Row> {
    let grants: Option<Vec<Grant>> = words
        .split_whitespace()
        .map(|word| match word {
            "no" => Some(Grant::None),
            "own" => Some(Grant::Own),
            "all" => Some(Grant::All),
            _ => None,
        })
        .collect();
    grants?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost::Message;

    use super::*;
    use crate::services::pb;

    /// Paths of all methods of the contract.
    fn contract() -> BTreeSet<String> {
        let set = prost_types::FileDescriptorSet::decode(pb::FILE_DESCRIPTOR_SET);
        let mut paths = BTreeSet::new();
        for file in set.expect("the built-in descriptor decodes").file {
            for service in &file.service {
                for method in &service.method {
                    paths.insert(format!(
                        "/{}.{}/{}",
                        file.package(),
                        service.name(),
                        method.name()
                    ));
                }
            }
        }
        paths
    }

    #[test]
    fn every_method_has_a_row_and_every_row_a_method() {
        let known: BTreeSet<_> = Permissions::built_in()
            .rows()
            .map(|(path, _)| path.to_owned())
            .collect();
        let contract = contract();
        let without: Vec<_> = contract.difference(&known).collect();
        assert!(
            without.is_empty(),
            "src/services/permissions.toml does not say who may call {without:#?}"
        );
        let gone: Vec<_> = known.difference(&contract).collect();
        assert!(gone.is_empty(), "no such method: {gone:#?}");
    }

    #[test]
    fn an_auditor_changes_nothing_and_the_machine_room_sees_no_record() {
        let column = |role| Role::ALL.iter().position(|one| *one == role).expect("a column");
        let reads = [
            "Get", "List", "Count", "LookUp", "Search", "BatchGet", "Add", "Verify", "Assess", "Explain",
        ];
        for (path, row) in Permissions::built_in().rows() {
            let (service, method) = path.rsplit_once('/').expect("a path");
            let is_read = reads.iter().any(|verb| method.starts_with(verb));
            if row[column(Role::Auditor)] != Grant::None {
                assert!(is_read, "an auditor may call {path}");
            }
            for role in [Role::Operator, Role::Security] {
                let is_open = service.ends_with("CatalogService")
                    || service.ends_with("OperationsService")
                    || ["ListTimelinessRules", "ListRuleSets", "VerifyNotice"].contains(&method);
                if row[column(role)] != Grant::None {
                    assert!(is_open, "{} may call {path}", role.name());
                }
            }
            for role in Role::ALL.into_iter().filter(|role| !role.is_bounded()) {
                assert_ne!(
                    row[column(role)],
                    Grant::Own,
                    "{} has no bounds: {path}",
                    role.name()
                );
            }
        }
    }

    #[test]
    fn a_word_too_few_or_unknown_is_no_row() {
        assert!(row("all all all all all all").is_some());
        assert!(row("all all all all all").is_none());
        assert!(row("all all all all all some").is_none());
        assert!(Permissions::parse("[A]\nB = \"no\"").is_err());
    }
}
