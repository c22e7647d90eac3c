//! The paper: a notice's content as one page of HTML that prints, drawn by a pinned template.
//!
//! The same content gives the same bytes for ever: a template that has been used is never changed, a new
//! look is a new number, and the content names the one that draws it. Read first: [`render`].
//!
//! | template | module | look |
//! |---|---|---|
//! | 1 | `first` | one A4 page: the notice above, the receipt for both documents below |

use sha2::{Digest, Sha256};

use crate::domain::notice_content::NoticeContent;

mod first;
mod qr;
#[cfg(test)]
mod tests;
mod words;

/// The template by which new notices are drawn.
pub const TEMPLATE: u32 = 1;

/// Why a paper cannot be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No template has this number.
    #[error("there is no notice template {0}")]
    NoTemplate(u32),
    /// The address of verification is longer than a QR code holds.
    #[error("the address of verification does not fit a QR code")]
    AddressTooLong,
}

/// A drawn paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// A whole HTML document in UTF-8 that refers to no other resource.
    pub html: String,
    /// SHA-256 of those bytes.
    pub sha256: [u8; 32],
}

/// Draws the paper by the template that the content names.
///
/// # Errors
/// Each [`Error`].
pub fn render(content: &NoticeContent) -> Result<Paper, Error> {
    let html = match content.foot.template {
        1 => first::html(content)?,
        other => return Err(Error::NoTemplate(other)),
    };
    let sha256 = Sha256::digest(html.as_bytes()).into();
    Ok(Paper { html, sha256 })
}

/// Returns the address under which anyone who holds the paper can verify it; the QR code holds it.
#[must_use]
pub fn verification_address(content: &NoticeContent) -> String {
    format!(
        "{}?number={}&code={}",
        content.foot.verification,
        words::percent_encoded(&content.head.number),
        words::hex(&content.hash()),
    )
}
