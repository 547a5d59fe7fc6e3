//! The store in a SQLite file.
//!
//! Every change is one transaction that is on the disk when the method returns (write-ahead log, `synchronous = FULL`):
//! a killed process loses nothing that it was told is done, and leaves nothing half done.
//!
//! What is about to be done stands in `intents`, with values, until it is settled; then it moves to `links`, and to
//! `journal` without the values. So nobody's data is kept twice, and what a killed run left open is found at once.

mod fault;
mod journal;
mod links;
mod runs;
mod schema;
#[cfg(test)]
mod tests;

use super::StoreFault;
use crate::world::{Held, World};
use fault::Place;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a statement waits for another process that is writing.
const PATIENCE: Duration = Duration::from_secs(10);

/// The open store of a project. All methods block; all errors are [`StoreFault`].
pub struct Store {
    connection: Mutex<Connection>,
    place: Place,
    key: [u8; 32],
}

/// Excludes other runs of a sync until it is dropped, or the process ends.
pub struct RunLock {
    _held: Box<dyn Held>,
}

impl Store {
    /// Opens the store at a path; creates it, and its folder, if it is not there.
    pub fn open(world: &dyn World, path: &Path) -> Result<Store, StoreFault> {
        let place = Place::new(path);
        create_folder_of(world, path, &place)?;
        let connection = connect(world, path).map_err(|error| place.fault(error))?;
        let is_new = schema::is_new(&connection, &place)?;
        schema::configure(&connection).map_err(|error| place.fault(error))?;
        if is_new {
            schema::create(&connection, world, &place)?;
        }
        Store::over(connection, place)
    }

    /// A store that lies in no file and ends with this value: for test cases.
    pub fn in_memory(world: &dyn World) -> Result<Store, StoreFault> {
        let place = Place::new(Path::new("memory"));
        let connection = Connection::open_in_memory().map_err(|error| place.fault(error))?;
        schema::configure(&connection).map_err(|error| place.fault(error))?;
        schema::create(&connection, world, &place)?;
        Store::over(connection, place)
    }

    /// Opens the store for reading; `None` if there is none yet. Creates and changes nothing: for previews.
    pub fn open_read(world: &dyn World, path: &Path) -> Result<Option<Store>, StoreFault> {
        let place = Place::new(path);
        let exists = |path: &Path| world.stat(path).map(|stat| stat.is_some());
        let was_killed = exists(&beside(path, "-wal")).map_err(|error| place.unreachable(&error))?;
        if !exists(path).map_err(|error| place.unreachable(&error))? {
            return Ok(None);
        }
        let connection = connect(world, path).map_err(|error| place.fault(error))?;
        // SQLite's two companion files vanish when the last reader closes. Where a killed run, or one at work, has left
        // a log, that log stays as it is.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, was_killed)
            .and_then(|_| connection.pragma_update(None, "query_only", true))
            .map_err(|error| place.fault(error))?;
        if schema::is_new(&connection, &place)? {
            return Ok(None);
        }
        Store::over(connection, place).map(Some)
    }

    /// Excludes other runs of a sync, in this process and in others, until the lock is dropped.
    pub fn lock(world: &dyn World, path: &Path, sync: &str) -> Result<RunLock, StoreFault> {
        let place = Place::new(path);
        create_folder_of(world, path, &place)?;
        let file = beside(path, &format!(".{}.lock", file_name(sync)));
        match world.lock(&file).map_err(|error| place.unreachable(&error))? {
            Some(held) => Ok(RunLock { _held: held }),
            None => Err(StoreFault::Locked(format!(
                "another run of the sync `{sync}` is at work: wait until it has ended, then try again"
            ))),
        }
    }

    /// The random key of this store, made when it was created: for keyed hashes of identities, which are worth nothing
    /// without it.
    pub fn key(&self) -> [u8; 32] {
        self.key
    }

    fn over(connection: Connection, place: Place) -> Result<Store, StoreFault> {
        let key = schema::key(&connection).map_err(|error| place.fault(error))?;
        Ok(Store { connection: Mutex::new(connection), place, key })
    }

    /// Does something with the database, which nobody else does meanwhile, and says in words what goes wrong.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreFault> {
        work(&self.connection.lock().unwrap_or_else(PoisonError::into_inner)).map_err(|error| self.place.fault(error))
    }

    /// One transaction: all of it, or nothing.
    fn change<T>(&mut self, work: impl FnOnce(&Transaction) -> rusqlite::Result<T>) -> Result<T, StoreFault> {
        let change = |connection: &mut Connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        change(self.connection.get_mut().unwrap_or_else(PoisonError::into_inner))
            .map_err(|error| self.place.fault(error))
    }
}

fn connect(world: &dyn World, path: &Path) -> rusqlite::Result<Connection> {
    let connection = world.sqlite(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn create_folder_of(world: &dyn World, path: &Path, place: &Place) -> Result<(), StoreFault> {
    match path.parent() {
        Some(folder) => world.create_folder(folder).map_err(|error| place.unreachable(&error)),
        None => Ok(()),
    }
}

/// The path with something added to its last name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(ending);
    PathBuf::from(name)
}

/// The name of a sync as part of a file name, different for different names.
fn file_name(sync: &str) -> String {
    let mut name = String::with_capacity(sync.len());
    for byte in sync.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            _ => name.push_str(&format!("%{byte:02x}")),
        }
    }
    name
}
