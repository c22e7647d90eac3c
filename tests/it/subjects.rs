//! Subjects: the register, names and codes in time, mergers, moves, and the file by one call.
//!
//! Read first: [`a_firms_life_from_its_first_report_to_its_last_day`], a story from top to bottom.

use credence::services::pb;
use credence::services::pb::look_up_subject_request::Code as LookUp;
use tonic::Code;

use crate::harness::{TestServer, reason, request_id};
use crate::office::{Office, code, content, entry, records, titles};
use crate::timeliness::penalty;

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

#[tokio::test]
async fn subjects_are_counted_by_kind_and_by_how_they_stand() {
    let server = TestServer::start().await;
    let mut office = Office::of(&server);
    let (person, _) = server.person_row(9);
    office.report(vec![server.row(1), server.row(4), person]).await;
    let one = office.registered(entry(&server, 1, "测试企业1")).await;
    let other = office.registered(entry(&server, 2, "测试企业2")).await;
    let ended = office.registered(entry(&server, 3, "测试企业3")).await;
    office.merge(&other, &one, "2024-04-01").await;
    office.deregister(&ended, "2024-04-01").await;
    let mut client = server.subjects.clone();
    let answer = client.count_subjects(pb::CountSubjectsRequest::default()).await;
    let answer = answer.unwrap().into_inner();
    let counts: Vec<_> = answer
        .counts
        .iter()
        .map(|one| (one.kind(), one.state(), one.count))
        .collect();
    use pb::SubjectKind::{Organisation, Person};
    use pb::SubjectState::{Deregistered, Merged, Provisional, Registered};
    assert_eq!(
        counts,
        [
            (Organisation, Provisional, 1),
            (Organisation, Registered, 1),
            (Organisation, Deregistered, 1),
            (Organisation, Merged, 1),
            (Person, Provisional, 1),
        ]
    );
    assert_eq!(answer.total, 5);
}

#[tokio::test]
async fn a_subjects_file_tells_the_four_ends_apart() {
    use pb::RecordEnd::{Deleted, Expired, Repaired, Unspecified, Withdrawn};
    let server = TestServer::start().await;
    // Five decisions against one firm.
    let rows = (1..=5).map(|serial| {
        let mut row = penalty(&server, serial, "2024-05-20");
        let code = row.items.iter_mut().find(|item| item.code == "CF_XDR_SHXYM");
        code.expect("there").text = server.row(1).subject_code;
        row
    });
    let request = pb::RecordRecordsRequest {
        request_id: request_id(1),
        rows: rows.collect(),
        ..Default::default()
    };
    let recorded = server.records.clone().record_records(request).await;
    let names: Vec<String> = recorded
        .expect("recorded")
        .into_inner()
        .results
        .into_iter()
        .map(|result| result.name)
        .collect();
    let end = async |request: u32, at: usize, end: pb::RecordEnd| {
        let request = pb::EndRecordRequest {
            request_id: request_id(request),
            name: names[at].clone(),
            end: end.into(),
            on: "2024-06-01".to_owned(),
            reason: "依职权".to_owned(),
            ..Default::default()
        };
        let ended = server.records.clone().end_record(request).await;
        ended.expect("ended").into_inner()
    };
    end(2, 1, Withdrawn).await;
    end(3, 2, Deleted).await;
    end(4, 3, Repaired).await;
    let before = end(5, 4, Expired).await;
    let subject = before.subject.clone();
    let known = server.head().await.revision;
    // What ran out is repaired after all: the file as it was known before says that it ran out.
    end(6, 4, Repaired).await;

    for (known, ends, counts) in [
        (
            known,
            [Unspecified, Withdrawn, Deleted, Repaired, Expired],
            [1, 1, 1, 1, 1],
        ),
        (
            String::new(),
            [Unspecified, Withdrawn, Deleted, Repaired, Repaired],
            [1, 1, 1, 2, 0],
        ),
    ] {
        let get = pb::GetSubjectRequest {
            name: subject.clone(),
            known,
            ..Default::default()
        };
        let file = server.subjects.clone().get_subject(get).await;
        let file = file.expect("known").into_inner();
        let told = |name: &String| {
            let entry = file.entries.iter().find(|entry| entry.record == *name);
            let entry = entry.expect("in the file");
            assert_eq!(entry.ended, entry.end() != Unspecified);
            entry.end()
        };
        assert_eq!(names.iter().map(told).collect::<Vec<_>>(), ends);
        let told = [
            file.record_count,
            file.record_withdrawn_count,
            file.record_deleted_count,
            file.repaired_count,
            file.expired_count,
        ];
        assert_eq!(told, counts);
    }
}
