//! What the forms of the generated year say: plausible, plain, and about nobody.

use super::dice::Dice;
use crate::domain::commitment::CommitmentKind;

/// Kinds with their share of a year, in permille.
pub(super) const KINDS: [(CommitmentKind, usize); 7] = [
    (CommitmentKind::ApprovalReplacing, 270),
    (CommitmentKind::AcceptedWithGaps, 150),
    (CommitmentKind::CertificateReplacing, 190),
    (CommitmentKind::CreditRepair, 30),
    (CommitmentKind::SelfDiscipline, 110),
    (CommitmentKind::Voluntary, 230),
    (CommitmentKind::Other, 20),
];

const MATTERS: [&str; 10] = [
    "食品经营许可",
    "公共场所卫生许可",
    "道路货物运输经营许可",
    "林草种子生产经营许可",
    "烟草专卖零售许可",
    "动物防疫条件合格证核发",
    "建筑施工安全生产许可",
    "人力资源服务许可",
    "城镇污水排入排水管网许可",
    "户外广告设施设置审批",
];
const CERTIFICATES: [&str; 5] = [
    "无犯罪记录证明",
    "场所使用证明",
    "学历证明",
    "收入证明",
    "健康合格证明",
];
const CAMPAIGNS: [&str; 4] = ["放心消费行动", "明码标价倡议", "诚信经营公约", "安全生产自律公约"];

/// Item 5 in words, for kind 其他.
pub(super) fn kind_words(kind: CommitmentKind) -> String {
    match kind {
        CommitmentKind::Other => "政务信用承诺".to_owned(),
        CommitmentKind::ApprovalReplacing
        | CommitmentKind::AcceptedWithGaps
        | CommitmentKind::CertificateReplacing
        | CommitmentKind::CreditRepair
        | CommitmentKind::SelfDiscipline
        | CommitmentKind::Voluntary => String::new(),
    }
}

/// Item 6.
pub(super) fn reason(dice: &mut Dice, kind: CommitmentKind) -> String {
    match kind {
        CommitmentKind::ApprovalReplacing => format!("申请{}", dice.pick(&MATTERS)),
        CommitmentKind::AcceptedWithGaps => format!("申请{}（容缺受理）", dice.pick(&MATTERS)),
        CommitmentKind::CertificateReplacing => format!("办理业务需提交{}", dice.pick(&CERTIFICATES)),
        CommitmentKind::CreditRepair => "在信用网站申请行政处罚信息信用修复".to_owned(),
        CommitmentKind::SelfDiscipline => format!("参加行业协会{}", dice.pick(&CAMPAIGNS)),
        CommitmentKind::Voluntary => "主动向社会公开承诺".to_owned(),
        CommitmentKind::Other => "政务服务事项办理".to_owned(),
    }
}

/// Items 7 and 8.
pub(super) fn promise(kind: CommitmentKind) -> (&'static str, &'static str) {
    match kind {
        CommitmentKind::ApprovalReplacing => (
            "已知晓许可条件和标准，所填写的信息真实、准确，能够满足行政机关告知的条件、标准和技术要求，并接受事中事后监管。",
            "如违反承诺，自愿接受行政机关依法撤销许可决定，并承担相应的法律责任。",
        ),
        CommitmentKind::AcceptedWithGaps => (
            "在规定的期限内补齐所缺的次要材料，所补材料真实、合法、有效。",
            "逾期未补齐的，自愿接受撤销审批决定，相关失信信息记入信用记录。",
        ),
        CommitmentKind::CertificateReplacing => (
            "已经符合告知的条件和要求，不再提交有关证明材料，陈述是真实的意思表示。",
            "承诺不实的，自愿接受撤销证书，并依法承担责任。",
        ),
        CommitmentKind::CreditRepair => (
            "所提供的资料均合法、真实、有效，已纠正违法失信行为，今后守法诚信经营。",
            "如违反承诺，处罚信息公示至最长期限，并将违诺情况记入信用记录予以公示。",
        ),
        CommitmentKind::SelfDiscipline => (
            "自觉遵守行业自律公约，公平竞争，不作虚假宣传，保证商品和服务质量。",
            "如违反公约，接受行业协会的惩戒措施。",
        ),
        CommitmentKind::Voluntary => (
            "依法诚信经营，自觉接受政府、行业组织、社会公众和新闻舆论的监督。",
            "如违反承诺，同意将违诺信息记入信用记录。",
        ),
        CommitmentKind::Other => (
            "依法依规办理业务，提交的材料真实有效。",
            "如违反承诺，依照有关规定承担责任。",
        ),
    }
}

/// What was not performed and what was done about it (items 12 and 13).
pub(super) fn breach(dice: &mut Dice) -> (String, String) {
    let unperformed = *dice.pick(&[
        "未在承诺期限内补齐所缺材料",
        "现场核查时经营条件与承诺不一致",
        "未按承诺完成整改",
    ]);
    let measures = *dice.pick(&[
        "责令限期整改，记入信用记录",
        "依法撤销审批决定",
        "通报并列为重点监管对象",
    ]);
    (unperformed.to_owned(), measures.to_owned())
}
