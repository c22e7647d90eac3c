//! The rows that come back: as they were sent, with the bad cells marked and the reason in Chinese behind,
//! ready to be mended and imported again. Read first: [`Returned`].

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use super::outcome::Found;
use super::reading::Taken;
use crate::domain::finding::CheckKind;
use crate::domain::layout::Layout;
use crate::sheets::column_name;
use crate::sheets::header::{Column, Header, REASON_HEADER};
use crate::sheets::written::{CsvFile, SHEET_ROWS_MAX, WorkbookError, XlsxColumn, XlsxFile};

/// Numbers tried for a name that is not taken.
const NAMES_MAX: u32 = 10_000;

/// Why the rows that come back are not written.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    #[error("{path}: {source}")]
    Disk { path: String, source: io::Error },
    #[error("{path}: {source}")]
    Workbook { path: String, source: WorkbookError },
    #[error("{0}: no name is free")]
    NoName(String),
}

/// The two files of a table that rows come back in; nothing is written until a row does.
pub struct Returned {
    folder: PathBuf,
    stem: String,
    sheet: String,
    headers: Vec<String>,
    /// Columns of the file that come back, without an earlier column of reasons.
    columns: Vec<usize>,
    layout: Layout,
    header: Header,
    files: Option<Files>,
}

struct Files {
    csv: CsvFile<BufWriter<File>>,
    csv_path: PathBuf,
    /// `None` once it holds as many rows as a worksheet can.
    xlsx: Option<XlsxFile>,
    xlsx_path: PathBuf,
}

impl Returned {
    /// Rows of this file would come back into `folder`, or beside it.
    #[must_use]
    pub fn new(file: &Path, folder: Option<&Path>, layout: &Layout, header: &Header) -> Self {
        let beside = file.parent().map(Path::to_path_buf).unwrap_or_default();
        let stem = file
            .file_stem()
            .map_or_else(|| "import".into(), |stem| stem.to_string_lossy());
        let reasons = |at: &usize| header.columns[*at] != Column::Reason;
        let columns: Vec<usize> = (0..header.texts.len()).filter(reasons).collect();
        let headers = columns.iter().map(|at| header.texts[*at].clone());
        Self {
            folder: folder.map_or(beside, Path::to_path_buf),
            stem: first_stem(&stem).to_owned(),
            sheet: layout.title_zh.clone(),
            headers: headers.chain([REASON_HEADER.to_owned()]).collect(),
            columns,
            layout: layout.clone(),
            header: header.clone(),
            files: None,
        }
    }

    /// Adds a row with what was found on it.
    ///
    /// # Errors
    /// [`Unwritten`].
    pub fn row(&mut self, taken: &Taken, found: &[Found]) -> Result<(), Unwritten> {
        if self.files.is_none() {
            self.files = Some(self.open()?);
        }
        let (bad, reason) = self.reasons(taken, found);
        let files = self.files.as_mut().expect("opened above");
        let cells = || {
            let own = self
                .columns
                .iter()
                .map(|at| (taken.row.text(*at), bad.contains(at)));
            own.chain([(reason.as_str(), false)])
        };
        files
            .csv
            .row(cells().map(|(text, _)| text))
            .map_err(|source| Unwritten::Disk {
                path: files.csv_path.display().to_string(),
                source,
            })?;
        if let Some(xlsx) = &mut files.xlsx {
            match xlsx.row(cells()) {
                Ok(()) => {}
                Err(WorkbookError::TooManyRows) => files.xlsx = None,
                Err(source) => {
                    let path = files.xlsx_path.display().to_string();
                    return Err(Unwritten::Workbook { path, source });
                }
            }
        }
        Ok(())
    }

    /// The columns to mark, and the sentences with the cells they are about.
    fn reasons(&self, taken: &Taken, found: &[Found]) -> (Vec<usize>, String) {
        let mut bad = Vec::new();
        let mut sentences = Vec::new();
        for (at, why) in &taken.spoilt {
            bad.push(*at);
            let cell = format!("{}{}", column_name(*at), taken.row.number);
            let header = self.header.texts.get(*at);
            let header = header.map(|text| format!("“{text}”")).unwrap_or_default();
            sentences.push(format!("[{cell}] {header}{}", why.in_chinese()));
        }
        let refusing = |found: &&Found| matches!(found.kind, CheckKind::Reject | CheckKind::Stop);
        for found in found.iter().filter(refusing) {
            let place = self
                .layout
                .items()
                .iter()
                .position(|item| item.code == found.item);
            let at = place.and_then(|place| self.header.column_of(place));
            bad.extend(at);
            let cell = match (at, place) {
                (Some(at), _) => format!("[{}{}] ", column_name(at), taken.row.number),
                (None, Some(place)) => format!("[缺列“{}”] ", self.layout.items()[place].chinese),
                (None, None) => format!("[第{}行] ", taken.row.number),
            };
            sentences.push(format!("{cell}{}", found.chinese));
        }
        (bad, sentences.join("\n"))
    }

    fn open(&self) -> Result<Files, Unwritten> {
        let disk = |path: &Path, source| Unwritten::Disk {
            path: path.display().to_string(),
            source,
        };
        std::fs::create_dir_all(folder_of(&self.folder)).map_err(|error| disk(&self.folder, error))?;
        let (csv_path, file) = self.free()?;
        let xlsx_path = csv_path.with_extension("xlsx");
        let mut csv = CsvFile::new(BufWriter::new(file)).map_err(|error| disk(&csv_path, error))?;
        csv.row(self.headers.iter().map(String::as_str))
            .map_err(|error| disk(&csv_path, error))?;
        let column = |header: &String| XlsxColumn {
            header: header.clone(),
            ..XlsxColumn::default()
        };
        let columns: Vec<_> = self.headers.iter().map(column).collect();
        let xlsx = XlsxFile::new(&self.sheet, &columns).map_err(|source| Unwritten::Workbook {
            path: xlsx_path.display().to_string(),
            source,
        })?;
        Ok(Files {
            csv,
            csv_path,
            xlsx: Some(xlsx),
            xlsx_path,
        })
    }

    /// Makes the first file of the row of names that does not exist: someone may be mending the others.
    fn free(&self) -> Result<(PathBuf, File), Unwritten> {
        for number in 1..=NAMES_MAX {
            let stem = match number {
                1 => format!("{}.rejected", self.stem),
                _ => format!("{}.rejected-{number}", self.stem),
            };
            let path = self.folder.join(format!("{stem}.csv"));
            if self.folder.join(format!("{stem}.xlsx")).exists() {
                continue;
            }
            match File::create_new(&path) {
                Ok(file) => return Ok((path, file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => {
                    let path = path.display().to_string();
                    return Err(Unwritten::Disk { path, source });
                }
            }
        }
        Err(Unwritten::NoName(self.stem.clone()))
    }

    /// Closes the files and says which there are, the workbook first.
    ///
    /// # Errors
    /// [`Unwritten`].
    pub fn finish(self) -> Result<Vec<PathBuf>, Unwritten> {
        let Some(files) = self.files else {
            return Ok(Vec::new());
        };
        files.csv.finish().map_err(|source| Unwritten::Disk {
            path: files.csv_path.display().to_string(),
            source,
        })?;
        let mut paths = Vec::new();
        if let Some(xlsx) = files.xlsx {
            xlsx.save(&files.xlsx_path, &[])
                .map_err(|source| Unwritten::Workbook {
                    path: files.xlsx_path.display().to_string(),
                    source,
                })?;
            paths.push(files.xlsx_path);
        }
        paths.push(files.csv_path);
        Ok(paths)
    }
}

const _: () = assert!(SHEET_ROWS_MAX > 1);

fn folder_of(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }
}

/// The name before `.rejected` or `.rejected-2`, so that what comes back twice is not named twice.
fn first_stem(stem: &str) -> &str {
    let Some((first, rest)) = stem.rsplit_once(".rejected") else {
        return stem;
    };
    let is_number = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_ours = rest.is_empty() || rest.strip_prefix('-').is_some_and(is_number);
    if is_ours && !first.is_empty() { first } else { stem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_twice_is_not_named_twice() {
        assert_eq!(first_stem("甲局6月"), "甲局6月");
        assert_eq!(first_stem("甲局6月.rejected"), "甲局6月");
        assert_eq!(first_stem("甲局6月.rejected-12"), "甲局6月");
        assert_eq!(first_stem("甲.rejected-x"), "甲.rejected-x");
        assert_eq!(first_stem(".rejected"), ".rejected");
    }
}
