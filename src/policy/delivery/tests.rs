use super::*;
use crate::domain::civil_date::CivilDate;

fn built_in() -> DeliveryModes {
    parse(&KIND.built_in()).unwrap()
}

#[test]
fn every_mode_has_a_rule_on_every_day_since_the_first_notices() {
    let modes = built_in();
    for on in ["2019-07-01", "2021-12-31", "2022-01-01", "2026-11-23"] {
        let on: CivilDate = on.parse().unwrap();
        for mode in Mode::ALL {
            let rule = modes.rule(*mode, on).unwrap();
            assert_eq!(rule.days > 0, *mode == Mode::Announcement);
        }
    }
    let days = |on: &str| modes.rule(Mode::Announcement, on.parse().unwrap()).unwrap().days;
    assert_eq!((days("2021-12-31"), days("2022-01-01")), (60, 30));
}

#[track_caller]
fn mistaken(from: &str, to: &str, expected: &str) {
    let mut files = KIND.built_in();
    let text = String::from_utf8(files.files[0].1.clone()).unwrap();
    assert!(text.contains(from), "{from}");
    files.files[0].1 = text.replacen(from, to, 1).into_bytes();
    let mistakes: Vec<String> = parse(&files)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(mistakes, [expected]);
}

#[test]
fn mistakes_are_named_by_file_and_line() {
    mistaken(
        "\"two_servers\"]",
        "\"two_clerks\"]",
        "delivery/modes.toml:9: `needs` `two_clerks`: it is one of day, recipient, signature, two_servers, \
         refusal, witness_or_recording, address_confirmation, arrival_log, letter, return_slip, \
         tracking_number, unit_receipt, announcement_text, announcement_place",
    );
    mistaken(
        "until = 2021-12-31",
        "until = 2022-01-01",
        "delivery/modes.toml:75: `announcement-sixty-days` holds for this mode from 1991-04-09; end one where \
         the other begins",
    );
    mistaken(
        "days = 60\n",
        "",
        "delivery/modes.toml:63: an announcement has `days`, and no other mode has",
    );
    mistaken(
        "after = [\"direct\"]",
        "after = [\"left\"]",
        "delivery/modes.toml:19: a mode does not come after itself",
    );
}
