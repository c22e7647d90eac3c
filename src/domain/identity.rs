//! By what a credit subject is known to its reporters.
//!
//! Organisations and individual businesses have a unified social credit code, natural persons a resident
//! ID. Older rows bear older codes alone, and some persons another document; both are identities of
//! their own here, and whether two of them are one subject the register says. Read first: [`Identity`].
//!
//! Source: `domain.md` 2.1 (代码_1 to 代码_6), 2.4, 7.

use std::fmt;

use super::numbered::numbered;
use super::resident_id::ResidentId;
use super::social_credit_code::{SocialCreditCode, organisation_check};

/// Longest number of an older code or of a document, in characters.
pub const IDENTITY_SIZE_MAX: usize = 64;

/// What kind of number an identity is. Numbers are stored and enter hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum IdentityKind {
    /// 统一社会信用代码
    SocialCreditCode = 1,
    /// 居民身份证
    ResidentId = 2,
    /// 工商注册号 of before 2015: 13 or 15 digits.
    RegistrationNumber = 3,
    /// 组织机构代码 (GB 11714): nine characters.
    OrganisationCode = 4,
    /// 税务登记号: 15, 17, 18 or 20 characters.
    TaxNumber = 5,
    /// 事业单位证书号: 12 characters.
    InstitutionCertificate = 6,
    /// 社会组织登记证号: of free form.
    SocialOrganisationCertificate = 7,
    /// 护照
    Passport = 8,
    /// 港澳居民来往内地通行证
    HongKongMacaoPermit = 9,
    /// 台湾居民来往大陆通行证
    TaiwanPermit = 10,
    /// 外国人永久居留身份证
    ForeignResidentCard = 11,
    /// 其他, named in words.
    OtherDocument = 12,
}

numbered!(IdentityKind {
    SocialCreditCode,
    ResidentId,
    RegistrationNumber,
    OrganisationCode,
    TaxNumber,
    InstitutionCertificate,
    SocialOrganisationCertificate,
    Passport,
    HongKongMacaoPermit,
    TaiwanPermit,
    ForeignResidentCard,
    OtherDocument,
});

impl IdentityKind {
    /// Says whether the number is a natural person's: never for a log, key or name.
    #[must_use]
    pub fn is_personal(self) -> bool {
        match self {
            Self::ResidentId
            | Self::Passport
            | Self::HongKongMacaoPermit
            | Self::TaiwanPermit
            | Self::ForeignResidentCard
            | Self::OtherDocument => true,
            Self::SocialCreditCode
            | Self::RegistrationNumber
            | Self::OrganisationCode
            | Self::TaxNumber
            | Self::InstitutionCertificate
            | Self::SocialOrganisationCertificate => false,
        }
    }
}

/// By what a subject is known to its reporters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    Code(SocialCreditCode),
    Person(ResidentId),
    /// An organisation or individual business of which only an older code is known.
    Older(OlderCode),
    /// A natural person with a document other than the resident ID.
    Document(PersonDocument),
}

/// A text that is no number of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Empty, too long, or with characters that no number has.
    #[error(
        "a number has 1 to 64 letters and digits, a digit and perhaps hyphens, brackets, dots and strokes among them"
    )]
    Shape,
    /// The kind is another type's.
    #[error("this kind of number is not made here")]
    Kind,
}

impl Identity {
    /// Makes an identity of its kind and its text; what a table or fact holds comes back the same.
    ///
    /// `None` if the text is no number of the kind.
    #[must_use]
    pub fn of(kind: IdentityKind, text: &str) -> Option<Self> {
        match kind {
            IdentityKind::SocialCreditCode => text.parse().ok().map(Self::Code),
            IdentityKind::ResidentId => text.parse().ok().map(Self::Person),
            IdentityKind::RegistrationNumber
            | IdentityKind::OrganisationCode
            | IdentityKind::TaxNumber
            | IdentityKind::InstitutionCertificate
            | IdentityKind::SocialOrganisationCertificate => OlderCode::new(kind, text).ok().map(Self::Older),
            IdentityKind::Passport
            | IdentityKind::HongKongMacaoPermit
            | IdentityKind::TaiwanPermit
            | IdentityKind::ForeignResidentCard
            | IdentityKind::OtherDocument => PersonDocument::new(kind, text).ok().map(Self::Document),
        }
    }

    #[must_use]
    pub fn kind(&self) -> IdentityKind {
        match self {
            Self::Code(_) => IdentityKind::SocialCreditCode,
            Self::Person(_) => IdentityKind::ResidentId,
            Self::Older(code) => code.kind,
            Self::Document(document) => document.0.kind,
        }
    }

    /// Returns the characters. For a person they are personal data: never for a log, key or name.
    #[must_use]
    pub fn expose(&self) -> &str {
        match self {
            Self::Code(code) => code.as_str(),
            Self::Person(id) => id.expose(),
            Self::Older(code) => code.as_str(),
            Self::Document(document) => document.expose(),
        }
    }

    /// Returns what may be shown: an organisation's code in full, a person's number masked.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Code(code) => code.to_string(),
            Self::Person(id) => id.masked(),
            Self::Older(code) => code.as_str().to_owned(),
            Self::Document(document) => document.masked(),
        }
    }
}

/// An organisation's code of before the unified one; kind and characters, so that equal digits of two
/// kinds stay two identities.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OlderCode {
    kind: IdentityKind,
    text: String,
}

impl OlderCode {
    /// Makes the code of a text, in half-width capitals and without blanks; an organisation code also
    /// loses its hyphen.
    ///
    /// # Errors
    /// [`IdentityError::Shape`]; [`IdentityError::Kind`] for a kind that is no older code.
    pub fn new(kind: IdentityKind, text: &str) -> Result<Self, IdentityError> {
        let text = match kind {
            IdentityKind::OrganisationCode => normalised(&text.replace(['-', '－'], "")),
            IdentityKind::RegistrationNumber
            | IdentityKind::TaxNumber
            | IdentityKind::InstitutionCertificate
            | IdentityKind::SocialOrganisationCertificate => normalised(text),
            IdentityKind::SocialCreditCode
            | IdentityKind::ResidentId
            | IdentityKind::Passport
            | IdentityKind::HongKongMacaoPermit
            | IdentityKind::TaiwanPermit
            | IdentityKind::ForeignResidentCard
            | IdentityKind::OtherDocument => return Err(IdentityError::Kind),
        };
        text.map(|text| Self { kind, text }).ok_or(IdentityError::Shape)
    }

    #[must_use]
    pub fn kind(&self) -> IdentityKind {
        self.kind
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Says whether length and check character are as the code's own norm has them.
    ///
    /// Many numbers in circulation do not verify, so this is a reason to warn, not to refuse.
    ///
    /// Source: GS 15-2006 (ISO 7064 MOD 11,10) for 15 digits of registration; GB 11714; `domain.md` 7.3.
    #[must_use]
    pub fn verifies(&self) -> bool {
        let bytes = self.text.as_bytes();
        let digits = bytes.iter().all(u8::is_ascii_digit);
        match self.kind {
            IdentityKind::RegistrationNumber => match bytes.len() {
                13 => digits,
                15 => digits && mod_11_10_is_one(bytes),
                _ => false,
            },
            IdentityKind::OrganisationCode => is_organisation_code(bytes),
            IdentityKind::TaxNumber => matches!(bytes.len(), 15 | 17 | 18 | 20),
            IdentityKind::InstitutionCertificate => bytes.len() == 12,
            IdentityKind::SocialOrganisationCertificate => true,
            IdentityKind::SocialCreditCode
            | IdentityKind::ResidentId
            | IdentityKind::Passport
            | IdentityKind::HongKongMacaoPermit
            | IdentityKind::TaiwanPermit
            | IdentityKind::ForeignResidentCard
            | IdentityKind::OtherDocument => false,
        }
    }
}

/// A natural person's document other than the resident ID. `Debug` shows none of its number.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonDocument(Numbered);

#[derive(Clone, PartialEq, Eq, Hash)]
struct Numbered {
    kind: IdentityKind,
    text: String,
}

impl PersonDocument {
    /// Makes the document of a text, in half-width capitals and without blanks.
    ///
    /// # Errors
    /// [`IdentityError::Shape`]; [`IdentityError::Kind`] for a kind that is no such document.
    pub fn new(kind: IdentityKind, text: &str) -> Result<Self, IdentityError> {
        if !kind.is_personal() || kind == IdentityKind::ResidentId {
            return Err(IdentityError::Kind);
        }
        let text = normalised(text).ok_or(IdentityError::Shape)?;
        Ok(Self(Numbered { kind, text }))
    }

    #[must_use]
    pub fn kind(&self) -> IdentityKind {
        self.0.kind
    }

    /// Returns the number; personal data.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0.text
    }

    /// Returns the first and the last two characters, `G******78`; six stars hide the length too.
    /// A number of fewer than six characters is hidden whole.
    #[must_use]
    pub fn masked(&self) -> String {
        let characters: Vec<char> = self.0.text.chars().collect();
        match characters.as_slice() {
            [first, rest @ .., one, other] if rest.len() >= 3 => format!("{first}******{one}{other}"),
            _ => "******".to_owned(),
        }
    }
}

impl fmt::Debug for PersonDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonDocument({:?}, hidden)", self.0.kind)
    }
}

/// Brings a number to half-width capitals without blanks, so that one number is one text.
fn normalised(text: &str) -> Option<String> {
    let text: String = text
        .chars()
        .map(|character| match character {
            '！'..='～' => {
                char::from_u32(u32::from(character) - 0xFEE0).expect("full-width forms mirror ASCII")
            }
            other => other,
        })
        .filter(|character| !character.is_whitespace())
        .flat_map(char::to_uppercase)
        .collect();
    let count = text.chars().count();
    let is_known =
        |character: char| character.is_alphanumeric() || matches!(character, '-' | '(' | ')' | '.' | '/');
    // Words such as 无 stand in for a missing number; no number is without a digit.
    let has_content = text.bytes().any(|byte| byte.is_ascii_digit());
    ((1..=IDENTITY_SIZE_MAX).contains(&count) && has_content && text.chars().all(is_known)).then_some(text)
}

/// The check of ISO 7064 MOD 11,10 over digits, the last of which is the check digit.
fn mod_11_10_is_one(digits: &[u8]) -> bool {
    let Some((check, digits)) = digits.split_last() else {
        return false;
    };
    let product = digits.iter().fold(10_u32, |product, digit| {
        let sum = (product + u32::from(digit - b'0')) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (product + u32::from(check - b'0')) % 10 == 1
}

fn is_organisation_code(bytes: &[u8]) -> bool {
    let Ok(bytes): Result<[u8; 9], _> = bytes.try_into() else {
        return false;
    };
    let is_known = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    bytes.iter().all(is_known)
        && bytes[8] == organisation_check(bytes[..8].try_into().expect("nine characters begin with eight"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: IdentityKind, text: &str, expected: Option<(&str, bool)>) {
        let code = OlderCode::new(kind, text).ok();
        let found = code.as_ref().map(|code| (code.as_str(), code.verifies()));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn registration_numbers_verify_by_mod_11_10_and_others_still_stand() {
        use IdentityKind::RegistrationNumber as Number;
        check(Number, "440301103097413", Some(("440301103097413", true)));
        check(Number, "440301103448669", Some(("440301103448669", true)));
        for last in 0..9 {
            let wrong = format!("44030110309741{}", if last < 3 { last } else { last + 1 });
            check(Number, &wrong, Some((&wrong, false)));
        }
        check(Number, "1508021234567", Some(("1508021234567", true)));
        check(Number, "44030110309741", Some(("44030110309741", false)));
        check(Number, "440301103097 413", Some(("440301103097413", true)));
        check(
            Number,
            "４４０３０１１０３０９７４１３",
            Some(("440301103097413", true)),
        );
        check(Number, "蒙字01-2", Some(("蒙字01-2", false)));
        for refused in [
            "",
            " ",
            "-",
            "()",
            "无",
            "/",
            "NULL",
            "a\u{7}b",
            "12*34",
            &"1".repeat(65),
        ] {
            check(Number, refused, None);
        }
    }

    #[test]
    fn organisation_codes_lose_their_hyphen_and_verify_by_their_norm() {
        use IdentityKind::OrganisationCode as Code;
        check(Code, "19220382-1", Some(("192203821", true)));
        check(Code, "71526726－x", Some(("71526726X", true)));
        check(Code, "100003962", Some(("100003962", true)));
        check(Code, "192203822", Some(("192203822", false)));
        check(Code, "19220382", Some(("19220382", false)));
        check(Code, "蒙1922038", Some(("蒙1922038", false)));
    }

    #[test]
    fn the_other_older_codes_have_their_lengths() {
        use IdentityKind::{InstitutionCertificate, SocialOrganisationCertificate, TaxNumber};
        for (length, verifies) in [
            (14, false),
            (15, true),
            (16, false),
            (17, true),
            (18, true),
            (20, true),
        ] {
            let text = "1".repeat(length);
            check(TaxNumber, &text, Some((&text, verifies)));
        }
        check(
            InstitutionCertificate,
            "115080200012",
            Some(("115080200012", true)),
        );
        check(
            InstitutionCertificate,
            "11508020001",
            Some(("11508020001", false)),
        );
        check(
            SocialOrganisationCertificate,
            "社证字第1号",
            Some(("社证字第1号", true)),
        );
    }

    #[test]
    fn a_document_hides_its_number_but_for_three_characters() {
        let document = |text| PersonDocument::new(IdentityKind::Passport, text).unwrap();
        assert_eq!(document(" g12345678").masked(), "G******78");
        assert_eq!(document("123456").masked(), "1******56");
        assert_eq!(document("12345").masked(), "******");
        assert_eq!(
            format!("{:?}", document("G12345678")),
            "PersonDocument(Passport, hidden)"
        );
        let identity = Identity::Document(document("G12345678"));
        assert!(!format!("{identity:?}").contains("1234"));
        assert_eq!(identity.shown(), "G******78");
        for kind in [IdentityKind::ResidentId, IdentityKind::TaxNumber] {
            assert_eq!(PersonDocument::new(kind, "G12345678"), Err(IdentityError::Kind));
        }
    }

    #[test]
    fn every_kind_comes_back_from_its_number_and_text() {
        for kind in IdentityKind::ALL {
            let text = match kind {
                IdentityKind::SocialCreditCode => "91440300192317458F",
                IdentityKind::ResidentId => "11010519491231002X",
                IdentityKind::RegistrationNumber
                | IdentityKind::OrganisationCode
                | IdentityKind::TaxNumber
                | IdentityKind::InstitutionCertificate
                | IdentityKind::SocialOrganisationCertificate
                | IdentityKind::Passport
                | IdentityKind::HongKongMacaoPermit
                | IdentityKind::TaiwanPermit
                | IdentityKind::ForeignResidentCard
                | IdentityKind::OtherDocument => "AB12345678",
            };
            let identity = Identity::of(*kind, text).unwrap();
            assert_eq!((identity.kind(), identity.expose()), (*kind, text));
            assert_eq!(identity.shown() == text, !kind.is_personal());
            assert_eq!(Identity::of(identity.kind(), identity.expose()), Some(identity));
            assert_eq!(Identity::of(*kind, ""), None);
        }
    }
}
