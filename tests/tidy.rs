//! Rules about this tree, checked on every file; and each rule is shown to find what it looks for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

#[path = "tidy/rules.rs"]
mod rules;

use rules::{LINES_MAX, Source};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What git keeps or would keep, Google's protos and binary files aside.
fn tracked() -> Vec<(String, String)> {
    let listing = Command::new("git")
        .args([
            "-C",
            ROOT,
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .output()
        .expect("git lists the files of the tree");
    assert!(
        listing.status.success(),
        "git: {}",
        String::from_utf8_lossy(&listing.stderr)
    );
    let names = String::from_utf8(listing.stdout).expect("names of files are UTF-8");
    let ours = names.lines().filter(|path| !path.starts_with("third_party/"));
    let texts = ours.filter_map(|path| {
        Some((
            path.to_owned(),
            fs::read_to_string(Path::new(ROOT).join(path)).ok()?,
        ))
    });
    texts.collect()
}

fn names_in(folder: &str) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(Path::new(ROOT).join(folder)) else {
        return BTreeSet::new();
    };
    let names = entries.map(|entry| entry.expect("the folder can be read").file_name());
    names
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.ends_with(".md"))
        .collect()
}

/// Applies a rule to the files it is about.
#[track_caller]
fn check(rule: fn(&Source) -> Vec<String>, about: impl Fn(&str) -> bool) {
    let files: Vec<_> = tracked().into_iter().filter(|(path, _)| about(path)).collect();
    assert!(!files.is_empty(), "a rule that looks at no file checks nothing");
    let complaints: Vec<String> = files
        .iter()
        .flat_map(|(path, text)| rule(&Source { path, text }))
        .collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

fn is_code(path: &str) -> bool {
    path.ends_with(".rs")
}

/// Shows that a rule complains about one text and not about another in the same place.
#[track_caller]
fn tells_apart(rule: fn(&Source) -> Vec<String>, path: &str, bad: &str, good: &str) {
    assert_ne!(
        rule(&Source { path, text: bad }),
        Vec::<String>::new(),
        "this must be found:\n{bad}"
    );
    assert_eq!(
        rule(&Source { path, text: good }),
        Vec::<String>::new(),
        "this must pass:\n{good}"
    );
}

#[test]
fn arrows_between_modules_point_one_way() {
    check(rules::arrows, |path| path.starts_with("src/") && is_code(path));
}

#[test]
fn a_wrong_arrow_is_found() {
    let rule = rules::arrows;
    tells_apart(
        rule,
        "src/domain/x.rs",
        "use crate::store::View;",
        "use crate::domain::x::Y;",
    );
    tells_apart(
        rule,
        "src/ledger/mod.rs",
        "use crate::{domain::a, recorder::B};",
        "use crate::{\n domain::{a, b},\n};",
    );
    tells_apart(
        rule,
        "src/ingest/mod.rs",
        "fn f() { crate::recorder::g() }",
        "// crate::recorder is above us",
    );
    tells_apart(
        rule,
        "src/services/x.rs",
        "use crate::commands::X;",
        "use crate::recorder::X;",
    );
    let test_code = "#[cfg(test)]\nmod tests {\n use crate::testkit::X;\n}";
    tells_apart(rule, "src/store/x.rs", "use crate::testkit::X;", test_code);
    assert_eq!(
        rule(&Source {
            path: "src/store/x_tests.rs",
            text: "use crate::testkit::X;"
        }),
        Vec::<String>::new()
    );
    tells_apart(
        rule,
        "src/recorder.rs",
        "use crate::services::X;",
        "use crate::ledger::X;",
    );
    assert!(
        rules::arrows(&Source {
            path: "src/news.rs",
            text: ""
        })[0]
            .contains("no row")
    );
}

#[test]
fn verbs_see_a_view_and_never_a_store() {
    check(rules::adapters, |path| path.starts_with("src/") && is_code(path));
}

#[test]
fn a_verb_that_knows_an_adapter_is_found() {
    tells_apart(
        rules::adapters,
        "src/ingest/x.rs",
        "use crate::store::on_disk::OnDisk;",
        "use crate::store::View;",
    );
    tells_apart(
        rules::adapters,
        "src/services/x.rs",
        "InMemory::new()",
        "dyn View",
    );
}

#[test]
fn names_stand_only_in_their_place() {
    check(rules::places, |path| path.starts_with("src/") && is_code(path));
}

#[test]
fn a_name_out_of_place_is_found() {
    let rule = rules::places;
    tells_apart(
        rule,
        "src/store/mod.rs",
        "fn f(db: &sled::Db) {}",
        "// sled::Db is hidden",
    );
    tells_apart(
        rule,
        "src/recorder.rs",
        "use std::time::SystemTime;",
        "use std::time::Duration;",
    );
    tells_apart(
        rule,
        "src/recorder.rs",
        "let t = std::time::Instant::now();",
        "let t = clock.now();",
    );
    tells_apart(
        rule,
        "src/server.rs",
        "use std::time::{Duration, Instant};",
        "use tokio::time::{Duration, Instant};",
    );
    tells_apart(
        rule,
        "src/clock.rs",
        "std::env::var(\"X\")",
        "use std::time::{Instant, SystemTime};",
    );
    assert_eq!(
        rule(&Source {
            path: "src/config.rs",
            text: "std::env::vars_os()"
        }),
        Vec::<String>::new()
    );
}

#[test]
fn generated_types_stop_at_services() {
    check(rules::generated_types, |path| {
        path.starts_with("src/") && is_code(path)
    });
}

#[test]
fn a_generated_type_in_a_verb_is_found() {
    let rule = rules::generated_types;
    tells_apart(
        rule,
        "src/ingest/x.rs",
        "use crate::services::pb::Commitment;",
        "use crate::domain::commitment::Commitment;",
    );
    tells_apart(
        rule,
        "src/recorder.rs",
        "fn f() -> tonic::Status {}",
        "fn f() -> Refused {}",
    );
    tells_apart(rule, "src/domain/x.rs", "pb::Row", "webpb::Row");
}

#[test]
fn files_stay_readable() {
    check(rules::length, is_code);
}

#[test]
fn a_file_that_is_too_long_is_found() {
    tells_apart(
        rules::length,
        "src/x.rs",
        &"\n".repeat(LINES_MAX + 1),
        &"\n".repeat(LINES_MAX),
    );
}

#[test]
fn nothing_is_left_unfinished_or_switched_off() {
    check(rules::unfinished, is_code);
}

#[test]
fn unfinished_work_is_found() {
    for (one, other) in [
        ("todo", "!()"),
        ("unimplemented", "!()"),
        ("#[ig", "nore]"),
        ("#[should", "_panic]"),
        ("dbg", "!(x)"),
    ] {
        tells_apart(
            rules::unfinished,
            "src/x.rs",
            &format!("{one}{other}"),
            &format!("// {one}{other}"),
        );
    }
}

#[test]
fn no_file_speaks_of_one_machine() {
    check(rules::machine, |path| path != "Cargo.lock");
}

#[test]
fn a_path_of_one_machine_is_found() {
    for (one, other) in [
        ("/ro", "ot/x"),
        ("/wo", "rk/x"),
        ("\"/ho", "me/x\""),
        ("cd /t", "mp/x"),
        ("https://py", "pi.org/simple"),
    ] {
        tells_apart(
            rules::machine,
            "docs/x.md",
            &format!("{one}{other}"),
            "see docs/framework and src/temp.rs",
        );
    }
}

#[test]
fn every_reason_has_its_page() {
    let proto = fs::read_to_string(Path::new(ROOT).join("proto/credit/supervision/v1/error_reason.proto"));
    let pages = names_in("docs/errors")
        .iter()
        .filter_map(|name| Some(name.strip_suffix(".md")?.to_owned()))
        .collect();
    let complaints = rules::error_pages(&proto.expect("the reasons are part of the contract"), &pages);
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn a_reason_without_page_and_a_page_without_reason_are_found() {
    let proto = "enum ErrorReason {\n  ERROR_REASON_UNSPECIFIED = 0;\n  ERROR_REASON_ONE = 1;\n  ERROR_REASON_TWO = 2;\n}";
    let pages = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(
        rules::error_pages(proto, &pages(&["ONE", "TWO"])),
        Vec::<String>::new()
    );
    assert_eq!(
        rules::error_pages(proto, &pages(&["ONE"])),
        ["docs/errors/TWO.md is missing"]
    );
    assert_eq!(
        rules::error_pages(proto, &pages(&["ONE", "TWO", "X"])),
        ["docs/errors/X.md explains no reason"]
    );
}

#[test]
fn every_decision_record_is_listed() {
    let architecture = fs::read_to_string(Path::new(ROOT).join("docs/ARCHITECTURE.md"));
    let complaints = rules::decisions_listed(&architecture.expect("the page exists"), &names_in("docs/adr"));
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn an_unlisted_decision_record_is_found() {
    let records: BTreeSet<String> = ["0001-a.md".to_owned(), "0002-b.md".to_owned()].into();
    assert_eq!(
        rules::decisions_listed("adr/0001-a.md adr/0002-b.md", &records),
        Vec::<String>::new()
    );
    assert_eq!(
        rules::decisions_listed("adr/0001-a.md", &records),
        ["docs/ARCHITECTURE.md does not name docs/adr/0002-b.md"]
    );
}
