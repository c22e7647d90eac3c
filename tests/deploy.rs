//! The files under `deploy/` and their neighbours speak of the program as it is.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use credence::config::{Config, DEFAULT_FILE};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file that runs the program.
fn runners() -> Vec<String> {
    let mut found = vec!["Dockerfile".to_owned(), "compose.yaml".to_owned()];
    let mut folders = vec![PathBuf::from("deploy")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(Path::new(ROOT).join(&folder)).expect("a folder") {
            let entry = entry.expect("an entry");
            let path = folder.join(entry.file_name());
            if entry.file_type().expect("a kind").is_dir() {
                folders.push(path);
            } else {
                found.push(path.to_str().expect("UTF-8").to_owned());
            }
        }
    }
    found
}

/// Names of settings that a text sets by the environment.
fn environment_names(text: &str) -> BTreeSet<String> {
    let is_name = |letter: char| letter.is_ascii_uppercase() || letter == '_';
    let rest = text.split("CREDENCE_").skip(1);
    rest.map(|rest| {
        rest.chars()
            .take_while(|&letter| is_name(letter))
            .collect::<String>()
    })
    .filter(|name| !name.is_empty())
    .map(|name| name.to_lowercase())
    .collect()
}

#[test]
fn every_setting_that_is_set_exists() {
    let defaults: toml::Table = DEFAULT_FILE.parse().expect("the defaults are TOML");
    let mut seen = 0;
    for path in runners() {
        for name in environment_names(&read(&path)) {
            assert!(
                defaults.contains_key(&name),
                "{path} sets {name}, which is no setting"
            );
            seen += 1;
        }
    }
    assert!(seen > 3, "settings are set somewhere");
    assert_eq!(
        environment_names("CREDENCE_LISTEN: x CREDENCE_{{ upper }} CREDENCE_DATA=/data"),
        BTreeSet::from(["listen".to_owned(), "data".to_owned()])
    );
}

#[test]
fn every_runner_waits_longer_than_the_drain() {
    let settings = Config::gather(None, std::iter::empty(), &[]).expect("defaults");
    let drain = Config::check(&settings)
        .expect("defaults")
        .drain_timeout
        .as_secs();
    for (path, before) in [
        ("compose.yaml", "stop_grace_period: "),
        ("deploy/systemd/credence.service", "TimeoutStopSec="),
        (
            "deploy/helm/credence/templates/statefulset.yaml",
            "terminationGracePeriodSeconds: ",
        ),
    ] {
        let text = read(path);
        let (_, after) = text
            .split_once(before)
            .unwrap_or_else(|| panic!("{path} has no {before}"));
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        let seconds: u64 = digits.parse().expect("a number of seconds");
        assert!(
            seconds > drain,
            "{path} waits {seconds} s, and the drain takes up to {drain}"
        );
    }
}

#[test]
fn the_image_and_the_chart_name_this_version_and_no_privilege() {
    let version = env!("CARGO_PKG_VERSION");
    assert!(read("deploy/helm/credence/Chart.yaml").contains(&format!("appVersion: {version}\n")));
    assert!(read("deploy/helm/credence/values.yaml").contains(&format!("tag: {version}\n")));
    let dockerfile = read("Dockerfile");
    for line in [
        "FROM scratch",
        "USER 10001:10001",
        "STOPSIGNAL SIGTERM",
        "VOLUME /data",
    ] {
        assert!(dockerfile.lines().any(|found| found == line), "{line}");
    }
    for (path, wanted) in [
        (
            "compose.yaml",
            &["read_only: true", "cap_drop: [ALL]", "no-new-privileges:true"][..],
        ),
        (
            "deploy/helm/credence/templates/statefulset.yaml",
            &[
                "readOnlyRootFilesystem: true",
                "drop: [ALL]",
                "allowPrivilegeEscalation: false",
            ],
        ),
        (
            "deploy/systemd/credence.service",
            &[
                "CapabilityBoundingSet=\n",
                "NoNewPrivileges=yes",
                "ProtectSystem=strict",
            ],
        ),
    ] {
        let text = read(path);
        for word in wanted {
            assert!(text.contains(word), "{path} lacks {word:?}");
        }
    }
}

#[test]
fn the_image_is_built_from_every_folder_that_a_build_reads() {
    let kept = read(".dockerignore");
    for path in [
        "Cargo.toml",
        "Cargo.lock",
        "build.rs",
        "src",
        "policies",
        "proto",
        "proto_stored",
        "third_party",
    ] {
        assert!(
            kept.lines().any(|line| line == format!("!{path}")),
            "{path} is left out"
        );
    }
    // A manifest that names benches and examples does not load without them.
    for path in ["benches", "examples"] {
        assert!(
            kept.lines().any(|line| line == format!("!{path}")),
            "{path} is left out"
        );
    }
}
