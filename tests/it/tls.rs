//! TLS of the listener: right, wrong, expired and withdrawn certificates, and what a reload touches.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use credence::commands::healthcheck;
use credence::config::Config;
use credence::principals::Credential;
use credence::services::pb;
use credence::services::pb::catalog_service_client::CatalogServiceClient;
use data_encoding::HEXLOWER;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tempfile::TempDir;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::guarded::{Guarded, bearing, entry, principals_in, write};
use crate::harness::reason;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed")
}

/// A certificate with its key, both PEM, and the fingerprint of the certificate.
struct Issued {
    certificate: String,
    key: String,
    fingerprint: String,
}

fn issued(authority: &Authority, name: &str, is_expired: bool) -> Issued {
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    if is_expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, authority).expect("signed");
    let Credential::Certificate(fingerprint) = Credential::certificate(certificate.der()) else {
        panic!("a certificate is a certificate")
    };
    Issued {
        certificate: certificate.pem(),
        key: key.serialize_pem(),
        fingerprint: HEXLOWER.encode(&fingerprint),
    }
}

/// A server under TLS that checks certificates of clients, and all that its files were made by.
struct Secured {
    server: Guarded,
    servers: Authority,
    clients: Authority,
}

fn file(folder: &TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}

fn text(path: &std::path::Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}

async fn secured(list: impl FnOnce(&Authority) -> String) -> Secured {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (servers, clients) = (authority(), authority());
    let own = issued(&servers, "localhost", false);
    write(&file(&folder, "server.pem"), &own.certificate);
    write(&file(&folder, "server.key"), &own.key);
    write(&file(&folder, "clients.pem"), &clients.pem());
    write(&principals_in(&folder), &list(&clients));
    let paths =
        ["server.pem", "server.key", "clients.pem", "principals.toml"].map(|name| text(&file(&folder, name)));
    let settings = [
        ("tls_certificate", paths[0].as_str()),
        ("tls_key", &paths[1]),
        ("tls_client_authorities", &paths[2]),
        ("principals", &paths[3]),
    ];
    let server = Guarded::start(folder, &settings).await;
    Secured {
        server,
        servers,
        clients,
    }
}

impl Secured {
    fn endpoint(&self, trusted: &Authority, shown: Option<&Issued>) -> Endpoint {
        let mut tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(trusted.pem()))
            .domain_name("localhost");
        if let Some(shown) = shown {
            tls = tls.identity(Identity::from_pem(&shown.certificate, &shown.key));
        }
        let uri = format!("https://{}", self.server.address);
        let endpoint = Endpoint::from_shared(uri).expect("an address");
        endpoint.tls_config(tls).expect("certificates of this test")
    }

    async fn channel(&self, shown: Option<&Issued>) -> Channel {
        let endpoint = self.endpoint(&self.servers, shown);
        endpoint.connect().await.expect("the handshake succeeds")
    }
}

async fn asked(channel: &Channel) -> Result<(), Status> {
    let mut client = CatalogServiceClient::new(channel.clone());
    client
        .list_bodies(pb::ListBodiesRequest::default())
        .await
        .map(drop)
}

/// Whether a certificate gets a call through; a refused handshake shows with the connection or the call.
async fn gets_through(secured: &Secured, shown: &Issued) -> bool {
    match secured.endpoint(&secured.servers, Some(shown)).connect().await {
        Ok(channel) => asked(&channel).await.is_ok(),
        Err(_) => false,
    }
}

fn certified(name: &str, shown: &Issued) -> String {
    let fingerprint = &shown.fingerprint;
    format!(
        "[[principal]]\nname = \"{name}\"\nroles = [\"auditor\"]\ncertificate_sha256 = [\"{fingerprint}\"]\n\n"
    )
}

#[tokio::test]
async fn a_certificate_opens_if_its_authority_stands_for_it_it_is_in_time_and_on_the_list() {
    let mut right = None;
    let secured = secured(|clients| {
        let one = issued(clients, "one", false);
        let list = certified("one", &one);
        right = Some(one);
        list
    })
    .await;
    let right = right.expect("issued");
    let expired = issued(&secured.clients, "two", true);
    let unlisted = issued(&secured.clients, "three", false);
    let foreign = issued(&authority(), "four", false);
    let list = [("one", &right), ("two", &expired), ("four", &foreign)];
    let list: String = list.iter().map(|(name, shown)| certified(name, shown)).collect();
    write(&secured.server.principals(), &list);
    assert!(secured.server.reloader.reload());

    assert!(gets_through(&secured, &right).await);
    assert!(!gets_through(&secured, &expired).await, "expired");
    assert!(!gets_through(&secured, &foreign).await, "of another authority");
    let channel = secured.channel(Some(&unlisted)).await;
    let refused = asked(&channel).await.expect_err("not on the list");
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::Unauthenticated, "CALLER_UNKNOWN")
    );
    // Taken off the list, it is refused on the connection that stands.
    let channel = secured.channel(Some(&right)).await;
    assert!(asked(&channel).await.is_ok());
    write(&secured.server.principals(), &certified("three", &unlisted));
    assert!(secured.server.reloader.reload());
    assert_eq!(
        asked(&channel).await.expect_err("withdrawn").code(),
        Code::Unauthenticated
    );
    secured.server.stop().await;
}

#[tokio::test]
async fn a_client_without_certificate_is_known_by_its_token_and_may_ask_for_health() {
    let secured = secured(|_| entry("desk", "auditor", "")).await;
    let channel = secured.channel(None).await;
    assert_eq!(
        asked(&channel).await.expect_err("nobody").code(),
        Code::Unauthenticated
    );
    let mut client = CatalogServiceClient::new(channel.clone());
    let request = bearing("desk", pb::ListBodiesRequest::default());
    assert!(client.list_bodies(request).await.is_ok());
    let health = HealthClient::new(channel)
        .check(HealthCheckRequest::default())
        .await;
    assert!(health.is_ok());
    // A client that does not trust the server, or does not speak TLS, comes to nothing.
    let strange = authority();
    assert!(secured.endpoint(&strange, None).connect().await.is_err());
    let plain = Endpoint::from_shared(format!("http://{}", secured.server.address)).expect("an address");
    let in_the_clear = match plain.connect().await {
        Ok(channel) => asked(&channel).await.is_ok(),
        Err(_) => false,
    };
    assert!(!in_the_clear);
    secured.server.stop().await;
}

#[tokio::test]
async fn a_reload_under_load_drops_no_call_and_new_connections_meet_the_new_certificate() {
    let secured = secured(|_| entry("desk", "auditor", "")).await;
    let channel = secured.channel(None).await;
    let (ended, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let (channel, ended, done) = (channel.clone(), Arc::clone(&ended), Arc::clone(&done));
            tokio::spawn(async move {
                while !ended.load(Ordering::Relaxed) {
                    let request = bearing("desk", pb::ListBodiesRequest::default());
                    let answer = CatalogServiceClient::new(channel.clone())
                        .list_bodies(request)
                        .await;
                    answer.expect("no call is dropped");
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let folder = &secured.server.folder;
    let mut successor = authority();
    for round in 1..=20_u32 {
        successor = authority();
        let own = issued(&successor, "localhost", false);
        write(&file(folder, "server.pem"), &own.certificate);
        write(&file(folder, "server.key"), &own.key);
        assert!(secured.server.reloader.reload());
        while done.load(Ordering::Relaxed) < round * 5 {
            tokio::task::yield_now().await;
        }
    }
    ended.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.expect("every call was answered");
    }
    assert!(
        secured.endpoint(&secured.servers, None).connect().await.is_err(),
        "the old authority"
    );
    assert!(
        secured.endpoint(&successor, None).connect().await.is_ok(),
        "the new authority"
    );
    // A key that does not fit leaves the certificate in force.
    write(
        &file(folder, "server.key"),
        &issued(&successor, "localhost", false).key,
    );
    assert!(!secured.server.reloader.reload());
    assert!(secured.endpoint(&successor, None).connect().await.is_ok());
    secured.server.stop().await;
}

#[tokio::test]
async fn the_health_check_goes_by_the_settings_and_trusts_their_certificate_alone() {
    let secured = secured(|_| entry("desk", "auditor", "")).await;
    let folder = &secured.server.folder;
    let settings = file(folder, "credence.toml");
    let certificate = text(&file(folder, "server.pem"));
    let key = text(&file(folder, "server.key"));
    let listen = secured.server.address;
    write(
        &settings,
        &format!("listen = '{listen}'\ntls_certificate = '{certificate}'\ntls_key = '{key}'\n"),
    );
    let options = healthcheck::Options {
        address: None,
        config: Some(settings),
    };
    healthcheck::run(options.clone()).await.expect("healthy");
    let other = issued(&secured.servers, "localhost", false);
    write(&file(folder, "server.pem"), &other.certificate);
    assert!(
        healthcheck::run(options).await.is_err(),
        "another certificate is another server"
    );
    secured.server.stop().await;
}

#[test]
fn a_listener_beyond_this_machine_wants_tls_and_principals_or_says_insecure() {
    let check = |settings: &[(&str, &str)]| {
        let flags: Vec<_> = [("listen", "0.0.0.0:50051")]
            .iter()
            .chain(settings)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let settings = Config::gather(None, std::iter::empty(), &flags).expect("known settings");
        Config::check(&settings).is_ok()
    };
    let tls = [("tls_certificate", "a.pem"), ("tls_key", "a.key")];
    let list = ("principals", "p.toml");
    assert!(!check(&[]));
    assert!(!check(&tls));
    assert!(!check(&[list]));
    assert!(check(&[tls[0], tls[1], list]));
    assert!(check(&[("insecure", "true")]));
    assert!(!check(&[tls[0], list]), "a certificate without its key");
    assert!(!check(&[
        ("insecure", "true"),
        ("tls_client_authorities", "c.pem")
    ]));
}
