//! The register, questions about unknown subjects, search by name, and what is refused.

use credence::services::pb;
use credence::services::pb::look_up_subject_request::Code as LookUp;
use tonic::Code;

use crate::harness::{TestServer, reason, request_id};
use crate::office::{Office, entry, titles};

#[tokio::test]
async fn an_unknown_subject_asks_and_is_linked_registered_or_left() {
    let server = TestServer::start().await;
    let mut office = Office::of(&server);
    office
        .report((1..=3).map(|serial| server.row(serial)).collect())
        .await;
    let list = || async {
        let request = pb::ListProvisionalSubjectsRequest::default();
        let answer = server.subjects.clone().list_provisional_subjects(request).await;
        let subjects = answer.expect("listed").into_inner().subjects;
        subjects.into_iter().map(|one| one.name).collect::<Vec<_>>()
    };
    let asking = list().await;
    assert_eq!(asking.len(), 3);
    // The first is registered by its code, the second is linked, the third stays as it is.
    let registered = office.registered(entry(&server, 1, "测试企业1")).await;
    assert_eq!(registered, asking[0]);
    let answer = |subject: &str, link: &str, request: u32| pb::AnswerQuestionRequest {
        request_id: request_id(request),
        question: Some(pb::answer_question_request::Question::Subject(subject.to_owned())),
        link: link.to_owned(),
        reason: "核实".to_owned(),
    };
    let unconfirmed = server
        .subjects
        .clone()
        .answer_question(answer(&asking[1], &asking[2], 1))
        .await;
    assert_eq!(
        reason(&unconfirmed.expect_err("not registered")),
        "MALFORMED_VALUE"
    );
    let linked = answer(&asking[1], &registered, 2);
    server
        .subjects
        .clone()
        .answer_question(linked.clone())
        .await
        .expect("linked");
    let again = server
        .subjects
        .clone()
        .answer_question(linked)
        .await
        .expect("replayed");
    assert!(again.into_inner().replayed);
    assert_eq!(list().await, [asking[2].clone()]);
    assert_eq!(office.file(&registered, "", "").await.commitment_count, 2);
    server
        .subjects
        .clone()
        .answer_question(answer(&asking[2], "", 3))
        .await
        .expect("left");
    assert_eq!(list().await, Vec::<String>::new());
    let answered = server
        .subjects
        .clone()
        .answer_question(answer(&asking[2], "", 4))
        .await;
    assert_eq!(reason(&answered.expect_err("no question")), "QUESTION_UNKNOWN");
}

#[tokio::test]
async fn a_register_row_that_knows_two_subjects_makes_them_one() {
    let server = TestServer::start().await;
    let mut office = Office::of(&server);
    let number = "440301103097413";
    let by_number = pb::RegisterRow {
        registration_number: number.to_owned(),
        ..entry(&server, 1, "甲公司")
    };
    let name = office.registered(by_number).await;
    let older = pb::LookUpSubjectRequest {
        code: Some(LookUp::OlderCode(pb::OlderCode {
            kind: pb::IdentityKind::RegistrationNumber.into(),
            code: number.to_owned(),
        })),
        ..Default::default()
    };
    let found = server
        .subjects
        .clone()
        .look_up_subject(older)
        .await
        .expect("found")
        .into_inner();
    assert_eq!(found.name, name);
    let kinds: Vec<pb::IdentityKind> = found.codes.iter().map(pb::SubjectCode::kind).collect();
    assert_eq!(
        kinds,
        [
            pb::IdentityKind::SocialCreditCode,
            pb::IdentityKind::RegistrationNumber
        ]
    );
    // The number in another firm's row is a question, not a merger: both are registered.
    let contested = pb::RegisterRow {
        registration_number: number.to_owned(),
        ..entry(&server, 2, "乙公司")
    };
    let result = office.register(vec![contested]).await;
    let finding = &result.results[0].findings[0];
    assert_eq!(
        (finding.rule(), finding.kind()),
        (pb::FindingRule::OlderCodeOfAnother, pb::CheckKind::Ask)
    );
    // It is listed with its subject, and answered by its revision.
    let list = || async {
        let request = pb::ListOpenQuestionsRequest::default();
        let answer = server.commitments.clone().list_open_questions(request).await;
        answer.expect("listed").into_inner().questions
    };
    let asked = list().await;
    assert_eq!(
        (asked.len(), asked[0].subject.as_str()),
        (1, result.results[0].name.as_str())
    );
    let answer = pb::AnswerQuestionRequest {
        request_id: request_id(1),
        question: Some(pb::answer_question_request::Question::Revision(
            asked[0].revision.clone(),
        )),
        link: String::new(),
        reason: "核实无误".to_owned(),
    };
    let mut client = server.subjects.clone();
    client.answer_question(answer.clone()).await.expect("answered");
    assert!(list().await.is_empty());
    let again = pb::AnswerQuestionRequest {
        request_id: request_id(2),
        ..answer
    };
    let again = client.answer_question(again).await.expect_err("answered already");
    assert_eq!(reason(&again), "QUESTION_UNKNOWN");
}

#[tokio::test]
async fn register_rows_are_refused_repeated_and_corrected_one_by_one() {
    let server = TestServer::start().await;
    let mut office = Office::of(&server);
    let person = pb::RegisterRow {
        kind: pb::SubjectKind::Person.into(),
        ..entry(&server, 2, "某人")
    };
    let rows = vec![entry(&server, 1, "甲公司"), person, entry(&server, 3, "丙公司")];
    let first = office.register(rows.clone()).await;
    let outcomes = |result: &pb::RegisterBatchResult| -> Vec<pb::Outcome> {
        result
            .results
            .iter()
            .map(pb::RegisterRowResult::outcome)
            .collect()
    };
    use pb::Outcome::{Corrected, Created, Refused, Repeated};
    assert_eq!(outcomes(&first), [Created, Refused, Created]);
    assert_eq!(first.results[1].name, "");
    let again = office.register(rows).await;
    assert_eq!(outcomes(&again), [Repeated, Refused, Repeated]);
    assert_eq!(again.results[0].name, first.results[0].name);
    let changed = pb::RegisterRow {
        changed_on: "2020-01-01".to_owned(),
        ..entry(&server, 1, "甲（集团）公司")
    };
    let corrected = office.register(vec![changed]).await;
    assert_eq!(outcomes(&corrected), [Corrected]);
    let file = office.file(&first.results[0].name, "", "").await;
    assert_eq!(
        titles(&file),
        [
            ("甲公司", "2010-01-01", "2019-12-31"),
            ("甲（集团）公司", "2020-01-01", "")
        ]
    );
    // An old file does not undo the correction.
    let old = office.register(vec![entry(&server, 1, "甲公司")]).await;
    assert_eq!(outcomes(&old), [Repeated]);
    assert_eq!(
        office.file(&first.results[0].name, "", "").await.title,
        "甲（集团）公司"
    );
    // Checking records nothing.
    let request = pb::RegisterSubjectsRequest {
        request_id: request_id(1),
        rows: vec![entry(&server, 9, "待查")],
        validate_only: true,
    };
    let checked = server
        .subjects
        .clone()
        .register_subjects(request)
        .await
        .expect("checked")
        .into_inner();
    assert_eq!((checked.created_count, checked.results[0].name.as_str()), (1, ""));
}

#[tokio::test]
async fn names_are_found_exactly_but_for_the_keyboards_ways_and_persons_are_not() {
    let server = TestServer::start().await;
    let mut office = Office::of(&server);
    let name = office.registered(entry(&server, 1, "ＡＢ（集团）有限公司")).await;
    let (person, _) = server.person_row(5);
    let person_name = person.subject_name.clone();
    office.report(vec![person]).await;
    let search = |title: &str| pb::SearchSubjectsRequest {
        query: Some(pb::search_subjects_request::Query::Title(title.to_owned())),
        ..Default::default()
    };
    for title in ["ab(集团)有限公司", "AB 〔集团〕有限公司"] {
        let found = server
            .subjects
            .clone()
            .search_subjects(search(title))
            .await
            .expect("searched");
        let found = found.into_inner().subjects;
        assert_eq!(
            (found.len(), found[0].name.as_str()),
            (1, name.as_str()),
            "{title}"
        );
    }
    for title in ["AB集团有限公司", "AB（集团）", person_name.as_str()] {
        let found = server
            .subjects
            .clone()
            .search_subjects(search(title))
            .await
            .expect("searched");
        assert!(found.into_inner().subjects.is_empty(), "{title}");
    }
    let vague = server
        .subjects
        .clone()
        .search_subjects(search("*"))
        .await
        .expect_err("vague");
    assert_eq!(reason(&vague), "MALFORMED_VALUE");
}

#[tokio::test]
async fn what_does_not_go_together_is_refused_by_name() {
    let server = TestServer::start().await;
    let mut office = Office::of(&server);
    let one = office.registered(entry(&server, 1, "甲公司")).await;
    let two = office.registered(entry(&server, 2, "乙公司")).await;
    let (person, id) = server.person_row(5);
    office.report(vec![person]).await;
    let request = pb::LookUpSubjectRequest {
        code: Some(LookUp::PersonId(id)),
        purpose: "测试".to_owned(),
        ..Default::default()
    };
    let person = server
        .subjects
        .clone()
        .look_up_subject(request)
        .await
        .expect("found")
        .into_inner();
    assert_eq!(person.title, "张*");
    let merge = |from: &str, into: &str, on: &str, request: u32| pb::MergeSubjectsRequest {
        request_id: request_id(request),
        from: from.to_owned(),
        into: into.to_owned(),
        on: on.to_owned(),
        reason: "合并".to_owned(),
    };
    let refused = |request| {
        let mut client = server.subjects.clone();
        async move { reason(&client.merge_subjects(request).await.expect_err("refused")) }
    };
    assert_eq!(
        refused(merge(&one, &one, "2024-01-01", 1)).await,
        "SUBJECTS_UNLIKE"
    );
    assert_eq!(
        refused(merge(&one, &person.name, "2024-01-01", 2)).await,
        "SUBJECTS_UNLIKE"
    );
    assert_eq!(
        refused(merge(&one, &two, "2024-06-04", 3)).await,
        "MALFORMED_VALUE"
    );
    office.merge(&one, &two, "2024-06-03").await;
    let three = office.registered(entry(&server, 3, "丙公司")).await;
    let merged = server
        .subjects
        .clone()
        .merge_subjects(merge(&three, &one, "2024-01-01", 4))
        .await;
    let merged = merged.expect_err("it went into another");
    assert_eq!(reason(&merged), "SUBJECT_MERGED");
    let info = tonic_types::StatusExt::get_details_error_info(&merged).expect("ErrorInfo");
    assert_eq!(info.metadata["successor"], two);
    // The same merger again is the same merger.
    office.merge(&one, &two, "2024-06-03").await;
    office.undo_merge(&one).await;
    let nothing = pb::UndoMergeRequest {
        request_id: office.next(),
        from: one,
        reason: "再次".to_owned(),
    };
    let nothing = server
        .subjects
        .clone()
        .undo_merge(nothing)
        .await
        .expect_err("undone already");
    assert_eq!(
        (nothing.code(), reason(&nothing).as_str()),
        (Code::NotFound, "MERGE_UNKNOWN")
    );
}
