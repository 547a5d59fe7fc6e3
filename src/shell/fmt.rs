//! `koppla fmt [FILE …]`: puts the columns of rules under one another. Nothing but blanks in the lines of rules changes.

use super::args::FmtArgs;
use super::{Exit, Out, project};
use crate::finding::{Findings, layout, terminal};
use crate::source::Sources;
use crate::syntax::block::columns::{Gap, columns};
use crate::syntax::parse::Fragment;
use crate::syntax::tree::{Kind, Node, Style};
use crate::syntax::yaml;
use crate::world::World;
use std::io;
use std::path::{Path, PathBuf};

/// Formats files, or says which would be changed. Exit 1 if a file cannot be read as YAML, or differs under `--check`.
pub fn run(args: &FmtArgs, world: &dyn World, out: &mut Out) -> Exit {
    let files = match files(args, world) {
        Ok(files) => files,
        Err(why) => {
            out.error(&why);
            return Exit::Usage;
        }
    };
    let (mut exit, mut changed) = (Exit::Done, 0);
    for (shown, path) in &files {
        let bytes = match world.read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                out.error(&format!("{shown} cannot be read: {error}"));
                return Exit::Usage;
            }
        };
        let Some(after) = formatted(shown, &bytes, out) else {
            exit = exit.max(Exit::Found);
            continue;
        };
        if after == bytes {
            continue;
        }
        changed += 1;
        out.text(&format!("{shown}\n"));
        if args.check {
            exit = exit.max(Exit::Found);
        } else if let Err(error) = replaced(path, &after, world) {
            out.error(&format!("{shown} cannot be written: {error}"));
            return Exit::Usage;
        }
    }
    if !args.project.quiet {
        let word = if args.check { "would be formatted" } else { "formatted" };
        out.note(&format!("{changed} of {} {word}", layout::counted(files.len() as u64, "file")));
    }
    exit
}

/// Files by the name that people know them by.
type Files = Vec<(String, PathBuf)>;

/// The files that are meant: those named, or all documents of the project.
fn files(args: &FmtArgs, world: &dyn World) -> Result<Files, String> {
    if !args.files.is_empty() {
        return Ok(args.files.iter().map(|path| (path.display().to_string(), path.clone())).collect());
    }
    let folder = &args.project.project;
    let documents = project::documents(folder, world)?;
    let yaml = documents.into_iter().map(|(path, _)| path).filter(|path| path.ends_with(".yaml"));
    Ok(yaml.map(|path| (path.clone(), folder.join(path))).collect())
}

/// The bytes of a document with its rules in columns; `None` if it cannot be read, which was said.
fn formatted(shown: &str, bytes: &[u8], out: &mut Out) -> Option<Vec<u8>> {
    let (mut sources, mut found) = (Sources::default(), Findings::default());
    let (file, usable) = yaml::add(&mut sources, shown.to_string(), bytes, &mut found);
    let root = usable.then(|| yaml::read(&sources, file, &mut found)).flatten();
    let Some(root) = root.filter(|_| found.is_empty()) else {
        out.note(terminal::render(&found.sorted(), &sources, out.style()).trim_end());
        out.note(&format!("{shown} is left as it is"));
        return None;
    };
    let text = sources.file(file).text.as_bytes();
    let Some(before) = bytes.strip_suffix(text) else {
        out.note(&format!("{shown} is no UTF-8 and is left as it is"));
        return None;
    };
    let mut gaps = Vec::new();
    collect(&root, &mut gaps);
    gaps.sort_by_key(|gap| gap.span.start);
    Some([before, &filled(text, &gaps)].concat())
}

/// A text with its rules in columns; `None` if it cannot be read as YAML.
pub fn in_columns(text: &str) -> Option<String> {
    let (mut sources, mut found) = (Sources::default(), Findings::default());
    let (file, _) = yaml::add(&mut sources, "document.yaml", text.as_bytes(), &mut found);
    let root = yaml::read(&sources, file, &mut found).filter(|_| found.is_empty())?;
    let mut gaps = Vec::new();
    collect(&root, &mut gaps);
    gaps.sort_by_key(|gap| gap.span.start);
    String::from_utf8(filled(text.as_bytes(), &gaps)).ok()
}

/// The gaps in all blocks of rules: literal texts under `fields`.
fn collect(node: &Node, gaps: &mut Vec<Gap>) {
    match &node.kind {
        Kind::Map(entries) => entries.iter().for_each(|entry| match entry.value.scalar() {
            Some(scalar) if entry.key == "fields" && scalar.style == Style::Literal => {
                gaps.extend(columns(&Fragment { text: &scalar.text, map: &scalar.map }));
            }
            _ => collect(&entry.value, gaps),
        }),
        Kind::List(items) => items.iter().for_each(|item| collect(item, gaps)),
        Kind::Missing | Kind::Scalar(_) => {}
    }
}

/// A text with its gaps filled.
fn filled(text: &[u8], gaps: &[Gap]) -> Vec<u8> {
    let (mut after, mut at) = (Vec::with_capacity(text.len()), 0);
    for gap in gaps {
        after.extend_from_slice(&text[at..gap.span.range().start]);
        after.extend(std::iter::repeat_n(b' ', gap.spaces));
        at = gap.span.range().end;
    }
    after.extend_from_slice(&text[at..]);
    after
}

/// Where a file is written until it is whole.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    PathBuf::from(part)
}

/// Writes a file beside the old one and puts it in its place, so that a document is never half written.
pub(super) fn replaced(path: &Path, bytes: &[u8], world: &dyn World) -> io::Result<()> {
    let part = beside(path);
    let mut file = world.create(&part, false)?;
    file.write_all(bytes)?;
    file.sync()?;
    drop(file);
    world.rename(&part, path)
}
