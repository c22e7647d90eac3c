//! Receipts as filled in, to their stored message and back.

use super::notice_content::{all, day_if_any, document_in, document_out, value};
use super::stored;
use crate::domain::civil_date::CivilDate;
use crate::domain::service_mode::{
    Attachment, AttachmentKind, Attendant, Delivery, Failure, Mode, Recipient, Relation,
};

/// Writes a receipt.
#[must_use]
pub fn delivery_out(delivery: &Delivery) -> stored::Delivery {
    // Taken apart by name, so that a new item cannot be forgotten here.
    let Delivery {
        mode,
        cause,
        documents,
        addressee,
        place,
        on,
        minute,
        recipient,
        servers,
        refusal,
        witnesses,
        through,
        tracking_number,
        failure,
        attachments,
    } = delivery;
    let attachments = attachments.iter().map(|one| stored::DeliveryAttachment {
        kind: one.kind.number().into(),
        sha256: one.sha256.to_vec(),
    });
    stored::Delivery {
        mode: mode.number().into(),
        cause: cause.clone(),
        documents: documents.iter().map(document_out).collect(),
        addressee: addressee.clone(),
        place: place.clone(),
        on: on.map(CivilDate::days),
        minute: minute.map(u32::from),
        recipient: recipient.as_ref().map(|one| stored::DeliveryRecipient {
            name: one.name.clone(),
            relation: one.relation.number().into(),
            has_signed: one.has_signed,
        }),
        servers: servers.iter().map(attendant_out).collect(),
        refusal: refusal.clone(),
        witnesses: witnesses.iter().map(attendant_out).collect(),
        through: through.clone(),
        tracking_number: tracking_number.clone(),
        failure: failure.map_or(0, Failure::number).into(),
        attachments: attachments.collect(),
    }
}

/// Reads a receipt; `None` where a number, date or hash is none.
#[must_use]
pub fn delivery_in(delivery: stored::Delivery) -> Option<Delivery> {
    let recipient = match delivery.recipient {
        None => None,
        Some(one) => Some(Recipient {
            name: one.name,
            relation: value::<Relation>(one.relation)?,
            has_signed: one.has_signed,
        }),
    };
    let failure = match delivery.failure {
        0 => None,
        number => Some(value::<Failure>(number)?),
    };
    let minute = match delivery.minute {
        None => None,
        Some(minute) => Some(u16::try_from(minute).ok()?),
    };
    let attachment = |one: stored::DeliveryAttachment| {
        Some(Attachment {
            kind: value::<AttachmentKind>(one.kind)?,
            sha256: one.sha256.as_slice().try_into().ok()?,
        })
    };
    Some(Delivery {
        mode: value::<Mode>(delivery.mode)?,
        cause: delivery.cause,
        documents: delivery.documents.into_iter().map(document_in).collect(),
        addressee: delivery.addressee,
        place: delivery.place,
        on: day_if_any(delivery.on)?,
        minute,
        recipient,
        servers: delivery.servers.into_iter().map(attendant_in).collect(),
        refusal: delivery.refusal,
        witnesses: delivery.witnesses.into_iter().map(attendant_in).collect(),
        through: delivery.through,
        tracking_number: delivery.tracking_number,
        failure,
        attachments: all(delivery.attachments, attachment)?,
    })
}

fn attendant_out(attendant: &Attendant) -> stored::DeliveryAttendant {
    let Attendant { name, certificate } = attendant;
    stored::DeliveryAttendant {
        name: name.clone(),
        certificate: certificate.clone(),
    }
}

fn attendant_in(attendant: stored::DeliveryAttendant) -> Attendant {
    Attendant {
        name: attendant.name,
        certificate: attendant.certificate,
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::domain::notice_content::ListedDocument;

    fn delivery(mode: Mode) -> Delivery {
        let attendant = |name: &str| Attendant {
            name: name.to_owned(),
            certificate: "1".to_owned(),
        };
        Delivery {
            mode,
            cause: "案由".to_owned(),
            documents: vec![ListedDocument {
                name: "决定书".to_owned(),
                number: "1".to_owned(),
                copies: 2,
            }],
            addressee: "某某公司".to_owned(),
            place: "某处".to_owned(),
            on: Some("2026-05-06".parse().unwrap()),
            minute: Some(1_439),
            recipient: Some(Recipient {
                name: "甲".to_owned(),
                relation: Relation::Agent,
                has_signed: true,
            }),
            servers: vec![attendant("乙"), attendant("丙")],
            refusal: "拒收".to_owned(),
            witnesses: vec![attendant("丁")],
            through: "某某机关".to_owned(),
            tracking_number: "EX1".to_owned(),
            failure: Some(Failure::Refused),
            attachments: vec![Attachment {
                kind: AttachmentKind::Photo,
                sha256: [3; 32],
            }],
        }
    }

    #[track_caller]
    fn check(delivery: Delivery) {
        let bytes = delivery_out(&delivery).encode_to_vec();
        let message = stored::Delivery::decode(bytes.as_slice()).unwrap();
        assert_eq!(delivery_in(message), Some(delivery));
    }

    #[test]
    fn a_receipt_comes_back_from_its_bytes() {
        for mode in Mode::ALL {
            check(delivery(*mode));
        }
        check(Delivery {
            on: None,
            minute: Some(0),
            recipient: None,
            failure: None,
            attachments: vec![],
            ..delivery(Mode::Post)
        });
        check(Delivery {
            minute: None,
            ..delivery(Mode::Announcement)
        });
    }

    #[test]
    fn a_number_that_stands_for_nothing_is_no_receipt() {
        type Damage = fn(&mut stored::Delivery);
        const DAMAGES: &[Damage] = &[
            |one| one.mode = 0,
            |one| one.on = Some(i32::MAX),
            |one| one.minute = Some(70_000),
            |one| one.failure = 99,
            |one| one.recipient.as_mut().unwrap().relation = 0,
            |one| one.attachments[0].kind = 0,
            |one| one.attachments[0].sha256 = vec![1; 31],
        ];
        for (number, damage) in DAMAGES.iter().enumerate() {
            let mut message = delivery_out(&delivery(Mode::Direct));
            damage(&mut message);
            assert_eq!(delivery_in(message), None, "damage {number}");
        }
    }
}
