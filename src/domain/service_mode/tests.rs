use super::*;
use crate::domain::catalog::Standing;
use crate::domain::trust::Trust;

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn rule(mode: Mode, needs: &[Need], days: u16, period: (&str, Option<&str>), after: &[Mode]) -> ModeRule {
    ModeRule {
        origin: Origin {
            name: "rule".to_owned(),
            standing: Standing::Construction,
            trust: Trust::Constructed,
            source: "test".to_owned(),
            from: day(period.0),
            until: period.1.map(day),
        },
        mode,
        needs: needs.to_vec(),
        days,
        after: after.to_vec(),
    }
}

fn modes() -> DeliveryModes {
    let always = ("1991-04-09", None);
    let signed = [Need::Day, Need::Recipient, Need::Signature, Need::TwoServers];
    let left = [
        Need::Day,
        Need::TwoServers,
        Need::Refusal,
        Need::WitnessOrRecording,
    ];
    let post = [Need::Day, Need::ReturnSlip, Need::TrackingNumber];
    let electronic = [Need::Day, Need::AddressConfirmation, Need::ArrivalLog];
    let announced = [Need::Day, Need::AnnouncementText, Need::AnnouncementPlace];
    let asked = [Need::Day, Need::Recipient, Need::Signature, Need::Letter];
    let unit = [Need::Day, Need::Recipient, Need::Signature, Need::UnitReceipt];
    let others = [Mode::Direct, Mode::Post];
    DeliveryModes {
        rules: vec![
            rule(Mode::Direct, &signed, 0, always, &[]),
            rule(Mode::Left, &left, 0, always, &[Mode::Direct]),
            rule(Mode::Post, &post, 0, always, &[]),
            rule(Mode::Electronic, &electronic, 0, ("2013-01-01", None), &[]),
            rule(Mode::Entrusted, &asked, 0, always, &[]),
            rule(Mode::PassedOn, &unit, 0, always, &[]),
            rule(
                Mode::Announcement,
                &announced,
                60,
                ("1991-04-09", Some("2021-12-31")),
                &others,
            ),
            rule(Mode::Announcement, &announced, 30, ("2022-01-01", None), &others),
        ],
    }
}

fn attached(kind: AttachmentKind) -> Attachment {
    Attachment {
        kind,
        sha256: [7; 32],
    }
}

/// A receipt on which everything is filled in.
fn filled(mode: Mode) -> Delivery {
    let attendant = |name: &str| Attendant {
        name: name.to_owned(),
        certificate: "15080200001".to_owned(),
    };
    Delivery {
        mode,
        cause: "未按规定公示".to_owned(),
        documents: vec![],
        addressee: "某某商贸有限公司".to_owned(),
        place: "某某路1号".to_owned(),
        on: Some(day("2026-05-06")),
        minute: Some(600),
        recipient: Some(Recipient {
            name: "甲".to_owned(),
            relation: Relation::Addressee,
            has_signed: true,
        }),
        servers: vec![attendant("乙"), attendant("丙")],
        refusal: "拒绝签收".to_owned(),
        witnesses: vec![attendant("丁")],
        through: "某某机关".to_owned(),
        tracking_number: "EX000000001CN".to_owned(),
        failure: None,
        attachments: AttachmentKind::ALL.iter().map(|kind| attached(*kind)).collect(),
    }
}

type Change = fn(&mut Delivery);

/// The names of the needs that a receipt lacks after a change.
#[track_caller]
fn check(mode: Mode, change: Change, expected: Result<&str, &[Need]>) {
    let mut delivery = filled(mode);
    change(&mut delivery);
    let service = modes().served_on(&delivery, day("2026-05-20"));
    let found = match service {
        Service::Served(on) => Ok(on.to_string()),
        Service::Incomplete(missing) => Err(missing.iter().map(|one| one.need).collect::<Vec<_>>()),
        Service::NotServed(reason) => panic!("{mode:?}: {reason:?}"),
    };
    assert_eq!(
        found,
        expected.map(str::to_owned).map_err(<[Need]>::to_vec),
        "{mode:?}"
    );
}

#[test]
fn a_receipt_that_proves_it_serves_on_its_day_and_an_announcement_after_its_period() {
    for mode in Mode::ALL {
        match mode {
            Mode::Announcement => check(*mode, |_| {}, Ok("2026-06-05")),
            Mode::Direct | Mode::Left | Mode::Electronic | Mode::Entrusted | Mode::Post | Mode::PassedOn => {
                check(*mode, |_| {}, Ok("2026-05-06"))
            }
        }
    }
}

#[test]
fn an_announcement_ran_sixty_days_until_the_end_of_2021() {
    check(
        Mode::Announcement,
        |one| one.on = Some(day("2021-12-31")),
        Ok("2022-03-01"),
    );
    check(
        Mode::Announcement,
        |one| one.on = Some(day("2022-01-01")),
        Ok("2022-01-31"),
    );
    // The day of February that a leap year adds is a day.
    check(
        Mode::Announcement,
        |one| one.on = Some(day("2024-02-01")),
        Ok("2024-03-02"),
    );
}

#[test]
fn what_a_mode_needs_and_the_receipt_lacks_is_named() {
    check(
        Mode::Direct,
        |one| one.recipient.as_mut().unwrap().has_signed = false,
        Err(&[Need::Signature]),
    );
    check(
        Mode::Direct,
        |one| one.recipient = None,
        Err(&[Need::Recipient, Need::Signature]),
    );
    check(Mode::Direct, |one| one.on = None, Err(&[Need::Day]));
    check(
        Mode::Direct,
        |one| one.servers.truncate(1),
        Err(&[Need::TwoServers]),
    );
    check(
        Mode::Direct,
        |one| one.servers[1].certificate.clear(),
        Err(&[Need::TwoServers]),
    );
    check(Mode::Left, |one| one.refusal.clear(), Err(&[Need::Refusal]));
    check(Mode::Left, |one| one.witnesses.clear(), Ok("2026-05-06"));
    check(Mode::Left, |one| one.attachments.clear(), Ok("2026-05-06"));
    check(
        Mode::Left,
        |one| {
            one.witnesses.clear();
            one.attachments.clear();
        },
        Err(&[Need::WitnessOrRecording]),
    );
    check(
        Mode::Electronic,
        |one| {
            one.attachments
                .retain(|file| file.kind != AttachmentKind::AddressConfirmation);
        },
        Err(&[Need::AddressConfirmation]),
    );
    check(
        Mode::Electronic,
        |one| one.attachments.clear(),
        Err(&[Need::AddressConfirmation, Need::ArrivalLog]),
    );
    check(
        Mode::Post,
        |one| {
            one.attachments.clear();
            one.tracking_number.clear();
        },
        Err(&[Need::ReturnSlip, Need::TrackingNumber]),
    );
    check(Mode::Entrusted, |one| one.through.clear(), Err(&[Need::Letter]));
    check(
        Mode::PassedOn,
        |one| one.attachments.clear(),
        Err(&[Need::UnitReceipt]),
    );
    check(
        Mode::Announcement,
        |one| {
            one.place.clear();
            one.attachments.clear();
        },
        Err(&[Need::AnnouncementText, Need::AnnouncementPlace]),
    );
}

#[test]
fn what_failed_serves_nothing_whatever_else_the_receipt_says() {
    for mode in Mode::ALL {
        for failure in Failure::ALL {
            let mut delivery = filled(*mode);
            delivery.failure = Some(*failure);
            assert_eq!(
                modes().served_on(&delivery, day("2026-05-20")),
                Service::NotServed(NotServed::Failed(*failure))
            );
        }
    }
}

#[test]
fn a_signature_of_someone_who_may_not_receive_serves_nothing() {
    for relation in Relation::ALL {
        let mut delivery = filled(Mode::Direct);
        delivery.recipient.as_mut().unwrap().relation = *relation;
        let service = modes().served_on(&delivery, day("2026-05-20"));
        match relation {
            Relation::Other => assert_eq!(service, Service::NotServed(NotServed::WrongRecipient)),
            Relation::Addressee
            | Relation::Household
            | Relation::MailOffice
            | Relation::Agent
            | Relation::Unit => assert_eq!(service, Service::Served(day("2026-05-06"))),
        }
    }
}

#[test]
fn some_modes_come_after_others_have_failed() {
    let modes = modes();
    let allowed = |mode, on: &str, failed: &[Mode]| modes.allowed(mode, day(on), failed).is_ok();
    assert!(allowed(Mode::Direct, "2026-05-06", &[]));
    assert!(!allowed(Mode::Left, "2026-05-06", &[]));
    assert!(!allowed(Mode::Left, "2026-05-06", &[Mode::Post]));
    assert!(allowed(Mode::Left, "2026-05-06", &[Mode::Post, Mode::Direct]));
    assert!(!allowed(Mode::Announcement, "2026-05-06", &[Mode::Electronic]));
    assert!(allowed(Mode::Announcement, "2026-05-06", &[Mode::Post]));
    assert_eq!(
        modes.allowed(Mode::Electronic, day("2012-12-31"), &[]),
        Err(NotAllowed::NoRule(day("2012-12-31")))
    );
}
