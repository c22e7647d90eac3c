//! Versions of laws and regulations, to find a basis that did not stand on the day of the decision.
//!
//! Source: `domain.md` 2.8, last row. Read first: [`Laws::faults`].

use super::chinese_number;
use super::civil_date::CivilDate;
use super::trust::Trust;

/// One version of a law, from its first day to its last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LawVersion {
    /// Full title, without book marks.
    pub title: String,
    /// Other titles it is cited by.
    pub short_titles: Vec<String>,
    pub from: CivilDate,
    /// Last day in force; `None` while it lasts.
    pub until: Option<CivilDate>,
    /// Number of its last article; `None` where it is not known.
    pub articles: Option<u32>,
    pub trust: Trust,
    /// What replaced or repealed it.
    pub source: String,
}

impl LawVersion {
    fn is_called(&self, title: &str) -> bool {
        self.title == title || self.short_titles.iter().any(|short| short == title)
    }

    fn governs(&self, on: CivilDate) -> bool {
        self.from <= on && self.until.is_none_or(|until| on <= until)
    }
}

/// The versions known; a law of which there is none is not judged.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Laws {
    pub versions: Vec<LawVersion>,
}

/// Why a cited law cannot be the basis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LawFault<'a> {
    /// No version of it was in force on the day; one of another time.
    NotInForce(&'a LawVersion),
    /// The version in force on the day has fewer articles.
    NoSuchArticle(&'a LawVersion, u32),
}

impl Laws {
    /// Lists what is wrong with the laws that a text cites in book marks, `《…》第…条`, for a decision of a day.
    ///
    /// Each fault is listed once, in the order of the text.
    #[must_use]
    pub fn faults(&self, text: &str, on: CivilDate) -> Vec<LawFault<'_>> {
        let mut faults = Vec::new();
        for (title, after) in citations(text) {
            let mut versions = self.versions.iter().filter(|one| one.is_called(title)).peekable();
            let Some(first) = versions.peek().copied() else {
                continue;
            };
            let fault = match versions.find(|one| one.governs(on)) {
                None => Some(LawFault::NotInForce(first)),
                Some(version) => beyond(version, after),
            };
            if let Some(fault) = fault.filter(|fault| !faults.contains(fault)) {
                faults.push(fault);
            }
        }
        faults
    }
}

/// Finds the first article cited right behind the title that the version does not have.
fn beyond<'a>(version: &'a LawVersion, after: &str) -> Option<LawFault<'a>> {
    let last = version.articles?;
    articles(after)
        .find(|article| *article > last)
        .map(|article| LawFault::NoSuchArticle(version, article))
}

/// The titles in book marks, each with the text up to the next title.
fn citations(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('《').skip(1).filter_map(|part| {
        let (title, after) = part.split_once('》')?;
        // A version in brackets belongs to the edition, not to the title.
        let title = title.split(['（', '(']).next().unwrap_or(title);
        Some((title.trim(), after))
    })
}

/// The articles cited, `第…条`, in digits or in Chinese numerals.
fn articles(text: &str) -> impl Iterator<Item = u32> {
    text.split('第').skip(1).filter_map(|part| {
        let (number, _) = part.split_once('条')?;
        let number = chinese_number::whole(number)?;
        u32::try_from(number).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(title: &str, from: &str, until: Option<&str>, articles: Option<u32>) -> LawVersion {
        LawVersion {
            title: format!("中华人民共和国{title}"),
            short_titles: vec![title.to_owned()],
            from: from.parse().unwrap(),
            until: until.map(|text| text.parse().unwrap()),
            articles,
            trust: Trust::Knowledge,
            source: String::new(),
        }
    }

    fn laws() -> Laws {
        Laws {
            versions: vec![
                version("行政处罚法", "1996-10-01", Some("2021-07-14"), Some(64)),
                version("行政处罚法", "2021-07-15", None, Some(86)),
                version("合同法", "1999-10-01", Some("2020-12-31"), None),
            ],
        }
    }

    /// Expected are the titles not in force (0) and the articles that are not there.
    #[track_caller]
    fn check(text: &str, on: &str, expected: &[u32]) {
        let laws = laws();
        let found: Vec<u32> = laws
            .faults(text, on.parse().unwrap())
            .iter()
            .map(|fault| match fault {
                LawFault::NotInForce(_) => 0,
                LawFault::NoSuchArticle(_, article) => *article,
            })
            .collect();
        assert_eq!(found, expected, "{text} on {on}");
    }

    #[test]
    fn a_repealed_law_is_found_from_the_day_after_its_last() {
        check("《中华人民共和国合同法》第八条", "2020-12-31", &[]);
        check("《中华人民共和国合同法》第八条", "2021-01-01", &[0]);
        check("根据《合同法》、《合同法》", "2021-01-01", &[0]);
        check("《合同法》第八条", "1999-09-30", &[0]);
        // Another law's title only ends alike.
        check("《中华人民共和国劳动合同法》第八条", "2021-01-01", &[]);
        check("依据合同法的规定", "2021-01-01", &[]);
        check("《民间借贷规定》", "2021-01-01", &[]);
    }

    #[test]
    fn an_article_is_looked_for_in_the_version_of_the_day() {
        let cited = "依据《中华人民共和国行政处罚法》第六十五条、第三十三条";
        check(cited, "2021-07-14", &[65]);
        check(cited, "2021-07-15", &[]);
        check("《行政处罚法（2021年修订）》第86条", "2021-07-15", &[]);
        check("《行政处罚法》第87条第二款", "2021-07-15", &[87]);
        check("《行政处罚法》第六十四条", "2021-07-14", &[]);
        // The article belongs to the title before it.
        check(
            "《行政处罚法》第二十三条、《食品安全法》第一百二十二条",
            "2020-01-01",
            &[],
        );
        for odd in [
            "《行政处罚法",
            "《》第九十九条",
            "《行政处罚法》第条",
            "第九十九条",
            "》《",
        ] {
            check(odd, "2022-01-01", &[]);
        }
    }
}
