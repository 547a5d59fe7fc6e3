//! Which files a call reads, and whether their set may be read now.

use super::{bundle, set};
use crate::adapter::Fault;
use crate::finding::suggest::nearest;
use crate::protocol::files::Complete;
use crate::world::{FileStat, World};
use jiff::Timestamp;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A file that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// The file as people know it: folder and name as the descriptor writes them.
    pub name: String,
    /// Its size and age when it was found; those of its zip file, if it lies in one.
    pub stat: FileStat,
    /// Its bytes, if they are not read from the path.
    pub content: Option<Arc<Vec<u8>>>,
    /// The delivery that it comes from, counted from the last.
    pub turn: u32,
}

/// A folder with its name for people.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// As the descriptor writes it.
    pub name: String,
}

impl Folder {
    /// The folder that a file's name leads to, and the name in it.
    pub fn of<'a>(&self, file: &'a str) -> (Folder, &'a str) {
        match file.rsplit_once('/') {
            None => (self.clone(), file),
            Some((inner, name)) => (
                Folder { path: self.path.join(inner), name: format!("{}/{inner}", self.name.trim_end_matches('/')) },
                name,
            ),
        }
    }

    /// A file in it as people know it.
    pub fn shown(&self, name: &str) -> String {
        if self.name.is_empty() { name.to_string() } else { format!("{}/{name}", self.name.trim_end_matches('/')) }
    }
}

/// The files of a name or pattern, sorted by name; none is a fault.
pub fn find(world: &dyn World, folder: &Folder, file: &str) -> Result<Vec<Found>, Fault> {
    let (folder, name) = folder.of(file);
    set::refuse_half_delivered(world, &folder)?;
    let (files, others): (Vec<_>, Vec<_>) =
        matching(world, &folder, name)?.into_iter().partition(|(_, stat)| stat.file);
    let found: Vec<Found> = files
        .into_iter()
        .map(|(name, stat)| Found {
            path: folder.path.join(&name),
            name: folder.shown(&name),
            stat,
            content: None,
            turn: 0,
        })
        .collect();
    if let (true, Some((name, stat))) = (found.is_empty(), others.first()) {
        let what = if stat.folder { "a folder" } else { "a pipe or a device" };
        return Err(refuse(format!("{}: this is {what}, and a file is read here", folder.shown(name))));
    }
    if found.is_empty() {
        let names = names(world, &folder)?;
        let near = nearest(name, names.iter().map(String::as_str));
        let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(Fault { nothing: true, ..refuse(format!("{}: there is no such file{hint}", folder.shown(name))) });
    }
    Ok(found)
}

/// What lies in a folder under a name or pattern, sorted by name.
pub fn matching(world: &dyn World, folder: &Folder, name: &str) -> Result<Vec<(String, FileStat)>, Fault> {
    let names = names(world, folder)?;
    let pattern = name.contains(['*', '?', '[']).then(|| glob::Pattern::new(name));
    let matching: Vec<String> = match pattern {
        None => names.into_iter().filter(|known| *known == name).collect(),
        Some(Err(_)) => return Err(refuse(format!("{}: this is no pattern for names of files", folder.shown(name)))),
        Some(Ok(pattern)) => {
            let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
            names.into_iter().filter(|known| pattern.matches_with(known, options)).collect()
        }
    };
    let mut found = Vec::new();
    for name in matching {
        let stat = world.stat(&folder.path.join(&name));
        if let Some(stat) = stat.map_err(|error| trouble(&folder.shown(&name), "looked at", &error))? {
            found.push((name, stat));
        }
    }
    Ok(found)
}

/// When the newest file of a folder was written.
pub fn newest(world: &dyn World, folder: &Folder) -> Result<Option<Timestamp>, Fault> {
    let files = matching(world, folder, "*")?.into_iter().filter(|(_, stat)| stat.file);
    Ok(files.map(|(_, stat)| stat.modified).max())
}

/// The newest of the zip files of a name or pattern.
pub fn newest_zip(world: &dyn World, folder: &Folder, zip: &str) -> Result<Found, Fault> {
    let zips = find(world, folder, zip)?.into_iter();
    let newest = zips.max_by_key(|zip| zip.stat.modified);
    newest.ok_or_else(|| refuse(format!("{}: there is no such file", folder.shown(zip))))
}

/// The members of a name or pattern in a zip file; none is a fault. A member may lie in a folder of the zip file that the
/// name does not tell, as tools for packing make one.
pub fn members(world: &dyn World, zip: &Found, file: &str) -> Result<Vec<Found>, Fault> {
    let bytes = world.read(&zip.path).map_err(|error| trouble(&zip.name, "read", &error))?;
    let pattern = glob::Pattern::new(file)
        .map_err(|_| refuse(format!("{}/{file}: this is no pattern for names of files", zip.name)))?;
    let base = |name: &str| name.rsplit('/').next().unwrap_or(name).to_string();
    let names = std::cell::RefCell::new(Vec::new());
    let members = bundle::unpack(&bytes, &|name| {
        names.borrow_mut().push(base(name));
        pattern.matches(name) || !file.contains('/') && pattern.matches(&base(name))
    });
    let members = members.map_err(|why| refuse(format!("{}: {why}", zip.name)))?;
    if members.is_empty() {
        let names = names.into_inner();
        let near = nearest(file, names.iter().map(String::as_str));
        let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let say = format!("{}/{file}: there is no such file in it{hint}", zip.name);
        return Err(Fault { nothing: true, ..refuse(say) });
    }
    let found = |member: bundle::Member| Found {
        path: zip.path.clone(),
        name: format!("{}/{}", zip.name, member.name),
        stat: zip.stat,
        content: Some(member.content),
        turn: 0,
    };
    Ok(members.into_iter().map(found).collect())
}

/// Names in a folder, sorted.
fn names(world: &dyn World, folder: &Folder) -> Result<Vec<String>, Fault> {
    let paths = world.list(&folder.path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            Fault { nothing: true, ..refuse(format!("{}: there is no such folder", folder.name)) }
        }
        _ => trouble(&folder.name, "listed", &error),
    })?;
    let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let mut names: Vec<String> = paths.iter().filter_map(name).collect();
    names.sort();
    Ok(names)
}

/// A fault of one list: it is not read, others are.
pub fn refuse(say: String) -> Fault {
    Fault { then: crate::adapter::Then::Reject, ..Fault::stop(say) }
}

/// A fault of the file system, in words.
pub fn trouble(name: &str, verb: &str, error: &io::Error) -> Fault {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "it is not there".into(),
        io::ErrorKind::PermissionDenied => "the permission is missing".into(),
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            "something of this name is in the way, which is no folder".into()
        }
        io::ErrorKind::ReadOnlyFilesystem => "the disk is read-only".into(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full".into(),
        io::ErrorKind::FileTooLarge => "it would be larger than this account may write (file size limit)".into(),
        _ => error.to_string(),
    };
    refuse(format!("{name} could not be {verb}: {why}"))
}

/// Whether a set may be read: its marker is there, its files are fresh and of one night. `all` are the files of the set
/// that are there, `own` those of the call. Gives how long to wait until they have been still for long enough.
pub fn complete(
    world: &dyn World,
    rule: &Complete,
    folder: &Folder,
    own: &[Found],
    all: &[Found],
) -> Result<Duration, Fault> {
    if let Some(marker) = &rule.marker {
        let path = folder.path.join(marker);
        if world.stat(&path).map_err(|error| trouble(&folder.shown(marker), "looked at", &error))?.is_none() {
            return Err(refuse(format!("{}: the set is not complete, its marker is not there", folder.shown(marker))));
        }
    }
    let now = world.now();
    if let Some(fresh) = rule.fresh
        && let Some(stale) = own.iter().find(|file| age(file, now) > fresh)
    {
        let age = hours(age(stale, now));
        return Err(refuse(format!("{} is {age} old, and at most {} is allowed (`fresh`)", stale.name, hours(fresh))));
    }
    if let Some(spread) = rule.spread {
        check_spread(spread, all, now)?;
    }
    let wait = |still: Duration| own.iter().map(|file| still.saturating_sub(age(file, now))).max();
    Ok(rule.still.and_then(wait).unwrap_or_default())
}

fn check_spread(spread: Duration, all: &[Found], now: Timestamp) -> Result<(), Fault> {
    let oldest = all.iter().max_by_key(|file| age(file, now));
    let newest = all.iter().min_by_key(|file| age(file, now));
    let (Some(oldest), Some(newest)) = (oldest, newest) else { return Ok(()) };
    let apart = age(oldest, now).saturating_sub(age(newest, now));
    if apart <= spread {
        return Ok(());
    }
    let (old, new, apart, spread) = (&oldest.name, &newest.name, hours(apart), hours(spread));
    Err(refuse(format!("{old} and {new} are {apart} apart, and at most {spread} is allowed (`spread`)")))
}

/// True if nothing has changed since the files were found.
pub fn unchanged(world: &dyn World, file: &Found) -> Result<(), Fault> {
    match world.stat(&file.path).map_err(|error| trouble(&file.name, "looked at", &error))? {
        Some(stat) if stat == file.stat => Ok(()),
        _ => Err(changed(file)),
    }
}

/// A file that is another one by now than when it was found.
pub fn changed(file: &Found) -> Fault {
    Fault { then: crate::adapter::Then::Restart, ..Fault::stop(format!("{} was changed while it was read", file.name)) }
}

fn age(file: &Found, now: Timestamp) -> Duration {
    Duration::from_secs(now.as_second().saturating_sub(file.stat.modified.as_second()).max(0) as u64)
}

/// `26 h`, `90 min`, `40 s`
fn hours(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}
