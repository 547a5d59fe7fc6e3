//! A world for tests: a folder of its own, a clock that stands still, and faults where a test wants them.
//!
//! Everything that changes something outside is an [`Effect`] and counted, so that a test can be run once for every
//! effect with the process dying right there ([`TestWorld::kill_at`]), and go on in [`TestWorld::reborn`].

#![expect(clippy::disallowed_methods, reason = "this world keeps its files in a folder of this machine")]

use super::{Ended, FileStat, Held, OsWorld, ReadFile, Sleep, World, WriteFile};
use jiff::Timestamp;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// Something that changes what is outside of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// A file is created or emptied.
    Create,
    /// Bytes reach a file (in pieces of 8 KiB, and what is left when it is flushed or synced).
    Write,
    /// A file is made durable.
    Sync,
    /// Something is renamed.
    Rename,
    /// A file or folder that was there is removed.
    Remove,
    /// A folder that was not there is created.
    Folder,
    /// A transaction of a SQLite database is committed.
    Commit,
    /// A connection is opened. Clients of this world open one for each request.
    Connect,
}

/// The world of a test. Relative paths lie in its folder; real ones are left alone.
pub struct TestWorld {
    folder: Arc<Folder>,
    state: Arc<Mutex<State>>,
}

/// A folder that goes away with its last world.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own tidying.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct State {
    began: Timestamp,
    now: Timestamp,
    environment: BTreeMap<String, String>,
    random: u64,
    modified: BTreeMap<PathBuf, Timestamp>,
    counts: BTreeMap<Effect, u64>,
    kill_at: Option<u64>,
    killed: bool,
    faults: Vec<Fault>,
}

/// An effect that goes wrong.
struct Fault {
    effect: Effect,
    from: u64,
    to: u64,
    error: ErrorKind,
}

impl State {
    fn new(now: Timestamp) -> State {
        State {
            began: now,
            now,
            environment: BTreeMap::new(),
            random: 0x4b6f_7070_6c61,
            modified: BTreeMap::new(),
            counts: BTreeMap::new(),
            kill_at: None,
            killed: false,
            faults: Vec::new(),
        }
    }

    fn alive(&self) -> io::Result<()> {
        if self.killed { Err(io::Error::other("the process was killed here")) } else { Ok(()) }
    }

    /// Counts an effect; an error if it goes wrong.
    fn effect(&mut self, effect: Effect) -> io::Result<()> {
        self.alive()?;
        let count = self.counts.entry(effect).or_default();
        *count += 1;
        let nth = *count;
        self.killed = self.kill_at == Some(self.counts.values().sum());
        self.alive()?;
        match self.faults.iter().find(|fault| fault.effect == effect && (fault.from..=fault.to).contains(&nth)) {
            Some(fault) => Err(fault.error.into()),
            None => Ok(()),
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for TestWorld {
    fn default() -> TestWorld {
        TestWorld::new()
    }
}

impl TestWorld {
    /// A world with an empty folder, on Monday 2 March 2026 at six in the morning, UTC.
    pub fn new() -> TestWorld {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("koppla-test-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder for the test can be created");
        let now = Timestamp::from_second(1_772_431_200).expect("a moment of 2026");
        TestWorld { folder: Arc::new(Folder(folder)), state: Arc::new(Mutex::new(State::new(now))) }
    }

    /// The next process over the same folder: same environment, a clock that goes on, nothing counted, no faults.
    #[must_use]
    pub fn reborn(&self) -> TestWorld {
        let old = lock(&self.state);
        let state = State {
            environment: old.environment.clone(),
            random: old.random,
            modified: old.modified.clone(),
            began: old.began,
            ..State::new(old.now)
        };
        TestWorld { folder: Arc::clone(&self.folder), state: Arc::new(Mutex::new(state)) }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// A path in the folder; absolute paths stay what they are.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.0.join(path)
    }

    /// Sets the clock.
    pub fn set_now(&self, now: Timestamp) {
        lock(&self.state).now = now;
    }

    /// Sets a variable of the environment.
    pub fn set(&self, name: &str, value: &str) {
        lock(&self.state).environment.insert(name.to_string(), value.to_string());
    }

    /// Puts a file there, with its folders. Not an effect of the program under test.
    pub fn put(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("a folder of a test file can be created");
        }
        std::fs::write(&path, content).expect("a test file can be written");
        self.touch(path, self.now());
    }

    /// The text of a file; `None` if it is not there.
    pub fn text(&self, path: impl AsRef<Path>) -> Option<String> {
        std::fs::read(self.path(path)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Says when a file was last changed. Files that nobody said anything of are as old as the world.
    pub fn touch(&self, path: impl AsRef<Path>, when: Timestamp) {
        lock(&self.state).modified.insert(self.path(path), when);
    }

    /// Every file of the folder with its content, sorted by path: to see that nothing was touched.
    pub fn tree(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.folder.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if let (Ok(name), Ok(content)) = (path.strip_prefix(&self.folder.0), std::fs::read(&path)) {
                    files.insert(name.to_string_lossy().replace('\\', "/"), content);
                }
            }
        }
        files
    }

    /// Kills the process at the nth effect, counted from 1 over all kinds: that effect does not happen (of a write, half
    /// does), and from there nothing works.
    pub fn kill_at(&self, nth: u64) {
        lock(&self.state).kill_at = Some(nth);
    }

    /// Whether the process was killed.
    pub fn killed(&self) -> bool {
        lock(&self.state).killed
    }

    /// Lets the nth effect of a kind, counted from 1, go wrong once.
    pub fn fail(&self, effect: Effect, nth: u64, error: ErrorKind) {
        lock(&self.state).faults.push(Fault { effect, from: nth, to: nth, error });
    }

    /// Lets the nth effect of a kind go wrong and all after it.
    pub fn fail_from(&self, effect: Effect, nth: u64, error: ErrorKind) {
        lock(&self.state).faults.push(Fault { effect, from: nth, to: u64::MAX, error });
    }

    /// The disk is full from the nth write on.
    pub fn fill_disk_at(&self, nth: u64) {
        self.fail_from(Effect::Write, nth, ErrorKind::StorageFull);
    }

    /// How many effects there were, over all kinds.
    pub fn effects(&self) -> u64 {
        lock(&self.state).counts.values().sum()
    }

    /// How many effects of a kind there were.
    pub fn effects_of(&self, effect: Effect) -> u64 {
        lock(&self.state).counts.get(&effect).copied().unwrap_or(0)
    }

    fn alive(&self) -> io::Result<()> {
        lock(&self.state).alive()
    }

    fn effect(&self, effect: Effect) -> io::Result<()> {
        lock(&self.state).effect(effect)
    }

    /// Removes `path` if something is there.
    fn remove_with(&self, path: &Path, remove: impl Fn(&OsWorld, &Path) -> io::Result<()>) -> io::Result<()> {
        self.alive()?;
        let path = self.path(path);
        if path.symlink_metadata().is_err() {
            return Ok(());
        }
        self.effect(Effect::Remove)?;
        remove(&OsWorld, &path)
    }
}

impl World for TestWorld {
    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadFile>> {
        self.alive()?;
        OsWorld.open(&self.path(path))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.alive()?;
        OsWorld.read(&self.path(path))
    }

    fn create(&self, path: &Path, private: bool) -> io::Result<Box<dyn WriteFile>> {
        self.effect(Effect::Create)?;
        let inner = OsWorld.create(&self.path(path), private)?;
        self.touch(path, self.now());
        Ok(Box::new(TestFile(BufWriter::new(FaultyFile { inner, state: Arc::clone(&self.state), torn: false }))))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.effect(Effect::Rename)?;
        let (from, to) = (self.path(from), self.path(to));
        OsWorld.rename(&from, &to)?;
        let mut state = lock(&self.state);
        match state.modified.remove(&from) {
            Some(when) => state.modified.insert(to, when),
            None => state.modified.remove(&to),
        };
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.remove_with(path, OsWorld::remove)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.remove_with(path, OsWorld::remove_folder)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.alive()?;
        let path = self.path(path);
        if path.is_dir() {
            return Ok(());
        }
        self.effect(Effect::Folder)?;
        OsWorld.create_folder(&path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        self.alive()?;
        let found = OsWorld.list(&self.path(path))?;
        Ok(found.iter().filter_map(|found| found.file_name()).map(|name| path.join(name)).collect())
    }

    fn stat(&self, path: &Path) -> io::Result<Option<FileStat>> {
        self.alive()?;
        let path = self.path(path);
        let state = lock(&self.state);
        let modified = state.modified.get(&path).copied().unwrap_or(state.began);
        Ok(OsWorld.stat(&path)?.map(|known| FileStat { modified, ..known }))
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Held>>> {
        self.alive()?;
        OsWorld.lock(&self.path(path))
    }

    fn sqlite(&self, path: &Path) -> rusqlite::Result<Connection> {
        if self.alive().is_err() {
            let cause = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN);
            return Err(rusqlite::Error::SqliteFailure(cause, None));
        }
        let connection = OsWorld.sqlite(&self.path(path))?;
        let state = Arc::clone(&self.state);
        // A hook that says `true` turns the commit into a rollback: what a killed process leaves behind.
        connection.commit_hook(Some(move || lock(&state).effect(Effect::Commit).is_err()))?;
        Ok(connection)
    }

    fn now(&self) -> Timestamp {
        lock(&self.state).now
    }

    fn program(&self, name: &str, args: &[&str], folder: &Path, input: &[u8]) -> io::Result<Ended> {
        lock(&self.state).alive()?;
        OsWorld.program(name, args, &self.path(folder), input)
    }

    fn environment(&self, name: &str) -> Option<String> {
        lock(&self.state).environment.get(name).cloned()
    }

    fn random(&self, bytes: &mut [u8]) {
        let mut state = lock(&self.state);
        for piece in bytes.chunks_mut(8) {
            // SplitMix64: well spread, and the same in every run of a test.
            state.random = state.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = state.random;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            piece.copy_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes()[..piece.len()]);
        }
    }

    fn http(&self) -> reqwest::ClientBuilder {
        // No proxy and no trusted authority: a test that would reach the outside fails.
        OsWorld
            .http()
            .no_proxy()
            .tls_certs_only([])
            .pool_max_idle_per_host(0)
            .connector_layer(Gate { state: Arc::clone(&self.state), inner: () })
    }

    fn sleep(&self, time: Duration) -> Sleep {
        let state = Arc::clone(&self.state);
        Box::pin(async move { lock(&state).now += time })
    }
}

/// A file whose pieces go through faults.
struct TestFile(BufWriter<FaultyFile>);

struct FaultyFile {
    inner: Box<dyn WriteFile>,
    state: Arc<Mutex<State>>,
    torn: bool,
}

impl Write for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let alive = lock(&self.state).alive().is_ok();
        let outcome = lock(&self.state).effect(Effect::Write);
        let reaches = match outcome {
            Ok(()) => bytes.len(),
            Err(_) if alive && !self.torn => bytes.len() / 2,
            Err(_) => 0,
        };
        self.torn |= outcome.is_err();
        self.inner.write_all(&bytes[..reaches])?;
        self.inner.flush()?;
        outcome.map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        lock(&self.state).alive()
    }
}

impl Write for TestFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl WriteFile for TestFile {
    fn sync(&mut self) -> io::Result<()> {
        self.0.flush()?;
        let file = self.0.get_mut();
        lock(&file.state).effect(Effect::Sync)?;
        file.inner.sync()
    }
}

/// Stands before every connection that a client of this world opens.
#[derive(Clone)]
struct Gate<S> {
    state: Arc<Mutex<State>>,
    inner: S,
}

impl<S> tower_layer::Layer<S> for Gate<()> {
    type Service = Gate<S>;

    fn layer(&self, inner: S) -> Gate<S> {
        Gate { state: Arc::clone(&self.state), inner }
    }
}

impl<S, R> tower_service::Service<R> for Gate<S>
where
    S: tower_service::Service<R, Error = Box<dyn std::error::Error + Send + Sync>>,
    S::Future: Send + 'static,
    S::Response: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let opened = lock(&self.state).effect(Effect::Connect);
        match opened {
            Ok(()) => Box::pin(self.inner.call(request)),
            Err(error) => Box::pin(std::future::ready(Err(error.into()))),
        }
    }
}
