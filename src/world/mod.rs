//! The only door to files, clock, environment, randomness, programs and sockets.
//!
//! [`OsWorld`] is the real one. [`TestWorld`] stands before it in tests: a fixed clock, a scripted environment, and faults
//! on chosen writes (full disk, kill), so that a scenario repeats exactly.

pub mod os;
pub mod test;

pub use os::OsWorld;
pub use test::{Effect, TestWorld};

use jiff::Timestamp;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A file open for reading.
pub trait ReadFile: Read + Seek + Send {
    /// Fills a buffer with what stands at a place; an error of the kind `UnexpectedEof` if the file ends before. Where reading goes
    /// on after it is not said.
    fn read_at(&mut self, place: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(place))?;
        self.read_exact(buffer)
    }
}

impl ReadFile for io::Cursor<Vec<u8>> {}

/// A file open for writing. What is written is gathered; only after [`WriteFile::sync`] is all of it in the file.
pub trait WriteFile: Write + Send {
    /// Waits until everything written is on the disk.
    fn sync(&mut self) -> io::Result<()>;
}

/// What is known of a file without opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStat {
    /// Bytes.
    pub len: u64,
    /// When it was last changed.
    pub modified: Timestamp,
    /// True for a folder.
    pub folder: bool,
    /// True for a file: neither a folder nor a pipe or a device, which may have no end.
    pub file: bool,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// True if its exit code is 0.
    pub success: bool,
    /// What it wrote as its result.
    pub output: Vec<u8>,
    /// What it wrote beside it.
    pub errors: Vec<u8>,
}

/// Holds a lock until dropped.
pub trait Held: Send {}

/// The door.
pub trait World: Send + Sync {
    /// Opens a file for reading.
    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadFile>>;
    /// The whole content of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Creates or truncates a file. With `private`, only the owner may read it (mode 0600).
    fn create(&self, path: &Path, private: bool) -> io::Result<Box<dyn WriteFile>>;
    /// Renames, replacing what is there; durable when it returns.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file; no error if it is not there.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Removes an empty folder or a folder of our own with all that is in it.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
    /// Creates a folder and its parents.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// Paths of what lies in a folder (the folder's path, and a name), sorted.
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>>;
    /// What is known of a path; `None` if nothing is there.
    fn stat(&self, path: &Path) -> io::Result<Option<FileStat>>;
    /// Takes an exclusive lock on a file (created if need be); `None` if somebody else holds it.
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Held>>>;
    /// Opens the SQLite database at a path, created if need be: readable by its owner alone.
    fn sqlite(&self, path: &Path) -> rusqlite::Result<rusqlite::Connection>;
    /// The time.
    fn now(&self) -> Timestamp;
    /// Runs a program of this machine in a folder, gives it what it reads, and waits for its end. The program is found as the
    /// shell finds it; no shell reads the arguments. A world has none unless it says otherwise.
    fn program(&self, _name: &str, _args: &[&str], _folder: &Path, _input: &[u8]) -> io::Result<Ended> {
        Err(io::ErrorKind::NotFound.into())
    }
    /// A variable of the environment.
    fn environment(&self, name: &str) -> Option<String>;
    /// Fills with randomness that nobody can guess.
    fn random(&self, bytes: &mut [u8]);
    /// A builder of HTTP clients (rustls with ring; the caller adds timeouts and certificates).
    fn http(&self) -> reqwest::ClientBuilder;
    /// Waits. A test world returns at once and moves its clock.
    fn sleep(&self, time: std::time::Duration) -> Sleep;
}

/// The future of [`World::sleep`].
pub type Sleep = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

#[cfg(test)]
mod tests;
