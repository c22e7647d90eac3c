//! Grades: one company through two years, as a reader can follow it; a run and its correction; the turn of
//! days; what an officer decides. Told by the answers of the service alone.

use credence::services::pb;
use credence::services::pb::grading_service_client::GradingServiceClient;
use tonic::Code;
use tonic::transport::Channel;

use crate::harness::{TestServer, reason};
use crate::office::{Office, entry};

/// The service beside its grading client and the office's register.
pub struct Graded<'a> {
    pub server: &'a TestServer,
    pub office: Office<'a>,
    pub grading: GradingServiceClient<Channel>,
}

impl<'a> Graded<'a> {
    pub async fn of(server: &'a TestServer) -> Self {
        let channel = Channel::from_shared(format!("http://{}", server.address)).expect("an address");
        let channel = channel.connect().await.expect("the service listens");
        Self {
            server,
            office: Office::of(server),
            grading: GradingServiceClient::new(channel),
        }
    }

    pub async fn body(&self, code: &str) -> pb::Body {
        let request = pb::GetBodyRequest {
            name: format!("bodies/{code}"),
            ..Default::default()
        };
        let answer = self.server.catalog.clone().get_body(request).await;
        answer.expect("in the catalogue").into_inner()
    }

    /// Registers organisations with memberships in a sector from 2022-01-01 on; returns their names.
    pub async fn members(&mut self, sector: &str, serials: &[u32]) -> Vec<String> {
        let mut names = Vec::new();
        let mut rows = Vec::new();
        for serial in serials {
            let title = format!("测试企业{serial}");
            names.push(self.office.registered(entry(self.server, *serial, &title)).await);
            rows.push(pb::MembershipRow {
                subject_name: title,
                subject_kind: pb::SubjectKind::Organisation.into(),
                subject_code: self.server.row(*serial).subject_code,
                sector: sector.to_owned(),
                from: "2022-01-01".to_owned(),
                evidence: "名录".to_owned(),
                ..Default::default()
            });
        }
        let request = pb::RecordMembershipsRequest {
            request_id: self.office.next(),
            rows,
            validate_only: false,
        };
        let answer = self.server.subjects.clone().record_memberships(request).await;
        assert_eq!(
            answer.expect("taken up").into_inner().created_count as usize,
            serials.len()
        );
        names
    }

    /// Records a penalty by the general procedure; returns its name.
    pub async fn penalty(&mut self, body: &pb::Body, serial: u32, what: (&str, &str, &str, &str)) -> String {
        let (number, matter, kind, decided_on) = what;
        let party = self.server.row(serial);
        let fine = if kind == "罚款" { "0.2" } else { "" };
        let taken = if kind.contains("吊销") {
            "许可证 甲字1号"
        } else {
            ""
        };
        let items = [
            ("CF_XDR_MC", party.subject_name.as_str()),
            ("CF_XDR_LB", "法人及非法人组织"),
            ("CF_XDR_SHXYM", &party.subject_code),
            ("CF_FRDB", "王测试"),
            ("CF_WSH", number),
            ("CF_WFXW", matter),
            ("CF_SY", "经查，该单位有上述行为。"),
            ("CF_YJ", "依据有关规定"),
            ("CF_CFLB", kind),
            ("CF_NR", kind),
            ("CF_NR_FK", fine),
            ("CF_NR_ZKDX", taken),
            ("CF_JDRQ", decided_on),
            ("CF_YXQ", "2099-12-31"),
            ("CF_CFJG", &body.title_chinese),
            ("CF_CFJGDM", &body.social_credit_code),
            ("CF_SJLY", &body.title_chinese),
            ("CF_SJLYDM", &body.social_credit_code),
            ("CF_AJCXLB", "一般"),
        ];
        let item = |(code, text): (&str, &str)| pb::RecordItem {
            code: code.to_owned(),
            text: text.to_owned(),
        };
        let filled = items.into_iter().filter(|(_, text)| !text.is_empty());
        let row = pb::RecordRow {
            layout: "PENALTY_V2".to_owned(),
            items: filled.map(item).collect(),
            source: None,
        };
        let request = pb::RecordRecordsRequest {
            request_id: self.office.next(),
            rows: vec![row],
            ..Default::default()
        };
        let answer = self.server.records.clone().record_records(request).await;
        let mut result = answer.expect("taken up").into_inner();
        assert_eq!(result.refused_count, 0, "{:?}", result.results);
        result.results.swap_remove(0).name
    }

    pub async fn end(&mut self, record: &str, on: &str) {
        let request = pb::EndRecordRequest {
            request_id: self.office.next(),
            name: record.to_owned(),
            end: pb::RecordEnd::Withdrawn.into(),
            on: on.to_owned(),
            reason: "复议撤销".to_owned(),
            ..Default::default()
        };
        self.server
            .records
            .clone()
            .end_record(request)
            .await
            .expect("ended");
    }

    pub async fn ask(
        &self,
        pair: (&str, &str),
        as_of: &str,
        known: &str,
    ) -> Result<pb::Grade, tonic::Status> {
        let known = (!known.is_empty()).then(|| pb::Known {
            at: Some(pb::known::At::Revision(known.to_owned())),
        });
        let request = pb::GetGradeRequest {
            subject: pair.0.to_owned(),
            sector: format!("sectors/{}", pair.1),
            as_of: as_of.to_owned(),
            known,
            ..Default::default()
        };
        self.grading
            .clone()
            .get_grade(request)
            .await
            .map(tonic::Response::into_inner)
    }

    pub async fn grade(&self, pair: (&str, &str), as_of: &str, known: &str) -> pb::Grade {
        self.ask(pair, as_of, known).await.expect("a grade stands")
    }

    pub async fn level(&self, pair: (&str, &str), as_of: &str, known: &str) -> String {
        self.grade(pair, as_of, known).await.level
    }

    pub async fn explain(&self, pair: (&str, &str), as_of: &str) -> pb::Explanation {
        let request = pb::ExplainGradeRequest {
            subject: pair.0.to_owned(),
            sector: format!("sectors/{}", pair.1),
            as_of: as_of.to_owned(),
            ..Default::default()
        };
        let answer = self.grading.clone().explain_grade(request).await;
        answer.expect("explained").into_inner()
    }

    /// First day, level and cause of every grade settled for a pair.
    pub async fn history(&self, pair: (&str, &str)) -> Vec<(String, String, pb::GradeCause)> {
        let request = pb::ListGradeHistoryRequest {
            subject: pair.0.to_owned(),
            sector: format!("sectors/{}", pair.1),
            ..Default::default()
        };
        let answer = self.grading.clone().list_grade_history(request).await;
        let grades = answer.expect("listed").into_inner().grades;
        let told = |grade: pb::Grade| {
            let cause = grade.cause();
            (grade.from, grade.level, cause)
        };
        grades.into_iter().map(told).collect()
    }
}

#[tokio::test]
async fn one_company_through_a_year_is_told_as_of_days_and_revisions() {
    let server = TestServer::start().await;
    let mut world = Graded::of(&server).await;
    let names = world.members("URBAN", &[1, 2]).await;
    let (company, other) = (names[0].as_str(), names[1].as_str());
    let pair = (company, "URBAN");
    let urban = world.body("CGJ").await;
    // With the membership came the first grade.
    let first = world.grade(pair, "", "").await;
    assert_eq!(
        (first.level.as_str(), first.score.as_str(), first.cause()),
        ("A", "100", pb::GradeCause::Fact)
    );
    // A fine of May is reported in June: from today on the grade is B, and as of yesterday there was none.
    let fine = ("城罚〔2024〕1号", "擅自占用道路经营", "罚款", "2024-05-20");
    world.penalty(&urban, 1, fine).await;
    let fined = world.grade(pair, "", "").await;
    assert_eq!((fined.level.as_str(), fined.score.as_str()), ("B", "86"));
    assert_eq!(
        reason(&world.ask(pair, "2024-06-02", "").await.expect_err("none yet")),
        "GRADE_UNKNOWN"
    );
    // What was told before the fine came is still told for that revision.
    assert_eq!(world.level(pair, "", &first.revision).await, "A");
    // A revoked licence brings it down; its annulment brings it back, and leaves its trace.
    server.advance_to("2024-07-01").await;
    let revoked = (
        "城罚〔2024〕2号",
        "擅自设置户外广告",
        "吊销许可证件",
        "2024-06-25",
    );
    let annulled = world.penalty(&urban, 1, revoked).await;
    let down = world.grade(pair, "", "").await;
    assert_eq!((down.level.as_str(), down.score.as_str()), ("D", "41"));
    server.advance_to("2024-08-01").await;
    world.end(&annulled, "2024-07-30").await;
    assert_eq!(world.level(pair, "", "").await, "B");
    assert_eq!(world.level(pair, "2024-07-31", "").await, "D");
    assert_eq!(world.level(pair, "2024-07-31", &fined.revision).await, "B");
    // Why it was D in July is explained by the rules and facts of that day, though the penalty is gone since.
    let why = world.explain(pair, "2024-07-15").await;
    assert!(why.evidence_agrees);
    let settled = why.settled.expect("by rules");
    let points: Vec<(&str, &str)> = settled
        .steps
        .iter()
        .filter(|step| step.kind == "indicator")
        .map(|step| (step.code.as_str(), step.points.as_str()))
        .collect();
    assert_eq!((points, settled.score.as_str()), (vec![("PENALTY", "-59")], "41"));
    assert_eq!(settled.facts.iter().filter(|fact| fact.in_sector).count(), 2);
    assert!(settled.facts.iter().any(|fact| fact.record == annulled));
    assert!(
        why.text_zh
            .iter()
            .any(|text| text.contains("D") && text.contains("41")),
        "{:?}",
        why.text_zh
    );
    assert!(
        why.text_zh
            .iter()
            .any(|text| text.contains("行政处罚（吊销许可证）")),
        "{:?}",
        why.text_zh
    );
    assert!(
        why.text_en.iter().any(|text| text.contains("would be")),
        "{:?}",
        why.text_en
    );
    // By what is known now it should have been B.
    assert_eq!(why.current.expect("rules stand").level, "B");
    // The fine bore a wrong code: it is the other company's, and both are graded anew.
    let all = pb::RecordSelection {
        from: "2024-01-01".to_owned(),
        ..Default::default()
    };
    let moved = world.office.move_records(company, other, all).await;
    assert!(moved.moved_count >= 1, "{moved:?}");
    assert_eq!(world.level(pair, "", "").await, "A");
    assert_eq!(world.level((other, "URBAN"), "", "").await, "B");
    // Time does the rest: a year after its decision the fine leaves the window.
    server.advance_to("2025-06-02").await;
    assert_eq!(world.level((other, "URBAN"), "2025-05-19", "").await, "B");
    let free = world.grade((other, "URBAN"), "2025-05-20", "").await;
    assert_eq!(
        (free.level.as_str(), free.from.as_str(), free.cause()),
        ("A", "2025-05-20", pb::GradeCause::Day)
    );
    let told = world.history(pair).await;
    let told: Vec<(&str, &str)> = told.iter().map(|(from, level, _)| (&**from, &**level)).collect();
    let expected = [
        ("2024-06-03", "A"),
        ("2024-06-03", "B"),
        ("2024-07-01", "D"),
        ("2024-08-01", "B"),
        ("2024-08-01", "A"),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_late_fact_about_a_closed_year_raises_a_correction_and_rewrites_nothing() {
    let server = TestServer::start().await;
    let mut world = Graded::of(&server).await;
    let names = world.members("DRUG_DEV", &[1, 2]).await;
    let pair = (names[0].as_str(), "DRUG_DEV");
    let market = world.body("SCJG").await;
    // Between runs nothing is settled; what the rules say is provisional and says so.
    assert_eq!(
        reason(&world.ask(pair, "", "").await.expect_err("no run yet")),
        "GRADE_UNKNOWN"
    );
    let request = pb::AssessGradeRequest {
        subject: names[0].clone(),
        sector: "sectors/DRUG_DEV".to_owned(),
        ..Default::default()
    };
    let now = world
        .grading
        .clone()
        .assess_grade(request)
        .await
        .expect("assessed")
        .into_inner();
    assert!(now.provisional);
    assert_eq!((now.level.as_str(), now.score.as_str()), ("A", "10"));
    // The run of 2024 comes by itself on its result day.
    server.advance_to("2025-04-29").await;
    assert_eq!(
        reason(&world.ask(pair, "", "").await.expect_err("a day early")),
        "GRADE_UNKNOWN"
    );
    server.advance_to("2025-05-06").await;
    let settled = world.grade(pair, "", "").await;
    assert_eq!(
        (settled.level.as_str(), settled.cause()),
        ("A", pb::GradeCause::Run)
    );
    assert_eq!(
        (settled.period_first.as_str(), settled.period_last.as_str()),
        ("2024-01-01", "2024-12-31")
    );
    let runs = pb::ListRunsRequest {
        sector: "sectors/DRUG_DEV".to_owned(),
        ..Default::default()
    };
    let runs = world
        .grading
        .clone()
        .list_runs(runs)
        .await
        .expect("listed")
        .into_inner()
        .runs;
    assert_eq!((runs.len(), runs[0].cohort, runs[0].settled), (1, 2, true));
    // A penalty of December turns up in May.
    let late = (
        "药罚〔2024〕9号",
        "未按规定销售处方药",
        "吊销许可证件",
        "2024-12-02",
    );
    let record = world.penalty(&market, 1, late).await;
    let stands = world.grade(pair, "", "").await;
    assert_eq!((stands.level.as_str(), stands.correction_open), ("A", true));
    let open = pb::ListCorrectionsRequest::default();
    let open = world
        .grading
        .clone()
        .list_corrections(open)
        .await
        .expect("listed")
        .into_inner();
    assert_eq!(open.corrections.len(), 1);
    assert_eq!(open.corrections[0].level, "D");
    // Were it withdrawn again, the correction would lapse; recorded anew it is raised again and confirmed.
    world.end(&record, "2025-05-06").await;
    assert!(!world.grade(pair, "", "").await.correction_open);
    let again = (
        "药罚〔2024〕10号",
        "未按规定销售处方药",
        "吊销许可证件",
        "2024-12-02",
    );
    world.penalty(&market, 1, again).await;
    let close = pb::CloseCorrectionRequest {
        request_id: world.office.next(),
        subject: names[0].clone(),
        sector: "sectors/DRUG_DEV".to_owned(),
        confirm: true,
        reason: "迟报属实".to_owned(),
    };
    let corrected = world.grading.clone().close_correction(close.clone()).await;
    let corrected = corrected.expect("confirmed").into_inner();
    assert_eq!(
        (corrected.level.as_str(), corrected.cause()),
        ("D", pb::GradeCause::Correction)
    );
    assert_eq!(corrected.from, "2025-05-06");
    assert_eq!(world.level(pair, "2025-05-05", "").await, "A");
    let why = world.explain(pair, "").await;
    assert!(why.evidence_agrees, "{why:?}");
    assert_eq!(why.settled.expect("by rules").level, "D");
    // The same call again is the same answer; another one finds nothing open.
    let replayed = world.grading.clone().close_correction(close.clone()).await;
    assert_eq!(
        replayed.expect("replayed").into_inner().revision,
        corrected.revision
    );
    let close = pb::CloseCorrectionRequest {
        request_id: world.office.next(),
        ..close
    };
    let nothing = world
        .grading
        .clone()
        .close_correction(close)
        .await
        .expect_err("closed");
    assert_eq!(
        (nothing.code(), reason(&nothing).as_str()),
        (Code::NotFound, "CORRECTION_UNKNOWN")
    );
}

#[tokio::test]
async fn an_officers_decision_holds_to_its_end_and_objections_are_answered() {
    let server = TestServer::start().await;
    let mut world = Graded::of(&server).await;
    let names = world.members("URBAN", &[1]).await;
    let pair = (names[0].as_str(), "URBAN");
    let sector = "sectors/URBAN".to_owned();
    let decide = pb::DecideGradeRequest {
        request_id: world.office.next(),
        subject: names[0].clone(),
        sector: sector.clone(),
        level: "E".to_owned(),
        until: "2024-07-10".to_owned(),
        reason: "破产重整期间暂缓".to_owned(),
        basis: "国办发〔2025〕22号".to_owned(),
    };
    let wrong = world
        .grading
        .clone()
        .decide_grade(decide.clone())
        .await
        .expect_err("no such level");
    assert_eq!(reason(&wrong), "MALFORMED_VALUE");
    let decide = pb::DecideGradeRequest {
        request_id: world.office.next(),
        level: "C".to_owned(),
        ..decide
    };
    let decided = world
        .grading
        .clone()
        .decide_grade(decide)
        .await
        .expect("decided")
        .into_inner();
    assert_eq!(
        (decided.level.as_str(), decided.cause()),
        ("C", pb::GradeCause::Officer)
    );
    // What comes meanwhile does not touch it; behind its end the rules have the word again.
    let urban = world.body("CGJ").await;
    world
        .penalty(
            &urban,
            1,
            ("城罚〔2024〕3号", "擅自占用道路经营", "罚款", "2024-05-20"),
        )
        .await;
    assert_eq!(world.level(pair, "", "").await, "C");
    server.advance_to("2024-08-01").await;
    assert_eq!(world.level(pair, "2024-07-10", "").await, "C");
    let back = world.grade(pair, "2024-07-11", "").await;
    assert_eq!((back.level.as_str(), back.from.as_str()), ("B", "2024-07-11"));
    let object = pb::FileObjectionRequest {
        request_id: world.office.next(),
        subject: names[0].clone(),
        sector,
        text: "该处罚不属于本公司".to_owned(),
    };
    let filed = world
        .grading
        .clone()
        .file_objection(object)
        .await
        .expect("filed")
        .into_inner();
    assert_eq!(
        (filed.filed_on.as_str(), filed.answer_by.as_str()),
        ("2024-08-01", "2024-08-12")
    );
    assert!(world.grade(pair, "", "").await.objected);
    let answer = pb::AnswerObjectionRequest {
        request_id: world.office.next(),
        name: filed.name.clone(),
        uphold: false,
        text: "经核实处罚属实".to_owned(),
    };
    world
        .grading
        .clone()
        .answer_objection(answer.clone())
        .await
        .expect("answered");
    let twice = pb::AnswerObjectionRequest {
        request_id: world.office.next(),
        ..answer
    };
    let nothing = world
        .grading
        .clone()
        .answer_objection(twice)
        .await
        .expect_err("answered");
    assert_eq!(reason(&nothing), "OBJECTION_UNKNOWN");
    assert!(!world.grade(pair, "", "").await.objected);
}

#[tokio::test]
async fn grades_survive_a_rebuild_without_any_rule_and_explain_themselves() {
    let server = TestServer::start().await;
    let mut world = Graded::of(&server).await;
    let names = world.members("URBAN", &[1, 2, 3]).await;
    let urban = world.body("CGJ").await;
    world
        .penalty(
            &urban,
            2,
            ("城罚〔2024〕4号", "擅自占用道路经营", "罚款", "2024-05-20"),
        )
        .await;
    server.advance_to("2024-07-01").await;
    let digests = |server: &TestServer| {
        let mut operations = server.operations.clone();
        async move {
            let answer = operations.get_digests(pb::GetDigestsRequest::default()).await;
            answer.expect("answered").into_inner()
        }
    };
    let before = digests(&server).await;
    let told = world.history((&names[1], "URBAN")).await;
    drop(world);
    let folder = server.stop().await;
    std::fs::remove_dir_all(folder.path().join("tables")).expect("the tables are there");
    // A rule set of a sector with members is broken: what was adopted stays in force.
    let policies = folder.path().join("policies");
    copy(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies"),
        &policies,
    );
    std::fs::write(policies.join("rules/URBAN.toml"), "sector = ").expect("written");
    let policies = policies.to_str().expect("a path in words").to_owned();
    let server = TestServer::start_in(folder, &[("policies", &policies)]).await;
    let after = digests(&server).await;
    assert_eq!(after.content_digest, before.content_digest);
    let world = Graded::of(&server).await;
    assert_eq!(world.history((&names[1], "URBAN")).await, told);
    let why = world.explain((&names[1], "URBAN"), "2024-06-30").await;
    assert!(why.evidence_agrees);
    assert_eq!(why.grade.expect("stands").level, "B");
}

/// Copies a folder with what is in it.
pub fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("readable");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("known").is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}
