//! `CatalogService`: the catalogue in force, as it was adopted; calendars and editions are in
//! [`catalog_dates`](super::catalog_dates).

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::context::{Context, Reading};
use super::convert::{catalog, requests};
use super::page::{PageToken, question};
use super::pb;
use super::pb::catalog_service_server::CatalogService;
use crate::domain::catalog::{Catalog, Department, EnforcementBody, Sector};
use crate::domain::civil_date::CivilDate;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Place;
use crate::policy::Kind;
use crate::policy::catalog::KIND;

/// The service over one recorder.
pub struct Catalogues(pub Context);

/// Where the data of a kind that is in force was adopted.
pub(super) fn adopted(context: &Context, reading: &Reading<'_>, kind: &Kind) -> Place {
    Place {
        epoch: reading.epoch(),
        revision: context.shared.adopted_at(kind),
    }
}

/// A page of a list that is held in memory, in its order; the token's key is the number of entries before.
pub(super) fn page<'a, T>(
    all: &'a [T],
    token: &str,
    asked: &[u8; 16],
    size: usize,
    reading: &Reading<'_>,
) -> Result<(&'a [T], String), Refusal> {
    let malformed =
        || Refusal::plain(Reason::MalformedPageToken).violating("page_token", "is not of this list");
    let token = PageToken::decode(token, asked, reading.epoch())?;
    let (first_page, before) = match token {
        None => (reading.place, 0),
        Some(token) => {
            let before = <[u8; 4]>::try_from(&token.after[..]).map_err(|_| malformed())?;
            (
                token.first_page,
                usize::try_from(u32::from_be_bytes(before)).map_err(|_| malformed())?,
            )
        }
    };
    let rest = all.get(before..).ok_or_else(malformed)?;
    let shown = &rest[..size.min(rest.len())];
    let next = before + shown.len();
    let after = u32::try_from(next)
        .map_err(|_| malformed())?
        .to_be_bytes()
        .to_vec();
    let token = (next < all.len()).then(|| PageToken { first_page, after }.encode(asked));
    Ok((shown, token.unwrap_or_default()))
}

/// Writes a list method and a get method over one of the catalogue's lists.
///
/// `$as_of` takes the day asked for out of a list's request, `$stands` says whether an entry exists on
/// it, `$find` finds the entry of a get's request.
macro_rules! methods {
    ($list:ident($ListRequest:ident) -> $ListResponse:ident { $field:ident } as of $as_of:expr, $stands:expr;
     $get:ident($GetRequest:ident) -> $Resource:ident by $find:path;
     $all:ident, $convert:path) => {
        async fn $list(
            &self,
            request: Request<pb::$ListRequest>,
        ) -> Result<Response<pb::$ListResponse>, Status> {
            self.0.principal(request.extensions())?;
            let message = request.into_inner();
            let size = requests::page_size(message.page_size)?;
            let as_of = requests::optional_date("as_of", $as_of(&message))?;
            let day = as_of.map(|on| on.to_string()).unwrap_or_default();
            let asked = question(stringify!($list), Some(&day));
            let (policies, context) = (Arc::clone(&self.0.shared.policies), self.0.clone());
            self.0
                .read(&message.min_revision, move |reading| {
                    let adopted = adopted(&context, reading, &KIND);
                    let stands = |one: &&_| as_of.is_none_or(|on| $stands(*one, on));
                    let all: Vec<_> = policies.catalog.$all().iter().filter(stands).collect();
                    let (shown, next_page_token) = page(&all, &message.page_token, &asked, size, reading)?;
                    Ok(pb::$ListResponse {
                        $field: shown
                            .iter()
                            .map(|one| $convert(one, adopted, as_of))
                            .collect(),
                        next_page_token,
                        revision: reading.place.to_string(),
                    })
                })
                .await
        }

        async fn $get(&self, request: Request<pb::$GetRequest>) -> Result<Response<pb::$Resource>, Status> {
            self.0.principal(request.extensions())?;
            let message = request.into_inner();
            let (policies, context) = (Arc::clone(&self.0.shared.policies), self.0.clone());
            let min_revision = message.min_revision.clone();
            self.0
                .read(&min_revision, move |reading| {
                    let (found, as_of) = $find(&policies.catalog, &message)?;
                    Ok($convert(found, adopted(&context, reading, &KIND), as_of))
                })
                .await
        }
    };
}

impl Catalogues {
    methods!(departments_listed(ListDepartmentsRequest) -> ListDepartmentsResponse { departments }
                 as of |asked: &pb::ListDepartmentsRequest| asked.as_of.clone(), Department::stands_on;
             department_found(GetDepartmentRequest) -> Department by department;
             departments, catalog::department);
    methods!(bodies_listed(ListBodiesRequest) -> ListBodiesResponse { bodies }
                 as of |asked: &pb::ListBodiesRequest| asked.as_of.clone(), EnforcementBody::stands_on;
             body_found(GetBodyRequest) -> Body by body;
             bodies, catalog::body);
    methods!(sectors_listed(ListSectorsRequest) -> ListSectorsResponse { sectors }
                 as of |_: &pb::ListSectorsRequest| String::new(), |_: &Sector, _| true;
             sector_found(GetSectorRequest) -> Sector by sector;
             sectors, catalog::sector);
}

/// An entry, and the day by which it is to be shown.
type Found<'a, T> = (&'a T, Option<CivilDate>);

fn department<'a>(
    catalog: &'a Catalog,
    asked: &pb::GetDepartmentRequest,
) -> Result<Found<'a, Department>, Refusal> {
    let code = requests::department_name("name", &asked.name)?;
    let as_of = requests::optional_date("as_of", asked.as_of.clone())?;
    let found = match as_of {
        None => catalog.department(code),
        Some(on) => catalog.department_succeeding(code, on),
    };
    let unknown = || Refusal::plain(Reason::DepartmentUnknown).with("name", asked.name.as_str());
    Ok((found.ok_or_else(unknown)?, as_of))
}

fn body<'a>(catalog: &'a Catalog, asked: &pb::GetBodyRequest) -> Result<Found<'a, EnforcementBody>, Refusal> {
    let code = requests::body_name("name", &asked.name)?;
    let as_of = requests::optional_date("as_of", asked.as_of.clone())?;
    let found = match as_of {
        None => catalog.bodies().iter().find(|body| body.code == code),
        Some(on) => catalog.body_succeeding(code, on),
    };
    let unknown = || Refusal::plain(Reason::BodyUnknown).with("name", asked.name.as_str());
    Ok((found.ok_or_else(unknown)?, as_of))
}

fn sector<'a>(catalog: &'a Catalog, asked: &pb::GetSectorRequest) -> Result<Found<'a, Sector>, Refusal> {
    let code = requests::sector_name("name", &asked.name)?;
    let unknown = || Refusal::plain(Reason::SectorUnknown).with("name", asked.name.as_str());
    Ok((catalog.sector(code).ok_or_else(unknown)?, None))
}

#[tonic::async_trait]
impl CatalogService for Catalogues {
    async fn list_departments(
        &self,
        request: Request<pb::ListDepartmentsRequest>,
    ) -> Result<Response<pb::ListDepartmentsResponse>, Status> {
        self.departments_listed(request).await
    }

    async fn get_department(
        &self,
        request: Request<pb::GetDepartmentRequest>,
    ) -> Result<Response<pb::Department>, Status> {
        self.department_found(request).await
    }

    async fn list_bodies(
        &self,
        request: Request<pb::ListBodiesRequest>,
    ) -> Result<Response<pb::ListBodiesResponse>, Status> {
        self.bodies_listed(request).await
    }

    async fn get_body(&self, request: Request<pb::GetBodyRequest>) -> Result<Response<pb::Body>, Status> {
        self.body_found(request).await
    }

    async fn list_sectors(
        &self,
        request: Request<pb::ListSectorsRequest>,
    ) -> Result<Response<pb::ListSectorsResponse>, Status> {
        self.sectors_listed(request).await
    }

    async fn get_sector(
        &self,
        request: Request<pb::GetSectorRequest>,
    ) -> Result<Response<pb::Sector>, Status> {
        self.sector_found(request).await
    }

    async fn list_calendars(
        &self,
        request: Request<pb::ListCalendarsRequest>,
    ) -> Result<Response<pb::ListCalendarsResponse>, Status> {
        self.calendars_listed(request).await
    }

    async fn add_working_days(
        &self,
        request: Request<pb::AddWorkingDaysRequest>,
    ) -> Result<Response<pb::AddWorkingDaysResponse>, Status> {
        self.working_days_added(request).await
    }

    async fn count_working_days(
        &self,
        request: Request<pb::CountWorkingDaysRequest>,
    ) -> Result<Response<pb::CountWorkingDaysResponse>, Status> {
        self.working_days_counted(request).await
    }

    async fn list_editions(
        &self,
        request: Request<pb::ListEditionsRequest>,
    ) -> Result<Response<pb::ListEditionsResponse>, Status> {
        self.editions_listed(request).await
    }

    async fn get_edition(
        &self,
        request: Request<pb::GetEditionRequest>,
    ) -> Result<Response<pb::Edition>, Status> {
        self.edition_found(request).await
    }

    async fn list_record_layouts(
        &self,
        request: Request<pb::ListRecordLayoutsRequest>,
    ) -> Result<Response<pb::ListRecordLayoutsResponse>, Status> {
        self.layouts_listed(request).await
    }
}
