//! One company's grade, told as of three past days and as known at two revisions: a penalty that came late,
//! its correction, a change of the rules, a wrong code put right. What was told, what should have been, and why
//! the two differ, by the answers of the service alone.

use credence::services::pb;

use crate::grades::{Graded, copy};
use crate::harness::TestServer;

/// What the rules say as of a day, by what was known at a revision; empty: now.
async fn assessed(world: &Graded<'_>, pair: (&str, &str), as_of: &str, known: &str) -> pb::Assessment {
    let known = (!known.is_empty()).then(|| pb::Known {
        at: Some(pb::known::At::Revision(known.to_owned())),
    });
    let request = pb::AssessGradeRequest {
        subject: pair.0.to_owned(),
        sector: format!("sectors/{}", pair.1),
        as_of: as_of.to_owned(),
        known,
        ..Default::default()
    };
    let answer = world.grading.clone().assess_grade(request).await;
    answer.expect("rules stand").into_inner()
}

/// Level and score as the rules say.
async fn said(world: &Graded<'_>, pair: (&str, &str), as_of: &str, known: &str) -> (String, String) {
    let found = assessed(world, pair, as_of, known).await;
    (found.level, found.score)
}

fn pairs(level: &str, score: &str) -> (String, String) {
    (level.to_owned(), score.to_owned())
}

/// Asserts that an explanation says why, in both languages.
#[track_caller]
fn says_why(why: &pb::Explanation, zh: &[&str], en: &[&str]) {
    let find = |texts: &[String], begin: &str| {
        let found = texts.iter().find(|text| text.starts_with(begin));
        found
            .cloned()
            .unwrap_or_else(|| panic!("no `{begin}` in {texts:#?}"))
    };
    let (zh_text, en_text) = (
        find(&why.text_zh, "差异原因"),
        find(&why.text_en, "Why they differ"),
    );
    assert!(zh.iter().all(|part| zh_text.contains(part)), "{zh_text}");
    assert!(en.iter().all(|part| en_text.contains(part)), "{en_text}");
}

#[tokio::test]
async fn what_was_told_what_should_have_been_and_why_they_differ() {
    // June: two companies are graded in real time, with nothing against them.
    let server = TestServer::start().await;
    let mut world = Graded::of(&server).await;
    let names = world.members("URBAN", &[1, 2]).await;
    let (company, other) = (names[0].clone(), names[1].clone());
    let pair = (company.as_str(), "URBAN");
    let urban = world.body("CGJ").await;
    let clean = world.grade(pair, "", "").await;
    assert_eq!((clean.level.as_str(), clean.from.as_str()), ("A", "2024-06-03"));

    // 10 July: a confiscation of 20 June is reported late. It counts from today; nothing is rewritten.
    server.advance_to("2024-07-10").await;
    let late = (
        "城罚〔2024〕7号",
        "擅自占用道路经营",
        "没收违法所得",
        "2024-06-20",
    );
    let record = world.penalty(&urban, 1, late).await;
    let reported = world.grade(pair, "", "").await;
    assert_eq!((reported.level.as_str(), reported.score.as_str()), ("C", "78"));
    assert_eq!(world.level(pair, "2024-06-25", "").await, "A");
    assert_eq!(said(&world, pair, "2024-06-25", "").await, pairs("C", "78"));
    let why = world.explain(pair, "2024-06-25").await;
    says_why(
        &why,
        &["此后记录", "2024-06-20行政处罚"],
        &["recorded since", "2024-06-20 penalty"],
    );

    // 1 August: the body corrects its row, it was a fine.
    server.advance_to("2024-08-01").await;
    let corrected = (late.0, late.1, "罚款", late.3);
    assert_eq!(world.penalty(&urban, 1, corrected).await, record);
    let fined = world.grade(pair, "", "").await;
    assert_eq!((fined.level.as_str(), fined.score.as_str()), ("B", "86"));
    assert_eq!(world.level(pair, "2024-07-20", "").await, "C");
    let why = world.explain(pair, "2024-07-20").await;
    assert!(why.evidence_agrees);
    assert_eq!(why.settled.as_ref().map(|then| then.score.as_str()), Some("78"));
    assert_eq!(why.current.as_ref().map(|now| now.score.as_str()), Some("86"));
    says_why(
        &why,
        &["此后记录", "罚款", "此后不再计入"],
        &["recorded since", "no longer counted"],
    );

    // 1 September: the district adopts other points, a fine costs 24. Everyone is graded anew from that day.
    server.advance_to("2024-09-01").await;
    drop(world);
    let folder = server.stop().await;
    let policies = folder.path().join("policies");
    copy(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies"),
        &policies,
    );
    let file = policies.join("rules/URBAN.toml");
    let text = std::fs::read_to_string(&file).expect("readable");
    let changed = text.replace("\"02\" = -14,", "\"02\" = -24,");
    assert_ne!(changed, text, "the points of a fine stand in the file");
    std::fs::write(&file, changed).expect("written");
    let settings = [("policies", policies.to_str().expect("a path in words"))];
    let server = TestServer::start_in(folder, &settings).await;
    server.advance_to("2024-09-02").await;
    let mut world = Graded::of(&server).await;
    // The ids of the first half of the story are taken.
    for _ in 0..100 {
        world.office.next();
    }
    let heavier = world.grade(pair, "", "").await;
    assert_eq!(
        (heavier.level.as_str(), heavier.score.as_str(), heavier.cause()),
        ("C", "76", pb::GradeCause::Run)
    );
    assert_ne!(heavier.rules_adopted, fined.rules_adopted);
    assert_eq!(world.level(pair, "2024-08-15", "").await, "B");
    // By the rules and facts known then it was B; by the rules known now it would be C on that day too.
    assert_eq!(
        said(&world, pair, "2024-08-15", &fined.revision).await,
        pairs("B", "86")
    );
    assert_eq!(said(&world, pair, "2024-08-15", "").await, pairs("C", "76"));
    let why = world.explain(pair, "2024-08-15").await;
    assert!(why.evidence_agrees);
    says_why(&why, &["规则已变更"], &["the rules were changed"]);

    // 1 October: the row bore a wrong code, the fine is the other company's.
    server.advance_to("2024-10-01").await;
    let all = pb::RecordSelection {
        from: "2024-01-01".to_owned(),
        ..Default::default()
    };
    let moved = world.office.move_records(&company, &other, all).await;
    assert_eq!(moved.moved_count, 1);
    assert_eq!(world.level(pair, "", "").await, "A");
    assert_eq!(world.level((&other, "URBAN"), "", "").await, "C");

    // The whole story, as of three days: what was told, and what should have been by all that is known now.
    let days = ["2024-06-25", "2024-07-20", "2024-08-15"];
    let (mut told, mut should) = (Vec::new(), Vec::new());
    for day in days {
        told.push(world.level(pair, day, "").await);
        should.push(said(&world, pair, day, "").await.0);
    }
    assert_eq!(
        (told, should),
        (vec!["A".into(), "C".into(), "B".into()], vec!["A".to_owned(); 3])
    );
    // As known at two revisions: after the late report, and after the correction.
    for (known, levels) in [
        (&reported.revision, ["A", "C", "C"]),
        (&fined.revision, ["A", "C", "B"]),
    ] {
        for (day, level) in days.iter().zip(levels) {
            assert_eq!(
                world.level(pair, day, known).await,
                level,
                "told of {day} as of {known}"
            );
        }
    }
    for (known, level) in [(&reported.revision, "C"), (&fined.revision, "B")] {
        for day in days {
            assert_eq!(
                said(&world, pair, day, known).await.0,
                level,
                "assessed on {day} as of {known}"
            );
        }
    }
    let why = world.explain(pair, "2024-07-20").await;
    assert_eq!(why.grade.as_ref().map(|grade| grade.level.as_str()), Some("C"));
    assert!(
        why.evidence_agrees,
        "it is explained by what was known then, though the record is gone"
    );
    says_why(
        &why,
        &["规则已变更", "此后不再计入"],
        &["the rules were changed", "no longer counted"],
    );
    let history: Vec<(String, String)> = world
        .history(pair)
        .await
        .into_iter()
        .map(|(from, level, _)| (from, level))
        .collect();
    let expected = [
        ("2024-06-03", "A"),
        ("2024-07-10", "C"),
        ("2024-08-01", "B"),
        ("2024-09-01", "C"),
        ("2024-10-01", "A"),
    ];
    assert_eq!(history, expected.map(|(from, level)| pairs(from, level)));
}
