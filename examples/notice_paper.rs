//! Draws notices from given data: what `tests/browser/notice_paper.mjs` puts before a browser.
//!
//! `notice_paper CASES FOLDER` reads the cases (JSON, see `tests/browser/notices.json`), composes each notice
//! under the built-in rules and writes `FOLDER/NAME.html`. On standard output one line for each: name,
//! SHA-256 of the page, verification code, address in the QR code, with tabs between them.

use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::Value;

use credence::domain::notice_content::{Addressee, Reference};
use credence::domain::record::{RecordKind, Severity};
use credence::domain::severity::Procedure;
use credence::domain::subject::SubjectKind;
use credence::notices::content::{Inputs, Issuer, compose};
use credence::notices::paper;
use credence::policy::Policies;

type Failure = Box<dyn Error>;

/// A text of a case; empty where it is left out.
fn text(case: &Value, key: &str) -> String {
    case[key].as_str().unwrap_or_default().to_owned()
}

fn optional<T>(
    case: &Value,
    key: &str,
    read: impl Fn(&str) -> Result<T, Failure>,
) -> Result<Option<T>, Failure> {
    case[key].as_str().map(read).transpose()
}

fn reference(case: &Value, policies: &Policies) -> Result<Reference, Failure> {
    let list = policies
        .layouts
        .list("penalty_kind")
        .ok_or("no list of kinds of penalty")?;
    let words = |code: &str| {
        let value = list.values().iter().find(|value| value.code == code);
        value
            .map(|value| value.chinese.clone())
            .ok_or(format!("no kind of penalty {code}"))
    };
    let mut kinds = Vec::new();
    for code in case["penalty_kinds"].as_array().into_iter().flatten() {
        let code = code.as_str().ok_or("a kind of penalty is a text")?;
        kinds.push((code.to_owned(), words(code)?));
    }
    let kind = match case["kind"].as_str() {
        Some("penalty") => RecordKind::Penalty,
        Some("listing") => RecordKind::Listing,
        other => return Err(format!("kind {other:?}").into()),
    };
    let procedure = optional(case, "procedure", |word| match word {
        "simple" => Ok(Procedure::Simple),
        "general" => Ok(Procedure::General),
        other => Err(format!("procedure {other}").into()),
    })?;
    Ok(Reference {
        kind,
        number: text(case, "decision_number"),
        decided_on: text(case, "decided_on").parse()?,
        penalty_kinds: kinds,
        procedure,
        fine: case["fine_fen"].as_i64(),
        confiscated: case["confiscated_fen"].as_i64(),
        violation: text(case, "violation"),
        basis: text(case, "basis"),
        document: None,
    })
}

fn inputs(case: &Value, policies: &Policies) -> Result<Inputs, Failure> {
    let severity = optional(case, "severity", |word| match word {
        "minor" => Ok(Severity::Minor),
        "general" => Ok(Severity::General),
        "serious" => Ok(Severity::Serious),
        other => Err(format!("severity {other}").into()),
    })?;
    let mut sectors = Vec::new();
    for code in case["sectors"].as_array().into_iter().flatten() {
        sectors.push(code.as_str().ok_or("a sector is a text")?.parse()?);
    }
    Ok(Inputs {
        number: text(case, "number"),
        issuer: Issuer {
            name: text(case, "body_name"),
            code: text(case, "body_code").parse()?,
            department: text(case, "department").parse()?,
            phone: text(case, "phone"),
        },
        addressee: Addressee {
            name: text(case, "party_name"),
            kind: SubjectKind::Organisation,
            code: optional(case, "party_code", |code| Ok(code.parse()?))?,
            representative: text(case, "representative"),
        },
        reference: reference(case, policies)?,
        sectors,
        severity,
        is_specially_serious: case["specially_serious"].as_bool().unwrap_or(false),
    })
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(cases), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: notice_paper CASES FOLDER".into());
    };
    let policies = Policies::built_in();
    let cases: Value = serde_json::from_slice(&fs::read(cases)?)?;
    for case in cases.as_array().ok_or("the cases are a list")? {
        let name = text(case, "name");
        let inputs = inputs(case, &policies).map_err(|error| format!("{name}: {error}"))?;
        let issued_on = text(case, "issued_on").parse()?;
        let content = compose(
            &inputs,
            &policies.repair,
            policies.layouts.severities(),
            issued_on,
        )?;
        let paper = paper::render(&content)?;
        fs::write(Path::new(&folder).join(format!("{name}.html")), &paper.html)?;
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let address = paper::verification_address(&content);
        println!(
            "{name}\t{}\t{}\t{address}",
            hex(&paper.sha256),
            hex(&content.hash())
        );
    }
    Ok(())
}
