//! The files under `deploy/` and their neighbours speak of the program as it is.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use credence::config::{Config, DEFAULT_FILE};
use credence::telemetry::metrics::{Metrics, STATES, Snapshot};

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

/// Names of metrics in a query or rule.
fn metrics_named(text: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    let words = text.split(|letter: char| !is_part(letter));
    words
        .filter(|word| word.starts_with("credence_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn dashboard_and_alerts_name_metrics_and_states_that_exist() {
    let metrics = Metrics::new(["/a.B/C".to_owned()].into(), "0.0.0");
    metrics.call_begun();
    metrics.call_ended("/a.B/C", "OK", std::time::Duration::ZERO);
    let text = metrics.text(&Snapshot {
        state: STATES[0],
        epoch: 1,
        revision: 1,
        queue: 0,
        queue_max: 1,
        disk_free: None,
        disk_reserve: 0,
        clock_is_trusted: true,
    });
    let sampled = text.lines().filter(|line| !line.starts_with('#'));
    let known: BTreeSet<_> = sampled.flat_map(metrics_named).collect();
    let alerts = read("deploy/monitoring/alerts.yaml");
    let dashboard = read("deploy/monitoring/dashboard.json");
    for (path, text) in [("alerts", &alerts), ("dashboard", &dashboard)] {
        let named = metrics_named(text);
        assert!(named.len() > 5, "{path}");
        let unknown: Vec<_> = named.difference(&known).collect();
        assert!(unknown.is_empty(), "{path} names {unknown:?}");
    }
    for rest in alerts.split("state=\"").skip(1) {
        let state = rest.split('"').next().unwrap_or("");
        assert!(STATES.contains(&state), "there is no state {state}");
    }
    // What nobody looks at need not be measured.
    let looked_at = metrics_named(&(alerts + &dashboard));
    let sums = |name: &String| name.ends_with("_sum") || name.ends_with("_count");
    let unseen: Vec<_> = known.difference(&looked_at).filter(|name| !sums(name)).collect();
    assert!(unseen.is_empty(), "{unseen:?} stands in no panel and no alert");
    let panels: serde_json::Value = serde_json::from_str(&dashboard).expect("JSON");
    let panels = panels["panels"].as_array().expect("panels");
    assert!(
        panels
            .iter()
            .all(|panel| panel["title"].is_string() && !panel["targets"].is_null())
    );
}
