//! What can be asked of the ledger about subjects, and how it is decided.
//!
//! Pure: a command sees the group being built and adds facts to it, or refuses. Read first: [`decide`].

use crate::domain::civil_date::CivilDate;
use crate::domain::fact::{Fact, Outcome, Principal, RowOutcome};
use crate::domain::hash::table_hash;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::revision::Revision;
use crate::domain::subject::{Identity, SubjectKind, SubjectName, SubjectNumber};
use crate::domain::subject_fact::{Change, MovedRecord, Settlement, SubjectChange, SubjectFact, Who};
use crate::group::Group;
use crate::group::fold::subjects::{change_key, state};
use crate::ingest::batch;
use crate::ingest::commands::Failure;
use crate::ingest::records::rulings;
use crate::store::{Error, View, keys};

use super::attribution::{self, Attribute};
use super::memberships::{self, CheckedMembership, MembershipName};
use super::place::{self, Known};
use super::register::{self, CheckedEntry};

/// Most records that one fact moves to another subject.
pub const MOVED_RECORDS_MAX: usize = 1_000;

/// Most subjects that come out of one.
pub const SPLIT_MAX: usize = 50;

/// Something asked about subjects. All days are included.
#[derive(Clone, Debug)]
pub enum SubjectCommand {
    Register(Vec<CheckedEntry>),
    RecordMemberships(Vec<CheckedMembership>),
    EndMembership {
        name: MembershipName,
        on: CivilDate,
        reason: String,
    },
    Rename {
        subject: SubjectName,
        name: String,
        from: CivilDate,
        reason: String,
    },
    AssignCode {
        subject: SubjectName,
        identity: Identity,
        from: CivilDate,
        reason: String,
    },
    EndCode {
        subject: SubjectName,
        identity: Identity,
        until: CivilDate,
        reason: String,
    },
    Merge {
        from: SubjectName,
        into: SubjectName,
        on: CivilDate,
        reason: String,
    },
    UndoMerge {
        from: SubjectName,
        reason: String,
    },
    Split {
        subject: SubjectName,
        into: Vec<SubjectName>,
        on: CivilDate,
        reason: String,
    },
    Deregister {
        subject: SubjectName,
        on: CivilDate,
        reason: String,
    },
    /// Records by kind in the file and first revision.
    Reattribute {
        from: SubjectName,
        to: SubjectName,
        records: Vec<(u8, Revision)>,
        reason: String,
    },
    /// A provisional subject stays as it is, or is another that is registered.
    AnswerSubject {
        subject: SubjectName,
        link: Option<SubjectName>,
        reason: String,
    },
    /// The open questions of a fact stay as they are, or its record is another's. `about` is the record's
    /// kind in the file, first revision and subject; a stopped row has none.
    AnswerRecord {
        question: Revision,
        about: Option<(u8, Revision, SubjectNumber)>,
        link: Option<SubjectName>,
        reason: String,
    },
    Attribute(Attribute),
}

/// Decides a command; `earlier` is the answer this request got before, if it was recorded before.
///
/// # Errors
/// As each verb.
pub fn decide(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &SubjectCommand,
    earlier: Option<&[RowOutcome]>,
) -> Result<Vec<RowOutcome>, Failure> {
    let begin = group.next();
    match (command, earlier) {
        (SubjectCommand::Register(rows), earlier) => {
            return Ok(batch::each(group, rows, earlier, |group, row| {
                register::record(group, principal, row, begin)
            })?);
        }
        (SubjectCommand::RecordMemberships(rows), earlier) => {
            return Ok(batch::each(group, rows, earlier, |group, row| {
                memberships::record(group, principal, row, begin)
            })?);
        }
        (_, Some(outcomes)) => return Ok(outcomes.to_vec()),
        (_, None) => {}
    }
    single(group, principal, command).map(|outcome| vec![outcome])
}

fn single(
    group: &mut Group<'_>,
    principal: &Principal,
    command: &SubjectCommand,
) -> Result<RowOutcome, Failure> {
    let mut verb = Verb { group, principal };
    match command {
        SubjectCommand::EndMembership { name, on, reason } => {
            memberships::end(verb.group, principal, name, *on, reason)
        }
        SubjectCommand::Rename {
            subject,
            name,
            from,
            reason,
        } => {
            let change = Change::Renamed {
                name: name.clone(),
                from: *from,
            };
            verb.dated("from", *from)?;
            verb.keyed(*subject, change, reason)
        }
        SubjectCommand::AssignCode {
            subject,
            identity,
            from,
            reason,
        } => {
            let change = Change::CodeAssigned {
                identity: identity.clone(),
                from: *from,
            };
            verb.dated("from", *from)?;
            verb.keyed(*subject, change, reason)
        }
        SubjectCommand::EndCode {
            subject,
            identity,
            until,
            reason,
        } => verb.end_code(*subject, identity, *until, reason),
        SubjectCommand::Merge {
            from,
            into,
            on,
            reason,
        } => verb.merge(*from, *into, *on, reason),
        SubjectCommand::UndoMerge { from, reason } => verb.undo_merge(*from, reason),
        SubjectCommand::Split {
            subject,
            into,
            on,
            reason,
        } => verb.split(*subject, into, *on, reason),
        SubjectCommand::Deregister { subject, on, reason } => verb.deregister(*subject, *on, reason),
        SubjectCommand::Reattribute {
            from,
            to,
            records,
            reason,
        } => verb.reattribute(*from, *to, records, reason),
        SubjectCommand::AnswerSubject {
            subject,
            link,
            reason,
        } => verb.answer_subject(*subject, *link, reason),
        SubjectCommand::AnswerRecord {
            question,
            about,
            link,
            reason,
        } => verb.answer_record(*question, *about, *link, reason),
        SubjectCommand::Attribute(command) => attribution::attribute(verb.group, principal, command),
        SubjectCommand::Register(_) | SubjectCommand::RecordMemberships(_) => {
            unreachable!("batches are decided row by row")
        }
    }
}

fn refused(reason: Reason, subject: SubjectName) -> Failure {
    Failure::Refused(Refusal::plain(reason).with("name", format!("subjects/{subject}")))
}

fn malformed(field: &str, what: &str) -> Failure {
    Failure::Refused(Refusal::plain(Reason::MalformedValue).violating(field, what))
}

/// A verb on single subjects at work.
struct Verb<'a, 'b> {
    group: &'a mut Group<'b>,
    principal: &'a Principal,
}

impl Verb<'_, '_> {
    /// The subject of a name.
    fn who(&self, name: SubjectName) -> Result<Who, Failure> {
        let subject = super::by_name(self.group, name)?;
        let subject = subject.ok_or_else(|| refused(Reason::SubjectUnknown, name))?;
        let kind = super::row(self.group, subject)?.kind;
        Ok(Who { subject, kind })
    }

    /// The subject of a name, which must not have gone into another.
    fn standing(&self, name: SubjectName) -> Result<Who, Failure> {
        let who = self.who(name)?;
        match state(self.group, who.subject)?.successor {
            None => Ok(who),
            Some(successor) => {
                let successor = super::row(self.group, successor)?.name;
                let refusal = Refusal::plain(Reason::SubjectMerged)
                    .with("name", format!("subjects/{name}"))
                    .with("successor", format!("subjects/{successor}"));
                Err(Failure::Refused(refusal))
            }
        }
    }

    /// Refuses a day that has not come.
    fn dated(&self, field: &str, day: CivilDate) -> Result<(), Failure> {
        if day > self.group.today() {
            return Err(malformed(field, "lies in the future; record it once it has come"));
        }
        Ok(())
    }

    fn push(&mut self, who: Who, change: Change, reason: &str) -> Result<RowOutcome, Failure> {
        let fact = SubjectChange {
            who,
            change,
            reason: reason.to_owned(),
        };
        let fact = Fact::Subject(SubjectFact::Changed(Box::new(fact)));
        let revision = self.group.push(self.principal, fact)?;
        Ok(RowOutcome::of(Outcome::Created, revision, 1, Vec::new()))
    }

    /// Records a change unless one of the same content stands under its key.
    fn keyed(&mut self, name: SubjectName, change: Change, reason: &str) -> Result<RowOutcome, Failure> {
        let who = self.standing(name)?;
        if let Some(known) = self.known(who, &change)? {
            return Ok(known);
        }
        self.push(who, change, reason)
    }

    fn end_code(
        &mut self,
        name: SubjectName,
        identity: &Identity,
        until: CivilDate,
        reason: &str,
    ) -> Result<RowOutcome, Failure> {
        self.dated("until", until)?;
        let who = self.standing(name)?;
        let bearer = super::by_identity(self.group, identity, self.group.hashes(), until)?;
        if bearer != Some(who.subject) {
            return Err(malformed("code", "is not this subject's on that day"));
        }
        let change = Change::CodeEnded {
            identity: identity.clone(),
            until,
        };
        self.keyed(name, change, reason)
    }

    /// Persons are sealed under keys of their own, so that nothing goes over between them and others.
    fn alike(&self, one: Who, other: Who) -> Result<(), Failure> {
        if one.subject == other.subject
            || (one.kind == SubjectKind::Person) != (other.kind == SubjectKind::Person)
        {
            return Err(Failure::Refused(Refusal::plain(Reason::SubjectsUnlike)));
        }
        Ok(())
    }

    fn merge(
        &mut self,
        from: SubjectName,
        into: SubjectName,
        on: CivilDate,
        reason: &str,
    ) -> Result<RowOutcome, Failure> {
        self.dated("on", on)?;
        let (one, other) = (self.who(from)?, self.standing(into)?);
        if let Some((successor, day, revision)) = place::merged(self.group, one.subject, Known::all())?
            && successor == other.subject
            && day == on
        {
            return Ok(RowOutcome::of(Outcome::Repeated, revision, 1, Vec::new()));
        }
        self.standing(from)?;
        self.alike(one, other)?;
        let already = place::with_predecessors(self.group, other.subject, Known::all())?.len();
        let coming = place::with_predecessors(self.group, one.subject, Known::all())?.len();
        if already + coming > place::PREDECESSORS_MAX {
            let refusal = Refusal::plain(Reason::SelectionTooLarge)
                .with("most", place::PREDECESSORS_MAX.to_string())
                .violating("into", "has taken up as many subjects as one can");
            return Err(Failure::Refused(refusal));
        }
        let change = Change::Merged {
            into: other.subject,
            on,
        };
        let outcome = self.push(one, change, reason)?;
        rulings::party_merged(self.group, self.principal, one.subject)?;
        Ok(outcome)
    }

    fn undo_merge(&mut self, from: SubjectName, reason: &str) -> Result<RowOutcome, Failure> {
        let who = self.who(from)?;
        let merged = place::merged(self.group, who.subject, Known::all())?;
        let Some((into, _, merge)) = merged else {
            return Err(refused(Reason::MergeUnknown, from));
        };
        let outcome = self.push(who, Change::MergeUndone { into, merge }, reason)?;
        rulings::party_merged(self.group, self.principal, who.subject)?;
        Ok(outcome)
    }

    fn split(
        &mut self,
        subject: SubjectName,
        into: &[SubjectName],
        on: CivilDate,
        reason: &str,
    ) -> Result<RowOutcome, Failure> {
        self.dated("on", on)?;
        let who = self.standing(subject)?;
        let mut others = Vec::new();
        for name in into {
            let other = self.standing(*name)?;
            self.alike(who, other)?;
            if others.contains(&other.subject) {
                return Err(malformed("into", "names a subject twice"));
            }
            others.push(other.subject);
        }
        if others.is_empty() || others.len() > SPLIT_MAX {
            return Err(malformed("into", "names 1 to 50 subjects"));
        }
        let change = Change::Split { into: others, on };
        if let Some(known) = self.known(who, &change)? {
            return Ok(known);
        }
        self.push(who, change, reason)
    }

    fn deregister(
        &mut self,
        subject: SubjectName,
        on: CivilDate,
        reason: &str,
    ) -> Result<RowOutcome, Failure> {
        self.dated("on", on)?;
        let who = self.who(subject)?;
        let state = state(self.group, who.subject)?;
        if state.ended_on == Some(on) {
            return Ok(RowOutcome::of(Outcome::Repeated, state.changed, 1, Vec::new()));
        }
        self.push(who, Change::Deregistered { on }, reason)
    }

    /// The same change, if it stands.
    fn known(&self, who: Who, change: &Change) -> Result<Option<RowOutcome>, Failure> {
        let Some((natural, content)) = change_key(who, change, self.group.hashes()) else {
            return Ok(None);
        };
        let content = table_hash(self.group.hashes(), who.kind, content);
        let found = batch::snapshot_with(self.group, &natural, &content)?;
        Ok(found
            .map(|(snapshot, revision)| RowOutcome::of(Outcome::Repeated, revision, snapshot, Vec::new())))
    }

    fn reattribute(
        &mut self,
        from: SubjectName,
        to: SubjectName,
        records: &[(u8, Revision)],
        reason: &str,
    ) -> Result<RowOutcome, Failure> {
        let (one, other) = (self.who(from)?, self.standing(to)?);
        self.alike(one, other)?;
        if records.len() > MOVED_RECORDS_MAX {
            let refusal =
                Refusal::plain(Reason::SelectionTooLarge).with("most", MOVED_RECORDS_MAX.to_string());
            return Err(Failure::Refused(refusal));
        }
        let mut moved = Vec::new();
        for (file, first) in records {
            let reported = place::reported(self.group, *file, *first)?;
            // Whatever was moved in the meantime is no longer this subject's to give.
            if place::owner(self.group, *first, reported, Revision(u64::MAX))? == one.subject {
                moved.push(MovedRecord {
                    file: *file,
                    first: *first,
                    reported,
                });
            }
        }
        if moved.is_empty() {
            return Err(refused(Reason::SelectionEmpty, from));
        }
        let change = Change::Reattributed {
            to: other.subject,
            records: moved,
        };
        self.push(one, change, reason)
    }

    fn answer_subject(
        &mut self,
        subject: SubjectName,
        link: Option<SubjectName>,
        reason: &str,
    ) -> Result<RowOutcome, Failure> {
        let who = self.standing(subject)?;
        let asking = keys::subjects::asking_key(who.subject);
        if self.group.get(keys::ATTRIBUTION, &asking)?.is_none() {
            return Err(refused(Reason::QuestionUnknown, subject));
        }
        let question = super::row(self.group, who.subject)?.opened;
        let answer = match link {
            None => Settlement::Left,
            Some(into) => {
                let target = self.standing(into)?;
                if state(self.group, target.subject)?.registered.is_none() {
                    return Err(malformed("link", "is a subject that no register has confirmed"));
                }
                // One subject under two codes: it was one from the beginning.
                let on = self.beginning(who.subject)?;
                self.merge(subject, into, on, reason)?;
                Settlement::Linked
            }
        };
        self.push(who, Change::Answered { question, answer }, reason)
    }

    /// The day of a subject's first record, or today.
    fn beginning(&self, subject: SubjectNumber) -> Result<CivilDate, Error> {
        let mut first = self.group.today();
        place::each(
            self.group,
            keys::SUBJECT_FILE,
            keys::subjects::of_subject(subject),
            |key, _| {
                if let Some(on) = keys::subjects::file_day(key) {
                    first = first.min(on);
                }
            },
        )?;
        Ok(first)
    }

    fn answer_record(
        &mut self,
        question: Revision,
        about: Option<(u8, Revision, SubjectNumber)>,
        link: Option<SubjectName>,
        reason: &str,
    ) -> Result<RowOutcome, Failure> {
        let open = self.group.get(keys::QUESTION, &keys::revision_key(question))?;
        if open.is_none() {
            let refusal = Refusal::plain(Reason::QuestionUnknown).with("revision", question.0.to_string());
            return Err(Failure::Refused(refusal));
        }
        let who = match about {
            None => Who {
                subject: SubjectNumber(0),
                kind: SubjectKind::Organisation,
            },
            Some((_, _, subject)) => Who {
                subject,
                kind: super::row(self.group, subject)?.kind,
            },
        };
        let answer = match (link, about) {
            (None, _) => Settlement::Left,
            (Some(_), None) => return Err(malformed("link", "has no record to be linked")),
            (Some(to), Some((file, first, reported))) => {
                let owner = place::owner(self.group, first, reported, Revision(u64::MAX))?;
                let from = super::row(self.group, owner)?.name;
                self.reattribute(from, to, &[(file, first)], reason)?;
                Settlement::Linked
            }
        };
        self.push(who, Change::Answered { question, answer }, reason)
    }
}
