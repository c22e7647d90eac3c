//! Where an export goes: a CSV file, a workbook, or CSV on the standard output. Read first: [`Target`].

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::sheets::written::{CsvFile, WorkbookError, XlsxColumn, XlsxFile};

/// Why an export is not written.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    #[error("{0} exists already; name another file")]
    Exists(String),
    #[error("a workbook is written to a file: say --out FILE")]
    NoFile,
    #[error("{path}: {source}")]
    Disk { path: String, source: io::Error },
    #[error("{path}: {source}")]
    Workbook { path: String, source: WorkbookError },
}

/// An export under way.
pub struct Target {
    path: String,
    to: To,
}

enum To {
    Csv(CsvFile<Box<dyn Write + Send>>),
    Xlsx(Box<XlsxFile>, PathBuf),
}

impl Target {
    /// Begins an export with its header; nothing that exists is written over.
    ///
    /// # Errors
    /// [`Unwritten`].
    pub fn new(
        path: Option<&Path>,
        is_workbook: bool,
        sheet: &str,
        columns: &[XlsxColumn],
    ) -> Result<Self, Unwritten> {
        let name = path.map_or_else(|| "-".to_owned(), |path| path.display().to_string());
        let disk = |source: io::Error| {
            let path = name.clone();
            if source.kind() == io::ErrorKind::AlreadyExists {
                Unwritten::Exists(path)
            } else {
                Unwritten::Disk { path, source }
            }
        };
        let to = if is_workbook {
            let path = path.ok_or(Unwritten::NoFile)?;
            // Claims the name; the workbook is written over it at the end.
            File::create_new(path).map_err(disk)?;
            let file = XlsxFile::new(sheet, columns).map_err(|source| Unwritten::Workbook {
                path: name.clone(),
                source,
            })?;
            To::Xlsx(Box::new(file), path.to_path_buf())
        } else {
            let out: Box<dyn Write + Send> = match path {
                Some(path) => Box::new(BufWriter::new(File::create_new(path).map_err(disk)?)),
                None => Box::new(BufWriter::new(io::stdout())),
            };
            let mut file = CsvFile::new(out).map_err(disk)?;
            file.row(columns.iter().map(|column| column.header.as_str()))
                .map_err(disk)?;
            To::Csv(file)
        };
        Ok(Self { path: name, to })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// [`Unwritten`].
    pub fn row(&mut self, cells: &[String]) -> Result<(), Unwritten> {
        match &mut self.to {
            To::Csv(file) => {
                let written = file.row(cells.iter().map(String::as_str));
                written.map_err(|source| Unwritten::Disk {
                    path: self.path.clone(),
                    source,
                })
            }
            To::Xlsx(file, _) => {
                let written = file.row(cells.iter().map(|cell| (cell.as_str(), false)));
                written.map_err(|source| Unwritten::Workbook {
                    path: self.path.clone(),
                    source,
                })
            }
        }
    }

    /// Adds explanations and closes the file: a sheet of their own in a workbook, one row below the table in
    /// a CSV file, which import knows by its first word.
    ///
    /// # Errors
    /// [`Unwritten`].
    pub fn finish(self, notes: &[Vec<String>]) -> Result<(), Unwritten> {
        let Self { path, to } = self;
        match to {
            To::Csv(mut file) => {
                let disk = |source| Unwritten::Disk {
                    path: path.clone(),
                    source,
                };
                if !notes.is_empty() {
                    let lines = notes.iter().map(|line| {
                        let filled = line.iter().filter(|part| !part.is_empty()).cloned();
                        filled.collect::<Vec<_>>().join("，")
                    });
                    let note = format!("表格说明：\n{}", lines.collect::<Vec<_>>().join("\n"));
                    file.row([note.as_str()]).map_err(disk)?;
                }
                file.finish().map(drop).map_err(disk)
            }
            To::Xlsx(file, own) => file
                .save(&own, notes)
                .map_err(|source| Unwritten::Workbook { path, source }),
        }
    }
}
