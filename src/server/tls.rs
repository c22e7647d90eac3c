//! TLS of the listener: certificates from files, read again without touching open connections.
//!
//! A certificate of the client is asked for if there are authorities to check it by, and may be left out:
//! who calls is asked of every call. What a connection was opened with stays with it until it closes.
//! Read first: [`Tls::open`].

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, ServerConfig, WebPkiClientVerifier};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::info;

use crate::principals::{Credential, Fingerprint};

/// The files of a listener's TLS, all PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate of the server and what leads to its authority.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Authorities that certificates of clients are checked by.
    pub client_authorities: Option<PathBuf>,
}

/// Why the files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{path}: {source}", path = .path.display())]
    File {
        path: PathBuf,
        source: rustls::pki_types::pem::Error,
    },
    #[error("{} holds no certificate", .0.display())]
    Empty(PathBuf),
    #[error("{path}: {source}", path = .path.display())]
    Authorities {
        path: PathBuf,
        source: rustls::server::VerifierBuilderError,
    },
    #[error("the certificate and the key of the server cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// TLS with the files that were read last.
pub struct Tls {
    files: TlsFiles,
    config: RwLock<Arc<ServerConfig>>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// Each [`Error`].
    pub fn open(files: TlsFiles) -> Result<Self, Error> {
        let config = RwLock::new(read(&files)?);
        Ok(Self { files, config })
    }

    /// Reads the files again, for connections from now on; what is wrong leaves those in force.
    ///
    /// # Errors
    /// Each [`Error`].
    pub fn reload(&self) -> Result<(), Error> {
        let config = read(&self.files)?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        info!("the certificates were read again");
        Ok(())
    }

    /// Shakes hands on a connection; says which certificate the client has shown, if any.
    ///
    /// # Errors
    /// Those of the connection, and a certificate that no authority stands for.
    pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> io::Result<(TlsStream<S>, Option<Fingerprint>)> {
        let config = Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner));
        let stream = TlsAcceptor::from(config).accept(stream).await?;
        let shown = stream.get_ref().1.peer_certificates();
        let fingerprint = shown
            .and_then(<[_]>::first)
            .map(|certificate| fingerprint(certificate));
        Ok((stream, fingerprint))
    }
}

/// The fingerprint by which the list of principals knows a certificate in DER form.
fn fingerprint(certificate: &[u8]) -> Fingerprint {
    match Credential::certificate(certificate) {
        Credential::Certificate(fingerprint) | Credential::Token(fingerprint) => fingerprint,
    }
}

/// Reads all certificates of a file.
///
/// # Errors
/// [`Error::File`], [`Error::Empty`].
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let in_file = |source| Error::File {
        path: path.to_owned(),
        source,
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(in_file)?.collect();
    let found = found.map_err(in_file)?;
    if found.is_empty() {
        return Err(Error::Empty(path.to_owned()));
    }
    Ok(found)
}

fn read(files: &TlsFiles) -> Result<Arc<ServerConfig>, Error> {
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|source| Error::File {
        path: files.key.clone(),
        source,
    })?;
    let provider = Arc::new(ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = match &files.client_authorities {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates(path)? {
                roots.add(authority)?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .allow_unauthenticated()
                .build()
                .map_err(|source| Error::Authorities {
                    path: path.clone(),
                    source,
                })?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    // A resumed session would go by a certificate that was checked before the files were read again.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}
