//! The journal: what is about to be done, and what became of it.

use super::Store;
use super::links::{COLUMNS, bind, link};
use crate::store::{Intent, Settled, StoreFault, Unsettled};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeSet;

impl Store {
    /// Journals what a run is about to do, and gives each intent its number. All of it is on the disk when this returns.
    pub fn intend(&mut self, run: i64, intents: &mut [Intent]) -> Result<(), StoreFault> {
        let sync = self.sync_of(run)?;
        self.change(|transaction| {
            let mut insert = transaction.prepare_cached(&format!(
                "INSERT INTO intents (run, sync, op, entity, old_left_key, delivery, {COLUMNS})
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
            ))?;
            for intent in intents {
                insert.raw_bind_parameter(1, run)?;
                insert.raw_bind_parameter(2, &sync)?;
                insert.raw_bind_parameter(3, &intent.op)?;
                insert.raw_bind_parameter(4, &intent.entity)?;
                insert.raw_bind_parameter(5, &intent.old_left_key)?;
                insert.raw_bind_parameter(6, &intent.set)?;
                bind(&mut insert, 7, &intent.link)?;
                insert.raw_execute()?;
                intent.id = transaction.last_insert_rowid().cast_unsigned();
            }
            Ok(())
        })
    }

    /// Says what became of intents, own ones or those of a killed run, and changes the links accordingly. An intent
    /// whose outcome is unknown stays among the unsettled. An intent that is not open is an error, and nothing changes.
    pub fn settle(&mut self, run: i64, outcomes: &[(u64, Settled)]) -> Result<(), StoreFault> {
        let sync = self.sync_of(run)?;
        let mut lost = None;
        self.change(|transaction| {
            let mut mark = transaction.prepare_cached(
                "UPDATE intents SET outcome = ?3, why = ?4, right_id = coalesce(?5, right_id)
                 WHERE id = ?1 AND sync = ?2",
            )?;
            for (id, settled) in outcomes {
                let (outcome, why, right_id) = match settled {
                    Settled::Done { right_id } => ("done", "", right_id.as_deref()),
                    Settled::Failed { why } => ("failed", why.as_str(), None),
                    Settled::Unknown { why } => ("unknown", why.as_str(), None),
                };
                if mark.execute(params![id.cast_signed(), sync, outcome, why, right_id])? == 0 {
                    lost = Some(*id);
                    return Err(rusqlite::Error::QueryReturnedNoRows);
                }
            }
            close(transaction, run, &sync)
        })
        .map_err(|fault| match lost {
            Some(id) => self.place.defect(&format!("intent {id} is not open")),
            None => fault,
        })
    }

    /// Settles every open intent that a delivered set carries: all of them are done.
    pub fn settle_set(&mut self, run: i64, set: &str) -> Result<(), StoreFault> {
        self.settle_all_of(run, set, "done", "")
    }

    /// Settles every open intent of a set that was rolled back: none of them was done.
    pub fn drop_set(&mut self, run: i64, set: &str) -> Result<(), StoreFault> {
        self.settle_all_of(run, set, "failed", "the delivery was rolled back")
    }

    fn settle_all_of(&mut self, run: i64, set: &str, outcome: &str, why: &str) -> Result<(), StoreFault> {
        let sync = self.sync_of(run)?;
        self.change(|transaction| {
            transaction
                .prepare_cached("UPDATE intents SET outcome = ?3, why = ?4 WHERE sync = ?1 AND delivery = ?2")?
                .execute([&sync, set, outcome, why])?;
            close(transaction, run, &sync)
        })
    }

    /// What is open of a sync, in the order in which it was intended: what a killed run left, and what was sent without
    /// an answer. A run asks before it intends anything itself.
    pub fn unsettled(&self, sync: &str) -> Result<Vec<Unsettled>, StoreFault> {
        self.read(|connection| {
            let mut all = connection.prepare_cached(&format!(
                "SELECT {COLUMNS}, id, run, op, entity, old_left_key, delivery, outcome, why
                 FROM intents WHERE sync = ?1 ORDER BY id"
            ))?;
            all.query_map([sync], unsettled)?.collect()
        })
    }

    /// Left keys of records that a run tried to make, and that were not made: what the target refused, or never answered.
    pub fn tried(&self, sync: &str, entity: &str) -> Result<BTreeSet<String>, StoreFault> {
        self.read(|connection| {
            let mut all = connection.prepare_cached(
                "SELECT DISTINCT left_key FROM journal
                 WHERE sync = ?1 AND entity = ?2 AND op = 'create' AND outcome = 'failed'",
            )?;
            all.query_map([sync, entity], |row| row.get(0))?.collect()
        })
    }

    /// The sync that a run belongs to.
    fn sync_of(&self, run: i64) -> Result<String, StoreFault> {
        let sync = self.read(|connection| {
            let mut one = connection.prepare_cached("SELECT sync FROM runs WHERE id = ?1")?;
            one.query_row([run], |row| row.get(0)).optional()
        })?;
        sync.ok_or_else(|| self.place.defect(&format!("there is no run {run}")))
    }
}

fn unsettled(row: &Row) -> rusqlite::Result<Unsettled> {
    let outcome: String = row.get(15)?;
    let intent = Intent {
        id: row.get::<_, i64>(9)?.cast_unsigned(),
        op: row.get(11)?,
        entity: row.get(12)?,
        link: link(row)?,
        old_left_key: row.get(13)?,
        set: row.get(14)?,
    };
    let unknown = if outcome == "unknown" { Some(row.get(16)?) } else { None };
    Ok(Unsettled { run: row.get(10)?, intent, unknown })
}

/// Moves what is settled from the intents to links and journal.
///
/// All links that go away go first, so that keys may be exchanged between records in one settlement. A link that this
/// run or a later one wrote is not the one that an intent meant, and stays: another record has taken over its key.
fn close(connection: &Connection, run: i64, sync: &str) -> rusqlite::Result<()> {
    for gone in ["i.old_left_key", "CASE i.op WHEN 'remove' THEN i.left_key END"] {
        let sql = format!(
            "DELETE FROM links WHERE (sync, entity, left_key) IN (
                 SELECT l.sync, l.entity, l.left_key FROM intents i
                 CROSS JOIN links l ON l.sync = i.sync AND l.entity = i.entity AND l.left_key = {gone}
                 WHERE i.sync = ?1 AND i.outcome = 'done' AND l.written < i.run)"
        );
        connection.prepare_cached(&sql)?.execute([sync])?;
    }
    let upsert = format!(
        "INSERT INTO links (sync, entity, written, {COLUMNS})
         SELECT sync, entity, run, {COLUMNS} FROM intents
         WHERE sync = ?1 AND outcome = 'done' AND op <> 'remove' ORDER BY id
         ON CONFLICT (sync, entity, left_key) DO UPDATE SET
             right_key = excluded.right_key, right_id = excluded.right_id, state = excluded.state,
             ours = excluded.ours, seen = excluded.seen, written = excluded.written,
             hash = excluded.hash, identities = excluded.identities, vals = excluded.vals
         WHERE links.written <= excluded.written"
    );
    connection.prepare_cached(&upsert)?.execute([sync])?;
    connection
        .prepare_cached(
            "INSERT INTO journal (id, run, settled_in, sync, op, outcome, why, delivery, old_left_key,
                                  entity, left_key, right_key, right_id)
             SELECT id, run, ?2, sync, op, outcome, why, delivery, old_left_key, entity, left_key, right_key, right_id
             FROM intents WHERE sync = ?1 AND outcome IN ('done', 'failed')",
        )?
        .execute(params![sync, run])?;
    connection
        .prepare_cached("DELETE FROM intents WHERE sync = ?1 AND outcome IN ('done', 'failed')")?
        .execute([sync])?;
    Ok(())
}
