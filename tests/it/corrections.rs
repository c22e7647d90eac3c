//! Corrections and repeats: what stands stays recognised, and what was refused is decided anew.

use credence::services::pb;

use crate::harness::{TestServer, reason, request_id};

fn performed(request: u32, name: &str, measures_taken: &str) -> pb::RecordPerformanceRequest {
    let performance = pb::PerformanceItems {
        state: pb::PerformanceState::Partial.into(),
        unperformed: "部分".to_owned(),
        measures_taken: measures_taken.to_owned(),
        ..Default::default()
    };
    pb::RecordPerformanceRequest {
        request_id: request_id(request),
        commitment: name.to_owned(),
        performance: Some(performance),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_performance_is_recognised_after_the_promisors_kind_was_corrected() {
    let server = TestServer::start().await;
    let mut client = server.commitments.clone();
    let person = server.person_row(7).0;
    let name = server.recorded(1, person.clone()).await;
    let recorded = client.record_performance(performed(2, &name, "责令改正")).await;
    let recorded = recorded.expect("recorded").into_inner().result.expect("there");
    assert_eq!(recorded.outcome(), pb::Outcome::Created);

    // To an organisation, and back to the person, of which the first snapshot knows.
    for (request, row, outcome) in [
        (3, server.row(7), pb::Outcome::Corrected),
        (5, person, pb::Outcome::Repeated),
    ] {
        let corrected = server.record(request, vec![row]).await.expect("recorded");
        assert_eq!(corrected.results[0].outcome(), outcome);
        let again = client
            .record_performance(performed(request + 1, &name, "责令改正"))
            .await;
        let again = again.expect("recognised").into_inner().result.expect("there");
        assert_eq!(again.outcome(), pb::Outcome::Repeated);
        assert_eq!(again.revision, recorded.revision);
    }
    let other = client.record_performance(performed(7, &name, "约谈")).await;
    assert_eq!(reason(&other.expect_err("other content")), "PERFORMANCE_EXISTS");
}

#[tokio::test]
async fn a_repeated_batch_keeps_its_results_and_decides_refused_rows_anew() {
    let server = TestServer::start().await;
    let early = pb::CommitmentRow {
        code: "15080220240604000002".to_owned(),
        made_on: "2024-06-04".to_owned(),
        ..server.row(2)
    };
    let rows = vec![server.row(1), early];
    let outcomes = |result: &pb::CommitmentBatchResult| -> Vec<_> {
        result
            .results
            .iter()
            .map(pb::CommitmentRowResult::outcome)
            .collect()
    };
    let first = server.record(1, rows.clone()).await.expect("answered");
    assert_eq!(outcomes(&first), [pb::Outcome::Created, pb::Outcome::Refused]);
    let again = server.record(1, rows.clone()).await.expect("replayed");
    assert!(again.replayed);
    assert_eq!(again.results, first.results, "the refusal with its findings too");

    server.advance_to("2024-06-04").await;
    let later = server.record(1, rows.clone()).await.expect("answered");
    assert_eq!(outcomes(&later), [pb::Outcome::Created; 2]);
    assert_eq!(later.results[0], first.results[0]);
    assert!(!later.replayed, "the second row is new");
    let last = server.record(1, rows).await.expect("replayed");
    assert!(last.replayed);
    assert_eq!(last.results, later.results);
}
