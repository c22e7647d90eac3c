//! What `credence import` can be told, and its exit codes. Read first: [`Options`].

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::commands::demo::{Format as Printed, Language};
use crate::domain::subject::SubjectKind;

/// Where a server is looked for.
pub const SERVER: &str = "http://127.0.0.1:50051";

/// Some rows were refused.
pub const EXIT_REFUSED: u8 = 1;
/// A file is not read, or follows no layout.
pub const EXIT_USAGE: u8 = 2;
/// No server answers.
pub const EXIT_UNREACHABLE: u8 = 3;
/// The server refuses the import as a whole, or the disk what comes back.
pub const EXIT_STOPPED: u8 = 4;

/// What `credence import` can be told.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
退出码 / Exit codes:
  0  全部入库 / all rows are in
  1  有退回的行，见 *.rejected.xlsx / some rows came back
  2  命令有误，或文件、模板无法识别 / the command, a file or its layout is not understood
  3  连不上服务，可稍后重新导入 / no server answers; import again later
  4  服务拒绝整批导入，或磁盘写入失败 / the server refuses as a whole, or the disk fails

示例 / Examples:
  credence import 6月承诺.xlsx
  credence import --check 6月承诺.csv
  credence import --layout PENALTY_V2 --party-kind organisation 处罚.csv")]
pub struct Options {
    /// 要导入的文件：CSV 或 XLSX / Files to import, CSV or XLSX
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// 服务地址 / Address of the server [default: http://127.0.0.1:50051]
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// 仅检查，不入库；同时给出 --server 时由服务检查 / Checks and records nothing; with --server the server checks
    #[arg(long)]
    pub check: bool,
    /// 指定模板，如 PENALTY_V2；不指定则按表头识别 / Layout; found by the headers if not given
    #[arg(long)]
    pub layout: Option<String>,
    /// 全部行的相对人类别，用于没有“类别”列的文件 / Kind of party of all rows, for files without that column
    #[arg(long, value_enum)]
    pub party_kind: Option<PartyKind>,
    /// 工作表名称；不指定则取第一个能识别的 / Worksheet; the first one with a known header if not given
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// 来源系统，记入每一行 / System the rows come from, recorded with each
    #[arg(long, value_name = "SYSTEM", default_value = "")]
    pub source: String,
    /// 履约状况与已入库的不同时，作为更正 / Takes performance that differs from the recorded one as a correction
    #[arg(long)]
    pub correct: bool,
    /// 退回文件所在文件夹；默认与原文件相同 / Folder for rows that come back; beside the file if not given
    #[arg(long, value_name = "DIR")]
    pub rejects: Option<PathBuf>,
    /// 每批行数 / Rows per batch
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub batch_size: u32,
    /// 服务中断后最多等待多少秒 / Seconds to wait for a server that has stopped answering
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub wait: u64,
    /// 模板与目录所在文件夹；默认用服务的模板，无服务时用内置的 / Folder of policies with the layouts; those of the server if not given, without one those built in
    #[arg(long, value_name = "DIR")]
    pub policies: Option<PathBuf>,
    /// 结果的格式 / How the result is printed
    #[arg(long, value_enum, default_value_t = Printed::Text)]
    pub format: Printed,
    /// 语言 / Language
    #[arg(long, value_enum, default_value_t = Language::Chinese)]
    pub lang: Language,
}

/// Kind of party of every row of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PartyKind {
    /// 法人及非法人组织
    Organisation,
    /// 自然人
    Person,
    /// 个体工商户
    IndividualBusiness,
}

impl PartyKind {
    /// Returns the kind as rows state it.
    #[must_use]
    pub fn kind(self) -> SubjectKind {
        match self {
            Self::Organisation => SubjectKind::Organisation,
            Self::Person => SubjectKind::Person,
            Self::IndividualBusiness => SubjectKind::IndividualBusiness,
        }
    }

    /// Returns the value by which the command line names it.
    #[must_use]
    pub fn flag(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Person => "person",
            Self::IndividualBusiness => "individual-business",
        }
    }
}
