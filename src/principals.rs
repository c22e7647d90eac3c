//! The list of principals: who may call, known by what, in which roles and within which bounds.
//!
//! The file is TOML and is edited by a security administrator; no call of the interface changes it. It
//! holds no secret: tokens stand as their SHA-256, certificates as that of their DER form.
//! Read first: [`Principals::parse`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::domain::caller::{Grantee, Role};
use crate::domain::catalog::{BodyCode, DepartmentCode};
use crate::domain::fact::Principal;

/// Longest name of a principal, in characters.
pub const NAME_LENGTH_MAX: usize = 64;

/// Names that facts nobody asked for and servers without a list bear.
const RESERVED: [&str; 2] = ["local", "service"];

/// The SHA-256 of a token or of a certificate in DER form.
pub type Fingerprint = [u8; 32];

/// What a caller shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// The SHA-256 of a bearer token.
    Token(Fingerprint),
    /// The SHA-256 of a client certificate that the handshake has checked.
    Certificate(Fingerprint),
}

impl Credential {
    /// The credential of a bearer token.
    #[must_use]
    pub fn token(token: &[u8]) -> Self {
        Self::Token(Sha256::digest(token).into())
    }

    /// The credential of a certificate in DER form.
    #[must_use]
    pub fn certificate(der: &[u8]) -> Self {
        Self::Certificate(Sha256::digest(der).into())
    }
}

/// Everything that is wrong with a list of principals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(pub Vec<String>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the list of principals is wrong:")?;
        self.0.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))
    }
}

impl std::error::Error for Mistakes {}

/// A list of principals, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principals {
    by_credential: HashMap<Credential, Arc<Grantee>>,
    count: usize,
}

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    principal: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    roles: Vec<String>,
    #[serde(default)]
    departments: Vec<String>,
    #[serde(default)]
    bodies: Vec<String>,
    #[serde(default)]
    token_sha256: Vec<String>,
    #[serde(default)]
    certificate_sha256: Vec<String>,
}

impl Principals {
    /// Reads a list from its file.
    ///
    /// # Errors
    /// [`Mistakes`]: a file that cannot be read, and everything wrong in it.
    pub fn read(path: &Path) -> Result<Self, Mistakes> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|error| Mistakes(vec![format!("{}: {error}", path.display())]))?;
        Self::parse(&text)
    }

    /// Reads a list from its text.
    ///
    /// # Errors
    /// [`Mistakes`], all of them: unknown fields and roles, names twice, a credential of two principals,
    /// bounds that are missing or mean nothing.
    pub fn parse(text: &str) -> Result<Self, Mistakes> {
        let file: File =
            toml::from_str(text).map_err(|error| Mistakes(vec![error.to_string().trim_end().to_owned()]))?;
        let mut mistakes = Vec::new();
        let mut names = BTreeSet::new();
        let mut owners: BTreeMap<String, String> = BTreeMap::new();
        let mut by_credential = HashMap::new();
        if file.principal.is_empty() {
            mistakes.push("it names nobody, so that nobody could call".to_owned());
        }
        for entry in &file.principal {
            let mut wrong = Wrong {
                name: &entry.name,
                mistakes: &mut mistakes,
            };
            if !names.insert(&entry.name) {
                wrong.say("stands there twice");
            }
            let credentials = entry.credentials(&mut wrong);
            for (_, text) in &credentials {
                if let Some(owner) = owners.insert(text.clone(), entry.name.clone()) {
                    wrong.say(&format!("has the same credential as {owner}"));
                }
            }
            let grantee = Arc::new(entry.grantee(&mut wrong));
            by_credential.extend(
                credentials
                    .into_iter()
                    .map(|(credential, _)| (credential, Arc::clone(&grantee))),
            );
        }
        if mistakes.is_empty() {
            let count = file.principal.len();
            Ok(Self { by_credential, count })
        } else {
            Err(Mistakes(mistakes))
        }
    }

    /// Whom a credential belongs to.
    #[must_use]
    pub fn of(&self, credential: &Credential) -> Option<&Arc<Grantee>> {
        self.by_credential.get(credential)
    }

    /// How many principals there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }
}

/// Collects what is wrong with one entry.
struct Wrong<'a> {
    name: &'a str,
    mistakes: &'a mut Vec<String>,
}

impl Wrong<'_> {
    fn say(&mut self, what: &str) {
        self.mistakes.push(format!("{:?} {what}", self.name));
    }

    /// Parses words; what is no such word is said.
    fn parsed<T: FromStr + Ord>(&mut self, field: &str, words: &[String]) -> BTreeSet<T> {
        let mut found = BTreeSet::new();
        for word in words {
            match word.parse() {
                Ok(value) => _ = found.insert(value),
                Err(_) => self.say(&format!("has {word:?} among its {field}, which is no code")),
            }
        }
        found
    }
}

impl Entry {
    fn credentials(&self, wrong: &mut Wrong<'_>) -> Vec<(Credential, String)> {
        let mut found = Vec::new();
        let mut take = |texts: &[String], kind: fn(Fingerprint) -> Credential| {
            for text in texts {
                // As other programs print them, with colons and in capitals.
                let plain = text.replace(':', "");
                let bytes = HEXLOWER_PERMISSIVE.decode(plain.as_bytes()).ok();
                match bytes.and_then(|bytes| Fingerprint::try_from(bytes).ok()) {
                    Some(bytes) => found.push((kind(bytes), plain.to_lowercase())),
                    None => wrong.say("has a fingerprint that is not 64 hexadecimal digits"),
                }
            }
        };
        take(&self.token_sha256, Credential::Token);
        take(&self.certificate_sha256, Credential::Certificate);
        if found.is_empty() && self.token_sha256.is_empty() && self.certificate_sha256.is_empty() {
            wrong.say("has neither token_sha256 nor certificate_sha256");
        }
        found
    }

    fn grantee(&self, wrong: &mut Wrong<'_>) -> Grantee {
        let is_word =
            |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || ".-_".contains(letter);
        let length = self.name.chars().count();
        if length == 0 || length > NAME_LENGTH_MAX || !self.name.chars().all(is_word) {
            wrong.say(&format!(
                "is no name: 1 to {NAME_LENGTH_MAX} of a-z, 0-9, '.', '-', '_'"
            ));
        }
        if RESERVED.contains(&self.name.as_str()) {
            wrong.say("is a reserved name");
        }
        let mut roles = BTreeSet::new();
        for name in &self.roles {
            match Role::named(name) {
                Some(role) => _ = roles.insert(role),
                None => wrong.say(&format!("has the role {name:?}, which does not exist")),
            }
        }
        if self.roles.is_empty() {
            wrong.say("has no role");
        }
        let departments: BTreeSet<DepartmentCode> = wrong.parsed("departments", &self.departments);
        let bodies: BTreeSet<BodyCode> = wrong.parsed("bodies", &self.bodies);
        let is_bounded = roles.iter().any(|role| role.is_bounded());
        let has_bounds = !(self.departments.is_empty() && self.bodies.is_empty());
        if roles.contains(&Role::Officer) && self.departments.is_empty() {
            wrong.say("is an officer of no department");
        } else if is_bounded && !has_bounds {
            wrong.say("is an integrator of no body and no department");
        }
        if !is_bounded && has_bounds && !roles.is_empty() {
            wrong.say("has departments or bodies, which its roles do not go by");
        }
        Grantee {
            principal: Principal::stored(self.name.clone()),
            roles,
            departments,
            bodies,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    fn entry(lines: &str) -> String {
        format!("[[principal]]\nname = \"a\"\ntoken_sha256 = [\"{TOKEN}\"]\n{lines}\n")
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        match Principals::parse(text) {
            Ok(_) => assert!(expected.is_empty(), "it is taken"),
            Err(Mistakes(mistakes)) => {
                assert_eq!(mistakes.len(), expected.len(), "{mistakes:?}");
                for (mistake, part) in mistakes.iter().zip(expected) {
                    assert!(mistake.contains(part), "{mistake}");
                }
            }
        }
    }

    #[test]
    fn a_token_is_known_by_its_hash_and_by_nothing_else() {
        let list = Principals::parse(&entry("roles = [\"auditor\"]")).expect("valid");
        let found = list.of(&Credential::token(b"test")).expect("known");
        assert_eq!(found.principal.as_str(), "a");
        assert!(list.of(&Credential::token(b"Test")).is_none());
        // A certificate with the same bytes is another credential.
        assert!(list.of(&Credential::certificate(b"test")).is_none());
        assert_eq!(list.count(), 1);
    }

    #[test]
    fn capitals_and_colons_of_a_fingerprint_are_taken() {
        let colons: Vec<_> = TOKEN
            .as_bytes()
            .chunks(2)
            .map(|two| String::from_utf8_lossy(two))
            .collect();
        let text = entry("roles = [\"office\"]").replace(TOKEN, &colons.join(":").to_uppercase());
        let list = Principals::parse(&text).expect("valid");
        assert!(list.of(&Credential::token(b"test")).is_some());
    }

    #[test]
    fn bounds_belong_to_roles_that_have_them() {
        check(&entry("roles = [\"officer\"]\ndepartments = [\"SCJG\"]"), &[]);
        check(&entry("roles = [\"integrator\"]\nbodies = [\"TOWN_03\"]"), &[]);
        check(&entry("roles = [\"integrator\"]\ndepartments = [\"SCJG\"]"), &[]);
        check(&entry("roles = [\"officer\"]"), &["officer of no department"]);
        check(
            &entry("roles = [\"officer\"]\nbodies = [\"TOWN_03\"]"),
            &["officer of no department"],
        );
        check(&entry("roles = [\"integrator\"]"), &["integrator of no body"]);
        check(
            &entry("roles = [\"auditor\"]\ndepartments = [\"SCJG\"]"),
            &["do not go by"],
        );
    }

    #[test]
    fn every_mistake_is_listed() {
        check("", &["names nobody"]);
        check("[[principals]]", &["unknown field"]);
        check(&entry("roles = [\"root\"]"), &["role \"root\""]);
        check(&entry("roles = []"), &["has no role"]);
        let local = entry("roles = [\"office\"]").replace("\"a\"", "\"local\"");
        check(&local, &["reserved"]);
        let odd = entry("roles = [\"office\"]").replace("\"a\"", "\"张三\"");
        check(&odd, &["is no name"]);
        let bare = "[[principal]]\nname = \"b\"\nroles = [\"office\"]";
        check(bare, &["neither token_sha256"]);
        let short = entry("roles = [\"office\"]").replace(TOKEN, "9f86");
        check(&short, &["64 hexadecimal"]);
        let twice = entry("roles = [\"office\"]").repeat(2);
        check(&twice, &["stands there twice", "same credential"]);
        check(
            &entry("roles = [\"officer\"]\ndepartments = [\"市场监管\"]"),
            &["is no code"],
        );
    }
}
