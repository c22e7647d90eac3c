//! The rules about this tree that a machine can check: each takes texts and returns its complaints.

use std::collections::BTreeSet;

/// A text of the tree: its path from the root, with `/`, and what it holds.
pub struct Source<'a> {
    pub path: &'a str,
    pub text: &'a str,
}

/// Which modules a module may name, itself aside. `main.rs` and `lib.rs` tie everything together.
///
/// Arrows point one way: wiring and commands, wire, recorder, verbs, nouns; bytes lie under the recorder.
/// A verb sees the port of the store (its `View`, keys and changes), never an adapter; see [`adapters`].
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("policy", &["domain"]),
    ("sheets", &["domain"]),
    ("failpoint", &[]),
    ("principals", &["domain"]),
    ("clock", &["domain"]),
    ("config", &["clock", "domain"]),
    ("telemetry", &["config", "domain"]),
    ("ledger", &["domain", "failpoint", "store"]),
    ("store", &["domain", "failpoint", "ledger"]),
    ("population", &["domain", "failpoint", "ledger", "store"]),
    ("group", &["domain", "policy", "store"]),
    ("ingest", VERB),
    ("subjects", VERB),
    ("grading", VERB),
    ("notices", VERB),
    ("repair", VERB),
    ("inspection", VERB),
    ("oversight", VERB),
    (
        "recorder",
        &[
            "clock",
            "domain",
            "failpoint",
            "grading",
            "group",
            "ingest",
            "inspection",
            "ledger",
            "notices",
            "oversight",
            "policy",
            "population",
            "repair",
            "store",
            "subjects",
        ],
    ),
    (
        "services",
        &[
            "clock",
            "config",
            "domain",
            "grading",
            "group",
            "ingest",
            "inspection",
            "notices",
            "oversight",
            "policy",
            "principals",
            "recorder",
            "repair",
            "store",
            "subjects",
            "telemetry",
        ],
    ),
    (
        "server",
        &[
            "clock",
            "config",
            "domain",
            "ledger",
            "policy",
            "principals",
            "recorder",
            "services",
            "store",
            "telemetry",
        ],
    ),
    (
        "app",
        &[
            "clock",
            "config",
            "domain",
            "ledger",
            "policy",
            "principals",
            "recorder",
            "server",
            "services",
            "store",
            "telemetry",
        ],
    ),
    (
        "commands",
        &[
            "app",
            "clock",
            "config",
            "domain",
            "grading",
            "group",
            "ingest",
            "ledger",
            "policy",
            "server",
            "services",
            "sheets",
            "store",
            "telemetry",
            "testkit",
        ],
    ),
    (
        "testkit",
        &[
            "clock", "config", "domain", "ingest", "policy", "server", "services",
        ],
    ),
];
const VERB: &[&str] = &["domain", "group", "ingest", "policy", "store", "subjects"];

/// Modules that see the store through its port only.
const PORT_ONLY: &[&str] = &[
    "group",
    "ingest",
    "subjects",
    "grading",
    "notices",
    "repair",
    "inspection",
    "oversight",
    "services",
];

/// Where generated types of the wire may be named.
const WIRE: &[&str] = &["services", "server", "commands", "testkit", "lib.rs", "main.rs"];

/// A file longer than this is to be cut where a reader would.
pub const LINES_MAX: usize = 600;

pub fn arrows(source: &Source) -> Vec<String> {
    let Some(module) = module_of(source.path) else {
        return Vec::new();
    };
    if module.ends_with(".rs") {
        return Vec::new();
    }
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == module) else {
        return vec![format!(
            "{}: `{module}` has no row in the table of arrows",
            source.path
        )];
    };
    let named = modules_named(&shipped(source));
    let wrong = named
        .iter()
        .filter(|named| **named != module && !allowed.contains(&named.as_str()));
    wrong
        .map(|named| format!("{}: `{module}` must not know `{named}`", source.path))
        .collect()
}

pub fn adapters(source: &Source) -> Vec<String> {
    let Some(module) = module_of(source.path).filter(|module| PORT_ONLY.contains(module)) else {
        return Vec::new();
    };
    let code = shipped(source);
    let named = ["store::on_disk", "store::in_memory", "OnDisk", "InMemory"].into_iter();
    named
        .filter(|adapter| code.contains(adapter))
        .map(|adapter| format!("{}: `{module}` sees a View, never `{adapter}`", source.path))
        .collect()
}

/// Names that belong to one file alone: what to look for, where it may stand, why.
const PLACES: &[(&str, &[&str], &str)] = &[
    (
        "sled::",
        &["src/store/on_disk.rs", "src/store/on_disk_tests.rs"],
        "sled stops at its adapter",
    ),
    ("SystemTime", &["src/clock.rs"], "take a clock"),
    ("time::Instant::now", &["src/clock.rs"], "take a clock"),
    ("Timestamp::now", &["src/clock.rs"], "take a clock"),
    ("Zoned::now", &["src/clock.rs"], "take a clock"),
    (
        "env::var",
        &["src/config.rs"],
        "settings are read once, in config",
    ),
    (
        "option_env!",
        &["src/config.rs"],
        "settings are read once, in config",
    ),
];

pub fn places(source: &Source) -> Vec<String> {
    if module_of(source.path).is_none() {
        return Vec::new();
    }
    let code = without_comments(source.text);
    let mut complaints: Vec<String> = PLACES
        .iter()
        .filter(|(name, homes, _)| code.contains(name) && !homes.contains(&source.path))
        .map(|(name, _, why)| format!("{}: `{name}` has no place here: {why}", source.path))
        .collect();
    // tokio's Instant measures waits and is moved by tests; that of std is the machine's.
    let std_instant = imports(&code, "std::time::").iter().any(|name| name == "Instant");
    if std_instant && source.path != "src/clock.rs" {
        complaints.push(format!(
            "{}: `std::time::Instant` has no place here: take a clock",
            source.path
        ));
    }
    complaints
}

pub fn generated_types(source: &Source) -> Vec<String> {
    let Some(module) = module_of(source.path).filter(|module| !WIRE.contains(module)) else {
        return Vec::new();
    };
    let code = without_comments(source.text);
    let names = [
        "services::pb",
        "pb::",
        "tonic::",
        "tonic_types::",
        "tonic_prost::",
    ]
    .into_iter();
    names
        .filter(|name| names_path(&code, name))
        .map(|name| {
            format!(
                "{}: `{name}` stops at services, `{module}` has types of its own",
                source.path
            )
        })
        .collect()
}

pub fn length(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    let complaint = || format!("{}: {lines} lines, more than {LINES_MAX}", source.path);
    (lines > LINES_MAX).then(complaint).into_iter().collect()
}

pub fn unfinished(source: &Source) -> Vec<String> {
    let code = without_comments(source.text);
    // Cut in two, so that this list does not complain about itself.
    let names = [
        ("todo", "!("),
        ("unimplemented", "!("),
        ("#[ig", "nore"),
        ("#[should", "_panic"),
        ("dbg", "!("),
    ];
    names
        .into_iter()
        .map(|(one, other)| format!("{one}{other}"))
        .filter(|name| code.contains(name))
        .map(|name| {
            format!(
                "{}: `{name}` is unfinished work or a test that does not run",
                source.path
            )
        })
        .collect()
}

/// Paths of one machine and hosts of package registries, which belong to a machine's own settings.
pub fn machine(source: &Source) -> Vec<String> {
    let folders = ["root", "home", "work", "tmp", "Users"].map(|folder| format!("/{folder}/"));
    let hosts = [
        ("registry.npm", "js.org"),
        ("py", "pi.org"),
        ("index.crates", ".io"),
        ("static.crates", ".io"),
    ];
    let mut complaints = Vec::new();
    for (number, line) in source.text.lines().enumerate() {
        let at = |found: &str| format!("{}:{}: `{found}` belongs to one machine", source.path, number + 1);
        for folder in &folders {
            if line
                .match_indices(folder.as_str())
                .any(|(start, _)| begins_path(line, start))
            {
                complaints.push(at(folder));
            }
        }
        for (one, other) in hosts {
            let host = format!("{one}{other}");
            if line.contains(&host) {
                complaints.push(at(&host));
            }
        }
    }
    complaints
}

/// Each reason of the contract has its page, and each page its reason.
pub fn error_pages(proto: &str, pages: &BTreeSet<String>) -> Vec<String> {
    let reasons: BTreeSet<String> = proto
        .lines()
        .filter_map(|line| line.trim().strip_prefix("ERROR_REASON_")?.split_once(" ="))
        .map(|(reason, _)| reason.to_owned())
        .filter(|reason| reason != "UNSPECIFIED")
        .collect();
    let without_page = reasons
        .difference(pages)
        .map(|reason| format!("docs/errors/{reason}.md is missing"));
    let without_reason = pages
        .difference(&reasons)
        .map(|page| format!("docs/errors/{page}.md explains no reason"));
    without_page.chain(without_reason).collect()
}

/// Each decision record is named in the architecture page.
pub fn decisions_listed(architecture: &str, records: &BTreeSet<String>) -> Vec<String> {
    let unlisted = records
        .iter()
        .filter(|record| !architecture.contains(record.as_str()));
    unlisted
        .map(|record| format!("docs/ARCHITECTURE.md does not name docs/adr/{record}"))
        .collect()
}

/// The module (first level, or the file's name for `lib.rs` and `main.rs`) of a path under `src`.
fn module_of(path: &str) -> Option<&str> {
    let inside = path
        .strip_prefix("src/")
        .filter(|inside| inside.ends_with(".rs"))?;
    let first = inside.split('/').next()?;
    Some(match first {
        "lib.rs" | "main.rs" => first,
        _ => first.strip_suffix(".rs").unwrap_or(first),
    })
}

/// The code without comments and without tests, which may reach further: those at its end, or a file of
/// tests, whose name says so.
fn shipped(source: &Source) -> String {
    if source.path.ends_with("tests.rs") {
        return String::new();
    }
    let code = without_comments(source.text);
    match code.find("#[cfg(test)]\nmod tests {") {
        Some(end) => code[..end].to_owned(),
        None => code,
    }
}

/// Leaves out line comments; a `//` after a quote or a colon is part of a text.
fn without_comments(text: &str) -> String {
    let uncommented = |line: &str| {
        let start = line.match_indices("//").map(|(start, _)| start);
        let comment = start
            .filter(|start| !line[..*start].ends_with(':') && !line[..*start].contains('"'))
            .min();
        line[..comment.unwrap_or(line.len())].trim_end().to_owned()
    };
    text.lines().map(uncommented).collect::<Vec<_>>().join("\n")
}

fn modules_named(code: &str) -> BTreeSet<String> {
    imports(code, "crate::").into_iter().collect()
}

/// The first names after `prefix`, one by one or in braces.
fn imports(code: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (start, _) in code.match_indices(prefix) {
        let rest = &code[start + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(group_heads(group)),
            None => names.push(identifier(rest)),
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The first name of each part of a group `a::b, c::{d, e}, f}`.
fn group_heads(group: &str) -> Vec<String> {
    let mut heads = vec![identifier(group.trim_start())];
    let mut depth = 0;
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(identifier(group[at + 1..].trim_start())),
            _ => {}
        }
    }
    heads
}

fn identifier(text: &str) -> String {
    text.chars()
        .take_while(|character| character.is_alphanumeric() || *character == '_')
        .collect()
}

/// Says whether `name` stands there as a path of its own, not as the end of a longer word.
fn names_path(code: &str, name: &str) -> bool {
    let joined = |character: char| character.is_alphanumeric() || character == '_';
    code.match_indices(name)
        .any(|(start, _)| !code[..start].ends_with(joined))
}

fn begins_path(line: &str, start: usize) -> bool {
    !line[..start]
        .ends_with(|before: char| before.is_alphanumeric() || matches!(before, '_' | '-' | '.' | '}' | '/'))
}
