//! Calendars, dated names and editions over the wire; data of a folder is adopted by a fact.

use credence::services::pb;
use credence::services::pb::get_edition_request::By;
use tonic::Code;
use tonic_types::StatusExt;

use crate::harness::{TestServer, reason};

fn add(start: &str, working_days: u32) -> pb::AddWorkingDaysRequest {
    pb::AddWorkingDaysRequest {
        start_on: start.to_owned(),
        working_days,
        min_revision: String::new(),
    }
}

#[tokio::test]
async fn calendars_are_listed_with_source_and_mark() {
    let server = TestServer::start().await;
    let mut client = server.catalog.clone();
    let listed = client
        .list_calendars(pb::ListCalendarsRequest::default())
        .await
        .expect("listed")
        .into_inner();
    let years: Vec<_> = listed
        .calendars
        .iter()
        .map(|one| (one.year, one.working_days, one.working_days_by_month.iter().sum()))
        .collect();
    assert_eq!(
        years,
        [
            (2023, 249, 249),
            (2024, 251, 251),
            (2025, 248, 248),
            (2026, 248, 248)
        ]
    );
    let of_2024 = &listed.calendars[1];
    assert_eq!(
        (
            of_2024.name.as_str(),
            of_2024.source.as_str(),
            of_2024.trust.as_str()
        ),
        ("calendars/2024", "国办发明电〔2023〕7号", "K")
    );
    assert_eq!(of_2024.holidays[1].make_up_days, ["2024-02-04", "2024-02-18"]);
    assert!(!of_2024.revision.ends_with(".0"), "{}", of_2024.revision);
}

#[tokio::test]
async fn a_period_ends_by_the_calendar_or_is_refused_by_name() {
    let server = TestServer::start().await;
    let mut client = server.catalog.clone();
    for (start, days, end) in [
        ("2026-02-12", 7, "2026-02-28"),
        ("2025-01-24", 7, "2025-02-10"),
        ("2025-01-24", 0, "2025-01-24"),
    ] {
        let added = client.add_working_days(add(start, days)).await.expect("known");
        assert_eq!(added.into_inner().end_on, end);
        let count = pb::CountWorkingDaysRequest {
            start_on: start.to_owned(),
            end_on: end.to_owned(),
            min_revision: String::new(),
        };
        let counted = client.count_working_days(count).await.expect("known");
        assert_eq!(counted.into_inner().working_days, days);
    }
    let status = client
        .add_working_days(add("2026-12-23", 7))
        .await
        .expect_err("2027");
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::FailedPrecondition, "CALENDAR_MISSING")
    );
    let info = status.get_details_error_info().expect("named");
    assert_eq!(info.metadata["year"], "2027");
    let status = client
        .add_working_days(add("2026-02-30", 7))
        .await
        .expect_err("no day");
    assert_eq!(reason(&status), "MALFORMED_VALUE");
    let status = client
        .add_working_days(add("2025-01-01", 10_001))
        .await
        .expect_err("long");
    assert_eq!(reason(&status), "MALFORMED_VALUE");
}

#[tokio::test]
async fn calendars_of_a_folder_are_adopted_and_broken_ones_change_nothing() {
    let policies = tempfile::tempdir().expect("a temporary folder");
    let built_in = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
    for name in ["bodies.toml", "departments.toml", "district.toml", "sectors.toml"] {
        std::fs::copy(built_in.join(name), policies.path().join(name)).expect("copied");
    }
    let folder = policies.path().to_str().expect("UTF-8").to_owned();
    let further = [("policies", folder.as_str())];
    let server = TestServer::start().await;
    let end = |server: &TestServer| {
        let mut client = server.catalog.clone();
        async move {
            let added = client.add_working_days(add("2024-06-07", 1)).await?;
            let added = added.into_inner();
            Ok::<_, tonic::Status>((added.end_on, added.calendar_revision))
        }
    };
    let (before, first) = end(&server).await.expect("known");
    assert_eq!(before, "2024-06-11");

    // A folder without calendars leaves the built-in ones, and their adoption, in place.
    let server = TestServer::start_in(server.stop().await, &further).await;
    assert_eq!(end(&server).await.expect("known"), (before, first.clone()));

    // Here the holiday of 2024-06-10 is not kept.
    let calendars = policies.path().join("calendars");
    std::fs::create_dir(&calendars).expect("made");
    let text = std::fs::read_to_string(built_in.join("calendars/2024.toml")).expect("read");
    let changed = text
        .replace("= 2024-06-10", "= 2024-06-09")
        .replace("working_days = 251", "working_days = 252");
    std::fs::write(calendars.join("2024.toml"), &changed).expect("written");
    let server = TestServer::start_in(server.stop().await, &further).await;
    let (after, second) = end(&server).await.expect("known");
    assert_eq!(after, "2024-06-10");
    assert_ne!(second, first);
    let status = server
        .catalog
        .clone()
        .add_working_days(add("2025-01-24", 7))
        .await;
    assert_eq!(
        reason(&status.expect_err("2025 is not in the folder")),
        "CALENDAR_MISSING"
    );

    // A count that does not come out is reported; what is in force stays.
    std::fs::write(calendars.join("2024.toml"), changed.replace("= 252", "= 253")).expect("written");
    let server = TestServer::start_in(server.stop().await, &further).await;
    assert_eq!(end(&server).await.expect("known"), (after, second));
}

#[tokio::test]
async fn names_are_those_of_the_day_asked_for() {
    let server = TestServer::start().await;
    let mut client = server.catalog.clone();
    for (as_of, title) in [
        ("", "市场监督管理局"),
        ("2019-03-31", "工商行政管理局"),
        ("2019-04-01", "市场监督管理局"),
    ] {
        let get = pb::GetDepartmentRequest {
            name: "departments/SCJG".to_owned(),
            as_of: as_of.to_owned(),
            ..Default::default()
        };
        let department = client.get_department(get).await.expect("there").into_inner();
        assert_eq!(department.title_chinese, title, "{as_of}");
        assert_eq!(department.former_titles[0].until, "2019-03-31");
    }
    let get = |as_of: &str| pb::GetBodyRequest {
        name: "bodies/SCJG".to_owned(),
        as_of: as_of.to_owned(),
        ..Default::default()
    };
    let body = client
        .get_body(get("2004-01-01"))
        .await
        .expect("there")
        .into_inner();
    assert_eq!(body.title_chinese, "工商行政管理局");
    let status = client.get_body(get("2003-12-31")).await.expect_err("not yet");
    assert_eq!(reason(&status), "BODY_UNKNOWN");
    let list = |as_of: &str| pb::ListBodiesRequest {
        as_of: as_of.to_owned(),
        page_size: 500,
        ..Default::default()
    };
    let then = client
        .list_bodies(list("2003-12-31"))
        .await
        .expect("listed")
        .into_inner();
    assert_eq!(then.bodies.len(), 0);
    let now = client
        .list_bodies(list("2024-06-03"))
        .await
        .expect("listed")
        .into_inner();
    assert_eq!(now.bodies.len(), 54);
    let status = client.list_bodies(list("2024-06-31")).await.expect_err("no day");
    assert_eq!(reason(&status), "MALFORMED_VALUE");
}

#[tokio::test]
async fn the_edition_of_a_day_is_found_and_says_what_is_not_known() {
    let server = TestServer::start().await;
    let mut client = server.catalog.clone();
    let listed = client
        .list_editions(pb::ListEditionsRequest::default())
        .await
        .expect("listed")
        .into_inner();
    let names: Vec<_> = listed.editions.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "editions/credit_catalogue-2021",
            "editions/credit_catalogue-2022",
            "editions/credit_catalogue-2024",
            "editions/punishment_measures-2021",
            "editions/punishment_measures-2022",
            "editions/punishment_measures-2024",
        ]
    );
    let get = |by| pb::GetEditionRequest {
        by: Some(by),
        min_revision: String::new(),
    };
    let in_force = |on: &str| {
        By::InForce(pb::EditionInForce {
            list: pb::NationalList::CreditCatalogue.into(),
            on: on.to_owned(),
        })
    };
    let found = client
        .get_edition(get(in_force("2023-07-01")))
        .await
        .expect("there");
    let found = found.into_inner();
    assert_eq!(
        (found.edition.as_str(), found.entry_count, found.complete),
        ("2022", 12, true)
    );
    let by_name = client
        .get_edition(get(By::Name("editions/punishment_measures-2024".to_owned())))
        .await
        .expect("there")
        .into_inner();
    assert!(!by_name.complete && by_name.entries.len() < by_name.entry_count as usize);
    assert!(by_name.entries.iter().all(|entry| entry.trust == "K"));
    for (by, expected) in [
        (in_force("2021-12-15"), "EDITION_UNKNOWN"),
        (
            By::Name("editions/credit_catalogue-2020".to_owned()),
            "EDITION_UNKNOWN",
        ),
        (By::Name("credit_catalogue-2022".to_owned()), "MALFORMED_NAME"),
        (By::InForce(pb::EditionInForce::default()), "MALFORMED_VALUE"),
    ] {
        let status = client.get_edition(get(by)).await.expect_err("refused");
        assert_eq!(reason(&status), expected);
    }
}
