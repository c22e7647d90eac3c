//! What becomes of records: the four ends and the way back, rulings, and the digests of it all.

use credence::services::pb;
use tonic::Code;

use crate::harness::{TestServer, reason};
use crate::record_rows::{
    digests, end, get, outcomes, penalty, person_penalty, questions, record, recorded, revive, ruling, state,
};

#[tokio::test]
async fn each_end_is_told_apart_and_only_a_stronger_one_follows() {
    let server = TestServer::start().await;
    let name = recorded(&server, 1, &[penalty(&server, 1)]).await.remove(0);
    let ended = end(&server, 2, &name, pb::RecordEnd::Repaired, "2024-06-01")
        .await
        .expect("ended");
    assert_eq!(ended.state(), pb::RecordState::Repaired);
    let ending = ended.ending.expect("ended");
    assert_eq!(
        (ending.on.as_str(), ending.basis.as_str()),
        ("2024-06-01", "测撤〔2024〕1号")
    );
    let weaker = end(&server, 3, &name, pb::RecordEnd::Expired, "2024-06-01")
        .await
        .expect_err("weaker");
    assert_eq!(
        (weaker.code(), reason(&weaker).as_str()),
        (Code::FailedPrecondition, "RECORD_ENDED")
    );
    // What is repaired still takes a correction; what is withdrawn does not.
    let corrected = record(&server, 4, &[penalty(&server, 1).with("BZ", "更正")]).await;
    assert_eq!(outcomes(&corrected), [pb::Outcome::Corrected]);
    end(&server, 5, &name, pb::RecordEnd::Withdrawn, "2024-06-02")
        .await
        .expect("stronger");
    let refused = record(&server, 6, &[penalty(&server, 1).with("BZ", "再更正")]).await;
    assert_eq!(outcomes(&refused), [pb::Outcome::Refused]);
    assert_eq!(
        refused.results[0].findings[0].rule(),
        pb::FindingRule::RecordEnded
    );
    let repeated = record(&server, 7, &[penalty(&server, 1)]).await;
    assert_eq!(outcomes(&repeated), [pb::Outcome::Repeated]);
    assert_eq!(state(&server, &name).await, pb::RecordState::Withdrawn);
    // The way back leads to the end before, and then to none.
    assert_eq!(
        revive(&server, 8, &name).await.expect("revived").state(),
        pb::RecordState::Repaired
    );
    assert_eq!(
        revive(&server, 9, &name).await.expect("revived").state(),
        pb::RecordState::Recorded
    );
    let status = revive(&server, 10, &name).await.expect_err("stands");
    assert_eq!(reason(&status), "RECORD_NOT_ENDED");
    let early = end(&server, 11, &name, pb::RecordEnd::Deleted, "2024-05-19")
        .await
        .expect_err("early");
    assert_eq!(reason(&early), "ROW_REFUSED");
    let unknown = format!("records/{}", "a".repeat(20));
    let status = end(&server, 12, &unknown, pb::RecordEnd::Deleted, "2024-06-01")
        .await
        .expect_err("unknown");
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::NotFound, "RECORD_UNKNOWN")
    );
}

#[tokio::test]
async fn a_ruling_annuls_its_decision_and_gives_it_back_when_it_is_annulled_itself() {
    let server = TestServer::start().await;
    let annulling = ruling(&server, "复决〔2024〕1号", 1, "撤销");
    let names = recorded(&server, 1, &[penalty(&server, 1), annulling]).await;
    let annulled = get(&server, &names[0]).await;
    assert_eq!(annulled.state(), pb::RecordState::Withdrawn);
    let ending = annulled.ending.expect("ended");
    assert_eq!(
        (ending.ruling.as_str(), ending.on.as_str()),
        (names[1].as_str(), "2024-05-27")
    );
    let status = revive(&server, 2, &names[0])
        .await
        .expect_err("the ruling stands");
    assert_eq!(reason(&status), "RULING_STANDS");
    // A court annuls the ruling: the penalty stands again.
    let court = ruling(&server, "行初〔2024〕9号", 1, "撤销")
        .with("CJ_LB", "行政诉讼一审")
        .with("CJ_YLB", "复议和诉讼结果")
        .with("CJ_YWSH", "复决〔2024〕1号")
        .with("CJ_YJDRQ", "2024-05-27")
        .with("CJ_JDRQ", "2024-05-31");
    let court = recorded(&server, 3, &[court]).await.remove(0);
    assert_eq!(state(&server, &names[1]).await, pb::RecordState::Withdrawn);
    assert_eq!(state(&server, &names[0]).await, pb::RecordState::Recorded);
    // The court's own judgement falls: everything is as before it.
    end(&server, 4, &court, pb::RecordEnd::Deleted, "2024-06-02")
        .await
        .expect("ended");
    assert_eq!(state(&server, &names[1]).await, pb::RecordState::Recorded);
    assert_eq!(state(&server, &names[0]).await, pb::RecordState::Withdrawn);
}

#[tokio::test]
async fn a_ruling_before_its_decision_asks_and_takes_effect_when_that_arrives() {
    let server = TestServer::start().await;
    let result = record(&server, 1, &[ruling(&server, "复决〔2024〕1号", 1, "撤销")]).await;
    let rules: Vec<_> = result.results[0].findings.iter().map(pb::Finding::rule).collect();
    assert!(rules.contains(&pb::FindingRule::TargetUnknown), "{rules:?}");
    let asked = (result.results[0].name.clone(), pb::FindingRule::TargetUnknown);
    assert!(questions(&server).await.contains(&asked));
    let names = recorded(&server, 2, &[penalty(&server, 1), penalty(&server, 2)]).await;
    assert_eq!(state(&server, &names[0]).await, pb::RecordState::Withdrawn);
    assert_eq!(state(&server, &names[1]).await, pb::RecordState::Recorded);
    assert!(!questions(&server).await.contains(&asked));
    // The ruling is corrected to the other party's decision: the first stands again, the other falls.
    let moved = ruling(&server, "复决〔2024〕1号", 1, "撤销").with("CJ_YWSH", "测罚〔2024〕2号");
    let corrected = record(&server, 3, &[moved]).await;
    assert_eq!(outcomes(&corrected), [pb::Outcome::Corrected]);
    assert_eq!(state(&server, &names[0]).await, pb::RecordState::Recorded);
    // The other decision is another party's, so the ruling has none and asks again.
    assert_eq!(state(&server, &names[1]).await, pb::RecordState::Recorded);
    assert!(questions(&server).await.contains(&asked));
}

#[tokio::test]
async fn a_ruling_that_changes_a_decision_marks_it_until_it_falls() {
    let server = TestServer::start().await;
    let changing = ruling(&server, "复决〔2024〕1号", 1, "变更").with("CJ_BGNR", "罚款变更为1000元");
    let names = recorded(&server, 1, &[penalty(&server, 1), changing]).await;
    let changed = get(&server, &names[0]).await;
    assert_eq!(
        (changed.snapshot, changed.changed_by.as_str()),
        (2, names[1].as_str())
    );
    assert_eq!(changed.change, "罚款变更为1000元");
    let asked = (names[0].clone(), pb::FindingRule::ChangedByRuling);
    assert!(questions(&server).await.contains(&asked));
    // The organ reports the changed items; the mark stays and the question is answered.
    let mended = penalty(&server, 1)
        .with("CF_NR_FK", "0.1")
        .with("CF_NR", "罚款1000元");
    assert_eq!(
        outcomes(&record(&server, 2, &[mended]).await),
        [pb::Outcome::Corrected]
    );
    let read = get(&server, &names[0]).await;
    assert_eq!((read.snapshot, read.changed_by.as_str()), (3, names[1].as_str()));
    assert!(!questions(&server).await.contains(&asked));
    // The ruling was a mistake: the record stands as it stood before it.
    end(&server, 3, &names[1], pb::RecordEnd::Deleted, "2024-06-02")
        .await
        .expect("ended");
    let read = get(&server, &names[0]).await;
    assert_eq!((read.snapshot, read.changed_by.as_str()), (4, ""));
    let fine = read
        .items
        .iter()
        .find(|item| item.code == "CF_NR_FK")
        .expect("there");
    assert_eq!(fine.value, Some(pb::record_value::Value::Fen(200_000)));
}

#[tokio::test]
async fn rebuilt_tables_and_another_order_of_arrival_give_the_same_digests() {
    let server = TestServer::start().await;
    let rows = [
        penalty(&server, 1).sent_by("甲", "1"),
        penalty(&server, 1).sent_by("乙", "2"),
        person_penalty(&server, 2),
        ruling(&server, "复决〔2024〕1号", 1, "撤销"),
        penalty(&server, 3),
    ];
    let names = recorded(&server, 1, &rows).await;
    end(&server, 2, &names[4], pb::RecordEnd::Repaired, "2024-06-01")
        .await
        .expect("ended");
    let before = digests(&server).await;
    let folder = server.stop().await;
    std::fs::remove_dir_all(folder.path().join("tables")).expect("the tables go");
    let server = TestServer::start_in(folder, &[]).await;
    let rebuilt = digests(&server).await;
    assert_eq!(rebuilt.content_digest, before.content_digest);
    assert_eq!(get(&server, &names[4]).await.state(), pb::RecordState::Repaired);
    let folder = server.stop().await;
    let server = TestServer::start_in(folder, &[]).await;
    let kept = digests(&server).await;
    assert_eq!(kept.table_digest, rebuilt.table_digest);

    // The other way round, in batches of one, the ruling first.
    let other = TestServer::start().await;
    let mut name = String::new();
    for (request, row) in (10..).zip([&rows[3], &rows[4], &rows[1], &rows[2], &rows[0]]) {
        let recorded = recorded(&other, request, std::slice::from_ref(row))
            .await
            .remove(0);
        if request == 11 {
            name = recorded;
        }
    }
    end(&other, 2, &name, pb::RecordEnd::Repaired, "2024-06-01")
        .await
        .expect("ended");
    let there = digests(&other).await;
    let mine: Vec<_> = kept
        .content_digests
        .iter()
        .filter(|one| one.kind != "data_adopted")
        .collect();
    let theirs: Vec<_> = there
        .content_digests
        .iter()
        .filter(|one| one.kind != "data_adopted")
        .collect();
    assert_eq!(mine, theirs);
    assert_eq!(there.content_digest, kept.content_digest);
}
