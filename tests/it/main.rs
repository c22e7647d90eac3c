//! Capabilities over a real channel: each file is one of them, `harness` starts the service.

mod attribution;
mod breach;
mod calendar;
mod changed_notice;
mod commitments;
mod corrections;
mod exports;
mod grade_story;
mod grades;
mod harness;
mod import_decisions;
mod import_layouts;
mod imports;
mod ledger_export;
mod lists;
mod office;
mod ops;
mod reads_in_full;
mod record_rows;
mod records;
mod register;
mod rulings;
mod sheet_variants;
mod subjects;
mod timeliness;
mod withdrawals;
