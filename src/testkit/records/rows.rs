//! What the rows of credit records say: plausible, plain, and about nobody.

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Body, Party};
use crate::domain::record::{ReportedRecord, Source};
use crate::domain::subject::SubjectKind;
use crate::testkit::dice::Dice;

/// Kinds of penalty with their codes and share in permille; the first one with an amount says which.
const KINDS: [(&str, &[&str], usize); 8] = [
    ("罚款", &["02"], 560),
    ("警告", &["01"], 160),
    ("警告;罚款", &["01", "02"], 90),
    ("罚款;没收违法所得", &["02", "03"], 100),
    ("通报批评", &["08"], 30),
    ("责令停产停业", &["04"], 20),
    ("吊销许可证", &["05"], 20),
    ("暂扣许可证", &["11"], 20),
];

const BASES: [&str; 4] = [
    "《中华人民共和国行政处罚法》第二十八条",
    "《中华人民共和国行政处罚法》第三十二条",
    "有关行业管理规定",
    "有关地方性法规的规定",
];

/// Fills in one item after another.
pub struct Items(Vec<(String, String)>);

impl Items {
    fn put(mut self, code: &str, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.0.push((code.to_owned(), text));
        }
        self
    }

    /// Name, kind and codes of the party; `prefix` is that of the layout.
    fn party(self, prefix: &str, party: &Party) -> Self {
        let item = |name: &str| format!("{prefix}_XDR_{name}");
        let items = self
            .put(&item("MC"), &party.name)
            .put(&item("LB"), kind_words(party.kind));
        match party.kind {
            SubjectKind::Organisation | SubjectKind::IndividualBusiness => {
                items.put(&item("SHXYM"), &party.code)
            }
            SubjectKind::Person => items.put(&item("ZJLX"), "身份证").put(&item("ZJHM"), &party.code),
        }
    }

    fn representative(self, prefix: &str, party: &Party) -> Self {
        match party.kind {
            SubjectKind::Organisation | SubjectKind::IndividualBusiness => {
                self.put(&format!("{prefix}_FRDB"), &party.representative)
            }
            SubjectKind::Person => self,
        }
    }

    fn bodies(self, [name, code, source, source_code]: [&str; 4], body: &Body) -> Self {
        self.put(name, &body.name)
            .put(code, &body.code)
            .put(source, &body.name)
            .put(source_code, &body.code)
    }

    fn row(self, layout: &str, source: Source) -> ReportedRecord {
        ReportedRecord {
            layout: layout.to_owned(),
            items: self.0,
            source,
        }
    }
}

fn kind_words(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Organisation => "法人及非法人组织",
        SubjectKind::Person => "自然人",
        SubjectKind::IndividualBusiness => "个体工商户",
    }
}

/// What is decided: about whom, by whom, under which number, when, and on what matter.
pub struct Decided<'a> {
    pub party: &'a Party,
    pub body: &'a Body,
    pub number: &'a str,
    pub on: Date,
    pub matter: &'a str,
    pub source: Source,
}

/// An amount of yuan in 万元, without zeroes at its end.
fn wan(yuan: usize) -> String {
    let text = format!("{}.{:04}", yuan / 10_000, yuan % 10_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A penalty's kinds as written and by code, its content and its amounts.
pub struct Sanction {
    pub words: &'static str,
    pub codes: &'static [&'static str],
    pub content: String,
    pub fine: String,
    pub confiscated: String,
    pub licence: String,
}

/// Draws a sanction.
pub fn sanction(dice: &mut Dice) -> Sanction {
    let (words, codes, _) = KINDS[dice.weighted(&KINDS.map(|(_, _, share)| share))];
    let fine = (1 + dice.below(120)) * if dice.chance(150) { 2_500 } else { 100 };
    let confiscated = (1 + dice.below(90)) * 50;
    let content = match codes {
        ["02"] => format!("罚款人民币{fine}元"),
        ["01", "02"] => format!("警告，并处罚款{fine}元"),
        ["02", "03"] => format!("没收违法所得{confiscated}元，罚款{fine}元"),
        _ => format!("给予{words}的行政处罚"),
    };
    let takes = |code: &str| codes.contains(&code);
    Sanction {
        words,
        codes,
        content,
        fine: if takes("02") { wan(fine) } else { String::new() },
        confiscated: if takes("03") {
            wan(confiscated)
        } else {
            String::new()
        },
        licence: if takes("05") || takes("11") {
            format!("经营许可证JY{:08}", dice.below(100_000_000))
        } else {
            String::new()
        },
    }
}

/// A penalty in the layout since 2018.
pub fn penalty(dice: &mut Dice, of: &Decided<'_>, sanction: &Sanction) -> ReportedRecord {
    let procedure = if dice.chance(350) {
        "简易"
    } else {
        "普通程序"
    };
    let until = if dice.chance(400) {
        "2099-12-31".to_owned()
    } else {
        (of.on + 1.years()).to_string()
    };
    let scope = match of.party.kind {
        SubjectKind::Person => "特定范围内公开",
        SubjectKind::Organisation | SubjectKind::IndividualBusiness => "",
    };
    Items(Vec::with_capacity(24))
        .party("CF", of.party)
        .representative("CF", of.party)
        .put("CF_WSH", of.number)
        .put("CF_WFXW", of.matter)
        .put(
            "CF_SY",
            format!("经查，当事人{}，事实清楚，证据充分。", of.matter),
        )
        .put("CF_YJ", *dice.pick(&BASES))
        .put("CF_CFLB", sanction.words)
        .put("CF_NR", &sanction.content)
        .put("CF_NR_FK", &sanction.fine)
        .put("CF_NR_WFFF", &sanction.confiscated)
        .put("CF_NR_ZKDX", &sanction.licence)
        .put("CF_JDRQ", of.on.to_string())
        .put("CF_YXQ", until)
        .put("CF_GSJZQ", (of.on + 1.years()).to_string())
        .bodies(["CF_CFJG", "CF_CFJGDM", "CF_SJLY", "CF_SJLYDM"], of.body)
        .put("CF_AJCXLB", procedure)
        .put("CF_SYFW", scope)
        .row("PENALTY_V2", of.source.clone())
}

/// A penalty in the layout of before.
pub fn old_penalty(of: &Decided<'_>, sanction: &Sanction, division: &str) -> ReportedRecord {
    let (first, second) = sanction.words.split_once(';').unwrap_or((sanction.words, ""));
    let (code, document, representative) = match of.party.kind {
        SubjectKind::Person => ("", of.party.code.as_str(), ""),
        SubjectKind::Organisation | SubjectKind::IndividualBusiness => {
            (of.party.code.as_str(), "", of.party.representative.as_str())
        }
    };
    Items(Vec::with_capacity(18))
        .put("CF_WSH", of.number)
        .put("CF_CFMC", of.matter)
        .put("CF_CFLB1", first)
        .put("CF_CFLB2", second)
        .put("CF_SY", format!("当事人{}。", of.matter))
        .put("CF_YJ", "《中华人民共和国行政处罚法》第二十七条")
        .put("CF_XDR_MC", &of.party.name)
        .put("CF_XDR_SHXYM", code)
        .put("CF_XDR_SFZ", document)
        .put("CF_FR", representative)
        .put("CF_JG", &sanction.content)
        .put("CF_JDRQ", of.on.strftime("%Y/%m/%d").to_string())
        .put("CF_XZJG", &of.body.name)
        .put("CF_ZT", "0")
        .put("DFBM", division)
        .put("SJC", "2018-12-31")
        .row("PENALTY_V1", of.source.clone())
}

/// A licence.
pub fn licence(dice: &mut Dice, of: &Decided<'_>) -> ReportedRecord {
    let until = if dice.chance(300) {
        "2099/12/31".to_owned()
    } else {
        (of.on + 5.years()).to_string()
    };
    Items(Vec::with_capacity(24))
        .party("XK", of.party)
        .representative("XK", of.party)
        .put("XK_XKWS", of.matter)
        .put("XK_WSH", of.number)
        .put("XK_XKLB", "普通")
        .put("XK_XKZS", "许可证")
        .put("XK_XKBH", format!("JY{:08}", dice.below(100_000_000)))
        .put("XK_NR", format!("准予{}", of.matter))
        .put("XK_JDRQ", of.on.to_string())
        .put("XK_YXQZ", of.on.to_string())
        .put("XK_YXQZI", until)
        .bodies(["XK_XKJG", "XK_XKJGDM", "XK_LYDW", "XK_LYDWDM"], of.body)
        .put("XK_ZT", "1")
        .row("LICENCE_V2", of.source.clone())
}

/// The layouts of which the year has some tens of rows: code, prefix of its items, and the items of its own.
pub const OTHERS: [Other; 5] = [
    Other {
        layout: "SERIOUS_LISTING",
        prefix: "YZ",
        date: "YZ_LRRQ",
        matter: "YZ_MD",
        matters: &[
            "拖欠农民工工资失信联合惩戒对象名单",
            "市场监督管理严重违法失信名单",
        ],
        own: &[("YZ_SY", "符合列入情形"), ("YZ_YJ", "有关名单管理办法")],
        count: 24,
    },
    Other {
        layout: "ABNORMAL_LISTING",
        prefix: "YC",
        date: "YC_LRRQ",
        matter: "YC_YY",
        matters: &["未按规定公示年度报告", "通过登记的住所或者经营场所无法联系"],
        own: &[("YC_SM", "经核查属实")],
        count: 60,
    },
    Other {
        layout: "COMMENDATION",
        prefix: "BJ",
        date: "BJ_JDRQ",
        matter: "BJ_MC",
        matters: &["诚信经营示范单位", "守合同重信用企业", "青年文明号"],
        own: &[("BJ_JB", "旗县区级"), ("BJ_SY", "诚信经营，成绩突出")],
        count: 36,
    },
    Other {
        layout: "EVALUATION",
        prefix: "PJ",
        date: "PJ_JDRQ",
        matter: "PJ_LB",
        matters: &["纳税缴费信用评价", "公共信用综合评价"],
        own: &[("PJ_DJZ", "A-B-M-C-D"), ("PJ_DJ", "A"), ("PJ_FS", "92.5")],
        count: 80,
    },
    Other {
        layout: "INSPECTION_RESULT",
        prefix: "JC",
        date: "JC_JCRQ",
        matter: "JC_SX",
        matters: &["登记事项检查", "公示信息检查", "安全生产检查"],
        own: &[("JC_LX", "双随机抽查"), ("JC_JG", "未发现问题")],
        count: 90,
    },
];

/// What a small layout asks for beside party, number, date, matter and organ.
pub struct Other {
    pub layout: &'static str,
    pub prefix: &'static str,
    pub date: &'static str,
    pub matter: &'static str,
    pub matters: &'static [&'static str],
    pub own: &'static [(&'static str, &'static str)],
    pub count: usize,
}

/// A row of one of the small layouts.
pub fn other(layout: &Other, of: &Decided<'_>) -> ReportedRecord {
    let item = |name: &str| format!("{}_{name}", layout.prefix);
    let [name, code, source, source_code] = ["JGMC", "JGDM", "LYDW", "LYDWDM"].map(item);
    let mut items = Items(Vec::with_capacity(16))
        .party(layout.prefix, of.party)
        .put(&item("WSH"), of.number)
        .put(layout.matter, of.matter)
        .put(layout.date, of.on.to_string())
        .bodies([&name, &code, &source, &source_code], of.body);
    for (code, text) in layout.own {
        items = items.put(code, *text);
    }
    items.row(layout.layout, of.source.clone())
}

/// What a ruling says of the decision it is about.
pub struct Ruling<'a> {
    pub kind: &'static str,
    pub outcome: &'static str,
    /// What it changes; empty for every other outcome.
    pub changes: &'static str,
    pub target_number: &'a str,
    pub target_on: Date,
    pub target_body: &'a Body,
    /// Who rules: name and code; the row comes from the district's body.
    pub court: (&'static str, String),
}

/// A ruling on a penalty.
pub fn ruling(of: &Decided<'_>, ruling: &Ruling<'_>) -> ReportedRecord {
    Items(Vec::with_capacity(20))
        .party("CJ", of.party)
        .put("CJ_WSH", of.number)
        .put("CJ_LB", ruling.kind)
        .put("CJ_JG", ruling.outcome)
        .put("CJ_JDRQ", of.on.to_string())
        .put("CJ_YLB", "行政处罚")
        .put("CJ_YJGMC", &ruling.target_body.name)
        .put("CJ_YJGDM", &ruling.target_body.code)
        .put("CJ_YWSH", ruling.target_number)
        .put("CJ_YJDRQ", ruling.target_on.to_string())
        .put("CJ_BGNR", ruling.changes)
        .put("CJ_JGMC", ruling.court.0)
        .put("CJ_JGDM", &ruling.court.1)
        .put("CJ_LYDW", &of.body.name)
        .put("CJ_LYDWDM", &of.body.code)
        .row("RULING", of.source.clone())
}

/// Writes a row as another department's system would: other brackets, other dates, more zeroes.
pub fn retold(dice: &mut Dice, row: &ReportedRecord, source: Source) -> ReportedRecord {
    let style = dice.below(3);
    let mut row = ReportedRecord {
        source,
        ..row.clone()
    };
    for (code, text) in &mut row.items {
        if code.ends_with("_WSH") {
            *text = match style {
                0 => text.replace('〔', "[").replace('〕', "]"),
                1 => text.replace('〔', "（").replace('〕', "）"),
                _ => format!(" {text}"),
            };
        } else if code.ends_with("_JDRQ") {
            *text = if style == 1 {
                text.replace('-', "")
            } else {
                text.replace('-', "/")
            };
        } else if code.ends_with("_SHXYM") && style == 2 {
            *text = text.to_lowercase();
        } else if code.ends_with("_FK") && style == 0 {
            *text = if text.contains('.') {
                format!("{text}0")
            } else {
                format!("{text}.00")
            };
        }
    }
    row
}

/// Replaces an item, or adds it.
pub fn set(row: &mut ReportedRecord, code: &str, text: impl Into<String>) {
    row.items.retain(|(one, _)| one != code);
    row.items.push((code.to_owned(), text.into()));
}
