//! What a penalty's kinds, amounts and words must agree in.

use crate::domain::finding::Rule;
use crate::domain::layout::{Class, LayoutItem, Role};
use crate::domain::money::{FEN_PER_WAN, FEN_PER_YUAN};

use super::row::Row;
use crate::ingest::records::amounts::{self, Sought};

/// A wrong unit makes an amount this many times too large.
const YUAN_PER_WAN: i64 = FEN_PER_WAN / FEN_PER_YUAN;

impl Row<'_> {
    pub fn penalty(&mut self) {
        if self.layout.role(Role::PenaltyKinds).is_none() {
            return;
        }
        let has_fine = self.has_class(Role::PenaltyKinds, Class::Fine);
        let has_confiscation = self.has_class(Role::PenaltyKinds, Class::Confiscation);
        // Without any kind another rule refuses the row; then amounts say nothing.
        if self.chosen(Role::PenaltyKinds).is_empty() {
            return;
        }
        let (fine, confiscation) = match (has_fine, has_confiscation) {
            (true, true) => (
                Some(Sought::FineAmongOthers),
                Some(Sought::ConfiscationAmongOthers),
            ),
            (true, false) => (Some(Sought::FineAlone), None),
            (false, true) => (None, Some(Sought::ConfiscationAlone)),
            (false, false) => (None, None),
        };
        self.amount(Role::FineAmount, fine);
        self.amount(Role::ConfiscationAmount, confiscation);
        self.licence_taken();
    }

    /// Compares an amount with the kinds of penalty and with the text. `sought` is `None` where no kind of
    /// penalty goes with the amount.
    fn amount(&mut self, role: Role, sought: Option<Sought>) {
        let Some(item) = self.layout.role(role) else {
            return;
        };
        let fen = self.fen(role);
        let is_unreadable = fen.is_none() && !self.text_of(item).is_empty();
        match (sought, fen) {
            _ if is_unreadable => {}
            (Some(_), None | Some(0)) => self.warn(
                item,
                Rule::AmountMissing,
                "is empty or zero, but the kind of penalty says there is one; fill it in, in 万元.",
                "为空或为零，而处罚类别中有此项，请补填（单位：万元）。",
            ),
            (None, Some(1..)) => self.warn(
                item,
                Rule::AmountWithoutKind,
                "is filled, but no kind of penalty goes with it; compare the two.",
                "已填写，而处罚类别中无此项，请核对。",
            ),
            (Some(sought), Some(fen)) => self.amount_against_text(item, fen, sought),
            (None, _) => {}
        }
    }

    fn amount_against_text(&mut self, item: &LayoutItem, fen: i64, sought: Sought) {
        let text = self.filled(Role::Content).map(|(_, text)| text);
        let stated = text.and_then(|text| amounts::stated(text, sought));
        let is_in_yuan = match stated {
            Some(stated) => stated.checked_mul(YUAN_PER_WAN) == Some(fen),
            None => item.plausible_max.is_some_and(|max| fen > max),
        };
        if is_in_yuan {
            self.warn(
                item,
                Rule::AmountInYuan,
                "seems to be in yuan; the unit is 万元, so 2,000 yuan are 0.2.",
                "疑似以元为单位填写；本项单位为万元，2000元应填0.2，请核对。",
            );
        } else if stated.is_some_and(|stated| stated != fen) {
            self.warn(
                item,
                Rule::AmountAgainstText,
                "differs from the amount that the text of the decision states; compare the two.",
                "与处罚内容中的金额不一致，请核对。",
            );
        }
    }

    fn licence_taken(&mut self) {
        let Some(item) = self.layout.role(Role::LicenceTaken) else {
            return;
        };
        if self.has_class(Role::PenaltyKinds, Class::LicenceTaken) && self.text_of(item).is_empty() {
            self.warn(
                item,
                Rule::LicenceNameMissing,
                "is empty, but a licence is suspended or revoked; name it with its number.",
                "为空，而处罚类别为暂扣或吊销许可证，请填写证照名称及编号。",
            );
        }
    }
}
