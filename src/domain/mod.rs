//! Nouns of the field: pure values, no gRPC, no sled, no async, no clock, no log.
//!
//! A domain value cannot fail on I/O. Read first: [`commitment`].

pub mod attribution;
pub mod breach;
pub mod calendar;
pub mod caller;
pub mod catalog;
pub mod chinese_number;
pub mod civil_date;
pub mod commitment;
pub mod deadline;
pub mod edition;
pub mod fact;
pub mod filter;
pub mod finding;
pub mod grade_fact;
pub mod grading;
pub mod hash;
pub mod hashes;
pub mod identity;
pub mod law;
pub mod layout;
pub mod money;
pub mod notice;
pub mod notice_content;
pub mod notice_fact;
pub mod notice_scope;
pub mod numbered;
pub mod record;
pub mod record_fact;
pub mod record_filter;
pub mod record_name;
pub mod refusal;
pub mod repair;
pub mod reporting;
pub mod resident_id;
pub mod revision;
pub mod rules;
pub mod service_mode;
pub mod severity;
pub mod social_credit_code;
pub mod subject;
pub mod subject_fact;
pub mod supervision_fact;
pub mod timeliness;
pub mod title;
pub mod trust;

#[cfg(test)]
mod codes_proptests;
