//! The real world: files, clock, environment, sockets and randomness of this machine.

#![expect(clippy::disallowed_methods, reason = "this is the door that everybody else goes through")]

use super::{Ended, FileStat, Held, ReadFile, Sleep, World, WriteFile};
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// This machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsWorld;

impl OsWorld {
    /// Makes a file size limit (`ulimit -f`) an error of the write that meets it; without this the system ends the
    /// process there. Called once, inside the tokio runtime, by programs that write for themselves.
    pub fn heed_file_limit() -> io::Result<()> {
        #[cfg(unix)]
        {
            // SIGXFSZ has this number on Linux and macOS. Once somebody has listened for a signal, it ends nobody.
            const FILE_SIZE_LIMIT: i32 = 25;
            drop(tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(FILE_SIZE_LIMIT))?);
        }
        Ok(())
    }
}

impl World for OsWorld {
    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadFile>> {
        Ok(Box::new(File::open(path)?))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn create(&self, path: &Path, private: bool) -> io::Result<Box<dyn WriteFile>> {
        Ok(Box::new(OsFile::new(create(path, private)?)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        sync(from)?;
        fs::rename(from, to)?;
        sync_folder(to.parent())?;
        if from.parent() != to.parent() { sync_folder(from.parent()) } else { Ok(()) }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(()) => sync_folder(path.parent()),
        }
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(()) => sync_folder(path.parent()),
        }
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        if path.as_os_str().is_empty() || path.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(path)?;
        sync_folder(path.parent())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let mut paths =
            fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        Ok(paths)
    }

    fn stat(&self, path: &Path) -> io::Result<Option<FileStat>> {
        let known = match fs::metadata(path) {
            Ok(known) => known,
            Err(error) if nothing_there(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let modified = Timestamp::try_from(known.modified()?).map_err(io::Error::other)?;
        Ok(Some(FileStat { len: known.len(), modified, folder: known.is_dir(), file: known.is_file() }))
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Held>>> {
        let file = private(OpenOptions::new().write(true).create(true).truncate(false)).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(OsLock(file)))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn sqlite(&self, path: &Path) -> rusqlite::Result<Connection> {
        // SQLite would create the file readable by everybody; its journal files take over the mode of the file.
        // A failure here is SQLite's to report: it opens the same file next.
        let _ = private(OpenOptions::new().write(true).create(true).truncate(false)).open(path);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(path, flags)
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn program(&self, name: &str, args: &[&str], folder: &Path, input: &[u8]) -> io::Result<Ended> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut child = Command::new(name)
            .args(args)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let given = child.stdin.take();
        thread::scope(|scope| {
            // It may answer before it has read all, and both pipes are small. One that wants no more than a part is no fault.
            scope.spawn(move || given.map(|mut given| given.write_all(input)));
            let output = child.wait_with_output()?;
            Ok(Ended { success: output.status.success(), output: output.stdout, errors: output.stderr })
        })
    }

    fn environment(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn random(&self, bytes: &mut [u8]) {
        let filled = rustls::crypto::ring::default_provider().secure_random.fill(bytes);
        // Keys made of anything else would be keys that others can guess.
        assert!(filled.is_ok(), "the operating system gives no randomness");
    }

    fn http(&self) -> reqwest::ClientBuilder {
        // An error says that the provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder().tls_backend_rustls()
    }

    fn sleep(&self, time: Duration) -> Sleep {
        Box::pin(async move { tokio::time::sleep(time).await })
    }
}

impl ReadFile for File {
    #[cfg(unix)]
    fn read_at(&mut self, place: u64, buffer: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(self, buffer, place)
    }
}

/// A file of this machine, written through a buffer. While more of a large one is made, another thread brings to the disk what is
/// there, so that there is little to wait for in the end.
struct OsFile {
    file: BufWriter<File>,
    /// How much was written since that was last begun.
    since: usize,
    syncing: Option<JoinHandle<io::Result<()>>>,
}

impl OsFile {
    /// So much is worth a thread.
    const MUCH: usize = 32 << 20;

    fn new(file: File) -> OsFile {
        OsFile { file: BufWriter::with_capacity(1 << 16, file), since: 0, syncing: None }
    }

    /// Begins to bring to the disk what was written, if that is much and the thread for it is free.
    fn sync_ahead(&mut self) -> io::Result<()> {
        if self.since < OsFile::MUCH || self.syncing.as_ref().is_some_and(|syncing| !syncing.is_finished()) {
            return Ok(());
        }
        self.synced()?;
        let file = self.file.get_ref().try_clone()?;
        self.syncing = thread::Builder::new().spawn(move || or_no_disk(file.sync_data())).ok();
        self.since = 0;
        Ok(())
    }

    /// Waits for the other thread. The system tells once alone what it could not write.
    fn synced(&mut self) -> io::Result<()> {
        match self.syncing.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(synced) => synced.unwrap_or_else(|_| Err(io::Error::other("bringing it to the disk came to a stop"))),
        }
    }
}

impl Write for OsFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.since += written;
        self.sync_ahead()?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl WriteFile for OsFile {
    fn sync(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.synced()?;
        or_no_disk(self.file.get_ref().sync_all())
    }
}

/// The system lets go of the lock when the file is closed, also when the process is killed.
struct OsLock(#[expect(dead_code, reason = "held for its lock alone")] File);
impl Held for OsLock {}

fn create(path: &Path, only_owner: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    if !only_owner {
        return options.open(path);
    }
    // A device or a pipe is written to; in its place a file would be put.
    if fs::metadata(path).is_ok_and(|known| !known.is_file()) {
        return options.open(path);
    }
    // The mode counts for new files alone: an older, readable file goes away first, with its content.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => private(&mut options).open(path),
    }
}

/// With these options a new file is readable by its owner alone.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// What came of bringing something to the disk. A device or a pipe has none behind it, and that is no error.
fn or_no_disk(synced: io::Result<()>) -> io::Result<()> {
    match synced {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        synced => synced,
    }
}

/// Waits until what was written to a file, or into a folder, is on the disk.
fn sync(path: &Path) -> io::Result<()> {
    if cfg!(unix) || path.is_file() { File::open(path)?.sync_all() } else { Ok(()) }
}

fn sync_folder(path: Option<&Path>) -> io::Result<()> {
    match path {
        Some(path) if path.as_os_str().is_empty() => sync(Path::new(".")),
        Some(path) => sync(path),
        None => Ok(()),
    }
}

/// True if the error says that nothing lies at a path, also where a file stands in the place of one of its folders.
fn nothing_there(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
