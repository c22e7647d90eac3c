//! Logs: one line per event on standard output, as text or JSON.
//!
//! A line reads alone and can be searched. It never holds a person's name or number, nor the payload of
//! a panic, which may quote what was being read.

pub mod metrics;

use std::panic;

use tracing::error;
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The level is neither a level nor a list of `target=level`.
    #[error("log_level: {0}")]
    Level(#[from] tracing_subscriber::filter::ParseError),
    /// Another part of the process has set logging up before.
    #[error("logging is set up already")]
    Twice,
}

/// Sets logging up for the process, and has panics logged by place instead of printed with their text.
///
/// # Errors
/// [`Error::Level`] for a malformed level, [`Error::Twice`] if it was called before.
pub fn init(format: LogFormat, level: &str) -> Result<(), Error> {
    let filter = EnvFilter::try_new(level)?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stdout);
    let done = match format {
        LogFormat::Text => {
            let ansi = std::io::IsTerminal::is_terminal(&std::io::stdout());
            tracing::subscriber::set_global_default(lines.with_ansi(ansi).finish())
        }
        LogFormat::Json => tracing::subscriber::set_global_default(lines.json().flatten_event(true).finish()),
    };
    done.map_err(|_| Error::Twice)?;
    panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("unnamed");
        error!(panic.place = %place, thread.name = %name, "thread {name} panicked at {place}");
    }));
    Ok(())
}
