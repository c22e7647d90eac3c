//! Settings: read once at the start, from the file, the environment and the command line, in rising order.
//!
//! `config.default.toml` is the lowest layer and the documentation. This is the only module that reads
//! the environment. Read first: [`Config::load`].

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use crate::domain::revision::{Instant, Place};

/// The default settings with their documentation.
pub const DEFAULT_FILE: &str = include_str!("config.default.toml");

/// Exit code of a process whose settings are wrong.
pub const EXIT_CODE: u8 = 64;

/// What the names of settings begin with in the environment.
const ENVIRONMENT_PREFIX: &str = "CREDENCE_";

/// Least size of a ledger segment.
pub const SEGMENT_SIZE_MIN: u64 = 1 << 20;

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// All settings, checked. Their meaning and defaults stand in `config.default.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub data: PathBuf,
    pub listen: SocketAddr,
    pub insecure: bool,
    /// Whether natural persons may be read in full, each reading with its purpose.
    pub reads_in_full: bool,
    pub log_format: LogFormat,
    pub log_level: String,
    /// In bytes.
    pub segment_size: u64,
    /// In bytes.
    pub disk_reserve: u64,
    /// Size of the file that an operator may delete to win room; 0 makes none.
    pub ballast_size: u64,
    pub queue_commands_max: usize,
    /// In bytes.
    pub message_size_max: usize,
    pub call_timeout: Duration,
    pub drain_timeout: Duration,
    pub policies: Option<PathBuf>,
    /// Where a test clock starts; `None` means the clock of the machine.
    pub clock: Option<Instant>,
    pub accept_loss_after: Option<Place>,
    pub master_key_file: Option<PathBuf>,
    /// The list of principals; without one everybody may do everything.
    pub principals: Option<PathBuf>,
    pub tls_certificate: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    /// Authorities that certificates of clients are checked by.
    pub tls_client_authorities: Option<PathBuf>,
}

/// Everything that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(pub Vec<String>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the settings are wrong:")?;
        self.0.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))
    }
}

impl std::error::Error for Mistakes {}

/// One setting as text, and whence it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub value: String,
    /// Such as `the default`, `credence.toml`, `CREDENCE_LISTEN` or `--listen`.
    pub origin: String,
}

/// Settings by name, before they are checked.
pub type Settings = BTreeMap<String, Setting>;

/// The variables of this process; no other place reads them.
pub fn environment() -> impl Iterator<Item = (std::ffi::OsString, std::ffi::OsString)> {
    std::env::vars_os()
}

impl Config {
    /// Reads the settings of this process.
    ///
    /// `file` is the file named on the command line; without it `CREDENCE_CONFIG` may name one. `flags`
    /// are the settings given on the command line, by the names of `config.default.toml`.
    ///
    /// # Errors
    /// [`Mistakes`], with every mistake of every source.
    pub fn load(file: Option<&Path>, flags: &[(String, String)]) -> Result<Self, Mistakes> {
        Self::check(&Self::gather(file, environment(), flags)?)
    }

    /// Puts the sources over each other and checks the names.
    ///
    /// # Errors
    /// [`Mistakes`]: a file that cannot be read, names that are unknown.
    pub fn gather(
        file: Option<&Path>,
        environment: impl Iterator<Item = (std::ffi::OsString, std::ffi::OsString)>,
        flags: &[(String, String)],
    ) -> Result<Settings, Mistakes> {
        let mut mistakes = Vec::new();
        let mut named = BTreeMap::new();
        for (name, value) in environment {
            let Some(name) = name
                .to_str()
                .and_then(|name| name.strip_prefix(ENVIRONMENT_PREFIX))
            else {
                continue;
            };
            match value.into_string() {
                Ok(value) => _ = named.insert(name.to_lowercase(), value),
                Err(_) => mistakes.push(format!("{ENVIRONMENT_PREFIX}{name} is not UTF-8")),
            }
        }
        let named_file = named.remove("config").map(PathBuf::from);

        let mut settings = Settings::new();
        overlay_file(&mut settings, DEFAULT_FILE, "the default", true, &mut mistakes);
        if let Some(path) = file.map(Path::to_path_buf).or(named_file) {
            let origin = path.display().to_string();
            match std::fs::read_to_string(&path) {
                Ok(text) => overlay_file(&mut settings, &text, &origin, false, &mut mistakes),
                Err(error) => mistakes.push(format!("{origin}: {error}")),
            }
        }
        for (name, value) in named {
            let origin = format!("{ENVIRONMENT_PREFIX}{}", name.to_uppercase());
            overlay(&mut settings, &name, Setting { value, origin }, &mut mistakes);
        }
        for (name, value) in flags {
            let origin = format!("--{}", name.replace('_', "-"));
            overlay(
                &mut settings,
                name,
                Setting {
                    value: value.clone(),
                    origin,
                },
                &mut mistakes,
            );
        }
        if mistakes.is_empty() {
            Ok(settings)
        } else {
            Err(Mistakes(mistakes))
        }
    }

    /// Turns settings into values.
    ///
    /// # Errors
    /// [`Mistakes`]: values that do not parse, lie outside their bounds, or contradict each other.
    pub fn check(settings: &Settings) -> Result<Self, Mistakes> {
        let mut reader = Reader {
            settings,
            mistakes: Vec::new(),
        };
        let listen = reader.parse::<SocketAddr>("listen", "an address and port such as 127.0.0.1:50051");
        let insecure = reader.parse::<bool>("insecure", "true or false");
        let reads_in_full = reader.parse::<bool>("reads_in_full", "true or false");
        let log_format = reader.take("log_format", "text or json", |text| match text {
            "text" => Some(LogFormat::Text),
            "json" => Some(LogFormat::Json),
            _ => None,
        });
        let log_level = reader.take("log_level", "a level, or levels by module", |text| {
            tracing_subscriber::EnvFilter::try_new(text)
                .ok()
                .map(|_| text.to_owned())
        });
        let segment_size = reader.number("segment_size", SEGMENT_SIZE_MIN, 1 << 40);
        let disk_reserve = reader.number("disk_reserve", 0, 1 << 50);
        let ballast_size = reader.number("ballast_size", 0, 1 << 50);
        let queue_commands_max = reader.number("queue_commands_max", 1, 100_000);
        let message_size_max = reader.number("message_size_max", 64 << 10, 64 << 20);
        let call_timeout = reader.number("call_timeout_ms", 100, 3_600_000);
        let drain_timeout = reader.number("drain_timeout_ms", 100, 60_000);
        let data = reader.take("data", "a folder", |text| {
            (!text.is_empty()).then(|| PathBuf::from(text))
        });
        let path = |text: &str| Some((!text.is_empty()).then(|| PathBuf::from(text)));
        let policies = reader.take("policies", "a folder", path);
        let master_key_file = reader.take("master_key_file", "a file", path);
        let principals = reader.take("principals", "a file", path);
        let tls_certificate = reader.take("tls_certificate", "a file", path);
        let tls_key = reader.take("tls_key", "a file", path);
        let tls_client_authorities = reader.take("tls_client_authorities", "a file", path);
        let clock = reader.take("clock", "an instant such as 2024-01-01T00:00:00+08:00", instant);
        let accept_loss_after = reader.take("accept_loss_after", "EPOCH.REVISION", |text| match text {
            "" => Some(None),
            text => text.parse::<Place>().ok().map(Some),
        });

        let mut mistakes = reader.mistakes;
        if let (Some(listen), Some(insecure), Some(clock)) = (listen, insecure, clock)
            && !listen.ip().is_loopback()
        {
            let has_tls = tls_certificate.as_ref().is_some_and(Option::is_some);
            let has_list = principals.as_ref().is_some_and(Option::is_some);
            let is_guarded = has_tls && has_list;
            if !(insecure || is_guarded) {
                mistakes.push(format!(
                    "listen: {listen} is not on loopback, and there is not both TLS (tls_certificate, tls_key) \
                     and a list of principals (principals); use a loopback address, or insecure = true behind \
                     a proxy that checks callers"
                ));
            }
            if clock.is_some() {
                mistakes.push(format!(
                    "clock: a test clock is refused because {listen} is not on loopback"
                ));
            }
        }
        if let (Some(certificate), Some(key), Some(authorities)) =
            (&tls_certificate, &tls_key, &tls_client_authorities)
        {
            if certificate.is_some() != key.is_some() {
                mistakes.push("tls_key: tls_certificate and tls_key belong together".to_owned());
            }
            if authorities.is_some() && certificate.is_none() {
                mistakes.push("tls_client_authorities: they are asked for under TLS only".to_owned());
            }
        }
        let all = || {
            Some(Self {
                data: data?,
                listen: listen?,
                insecure: insecure?,
                reads_in_full: reads_in_full?,
                log_format: log_format?,
                log_level: log_level?,
                segment_size: segment_size?,
                disk_reserve: disk_reserve?,
                ballast_size: ballast_size?,
                queue_commands_max: usize::try_from(queue_commands_max?).ok()?,
                message_size_max: usize::try_from(message_size_max?).ok()?,
                call_timeout: Duration::from_millis(call_timeout?),
                drain_timeout: Duration::from_millis(drain_timeout?),
                policies: policies?,
                clock: clock?,
                accept_loss_after: accept_loss_after?,
                master_key_file: master_key_file?,
                principals: principals?,
                tls_certificate: tls_certificate?,
                tls_key: tls_key?,
                tls_client_authorities: tls_client_authorities?,
            })
        };
        match all() {
            Some(config) if mistakes.is_empty() => Ok(config),
            Some(_) | None => Err(Mistakes(mistakes)),
        }
    }
}

/// Reads settings one by one and keeps what is wrong.
struct Reader<'a> {
    settings: &'a Settings,
    mistakes: Vec<String>,
}

impl Reader<'_> {
    fn take<T>(&mut self, name: &str, wanted: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let setting = self
            .settings
            .get(name)
            .expect("every setting has a default in config.default.toml");
        let value = parse(&setting.value);
        if value.is_none() {
            let Setting { value, origin } = setting;
            self.mistakes
                .push(format!("{name}: {wanted} is wanted, not {value:?} ({origin})"));
        }
        value
    }

    fn parse<T: FromStr>(&mut self, name: &str, wanted: &str) -> Option<T> {
        self.take(name, wanted, |text| text.parse().ok())
    }

    /// A whole number within bounds, both included; underscores may part its digits.
    fn number(&mut self, name: &str, least: u64, most: u64) -> Option<u64> {
        self.take(name, &format!("a number from {least} to {most}"), |text| {
            text.replace('_', "")
                .parse()
                .ok()
                .filter(|number| (least..=most).contains(number))
        })
    }
}

/// Reads an instant; the empty text is none.
#[allow(clippy::option_option, reason = "malformed, not set and set are three things")]
fn instant(text: &str) -> Option<Option<Instant>> {
    if text.is_empty() {
        return Some(None);
    }
    let nanoseconds = text.parse::<jiff::Timestamp>().ok()?.as_nanosecond();
    Some(Some(Instant(i64::try_from(nanoseconds).ok()?)))
}

/// Puts the settings of a TOML file over what is there.
fn overlay_file(settings: &mut Settings, text: &str, origin: &str, first: bool, mistakes: &mut Vec<String>) {
    let table = match text.parse::<toml::Table>() {
        Ok(table) => table,
        Err(error) => return mistakes.push(format!("{origin}: {}", error.to_string().trim_end())),
    };
    for (name, value) in table {
        let value = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(flag) => flag.to_string(),
            toml::Value::Datetime(date) => date.to_string(),
            toml::Value::Float(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
                mistakes.push(format!(
                    "{name}: a text, a whole number, true or false is wanted ({origin})"
                ));
                continue;
            }
        };
        let setting = Setting {
            value,
            origin: origin.to_owned(),
        };
        if first {
            settings.insert(name, setting);
        } else {
            overlay(settings, &name, setting, mistakes);
        }
    }
}

/// Puts one setting over what is there; what is not there by default is unknown.
fn overlay(settings: &mut Settings, name: &str, setting: Setting, mistakes: &mut Vec<String>) {
    match settings.get_mut(name) {
        Some(slot) => *slot = setting,
        None => mistakes.push(format!("{name}: there is no such setting ({})", setting.origin)),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn load(file: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> Result<Config, Mistakes> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("credence.toml");
        std::fs::write(&path, file).expect("a temporary file can be written");
        let environment = environment
            .iter()
            .map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let flags: Vec<_> = flags
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        Config::check(&Config::gather(Some(&path), environment, &flags)?)
    }

    #[test]
    fn the_default_file_is_a_whole_and_valid_configuration() {
        let config = load("", &[], &[]).expect("the defaults are valid");
        assert_eq!(config.listen.to_string(), "127.0.0.1:50051");
        assert_eq!((config.segment_size, config.disk_reserve), (64 << 20, 256 << 20));
        assert_eq!(
            (config.message_size_max, config.drain_timeout),
            (4 << 20, Duration::from_secs(8))
        );
        assert_eq!((config.clock, config.policies), (None, None));
    }

    #[test]
    fn flags_overrule_the_environment_and_that_the_file() {
        let file = "data = 'a'\nlisten = '127.0.0.1:1'\nlog_format = 'json'";
        let environment = [
            ("CREDENCE_DATA", "b"),
            ("CREDENCE_LISTEN", "127.0.0.1:2"),
            ("HOME", "elsewhere"),
        ];
        let config = load(file, &environment, &[("data", "c")]).expect("valid");
        assert_eq!(config.data, PathBuf::from("c"));
        assert_eq!(config.listen.port(), 2);
        assert_eq!(config.log_format, LogFormat::Json);
    }

    #[test]
    fn unknown_names_are_listed_from_every_source() {
        let Mistakes(mistakes) = load("port = 1", &[("CREDENCE_PORT", "2")], &[("prot", "3")])
            .expect_err("unknown names are mistakes");
        assert_eq!(mistakes.len(), 3, "{mistakes:?}");
        assert!(
            mistakes[1].contains("CREDENCE_PORT") && mistakes[2].contains("--prot"),
            "{mistakes:?}"
        );
    }

    #[test]
    fn every_wrong_value_is_listed_at_once() {
        let file = "segment_size = 1048575\nlog_format = 'xml'\ndrain_timeout_ms = 1\nclock = 'noon'";
        let Mistakes(mistakes) = load(file, &[], &[("listen", "here")]).expect_err("five mistakes");
        assert_eq!(mistakes.len(), 5, "{mistakes:?}");
    }

    #[test]
    fn a_segment_of_one_mebibyte_is_the_least() {
        let config = load("segment_size = 1_048_576", &[], &[]).expect("the bound is included");
        assert_eq!(config.segment_size, SEGMENT_SIZE_MIN);
    }

    #[test]
    fn beyond_loopback_it_takes_insecure_and_no_test_clock() {
        let open = ("listen", "0.0.0.0:50051");
        load("", &[], &[open]).expect_err("neither TLS nor principals");
        load("", &[], &[open, ("insecure", "true")]).expect("said to be meant");
        let clock = ("clock", "2024-01-01T00:00:00+08:00");
        load("", &[], &[open, ("insecure", "true"), clock]).expect_err("a test clock beyond loopback");
        let config = load("", &[], &[clock]).expect("a test clock on loopback");
        assert_eq!(config.clock, Some(Instant(1_704_038_400_000_000_000)));
    }

    #[test]
    fn a_malformed_file_is_named() {
        let Mistakes(mistakes) = load("listen = ", &[], &[]).expect_err("no TOML");
        assert!(mistakes[0].contains("credence.toml"), "{mistakes:?}");
    }
}
