//! What a file is, found from its bytes: a workbook, or text in one of the encodings that come in.
//!
//! The whole file is read once, for its hash and so that no encoding is guessed from a beginning.
//! Read first: [`look`].

use std::io::{Read, Seek, SeekFrom};

use encoding_rs::{DecoderResult, GB18030, UTF_16BE, UTF_16LE};
use sha2::{Digest, Sha256};

use super::{FILE_BYTES_MAX, Format, SheetError, delimited};

/// How the characters of a text file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    /// With the mark that a spreadsheet program puts before it.
    Utf8WithMark,
    /// GBK and GB 2312 with it.
    Gb18030,
    Utf16Little,
    Utf16Big,
}

impl Encoding {
    /// Returns the name that people know it by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf8WithMark => "UTF-8 (BOM)",
            Self::Gb18030 => "GB18030",
            Self::Utf16Little => "UTF-16LE",
            Self::Utf16Big => "UTF-16BE",
        }
    }

    pub(super) fn codec(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Utf8 | Self::Utf8WithMark => encoding_rs::UTF_8,
            Self::Gb18030 => GB18030,
            Self::Utf16Little => UTF_16LE,
            Self::Utf16Big => UTF_16BE,
        }
    }
}

/// What a look at the bytes found.
pub(super) struct Look {
    pub(super) hash: [u8; 32],
    pub(super) size: u64,
    pub(super) format: Format,
}

/// Bytes read at a time.
pub(super) const CHUNK: usize = 64 << 10;
/// Bytes from which delimiter and UTF-16 without mark are told.
const SAMPLE: usize = 256 << 10;
/// Characters of three bytes before the first bad one from which a text is taken for damaged UTF-8.
const CHINESE_MIN: u32 = 4;

const ZIP: &[u8] = b"PK\x03\x04";
const OLE: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];

/// Reads a file to its end, tells what it is, and leaves it at its beginning.
pub(super) fn look(file: &mut (impl Read + Seek)) -> Result<Look, SheetError> {
    file.seek(SeekFrom::Start(0))?;
    let mut hash = Sha256::new();
    let mut text = Utf8Walk::default();
    let mut sample = Vec::new();
    let mut size = 0;
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = read_some(file, &mut chunk)?;
        if length == 0 {
            break;
        }
        let bytes = &chunk[..length];
        hash.update(bytes);
        text.walk(bytes);
        let wanted = SAMPLE.saturating_sub(sample.len()).min(length);
        sample.extend_from_slice(&bytes[..wanted]);
        size += length as u64;
        if size > FILE_BYTES_MAX {
            return Err(SheetError::FileTooLarge);
        }
    }
    let format = format_of(file, &sample, &text.ended())?;
    file.seek(SeekFrom::Start(0))?;
    Ok(Look {
        hash: hash.finalize().into(),
        size,
        format,
    })
}

fn format_of(file: &mut (impl Read + Seek), sample: &[u8], text: &Utf8Walk) -> Result<Format, SheetError> {
    if sample.is_empty() {
        return Err(SheetError::Empty);
    }
    if sample.starts_with(ZIP) {
        return Ok(Format::Workbook);
    }
    if sample.starts_with(OLE) {
        return Err(SheetError::OldOrLocked);
    }
    let encoding = encoding_of(file, sample, text)?;
    let (decoded, _) = encoding
        .codec()
        .decode_without_bom_handling(marked_off(sample, encoding));
    let begin = decoded.trim_start().get(..200).unwrap_or(decoded.trim_start());
    let begin = begin.to_ascii_lowercase();
    if ["<html", "<!doctype", "<table", "<?xml"]
        .iter()
        .any(|tag| begin.starts_with(tag))
    {
        return Err(SheetError::WebPage);
    }
    Ok(Format::Delimited {
        encoding,
        delimiter: delimited::delimiter_of(&decoded),
    })
}

fn marked_off(sample: &[u8], encoding: Encoding) -> &[u8] {
    let mark: &[u8] = match encoding {
        Encoding::Utf8 | Encoding::Utf8WithMark => b"\xEF\xBB\xBF",
        Encoding::Gb18030 => b"\x84\x31\x95\x33",
        Encoding::Utf16Little => b"\xFF\xFE",
        Encoding::Utf16Big => b"\xFE\xFF",
    };
    sample.strip_prefix(mark).unwrap_or(sample)
}

fn encoding_of(
    file: &mut (impl Read + Seek),
    sample: &[u8],
    text: &Utf8Walk,
) -> Result<Encoding, SheetError> {
    if let Some(encoding) = utf16_of(sample) {
        return match first_bad(file, encoding)? {
            None => Ok(encoding),
            Some(_) => Err(SheetError::DamagedUtf16),
        };
    }
    let has_mark = sample.starts_with(b"\xEF\xBB\xBF");
    match text.bad {
        None if has_mark => Ok(Encoding::Utf8WithMark),
        None => Ok(Encoding::Utf8),
        Some((offset, line)) if has_mark || text.chinese >= CHINESE_MIN => {
            Err(SheetError::DamagedUtf8 { offset, line })
        }
        Some(_) => match first_bad(file, Encoding::Gb18030)? {
            None => Ok(Encoding::Gb18030),
            Some(offset) => Err(SheetError::UnknownEncoding { offset }),
        },
    }
}

/// By the mark, or by the zero half of every ASCII character, of which a table has many.
fn utf16_of(sample: &[u8]) -> Option<Encoding> {
    if sample.starts_with(b"\xFF\xFE") {
        return Some(Encoding::Utf16Little);
    }
    if sample.starts_with(b"\xFE\xFF") {
        return Some(Encoding::Utf16Big);
    }
    let zeros = |first: usize| {
        sample
            .iter()
            .skip(first)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    match even.max(odd) {
        0 => None,
        _ if odd > even => Some(Encoding::Utf16Little),
        _ => Some(Encoding::Utf16Big),
    }
}

/// The place of the first byte that does not decode.
fn first_bad(file: &mut (impl Read + Seek), encoding: Encoding) -> Result<Option<u64>, SheetError> {
    file.seek(SeekFrom::Start(0))?;
    let mut decoder = encoding.codec().new_decoder_with_bom_removal();
    let mut chunk = vec![0; CHUNK];
    let mut out = vec![0; 4 * CHUNK];
    let mut offset = 0;
    loop {
        let length = read_some(file, &mut chunk)?;
        let is_last = length == 0;
        let (result, read, _) =
            decoder.decode_to_utf8_without_replacement(&chunk[..length], &mut out, is_last);
        offset += read as u64;
        match result {
            DecoderResult::InputEmpty if is_last => return Ok(None),
            DecoderResult::InputEmpty => {}
            DecoderResult::Malformed(bad, behind) => {
                let back = u64::from(bad) + u64::from(behind);
                return Ok(Some(offset.saturating_sub(back)));
            }
            DecoderResult::OutputFull => unreachable!("the output takes four bytes for each of the input"),
        }
    }
}

pub(super) fn read_some(file: &mut impl Read, chunk: &mut [u8]) -> Result<usize, SheetError> {
    loop {
        match file.read(chunk) {
            Ok(length) => return Ok(length),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Checks UTF-8 across chunks.
#[derive(Default)]
struct Utf8Walk {
    /// Bytes of a character that the last chunk cut.
    open: Vec<u8>,
    walked: u64,
    lines: u64,
    /// Characters of three bytes seen, up to the first bad one.
    chinese: u32,
    /// Place and line of the first bad byte.
    bad: Option<(u64, u64)>,
}

impl Utf8Walk {
    fn walk(&mut self, bytes: &[u8]) {
        if self.bad.is_some() {
            return;
        }
        let mut joined = std::mem::take(&mut self.open);
        let bytes = if joined.is_empty() {
            bytes
        } else {
            joined.extend_from_slice(bytes);
            &joined
        };
        let (good, rest) = match std::str::from_utf8(bytes) {
            Ok(_) => (bytes, None),
            Err(error) => (&bytes[..error.valid_up_to()], Some(error.error_len())),
        };
        let lead = |byte: &&u8| (0xE4..=0xE9).contains(*byte);
        let chinese = u32::try_from(good.iter().filter(lead).count()).expect("a chunk is small");
        self.chinese = self.chinese.saturating_add(chinese);
        self.lines += good.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.walked += good.len() as u64;
        match rest {
            None => {}
            Some(None) => self.open = bytes[good.len()..].to_vec(),
            Some(Some(_)) => self.bad = Some((self.walked, self.lines + 1)),
        }
    }

    fn ended(mut self) -> Self {
        if self.bad.is_none() && !self.open.is_empty() {
            self.bad = Some((self.walked, self.lines + 1));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const TEXT: &str = "承诺编码,承诺人名称\r\n15080220240105000001,甲有限公司\r\n";

    fn found(bytes: &[u8]) -> Result<Encoding, String> {
        match look(&mut Cursor::new(bytes)) {
            Ok(Look {
                format: Format::Delimited { encoding, delimiter },
                ..
            }) => {
                assert_eq!(delimiter, b',');
                Ok(encoding)
            }
            Ok(_) => Err("a workbook".to_owned()),
            Err(error) => Err(format!("{error:?}")),
        }
    }

    fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
        let mark = mark.then_some(0xFEFF);
        let units = mark.into_iter().chain(text.encode_utf16());
        let bytes = |unit: u16| {
            let [high, low] = unit.to_be_bytes();
            if big { [high, low] } else { [low, high] }
        };
        units.flat_map(bytes).collect()
    }

    #[test]
    fn each_encoding_is_told_from_the_bytes() {
        assert_eq!(found(TEXT.as_bytes()), Ok(Encoding::Utf8));
        assert_eq!(
            found(format!("\u{feff}{TEXT}").as_bytes()),
            Ok(Encoding::Utf8WithMark)
        );
        assert_eq!(found(&GB18030.encode(TEXT).0), Ok(Encoding::Gb18030));
        for mark in [true, false] {
            assert_eq!(found(&utf16(TEXT, false, mark)), Ok(Encoding::Utf16Little));
            assert_eq!(found(&utf16(TEXT, true, mark)), Ok(Encoding::Utf16Big));
        }
    }

    #[test]
    fn an_encoding_that_shows_late_is_still_found() {
        let ascii = "code,name\n".repeat(100_000);
        assert_eq!(
            found(&GB18030.encode(&format!("{ascii}1,甲\n")).0),
            Ok(Encoding::Gb18030)
        );
        assert_eq!(found(format!("{ascii}1,甲\n").as_bytes()), Ok(Encoding::Utf8));
    }

    #[test]
    fn a_character_cut_by_a_chunk_is_whole() {
        for shift in 0..3 {
            let text = format!("a,{}{}\n", "x".repeat(CHUNK - 2 - shift), "甲乙丙丁");
            assert_eq!(found(text.as_bytes()), Ok(Encoding::Utf8));
        }
    }

    #[test]
    fn damage_is_named_with_its_place() {
        let mut bytes = TEXT.as_bytes().to_vec();
        let place = bytes.len() - 5;
        bytes[place] = 0xFF;
        let expected = format!("DamagedUtf8 {{ offset: {place}, line: 2 }}");
        assert_eq!(found(&bytes), Err(expected));
        assert_eq!(
            found(b"a,b\n\xFF\xFF\xFF"),
            Err("UnknownEncoding { offset: 4 }".to_owned())
        );
        let half = &utf16(TEXT, false, true)[..41];
        assert_eq!(found(half), Err("DamagedUtf16".to_owned()));
    }

    #[test]
    fn what_is_no_table_is_named() {
        assert_eq!(found(b""), Err("Empty".to_owned()));
        assert_eq!(
            found(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1]),
            Err("OldOrLocked".to_owned())
        );
        assert_eq!(
            found("  <html><body>承诺</body></html>".as_bytes()),
            Err("WebPage".to_owned())
        );
    }

    #[test]
    fn the_hash_is_that_of_the_bytes() {
        let look = look(&mut Cursor::new(b"abc")).unwrap();
        assert_eq!(look.hash[..4], [0xBA, 0x78, 0x16, 0xBF]);
        assert_eq!(look.size, 3);
    }
}
