//! The catalogue's lists as tables: departments, bodies, sectors, calendars, editions.
//!
//! They are data that the service adopts, so there is no layout in which they are imported.
//! Read first: [`Catalogue`].

use tonic::Status;
use tonic::transport::Channel;

use crate::services::pb;
use crate::services::pb::catalog_service_client::CatalogServiceClient;
use crate::sheets::written::XlsxColumn;

/// Rows asked for at a time.
const PAGE_SIZE: i32 = 500;

/// One of the catalogue's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Catalogue {
    Departments,
    Bodies,
    Sectors,
    Calendars,
    Editions,
}

/// Every list of the catalogue.
pub const ALL: [Catalogue; 5] = [
    Catalogue::Departments,
    Catalogue::Bodies,
    Catalogue::Sectors,
    Catalogue::Calendars,
    Catalogue::Editions,
];

impl Catalogue {
    /// The list that the command line names.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        ALL.into_iter().find(|one| one.code().eq_ignore_ascii_case(code))
    }

    /// By what the command line names it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Departments => "DEPARTMENTS",
            Self::Bodies => "BODIES",
            Self::Sectors => "SECTORS",
            Self::Calendars => "CALENDARS",
            Self::Editions => "EDITIONS",
        }
    }

    #[must_use]
    pub fn title_zh(self) -> &'static str {
        match self {
            Self::Departments => "部门目录",
            Self::Bodies => "执法主体目录",
            Self::Sectors => "领域目录",
            Self::Calendars => "节假日安排",
            Self::Editions => "目录清单版本",
        }
    }

    #[must_use]
    pub fn title_en(self) -> &'static str {
        match self {
            Self::Departments => "departments",
            Self::Bodies => "enforcement bodies",
            Self::Sectors => "sectors",
            Self::Calendars => "holidays and days worked instead",
            Self::Editions => "editions of national lists, entry by entry",
        }
    }

    fn headers(self) -> &'static [&'static str] {
        match self {
            Self::Departments => &[
                "部门代码",
                "部门名称",
                "英文名称",
                "类型",
                "职权",
                "统一社会信用代码",
                "设立日期",
                "撤销日期",
                "承继部门",
                "性质",
            ],
            Self::Bodies => &[
                "主体代码",
                "主体名称",
                "英文名称",
                "所属部门",
                "统一社会信用代码",
                "设立日期",
                "撤销日期",
                "承继主体",
                "性质",
            ],
            Self::Sectors => &["领域代码", "领域名称", "英文名称", "牵头部门", "配合部门", "性质"],
            Self::Calendars => &["年份", "节日", "放假自", "放假至", "调休上班日", "依据", "性质"],
            Self::Editions => &[
                "清单",
                "版本",
                "施行日期",
                "失效日期",
                "条目代码",
                "条目名称",
                "英文名称",
                "文号",
                "性质",
            ],
        }
    }

    /// The columns of its table.
    #[must_use]
    pub fn columns(self) -> Vec<XlsxColumn> {
        let column = |header: &&str| XlsxColumn {
            header: (*header).to_owned(),
            ..XlsxColumn::default()
        };
        self.headers().iter().map(column).collect()
    }

    /// Asks the service for all of it, in the order of its list.
    ///
    /// # Errors
    /// The service's refusals.
    pub async fn rows(self, channel: Channel) -> Result<Vec<Vec<String>>, Status> {
        let mut client = CatalogServiceClient::new(channel);
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut page_token = String::new();
        loop {
            page_token = match self {
                Self::Departments => {
                    let request = pb::ListDepartmentsRequest {
                        page_size: PAGE_SIZE,
                        page_token,
                        ..Default::default()
                    };
                    let page = client.list_departments(request).await?.into_inner();
                    rows.extend(page.departments.into_iter().map(department));
                    page.next_page_token
                }
                Self::Bodies => {
                    let request = pb::ListBodiesRequest {
                        page_size: PAGE_SIZE,
                        page_token,
                        ..Default::default()
                    };
                    let page = client.list_bodies(request).await?.into_inner();
                    rows.extend(page.bodies.into_iter().map(body));
                    page.next_page_token
                }
                Self::Sectors => {
                    let request = pb::ListSectorsRequest {
                        page_size: PAGE_SIZE,
                        page_token,
                        ..Default::default()
                    };
                    let page = client.list_sectors(request).await?.into_inner();
                    rows.extend(page.sectors.into_iter().map(sector));
                    page.next_page_token
                }
                Self::Calendars => {
                    let request = pb::ListCalendarsRequest {
                        page_size: PAGE_SIZE,
                        page_token,
                        ..Default::default()
                    };
                    let page = client.list_calendars(request).await?.into_inner();
                    rows.extend(page.calendars.iter().flat_map(calendar));
                    page.next_page_token
                }
                Self::Editions => {
                    let request = pb::ListEditionsRequest {
                        page_size: PAGE_SIZE,
                        page_token,
                        ..Default::default()
                    };
                    let page = client.list_editions(request).await?.into_inner();
                    rows.extend(page.editions.iter().flat_map(edition));
                    page.next_page_token
                }
            };
            if page_token.is_empty() {
                return Ok(rows);
            }
        }
    }
}

/// The code behind a resource name, such as `SCJG` of `departments/SCJG`.
fn code_of(name: &str) -> String {
    name.rsplit('/').next().unwrap_or(name).to_owned()
}

fn department(one: pb::Department) -> Vec<String> {
    vec![
        one.code,
        one.title_chinese,
        one.title_english,
        one.r#type,
        one.authorities.join(";"),
        one.social_credit_code,
        one.in_force_from,
        one.in_force_until,
        code_of(&one.successor),
        one.standing,
    ]
}

fn body(one: pb::Body) -> Vec<String> {
    vec![
        one.code,
        one.title_chinese,
        one.title_english,
        code_of(&one.department),
        one.social_credit_code,
        one.in_force_from,
        one.in_force_until,
        code_of(&one.successor),
        one.standing,
    ]
}

fn sector(one: pb::Sector) -> Vec<String> {
    let helping: Vec<String> = one.helping_departments.iter().map(|name| code_of(name)).collect();
    vec![
        one.code,
        one.title_chinese,
        one.title_english,
        code_of(&one.lead_department),
        helping.join(";"),
        one.standing,
    ]
}

/// One row a holiday.
fn calendar(one: &pb::Calendar) -> Vec<Vec<String>> {
    let row = |holiday: &pb::Holiday| {
        vec![
            one.year.to_string(),
            holiday.title_chinese.clone(),
            holiday.from.clone(),
            holiday.until.clone(),
            holiday.make_up_days.join(";"),
            one.source.clone(),
            one.standing.clone(),
        ]
    };
    one.holidays.iter().map(row).collect()
}

/// One row an entry.
fn edition(one: &pb::Edition) -> Vec<Vec<String>> {
    let row = |entry: &pb::EditionEntry| {
        vec![
            one.title_chinese.clone(),
            one.edition.clone(),
            one.in_force_from.clone(),
            one.in_force_until.clone(),
            entry.code.clone(),
            entry.title_chinese.clone(),
            entry.title_english.clone(),
            one.source.clone(),
            one.standing.clone(),
        ]
    };
    one.entries.iter().map(row).collect()
}
