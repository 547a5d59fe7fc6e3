//! Delivering a set of files so that the other side sees all old files or all new ones, after a kill too.
//!
//! 1. New files are written and synced in `.koppla-<set>/`, and the files that they will replace are copied beside them.
//! 2. The marker `.koppla-set.json` is renamed into place. Until then nothing visible has changed, and what lies about is
//!    removed by the next command. From then on the set is either finished or taken back.
//! 3. Each new file is renamed over its old one.
//! 4. [`Session::settle`](crate::adapter::Session::settle) removes the marker, then the folder.
//!
//! A set that is being taken back says so by a file in its folder before the first old file is put back; from then on it
//! cannot be finished any more.

use super::locate::{Folder, trouble};
use super::writer::{self, List, Refusal, SHARED, Written, hex};
use super::{FileSession, bundle, locate};
use crate::adapter::{Arrived, Fault, Part, Receipt, Unfinished};
use crate::protocol::files::manifest::Manifest;
use crate::protocol::files::together::clash;
use crate::protocol::files::{Csv, Format, Layout};
use crate::protocol::template::{Scope, Template};
use crate::world::{World, WriteFile};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The marker of a set that is delivered and not settled.
const MARKER: &str = ".koppla-set.json";
/// Held while a set is delivered.
const LOCK: &str = ".koppla.lock";
/// What the folders of sets start with.
const PREFIX: &str = ".koppla-";
/// In the folder of a set: it is being taken back.
const BACK: &str = "back";
/// In the folder of a set: it was taken back.
const TAKEN_BACK: &str = "taken-back";

/// What the marker says.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Marker {
    set: String,
    files: Vec<Marked>,
}

/// A file of a set.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Marked {
    name: String,
    rows: u64,
    bytes: u64,
    sha256: String,
    /// True if it replaces a file.
    replaces: bool,
}

impl Marked {
    fn new(name: String, written: Written, replaces: bool) -> Marked {
        Marked { name, rows: written.rows, bytes: written.bytes, sha256: written.digest, replaces }
    }
}

/// A file that is written into memory first, since it goes into a zip file.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    fn take(&self) -> Vec<u8> {
        self.0.lock().map(|mut bytes| std::mem::take(&mut *bytes)).unwrap_or_default()
    }
}

impl io::Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = self.0.lock().map_err(|_| io::Error::other("the memory of a file is lost"))?;
        all.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteFile for Memory {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A set in a folder.
struct Delivery<'a> {
    world: &'a dyn World,
    folder: &'a Folder,
    /// The folder of the set.
    temp: PathBuf,
}

impl FileSession<'_> {
    pub(super) fn deliver_set(&mut self, set: &str, parts: &mut [Part<'_>]) -> Result<Receipt, Fault> {
        let folder = self.folder.clone();
        self.world.create_folder(&folder.path).map_err(|error| stop(trouble(&folder.name, "made", &error)))?;
        self.take_lock()?;
        let delivered = self.deliver_locked(set, parts, &folder);
        if delivered.is_err() && read_marker(self.world, &folder).is_ok_and(|marker| marker.is_none()) {
            self.let_go();
        }
        delivered
    }

    fn deliver_locked(&self, set: &str, parts: &mut [Part<'_>], folder: &Folder) -> Result<Receipt, Fault> {
        if let Some(marker) = read_marker(self.world, folder)? {
            let known = marker.set;
            return Err(Fault::stop(format!("{}: the delivery `{known}` is not settled yet", folder.name)));
        }
        clean(self.world, folder).map_err(|error| stop(trouble(&folder.name, "cleaned", &error)))?;
        let delivery = Delivery::of(self.world, folder, set);
        let marker = match self.prepare(&delivery, set, parts) {
            Ok(marker) => marker,
            Err(fault) => {
                // What cannot be removed now is removed by the next command.
                let _ = self.world.remove_folder(&delivery.temp);
                return Err(Fault { say: format!("{}; nothing was delivered", fault.say), ..stop(fault) });
            }
        };
        match delivery.place(&marker) {
            Ok(()) => {
                let receipt = |file: &Marked| (folder.shown(&file.name), file.rows, file.bytes);
                Ok(Receipt { files: marker.files.iter().map(receipt).collect() })
            }
            Err(fault) => Err(delivery.give_up(&marker, fault)),
        }
    }

    /// Writes everything but the visible files: new ones, copies of old ones, the marker.
    fn prepare(&self, delivery: &Delivery<'_>, set: &str, parts: &mut [Part<'_>]) -> Result<Marker, Fault> {
        let folder = delivery.folder;
        let made = self.world.create_folder(&delivery.temp);
        made.map_err(|error| trouble(&folder.name, "written to", &error))?;
        let files = match &self.connection.zip {
            None => self.write_files(delivery, parts)?,
            Some(zip) => vec![self.write_zip(delivery, &self.render(zip, &[])?, parts)?],
        };
        let marker = Marker { set: set.to_string(), files };
        delivery.mark(&marker).map_err(|error| trouble(&folder.shown(MARKER), "written", &error))?;
        Ok(marker)
    }

    /// Writes every file of a set by itself.
    fn write_files(&self, delivery: &Delivery<'_>, parts: &mut [Part<'_>]) -> Result<Vec<Marked>, Fault> {
        let folder = delivery.folder;
        let mut files: Vec<Marked> = Vec::new();
        for (name, mut lists) in self.lists_by_file(folder, parts)? {
            let head = self.head_of(&lists)?;
            let written = delivery.write(files.len(), |file| writer::write(&mut lists, head.as_ref(), file));
            let written = written.map_err(|refusal| refused(&folder.shown(&name), refusal))?;
            files.push(delivery.marked(files.len(), name, written)?);
        }
        if let Some(manifest) = &self.connection.manifest {
            let (name, lines) = self.manifest(manifest, &files)?;
            if let Some(why) = unfit(&name, &files) {
                return Err(Fault::stop(format!("{}: {why}", folder.shown(&name))));
            }
            let dialect = self.manifest_dialect();
            let written = delivery.write(files.len(), |file| writer::write_lines(&dialect, &lines, file));
            let written = written.map_err(|refusal| refused(&folder.shown(&name), refusal))?;
            files.push(delivery.marked(files.len(), name, written)?);
        }
        Ok(files)
    }

    /// Writes all files of a set into one zip file.
    fn write_zip(&self, delivery: &Delivery<'_>, zip: &str, parts: &mut [Part<'_>]) -> Result<Marked, Fault> {
        let folder = Folder { path: delivery.folder.path.clone(), name: delivery.folder.shown(zip) };
        if let Some(why) = unfit(zip, &[]) {
            return Err(Fault::stop(format!("{}: {why}", folder.name)));
        }
        let mut packed: Vec<(String, Vec<u8>)> = Vec::new();
        let mut files: Vec<Marked> = Vec::new();
        for (name, mut lists) in self.lists_by_file(&folder, parts)? {
            let head = self.head_of(&lists)?;
            let memory = Memory::default();
            let written = writer::write(&mut lists, head.as_ref(), Box::new(memory.clone()));
            let written = written.map_err(|refusal| refused(&folder.shown(&name), refusal))?;
            packed.push((name.clone(), memory.take()));
            files.push(Marked::new(name, written, false));
        }
        if let Some(manifest) = &self.connection.manifest {
            let (name, lines) = self.manifest(manifest, &files)?;
            let memory = Memory::default();
            let written = writer::write_lines(&self.manifest_dialect(), &lines, Box::new(memory.clone()));
            written.map_err(|refusal| refused(&folder.shown(&name), refusal))?;
            packed.push((name, memory.take()));
        }
        let rows = files.iter().map(|file| file.rows).sum();
        let bytes = bundle::pack(&packed).map_err(|error| trouble(&folder.name, "packed", &error))?;
        let written = delivery.write(0, |mut file| {
            file.write_all(&bytes)?;
            file.flush()?;
            file.sync()?;
            Ok(Written { rows, bytes: bytes.len() as u64, digest: hex(&Sha256::digest(&bytes)) })
        });
        let written = written.map_err(|refusal| refused(&folder.name, refusal))?;
        delivery.marked(0, zip.to_string(), written)
    }

    /// The lists of a set by the file that they lie in, in their order.
    fn lists_by_file<'l>(
        &'l self,
        folder: &Folder,
        parts: &'l mut [Part<'_>],
    ) -> Result<Vec<(String, Vec<List<'l>>)>, Fault> {
        let mut files: Vec<(String, Vec<List<'l>>)> = Vec::new();
        for part in parts.iter_mut() {
            let call = self.call(part.call, true)?;
            let name = self.render(&call.file, &call.names)?;
            let list = List { call, rows: &mut *part.rows };
            let refuse = |why: &str| Err(Fault::stop(format!("{}: {why}", folder.shown(&name))));
            if let Some(why) = unfit(&name, &[]) {
                return refuse(why);
            }
            let Some((_, lists)) = files.iter_mut().find(|(known, _)| *known == name) else {
                files.push((name, vec![list]));
                continue;
            };
            if let Some(why) = lists.iter().find_map(|other| clash(&other.call.layout, &call.layout)) {
                return refuse(&format!("{SHARED}: {why}"));
            }
            lists.push(list);
        }
        Ok(files)
    }

    /// What stands before all records of an XML document.
    fn head_of(&self, lists: &[List<'_>]) -> Result<Option<Map<String, Value>>, Fault> {
        let Some(Layout::Xml { dialect, .. }) = lists.first().map(|list| &list.call.layout) else { return Ok(None) };
        let Some(head) = &dialect.head else { return Ok(None) };
        let scope = Scope::new().with("settings", &self.settings).with("as_of", &self.as_of);
        match head.render(&scope).map_err(|why| Fault::stop(format!("`head`: {why}")))? {
            Some(Value::Object(head)) => Ok(Some(head)),
            _ => Ok(None),
        }
    }

    /// The name and the lines of a manifest over these files.
    fn manifest(&self, manifest: &Manifest, files: &[Marked]) -> Result<(String, Vec<Vec<String>>), Fault> {
        let mut lines: Vec<Vec<String>> =
            if manifest.header.is_empty() { vec![] } else { vec![manifest.header.clone()] };
        for row in &manifest.rows {
            let file = row.about.as_ref().and_then(|name| files.iter().find(|file| file.name == *name));
            let cells = if row.about.is_none() || file.is_some() { &row.sent } else { &row.absent };
            if cells.is_empty() {
                continue;
            }
            let rows = Value::String(file.map_or(0, |file| file.rows).to_string());
            let scope = Scope::new().with("settings", &self.settings).with("as_of", &self.as_of).with("rows", &rows);
            let text = |cell: &Template| {
                cell.render_text(&scope).map_err(|why| Fault::stop(format!("`{}`: {why}", cell.source())))
            };
            lines.push(cells.iter().map(text).collect::<Result<_, _>>()?);
        }
        Ok((self.render(&manifest.file, &[])?, lines))
    }

    /// How a manifest is written: as the files are, where those are CSV.
    pub(super) fn manifest_dialect(&self) -> Csv {
        match &self.connection.format {
            Format::Csv(csv) => csv.clone(),
            _ => Csv::default(),
        }
    }

    pub(super) fn unfinished_set(&mut self) -> Result<Option<Unfinished>, Fault> {
        let folder = self.folder.clone();
        let Some(marker) = read_marker(self.world, &folder)? else {
            let left = leftovers(self.world, &folder).unwrap_or_default();
            // Another run that delivers right now holds the lock: then nothing is left over.
            if !left.is_empty() && self.take_lock().is_ok() {
                clean(self.world, &folder).map_err(|error| trouble(&folder.name, "cleaned", &error))?;
                self.let_go();
            }
            return Ok(None);
        };
        self.take_lock()?;
        let whole = Delivery::of(self.world, &folder, &marker.set).is_whole(&marker)?;
        Ok(Some(Unfinished { set: marker.set, whole }))
    }

    pub(super) fn resolve_set(&mut self, set: &str, finish: bool) -> Result<(), Fault> {
        let folder = self.folder.clone();
        self.take_lock()?;
        let Some(marker) = read_marker(self.world, &folder)? else {
            return Err(Fault::stop(format!("{}: no delivery is unfinished", folder.name)));
        };
        same_set(&folder, &marker, set)?;
        let delivery = Delivery::of(self.world, &folder, set);
        if !finish {
            return delivery.take_back(&marker).map_err(stop);
        }
        if !delivery.is_whole(&marker)? {
            return Err(Fault::stop(format!(
                "{}: the delivery `{set}` cannot be finished, only taken back",
                folder.name
            )));
        }
        delivery.verify(&marker)?;
        delivery.place(&marker).map_err(stop)
    }

    pub(super) fn settle_set(&mut self, set: &str) -> Result<(), Fault> {
        let folder = self.folder.clone();
        let delivery = Delivery::of(self.world, &folder, set);
        if let Some(marker) = read_marker(self.world, &folder)? {
            same_set(&folder, &marker, set)?;
            if delivery.is_half(&marker)? {
                return Err(Fault::stop(format!(
                    "{}: the delivery `{set}` is neither finished nor taken back",
                    folder.name
                )));
            }
            let removed = self.world.remove(&folder.path.join(MARKER));
            removed.map_err(|error| stop(trouble(&folder.shown(MARKER), "removed", &error)))?;
        }
        let removed = self.world.remove_folder(&delivery.temp);
        removed.map_err(|error| stop(trouble(&folder.name, "cleaned", &error)))?;
        self.let_go();
        Ok(())
    }

    fn take_lock(&mut self) -> Result<(), Fault> {
        if self.lock.is_none() {
            let path = self.folder.path.join(LOCK);
            let lock = self.world.lock(&path);
            self.lock = lock.map_err(|error| stop(trouble(&self.folder.name, "written to", &error)))?;
        }
        match self.lock {
            Some(_) => Ok(()),
            None => Err(Fault::stop(format!("{}: another run delivers into this folder right now", self.folder.name))),
        }
    }

    fn let_go(&mut self) {
        // A lock file that stays holds nobody up: what counts is the lock on it.
        let _ = self.world.remove(&self.folder.path.join(LOCK));
        self.lock = None;
    }
}

impl<'a> Delivery<'a> {
    fn of(world: &'a dyn World, folder: &'a Folder, set: &str) -> Delivery<'a> {
        let name: String = set.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        Delivery { world, folder, temp: folder.path.join(format!("{PREFIX}{name}")) }
    }

    /// A file that was written, and whether it will replace one.
    fn marked(&self, index: usize, name: String, written: Written) -> Result<Marked, Fault> {
        let replaces = self.keep(index, &name)?;
        Ok(Marked::new(name, written, replaces))
    }

    fn fresh(&self, index: usize) -> PathBuf {
        self.temp.join(format!("new-{index}"))
    }

    fn old(&self, index: usize) -> PathBuf {
        self.temp.join(format!("old-{index}"))
    }

    fn target(&self, file: &Marked) -> PathBuf {
        self.folder.path.join(&file.name)
    }

    fn exists(&self, path: &Path) -> Result<bool, Fault> {
        let stat = self.world.stat(path);
        stat.map(|stat| stat.is_some()).map_err(|error| stop(trouble(&self.folder.name, "looked at", &error)))
    }

    fn write<T>(
        &self,
        index: usize,
        write: impl FnOnce(Box<dyn WriteFile>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        write(self.world.create(&self.fresh(index), false)?)
    }

    /// Copies the file that a new one will replace; says whether there is one.
    fn keep(&self, index: usize, name: &str) -> Result<bool, Fault> {
        let path = self.folder.path.join(name);
        let copied = match self.world.stat(&path) {
            Ok(None) => return Ok(false),
            Ok(Some(stat)) if stat.folder => {
                return Err(Fault::stop(format!("{}: this is a folder", self.folder.shown(name))));
            }
            Ok(Some(_)) => self.copy(&path, &self.old(index)),
            Err(error) => Err(error),
        };
        copied.map(|()| true).map_err(|error| trouble(&self.folder.shown(name), "kept a copy of", &error))
    }

    fn copy(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut from = self.world.open(from)?;
        let mut to = self.world.create(to, false)?;
        io::copy(&mut from, &mut to)?;
        to.flush()?;
        to.sync()
    }

    /// Puts the marker into place.
    fn mark(&self, marker: &Marker) -> io::Result<()> {
        let (draft, ready) = (self.temp.join("marker.part"), self.temp.join("marker"));
        let text = serde_json::to_vec_pretty(marker)?;
        let mut file = self.world.create(&draft, false)?;
        file.write_all(&text)?;
        file.flush()?;
        file.sync()?;
        // A rename inside the folder makes the names of all files in it durable before the marker speaks of them.
        self.world.rename(&draft, &ready)?;
        self.world.rename(&ready, &self.folder.path.join(MARKER))
    }

    /// Renames every new file that is not in its place yet.
    fn place(&self, marker: &Marker) -> Result<(), Fault> {
        for (index, file) in marker.files.iter().enumerate() {
            let new = self.fresh(index);
            if !self.exists(&new)? {
                continue;
            }
            let target = self.target(file);
            let parent = target.parent().unwrap_or(&self.folder.path);
            let placed = self.world.create_folder(parent).and_then(|()| self.world.rename(&new, &target));
            placed.map_err(|error| trouble(&self.folder.shown(&file.name), "replaced", &error))?;
        }
        Ok(())
    }

    /// Takes back a set whose files could not all be put into place.
    fn give_up(&self, marker: &Marker, fault: Fault) -> Fault {
        let set = &marker.set;
        let settled = self.take_back(marker).is_ok()
            && self.world.remove(&self.folder.path.join(MARKER)).is_ok()
            && self.world.remove_folder(&self.temp).is_ok();
        if settled {
            return Fault { say: format!("{}; nothing was delivered", fault.say), ..stop(fault) };
        }
        let say = format!("{}; the delivery `{set}` is finished or taken back by the next command", fault.say);
        Fault { say, arrived: Arrived::Unknown, ..stop(fault) }
    }

    /// Puts every old file back into its place.
    fn take_back(&self, marker: &Marker) -> Result<(), Fault> {
        if self.exists(&self.temp.join(TAKEN_BACK))? {
            return Ok(());
        }
        let back = self.temp.join(BACK);
        let said = self.world.create(&back, false).and_then(|mut file| file.sync());
        said.map_err(|error| trouble(&self.folder.name, "written to", &error))?;
        for (index, file) in marker.files.iter().enumerate() {
            if !self.exists(&self.fresh(index))? {
                self.take_back_file(index, file)?;
            }
        }
        let done = self.world.rename(&back, &self.temp.join(TAKEN_BACK));
        done.map_err(|error| trouble(&self.folder.name, "written to", &error))
    }

    fn take_back_file(&self, index: usize, file: &Marked) -> Result<(), Fault> {
        let (old, target) = (self.old(index), self.target(file));
        let result = if self.exists(&old)? {
            self.world.rename(&old, &target)
        } else if !file.replaces && self.digest(&target).is_ok_and(|digest| digest == file.sha256) {
            self.world.remove(&target)
        } else {
            // Put back already, or the file is somebody else's by now.
            Ok(())
        };
        result.map_err(|error| trouble(&self.folder.shown(&file.name), "put back", &error))
    }

    /// True if every file is in its place or ready for it, and nothing was taken back.
    fn is_whole(&self, marker: &Marker) -> Result<bool, Fault> {
        if !self.exists(&self.temp)? {
            // Somebody removed the folder: then only the files themselves can tell.
            let placed = |file: &Marked| self.digest(&self.target(file)).is_ok_and(|digest| digest == file.sha256);
            return Ok(marker.files.iter().all(placed));
        }
        Ok(!self.exists(&self.temp.join(BACK))? && !self.exists(&self.temp.join(TAKEN_BACK))?)
    }

    /// True if some files of the folder may be new and others old.
    fn is_half(&self, marker: &Marker) -> Result<bool, Fault> {
        if self.exists(&self.temp.join(TAKEN_BACK))? {
            return Ok(false);
        }
        if self.exists(&self.temp.join(BACK))? {
            return Ok(true);
        }
        for index in 0..marker.files.len() {
            if self.exists(&self.fresh(index))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Checks that the new files which are not in their places yet are what was written.
    fn verify(&self, marker: &Marker) -> Result<(), Fault> {
        for (index, file) in marker.files.iter().enumerate() {
            let new = self.fresh(index);
            if self.exists(&new)? && !self.digest(&new).is_ok_and(|digest| digest == file.sha256) {
                let name = self.folder.shown(&file.name);
                return Err(Fault::stop(format!(
                    "{name}: its new content is damaged; take the delivery `{}` back",
                    marker.set
                )));
            }
        }
        Ok(())
    }

    fn digest(&self, path: &Path) -> io::Result<String> {
        let mut file = self.world.open(path)?;
        let mut digest = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(hex(&digest.finalize())),
                read => digest.update(&buffer[..read]),
            }
        }
    }
}

/// Refuses to read from a folder whose files may be partly old and partly new.
pub fn refuse_half_delivered(world: &dyn World, folder: &Folder) -> Result<(), Fault> {
    let Some(marker) = read_marker(world, folder)? else { return Ok(()) };
    if !Delivery::of(world, folder, &marker.set).is_half(&marker)? {
        return Ok(());
    }
    Err(locate::refuse(format!("{}: the delivery `{}` into this folder is not finished", folder.name, marker.set)))
}

/// The marker in a folder, if there is one.
fn read_marker(world: &dyn World, folder: &Folder) -> Result<Option<Marker>, Fault> {
    let path = folder.path.join(MARKER);
    let name = folder.shown(MARKER);
    match world.stat(&path) {
        Ok(None) => return Ok(None),
        Ok(Some(_)) => {}
        Err(error) => return Err(stop(trouble(&name, "looked at", &error))),
    }
    let bytes = world.read(&path).map_err(|error| stop(trouble(&name, "read", &error)))?;
    let marker = serde_json::from_slice(&bytes).map_err(|_| Fault::stop(format!("{name} was changed by somebody")))?;
    Ok(Some(marker))
}

fn same_set(folder: &Folder, marker: &Marker, set: &str) -> Result<(), Fault> {
    if marker.set == set {
        return Ok(());
    }
    Err(Fault::stop(format!("{}: the unfinished delivery is `{}`, not `{set}`", folder.name, marker.set)))
}

/// Folders of sets that a killed run left before their marker was written.
fn leftovers(world: &dyn World, folder: &Folder) -> io::Result<Vec<PathBuf>> {
    let ours = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
    let mut left = Vec::new();
    for path in world.list(&folder.path)?.into_iter().filter(ours) {
        let path = folder.path.join(path.file_name().unwrap_or_default());
        if world.stat(&path)?.is_some_and(|stat| stat.folder) {
            left.push(path);
        }
    }
    Ok(left)
}

fn clean(world: &dyn World, folder: &Folder) -> io::Result<()> {
    leftovers(world, folder)?.iter().try_for_each(|path| world.remove_folder(path))
}

/// Why a file of this name cannot be part of a set.
fn unfit(name: &str, files: &[Marked]) -> Option<&'static str> {
    if files.iter().any(|file| file.name == name) {
        return Some(SHARED);
    }
    let odd = name.is_empty() || name.starts_with('/') || name.split('/').any(|part| part.is_empty() || part == "..");
    odd.then_some("this is no name of a file in the folder")
}

fn refused(name: &str, refusal: Refusal) -> Fault {
    match refusal {
        Refusal::Disk(error) => trouble(name, "written", &error),
        Refusal::Row(why) => Fault::stop(format!("{name}: {why}")),
    }
}

/// A delivery that fails stops the system: nothing else is delivered in its place.
fn stop(fault: Fault) -> Fault {
    Fault { then: crate::adapter::Then::Stop, ..fault }
}
