//! What `credence import` says, in two languages. Read first: [`Words`].

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use tonic_types::StatusExt as _;

use super::driver::Stopped;
use super::outcome::Tally;
use super::reading::{Reading, Unread};
use crate::commands::demo::Language;
use crate::domain::layout::{LayoutItem, Role};
use crate::sheets::Format;
use crate::sheets::header::Skipped;

/// Sentences in one of the two languages.
#[derive(Clone, Copy, Debug)]
pub struct Words(pub Language);

/// 1234567 as 1,234,567.
#[must_use]
pub fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn count(number: u64) -> String {
    grouped(u128::from(number))
}

impl Words {
    fn pick<'a>(self, english: &'a str, chinese: &'a str) -> &'a str {
        match self.0 {
            Language::English => english,
            Language::Chinese => chinese,
        }
    }

    /// The template of the bar.
    #[must_use]
    pub fn bar(self) -> &'static str {
        match self.0 {
            Language::English => "  {bar:40} {human_pos}/{human_len} rows, {per_sec}, {eta} left",
            Language::Chinese => "  {bar:40} {human_pos}/{human_len}行，{per_sec}，剩余{eta}",
        }
    }

    /// A plain line of progress; the rate in rows a second, the rest in seconds.
    #[must_use]
    pub fn progress(self, done: u64, total: u64, rate: u128, left: u128) -> String {
        let (done, total, rate, left) = (count(done), count(total), grouped(rate), grouped(left));
        match self.0 {
            Language::English => format!("  {done} of {total} rows, {rate} rows/s, about {left} s left"),
            Language::Chinese => format!("  已处理{done}行，共{total}行，每秒{rate}行，约剩{left}秒"),
        }
    }

    /// The server does not answer, or asks to wait.
    #[must_use]
    pub fn waits(self, reason: &str, wait: Duration) -> String {
        let seconds = wait.as_secs_f32();
        match self.0 {
            Language::English => format!("  no answer ({reason}); trying again in {seconds:.1} s"),
            Language::Chinese => format!("  服务未应答（{reason}），{seconds:.1}秒后重试"),
        }
    }

    /// Why a file is not imported.
    #[must_use]
    pub fn unread(self, error: &Unread) -> String {
        match self.0 {
            Language::English => format!("  not imported: {}", error.in_english()),
            Language::Chinese => format!("  未导入：{}", error.in_chinese()),
        }
    }

    /// What was found of a file before anything is sent.
    #[must_use]
    pub fn found(self, reading: &Reading) -> String {
        let mut text = format!("  {}\n", self.format(reading));
        let layout = &reading.layout;
        let (matched, items) = (reading.matched(), layout.items().len());
        let row = reading.header.row;
        let line = match self.0 {
            Language::English => format!(
                "  layout {} ({}): header in row {row}, {matched} of {items} items",
                layout.code, layout.title_en
            ),
            Language::Chinese => format!(
                "  模板{}（{}）：表头在第{row}行，共{items}项，识别{matched}项",
                layout.code, layout.title_zh
            ),
        };
        text.push_str(&line);
        let ignored = reading.ignored();
        if !ignored.is_empty() {
            let says = self.pick("columns not imported: ", "不导入的列：");
            _ = write!(text, "\n  {says}{}", ignored.join("、"));
        }
        let absent = self.absent(reading);
        if !absent.is_empty() {
            let says = self.pick("items without a column: ", "没有列的项：");
            _ = write!(text, "\n  {says}{}", absent.join("、"));
        }
        if !reading.skipped.is_empty() {
            _ = write!(text, "\n  {}", self.skipped(reading));
        }
        if !reading.other_sheets.is_empty() {
            let says = self.pick("worksheets not imported: ", "未导入的工作表：");
            _ = write!(text, "\n  {says}{}", reading.other_sheets.join("、"));
        }
        let rows = count(reading.rows);
        _ = match self.0 {
            Language::English => write!(text, "\n  rows of data: {rows}"),
            Language::Chinese => write!(text, "\n  数据行：{rows}"),
        };
        text
    }

    fn format(self, reading: &Reading) -> String {
        match reading.format {
            Format::Workbook => match self.0 {
                Language::English => format!("XLSX, worksheet {}", reading.sheet),
                Language::Chinese => format!("XLSX，工作表“{}”", reading.sheet),
            },
            Format::Delimited { encoding, delimiter } => {
                let delimiter = match delimiter {
                    b'\t' => self.pick("tab", "制表符"),
                    b';' => self.pick("semicolon", "分号"),
                    _ => self.pick("comma", "逗号"),
                };
                match self.0 {
                    Language::English => format!("CSV, {}, cells between {delimiter}s", encoding.name()),
                    Language::Chinese => format!("CSV，{}编码，{delimiter}分隔", encoding.name()),
                }
            }
        }
    }

    fn absent(self, reading: &Reading) -> Vec<String> {
        let items = reading
            .header
            .absent
            .iter()
            .map(|place| &reading.layout.items()[*place]);
        // Columns that some systems add are nowhere missed, nor is what is stated for all rows.
        let is_stated =
            |item: &&LayoutItem| reading.party_kind.is_some() && item.role == Some(Role::PartyKind);
        let missed = items.filter(|item| !item.is_extra && !is_stated(item));
        missed
            .map(|item| match self.0 {
                Language::English => item.english.clone(),
                Language::Chinese => item.chinese.clone(),
            })
            .collect()
    }

    fn skipped(self, reading: &Reading) -> String {
        let rows = |wanted: Skipped| -> Vec<String> {
            let skipped = reading.skipped.iter().filter(|(_, why)| *why == wanted);
            skipped.map(|(row, _)| row.to_string()).collect()
        };
        let mut parts = Vec::new();
        for (why, english, chinese) in [
            (Skipped::Note, "explanations", "说明"),
            (Skipped::HeaderAgain, "header again", "重复的表头"),
        ] {
            let rows = rows(why);
            if !rows.is_empty() {
                parts.push(match self.0 {
                    Language::English => format!("{} ({english})", rows.join(", ")),
                    Language::Chinese => format!("第{}行（{chinese}）", rows.join("、")),
                });
            }
        }
        let more = reading.skipped_count - reading.skipped.len() as u64;
        if more > 0 {
            parts.push(match self.0 {
                Language::English => format!("and {} more", count(more)),
                Language::Chinese => format!("另有{}行", count(more)),
            });
        }
        match self.0 {
            Language::English => format!("rows left out: {}", parts.join("; ")),
            Language::Chinese => format!("跳过的行：{}", parts.join("；")),
        }
    }

    /// What became of a file.
    #[must_use]
    pub fn became(self, tally: &Tally, is_check: bool) -> String {
        let rows = tally.rows;
        let mut text = match (self.0, is_check) {
            (Language::English, false) => format!(
                "  created {}, repeated {}, corrected {}, refused {}, asked {}",
                count(rows.created),
                count(rows.repeated),
                count(rows.corrected),
                count(rows.refused),
                count(tally.asked)
            ),
            (Language::Chinese, false) => format!(
                "  新增{}，重复{}，更正{}，退回{}，待核{}",
                count(rows.created),
                count(rows.repeated),
                count(rows.corrected),
                count(rows.refused),
                count(tally.asked)
            ),
            (Language::English, true) => format!(
                "  checked only, nothing recorded: {} pass, {} would be refused, {} asked",
                count(rows.total() - rows.refused),
                count(rows.refused),
                count(tally.asked)
            ),
            (Language::Chinese, true) => format!(
                "  仅检查，未入库：通过{}，将退回{}，待核{}",
                count(rows.total() - rows.refused),
                count(rows.refused),
                count(tally.asked)
            ),
        };
        let performances = tally.performances;
        if performances.total() > 0 && !is_check {
            _ = match self.0 {
                Language::English => write!(
                    text,
                    "\n  performance of commitments: created {}, repeated {}, corrected {}, refused {}",
                    count(performances.created),
                    count(performances.repeated),
                    count(performances.corrected),
                    count(performances.refused)
                ),
                Language::Chinese => write!(
                    text,
                    "\n  履约践诺：新增{}，重复{}，更正{}，退回{}",
                    count(performances.created),
                    count(performances.repeated),
                    count(performances.corrected),
                    count(performances.refused)
                ),
            };
        }
        if tally.replayed_batches > 0 {
            let says = self.pick(
                "part of this file was imported before; those rows are counted as they were then",
                "该文件（或其一部分）此前已导入，这些行按首次导入时的结果计数",
            );
            _ = write!(text, "\n  {says}");
        }
        text
    }

    /// Where the rows are that came back, and what to do with them.
    #[must_use]
    pub fn returned(self, paths: &[std::path::PathBuf], rows: u64, again: &str) -> String {
        let shown: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        let first = paths.first().map_or_else(String::new, |path| quoted(path));
        match self.0 {
            Language::English => format!(
                "  {} rows came back: {}\n  mend them there and import one of the files: credence import {first}{again}",
                count(rows),
                shown.join(", ")
            ),
            Language::Chinese => format!(
                "  退回{}行：{}\n  改正后导入其中一个文件：credence import {first}{again}",
                count(rows),
                shown.join("、")
            ),
        }
    }

    /// Why an import came to its end early.
    #[must_use]
    pub fn stopped(self, stopped: &Stopped, server: &str) -> String {
        let says = match (stopped, self.0) {
            (Stopped::Address(address), Language::English) => {
                format!("{address:?} is no address of a server")
            }
            (Stopped::Address(address), Language::Chinese) => format!("“{address}”不是服务地址"),
            (Stopped::Unreachable { words }, Language::English) => {
                format!(
                    "no answer from {server} ({words}); import the file again, what was answered is repeated"
                )
            }
            (Stopped::Unreachable { words }, Language::Chinese) => {
                format!("{server}没有应答（{words}）；稍后重新导入该文件即可，已入库的不会重复计数")
            }
            (Stopped::Refused(status), language) => {
                let chinese = status.get_details_localized_message().map(|said| said.message);
                let reason = status
                    .get_details_error_info()
                    .map(|info| info.reason)
                    .unwrap_or_default();
                match (language, chinese) {
                    (Language::Chinese, Some(chinese)) => format!("服务拒绝（{reason}）：{chinese}"),
                    (Language::Chinese, None) => format!("服务拒绝（{reason}）：{}", status.message()),
                    (Language::English, _) => format!("the server refuses ({reason}): {}", status.message()),
                }
            }
            (Stopped::Contract(words), Language::English) => {
                format!("{words}; server and program are of different releases")
            }
            (Stopped::Contract(words), Language::Chinese) => format!("{words}；服务与本程序版本不一致"),
            (Stopped::Local { english, .. }, Language::English) => english.clone(),
            (Stopped::Local { chinese, .. }, Language::Chinese) => chinese.clone(),
        };
        let begin = self.pick("stopped: ", "已停止：");
        format!("  {begin}{says}")
    }
}

/// The path as a shell takes it.
#[must_use]
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |character: char| character.is_alphanumeric() || "._-/:\\".contains(character);
    if text.chars().all(is_plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_path_is_quoted_where_a_shell_would_cut_it() {
        assert_eq!(quoted(Path::new("数据/甲局.xlsx")), "数据/甲局.xlsx");
        assert_eq!(quoted(Path::new("甲 局's.csv")), "'甲 局'\\''s.csv'");
    }
}
