//! Says of each code on standard input what the service thinks of it.
//!
//! Each line is a kind and a text with a tab between them; the kinds are `uscc` (unified social credit
//! code), `rid` (resident ID), `regno` (registration number) and `orgcode` (organisation code). Each line
//! of the answer is `ok` or the faults, with commas between them. `compose uscc DEPARTMENT KIND DIVISION
//! ORGANISATION` in place of a kind and text makes a code. Serves `tests/python/codes_oracle.py`.

use std::io::{self, BufRead, BufWriter, Write};
use std::process::ExitCode;

use credence::domain::resident_id::ResidentId;
use credence::domain::social_credit_code::SocialCreditCode;
use credence::domain::subject::{Identity, IdentityKind};

fn verdict(kind: &str, text: &str) -> String {
    let faults: Vec<String> = match kind {
        "uscc" => {
            let faults = SocialCreditCode::faults(text);
            faults.iter().map(|fault| format!("{fault:?}")).collect()
        }
        "rid" => {
            let faults = ResidentId::faults(text);
            faults.iter().map(|fault| format!("{fault:?}")).collect()
        }
        "regno" => older(IdentityKind::RegistrationNumber, text),
        "orgcode" => older(IdentityKind::OrganisationCode, text),
        _ => vec!["UnknownKind".to_owned()],
    };
    if faults.is_empty() {
        "ok".to_owned()
    } else {
        faults.join(",")
    }
}

/// An older code is taken whether or not it verifies, which only warns.
fn older(kind: IdentityKind, text: &str) -> Vec<String> {
    match Identity::of(kind, text) {
        Some(Identity::Older(code)) if code.verifies() => Vec::new(),
        Some(_) => vec!["Unverified".to_owned()],
        None => vec!["Shape".to_owned()],
    }
}

fn answer(line: &str) -> String {
    let parts: Vec<&str> = line.split('\t').collect();
    match parts.as_slice() {
        ["compose", department, kind, division, organisation] => {
            let one = |text: &str| text.chars().next().unwrap_or(' ');
            match SocialCreditCode::compose(one(department), one(kind), division, organisation) {
                Ok(code) => code.to_string(),
                Err(error) => format!("{error:?}"),
            }
        }
        [kind, text] => verdict(kind, text),
        _ => "Malformed".to_owned(),
    }
}

fn main() -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let written = line.and_then(|line| writeln!(out, "{}", answer(&line)));
        if let Err(error) = written {
            eprintln!("{error}");
            return ExitCode::from(74);
        }
    }
    match out.flush() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(74),
    }
}
