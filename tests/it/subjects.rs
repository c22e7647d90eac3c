//! Subjects: the register, names and codes in time, mergers, moves, and the file by one call.
//!
//! Read first: [`a_firms_life_from_its_first_report_to_its_last_day`], a story from top to bottom.

use credence::services::pb;
use credence::services::pb::look_up_subject_request::Code as LookUp;
use tonic::Code;

use crate::harness::{TestServer, reason, request_id};

/// The unified code of the organisation of a serial number.
fn code(server: &TestServer, serial: u32) -> String {
    server.row(serial).subject_code
}

/// A row of the register for the organisation of a serial number.
fn entry(server: &TestServer, serial: u32, name: &str) -> pb::RegisterRow {
    pb::RegisterRow {
        social_credit_code: code(server, serial),
        name: name.to_owned(),
        kind: pb::SubjectKind::Organisation.into(),
        established_on: "2010-01-01".to_owned(),
        state: pb::RegisterState::Active.into(),
        ..Default::default()
    }
}

/// What the story does, each under a request id of its own.
struct Office<'a> {
    server: &'a TestServer,
    requests: u32,
}

impl<'a> Office<'a> {
    fn of(server: &'a TestServer) -> Self {
        Self {
            server,
            requests: 1_000,
        }
    }

    fn next(&mut self) -> String {
        self.requests += 1;
        request_id(self.requests)
    }

    async fn register(&mut self, rows: Vec<pb::RegisterRow>) -> pb::RegisterBatchResult {
        let request = pb::RegisterSubjectsRequest {
            request_id: self.next(),
            rows,
            validate_only: false,
        };
        let answer = self.server.subjects.clone().register_subjects(request).await;
        answer.expect("the batch is taken up").into_inner()
    }

    /// Registers one subject and returns its name.
    async fn registered(&mut self, row: pb::RegisterRow) -> String {
        let result = self.register(vec![row]).await;
        assert_ne!(result.results[0].name, "", "{:?}", result.results[0].findings);
        result.results[0].name.clone()
    }

    async fn report(&mut self, rows: Vec<pb::CommitmentRow>) -> pb::CommitmentBatchResult {
        self.requests += 1;
        let result = self.server.record(self.requests, rows).await.expect("taken up");
        assert_eq!(result.refused_count, 0, "{:?}", result.results);
        result
    }

    async fn rename(&mut self, name: &str, title: &str, from: &str) -> pb::Subject {
        let request = pb::RenameSubjectRequest {
            request_id: self.next(),
            name: name.to_owned(),
            title: title.to_owned(),
            from: from.to_owned(),
            reason: "变更登记".to_owned(),
        };
        let answer = self.server.subjects.clone().rename_subject(request).await;
        answer.expect("renamed").into_inner()
    }

    async fn merge(&mut self, from: &str, into: &str, on: &str) -> pb::Subject {
        let request = pb::MergeSubjectsRequest {
            request_id: self.next(),
            from: from.to_owned(),
            into: into.to_owned(),
            on: on.to_owned(),
            reason: "吸收合并".to_owned(),
        };
        let answer = self.server.subjects.clone().merge_subjects(request).await;
        answer.expect("merged").into_inner()
    }

    async fn undo_merge(&mut self, from: &str) -> pb::Subject {
        let request = pb::UndoMergeRequest {
            request_id: self.next(),
            from: from.to_owned(),
            reason: "登记有误".to_owned(),
        };
        let answer = self.server.subjects.clone().undo_merge(request).await;
        answer.expect("undone").into_inner()
    }

    async fn move_records(
        &mut self,
        from: &str,
        to: &str,
        selection: pb::RecordSelection,
    ) -> pb::ReattributeRecordsResponse {
        let request = pb::ReattributeRecordsRequest {
            request_id: self.next(),
            from: from.to_owned(),
            to: to.to_owned(),
            selection: Some(selection),
            reason: "代码填报错误".to_owned(),
            validate_only: false,
        };
        let answer = self.server.subjects.clone().reattribute_records(request).await;
        answer.expect("moved").into_inner()
    }

    async fn deregister(&mut self, name: &str, on: &str) -> pb::Subject {
        let request = pb::DeregisterSubjectRequest {
            request_id: self.next(),
            name: name.to_owned(),
            on: on.to_owned(),
            reason: "注销登记".to_owned(),
        };
        let answer = self.server.subjects.clone().deregister_subject(request).await;
        answer.expect("recorded").into_inner()
    }

    /// The file of a subject as of a day and as known at a revision; empty texts mean now.
    async fn file(&self, name: &str, as_of: &str, known: &str) -> pb::Subject {
        let request = pb::GetSubjectRequest {
            name: name.to_owned(),
            as_of: as_of.to_owned(),
            known: known.to_owned(),
            ..Default::default()
        };
        let answer = self.server.subjects.clone().get_subject(request).await;
        answer.expect("known").into_inner()
    }

    async fn look_up(&self, code: &str) -> pb::Subject {
        let request = pb::LookUpSubjectRequest {
            code: Some(LookUp::SocialCreditCode(code.to_owned())),
            ..Default::default()
        };
        let answer = self.server.subjects.clone().look_up_subject(request).await;
        answer.expect("found").into_inner()
    }
}

/// Names of a file with first and last day.
fn titles(file: &pb::Subject) -> Vec<(&str, &str, &str)> {
    file.titles
        .iter()
        .map(|one| (one.title.as_str(), one.from.as_str(), one.until.as_str()))
        .collect()
}

/// What a file says, apart from the revisions of its last change and of its page.
fn content(file: &pb::Subject) -> pb::Subject {
    pb::Subject {
        revision: String::new(),
        next_page_token: String::new(),
        ..file.clone()
    }
}

fn records(file: &pb::Subject) -> Vec<&str> {
    file.entries.iter().map(|entry| entry.record.as_str()).collect()
}

#[tokio::test]
async fn a_firms_life_from_its_first_report_to_its_last_day() {
    let server = TestServer::start().await;
    let mut office = Office::of(&server);

    // A department reports a promise of a firm nobody has heard of: it is provisional.
    office.report(vec![server.row(1)]).await;
    let first = office.look_up(&code(&server, 1)).await;
    assert_eq!(first.state(), pb::SubjectState::Provisional);
    assert_eq!((first.title.as_str(), first.commitment_count), ("测试企业1", 1));
    let name = first.name.clone();
    let before_register = first.revision.clone();

    // The register confirms it; number and name stay.
    assert_eq!(office.registered(entry(&server, 1, "测试企业1")).await, name);
    let file = office.file(&name, "", "").await;
    assert_eq!(file.state(), pb::SubjectState::Registered);
    assert_eq!(titles(&file), [("测试企业1", "2010-01-01", "")]);

    // It takes another name in March; its file of February has the old one.
    office.rename(&name, "新测试企业", "2024-03-01").await;
    let file = office.file(&name, "", "").await;
    assert_eq!(
        (file.title.as_str(), file.former_titles.as_slice()),
        ("新测试企业", &["测试企业1".to_owned()][..])
    );
    let after_renaming = file.revision.clone();
    assert_eq!(office.file(&name, "2024-02-29", "").await.title, "测试企业1");
    assert_eq!(office.file(&name, "2024-03-01", "").await.title, "新测试企业");

    // Another firm goes into it on 1 April and brings its record along.
    office.report(vec![server.row(2)]).await;
    let other = office.registered(entry(&server, 2, "被并企业")).await;
    let own = office.file(&name, "", "").await;
    let others = office.file(&other, "", "").await;
    let after = office.merge(&other, &name, "2024-04-01").await;
    assert_eq!((after.name.as_str(), after.commitment_count), (name.as_str(), 2));
    assert_eq!(after.predecessors[0].subject, other);
    assert_eq!(after.predecessors[0].on, "2024-04-01");
    assert_eq!(after.entries[1].reported_subject, other);
    // The code of the firm that went leads to the one that took it up; the day before, to itself.
    assert_eq!(office.look_up(&code(&server, 2)).await.name, name);
    let gone = office.file(&other, "", "").await;
    assert_eq!(
        (gone.state(), gone.successor.as_str()),
        (pb::SubjectState::Merged, name.as_str())
    );
    assert_eq!(gone.commitment_count, 1);
    assert_eq!(office.file(&name, "2024-03-31", "").await.commitment_count, 1);
    assert_eq!(
        office.file(&other, "2024-03-31", "").await.state(),
        pb::SubjectState::Registered
    );
    // What was known before the merger was recorded is known without it.
    assert_eq!(
        content(&office.file(&name, "", &own.revision).await),
        content(&own)
    );

    // The merger was an error: both files are what they were.
    office.undo_merge(&other).await;
    assert_eq!(content(&office.file(&name, "", "").await), content(&own));
    assert_eq!(content(&office.file(&other, "", "").await), content(&others));

    // A third firm comes out of it in May.
    let third = office.registered(entry(&server, 3, "分立企业")).await;
    let request = pb::SplitSubjectRequest {
        request_id: office.next(),
        name: name.clone(),
        into: vec![third.clone()],
        on: "2024-05-01".to_owned(),
        reason: "分立登记".to_owned(),
    };
    let file = server
        .subjects
        .clone()
        .split_subject(request)
        .await
        .expect("recorded")
        .into_inner();
    assert_eq!(file.split_into[0].subject, third);
    assert_eq!(office.file(&third, "", "").await.split_from[0].subject, name);
    assert!(office.file(&name, "2024-04-30", "").await.split_into.is_empty());

    // It ends on the last of May.
    let file = office.deregister(&name, "2024-05-31").await;
    assert_eq!(
        (file.state(), file.deregistered_on.as_str()),
        (pb::SubjectState::Deregistered, "2024-05-31")
    );
    assert_eq!(
        office.file(&name, "2024-05-31", "").await.state(),
        pb::SubjectState::Registered
    );

    // Each stage is still to be had by its revision.
    assert_eq!(
        content(&office.file(&name, "", &before_register).await),
        content(&first)
    );
    let renamed = office.file(&name, "", &after_renaming).await;
    assert_eq!(
        (renamed.title.as_str(), renamed.deregistered_on.as_str()),
        ("新测试企业", "")
    );
    let unknown = server
        .subjects
        .clone()
        .get_subject(pb::GetSubjectRequest {
            name: third.clone(),
            known: before_register,
            ..Default::default()
        })
        .await
        .expect_err("not known then");
    assert_eq!(reason(&unknown), "SUBJECT_UNKNOWN");
}

#[tokio::test]
async fn a_wrong_code_in_many_rows_is_put_right_by_one_fact() {
    let server = TestServer::start().await;
    let mut office = Office::of(&server);
    // A department took the code of firm 1 for 500 promises of firm 2; five of firm 1 are right.
    let wrong = code(&server, 1);
    let rows = (10..515).map(|serial| {
        let is_right = serial < 15;
        pb::CommitmentRow {
            subject_code: wrong.clone(),
            subject_name: if is_right {
                "甲（集团）有限公司"
            } else {
                "乙有限公司"
            }
            .to_owned(),
            ..server.row(serial)
        }
    });
    office.report(rows.collect()).await;
    let right = office.registered(entry(&server, 2, "乙有限公司")).await;
    let mistaken = office.look_up(&wrong).await;
    assert_eq!(mistaken.commitment_count, 505);
    let known_before = mistaken.revision.clone();

    let selection = pb::RecordSelection {
        reported_title: "乙 有限公司".to_owned(),
        ..Default::default()
    };
    let moved = office
        .move_records(&mistaken.name, &right, selection.clone())
        .await;
    assert_eq!(moved.moved_count, 500);
    assert_eq!(office.file(&mistaken.name, "", "").await.commitment_count, 5);
    let file = office.file(&right, "", "").await;
    assert_eq!(file.commitment_count, 500);
    assert_eq!(file.entries.len(), 100);
    assert_ne!(file.next_page_token, "");
    assert_eq!(file.entries[0].reported_subject, mistaken.name);
    assert_eq!(file.entries[0].reported_code, wrong);
    // Before the fact was known, the rows stood where they were reported.
    let then = office.file(&mistaken.name, "", &known_before).await;
    assert_eq!(then.commitment_count, 505);

    // Lists follow too, and the whole file can be paged through.
    let listed = server
        .commitments
        .clone()
        .list_commitments(pb::ListCommitmentsRequest {
            filter: Some(pb::CommitmentFilter {
                subject: right.clone(),
                ..Default::default()
            }),
            page_size: 500,
            ..Default::default()
        })
        .await
        .expect("listed")
        .into_inner();
    assert_eq!(listed.commitments.len(), 500);
    assert!(listed.commitments.iter().all(|one| one.subject == right));
    let mut seen: Vec<String> = records(&file).into_iter().map(str::to_owned).collect();
    let mut token = file.next_page_token;
    while !token.is_empty() {
        let request = pb::GetSubjectRequest {
            name: right.clone(),
            page_token: token,
            page_size: 300,
            ..Default::default()
        };
        let page = server
            .subjects
            .clone()
            .get_subject(request)
            .await
            .expect("a page")
            .into_inner();
        seen.extend(records(&page).into_iter().map(str::to_owned));
        token = page.next_page_token;
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((count, seen.len()), (500, 500));

    // Nothing is left to move, and the same way back gives the first file again.
    let request = pb::ReattributeRecordsRequest {
        request_id: office.next(),
        from: mistaken.name.clone(),
        to: right.clone(),
        selection: Some(selection.clone()),
        reason: "再次".to_owned(),
        validate_only: false,
    };
    let nothing = server
        .subjects
        .clone()
        .reattribute_records(request)
        .await
        .expect_err("nothing");
    assert_eq!(
        (nothing.code(), reason(&nothing).as_str()),
        (Code::FailedPrecondition, "SELECTION_EMPTY")
    );
    office.move_records(&right, &mistaken.name, selection).await;
    assert_eq!(
        content(&office.file(&mistaken.name, "", "").await),
        content(&mistaken)
    );
}

#[tokio::test]
async fn a_code_that_is_given_out_again_belongs_to_two_firms_in_time() {
    let server = TestServer::start().await;
    let mut office = Office::of(&server);
    let ended = pb::RegisterRow {
        state: pb::RegisterState::Deregistered.into(),
        deregistered_on: "2020-06-30".to_owned(),
        ..entry(&server, 1, "旧企业")
    };
    let old = office.registered(ended).await;
    let begun = pb::RegisterRow {
        established_on: "2021-01-01".to_owned(),
        ..entry(&server, 1, "新企业")
    };
    let new = office.registered(begun.clone()).await;
    assert_ne!(old, new);
    // Records go to the firm that bore the code on their day.
    let dated = |serial: u32, on: &str| pb::CommitmentRow {
        code: format!("150802{}{serial:06}", on.replace('-', "")),
        made_on: on.to_owned(),
        subject_code: code(&server, 1),
        ..server.row(serial)
    };
    office
        .report(vec![dated(10, "2020-12-31"), dated(11, "2021-01-01")])
        .await;
    assert_eq!(office.file(&old, "", "").await.commitment_count, 1);
    assert_eq!(office.file(&new, "", "").await.commitment_count, 1);
    let on = |on: &str| pb::LookUpSubjectRequest {
        code: Some(LookUp::SocialCreditCode(code(&server, 1))),
        on: on.to_owned(),
        ..Default::default()
    };
    for (day, name) in [
        ("2019-01-01", &old),
        ("2020-12-31", &old),
        ("2021-01-01", &new),
        ("", &new),
    ] {
        let found = server
            .subjects
            .clone()
            .look_up_subject(on(day))
            .await
            .expect("found");
        assert_eq!(found.into_inner().name, *name, "{day}");
    }
    let search = pb::SearchSubjectsRequest {
        query: Some(pb::search_subjects_request::Query::SocialCreditCode(code(
            &server, 1,
        ))),
        ..Default::default()
    };
    let found = server
        .subjects
        .clone()
        .search_subjects(search)
        .await
        .expect("found")
        .into_inner();
    let names: Vec<&str> = found.subjects.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, [old.as_str(), new.as_str()]);
    // The same row again is the same row of the same firm.
    let again = office.register(vec![begun]).await;
    assert_eq!(again.results[0].outcome(), pb::Outcome::Repeated);
    assert_eq!(again.results[0].name, new);
    let codes = office.file(&old, "", "").await.codes;
    assert_eq!((codes.len(), codes[0].until.as_str()), (1, "2020-06-30"));
}

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

#[tokio::test]
async fn a_file_is_the_same_after_a_restart_and_a_rebuild_of_the_tables() {
    let server = TestServer::start().await;
    let mut office = Office::of(&server);
    office.report(vec![server.row(1), server.row(2)]).await;
    let one = office.registered(entry(&server, 1, "甲公司")).await;
    let two = office.registered(entry(&server, 2, "乙公司")).await;
    office.rename(&two, "丁公司", "2024-02-01").await;
    office.merge(&one, &two, "2024-03-01").await;
    let before = office.file(&two, "", "").await;
    let folder = server.stop().await;
    std::fs::remove_dir_all(folder.path().join("tables")).expect("the tables are there");
    let server = TestServer::start_in(folder, &[]).await;
    let after = Office::of(&server).file(&two, "", "").await;
    assert_eq!(after, before);
    drop(server.stop().await);
}
