//! Rule files that are emptied or broken: the start says so, nothing in force changes, the tables are rebuilt
//! without calling a rule, and every settled grade still explains itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use credence::services::pb;

use crate::grades::{Graded, copy};
use crate::harness::TestServer;

/// Sectors of the world below: two of real time, one that is graded by the year.
const SECTORS: [&str; 3] = ["URBAN", "CATERING", "DRUG_DEV"];

/// What is done to the rule files, and how.
type Spoil = (&'static str, fn(&Path));

/// A world whose grades have every cause: facts, a day, a run, a correction, an officer.
async fn settle(server: &TestServer) -> Vec<String> {
    let mut world = Graded::of(server).await;
    let mut names = BTreeSet::new();
    for sector in SECTORS {
        names.extend(world.members(sector, &[1, 2, 3, 4]).await);
    }
    let names: Vec<String> = names.into_iter().collect();
    let (urban, market) = (world.body("CGJ").await, world.body("SCJG").await);
    for (serial, number) in [(2, "城罚〔2024〕1号"), (3, "城罚〔2024〕2号")] {
        let fine = (number, "擅自占用道路经营", "罚款", "2024-05-20");
        world.penalty(&urban, serial, fine).await;
    }
    let decide = pb::DecideGradeRequest {
        request_id: world.office.next(),
        subject: names[3].clone(),
        sector: "sectors/URBAN".to_owned(),
        level: "C".to_owned(),
        until: "2024-07-10".to_owned(),
        reason: "破产重整期间暂缓".to_owned(),
        basis: "国办发〔2025〕22号".to_owned(),
    };
    world.grading.clone().decide_grade(decide).await.expect("decided");
    server.advance_to("2025-06-02").await;
    let late = (
        "药罚〔2024〕9号",
        "未按规定销售处方药",
        "吊销许可证件",
        "2024-12-02",
    );
    world.penalty(&market, 1, late).await;
    let mut grading = world.grading.clone();
    let open = grading
        .list_corrections(pb::ListCorrectionsRequest::default())
        .await;
    let open = open.expect("listed").into_inner().corrections;
    let close = pb::CloseCorrectionRequest {
        request_id: world.office.next(),
        subject: open[0].subject.clone(),
        sector: open[0].sector.clone(),
        confirm: true,
        reason: "迟报属实".to_owned(),
    };
    world
        .grading
        .clone()
        .close_correction(close)
        .await
        .expect("confirmed");
    names
}

/// Every grade ever settled, and its explanation as of its first day and as known when it was settled.
async fn explained(server: &TestServer, names: &[String]) -> Vec<pb::Explanation> {
    let world = Graded::of(server).await;
    let mut all = Vec::new();
    for subject in names {
        for sector in SECTORS {
            let sector = format!("sectors/{sector}");
            let request = pb::ListGradeHistoryRequest {
                subject: subject.clone(),
                sector: sector.clone(),
                ..Default::default()
            };
            let history = world.grading.clone().list_grade_history(request).await;
            for grade in history.expect("listed").into_inner().grades {
                let request = pb::ExplainGradeRequest {
                    subject: subject.clone(),
                    sector: sector.clone(),
                    as_of: grade.from.clone(),
                    known: Some(pb::Known {
                        at: Some(pb::known::At::Revision(grade.revision.clone())),
                    }),
                    ..Default::default()
                };
                let why = world.grading.clone().explain_grade(request).await;
                let why = why.expect("explained").into_inner();
                assert!(why.evidence_agrees, "{why:?}");
                let told = why.grade.as_ref().expect("the grade asked for");
                assert_eq!(told.revision, grade.revision);
                match &why.settled {
                    Some(read) => assert_eq!((&read.level, &read.score), (&told.level, &told.score)),
                    None => assert_eq!(told.cause(), pb::GradeCause::Officer),
                }
                all.push(why);
            }
        }
    }
    all
}

/// What does not depend on the start that answers, nor on the rules of today.
fn lasting(all: Vec<pb::Explanation>) -> Vec<pb::Explanation> {
    all.into_iter()
        .map(|mut why| {
            why.current = None;
            why.text_zh.clear();
            why.text_en.clear();
            if let Some(grade) = &mut why.grade {
                grade.reflects.clear();
            }
            why
        })
        .collect()
}

fn rule_files(policies: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(policies.join("rules")).expect("a folder");
    entries.map(|entry| entry.expect("readable").path()).collect()
}

async fn refused(server: &TestServer) -> Vec<pb::RefusedData> {
    let mut operations = server.operations.clone();
    let info = operations
        .get_server_info(pb::GetServerInfoRequest::default())
        .await;
    info.expect("answered").into_inner().refused_data
}

#[tokio::test]
async fn emptied_and_broken_rule_files_change_nothing_and_every_settled_grade_explains_itself() {
    let server = TestServer::start().await;
    let names = settle(&server).await;
    let told = explained(&server, &names).await;
    let causes: BTreeSet<i32> = told
        .iter()
        .filter_map(|why| Some(why.grade.as_ref()?.cause))
        .collect();
    assert!(
        causes.len() >= 5,
        "facts, a day, a run, a correction, an officer: {causes:?}"
    );
    assert_eq!(refused(&server).await, []);
    let before = server.digests().await;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    let mut folder = server.stop().await;
    let policies = folder.path().join("policies");
    copy(&source, &policies);
    let path = policies.to_str().expect("a path in words").to_owned();
    let breaks: [Spoil; 3] = [
        ("every file is empty", |policies| {
            for file in rule_files(policies) {
                std::fs::write(file, "").expect("written");
            }
        }),
        ("every file is cut in the middle", |policies| {
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/rules");
            for file in rule_files(policies) {
                let whole = std::fs::read(source.join(file.file_name().expect("a name"))).expect("readable");
                std::fs::write(file, &whole[..whole.len() / 2]).expect("written");
            }
        }),
        ("no file is there", |policies| {
            for file in rule_files(policies) {
                std::fs::remove_file(file).expect("removed");
            }
        }),
    ];
    for (what, spoil) in breaks {
        spoil(&policies);
        std::fs::remove_dir_all(folder.path().join("tables")).expect("the tables are there");
        let server = TestServer::start_in(folder, &[("policies", &path)]).await;
        let refused = refused(&server).await;
        let [rules] = refused.as_slice() else {
            panic!("{what}: {refused:?}");
        };
        assert_eq!(rules.kind, "rules", "{what}");
        assert!(rules.mistake_count > 0, "{what}");
        assert!(rules.mistakes[0].starts_with("rules"), "{what}: {rules:?}");
        // A start is a fact that changes no row.
        let after = server.digests().await;
        assert_ne!(after.revision, before.revision, "{what}");
        assert_eq!(after.table_digest, before.table_digest, "{what}");
        assert_eq!(after.content_digest, before.content_digest, "{what}");
        let again = explained(&server, &names).await;
        assert_eq!(lasting(again), lasting(told.clone()), "{what}");
        folder = server.stop().await;
    }
    // Rules that differ are adopted, and what was settled before is explained by those of then.
    for file in rule_files(&source) {
        let name = file.file_name().expect("a name");
        let text = std::fs::read_to_string(&file).expect("readable");
        let changed = text.replacen("title_en = \"", "title_en = \"Changed: ", 1);
        assert_ne!(changed, text, "{name:?}");
        std::fs::write(policies.join("rules").join(name), changed).expect("written");
    }
    std::fs::remove_dir_all(folder.path().join("tables")).expect("the tables are there");
    let server = TestServer::start_in(folder, &[("policies", &path)]).await;
    assert_eq!(refused(&server).await, []);
    let again = explained(&server, &names).await;
    assert_eq!(lasting(again), lasting(told));
}
