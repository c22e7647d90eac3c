//! Money as forms write it, in 万元 with six decimals, and as it is kept: exact, in fen.
//!
//! Six decimals of 10,000 yuan are a fen, so every amount that the form can hold is a whole number of fen.
//!
//! Source: `domain.md` 2.1, items 20 and 21; 14, item 3.

/// Decimals of an amount in 万元, and of other numbers.
pub const DECIMALS: usize = 6;
/// Fen of one yuan.
pub const FEN_PER_YUAN: i64 = 100;
/// Fen of one 万元.
pub const FEN_PER_WAN: i64 = 1_000_000;
/// Digits before the point: the national item is a decimal of 18 digits, six of them behind the point.
const DIGITS_MAX: usize = 12;

const _: () = assert!(FEN_PER_WAN == 10_i64.pow(6));

/// Why a text is no number with at most six decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not digits with at most one point between them, or too many of them.
    #[error("not a number of at most 12 digits and six decimals")]
    Shape,
    /// A decimal beyond the sixth is not zero.
    #[error("more than six decimals")]
    Precision,
}

/// Reads a number without sign as millionths: of 万元 that is fen.
///
/// # Errors
/// [`DecimalError`].
pub fn millionths(text: &str) -> Result<i64, DecimalError> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(decimals) || whole.len() > DIGITS_MAX {
        return Err(DecimalError::Shape);
    }
    let (kept, beyond) = decimals.split_at(decimals.len().min(DECIMALS));
    if beyond.bytes().any(|byte| byte != b'0') {
        return Err(DecimalError::Precision);
    }
    let digits = format!("{whole}{kept:0<width$}", width = DECIMALS);
    Ok(digits.parse().expect("18 digits are below 2^63"))
}

/// Writes millionths as a number, without zeros at the end: 200,000 as `0.2`.
#[must_use]
pub fn decimal_text(millionths: i64) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let magnitude = millionths.unsigned_abs();
    let unit = FEN_PER_WAN.unsigned_abs();
    let text = format!("{sign}{}.{:06}", magnitude / unit, magnitude % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<i64, DecimalError>) {
        assert_eq!(millionths(text), expected, "{text}");
    }

    #[test]
    fn amounts_in_wan_yuan_are_exact_fen() {
        // The real row: a fine of 2,000 yuan is 0.2.
        check("0.2", Ok(2_000 * FEN_PER_YUAN));
        check("0", Ok(0));
        check("0.000001", Ok(1));
        check("0.0000010", Ok(1));
        check("1", Ok(FEN_PER_WAN));
        check("12.345678", Ok(12_345_678));
        check("00012.3", Ok(12_300_000));
        check("999999999999.999999", Ok(999_999_999_999_999_999));
        check("0.0000001", Err(DecimalError::Precision));
        check("0.1234567", Err(DecimalError::Precision));
        let refused = [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1,000",
            "1e3",
            "0x1",
            "２",
            "1.2.3",
            "1 ",
            "0.2万元",
            "1000000000000",
        ];
        for text in refused {
            check(text, Err(DecimalError::Shape));
        }
    }

    #[test]
    fn fen_are_written_as_they_are_read() {
        for (fen, text) in [
            (0, "0"),
            (1, "0.000001"),
            (200_000, "0.2"),
            (1_000_000, "1"),
            (10_000_000, "10"),
            (12_345_678, "12.345678"),
            (-200_000, "-0.2"),
            (i64::MIN, "-9223372036854.775808"),
        ] {
            assert_eq!(decimal_text(fen), text);
        }
        for fen in (0..3_000_000).step_by(7_919) {
            assert_eq!(millionths(&decimal_text(fen)), Ok(fen));
        }
    }
}
