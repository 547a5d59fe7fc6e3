//! Runs, the records that they held, and small facts that the next run needs.

use super::Store;
use crate::store::{Held, RunRecord, StoreFault};
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};
use std::collections::BTreeMap;

impl Store {
    /// Notes that a run begins, and gives its number. Numbers grow and are never used again.
    pub fn begin(&mut self, sync: &str, command: &str, now: Timestamp) -> Result<i64, StoreFault> {
        self.change(|transaction| {
            transaction.prepare_cached("INSERT INTO runs (sync, command, began) VALUES (?1, ?2, ?3)")?.execute([
                sync,
                command,
                &now.to_string(),
            ])?;
            Ok(transaction.last_insert_rowid())
        })
    }

    /// Notes how a run ended.
    pub fn finish(&mut self, run: i64, outcome: &str, summary: &str, now: Timestamp) -> Result<(), StoreFault> {
        let known = self.change(|transaction| {
            transaction
                .prepare_cached("UPDATE runs SET outcome = ?2, summary = ?3, ended = ?4 WHERE id = ?1")?
                .execute(params![run, outcome, summary, now.to_string()])
        })?;
        if known == 1 { Ok(()) } else { Err(self.place.defect(&format!("there is no run {run}"))) }
    }

    /// The last runs, of one sync or of all; the newest first.
    pub fn history(&self, sync: Option<&str>, limit: u32) -> Result<Vec<RunRecord>, StoreFault> {
        const COLUMNS: &str = "id, sync, command, began, ended, outcome, summary";
        self.read(|connection| match sync {
            Some(sync) => connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM runs WHERE sync = ?1 ORDER BY id DESC LIMIT ?2"))?
                .query_map(params![sync, limit], run_record)?
                .collect(),
            None => connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM runs ORDER BY id DESC LIMIT ?1"))?
                .query_map([limit], run_record)?
                .collect(),
        })
    }

    /// Replaces the held and rejected records of a sync. A record that was among them keeps its `since`; for the others
    /// it is this run.
    pub fn hold(&mut self, sync: &str, run: i64, held: &[Held]) -> Result<(), StoreFault> {
        self.change(|transaction| {
            let mut since = BTreeMap::new();
            for old in transaction.prepare_cached(HELD)?.query_map([sync], held_record)? {
                let old = old?;
                since.insert((old.entity, old.left_key), old.since);
            }
            transaction.prepare_cached("DELETE FROM held WHERE sync = ?1")?.execute([sync])?;
            let mut insert = transaction.prepare_cached(
                "INSERT INTO held (sync, entity, left_key, kind, reason, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for new in held {
                let since = since.get(&(new.entity.clone(), new.left_key.clone())).copied().unwrap_or(run);
                insert.execute(params![sync, new.entity, new.left_key, new.kind, new.reason, since])?;
            }
            Ok(())
        })
    }

    /// The held and rejected records of a sync, by entity and key.
    pub fn held(&self, sync: &str) -> Result<Vec<Held>, StoreFault> {
        self.read(|connection| connection.prepare_cached(HELD)?.query_map([sync], held_record)?.collect())
    }

    /// Remembers a small fact about a sync under a name; replaces what was remembered under it. No values of people; a
    /// decision has the left key of its record in the name, as links have.
    pub fn remember(&mut self, sync: &str, name: &str, text: &str) -> Result<(), StoreFault> {
        self.change(|transaction| {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO facts (sync, name, text) VALUES (?1, ?2, ?3)")?
                .execute([sync, name, text])
        })?;
        Ok(())
    }

    /// What was remembered about a sync under names that begin so: name and text, by name.
    pub fn facts(&self, sync: &str, prefix: &str) -> Result<Vec<(String, String)>, StoreFault> {
        self.read(|connection| {
            let mut all = connection.prepare_cached(
                "SELECT name, text FROM facts WHERE sync = ?1 AND substr(name, 1, length(?2)) = ?2 ORDER BY name",
            )?;
            all.query_map([sync, prefix], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
    }

    /// Forgets what was remembered about a sync under a name.
    pub fn forget(&mut self, sync: &str, name: &str) -> Result<(), StoreFault> {
        self.change(|transaction| {
            transaction.prepare_cached("DELETE FROM facts WHERE sync = ?1 AND name = ?2")?.execute([sync, name])
        })?;
        Ok(())
    }

    /// What was remembered about a sync under a name.
    pub fn recall(&self, sync: &str, name: &str) -> Result<Option<String>, StoreFault> {
        self.read(|connection| {
            let mut one = connection.prepare_cached("SELECT text FROM facts WHERE sync = ?1 AND name = ?2")?;
            one.query_row([sync, name], |row| row.get(0)).optional()
        })
    }
}

const HELD: &str =
    "SELECT entity, left_key, kind, reason, since FROM held WHERE sync = ?1 ORDER BY entity, left_key, rowid";

fn held_record(row: &Row) -> rusqlite::Result<Held> {
    Ok(Held { entity: row.get(0)?, left_key: row.get(1)?, kind: row.get(2)?, reason: row.get(3)?, since: row.get(4)? })
}

fn run_record(row: &Row) -> rusqlite::Result<RunRecord> {
    Ok(RunRecord {
        id: row.get(0)?,
        sync: row.get(1)?,
        command: row.get(2)?,
        began: moment(row, 3)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?,
        ended: moment(row, 4)?,
        outcome: row.get(5)?,
        summary: row.get(6)?,
    })
}

fn moment(row: &Row, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let text: Option<String> = row.get(column)?;
    let moment = text.map(|text| text.parse()).transpose();
    moment.map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}
