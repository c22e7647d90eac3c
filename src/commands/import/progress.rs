//! How far a file has come: a bar on a terminal, a line every few seconds elsewhere, always on the standard
//! error. Read first: [`Progress`].

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::driver::Elapsed;
use super::words::Words;

/// Between two plain lines.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// Rows done of a file, with rate and remaining time.
pub struct Progress {
    bar: ProgressBar,
    is_plain: bool,
    elapsed: Elapsed,
    words: Words,
    begun: Duration,
    told: Duration,
    total: u64,
    done: u64,
}

impl Progress {
    /// Begins at no row of `total`.
    #[must_use]
    pub fn new(total: u64, words: Words, elapsed: Elapsed) -> Self {
        let is_plain = !std::io::stderr().is_terminal();
        let bar = if is_plain {
            ProgressBar::hidden()
        } else {
            ProgressBar::new(total)
        };
        let style = ProgressStyle::with_template(words.bar()).expect("the template is well formed");
        bar.set_style(style);
        let begun = elapsed();
        Self {
            bar,
            is_plain,
            elapsed,
            words,
            begun,
            told: begun,
            total,
            done: 0,
        }
    }

    /// Adds rows that are done.
    pub fn add(&mut self, rows: u64) {
        self.done += rows;
        self.bar.inc(rows);
        let now = (self.elapsed)();
        if self.is_plain && now.saturating_sub(self.told) >= PLAIN_EVERY {
            self.told = now;
            let seconds = now.saturating_sub(self.begun).as_millis().max(1);
            let rate = u128::from(self.done) * 1_000 / seconds;
            let left = u128::from(self.total.saturating_sub(self.done)) / rate.max(1);
            eprintln!("{}", self.words.progress(self.done, self.total, rate, left));
        }
    }

    /// Says that the connection waits.
    pub fn waits(&self, reason: &str, wait: Duration) {
        let line = self.words.waits(reason, wait);
        if self.is_plain {
            eprintln!("{line}");
        } else {
            self.bar.println(line);
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
