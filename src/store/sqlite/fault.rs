//! What goes wrong with the file, in words that say what to do.
//!
//! Messages of SQLite are not passed on: they speak to programmers, and nobody vouches for what they quote.

use super::StoreFault;
use rusqlite::{Error, ErrorCode};
use std::io;
use std::path::Path;

/// Where the store lies, as messages name it.
pub(super) struct Place(String);

impl Place {
    pub(super) fn new(path: &Path) -> Place {
        Place(path.display().to_string())
    }

    /// The file or its folder cannot be reached.
    pub(super) fn unreachable(&self, error: &io::Error) -> StoreFault {
        let Place(place) = self;
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => self.full(),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => self.forbidden(),
            _ => StoreFault::Broken(format!("the store `{place}` cannot be reached ({error}): check its folder")),
        }
    }

    /// A newer program made the file.
    pub(super) fn newer(&self, found: i64, known: i64) -> StoreFault {
        let Place(place) = self;
        StoreFault::Broken(format!(
            "the store `{place}` has format {found}, and this program knows formats up to {known}: \
             use the newer program that wrote it"
        ))
    }

    /// The file is something else.
    pub(super) fn foreign(&self) -> StoreFault {
        let Place(place) = self;
        StoreFault::Broken(format!("`{place}` is no store of Koppla: move it away, or name another file as store"))
    }

    /// The file was a store.
    pub(super) fn damaged(&self) -> StoreFault {
        let Place(place) = self;
        StoreFault::Broken(format!(
            "the store `{place}` is damaged: put the last good copy of it in its place, then run again"
        ))
    }

    /// The program asked for what cannot be.
    pub(super) fn defect(&self, what: &str) -> StoreFault {
        let Place(place) = self;
        StoreFault::Broken(format!(
            "the store `{place}` says that {what}: this is a defect of Koppla, please report it"
        ))
    }

    fn full(&self) -> StoreFault {
        let Place(place) = self;
        StoreFault::Broken(format!(
            "the disk is full, so the store `{place}` could not be written: free some space, then run again"
        ))
    }

    fn forbidden(&self) -> StoreFault {
        let Place(place) = self;
        StoreFault::Broken(format!(
            "the store `{place}` may not be written by this user: allow it to write the file and its folder"
        ))
    }

    /// An error of SQLite.
    pub(super) fn fault(&self, error: Error) -> StoreFault {
        let Place(place) = self;
        let Error::SqliteFailure(cause, _) = error else {
            // Everything else says that a row does not hold what a store's rows hold.
            return self.damaged();
        };
        match cause.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreFault::Locked(format!(
                "another program is writing the store `{place}`: wait until it has ended, then try again"
            )),
            ErrorCode::DiskFull => self.full(),
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => self.forbidden(),
            ErrorCode::DatabaseCorrupt => self.damaged(),
            ErrorCode::NotADatabase => self.foreign(),
            ErrorCode::SystemIoFailure => StoreFault::Broken(format!(
                "the store `{place}` could not be read or written (SQLite error {}): \
                 check the disk and its limits, then run again",
                cause.extended_code
            )),
            _ => StoreFault::Broken(format!(
                "the store `{place}` refused a change (SQLite error {}): run again, and report it if it comes back",
                cause.extended_code
            )),
        }
    }
}
