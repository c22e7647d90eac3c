//! Notice pairs as they are told: one, many, as known earlier, and counted.
//!
//! Every answer is of one view. What was known at a revision is made again of the pair's own facts.
//! Read first: [`Notices::get`].

use std::collections::BTreeMap;

use crate::domain::catalog::DepartmentCode;
use crate::domain::civil_date::{CivilDate, Month};
use crate::domain::fact::{Fact, Recorded};
use crate::domain::notice::{Clock, Exclusion, NoticeName, Pair, State, Verdict};
use crate::domain::notice_content::NoticeContent;
use crate::domain::notice_fact::NoticeFact;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::{Instant, Revision};
use crate::domain::social_credit_code::SocialCreditCode;
use crate::group::fold::notices::row;
use crate::ingest::rows::{Error, Page, Span, contradiction};
use crate::store::keys::notices::{self as layout, Answered};
use crate::store::record::Recall;
use crate::store::{KeyRange, View, keys};

use super::{clocks, paper, verify};

/// Most pairs that one page looks at; a page of a narrow filter may therefore be short, even empty.
const LOOKED_AT_MAX: usize = 20_000;
/// Rows fetched at a time.
const SCAN: usize = 1_000;

/// Reads pairs.
pub struct Notices<'a> {
    pub view: &'a dyn View,
    pub facts: &'a dyn Recall,
}

/// A pair with what its facts say beyond the row.
#[derive(Clone, Debug)]
pub struct PairRead {
    /// Its first revision.
    pub first: Revision,
    pub pair: Pair,
    pub decision_number: String,
    /// The notice, once it is issued.
    pub content: Option<NoticeContent>,
}

/// Which pairs pass; what is left open lets all pass.
#[derive(Clone, Debug, Default)]
pub struct NoticeFilter {
    pub body: Option<SocialCreditCode>,
    pub department: Option<DepartmentCode>,
    pub state: Option<State>,
    pub verdict: Option<Verdict>,
    /// Owed from the beginning, or not.
    pub is_owed: Option<bool>,
    /// A clock of it is overdue.
    pub is_overdue: bool,
    /// The record says something else than the notice, and nothing was done about it.
    pub is_questioned: bool,
    pub decided_from: Option<CivilDate>,
    pub decided_until: Option<CivilDate>,
}

impl NoticeFilter {
    /// Says whether a pair passes, as of a day.
    #[must_use]
    pub fn passes(&self, pair: &Pair, on: CivilDate) -> bool {
        let owed = pair.begun == crate::domain::notice::Begun::Owed;
        self.body.is_none_or(|body| pair.body == body)
            && self.department.is_none_or(|one| pair.department == one)
            && self.state.is_none_or(|state| pair.state() == state)
            && self.verdict.is_none_or(|verdict| pair.verdict == Some(verdict))
            && self.is_owed.is_none_or(|wanted| wanted == owed)
            && (!self.is_overdue || is_overdue(pair, on))
            && (!self.is_questioned || pair.questioned.is_some() && pair.stands())
            && self.decided_from.is_none_or(|from| from <= pair.decided_on)
            && self.decided_until.is_none_or(|until| pair.decided_on <= until)
    }
}

/// Says whether an open clock of a pair has run out.
#[must_use]
pub fn is_overdue(pair: &Pair, on: CivilDate) -> bool {
    let overdue = |clock: &Clock| {
        pair.clock(*clock)
            .is_some_and(|now| now.is_open() && now.is_overdue(on))
    };
    Clock::ALL.iter().any(overdue)
}

/// Counts of pairs by department, body and month of the decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// Decisions in scope that stand: the denominator.
    pub in_scope: u64,
    /// Of these, prepared before service.
    pub prepared: u64,
    /// Of these, owed from the beginning; all of them late.
    pub owed: u64,
    /// Notice delivered no later than the decision: the numerator.
    pub together: u64,
    /// Late by the verdict, those owed included.
    pub late: u64,
    /// No verdict yet.
    pub open: u64,
    /// The notice is not delivered, whatever the verdict.
    pub undelivered: u64,
    /// Both delivered within the working days allowed.
    pub in_time: u64,
    /// Decisions withdrawn since; they are no part of the denominator.
    pub voided: u64,
}

/// What a row of rates is about.
pub type RateKey = (DepartmentCode, SocialCreditCode, Month);

impl Notices<'_> {
    /// Finds a pair by its name.
    ///
    /// # Errors
    /// `NOTICE_UNKNOWN`; the view's.
    pub fn find(&self, name: NoticeName) -> Result<Revision, Error> {
        clocks::find(self.view, name)
    }

    /// Reads a pair.
    ///
    /// # Errors
    /// The view's and the ledger's.
    pub fn get(&self, first: Revision) -> Result<PairRead, Error> {
        self.told(first, row(self.view, first)?)
    }

    fn told(&self, first: Revision, pair: Pair) -> Result<PairRead, Error> {
        let said = pair.issued.unwrap_or(first);
        let (decision_number, content) = match (self.notice_fact(said)?, pair.issued) {
            (NoticeFact::Issued(fact), Some(_)) => {
                (fact.content.reference.number.clone(), Some(fact.content))
            }
            (NoticeFact::Owed(fact), None) => (fact.decision_number, None),
            (_, _) => return Err(contradiction(said)),
        };
        Ok(PairRead {
            first,
            pair,
            decision_number,
            content,
        })
    }

    /// Reads the pair whose notice was issued at a revision.
    ///
    /// # Errors
    /// The view's and the ledger's.
    pub fn issued_by(&self, at: Revision) -> Result<PairRead, Error> {
        let first = self.notice_fact(at)?.pair(at);
        self.get(first.ok_or_else(|| contradiction(at))?)
    }

    /// Reads a pair as it was known at a revision; `None` if it had not begun.
    ///
    /// # Errors
    /// The view's and the ledger's.
    pub fn get_as_known(&self, first: Revision, known: Revision) -> Result<Option<PairRead>, Error> {
        let pair = self.as_known(first, known)?;
        pair.map(|pair| self.told(first, pair)).transpose()
    }

    fn notice_fact(&self, at: Revision) -> Result<NoticeFact, Error> {
        let Fact::Notice(fact) = self.facts.fact(at)?.0.fact else {
            return Err(contradiction(at));
        };
        Ok(fact)
    }

    /// Reads a pair as it was known at a revision; `None` if it had not begun.
    ///
    /// # Errors
    /// The view's and the ledger's.
    pub fn as_known(&self, first: Revision, known: Revision) -> Result<Option<Pair>, Error> {
        let mut pair: Option<Pair> = None;
        for (at, _, recorded) in self.history(first)? {
            let Fact::Notice(fact) = recorded.fact else {
                return Err(contradiction(at));
            };
            if at > known {
                break;
            }
            pair = Some(match pair {
                None => Pair::opened(&fact, at).ok_or_else(|| contradiction(at))?,
                Some(pair) if fact.pair(at) != Some(first) => {
                    let by = fact.pair(at).unwrap_or(at);
                    let on = CivilDate::of_instant(self.facts.fact(at)?.1);
                    pair.replaced(by, on, at)
                }
                Some(pair) => pair.after(&fact, at),
            });
        }
        Ok(pair)
    }

    /// Lists every fact about a pair, in order.
    ///
    /// # Errors
    /// The view's and the ledger's.
    pub fn history(&self, first: Revision) -> Result<Vec<(Revision, Instant, Recorded)>, Error> {
        let mut facts = Vec::new();
        let mut range = layout::history_of(first);
        loop {
            let found = self.view.scan(keys::NOTICE_HISTORY, &range, SCAN)?;
            for (key, _) in &found.rows {
                let at = layout::history_at(key);
                let (recorded, instant) = self.facts.fact(at)?;
                facts.push((at, instant, recorded));
                range.from = layout::history_key(first, at.plus(1));
            }
            if !found.more {
                return Ok(facts);
            }
        }
    }

    /// Calls back for every pair in the order in which they began, behind `after`, until it says no.
    fn each(
        &self,
        after: Revision,
        mut see: impl FnMut(Revision, Pair) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut range = KeyRange {
            from: keys::revision_key(after.plus(1)),
            until: None,
        };
        loop {
            let found = self.view.scan(keys::NOTICE, &range, SCAN)?;
            for (key, value) in &found.rows {
                let first = keys::revision_value(key);
                let pair = layout::decode(value).ok_or_else(|| contradiction(first))?;
                if !see(first, pair)? {
                    return Ok(());
                }
                range.from = keys::revision_key(first.plus(1));
            }
            if !found.more {
                return Ok(());
            }
        }
    }

    /// Lists pairs in the order in which they began.
    ///
    /// # Errors
    /// The view's and the ledger's.
    pub fn list(
        &self,
        filter: &NoticeFilter,
        on: CivilDate,
        span: Span,
    ) -> Result<Page<PairRead, Revision>, Error> {
        let mut found = Vec::new();
        let (mut last, mut looked, mut more) = (span.after, 0, false);
        self.each(span.after, |first, pair| {
            if first > span.until {
                return Ok(false);
            }
            if found.len() == span.size || looked == LOOKED_AT_MAX {
                more = true;
                return Ok(false);
            }
            last = first;
            looked += 1;
            if filter.passes(&pair, on) {
                found.push((first, pair));
            }
            Ok(true)
        })?;
        let items = found.into_iter().map(|(first, pair)| self.told(first, pair));
        Ok(Page {
            items: items.collect::<Result<_, _>>()?,
            next: more.then_some(last),
        })
    }

    /// Says whether a notice of this number with this verification code was issued, and stands.
    ///
    /// # Errors
    /// The view's and the ledger's.
    pub fn verify(&self, number: &str, code: &[u8; 32]) -> Result<verify::Verdict, Error> {
        let number = crate::ingest::records::clean::number(number);
        let Some(place) = self.view.get(keys::NOTICE_NUMBER, &layout::number_key(&number))? else {
            return Ok(verify::verify(None, code));
        };
        let (issued, first) = (keys::revision_value(&place), keys::revision_value(&place[8..]));
        let NoticeFact::Issued(fact) = self.notice_fact(issued)? else {
            return Err(contradiction(issued));
        };
        let pair = row(self.view, first)?;
        let hash = fact.content.hash();
        let paper = paper::render(&fact.content).map_or(hash, |paper| paper.sha256);
        let known = verify::Issued {
            code: hash,
            paper,
            is_current: pair.stands() && pair.issued == Some(issued),
        };
        Ok(verify::verify(Some(&known), code))
    }

    /// Counts pairs by department, body and month of the decision, as of a day and as known at a revision.
    ///
    /// A pair counts from the day on which it began here and for decisions up to `on`; a delivery after `on`
    /// is not seen.
    ///
    /// # Errors
    /// The view's and the ledger's.
    pub fn rates(
        &self,
        filter: &NoticeFilter,
        on: CivilDate,
        known: Option<Revision>,
    ) -> Result<BTreeMap<RateKey, Rate>, Error> {
        let mut rates: BTreeMap<RateKey, Rate> = BTreeMap::new();
        self.each(Revision(0), |first, now| {
            let pair = match known {
                Some(known) => self.as_known(first, known)?,
                None => Some(now),
            };
            let Some(pair) = pair.filter(|pair| pair.decided_on <= on && pair.opened_on <= on) else {
                return Ok(true);
            };
            if filter.passes(&pair, on) {
                let key = (pair.department, pair.body, Month::of(pair.decided_on));
                rates.entry(key).or_default().count(&pair, on);
            }
            Ok(true)
        })?;
        Ok(rates)
    }

    /// Lists decisions that get no pair, in the order of their records.
    ///
    /// # Errors
    /// The view's.
    pub fn out_of_scope(
        &self,
        reason: Option<Exclusion>,
        span: Span,
    ) -> Result<Page<(Revision, Exclusion), Revision>, Error> {
        let mut page = Page {
            items: Vec::new(),
            next: None,
        };
        let mut range = KeyRange {
            from: keys::revision_key(span.after.plus(1)),
            until: Some(keys::revision_key(span.until.plus(1))),
        };
        let mut last = span.after;
        loop {
            let found = self.view.scan(keys::NOTICE_RECORD, &range, SCAN)?;
            for (key, value) in &found.rows {
                let record = keys::revision_value(key);
                if let Some(Answered::OutOfScope(why, _)) = Answered::decode(value)
                    && reason.is_none_or(|wanted| wanted == why)
                {
                    if page.items.len() == span.size {
                        page.next = Some(last);
                        return Ok(page);
                    }
                    page.items.push((record, why));
                }
                last = record;
                range.from = keys::revision_key(record.plus(1));
            }
            if !found.more {
                return Ok(page);
            }
        }
    }

    /// Counts decisions that get no pair, by reason.
    ///
    /// # Errors
    /// The view's.
    pub fn count_out_of_scope(&self) -> Result<BTreeMap<Exclusion, u64>, Error> {
        let all = Span {
            after: Revision(0),
            until: Revision(u64::MAX - 1),
            size: usize::MAX,
        };
        let mut counts = BTreeMap::new();
        for (_, reason) in self.out_of_scope(None, all)?.items {
            *counts.entry(reason).or_insert(0) += 1;
        }
        Ok(counts)
    }

    /// The pair of a credit record, if it has one.
    ///
    /// # Errors
    /// `NOTICE_UNKNOWN` with the reason if it is out of scope; the view's.
    pub fn of_record(&self, record: Revision) -> Result<Revision, Error> {
        let found = self.view.get(keys::NOTICE_RECORD, &keys::revision_key(record))?;
        match found.as_deref().and_then(Answered::decode) {
            Some(Answered::Pair(first)) => Ok(first),
            Some(Answered::OutOfScope(reason, _)) => Err(Refusal::plain(Reason::NoticeUnknown)
                .with("out_of_scope", super::exclusion_name(reason))
                .into()),
            None => Err(Refusal::plain(Reason::NoticeUnknown).into()),
        }
    }
}

impl Rate {
    /// Adds another row.
    #[must_use]
    pub fn plus(self, other: &Self) -> Self {
        Self {
            in_scope: self.in_scope + other.in_scope,
            prepared: self.prepared + other.prepared,
            owed: self.owed + other.owed,
            together: self.together + other.together,
            late: self.late + other.late,
            open: self.open + other.open,
            undelivered: self.undelivered + other.undelivered,
            in_time: self.in_time + other.in_time,
            voided: self.voided + other.voided,
        }
    }

    fn count(&mut self, pair: &Pair, on: CivilDate) {
        if pair.replaced_by.is_some() {
            return;
        }
        if pair.voided.is_some() {
            self.voided += 1;
            return;
        }
        let seen = |served: Option<crate::domain::notice::Served>| served.filter(|served| served.on <= on);
        let (decision, notice) = (seen(pair.decision), seen(pair.notice));
        let is_owed = pair.begun == crate::domain::notice::Begun::Owed;
        let verdict = match pair.verdict {
            Some(Verdict::Late) if is_owed => Some(Verdict::Late),
            verdict => verdict.filter(|_| decision.is_some() && notice.is_some()),
        };
        self.in_scope += 1;
        self.owed += u64::from(is_owed);
        self.prepared += u64::from(!is_owed);
        match verdict {
            Some(Verdict::Together) => self.together += 1,
            Some(Verdict::Late) => self.late += 1,
            None => self.open += 1,
        }
        self.undelivered += u64::from(notice.is_none());
        let due = pair.clock(Clock::Delivery).and_then(|clock| clock.due.day());
        if let (Some(decision), Some(notice), Some(due)) = (decision, notice, due) {
            self.in_time += u64::from(decision.on.max(notice.on) <= due);
        }
    }
}
