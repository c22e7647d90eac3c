//! How a document is delivered 送达, what proves it, and from which day it counts as delivered.
//!
//! Which proof a mode needs, how long an announcement runs and when a mode may be used at all is dated data
//! (`policies/delivery/`). A delivery is recorded as it happened; nothing here makes up what is missing.
//! Read first: [`DeliveryModes::served_on`].
//!
//! Source: `domain.md` 4.4; Civil Procedure Law, chapter 7.

use super::civil_date::CivilDate;
use super::notice_content::ListedDocument;
use super::numbered::numbered;
use super::severity::Origin;

#[cfg(test)]
mod tests;

/// Mode of delivery 送达方式. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Mode {
    /// 直接送达, handed over; also on pronouncement.
    Direct = 1,
    /// 留置送达, left where it was refused.
    Left = 2,
    /// 电子送达, to a system of the addressee's that he confirmed.
    Electronic = 3,
    /// 委托送达, by another authority.
    Entrusted = 4,
    /// 邮寄送达, by post.
    Post = 5,
    /// 转交送达, through the addressee's unit.
    PassedOn = 6,
    /// 公告送达, by announcement.
    Announcement = 7,
}

numbered!(Mode {
    Direct,
    Left,
    Electronic,
    Entrusted,
    Post,
    PassedOn,
    Announcement,
});

/// What a mode needs before a document counts as delivered by it. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Need {
    /// The day: of the signature, of leaving, of arrival, of the slip, of publication.
    Day = 1,
    /// Name of the one who received it, and what he is to the addressee.
    Recipient = 2,
    /// His signature or seal on the receipt.
    Signature = 3,
    /// Two servers with their certificate numbers.
    TwoServers = 4,
    /// That the addressee refused, and why.
    Refusal = 5,
    /// Witnesses, or a photo or video of the leaving.
    WitnessOrRecording = 6,
    /// The signed confirmation of the electronic address.
    AddressConfirmation = 7,
    /// The log of the arrival in the addressee's system.
    ArrivalLog = 8,
    /// The letter by which another authority was asked.
    Letter = 9,
    /// The return slip of the post.
    ReturnSlip = 10,
    TrackingNumber = 11,
    /// The receipt of the unit that passed it on, and its name.
    UnitReceipt = 12,
    /// The text of the announcement.
    AnnouncementText = 13,
    /// Where it was published.
    AnnouncementPlace = 14,
}

numbered!(Need {
    Day,
    Recipient,
    Signature,
    TwoServers,
    Refusal,
    WitnessOrRecording,
    AddressConfirmation,
    ArrivalLog,
    Letter,
    ReturnSlip,
    TrackingNumber,
    UnitReceipt,
    AnnouncementText,
    AnnouncementPlace,
});

/// What the one who received it is to the addressee. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Relation {
    /// The addressee himself; an organisation's legal representative or head.
    Addressee = 1,
    /// An adult member of the household he lives with.
    Household = 2,
    /// The mail office or whoever receives documents there.
    MailOffice = 3,
    /// Someone he authorised, or his agent.
    Agent = 4,
    /// The unit that passes it on.
    Unit = 5,
    /// None of these: such a signature delivers nothing.
    Other = 6,
}

numbered!(Relation {
    Addressee,
    Household,
    MailOffice,
    Agent,
    Unit,
    Other
});

/// Why an attempt delivered nothing. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Failure {
    /// The addressee refused to sign; leaving it is another delivery.
    Refused = 1,
    /// Nobody was there to receive it.
    Absent = 2,
    /// The address is unknown or left.
    AddressUnknown = 3,
    /// Post came back unopened.
    ReturnedUnopened = 4,
    /// Nothing arrived in the addressee's system.
    NotArrived = 5,
    /// The authority or unit that was asked sent it back.
    SentBack = 6,
}

numbered!(Failure {
    Refused,
    Absent,
    AddressUnknown,
    ReturnedUnopened,
    NotArrived,
    SentBack,
});

/// What a file that goes with a receipt shows. Numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum AttachmentKind {
    /// The signed receipt.
    Receipt = 1,
    Photo = 2,
    Video = 3,
    /// The signed confirmation of an electronic address.
    AddressConfirmation = 4,
    ArrivalLog = 5,
    /// The letter that asks another authority.
    Letter = 6,
    ReturnSlip = 7,
    /// The receipt of the unit that passed it on.
    UnitReceipt = 8,
    /// The text of an announcement as published.
    Announcement = 9,
    Other = 10,
}

numbered!(AttachmentKind {
    Receipt,
    Photo,
    Video,
    AddressConfirmation,
    ArrivalLog,
    Letter,
    ReturnSlip,
    UnitReceipt,
    Announcement,
    Other,
});

/// Who received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    pub name: String,
    pub relation: Relation,
    /// He signed or sealed the receipt.
    pub has_signed: bool,
}

/// One of the two who delivered it, or a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendant {
    pub name: String,
    /// Number of a server's certificate; a witness's unit and post.
    pub certificate: String,
}

/// A file that goes with a receipt, by its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    pub kind: AttachmentKind,
    pub sha256: [u8; 32],
}

/// A receipt 送达回证 as filled in, of a delivery or of an attempt. It names persons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub mode: Mode,
    /// 案由
    pub cause: String,
    pub documents: Vec<ListedDocument>,
    pub addressee: String,
    /// Where it was delivered; for an announcement where it was published.
    pub place: String,
    /// The day: of the signature, of leaving, of arrival, of the slip, of publication.
    pub on: Option<CivilDate>,
    /// Minutes after midnight, where the receipt says the time.
    pub minute: Option<u16>,
    pub recipient: Option<Recipient>,
    pub servers: Vec<Attendant>,
    /// Why the addressee refused; empty where he did not.
    pub refusal: String,
    pub witnesses: Vec<Attendant>,
    /// Authority that was asked, or unit that passed it on.
    pub through: String,
    /// Of the post.
    pub tracking_number: String,
    /// That it came to nothing, and why.
    pub failure: Option<Failure>,
    pub attachments: Vec<Attachment>,
}

/// What dated data say of a mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModeRule {
    pub origin: Origin,
    pub mode: Mode,
    pub needs: Vec<Need>,
    /// Calendar days from publication after which an announcement counts as delivered; none for others.
    pub days: u16,
    /// Modes of which at least one must have failed before; empty: none need have.
    pub after: Vec<Mode>,
}

/// What the data say of all modes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DeliveryModes {
    pub rules: Vec<ModeRule>,
}

/// Whether a document counts as delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    /// On this day; of an announcement the day on which its period is over, which may lie ahead.
    Served(CivilDate),
    NotServed(NotServed),
    /// The receipt does not prove it; what is missing, in the order of the receipt.
    Incomplete(Vec<Missing>),
}

/// Why a receipt delivers nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotServed {
    Failed(Failure),
    /// Whoever signed may not receive it for the addressee.
    WrongRecipient,
}

/// What a receipt lacks, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub need: Need,
    /// Name of the field of the receipt.
    pub field: &'static str,
    pub english: &'static str,
    pub chinese: &'static str,
}

/// Why a mode may not be used, or not yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// No rule about the mode is in force on that day.
    #[error("no rule about this mode of delivery is in force on {0}")]
    NoRule(CivilDate),
    /// None of the modes that come first has failed.
    #[error("none of the modes that come before this one has failed")]
    OthersFirst(Vec<Mode>),
}

impl DeliveryModes {
    /// Returns the rule about a mode on a day.
    #[must_use]
    pub fn rule(&self, mode: Mode, on: CivilDate) -> Option<&ModeRule> {
        self.rules
            .iter()
            .find(|rule| rule.mode == mode && rule.origin.governs(on))
    }

    /// Says whether a mode may be used on a day after attempts by other modes that failed.
    ///
    /// # Errors
    /// [`NotAllowed`].
    pub fn allowed(&self, mode: Mode, on: CivilDate, failed: &[Mode]) -> Result<&ModeRule, NotAllowed> {
        let rule = self.rule(mode, on).ok_or(NotAllowed::NoRule(on))?;
        if rule.after.is_empty() || rule.after.iter().any(|before| failed.contains(before)) {
            Ok(rule)
        } else {
            Err(NotAllowed::OthersFirst(rule.after.clone()))
        }
    }

    /// Returns whether a receipt proves a delivery, and from which day. The rule is that of its day, else of
    /// `received_on`, the day the receipt came here.
    #[must_use]
    pub fn served_on(&self, delivery: &Delivery, received_on: CivilDate) -> Service {
        if let Some(failure) = delivery.failure {
            return Service::NotServed(NotServed::Failed(failure));
        }
        let asked = delivery.on.unwrap_or(received_on);
        let rule = self.rule(delivery.mode, asked);
        let needs = rule.map_or(&[Need::Day][..], |rule| &rule.needs);
        let missing: Vec<Missing> = Need::ALL
            .iter()
            .filter(|need| needs.contains(need) && !has(delivery, **need))
            .map(|need| missing(*need))
            .collect();
        if needs.contains(&Need::Recipient)
            && let Some(recipient) = &delivery.recipient
            && recipient.relation == Relation::Other
        {
            return Service::NotServed(NotServed::WrongRecipient);
        }
        let days = rule.map_or(0, |rule| i32::from(rule.days));
        match (delivery.on, missing.is_empty()) {
            (Some(on), true) => CivilDate::from_days(on.days() + days).map_or_else(
                || Service::Incomplete(vec![self::missing(Need::Day)]),
                Service::Served,
            ),
            (_, false) => Service::Incomplete(missing),
            (None, true) => Service::Incomplete(vec![self::missing(Need::Day)]),
        }
    }
}

fn has(delivery: &Delivery, need: Need) -> bool {
    let attached = |kind| delivery.attachments.iter().any(|one| one.kind == kind);
    let recipient = delivery.recipient.as_ref();
    match need {
        Need::Day => delivery.on.is_some(),
        Need::Recipient => recipient.is_some_and(|one| !one.name.is_empty()),
        Need::Signature => recipient.is_some_and(|one| one.has_signed),
        Need::TwoServers => {
            let whole = |one: &&Attendant| !one.name.is_empty() && !one.certificate.is_empty();
            delivery.servers.iter().filter(whole).count() >= 2
        }
        Need::Refusal => !delivery.refusal.is_empty(),
        Need::WitnessOrRecording => {
            !delivery.witnesses.is_empty()
                || attached(AttachmentKind::Photo)
                || attached(AttachmentKind::Video)
        }
        Need::AddressConfirmation => attached(AttachmentKind::AddressConfirmation),
        Need::ArrivalLog => attached(AttachmentKind::ArrivalLog),
        Need::Letter => attached(AttachmentKind::Letter) && !delivery.through.is_empty(),
        Need::ReturnSlip => attached(AttachmentKind::ReturnSlip),
        Need::TrackingNumber => !delivery.tracking_number.is_empty(),
        Need::UnitReceipt => attached(AttachmentKind::UnitReceipt) && !delivery.through.is_empty(),
        Need::AnnouncementText => attached(AttachmentKind::Announcement),
        Need::AnnouncementPlace => !delivery.place.is_empty(),
    }
}

/// Names what is missing and says what would be right.
fn missing(need: Need) -> Missing {
    let (field, english, chinese) = match need {
        Need::Day => (
            "on",
            "The day is missing: of the signature, of leaving, of arrival, of the slip, of publication.",
            "缺少日期：签收、留置、到达、回执或者发布的日期。",
        ),
        Need::Recipient => (
            "recipient",
            "Name who received it and what he is to the addressee.",
            "请填写签收人姓名及其与受送达人的关系。",
        ),
        Need::Signature => (
            "recipient.has_signed",
            "The receipt is not signed; where the addressee refuses, leave it and note the refusal.",
            "送达回证未签名；受送达人拒收的，请留置送达并记明拒收情况。",
        ),
        Need::TwoServers => (
            "servers",
            "Two servers with their certificate numbers are needed.",
            "应有两名送达人，并填写执法证号。",
        ),
        Need::Refusal => (
            "refusal",
            "Note that the addressee refused, and why.",
            "请记明拒收的事由。",
        ),
        Need::WitnessOrRecording => (
            "witnesses",
            "Leaving needs witnesses, or a photo or video of it.",
            "留置送达应有见证人，或者拍照、录像记录。",
        ),
        Need::AddressConfirmation => (
            "attachments",
            "Electronic delivery needs the signed confirmation of the address.",
            "电子送达应有受送达人签署的送达地址确认书。",
        ),
        Need::ArrivalLog => (
            "attachments",
            "Electronic delivery needs the log of the arrival.",
            "电子送达应有到达受送达人系统的记录。",
        ),
        Need::Letter => (
            "attachments",
            "Name the authority that was asked, and attach the letter.",
            "请填写受委托机关并附委托函。",
        ),
        Need::ReturnSlip => (
            "attachments",
            "Delivery by post needs the return slip.",
            "邮寄送达应附邮件回执。",
        ),
        Need::TrackingNumber => (
            "tracking_number",
            "Delivery by post needs the tracking number.",
            "邮寄送达应填写邮件号码。",
        ),
        Need::UnitReceipt => (
            "attachments",
            "Name the unit that passed it on, and attach its receipt.",
            "请填写转交单位并附其签收凭证。",
        ),
        Need::AnnouncementText => (
            "attachments",
            "An announcement needs its text as published.",
            "公告送达应附公告文本。",
        ),
        Need::AnnouncementPlace => (
            "place",
            "Say where the announcement was published.",
            "请填写公告发布的载体或者场所。",
        ),
    };
    Missing {
        need,
        field,
        english,
        chinese,
    }
}
