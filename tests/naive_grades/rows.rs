//! Rows of credit records of a generated district, about subjects that are numbers.

use credence::domain::civil_date::CivilDate;
use credence::domain::record::{RecordKind, ReportedRecord, Source};
use credence::domain::social_credit_code::SocialCreditCode;
use credence::policy::Policies;

use super::world::Chance;

/// Every fifth subject is an individual business, the others are organisations.
pub fn is_business(party: usize) -> bool {
    party % 5 == 4
}

pub fn name_of(party: usize) -> String {
    format!("（测试）主体{party}号")
}

pub fn code_of(party: usize) -> SocialCreditCode {
    let kind = if is_business(party) { '2' } else { '1' };
    SocialCreditCode::compose('9', kind, "150802", &format!("MA{party:06}")).expect("parts of a code")
}

/// Who decides on what: body, its name, matter, and a sector that the data give to it.
#[derive(Clone, Debug)]
pub struct Field {
    pub kind: RecordKind,
    pub body: SocialCreditCode,
    pub title: String,
    pub matter: String,
    pub sector: String,
}

/// Every field that attribution data name.
pub fn fields(policies: &Policies) -> Vec<Field> {
    let mut all = Vec::new();
    for rule in policies
        .attribution
        .rules()
        .iter()
        .filter(|rule| rule.until.is_none())
    {
        for body in &rule.bodies {
            let title = policies.catalog.body(body).map(|one| one.title_zh.clone());
            let title = title.or_else(|| policies.catalog.accepting_body(body).map(|_| "某局".to_owned()));
            let matters: Vec<String> = rule.matters.iter().map(|one| one.as_str().to_owned()).collect();
            let general = if matters.is_empty() {
                vec!["一般事项".to_owned()]
            } else {
                matters
            };
            for matter in general {
                all.push(Field {
                    kind: rule.kind,
                    body: *body,
                    title: title.clone().unwrap_or_else(|| "某局".to_owned()),
                    matter,
                    sector: rule.sectors.first().map(ToString::to_string).unwrap_or_default(),
                });
            }
        }
    }
    all
}

/// One decision, as often as it is told.
#[derive(Clone, Debug)]
pub struct Decision {
    pub kind: RecordKind,
    pub party: usize,
    pub number: usize,
    pub on: CivilDate,
    pub field: Field,
    /// Draws what the row says beside that; another one is another content.
    pub words: u64,
}

const PENALTIES: [(&str, &str, &str); 8] = [
    ("罚款", "0.2", ""),
    ("警告", "", ""),
    ("警告;罚款", "0.5", ""),
    ("罚款;没收违法所得", "12", ""),
    ("通报批评", "", ""),
    ("责令停产停业", "", ""),
    ("吊销许可证", "", "许可证 甲字1号"),
    ("暂扣许可证", "", "许可证 甲字1号"),
];

/// The row as a department sends it.
pub fn row(decision: &Decision, codes: &[String]) -> ReportedRecord {
    let mut chance = Chance::new(decision.words);
    let prefix = match decision.kind {
        RecordKind::Penalty => "CF",
        RecordKind::Licence => "XK",
        RecordKind::Listing => "YZ",
        RecordKind::AbnormalListing => "YC",
        RecordKind::Commendation => "BJ",
        RecordKind::Evaluation => "PJ",
        RecordKind::InspectionResult => "JC",
        RecordKind::Ruling => "CJ",
    };
    let kind = if is_business(decision.party) {
        "个体工商户"
    } else {
        "法人及非法人组织"
    };
    let (matter, on) = (decision.field.matter.clone(), decision.on.to_string());
    let sign = ["罚", "许", "列", "异", "表", "评", "检", "复"][usize::from(decision.kind as u8) - 1];
    let until = match chance.below(3) {
        0 => String::new(),
        1 => "2099-12-31".to_owned(),
        _ => CivilDate::from_days(decision.on.days() + 90 + i32::try_from(chance.below(700)).expect("small"))
            .expect("a day")
            .to_string(),
    };
    let own = |list: &[(&str, String)]| -> Vec<(String, String)> {
        list.iter()
            .map(|(code, text)| (format!("{prefix}_{code}"), text.clone()))
            .collect()
    };
    let mut items = own(&[
        ("XDR_MC", name_of(decision.party)),
        ("XDR_LB", kind.to_owned()),
        ("XDR_SHXYM", code_of(decision.party).to_string()),
        ("WSH", format!("临{sign}〔2024〕{}号", decision.number)),
    ]);
    let body = |[name, code, source, source_code]: [&'static str; 4]| {
        let (title, own) = (decision.field.title.clone(), decision.field.body.to_string());
        [
            (name, title.clone()),
            (code, own.clone()),
            (source, title),
            (source_code, own),
        ]
    };
    let layout = match decision.kind {
        RecordKind::Penalty => {
            let (kinds, fine, licence) = PENALTIES[chance.below(PENALTIES.len())];
            let procedure = ["简易", "普通程序", ""][chance.below(3)];
            let severity = ["", "", "", "一般", "严重", "轻微"][chance.below(6)];
            let until = if until.is_empty() {
                "2099-12-31".to_owned()
            } else {
                until
            };
            items.extend(own(&[
                ("FRDB", "测试某".to_owned()),
                ("WFXW", matter),
                ("SY", "经查属实".to_owned()),
                ("YJ", "有关规定".to_owned()),
                ("CFLB", kinds.to_owned()),
                ("NR", kinds.to_owned()),
                ("NR_FK", fine.to_owned()),
                (
                    "NR_WFFF",
                    if kinds.contains("没收") { "0.3" } else { "" }.to_owned(),
                ),
                ("NR_ZKDX", licence.to_owned()),
                ("JDRQ", on),
                ("YXQ", until),
                ("AJCXLB", procedure.to_owned()),
                ("SXYZCD", severity.to_owned()),
            ]));
            items.extend(own(&body(["CFJG", "CFJGDM", "SJLY", "SJLYDM"])));
            "PENALTY_V2"
        }
        RecordKind::Licence => {
            let until = if until.is_empty() {
                "2029-11-04".to_owned()
            } else {
                until
            };
            items.extend(own(&[
                ("FRDB", "测试某".to_owned()),
                ("XKWS", matter.clone()),
                ("XKLB", "普通".to_owned()),
                ("XKBH", "JY11508020000001".to_owned()),
                ("NR", format!("准予{matter}")),
                ("JDRQ", on.clone()),
                ("YXQZ", on),
                ("YXQZI", until),
                ("ZT", "1".to_owned()),
            ]));
            items.extend(own(&body(["XKJG", "XKJGDM", "LYDW", "LYDWDM"])));
            "LICENCE_V2"
        }
        RecordKind::Listing => {
            let list = [
                "拖欠农民工工资失信联合惩戒对象名单",
                "市场监督管理严重违法失信名单",
            ][chance.below(2)];
            items.extend(own(&[
                ("MD", list.to_owned()),
                ("SY", "符合列入情形".to_owned()),
                ("YJ", "有关名单管理办法".to_owned()),
                ("LRRQ", on),
                ("YXQ", until),
            ]));
            "SERIOUS_LISTING"
        }
        RecordKind::AbnormalListing => {
            let reason = ["未按规定公示年度报告", "通过登记的住所或者经营场所无法联系"][chance.below(2)];
            items.extend(own(&[("YY", reason.to_owned()), ("LRRQ", on), ("YXQ", until)]));
            "ABNORMAL_LISTING"
        }
        RecordKind::Commendation => {
            let honour = ["诚信经营示范单位", "守合同重信用企业", "青年文明号"][chance.below(3)];
            let rank = ["旗县区级", "国家级"][chance.below(2)];
            items.extend(own(&[
                ("MC", honour.to_owned()),
                ("JB", rank.to_owned()),
                ("JDRQ", on),
                ("YXQ", until),
            ]));
            "COMMENDATION"
        }
        RecordKind::Evaluation => {
            let (what, scale) = [
                ("公共信用综合评价", "A-B-C-D"),
                ("纳税缴费信用评价", "A-B-M-C-D"),
                ("企业信用风险分类", "A-B-C-D"),
            ][chance.below(3)];
            let levels: Vec<&str> = scale.split('-').collect();
            items.extend(own(&[
                ("LB", what.to_owned()),
                ("DJZ", scale.to_owned()),
                ("DJ", levels[chance.below(levels.len())].to_owned()),
                ("FS", format!("{}.{}", 40 + chance.below(60), chance.below(10))),
                ("JDRQ", on),
                ("YXQ", until),
            ]));
            "EVALUATION"
        }
        RecordKind::InspectionResult => {
            let mut found = String::new();
            for _ in 0..chance.below(4) {
                let code = &codes[chance.below(codes.len())];
                let times = if chance.below(3) == 0 { "*2" } else { "" };
                found.push_str(&format!("{code}{times};"));
            }
            let outcome = if found.is_empty() {
                "未发现问题"
            } else {
                "发现问题已责令改正"
            };
            items.extend(own(&[
                ("LX", "双随机抽查".to_owned()),
                ("SX", matter),
                ("JCRQ", on),
                ("JG", outcome.to_owned()),
                ("WTDM", found),
            ]));
            "INSPECTION_RESULT"
        }
        RecordKind::Ruling => unreachable!("rulings are not drawn here"),
    };
    if !matches!(decision.kind, RecordKind::Penalty | RecordKind::Licence) {
        items.extend(own(&body(["JGMC", "JGDM", "LYDW", "LYDWDM"])));
    }
    items.retain(|(_, text)| !text.is_empty());
    ReportedRecord {
        layout: layout.to_owned(),
        items,
        source: Source::default(),
    }
}
