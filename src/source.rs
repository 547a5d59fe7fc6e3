//! Source files and places in them.
//!
//! A [`Span`] is a byte range in one file. Text that is derived from a file (a YAML scalar after folding, unescaping or
//! CRLF normalisation) carries an [`OffsetMap`] that leads each of its bytes back to the byte of the file it came from,
//! so that a finding in an expression underlines the exact token in the file.

use std::ops::Range;

/// A file in [`Sources`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileId(pub u32);

/// A byte range in a file: `start..end`, on character boundaries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span of `range` in `file`.
    pub fn new(file: FileId, range: Range<usize>) -> Span {
        Span { file, start: range.start as u32, end: range.end as u32 }
    }

    /// The empty span at the start of `file`: used where a whole file is meant.
    pub fn start_of(file: FileId) -> Span {
        Span { file, start: 0, end: 0 }
    }

    /// The byte range, without the file.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The smallest span that holds both; both must lie in one file.
    pub fn to(self, other: Span) -> Span {
        debug_assert_eq!(self.file, other.file);
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// One text that was read: a document of the project or of the built-in library.
#[derive(Debug)]
pub struct SourceFile {
    /// The path as people know it: relative to the project, or `library:models/roster.model.yaml`.
    pub path: String,
    /// The whole text, as it is in the file.
    pub text: String,
    line_starts: Vec<u32>,
}

/// All texts that a check looks at. Ids are given in the order of [`Sources::add`].
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a text under `path` and returns its id.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        let text = text.into();
        let line_starts =
            std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1)).collect();
        self.files.push(SourceFile { path: path.into(), text, line_starts });
        FileId(self.files.len() as u32 - 1)
    }

    /// The file with this id.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..self.files.len() as u32).map(FileId)
    }

    /// The file with this path, if there is one.
    pub fn by_path(&self, path: &str) -> Option<FileId> {
        self.files.iter().position(|file| file.path == path).map(|index| FileId(index as u32))
    }

    /// The path of a file as it is seen from a folder above the project, from which `root` leads to it: `kunder/norr/`.
    pub fn path_from(&self, root: &str, id: FileId) -> String {
        let path = &self.file(id).path;
        if path.starts_with("library:") { path.clone() } else { format!("{root}{path}") }
    }

    /// The text under a span.
    pub fn slice(&self, span: Span) -> &str {
        &self.file(span.file).text[span.range()]
    }

    /// Line and column of the start of a span, both from 1; the column counts characters.
    pub fn position(&self, span: Span) -> (usize, usize) {
        self.file(span.file).position(span.start as usize)
    }
}

impl SourceFile {
    /// Line and column of a byte offset, both from 1; the column counts characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|&start| start as usize <= offset) - 1;
        let start = self.line_starts[line] as usize;
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count());
        (line + 1, column + 1)
    }
}

/// Leads the bytes of a derived text back to the file: runs of `(first derived byte, first file byte)`, ascending.
///
/// Within a run, derived and file bytes go in step, except that an escape (`\"`, `\u00e5`) is a run of its own whose
/// derived bytes all lead to the whole escape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetMap {
    /// The file that the text came from.
    pub file: FileId,
    /// `(derived start, file start, file length)`; a run ends where the next one starts.
    pub runs: Vec<Run>,
    /// Length of the derived text.
    pub len: u32,
    /// One past the last byte in the file that the text came from.
    pub file_end: u32,
}

/// One run of an [`OffsetMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// First byte in the derived text.
    pub at: u32,
    /// First byte in the file.
    pub file_at: u32,
    /// True if the bytes of this run all stand for one escape of `file_len` bytes in the file.
    pub escape: bool,
    /// Bytes in the file (equal to the derived length unless `escape`).
    pub file_len: u32,
}

impl OffsetMap {
    /// The map of a text that stands in the file as it is.
    pub fn identity(span: Span) -> OffsetMap {
        let len = span.end - span.start;
        OffsetMap {
            file: span.file,
            runs: vec![Run { at: 0, file_at: span.start, escape: false, file_len: len }],
            len,
            file_end: span.end,
        }
    }

    /// The file's span of a range of the derived text; an empty range gives the place before which it stands.
    pub fn span(&self, range: Range<usize>) -> Span {
        let start = self.file_offset(range.start as u32, false);
        let end = if range.end > range.start { self.file_offset(range.end as u32 - 1, true) } else { start };
        Span { file: self.file, start, end: end.max(start) }
    }

    /// The file's offset of derived byte `at`; with `after`, one past the file bytes that it came from.
    fn file_offset(&self, at: u32, after: bool) -> u32 {
        let index = self.runs.partition_point(|run| run.at <= at);
        let Some(run) = index.checked_sub(1).map(|index| self.runs[index]) else { return self.file_end };
        match (run.escape, after) {
            (true, false) => run.file_at,
            (true, true) => run.file_at + run.file_len,
            (false, _) => {
                let within = at - run.at + u32::from(after);
                if within > run.file_len { self.file_end } else { run.file_at + within }
            }
        }
    }
}
