//! `CatalogService`, the part about dated data: calendars, editions of the national lists, layouts of rows.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::catalog_service::{Catalogues, adopted, page};
use super::convert::{catalog, layouts, requests};
use super::page::question;
use super::pb;
use super::pb::get_edition_request::By;
use crate::domain::edition::{Edition, NationalList};
use crate::domain::refusal::{Reason, Refusal};
use crate::ingest::due::calendar_missing;
use crate::ingest::read;
use crate::policy::{Policies, calendar, edition, records};

/// Longest period that is asked for, in working days: some 40 years.
const WORKING_DAYS_MAX: u32 = 10_000;

impl Catalogues {
    pub(super) async fn layouts_listed(
        &self,
        request: Request<pb::ListRecordLayoutsRequest>,
    ) -> Result<Response<pb::ListRecordLayoutsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let size = requests::page_size(message.page_size)?;
        let asked = question("ListRecordLayouts", None::<&String>);
        let (policies, context) = (Arc::clone(&self.0.shared.policies), self.0.clone());
        self.0
            .read(&message.min_revision, move |reading| {
                let adopted = adopted(&context, reading, &records::KIND);
                let mut all: Vec<_> = policies.layouts.layouts().iter().collect();
                all.sort_by(|one, other| one.code.cmp(&other.code));
                let (shown, next_page_token) = page(&all, &message.page_token, &asked, size, reading)?;
                let shown = shown.iter();
                let shown = shown.map(|one| layouts::layout(one, &policies.layouts, adopted));
                Ok(pb::ListRecordLayoutsResponse {
                    layouts: shown.collect(),
                    next_page_token,
                    revision: reading.place.to_string(),
                })
            })
            .await
    }

    pub(super) async fn calendars_listed(
        &self,
        request: Request<pb::ListCalendarsRequest>,
    ) -> Result<Response<pb::ListCalendarsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let size = requests::page_size(message.page_size)?;
        let asked = question("ListCalendars", None::<&String>);
        let (policies, context) = (Arc::clone(&self.0.shared.policies), self.0.clone());
        self.0
            .read(&message.min_revision, move |reading| {
                let adopted = adopted(&context, reading, &calendar::KIND);
                let years: Vec<_> = policies.calendar.years().collect();
                let (shown, next_page_token) = page(&years, &message.page_token, &asked, size, reading)?;
                Ok(pb::ListCalendarsResponse {
                    calendars: shown.iter().map(|one| catalog::calendar(one, adopted)).collect(),
                    next_page_token,
                    revision: reading.place.to_string(),
                })
            })
            .await
    }

    pub(super) async fn working_days_added(
        &self,
        request: Request<pb::AddWorkingDaysRequest>,
    ) -> Result<Response<pb::AddWorkingDaysResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let start = requests::date("start_on", &message.start_on)?;
        if message.working_days > WORKING_DAYS_MAX {
            let wrong = format!("is more than {WORKING_DAYS_MAX}");
            return Err(Refusal::plain(Reason::MalformedValue)
                .violating("working_days", wrong)
                .into());
        }
        let (policies, context) = (Arc::clone(&self.0.shared.policies), self.0.clone());
        self.0
            .read(&message.min_revision, move |reading| {
                let end = policies.calendar.add(start, message.working_days);
                Ok(pb::AddWorkingDaysResponse {
                    end_on: end.map_err(calendar_missing)?.to_string(),
                    calendar_revision: adopted(&context, reading, &calendar::KIND).to_string(),
                    revision: reading.place.to_string(),
                })
            })
            .await
    }

    pub(super) async fn working_days_counted(
        &self,
        request: Request<pb::CountWorkingDaysRequest>,
    ) -> Result<Response<pb::CountWorkingDaysResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let start = requests::date("start_on", &message.start_on)?;
        let end = requests::date("end_on", &message.end_on)?;
        let (policies, context) = (Arc::clone(&self.0.shared.policies), self.0.clone());
        self.0
            .read(&message.min_revision, move |reading| {
                let days = policies.calendar.between(start, end);
                Ok(pb::CountWorkingDaysResponse {
                    working_days: days.map_err(calendar_missing)?,
                    calendar_revision: adopted(&context, reading, &calendar::KIND).to_string(),
                    revision: reading.place.to_string(),
                })
            })
            .await
    }

    pub(super) async fn editions_listed(
        &self,
        request: Request<pb::ListEditionsRequest>,
    ) -> Result<Response<pb::ListEditionsResponse>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let size = requests::page_size(message.page_size)?;
        let asked = question("ListEditions", None::<&String>);
        let (policies, context) = (Arc::clone(&self.0.shared.policies), self.0.clone());
        self.0
            .read(&message.min_revision, move |reading| {
                let adopted = adopted(&context, reading, &edition::KIND);
                let all = policies.editions.all();
                let (shown, next_page_token) = page(all, &message.page_token, &asked, size, reading)?;
                Ok(pb::ListEditionsResponse {
                    editions: shown.iter().map(|one| catalog::edition(one, adopted)).collect(),
                    next_page_token,
                    revision: reading.place.to_string(),
                })
            })
            .await
    }

    pub(super) async fn edition_found(
        &self,
        request: Request<pb::GetEditionRequest>,
    ) -> Result<Response<pb::Edition>, Status> {
        self.0.principal(request.extensions())?;
        let message = request.into_inner();
        let by = message
            .by
            .ok_or_else(|| Refusal::plain(Reason::MalformedValue).violating("by", "is required"))?;
        let (policies, context) = (Arc::clone(&self.0.shared.policies), self.0.clone());
        self.0
            .read(&message.min_revision, move |reading| {
                let found = found(&policies, &by)?;
                Ok(catalog::edition(
                    found,
                    adopted(&context, reading, &edition::KIND),
                ))
            })
            .await
    }
}

fn found<'a>(policies: &'a Policies, by: &By) -> Result<&'a Edition, read::Error> {
    let unknown = |key: &str, value: String| Refusal::plain(Reason::EditionUnknown).with(key, value);
    match by {
        By::Name(name) => {
            let form = "is not of the form editions/LIST-YEAR";
            let malformed = || Refusal::plain(Reason::MalformedName).violating("name", form);
            let id = name.strip_prefix("editions/").ok_or_else(malformed)?;
            let mut all = policies.editions.all().iter();
            let found = all.find(|edition| edition.id() == id);
            Ok(found.ok_or_else(|| unknown("name", name.clone()))?)
        }
        By::InForce(wanted) => {
            let list = u8::try_from(wanted.list)
                .ok()
                .and_then(|number| NationalList::try_from(number).ok());
            let malformed =
                || Refusal::plain(Reason::MalformedValue).violating("in_force.list", "is not on the list");
            let list = list.ok_or_else(malformed)?;
            let on = requests::date("in_force.on", &wanted.on)?;
            let found = policies.editions.in_force(list, on);
            Ok(found.ok_or_else(|| unknown("on", on.to_string()))?)
        }
    }
}
