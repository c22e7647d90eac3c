//! A QR code as one path of an inline SVG.

use qrcode::{Color, EcLevel, QrCode};

use super::Error;

/// Modules of quiet zone on each side, as the standard asks.
const QUIET: usize = 4;

/// Draws a text as a QR code of correction level M.
pub(super) fn svg(text: &str) -> Result<String, Error> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| Error::AddressTooLong)?;
    let width = code.width();
    let side = width + 2 * QUIET;
    let mut path = String::new();
    for (row, colors) in code.to_colors().chunks(width).enumerate() {
        let mut column = 0;
        while column < width {
            let length = colors[column..]
                .iter()
                .take_while(|color| **color == Color::Dark)
                .count();
            if length > 0 {
                let (x, y) = (column + QUIET, row + QUIET);
                path.push_str(&format!("M{x} {y}h{length}v1h-{length}z"));
            }
            column += length.max(1);
        }
    }
    Ok(format!(
        "<svg class=\"qr\" viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"核验二维码\" \
         shape-rendering=\"crispEdges\"><rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/>\
         <path d=\"{path}\" fill=\"#000\"/></svg>"
    ))
}
