//! `credence export`: what the service holds, as the tables that departments know; and empty ones.
//!
//! Persons are masked, as in every answer of the service. Read first: [`run`].

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use tonic::Status;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;

use super::demo::Language;
use super::import::{EXIT_STOPPED, EXIT_UNREACHABLE, EXIT_USAGE, SERVER, policies};
use crate::policy::Policies;

mod catalogue;
pub(in crate::commands) mod commitments;
mod decisions;
mod lists;
mod records;
pub(in crate::commands) mod target;
pub(in crate::commands) mod template;

use commitments::Words;
use lists::List;
use target::{Target, Unwritten};

/// What `credence export` can be told.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
退出码 / Exit codes:
  0  已导出 / done
  2  命令有误，或没有此模板 / the command or the layout is not understood
  3  连不上服务 / no server answers
  4  服务拒绝，或文件无法写入 / the server refuses, or the file cannot be written

示例 / Examples:
  credence export COMMITMENT --out 承诺.xlsx --department departments/SCJG
  credence export COMMITMENT --template --out 承诺空表.xlsx")]
pub struct Options {
    /// 模板，如 COMMITMENT、PENALTY_V2；写 layouts 列出全部 / Layout; `layouts` lists them
    #[arg(value_name = "LAYOUT")]
    pub layout: String,
    /// 空表：只有表头和填表说明，不需要服务 / Empty table with explanations; needs no server
    #[arg(long)]
    pub template: bool,
    /// 文件；不指定则输出 CSV 到标准输出 / File; CSV to the standard output if not given
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// 格式；不指定则按文件扩展名 / Format; by the file's extension if not given
    #[arg(long, value_enum)]
    pub format: Option<TableFormat>,
    /// 服务地址 / Address of the server
    #[arg(long, value_name = "URL", default_value = SERVER)]
    pub server: String,
    /// 部门，如 departments/SCJG / Department
    #[arg(long)]
    pub department: Option<String>,
    /// 主体，如 subjects/… / Subject
    #[arg(long)]
    pub subject: Option<String>,
    /// 作出或决定日期自（含）/ First day of promise or decision
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// 作出或决定日期至（含）/ Last day of promise or decision, included
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,
    /// 收到日期自（含）/ First day of receipt
    #[arg(long, value_name = "DATE")]
    pub received_from: Option<String>,
    /// 收到日期至（含）/ Last day of receipt, included
    #[arg(long, value_name = "DATE")]
    pub received_until: Option<String>,
    /// 包括已撤销、删除等的 / Also what was withdrawn or has come to another end
    #[arg(long)]
    pub all: bool,
    /// 自然人信息不脱敏，须说明用途（记入账本），且服务须允许（reads_in_full） / Shows natural persons in full; the purpose is recorded with the reading, and the service has to allow it
    #[arg(long, value_name = "PURPOSE")]
    pub in_full: Option<String>,
    /// 模板所在文件夹；默认用服务的模板，空表用内置的 / Folder of policies with the layouts; those of the server if not given, for empty tables those built in
    #[arg(long, value_name = "DIR")]
    pub policies: Option<PathBuf>,
    /// 语言 / Language
    #[arg(long, value_enum, default_value_t = Language::Chinese)]
    pub lang: Language,
}

/// Kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    Csv,
    Xlsx,
}

/// Why an export came to no end.
#[derive(Debug)]
enum Failed {
    NoLayout(String),
    NoTemplate(String),
    Policies(String),
    Address(String),
    Unreachable(String),
    Refused(Box<Status>),
    Unwritten(Unwritten),
}

impl From<Unwritten> for Failed {
    fn from(error: Unwritten) -> Self {
        Self::Unwritten(error)
    }
}

impl From<Status> for Failed {
    fn from(status: Status) -> Self {
        Self::Refused(Box::new(status))
    }
}

impl Failed {
    fn exit_code(&self) -> u8 {
        match self {
            Self::NoLayout(_) | Self::NoTemplate(_) | Self::Policies(_) | Self::Address(_) => EXIT_USAGE,
            Self::Unreachable(_) => EXIT_UNREACHABLE,
            Self::Refused(_) => EXIT_STOPPED,
            Self::Unwritten(Unwritten::NoFile) => EXIT_USAGE,
            Self::Unwritten(_) => EXIT_STOPPED,
        }
    }

    fn says(&self, language: Language) -> String {
        match (self, language) {
            (Self::NoLayout(code), Language::English) => {
                format!("there is no layout {code}; `credence export layouts` lists them")
            }
            (Self::NoLayout(code), Language::Chinese) => {
                format!("没有名为{code}的模板；credence export layouts可列出全部模板")
            }
            (Self::NoTemplate(code), Language::English) => {
                format!("{code} is data of the service and is not imported; there is no empty table of it")
            }
            (Self::NoTemplate(code), Language::Chinese) => {
                format!("{code}是服务自带的数据，不由文件导入，没有空表")
            }
            (Self::Policies(mistakes), _) => mistakes.clone(),
            (Self::Address(address), Language::English) => format!("{address:?} is no address of a server"),
            (Self::Address(address), Language::Chinese) => format!("“{address}”不是服务地址"),
            (Self::Unreachable(words), Language::English) => format!("no server answers: {words}"),
            (Self::Unreachable(words), Language::Chinese) => format!("服务没有应答：{words}"),
            (Self::Refused(status), Language::English) => format!("the server refuses: {}", status.message()),
            (Self::Refused(status), Language::Chinese) => {
                let chinese = status.get_details_localized_message().map(|said| said.message);
                format!(
                    "服务拒绝：{}",
                    chinese.unwrap_or_else(|| status.message().to_owned())
                )
            }
            (Self::Unwritten(error), Language::English) => format!("not written: {error}"),
            (Self::Unwritten(Unwritten::Exists(path)), Language::Chinese) => {
                format!("未导出：{path}已存在，请换一个文件名")
            }
            (Self::Unwritten(Unwritten::NoFile), Language::Chinese) => {
                "未导出：XLSX须写入文件，请给出--out".to_owned()
            }
            (Self::Unwritten(error), Language::Chinese) => format!("未导出：{error}"),
        }
    }
}

/// How many rows went out, and how many of them are masked.
#[derive(Clone, Copy, Debug, Default)]
struct Done {
    rows: u64,
    masked: u64,
}

/// Exports a list or an empty table and answers with the exit code; says on the standard error what it did.
pub async fn run(options: &Options) -> u8 {
    match export(options).await {
        Ok(says) => {
            if !says.is_empty() {
                eprintln!("{says}");
            }
            0
        }
        Err(failed) => {
            eprintln!("{}", failed.says(options.lang));
            failed.exit_code()
        }
    }
}

async fn export(options: &Options) -> Result<String, Failed> {
    let mut policies = policies(options.policies.as_deref()).map_err(Failed::Policies)?;
    if options.policies.is_none()
        && !options.template
        && let Some(endpoint) = super::import::endpoint(&options.server)
        && let Some(layouts) = super::served::layouts(&endpoint).await
    {
        policies.layouts = layouts;
    }
    if options.layout.eq_ignore_ascii_case("layouts") {
        println!("{}", listed(&policies));
        return Ok(String::new());
    }
    if let Some(catalogue) = catalogue::Catalogue::of(&options.layout) {
        return exported_catalogue(options, catalogue).await;
    }
    let layouts = policies.layouts.layouts();
    let layout = layouts
        .iter()
        .find(|layout| layout.code.eq_ignore_ascii_case(&options.layout));
    let layout = layout.ok_or_else(|| Failed::NoLayout(options.layout.clone()))?;
    let columns = template::columns(layout, &policies.layouts);
    let out = options.out.as_deref();
    let begin = || Target::new(out, is_workbook(options), &layout.title_zh, &columns);
    if options.template {
        begin()?.finish(&template::notes(layout, &policies.layouts))?;
        return Ok(match options.lang {
            Language::English => format!("empty table of {} ({})", layout.code, layout.title_en),
            Language::Chinese => format!("已导出空表：{}（{}）", layout.code, layout.title_zh),
        });
    }
    let channel = connect(&options.server).await?;
    let list = List {
        options,
        words: Words(&policies.layouts),
        layout,
        channel,
    };
    let mut target = begin()?;
    let done = list.written(&mut target).await?;
    target.finish(&[])?;
    Ok(said(done, options.lang))
}

fn said(done: Done, language: Language) -> String {
    let Done { rows, masked } = done;
    match language {
        Language::English if masked > 0 => {
            format!(
                "{rows} rows; {masked} of them name natural persons, are masked, and cannot be imported again"
            )
        }
        Language::English => format!("{rows} rows"),
        Language::Chinese if masked > 0 => {
            format!("已导出{rows}行，其中{masked}行含自然人信息，已脱敏，不能再导入")
        }
        Language::Chinese => format!("已导出{rows}行"),
    }
}

fn listed(policies: &Policies) -> String {
    let line = |(code, zh, en): (&str, &str, &str)| format!("{code:<22} {zh} / {en}");
    let layouts = policies.layouts.layouts().iter();
    let layouts = layouts.map(|one| line((&one.code, &one.title_zh, &one.title_en)));
    let catalogues = catalogue::ALL.iter();
    let catalogues = catalogues.map(|one| line((one.code(), one.title_zh(), one.title_en())));
    layouts.chain(catalogues).collect::<Vec<_>>().join("\n")
}

fn is_workbook(options: &Options) -> bool {
    let extension = |path: &Path| {
        path.extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("xlsx"))
    };
    match options.format {
        Some(format) => format == TableFormat::Xlsx,
        None => options.out.as_deref().is_some_and(extension),
    }
}

async fn connect(server: &str) -> Result<Channel, Failed> {
    let endpoint = super::import::endpoint(server).ok_or_else(|| Failed::Address(server.to_owned()))?;
    endpoint.connect().await.map_err(|error| {
        let mut inner: &dyn std::error::Error = &error;
        while let Some(source) = inner.source() {
            inner = source;
        }
        Failed::Unreachable(inner.to_string())
    })
}

async fn exported_catalogue(options: &Options, catalogue: catalogue::Catalogue) -> Result<String, Failed> {
    if options.template {
        return Err(Failed::NoTemplate(catalogue.code().to_owned()));
    }
    let channel = connect(&options.server).await?;
    let (out, is_workbook) = (options.out.as_deref(), is_workbook(options));
    let mut target = Target::new(out, is_workbook, catalogue.title_zh(), &catalogue.columns())?;
    let mut done = Done::default();
    for cells in catalogue.rows(channel).await? {
        target.row(&cells)?;
        done.rows += 1;
    }
    target.finish(&[])?;
    Ok(said(done, options.lang))
}
