//! Where a command's words go: the result, and notes beside it.
//!
//! Writing cannot fail for a command: what could not be written is settled once, when it ends. A reader that went away
//! (`koppla functions | head`) wanted no more, which is no failure; a full disk is one.

use super::Exit;
use super::project::Shelf;
use crate::finding::terminal::Style;
use crate::world::World;
use serde::Serialize;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

/// The streams of a command.
pub struct Out<'a> {
    result: &'a mut (dyn Write + Send),
    notes: &'a mut (dyn Write + Send),
    style: Style,
    watched: bool,
    shelf: Option<&'a Shelf>,
    failed: Option<io::Error>,
}

impl<'a> Out<'a> {
    /// Results go to one stream, notes to the other; nobody watches.
    pub fn new(result: &'a mut (dyn Write + Send), notes: &'a mut (dyn Write + Send), style: Style) -> Out<'a> {
        Out { result, notes, style, watched: false, shelf: None, failed: None }
    }

    /// Says whether a person watches the notes on a terminal: only then is there progress.
    #[must_use]
    pub fn watched(mut self, watched: bool) -> Out<'a> {
        self.watched = watched;
        self
    }

    /// Lets the command take a project from a shelf that was checked before.
    #[must_use]
    pub fn with_shelf(mut self, shelf: &'a Shelf) -> Out<'a> {
        self.shelf = Some(shelf);
        self
    }

    /// Projects that were checked before.
    pub fn shelf(&self) -> Option<&'a Shelf> {
        self.shelf
    }

    /// True if a person watches the notes on a terminal.
    pub fn is_watched(&self) -> bool {
        self.watched
    }

    /// How results look.
    pub fn style(&self) -> &Style {
        &self.style
    }

    /// Writes a part of the result, as it is.
    pub fn text(&mut self, text: &str) {
        if self.failed.is_none() {
            self.failed = self.result.write_all(text.as_bytes()).err();
        }
    }

    /// Writes a part of the result at once, for a reader that waits for it.
    pub fn send(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.failed = self.result.write_all(bytes).and_then(|()| self.result.flush()).err();
        }
    }

    /// Writes a result into a file, or as the result where no file is named. A note says where it lies, unless nobody wants
    /// to hear.
    pub fn text_to(&mut self, path: Option<&Path>, text: &str, quiet: bool, world: &dyn World) -> Result<(), Exit> {
        let Some(path) = path else {
            self.text(text);
            return Ok(());
        };
        self.file(path, text.as_bytes(), false, world)?;
        if !quiet {
            self.note(&format!("written to {}", path.display()));
        }
        Ok(())
    }

    /// Writes a file, readable by its owner alone if it is `private`; says why where that fails.
    pub fn file(&mut self, path: &Path, bytes: &[u8], private: bool, world: &dyn World) -> Result<(), Exit> {
        self.file_in_pieces(path, &[bytes], private, world)
    }

    /// The same of a file that is there in pieces.
    pub fn file_in_pieces(
        &mut self,
        path: &Path,
        pieces: &[impl AsRef<[u8]>],
        private: bool,
        world: &dyn World,
    ) -> Result<(), Exit> {
        let written = world.create(path, private).and_then(|mut file| {
            pieces.iter().try_for_each(|piece| file.write_all(piece.as_ref()))?;
            file.sync()
        });
        written.map_err(|error| self.cannot_write(path, &error))
    }

    /// Says why a file or folder cannot be written.
    pub fn cannot_write(&mut self, path: &Path, error: &io::Error) -> Exit {
        self.error(&format!("{} cannot be written: {error}", path.display()));
        Exit::Usage
    }

    /// Writes the result as JSON, indented, with a line end.
    pub fn json(&mut self, value: &impl Serialize) {
        if self.failed.is_none() {
            let mut result = BufWriter::new(&mut *self.result);
            let written = serde_json::to_writer_pretty(&mut result, value).map_err(io::Error::from);
            self.failed = written.and_then(|()| result.write_all(b"\n")).and_then(|()| result.flush()).err();
        }
    }

    /// Says something beside the result, on a line of its own. Notes that cannot be written are lost.
    pub fn note(&mut self, text: &str) {
        drop(writeln!(self.notes, "{text}"));
    }

    /// Says why the command could not do its work.
    pub fn error(&mut self, text: &str) {
        self.note(&format!("error: {text}"));
    }

    /// True if the reader of the result went away, so that there is no use in making more of it.
    pub fn is_closed(&self) -> bool {
        self.failed.is_some()
    }

    /// Ends the command: everything is written, or it is said why not.
    ///
    /// A reader that went away is no failure, and what the command found stays found.
    pub fn finish(&mut self, exit: Exit) -> Exit {
        let failed = self.failed.take().or_else(|| self.result.flush().err());
        match failed {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                self.error(&format!("the result could not be written: {error}"));
                exit.max(Exit::Usage)
            }
            _ => exit,
        }
    }
}

/// The style for this terminal, or for none: no colour outside a terminal, on a dumb one, or with `NO_COLOR` set.
pub fn style(world: &dyn World, terminal: bool) -> Style {
    let set = |name: &str| world.environment(name).filter(|value| !value.is_empty());
    let dumb = set("TERM").is_some_and(|term| term == "dumb");
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
    let columns = terminal_size::terminal_size().map(|(columns, _)| usize::from(columns.0));
    Style {
        colour: terminal && !dumb && set("NO_COLOR").is_none(),
        width: columns.filter(|_| terminal).unwrap_or(100).clamp(40, 100),
        unicode: !dumb && !locale.is_some_and(|locale| locale == "C" || locale == "POSIX"),
        links: None,
    }
}
