//! Rows without end, each another promise: three of a kind by the same promisor, a quarter by persons.

use credence::domain::civil_date::CivilDate;
use credence::domain::resident_id::ResidentId;
use credence::domain::social_credit_code::SocialCreditCode;
use credence::services::pb;

const DIVISION: &str = "150802";
/// Promises are spread over the first days of 2024.
const DAYS: u32 = 150;
/// Order numbers of resident IDs used for one birthday.
const ORDERS: u32 = 900;

/// The row with this number, accepted by `body`.
pub fn row(body: &pb::Body, number: u32) -> pb::CommitmentRow {
    let made_on = day(2024, number % DAYS);
    let is_person = number % 4 == 3;
    let subject_code = if is_person {
        person(number / 12)
    } else {
        organisation(number / 3)
    };
    let (kind, publication) = if is_person {
        (pb::SubjectKind::Person, pb::PublicationType::Limited)
    } else {
        (pb::SubjectKind::Organisation, pb::PublicationType::Public)
    };
    pb::CommitmentRow {
        code: format!("{DIVISION}{}{:06}", made_on.replace('-', ""), number / DAYS % 1_000_000),
        subject_name: format!("生成主体{number}"),
        subject_kind: kind.into(),
        subject_code,
        kind: pb::CommitmentKind::ApprovalReplacing.into(),
        reason: format!("申请行政许可事项第{number}号"),
        content: "所填写的信息真实、准确；已知晓告知的全部内容；自身满足许可的条件、标准和技术要求；能够在约定期限内提交材料。"
            .to_owned(),
        liability: "违反承诺的，依法承担相应责任，同意将违诺信息记入信用记录。".to_owned(),
        made_on,
        accepting_body_name: body.title_chinese.clone(),
        accepting_body_code: body.social_credit_code.clone(),
        publication: publication.into(),
        ..Default::default()
    }
}

fn day(year: i16, offset: u32) -> String {
    let first = CivilDate::new(year, 1, 1).expect("a day");
    let days = first.days() + i32::try_from(offset).expect("small");
    CivilDate::from_days(days).expect("a day").to_string()
}

fn organisation(number: u32) -> String {
    let number = format!("{:08}", 10_000_000 + number % 90_000_000);
    let code = SocialCreditCode::compose('9', '1', DIVISION, &number);
    code.expect("eight digits").to_string()
}

fn person(number: u32) -> String {
    let born_on = day(1950, number / ORDERS % 18_000).parse().expect("a day");
    let order = u16::try_from(number % ORDERS + 1).expect("below 1,000");
    let id = ResidentId::compose(DIVISION, born_on, order);
    id.expect("digits").expose().to_owned()
}
