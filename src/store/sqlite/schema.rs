//! The tables of a store, and whether a file is one.

use super::{Place, StoreFault};
use crate::world::World;
use rusqlite::{Connection, Transaction, TransactionBehavior};

/// Marks the file as ours: `Kopp`.
const APPLICATION: i64 = 0x4b6f_7070;
/// The format of the tables. A higher one is refused; a lower one would be brought up here.
const FORMAT: i64 = 1;

/// `links` has no row ids, since it is read in the order of its key alone. `written` is the run whose intent wrote the
/// link. `hash` stands before `vals`, so that comparing hashes reads no long row to its end.
const TABLES: &str = "
    CREATE TABLE about (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        sync TEXT NOT NULL, command TEXT NOT NULL,
        began TEXT NOT NULL, ended TEXT,
        outcome TEXT NOT NULL DEFAULT '', summary TEXT NOT NULL DEFAULT '');
    CREATE INDEX runs_of_sync ON runs (sync, id);

    CREATE TABLE links (
        sync TEXT NOT NULL, entity TEXT NOT NULL, left_key TEXT NOT NULL,
        right_key TEXT NOT NULL, right_id TEXT,
        state INTEGER NOT NULL, ours INTEGER NOT NULL, seen INTEGER NOT NULL, written INTEGER NOT NULL,
        hash BLOB NOT NULL, identities BLOB NOT NULL, vals BLOB NOT NULL,
        PRIMARY KEY (sync, entity, left_key)) WITHOUT ROWID;

    CREATE TABLE intents (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        run INTEGER NOT NULL, sync TEXT NOT NULL,
        op TEXT NOT NULL
            CHECK (op IN ('create', 'update', 'deactivate', 'reactivate', 'remove', 'link', 'adopt')),
        outcome TEXT NOT NULL DEFAULT 'open' CHECK (outcome IN ('open', 'unknown', 'done', 'failed')),
        why TEXT NOT NULL DEFAULT '',
        delivery TEXT, old_left_key TEXT,
        entity TEXT NOT NULL, left_key TEXT NOT NULL, right_key TEXT NOT NULL, right_id TEXT,
        state INTEGER NOT NULL, ours INTEGER NOT NULL, seen INTEGER NOT NULL,
        hash BLOB NOT NULL, identities BLOB NOT NULL, vals BLOB NOT NULL);
    CREATE INDEX intents_of_sync ON intents (sync, outcome);

    CREATE TABLE journal (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL, settled_in INTEGER NOT NULL, sync TEXT NOT NULL,
        op TEXT NOT NULL, outcome TEXT NOT NULL, why TEXT NOT NULL, delivery TEXT, old_left_key TEXT,
        entity TEXT NOT NULL, left_key TEXT NOT NULL, right_key TEXT NOT NULL, right_id TEXT);

    CREATE TABLE held (
        sync TEXT NOT NULL, entity TEXT NOT NULL, left_key TEXT NOT NULL,
        kind TEXT NOT NULL, reason TEXT NOT NULL, since INTEGER NOT NULL);
    CREATE INDEX held_of_sync ON held (sync, entity, left_key);

    CREATE TABLE facts (
        sync TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL,
        PRIMARY KEY (sync, name)) WITHOUT ROWID;
";

/// True if the file is empty; an error if it is neither empty nor a store that this program knows.
pub(super) fn is_new(connection: &Connection, place: &Place) -> Result<bool, StoreFault> {
    // One transaction, since another process may be creating the store between two questions.
    let transaction =
        Transaction::new_unchecked(connection, TransactionBehavior::Deferred).map_err(|error| place.fault(error))?;
    is_empty(&transaction, place)
}

fn is_empty(connection: &Connection, place: &Place) -> Result<bool, StoreFault> {
    let ask = |sql: &str| -> Result<i64, StoreFault> {
        connection.query_row(sql, [], |row| row.get(0)).map_err(|error| place.fault(error))
    };
    match (ask("PRAGMA application_id")?, ask("PRAGMA user_version")?) {
        (0, 0) if ask("SELECT count(*) FROM sqlite_schema")? == 0 => Ok(true),
        (APPLICATION, FORMAT) => Ok(false),
        (APPLICATION, format) if format > FORMAT => Err(place.newer(format, FORMAT)),
        (APPLICATION, _) => Err(place.damaged()),
        _ => Err(place.foreign()),
    }
}

/// Settings of a connection that writes. What is deleted is overwritten, on free pages too: the values of somebody who is
/// protected now must not lie about in the file.
pub(super) fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;
         PRAGMA cache_size = -65536;
         PRAGMA temp_store = MEMORY;",
    )
}

/// Makes the tables and the key in one transaction; does nothing if another process was faster.
pub(super) fn create(connection: &Connection, world: &dyn World, place: &Place) -> Result<(), StoreFault> {
    let say = |error| place.fault(error);
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate).map_err(say)?;
    if is_empty(&transaction, place)? {
        let mut key = [0; 32];
        world.random(&mut key);
        fill(&transaction, &key).map_err(say)?;
    }
    transaction.commit().map_err(say)
}

fn fill(connection: &Connection, key: &[u8; 32]) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    connection.execute("INSERT INTO about (name, value) VALUES ('key', ?1)", [key])?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    connection.pragma_update(None, "user_version", FORMAT)
}

/// The key that was made with the store.
pub(super) fn key(connection: &Connection) -> rusqlite::Result<[u8; 32]> {
    connection.query_row("SELECT value FROM about WHERE name = 'key'", [], |row| row.get(0))
}
