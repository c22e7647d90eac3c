//! What a credit office does with subjects, for the tests that tell of it.

use credence::services::pb;
use credence::services::pb::look_up_subject_request::Code as LookUp;

use crate::harness::{TestServer, request_id};

/// The unified code of the organisation of a serial number.
pub fn code(server: &TestServer, serial: u32) -> String {
    server.row(serial).subject_code
}

/// A row of the register for the organisation of a serial number.
pub fn entry(server: &TestServer, serial: u32, name: &str) -> pb::RegisterRow {
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
pub struct Office<'a> {
    server: &'a TestServer,
    requests: u32,
}

impl<'a> Office<'a> {
    pub fn of(server: &'a TestServer) -> Self {
        Self {
            server,
            requests: 1_000,
        }
    }

    pub fn next(&mut self) -> String {
        self.requests += 1;
        request_id(self.requests)
    }

    pub async fn register(&mut self, rows: Vec<pb::RegisterRow>) -> pb::RegisterBatchResult {
        let request = pb::RegisterSubjectsRequest {
            request_id: self.next(),
            rows,
            validate_only: false,
        };
        let answer = self.server.subjects.clone().register_subjects(request).await;
        answer.expect("the batch is taken up").into_inner()
    }

    /// Registers one subject and returns its name.
    pub async fn registered(&mut self, row: pb::RegisterRow) -> String {
        let result = self.register(vec![row]).await;
        assert_ne!(result.results[0].name, "", "{:?}", result.results[0].findings);
        result.results[0].name.clone()
    }

    pub async fn report(&mut self, rows: Vec<pb::CommitmentRow>) -> pb::CommitmentBatchResult {
        self.requests += 1;
        let result = self.server.record(self.requests, rows).await.expect("taken up");
        assert_eq!(result.refused_count, 0, "{:?}", result.results);
        result
    }

    pub async fn rename(&mut self, name: &str, title: &str, from: &str) -> pb::Subject {
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

    pub async fn merge(&mut self, from: &str, into: &str, on: &str) -> pb::Subject {
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

    pub async fn undo_merge(&mut self, from: &str) -> pb::Subject {
        let request = pb::UndoMergeRequest {
            request_id: self.next(),
            from: from.to_owned(),
            reason: "登记有误".to_owned(),
        };
        let answer = self.server.subjects.clone().undo_merge(request).await;
        answer.expect("undone").into_inner()
    }

    pub async fn move_records(
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

    pub async fn deregister(&mut self, name: &str, on: &str) -> pb::Subject {
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
    pub async fn file(&self, name: &str, as_of: &str, known: &str) -> pb::Subject {
        let request = pb::GetSubjectRequest {
            name: name.to_owned(),
            as_of: as_of.to_owned(),
            known: known.to_owned(),
            ..Default::default()
        };
        let answer = self.server.subjects.clone().get_subject(request).await;
        answer.expect("known").into_inner()
    }

    pub async fn look_up(&self, code: &str) -> pb::Subject {
        let request = pb::LookUpSubjectRequest {
            code: Some(LookUp::SocialCreditCode(code.to_owned())),
            ..Default::default()
        };
        let answer = self.server.subjects.clone().look_up_subject(request).await;
        answer.expect("found").into_inner()
    }
}

/// Names of a file with first and last day.
pub fn titles(file: &pb::Subject) -> Vec<(&str, &str, &str)> {
    file.titles
        .iter()
        .map(|one| (one.title.as_str(), one.from.as_str(), one.until.as_str()))
        .collect()
}

/// What a file says, apart from the revisions of its last change and of its page.
pub fn content(file: &pb::Subject) -> pb::Subject {
    pb::Subject {
        revision: String::new(),
        next_page_token: String::new(),
        ..file.clone()
    }
}

pub fn records(file: &pb::Subject) -> Vec<&str> {
    file.entries.iter().map(|entry| entry.record.as_str()).collect()
}
