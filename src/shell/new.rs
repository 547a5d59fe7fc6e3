//! `koppla new NAME`: a project to begin with, which is green as it lies.

use super::args::NewArgs;
use super::{Exit, Out, library};
use crate::documents::schema;
use crate::world::World;
use std::io::{self, Write};
use std::path::Path;

/// The example project that is written, and the name of its sync.
const TEMPLATE: (&str, &str) = ("start", "norrskolan");

/// Writes the project, and says what is in it. A folder that holds something already is left alone.
pub fn run(args: &NewArgs, world: &dyn World, out: &mut Out) -> Exit {
    let name = args.name.as_str();
    if !is_name(name) {
        out.error(&format!("{name} is no name: small letters and digits, parted by hyphens, such as norrskolan-2026"));
        return Exit::Usage;
    }
    let folder = args.folder.clone().unwrap_or_else(|| name.into());
    match is_free(&folder, world) {
        Ok(true) => {}
        Ok(false) => {
            out.error(&format!("{} holds something already; --folder names another", folder.display()));
            return Exit::Usage;
        }
        Err(error) => {
            out.error(&format!("the folder {} cannot be read: {error}", folder.display()));
            return Exit::Usage;
        }
    }
    let files = files(name);
    for (path, text) in &files {
        if let Err(error) = write(&folder.join(path), text, world) {
            return out.cannot_write(&folder.join(path), &error);
        }
    }
    if !args.quiet {
        files.iter().for_each(|(path, _)| out.text(&format!("{}\n", folder.join(path).display())));
        out.note(&format!("\nnext: cd {}, then koppla check, koppla test, koppla preview", folder.display()));
    }
    Exit::Done
}

/// Paths and contents of the project with its own name.
fn files(name: &str) -> Vec<(String, Vec<u8>)> {
    let (template, known) = TEMPLATE;
    let renamed = |(path, bytes): (String, &[u8])| {
        let text = String::from_utf8_lossy(bytes).replace(known, name);
        (path.replace(known, name), text.into_bytes())
    };
    let schema = (".vscode/koppla.schema.json".to_string(), format!("{:#}\n", schema::of_all()).into_bytes());
    library::example(template).into_iter().map(renamed).chain([schema]).collect()
}

/// True for what may name a sync and a file on every system: `norrskolan-2026`.
fn is_name(name: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    name.len() <= 60 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split('-').all(part)
}

/// True if nothing lies in a folder, or there is none. What git keeps there does not count.
fn is_free(folder: &Path, world: &dyn World) -> io::Result<bool> {
    match world.stat(folder)? {
        None => Ok(true),
        Some(stat) if !stat.folder => Ok(false),
        Some(_) => Ok(world.list(folder)?.iter().all(|path| path.ends_with(".git"))),
    }
}

fn write(path: &Path, bytes: &[u8], world: &dyn World) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        world.create_folder(folder)?;
    }
    let mut file = world.create(path, false)?;
    file.write_all(bytes)?;
    file.sync()
}
