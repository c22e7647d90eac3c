//! What the crate is built from: licences, sources and the advisories we live with.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// Licences we may ship under Apache-2.0, each enough by itself.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Licences allowed for the named crates only, and why.
const ALLOWED_FOR: &[(&str, &str, &str)] = &[
    (
        "imbl",
        "MPL-2.0+",
        "the tables in memory; file-level copyleft, used unchanged as published",
    ),
    (
        "imbl-sized-chunks",
        "MPL-2.0+",
        "under imbl; file-level copyleft, used unchanged as published",
    ),
];

/// Advisories that we know and accept: number, crate, and why.
const ADVISORIES: &[(&str, &str, &str)] = &[
    (
        "RUSTSEC-2025-0057",
        "fxhash",
        "unmaintained, not unsafe; through sled, which hashes its own page numbers with it",
    ),
    (
        "RUSTSEC-2024-0384",
        "instant",
        "unmaintained, not unsafe; through sled's parking_lot, a thin layer over std",
    ),
];

fn metadata() -> Value {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--all-features"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(
        cargo.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&cargo.stderr)
    );
    serde_json::from_slice(&cargo.stdout).expect("cargo prints JSON")
}

fn packages(metadata: &Value) -> &[Value] {
    metadata["packages"].as_array().expect("metadata lists packages")
}

fn text<'a>(package: &'a Value, field: &str) -> &'a str {
    package[field].as_str().unwrap_or_default()
}

/// Says whether an SPDX expression can be met with the allowed licences: one of each `OR`, all of each `AND`.
fn is_met(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let expression = expression.replace(" / ", " OR ").replace('/', " OR ");
    // `AND` binds closer than `OR`; brackets occur around one side of an `AND` only.
    let split = |text: &str, word: &str| -> Vec<String> {
        let mut parts = vec![String::new()];
        let mut depth = 0;
        for token in text.replace('(', " ( ").replace(')', " ) ").split_whitespace() {
            depth += i32::from(token == "(") - i32::from(token == ")");
            if token == word && depth == 0 {
                parts.push(String::new());
            } else if let Some(part) = parts.last_mut() {
                part.push_str(token);
                part.push(' ');
            }
        }
        parts
    };
    let one = |part: &str| {
        let part = part.trim();
        match part.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
            Some(inner) => is_met(inner, allowed),
            None => allowed(part),
        }
    };
    split(&expression, "OR")
        .iter()
        .any(|either| split(either, "AND").iter().all(|every| one(every)))
}

fn is_allowed(name: &str, licence: &str) -> bool {
    ALLOWED.contains(&licence)
        || ALLOWED_FOR
            .iter()
            .any(|(only, under, _)| (*only, *under) == (name, licence))
}

#[test]
fn every_crate_comes_under_an_allowed_licence() {
    let metadata = metadata();
    assert!(packages(&metadata).len() > 100, "the list of packages is whole");
    let refused: Vec<String> = packages(&metadata)
        .iter()
        .filter(|package| {
            !is_met(text(package, "license"), &|licence| {
                is_allowed(text(package, "name"), licence)
            })
        })
        .map(|package| format!("{}: {}", text(package, "name"), text(package, "license")))
        .collect();
    assert!(refused.is_empty(), "\n{}", refused.join("\n"));
}

#[test]
fn licence_expressions_are_read_as_spdx_means_them() {
    let allowed = |licence: &str| ALLOWED.contains(&licence);
    for met in [
        "MIT",
        "MIT OR GPL-3.0",
        "MIT/Apache-2.0",
        "(MIT OR GPL-3.0) AND Unicode-3.0",
        "GPL-3.0 OR MIT AND Zlib",
    ] {
        assert!(is_met(met, &allowed), "{met}");
    }
    for unmet in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(GPL-3.0 OR AGPL-3.0) AND MIT",
        "GPL-3.0 OR MIT AND AGPL-3.0",
    ] {
        assert!(!is_met(unmet, &allowed), "{unmet}");
    }
}

#[test]
fn every_crate_comes_from_the_registry_or_this_tree() {
    let metadata = metadata();
    let sources: BTreeSet<&str> = packages(&metadata)
        .iter()
        .map(|package| text(package, "source"))
        .collect();
    let ours = packages(&metadata)
        .iter()
        .filter(|package| text(package, "source").is_empty())
        .count();
    assert_eq!(ours, 1, "this crate alone has no source");
    let foreign: Vec<_> = sources
        .iter()
        .filter(|source| !source.is_empty() && !source.starts_with("registry+"))
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

#[test]
fn no_exception_outlives_its_crate() {
    let metadata = metadata();
    let names: BTreeSet<&str> = packages(&metadata)
        .iter()
        .map(|package| text(package, "name"))
        .collect();
    let exceptions = ALLOWED_FOR.iter().chain(ADVISORIES);
    let gone: Vec<_> = exceptions
        .filter(|(one, other, _)| !names.contains(one) && !names.contains(other))
        .collect();
    assert!(
        gone.is_empty(),
        "these crates are gone, and so is the reason: {gone:?}"
    );
}
