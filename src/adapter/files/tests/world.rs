//! A world in memory whose every effect can be the last one.

use crate::world::{FileStat, Held, ReadFile, Sleep, World, WriteFile};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

#[derive(Clone, Default)]
struct Content {
    bytes: Vec<u8>,
    /// So many bytes are on the disk.
    synced: usize,
    modified: i64,
}

#[derive(Default)]
struct State {
    files: BTreeMap<PathBuf, Content>,
    folders: BTreeSet<PathBuf>,
    locks: BTreeSet<PathBuf>,
    now: i64,
    effects: usize,
    /// The effect that does not happen any more.
    kill_at: Option<usize>,
    /// What is not synced is lost when the world is killed.
    power_loss: bool,
    dead: bool,
    space: Option<usize>,
    read_only: bool,
}

#[derive(Clone, Default)]
pub struct FakeWorld(Arc<Mutex<State>>);

struct FakeFile {
    world: FakeWorld,
    path: PathBuf,
}

struct FakeLock(FakeWorld, PathBuf);
impl Held for FakeLock {}
impl Drop for FakeLock {
    fn drop(&mut self) {
        self.0.state().locks.remove(&self.1);
    }
}

impl FakeWorld {
    /// A world with files in it; folders are made.
    pub fn with(files: &[(&str, &[u8])]) -> FakeWorld {
        let world = FakeWorld::default();
        world.state().now = 1_000_000;
        for (path, bytes) in files {
            world.put(path, bytes);
        }
        world
    }

    pub fn put(&self, path: &str, bytes: &[u8]) {
        let mut state = self.state();
        let path = PathBuf::from(path);
        state.folders.extend(path.ancestors().skip(1).map(Path::to_path_buf));
        let content = Content { bytes: bytes.to_vec(), synced: bytes.len(), modified: state.now };
        state.files.insert(path, content);
    }

    pub fn age(&self, path: &str, seconds: i64) {
        let mut state = self.state();
        let now = state.now;
        if let Some(file) = state.files.get_mut(Path::new(path)) {
            file.modified = now - seconds;
        }
    }

    pub fn kill_at(&self, effect: usize, power_loss: bool) {
        let mut state = self.state();
        (state.kill_at, state.effects, state.power_loss) = (Some(effect), 0, power_loss);
    }

    /// The machine is started again. Says whether it was killed.
    pub fn revive(&self) -> bool {
        let mut state = self.state();
        state.kill_at = None;
        state.locks.clear();
        std::mem::take(&mut state.dead)
    }

    pub fn space(&self, bytes: Option<usize>) {
        self.state().space = bytes;
    }

    pub fn read_only(&self, read_only: bool) {
        self.state().read_only = read_only;
    }

    /// Every file with its content.
    pub fn all(&self) -> BTreeMap<String, String> {
        let text = |(path, content): (&PathBuf, &Content)| {
            (path.to_string_lossy().into_owned(), String::from_utf8_lossy(&content.bytes).into_owned())
        };
        self.state().files.iter().map(text).collect()
    }

    pub fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        self.state().files.get(Path::new(path)).map(|content| content.bytes.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics while it holds the world")
    }

    /// Counts an effect; with an error if the world is killed by now.
    fn effect(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        if state.dead {
            return Err(io::Error::other("killed"));
        }
        state.effects += 1;
        if state.kill_at == Some(state.effects) {
            state.dead = true;
            if state.power_loss {
                for file in state.files.values_mut() {
                    file.bytes.truncate(file.synced);
                }
            }
            return Err(io::Error::other("killed"));
        }
        if state.read_only { Err(io::ErrorKind::PermissionDenied.into()) } else { Ok(state) }
    }
}

impl Write for FakeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let killed = match self.world.effect() {
            Ok(_) => None,
            Err(error) if self.world.state().power_loss => return Err(error),
            Err(error) => Some(error),
        };
        let mut state = self.world.state();
        // A write that is interrupted leaves its first half.
        let part = if killed.is_some() { bytes.len() / 2 } else { bytes.len() };
        let used: usize = state.files.values().map(|file| file.bytes.len()).sum();
        if state.space.is_some_and(|space| used + part > space) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let Some(file) = state.files.get_mut(&self.path) else { return Err(io::ErrorKind::NotFound.into()) };
        file.bytes.extend_from_slice(&bytes[..part]);
        killed.map_or(Ok(part), Err)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteFile for FakeFile {
    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.world.effect()?;
        let Some(file) = state.files.get_mut(&self.path) else { return Err(io::ErrorKind::NotFound.into()) };
        file.synced = file.bytes.len();
        Ok(())
    }
}

impl World for FakeWorld {
    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadFile>> {
        Ok(Box::new(Cursor::new(self.read(path)?)))
    }
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.state().files.get(path).map(|file| file.bytes.clone()).ok_or(io::ErrorKind::NotFound.into())
    }
    fn create(&self, path: &Path, _: bool) -> io::Result<Box<dyn WriteFile>> {
        let mut state = self.effect()?;
        if !path.parent().is_some_and(|folder| state.folders.contains(folder)) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let content = Content { modified: state.now, ..Content::default() };
        state.files.insert(path.to_path_buf(), content);
        Ok(Box::new(FakeFile { world: self.clone(), path: path.to_path_buf() }))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.effect()?;
        let Some(mut content) = state.files.remove(from) else { return Err(io::ErrorKind::NotFound.into()) };
        content.synced = content.bytes.len();
        state.files.insert(to.to_path_buf(), content);
        Ok(())
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.effect()?.files.remove(path);
        Ok(())
    }
    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        let inside: Vec<PathBuf> = self.state().files.keys().filter(|file| file.starts_with(path)).cloned().collect();
        for file in inside {
            self.effect()?.files.remove(&file);
        }
        self.effect()?.folders.remove(path);
        Ok(())
    }
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        if !self.state().folders.contains(path) {
            self.effect()?.folders.extend(path.ancestors().map(Path::to_path_buf));
        }
        Ok(())
    }
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let state = self.state();
        if !state.folders.contains(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let all = state.files.keys().chain(&state.folders);
        let names: BTreeSet<PathBuf> = all.filter(|known| known.parent() == Some(path)).cloned().collect();
        Ok(names.into_iter().collect())
    }
    fn stat(&self, path: &Path) -> io::Result<Option<FileStat>> {
        let state = self.state();
        if state.dead {
            return Err(io::Error::other("killed"));
        }
        let modified = |seconds| Timestamp::from_second(seconds).expect("a time");
        Ok(match state.files.get(path) {
            Some(file) => Some(FileStat {
                len: file.bytes.len() as u64,
                modified: modified(file.modified),
                folder: false,
                file: true,
            }),
            None => state.folders.contains(path).then(|| FileStat {
                len: 0,
                modified: modified(0),
                folder: true,
                file: false,
            }),
        })
    }
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Held>>> {
        let mut state = self.effect()?;
        state.files.entry(path.to_path_buf()).or_default();
        let free = state.locks.insert(path.to_path_buf());
        drop(state);
        Ok(free.then(|| -> Box<dyn Held> { Box::new(FakeLock(self.clone(), path.to_path_buf())) }))
    }
    fn program(&self, _: &str, _: &[&str], _: &Path, _: &[u8]) -> io::Result<crate::world::Ended> {
        Err(io::ErrorKind::Unsupported.into())
    }
    fn sqlite(&self, _: &Path) -> rusqlite::Result<rusqlite::Connection> {
        Err(rusqlite::Error::InvalidQuery)
    }
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.state().now).expect("a time")
    }
    fn environment(&self, _: &str) -> Option<String> {
        None
    }
    fn random(&self, _: &mut [u8]) {}
    fn http(&self) -> reqwest::ClientBuilder {
        crate::world::OsWorld.http()
    }
    fn sleep(&self, time: std::time::Duration) -> Sleep {
        self.state().now += time.as_secs() as i64;
        Box::pin(async {})
    }
}
