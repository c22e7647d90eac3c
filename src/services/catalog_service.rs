//! `CatalogService`: the catalogue in force, as it was adopted.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::context::{Context, Reading};
use super::convert::{catalog, requests};
use super::page::{PageToken, question};
use super::pb;
use super::pb::catalog_service_server::CatalogService;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Place;
use crate::policy::catalog::KIND;

/// The service over one recorder.
pub struct Catalogues(pub Context);

/// Where the catalogue in force was adopted.
fn adopted(context: &Context, reading: &Reading<'_>) -> Place {
    Place {
        epoch: reading.epoch(),
        revision: context.shared.adopted_at(&KIND),
    }
}

/// A page of a list that is held in memory, in its order; the token's key is the number of entries before.
fn page<'a, T>(
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
macro_rules! methods {
    ($list:ident($ListRequest:ident) -> $ListResponse:ident { $field:ident },
     $get:ident($GetRequest:ident) -> $Resource:ident,
     $all:ident, $convert:path, $name:path, $unknown:ident) => {
        async fn $list(
            &self,
            request: Request<pb::$ListRequest>,
        ) -> Result<Response<pb::$ListResponse>, Status> {
            self.0.principal(request.extensions())?;
            let message = request.into_inner();
            let size = requests::page_size(message.page_size)?;
            let asked = question(stringify!($list), None::<&String>);
            let (policies, context) = (Arc::clone(&self.0.shared.policies), self.0.clone());
            self.0
                .read(&message.min_revision, move |reading| {
                    let adopted = adopted(&context, reading);
                    let (shown, next_page_token) = page(
                        policies.catalog.$all(),
                        &message.page_token,
                        &asked,
                        size,
                        reading,
                    )?;
                    Ok(pb::$ListResponse {
                        $field: shown.iter().map(|one| $convert(one, adopted)).collect(),
                        next_page_token,
                        revision: reading.place.to_string(),
                    })
                })
                .await
        }

        async fn $get(&self, request: Request<pb::$GetRequest>) -> Result<Response<pb::$Resource>, Status> {
            self.0.principal(request.extensions())?;
            let message = request.into_inner();
            let code = $name("name", &message.name)?;
            let (policies, context) = (Arc::clone(&self.0.shared.policies), self.0.clone());
            self.0
                .read(&message.min_revision, move |reading| {
                    let found = policies.catalog.$all().iter().find(|one| one.code == code);
                    let unknown = || Refusal::plain(Reason::$unknown).with("name", message.name.as_str());
                    Ok($convert(
                        found.ok_or_else(unknown)?,
                        adopted(&context, reading),
                    ))
                })
                .await
        }
    };
}

impl Catalogues {
    methods!(departments_listed(ListDepartmentsRequest) -> ListDepartmentsResponse { departments },
             department_found(GetDepartmentRequest) -> Department,
             departments, catalog::department, requests::department_name, DepartmentUnknown);
    methods!(bodies_listed(ListBodiesRequest) -> ListBodiesResponse { bodies },
             body_found(GetBodyRequest) -> Body,
             bodies, catalog::body, requests::body_name, BodyUnknown);
    methods!(sectors_listed(ListSectorsRequest) -> ListSectorsResponse { sectors },
             sector_found(GetSectorRequest) -> Sector,
             sectors, catalog::sector, requests::sector_name, SectorUnknown);
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
}
