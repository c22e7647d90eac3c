//! Template 1: one A4 page, the notice above, the receipt for both documents below a line.
//!
//! In use since the first notice; it is never changed. A setting that nobody checked against the official
//! text bears ※, one that the district made up bears △, and the foot says what they mean.

use super::words::{assumption, day, escaped, hex, months, severity, shortened, transition, yuan};
use super::{Error, qr};
use crate::domain::catalog::Standing;
use crate::domain::notice_content::{ListedDocument, NoticeContent};
use crate::domain::repair::{Block, Mark, Minimum, Publicity, Shown};
use crate::domain::trust::Trust;

const STYLE: &str = include_str!("first.css");
/// Longest violation that is printed whole; the decision beside it has the rest.
const VIOLATION_MAX: usize = 120;
/// Longest list of kinds of penalty that is printed whole, in characters.
const KINDS_MAX: usize = 120;
/// From so many characters of names and texts on, the letters are smaller, and smaller again.
const DENSE_FROM: usize = 1_020;
const DENSEST_FROM: usize = 1_330;
/// The signs of what nobody checked and of what the district made up; they stay with the word before.
const UNCHECKED: &str = "\u{2060}<sup>※</sup>";
const MADE_UP: &str = "\u{2060}<sup>△</sup>";

/// Writes the document.
pub(super) fn html(content: &NoticeContent) -> Result<String, Error> {
    let address = super::verification_address(content);
    let code = qr::svg(&address)?;
    let dense = match letters(content) {
        ..DENSE_FROM => "",
        DENSE_FROM..DENSEST_FROM => " class=\"dense\"",
        DENSEST_FROM.. => " class=\"dense densest\"",
    };
    let rows: String = [
        row("决定", "reference", &reference(content)),
        row("公示", "publicity", &publicity(content)),
        row("公示影响", "effect", &clauses(content, Block::Effect)),
        row("修复条件", "conditions", &clauses(content, Block::Conditions)),
        row("所需材料", "papers", &clauses(content, Block::Papers)),
        row("办理途径", "route", &clauses(content, Block::Route)),
        row("办理时限", "limits", &limits(content)),
        row("诚信要求", "honesty", &clauses(content, Block::Honesty)),
        row("费用", "no-fee", &clauses(content, Block::NoFee)),
        row("救济途径", "remedies", &clauses(content, Block::Remedies)),
        row("联系方式", "contacts", &contacts(content)),
    ]
    .concat();
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>{title} {number}</title>\n<style>\n{STYLE}</style>\n</head>\n<body{dense}>\n\
         <main>\n{head}\n{addressee}\n<table class=\"blocks\">\n{rows}</table>\n{foot}\n</main>\n\
         {receipt}\n</body>\n</html>\n",
        title = escaped(&content.head.title),
        number = escaped(&content.head.number),
        head = head(content),
        addressee = addressee(content),
        foot = foot(content, &code),
        receipt = receipt(content),
    ))
}

/// How much text the page has to hold.
fn letters(content: &NoticeContent) -> usize {
    let clauses = content
        .clauses
        .iter()
        .map(|clause| clause.chinese.chars().count());
    let limits = content.limits.iter().map(|limit| limit.chinese.chars().count());
    let reference = &content.reference;
    let own = [
        &content.head.body_name,
        &content.addressee.name,
        &content.addressee.representative,
        &shortened(&reference.violation, VIOLATION_MAX),
    ];
    let own = own.iter().map(|text| text.chars().count() * 2);
    clauses.chain(limits).chain(own).sum::<usize>() + content.publicity.len() * 150
}

fn row(title: &str, name: &str, inner: &str) -> String {
    format!("<tr class=\"{name}\"><th>{title}</th><td>{inner}</td></tr>\n")
}

/// The sign of what cannot be taken from the official text.
fn sign(mark: &Mark) -> &'static str {
    match (mark.trust, mark.standing) {
        (Trust::Knowledge, _) => UNCHECKED,
        (Trust::Constructed, _) | (Trust::Source | Trust::Derived, Standing::Construction) => MADE_UP,
        (Trust::Source | Trust::Derived, Standing::Law | Standing::Adopted | Standing::Model) => "",
    }
}

fn head(content: &NoticeContent) -> String {
    format!(
        "<header><p class=\"body\">{}</p><h1>{}</h1><p class=\"number\">{}</p></header>",
        escaped(&content.head.body_name),
        escaped(&content.head.title),
        escaped(&content.head.number),
    )
}

fn addressee(content: &NoticeContent) -> String {
    let addressee = &content.addressee;
    let code = addressee
        .code
        .map_or_else(String::new, |code| format!("统一社会信用代码：{code}"));
    let representative = if addressee.representative.is_empty() {
        String::new()
    } else {
        format!(
            "法定代表人（负责人、经营者）：{}",
            escaped(&addressee.representative)
        )
    };
    let parts = [code, representative];
    let parts: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    format!(
        "<p class=\"addressee\"><strong>{}</strong>：</p><p class=\"codes\">{}</p>\
         <p class=\"lead\">本机关作出的决定书与本告知书一并送达。现将公示与信用修复有关事项告知如下：</p>",
        escaped(&addressee.name),
        parts.join("　"),
    )
}

fn reference(content: &NoticeContent) -> String {
    let reference = &content.reference;
    let title = content
        .receipt
        .documents
        .first()
        .map_or("决定书", |one| one.name.as_str());
    let mut text = format!(
        "《{}》{}，{}作出。",
        escaped(title),
        escaped(&reference.number),
        day(reference.decided_on),
    );
    if !reference.penalty_kinds.is_empty() {
        let kinds: Vec<&str> = reference
            .penalty_kinds
            .iter()
            .map(|(_, words)| words.as_str())
            .collect();
        let kinds = shortened(&kinds.join("、"), KINDS_MAX);
        text.push_str(&format!("处罚种类：{}。", escaped(&kinds)));
    }
    if let Some(fine) = reference.fine {
        text.push_str(&format!("罚款{}。", yuan(fine)));
    }
    if let Some(confiscated) = reference.confiscated {
        text.push_str(&format!("没收{}。", yuan(confiscated)));
    }
    if !reference.violation.is_empty() {
        let violation = shortened(&reference.violation, VIOLATION_MAX);
        text.push_str(&format!(
            "违法（失信）行为：{}。",
            escaped(violation.trim_end_matches('。'))
        ));
    }
    text
}

fn publicity(content: &NoticeContent) -> String {
    let mut out = String::from(
        "<table class=\"dates\"><tr><th>公示网站</th><th>失信程度</th><th>起算日</th>\
         <th>最短期限届满</th><th>可申请修复之日</th><th>最长期限届满</th></tr>",
    );
    for one in &content.publicity {
        out.push_str(&dates(one));
    }
    out.push_str("</table><p>");
    let documents = content.publicity.iter().map(|one| {
        let assumptions: String = one
            .assumptions
            .iter()
            .map(|one| format!("；{}{MADE_UP}", assumption(*one)))
            .collect();
        format!(
            "{}：依据《{}》（{}），{}{}{}。",
            escaped(&one.place_zh),
            escaped(&one.title),
            escaped(&one.document),
            transition(one.choice.transition),
            sign(&one.choice.mark),
            assumptions,
        )
    });
    out.push_str(&documents.collect::<String>());
    out.push_str(&clauses(content, Block::Publicity));
    out.push_str("</p>");
    out
}

/// One place of publicity: all its days.
fn dates(one: &Publicity) -> String {
    let signs: Vec<&str> = one.terms.iter().map(|(_, mark)| sign(mark)).collect();
    let of_terms = [UNCHECKED, MADE_UP]
        .into_iter()
        .find(|sign| signs.contains(sign))
        .unwrap_or("");
    let level = one.severity_mark.as_ref().map_or("", sign);
    let (minimum, apply) = match one.minimum {
        Minimum::AtOnce => ("无最短期限".to_owned(), "义务履行完毕即可".to_owned()),
        Minimum::Over { months: count, on } => (
            format!("{}（{}）", day(on), months(count)),
            one.apply_from.map_or_else(
                || "—".to_owned(),
                |from| format!("{}起{}", day(from), sign(&one.apply_mark)),
            ),
        ),
        Minimum::NotRepairable => ("—".to_owned(), "不予修复".to_owned()),
        Minimum::ByListRule => ("按名单管理规定".to_owned(), "按名单管理规定".to_owned()),
    };
    let by_setting = one.shown_mark.as_ref().map_or("", sign);
    let maximum = match (one.shown, one.maximum) {
        (Shown::LeftUnshown | Shown::NotShown, _) => "不予公示".to_owned(),
        (Shown::Shown, Some(maximum)) => format!("{}（{}）", day(maximum.on), months(maximum.months)),
        (Shown::Shown, None) => "按名单管理规定".to_owned(),
    };
    format!(
        "<tr><td>{}</td><td>{}{level}</td><td>{}</td><td>{minimum}{of_terms}</td><td>{apply}</td>\
         <td>{maximum}{of_terms}{by_setting}</td></tr>",
        escaped(&one.place_zh),
        severity(one.severity),
        day(one.starts_on),
    )
}

fn clauses(content: &NoticeContent, block: Block) -> String {
    let clauses = content.clauses(block);
    clauses
        .map(|clause| format!("{}{}", escaped(&clause.chinese), sign(&clause.mark)))
        .collect()
}

fn limits(content: &NoticeContent) -> String {
    if content.limits.is_empty() {
        return "以受理单位公布的时限为准。".to_owned();
    }
    let limits = content.limits.iter();
    limits
        .map(|limit| format!("{}{}", escaped(&limit.chinese), sign(&limit.mark)))
        .collect()
}

fn contacts(content: &NoticeContent) -> String {
    let contacts = content.contacts.iter().map(|contact| {
        let address = if contact.address.is_empty() {
            String::new()
        } else {
            format!("，{}", escaped(&contact.address))
        };
        let phone = if contact.phone.is_empty() {
            String::new()
        } else {
            format!("，电话{}", escaped(&contact.phone))
        };
        format!(
            "{}{phone}{address}{}。",
            escaped(&contact.name),
            sign(&contact.mark)
        )
    });
    contacts.collect()
}

fn foot(content: &NoticeContent, code: &str) -> String {
    let hash = hex(&content.hash());
    let hash: Vec<&str> = (0..8).map(|part| &hash[part * 8..part * 8 + 8]).collect();
    format!(
        "<footer><div class=\"verify\">{code}<div><p>扫码核验本告知书。核验网址：{}</p>\
         <p>核验码：<code>{}</code></p><p>附件：{}</p>\
         <p class=\"signs\">※ 系统设定、尚未与正式文本核对的内容，以正式文件为准；△ 本地暂行设定。</p></div></div>\
         <div class=\"seal\"><p>{}</p><p>（印章）</p><p>{}</p></div></footer>",
        escaped(&content.foot.verification),
        hash.join(" "),
        clauses(content, Block::Annexes),
        escaped(&content.head.body_name),
        day(content.foot.issued_on),
    )
}

/// The receipt: both documents on one form, empty lines for what is filled in by hand.
fn receipt(content: &NoticeContent) -> String {
    let documents: String = content.receipt.documents.iter().map(listed).collect();
    let rows = content.receipt.documents.len();
    format!(
        "<section class=\"receipt\"><h2>送达回证</h2><table>\
         <colgroup><col class=\"label\"><col><col class=\"label\"><col class=\"place\"><col class=\"copies\"></colgroup>\
         <tr><th>案由</th><td colspan=\"4\">{cause}</td></tr>\
         <tr><th rowspan=\"{span}\">送达文书</th><th>文书名称</th><th colspan=\"2\">文号</th><th>份数</th></tr>\
         {documents}\
         <tr><th>受送达人</th><td>{name}</td><th>送达地点</th><td colspan=\"2\"></td></tr>\
         <tr><th>送达方式</th><td colspan=\"4\">□直接　□留置　□电子　□委托　□邮寄　□转交　□公告</td></tr>\
         <tr><th>签收人</th><td>签名（盖章）：<span class=\"blank\"></span>与受送达人关系：</td>\
         <th>送达时间</th><td colspan=\"2\" class=\"time\">年　　月　　日　　时　　分</td></tr>\
         <tr><th>送达人</th><td>1.<span class=\"blank\"></span>证号：</td>\
         <td colspan=\"3\">2.<span class=\"blank\"></span>证号：</td></tr>\
         <tr><th>拒收事由</th><td></td><th>见证人</th><td colspan=\"2\"></td></tr>\
         </table></section>",
        cause = escaped(&shortened(&content.receipt.cause, VIOLATION_MAX / 2)),
        span = rows + 1,
        name = escaped(&content.addressee.name),
    )
}

fn listed(document: &ListedDocument) -> String {
    format!(
        "<tr class=\"document\"><td>{}</td><td colspan=\"2\">{}</td><td>{}</td></tr>",
        escaped(&document.name),
        escaped(&document.number),
        document.copies,
    )
}
