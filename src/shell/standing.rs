//! Whether a sync runs: `status` and `starts`, and the commands `koppla pause SYNC` and `koppla resume SYNC` that change it.

use super::args::StandingArgs;
use super::{Exit, Out};
use crate::finding::Findings;
use crate::model::{Status, Sync};
use crate::source::Sources;
use crate::syntax::tree::{Entry, Node};
use crate::syntax::yaml;
use crate::world::World;
use jiff::civil::Date;
use std::path::Path;

/// Whether a sync may write on a day. What it says otherwise is for people.
pub fn may_write(sync: &Sync, today: Date) -> Result<(), String> {
    let name = &sync.name.text;
    let waits = sync.starts.filter(|day| today < *day);
    let why = match (sync.status, waits) {
        (Status::Ended, _) => "it has ended".to_string(),
        (Status::Paused, _) => format!("it is paused; koppla resume {name} lets it go on"),
        (_, Some(day)) => format!("it starts on {day}"),
        (Status::Planned, None) if sync.starts.is_none() => {
            "it is planned; `status: active`, or a day under `starts:`, lets it run".to_string()
        }
        (Status::Planned | Status::Active, None) => return Ok(()),
    };
    Err(format!("the sync {name} is not active, and nothing is written: {why}"))
}

/// `koppla pause SYNC`
pub fn pause(args: &StandingArgs, world: &dyn World, out: &mut Out) -> Exit {
    change(args, Status::Paused, world, out).unwrap_or_else(|exit| exit)
}

/// `koppla resume SYNC`
pub fn resume(args: &StandingArgs, world: &dyn World, out: &mut Out) -> Exit {
    change(args, Status::Active, world, out).unwrap_or_else(|exit| exit)
}

/// Writes the status into the document of the sync, and changes nothing else there.
fn change(args: &StandingArgs, to: Status, world: &dyn World, out: &mut Out) -> Result<Exit, Exit> {
    let project = super::project::open(&args.project.project, world, out)?;
    let id = project.named(Some(&args.sync), out)?;
    let sync = project.model.sync(id);
    let name = &sync.name.text;
    match (sync.status, to) {
        (Status::Ended, _) => {
            out.error(&format!("the sync {name} has ended; whoever wants it back writes its status by hand"));
            return Err(Exit::Usage);
        }
        (Status::Planned, _) => {
            out.error(&format!("the sync {name} is planned and does not run yet"));
            return Err(Exit::Usage);
        }
        (now, to) if now == to => {
            let already = if to == Status::Paused { "is paused already" } else { "is not paused" };
            out.note(&format!("the sync {name} {already}"));
            return Ok(Exit::Done);
        }
        _ => {}
    }
    let word = if to == Status::Paused { "paused" } else { "active" };
    let shown = &project.sources.file(sync.file).path;
    written(&args.project.project.join(shown), shown, word, world).map_err(|why| {
        out.error(&why);
        Exit::Usage
    })?;
    let said = if to == Status::Paused { "is paused: nothing is written until it is resumed" } else { "goes on" };
    out.text(&format!("{shown}: status: {word}\n"));
    if !args.project.quiet {
        out.note(&format!("the sync {name} {said}"));
    }
    Ok(Exit::Done)
}

/// Puts a status into a document.
fn written(path: &Path, shown: &str, word: &str, world: &dyn World) -> Result<(), String> {
    let bytes = world.read(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let after = with_status(shown, &bytes, word).ok_or_else(|| format!("{shown} cannot be read as YAML"))?;
    super::fmt::replaced(path, &after, world).map_err(|error| format!("{shown} cannot be written: {error}"))
}

/// The bytes of a sync with another status: the word under `status`, or a line of its own behind that of the name.
fn with_status(shown: &str, bytes: &[u8], word: &str) -> Option<Vec<u8>> {
    let (mut sources, mut found) = (Sources::default(), Findings::default());
    let (file, usable) = yaml::add(&mut sources, shown.to_string(), bytes, &mut found);
    let root = usable.then(|| yaml::read(&sources, file, &mut found)).flatten()?;
    let text = sources.file(file).text.as_bytes();
    let before = bytes.strip_suffix(text)?;
    let entries: &[Entry] = root.entries()?;
    let value = |key: &str| entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value);
    let (start, end, new) = match value("status") {
        Some(Node { span, .. }) => (span.range().start, span.range().end, word.to_string()),
        None => {
            let name = value("sync")?.span.range().end;
            let rest = &text[name..];
            let line_end = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |at| at);
            let at = name + line_end - usize::from(rest[..line_end].ends_with(b"\r"));
            let ending = if rest[..line_end].ends_with(b"\r") { "\r\n" } else { "\n" };
            (at, at, format!("{ending}status: {word}"))
        }
    };
    Some([before, &text[..start], new.as_bytes(), &text[end..]].concat())
}

#[cfg(test)]
mod tests {
    use super::with_status;

    fn after(text: &str) -> String {
        String::from_utf8(with_status("a.sync.yaml", text.as_bytes(), "paused").expect("YAML")).expect("UTF-8")
    }

    #[test]
    fn nothing_but_the_status_changes() {
        let cases = [
            ("sync: a\nstatus: active   # since May\nleft: x\n", "sync: a\nstatus: paused   # since May\nleft: x\n"),
            ("sync: a # Åsa\nleft: x\n", "sync: a # Åsa\nstatus: paused\nleft: x\n"),
            ("sync: a\r\nleft: x\r\n", "sync: a\r\nstatus: paused\r\nleft: x\r\n"),
            ("\u{feff}sync: \"a\"\nstatus: 'active'\n", "\u{feff}sync: \"a\"\nstatus: paused\n"),
            ("sync: a", "sync: a\nstatus: paused"),
        ];
        for (before, wanted) in cases {
            assert_eq!(after(before), wanted);
        }
    }
}
