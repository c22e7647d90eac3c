//! Metrics over their own listener: what they say after calls, and what they never say.

use credence::services::pb;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::TestServer;

/// A free port that was just given back.
async fn free_address() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    listener.local_addr().expect("bound").to_string()
}

async fn asked(address: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("metrics are served");
    let request = format!("{head} HTTP/1.1\r\nhost: metrics\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("answered");
    answer
}

#[tokio::test]
async fn metrics_count_calls_by_method_and_code_and_hold_nothing_of_a_person() {
    let address = free_address().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = TestServer::start_in(folder, &[("metrics_listen", &address)]).await;
    let (person, id) = server.person_row(7);
    let result = server
        .record(1, vec![server.row(1), person])
        .await
        .expect("recorded");
    let name = result.results[1].name.clone();
    for name in [name.clone(), format!("{}9", &name[..name.len() - 1])] {
        let get = pb::GetCommitmentRequest {
            name,
            ..Default::default()
        };
        drop(server.commitments.clone().get_commitment(get).await);
    }
    let text = asked(&address, "GET /metrics").await;
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    let service = "credit.supervision.v1.CommitmentService";
    for line in [
        &format!("credence_calls_total{{code=\"OK\",method=\"{service}/RecordCommitments\"}} 1"),
        &format!("credence_calls_total{{code=\"OK\",method=\"{service}/GetCommitment\"}} 1"),
        &format!("credence_calls_total{{code=\"NOT_FOUND\",method=\"{service}/GetCommitment\"}} 1"),
        "credence_calls_open 0",
        "credence_state{state=\"serving\"} 1",
        "credence_clock_trusted 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let head = server.head().await.revision;
    let (_, revision) = head.split_once('.').expect("a point");
    assert!(
        text.contains(&format!("credence_ledger_revision {revision}\n")),
        "{head}"
    );
    for secret in [id.as_str(), "张测试", &server.body.social_credit_code, &name] {
        assert!(!text.contains(secret), "{secret} stands in the metrics");
    }
    assert!(asked(&address, "GET /").await.starts_with("HTTP/1.1 404"));
    assert!(asked(&address, "POST /metrics").await.starts_with("HTTP/1.1 405"));
    server.stop().await;
    assert!(
        TcpStream::connect(&address).await.is_err(),
        "the listener ends with the service"
    );
}

#[tokio::test]
async fn an_address_that_is_taken_is_no_reason_not_to_serve() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let address = taken.local_addr().expect("bound").to_string();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = TestServer::start_in(folder, &[("metrics_listen", &address)]).await;
    assert!(!server.head().await.hash.is_empty());
    server.stop().await;
}
