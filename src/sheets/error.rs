//! Why a file cannot be read, in two languages; no sentence repeats what stands in the file.

use super::{COLUMNS_MAX, FILE_BYTES_MAX, RATIO_MAX, ROWS_MAX, SHARED_TEXTS_BYTES_MAX, UNPACKED_BYTES_MAX};

/// Why a file is not read.
#[derive(Debug)]
pub enum SheetError {
    /// The disk does not give it.
    Disk(std::io::Error),
    /// There is nothing in it.
    Empty,
    /// It has more bytes than [`FILE_BYTES_MAX`].
    FileTooLarge,
    /// An old workbook (.xls), or one locked with a password.
    OldOrLocked,
    /// A web page that is named as if it were a workbook.
    WebPage,
    /// A text that starts as UTF-8 and is damaged.
    DamagedUtf8 {
        /// Place of the first bad byte, from 0.
        offset: u64,
        /// The line it stands in, from 1.
        line: u64,
    },
    /// Neither UTF-8, nor GB18030, nor UTF-16.
    UnknownEncoding {
        /// Place of the first byte that is not GB18030, from 0.
        offset: u64,
    },
    /// A UTF-16 text with half a character.
    DamagedUtf16,
    /// More rows than [`ROWS_MAX`].
    TooManyRows,
    /// More columns than [`COLUMNS_MAX`].
    TooManyColumns { row: u32 },
    /// A cell is longer than a workbook's can be; in a CSV file mostly a quote that is not closed.
    CellTooLong {
        /// The row that the cell begins in.
        row: u32,
    },
    /// A CSV file ends inside a quoted cell.
    OpenQuote { row: u32 },
    /// The parts of a workbook unpack to more than is taken.
    UnpacksTooLarge,
    /// The shared texts of a workbook unpack to more than is taken.
    SharedTextsTooLarge,
    /// A part of a workbook unpacks to more than [`RATIO_MAX`] times its size.
    UnpacksTooFar,
    /// A workbook of too many parts.
    TooManyParts,
    /// The file is not the workbook it seems to be; the words are the reader's.
    DamagedWorkbook(String),
    /// The workbook has no such sheet.
    NoSuchSheet(String),
    /// The file changed while it was read.
    Changed,
}

impl From<std::io::Error> for SheetError {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error)
    }
}

impl std::fmt::Display for SheetError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.in_english())
    }
}

impl std::error::Error for SheetError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        if let Self::Disk(error) = self {
            Some(error)
        } else {
            None
        }
    }
}

const MIB: u64 = 1 << 20;

impl SheetError {
    /// Says it in English.
    #[must_use]
    pub fn in_english(&self) -> String {
        match self {
            Self::Disk(error) => format!("the file cannot be read: {error}"),
            Self::Empty => "the file is empty".to_owned(),
            Self::FileTooLarge => {
                format!(
                    "the file is larger than {} MiB; cut it into parts",
                    FILE_BYTES_MAX / MIB
                )
            }
            Self::OldOrLocked => {
                "this is an old workbook (.xls) or one locked with a password; open it and save \
                                  it as .xlsx without a password"
                    .to_owned()
            }
            Self::WebPage => {
                "this is a web page named as a workbook; open it and save it as .xlsx".to_owned()
            }
            Self::DamagedUtf8 { offset, line } => {
                format!(
                    "the file is UTF-8 with a damaged character at byte {offset}, line {line}; save it again"
                )
            }
            Self::UnknownEncoding { offset } => format!(
                "the file is neither UTF-8 nor GB18030 nor UTF-16 (byte {offset}); save it as CSV UTF-8 or as .xlsx"
            ),
            Self::DamagedUtf16 => "the file is UTF-16 and damaged; save it again".to_owned(),
            Self::TooManyRows => format!("the file has more than {ROWS_MAX} rows; cut it into parts"),
            Self::TooManyColumns { row } => format!("row {row} has more than {COLUMNS_MAX} columns"),
            Self::CellTooLong { row } => format!(
                "a cell that begins in row {row} has more than 32767 characters; mostly a quotation mark that \
                 is not closed"
            ),
            Self::OpenQuote { row } => {
                format!("a quotation mark that opens in row {row} is never closed")
            }
            Self::UnpacksTooLarge => format!(
                "the workbook unpacks to more than {} MiB; save it as CSV or cut it into parts",
                UNPACKED_BYTES_MAX / MIB
            ),
            Self::SharedTextsTooLarge => format!(
                "the texts of the workbook unpack to more than {} MiB; save it as CSV or cut it into parts",
                SHARED_TEXTS_BYTES_MAX / MIB
            ),
            Self::UnpacksTooFar => format!(
                "a part of the workbook unpacks to more than {RATIO_MAX} times its size, as in a file made to \
                 do harm; open it and save it again"
            ),
            Self::TooManyParts => "the workbook has too many parts, as in a file made to do harm".to_owned(),
            Self::DamagedWorkbook(words) => {
                format!("the file is not a sound workbook ({words}); open it and save it again as .xlsx")
            }
            Self::NoSuchSheet(name) => format!("the workbook has no sheet {name:?}"),
            Self::Changed => "the file changed while it was read; import it again".to_owned(),
        }
    }

    /// Says it in Chinese.
    #[must_use]
    pub fn in_chinese(&self) -> String {
        match self {
            Self::Disk(error) => format!("文件无法读取：{error}"),
            Self::Empty => "文件为空".to_owned(),
            Self::FileTooLarge => format!("文件超过{}MiB，请拆分", FILE_BYTES_MAX / MIB),
            Self::OldOrLocked => {
                "这是旧版工作簿（.xls）或加密的工作簿，请打开后另存为不加密的.xlsx".to_owned()
            }
            Self::WebPage => "这是扩展名为工作簿的网页，请打开后另存为.xlsx".to_owned(),
            Self::DamagedUtf8 { offset, line } => {
                format!("文件为UTF-8，但第{line}行（第{offset}字节）有损坏的字符，请重新保存")
            }
            Self::UnknownEncoding { offset } => {
                format!("文件既不是UTF-8，也不是GB18030或UTF-16（第{offset}字节），请另存为CSV UTF-8或.xlsx")
            }
            Self::DamagedUtf16 => "文件为UTF-16但已损坏，请重新保存".to_owned(),
            Self::TooManyRows => format!("文件超过{ROWS_MAX}行，请拆分"),
            Self::TooManyColumns { row } => format!("第{row}行超过{COLUMNS_MAX}列"),
            Self::CellTooLong { row } => {
                format!("从第{row}行开始的一个单元格超过32767个字符，多半是引号没有闭合")
            }
            Self::OpenQuote { row } => format!("第{row}行的引号没有闭合"),
            Self::UnpacksTooLarge => {
                format!(
                    "工作簿解压后超过{}MiB，请另存为CSV或拆分",
                    UNPACKED_BYTES_MAX / MIB
                )
            }
            Self::SharedTextsTooLarge => {
                format!(
                    "工作簿的文字解压后超过{}MiB，请另存为CSV或拆分",
                    SHARED_TEXTS_BYTES_MAX / MIB
                )
            }
            Self::UnpacksTooFar => {
                format!("工作簿的一个部件解压后超过其大小的{RATIO_MAX}倍，疑似恶意文件，请打开后重新保存")
            }
            Self::TooManyParts => "工作簿的部件过多，疑似恶意文件".to_owned(),
            Self::DamagedWorkbook(words) => {
                format!("文件不是完好的工作簿（{words}），请打开后重新另存为.xlsx")
            }
            Self::NoSuchSheet(name) => format!("工作簿中没有工作表“{name}”"),
            Self::Changed => "文件在读取过程中被改动，请重新导入".to_owned(),
        }
    }
}
