//! Who comes in: the one place that tells callers apart and asks what they may call.
//!
//! It stands before everything else that looks at a request, so that a refusal says nothing of what
//! exists. What a caller may touch within a call is its [`Scope`], which the methods ask.
//! Read first: [`Gate::admit`].

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use tracing::info;

use super::permissions::Permissions;
use crate::domain::caller::{Grant, Grantee, Scope};
use crate::domain::fact::Principal;
use crate::domain::refusal::{Reason, Refusal};
use crate::principals::{Credential, Fingerprint, Mistakes, Principals};

/// Calls that need no identity.
const HEALTH: &str = "/grpc.health.v1.Health/";

/// Calls that need an identity and no more.
const REFLECTION: &str = "/grpc.reflection.";

/// What the handshake has checked of a connection's other end; an extension of each request.
#[derive(Clone, Copy, Debug)]
pub struct PeerCertificate(pub Fingerprint);

/// An admitted caller; an extension of each request but health checks.
#[derive(Clone, Debug)]
pub struct Caller {
    grantee: Arc<Grantee>,
    scope: Arc<Scope>,
    path: Arc<str>,
    credential: Option<Credential>,
}

impl Caller {
    /// Under whose name facts are recorded.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.grantee.principal
    }

    /// What the call may touch.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }
}

/// Tells callers apart by the list of principals, or takes everybody for the same one without a list.
#[derive(Debug)]
pub struct Gate {
    file: Option<PathBuf>,
    list: RwLock<Option<Arc<Principals>>>,
    permissions: Permissions,
    local: Arc<Grantee>,
}

impl Gate {
    /// A gate with the list in `file`; without a file everybody is `local` and may do everything.
    ///
    /// # Errors
    /// [`Mistakes`] of the list.
    pub fn open(file: Option<PathBuf>) -> Result<Self, Mistakes> {
        let list = file.as_deref().map(Principals::read).transpose()?;
        Ok(Self {
            file,
            list: RwLock::new(list.map(Arc::new)),
            permissions: Permissions::built_in(),
            local: Arc::new(Grantee::local()),
        })
    }

    /// Says whether there is a list.
    #[must_use]
    pub fn has_list(&self) -> bool {
        self.file.is_some()
    }

    /// Reads the list again; what is wrong leaves the one in force. Calls go by the new one from now on,
    /// those of open streams with their next batch.
    ///
    /// # Errors
    /// [`Mistakes`] of the list.
    pub fn reload(&self) -> Result<(), Mistakes> {
        let Some(file) = &self.file else { return Ok(()) };
        let list = Principals::read(file)?;
        info!(
            principals.count = list.count(),
            "the list of principals was read again"
        );
        *self.list.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(list));
        Ok(())
    }

    /// Admits a call, or says why not. `None` is a health check, which anybody may ask.
    ///
    /// # Errors
    /// `CALLER_UNKNOWN`, `PERMISSION_REFUSED`; the latter also for a method that does not exist.
    pub fn admit(
        &self,
        path: &str,
        headers: &HeaderMap,
        certificate: Option<Fingerprint>,
    ) -> Result<Option<Caller>, Refusal> {
        if path.starts_with(HEALTH) {
            return Ok(None);
        }
        let credential = shown(headers, certificate)?;
        self.granted(path.into(), credential).map(Some)
    }

    /// Asks once more for a caller whose call goes on: the list may have changed since.
    ///
    /// # Errors
    /// As [`Self::admit`].
    pub fn again(&self, caller: &Caller) -> Result<Caller, Refusal> {
        self.granted(Arc::clone(&caller.path), caller.credential)
    }

    fn granted(&self, path: Arc<str>, credential: Option<Credential>) -> Result<Caller, Refusal> {
        let grantee = self.identified(credential)?;
        let grant = match self.permissions.of(&path) {
            Some(row) => grantee.widest(row),
            None if path.starts_with(REFLECTION) => Grant::All,
            // Without a list nobody is kept from the answer that there is no such method.
            None if self.has_list() => Grant::None,
            None => Grant::All,
        };
        let scope = match grant {
            Grant::None => {
                info!(rpc.path = %path, principal.name = %grantee.principal.as_str(),
                    "{} may not call {path}", grantee.principal.as_str());
                return Err(Refusal::plain(Reason::PermissionRefused));
            }
            Grant::Own => Scope::Own {
                departments: grantee.departments.clone(),
                bodies: grantee.bodies.clone(),
            },
            Grant::All => Scope::All,
        };
        Ok(Caller {
            grantee,
            scope: Arc::new(scope),
            path,
            credential,
        })
    }

    fn identified(&self, credential: Option<Credential>) -> Result<Arc<Grantee>, Refusal> {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        let Some(list) = list.as_ref() else {
            return Ok(Arc::clone(&self.local));
        };
        let found = credential.and_then(|credential| list.of(&credential).cloned());
        found.ok_or_else(|| Refusal::plain(Reason::CallerUnknown))
    }
}

/// What the caller shows: a bearer token if there is one, or else the certificate of the connection.
fn shown(headers: &HeaderMap, certificate: Option<Fingerprint>) -> Result<Option<Credential>, Refusal> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Ok(certificate.map(Credential::Certificate));
    };
    let bytes = header.as_bytes();
    let (scheme, token) = bytes.split_at_checked(7).unwrap_or_default();
    if !scheme.eq_ignore_ascii_case(b"bearer ") || token.trim_ascii().is_empty() {
        return Err(Refusal::plain(Reason::CallerUnknown).with("detail", "authorization is no bearer token"));
    }
    Ok(Some(Credential::token(token.trim_ascii())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/credit.supervision.v1.RecordService/GetRecord";

    fn gate(text: &str) -> (Gate, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("principals.toml");
        std::fs::write(&file, text).expect("written");
        (Gate::open(Some(file)).expect("valid"), folder)
    }

    fn entry(name: &str, token: &str, further: &str) -> String {
        let Credential::Token(hash) = Credential::token(token.as_bytes()) else {
            panic!("a token")
        };
        let hash = data_encoding::HEXLOWER.encode(&hash);
        format!("[[principal]]\nname = \"{name}\"\ntoken_sha256 = [\"{hash}\"]\n{further}\n")
    }

    fn bearer(token: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().expect("ASCII"));
        headers
    }

    #[track_caller]
    fn reason(gate: &Gate, path: &str, headers: &HeaderMap) -> Option<Reason> {
        gate.admit(path, headers, None)
            .err()
            .map(|refusal| refusal.reason)
    }

    #[test]
    fn a_caller_is_known_by_token_or_certificate_and_a_wrong_token_spoils_a_right_certificate() {
        let text = entry(
            "one",
            "secret",
            "roles = [\"office\"]\ncertificate_sha256 = [\"07\"]",
        );
        let text = text.replace("\"07\"", &format!("\"{}\"", "07".repeat(32)));
        let (gate, _folder) = gate(&text);
        let certificate = Some([7; 32]);
        assert_eq!(reason(&gate, PATH, &bearer("secret")), None);
        assert_eq!(reason(&gate, PATH, &bearer("guess")), Some(Reason::CallerUnknown));
        assert_eq!(
            reason(&gate, PATH, &HeaderMap::new()),
            Some(Reason::CallerUnknown)
        );
        let by_certificate = gate.admit(PATH, &HeaderMap::new(), certificate).expect("known");
        assert_eq!(by_certificate.expect("a caller").principal().as_str(), "one");
        assert!(gate.admit(PATH, &bearer("guess"), certificate).is_err());
        let mut basic = HeaderMap::new();
        basic.insert(AUTHORIZATION, "Basic c2VjcmV0".parse().expect("ASCII"));
        assert_eq!(reason(&gate, PATH, &basic), Some(Reason::CallerUnknown));
        assert_eq!(
            reason(&gate, "/grpc.health.v1.Health/Check", &bearer("guess")),
            None
        );
        let reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
        assert_eq!(
            reason(&gate, reflection, &bearer("guess")),
            Some(Reason::CallerUnknown)
        );
        assert_eq!(reason(&gate, reflection, &bearer("secret")), None);
    }

    #[test]
    fn a_bounded_role_has_its_bounds_as_scope() {
        let (gate, _folder) = gate(&entry(
            "one",
            "t",
            "roles = [\"officer\"]\ndepartments = [\"SCJG\"]",
        ));
        let caller = gate
            .admit(PATH, &bearer("t"), None)
            .expect("granted")
            .expect("a caller");
        assert!(caller.scope().has_department("SCJG".parse().expect("a code")));
        assert!(!caller.scope().has_department("SW".parse().expect("a code")));
        let refused = "/credit.supervision.v1.SubjectService/MergeSubjects";
        assert_eq!(
            reason(&gate, refused, &bearer("t")),
            Some(Reason::PermissionRefused)
        );
        let grades = "/credit.supervision.v1.GradingService/GetGrade";
        let caller = gate
            .admit(grades, &bearer("t"), None)
            .expect("granted")
            .expect("a caller");
        assert_eq!(caller.scope(), &Scope::All);
    }

    #[test]
    fn a_reload_takes_grants_away_and_a_broken_file_changes_nothing() {
        let (gate, folder) = gate(&entry("one", "t", "roles = [\"office\"]"));
        let caller = gate
            .admit(PATH, &bearer("t"), None)
            .expect("granted")
            .expect("a caller");
        let file = folder.path().join("principals.toml");
        std::fs::write(&file, "roles = ").expect("written");
        assert!(gate.reload().is_err());
        assert!(gate.again(&caller).is_ok());
        std::fs::write(&file, entry("one", "t", "roles = [\"operator\"]")).expect("written");
        gate.reload().expect("valid");
        let refused = gate.again(&caller).expect_err("the role is gone");
        assert_eq!(refused.reason, Reason::PermissionRefused);
        std::fs::write(&file, entry("two", "u", "roles = [\"office\"]")).expect("written");
        gate.reload().expect("valid");
        assert_eq!(
            gate.again(&caller).expect_err("gone").reason,
            Reason::CallerUnknown
        );
    }

    #[test]
    fn without_a_list_everybody_is_local() {
        let gate = Gate::open(None).expect("no list");
        let caller = gate
            .admit(PATH, &HeaderMap::new(), None)
            .expect("granted")
            .expect("a caller");
        assert_eq!(
            (caller.principal(), caller.scope()),
            (&Principal::local(), &Scope::All)
        );
    }
}
