//! The check-up of a whole installation: every rule that holds at every commit, asked of the data itself.
//!
//! It is for data that nobody is writing, and holds no more in memory than the rows of one slot.

use std::collections::BTreeMap;

use cauce_conversation::Programs;
use cauce_conversation::doctor::Checkup;
use cauce_model::Slot;
use cauce_store::doctor::{Finding, Findings, Severity, Tables, readable, repair};
use cauce_store::{Files, Store, StoreError};
use serde::Serialize;

use crate::directory;

/// What a check-up found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// How many rows of each table there are.
    pub rows: BTreeMap<&'static str, u64>,
    /// How often each sort of finding was found.
    pub counts: Vec<Count>,
    /// The findings; at most 100 of one sort.
    pub findings: Vec<Finding>,
}

/// How often something was found.
#[derive(Debug, Serialize)]
pub struct Count {
    /// How bad it is.
    pub severity: Severity,
    /// What sort of finding.
    pub code: &'static str,
    /// How often.
    pub count: u64,
}

impl Report {
    /// Whether all holds and nothing was set aside. Screens may be behind.
    pub fn is_clean(&self) -> bool {
        self.counts.iter().all(|count| count.severity == Severity::Lagging)
    }

    /// Whether something that always holds does not hold.
    pub fn is_broken(&self) -> bool {
        self.counts.iter().any(|count| count.severity == Severity::Broken)
    }
}

/// Checks everything; without `files` nobody looks whether files are there.
///
/// # Errors
/// When the store cannot be read. A row that cannot be read is a finding.
pub async fn examine(store: &dyn Store, files: Option<&Files>) -> Result<Report, StoreError> {
    look(store, files, None).await
}

/// The same, and mends what can be mended without losing or repeating anything. The report is of what was
/// found before. Gives how many rows were written as well.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn mend(store: &dyn Store, files: Option<&Files>) -> Result<(Report, u64), StoreError> {
    let mut written = 0;
    let report = look(store, files, Some(&mut written)).await?;
    Ok((report, written))
}

async fn look(
    store: &dyn Store,
    files: Option<&Files>,
    mut written: Option<&mut u64>,
) -> Result<Report, StoreError> {
    let tables: Tables = (cauce_runtime::doctor::TABLES.into_iter())
        .chain(cauce_conversation::doctor::TABLES)
        .chain(cauce_inbox::doctor::TABLES)
        .chain(directory::TABLES)
        .collect();
    let programs = Programs::new(cauce_nodes::catalogue());
    let homes = cauce_runtime::doctor::homes(store).await?;
    let mut checkup = Checkup::new(store, &programs, files);
    let mut findings = Findings::default();
    // Nobody writes, so the first stream is as good as any.
    let mut lease = if written.is_some() { Some(store.acquire(0).await?) } else { None };
    for slot in Slot::all() {
        if readable(store, slot, &tables, &mut findings).await? > 0 {
            let pending = cauce_runtime::doctor::check(store, slot, &mut findings).await?;
            let contacts = checkup.slot(slot, &pending, &mut findings).await?;
            cauce_inbox::doctor::contacts(store, &contacts, &homes, &mut findings).await?;
            cauce_inbox::doctor::desk(store, slot, &pending, &mut findings).await?;
            directory::check(store, slot, &pending, &mut findings).await?;
        }
        if homes.contains(&slot) {
            cauce_inbox::doctor::lists(store, slot, &mut findings).await?;
        }
        let repairs = findings.take_repairs();
        if let (Some(written), Some(held)) = (&mut written, lease) {
            **written += repairs.len() as u64;
            lease = Some(repair(store, held, repairs).await?);
        }
    }
    let count =
        |(&(severity, code), &count): (&(Severity, &'static str), &u64)| Count { severity, code, count };
    Ok(Report {
        counts: findings.counts().iter().map(count).collect(),
        rows: findings.rows().clone(),
        findings: findings.found().to_vec(),
    })
}
