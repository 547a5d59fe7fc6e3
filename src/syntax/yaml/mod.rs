//! YAML text to the spanned tree.
//!
//! The parser of the YAML grammar is granit-parser; this module alone knows it. Nothing is guessed about types here:
//! `no`, `0755` and `1.10` stay what was written. What YAML would silently do to a rule (cut it at ` #`, take its first
//! character for a tag) is a finding instead.

mod align;
mod build;
mod mend;
mod slip;
mod trouble;

use super::tree::Node;
use crate::finding::{Finding, Findings, codes};
use crate::source::{FileId, Sources, Span};
use granit_parser::{Event, Parser};
use mend::Mended;

/// Maps and lists may lie this deep in each other.
pub const MAX_DEPTH: usize = 64;
/// A document may hold this many values.
pub const MAX_NODES: usize = 250_000;
/// A document may have this many bytes.
pub const MAX_BYTES: usize = 8 << 20;

/// A syntax error is mended and the document read again, so often.
const MAX_MENDS: usize = 20;

/// Reads a document. What cannot be read is a finding; what stands around it is returned. `None` if that is nothing.
///
/// After an error of the YAML grammar the place is blanked out and the document read once more, so that one slip is one
/// finding, and does not make everything behind it missing. Aliases are never expanded, so no document can be larger in
/// memory than on disk.
pub fn read(sources: &Sources, file: FileId, found: &mut Findings) -> Option<Node> {
    let text = &sources.file(file).text;
    if let Some(finding) = unreadable(text, file) {
        found.add(finding);
        return None;
    }
    let mut mended = Mended::new(text);
    let mut errors = Findings::default();
    let mut unsure = false;
    for round in 0.. {
        let mut pass = pass(&mended, file);
        if let Some(trouble) = pass.trouble.take() {
            // After a mend that may not be what was meant, a further error may be its fault.
            if trouble.sure || !unsure {
                errors.add(trouble.finding);
            }
            unsure |= !trouble.sure;
            let loses = trouble.mend.loses(text);
            let goes_on = round < MAX_MENDS && mended.apply(trouble.mend);
            if let Some(lost) = loses.or_else(|| (!goes_on).then_some(0..text.len())) {
                found.cut(file, &text[lost]);
            }
            if goes_on {
                continue;
            }
        }
        if pass.root.is_none() && pass.found.is_empty() && errors.is_empty() {
            found.add(Finding::new(&codes::yaml::EMPTY_DOCUMENT, Span::start_of(file)));
        }
        found.append(errors);
        found.append(pass.found);
        return pass.root;
    }
    None
}

/// What keeps a text from being read at all: lost characters, or its size.
fn unreadable(text: &str, file: FileId) -> Option<Finding> {
    if let Some(at) = text.find(char::REPLACEMENT_CHARACTER) {
        // Some tool has read the file in a wrong encoding, and this is what it wrote for what it could not read.
        let line = 1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..at]).count();
        return Some(NotUtf8 { at, line }.finding(lost_character(file, at)));
    }
    let what = || format!("has more than {} MB", MAX_BYTES >> 20);
    (text.len() > MAX_BYTES).then(|| too_big(Span::start_of(file), what()))
}

/// One reading of the whole text, up to the first error.
struct Pass {
    root: Option<Node>,
    found: Findings,
    trouble: Option<trouble::Trouble>,
}

fn pass(mended: &Mended<'_>, file: FileId) -> Pass {
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut found = Findings::default();
    let mut trouble = None;
    let mut builder = build::Builder::new(mended, file);
    for event in Parser::new_from_str_with_options(mended.text(), options) {
        match event {
            Ok((Event::DocumentStart(..), span)) if builder.has_document() => {
                let place = builder.span(&span);
                found.cut(file, &mended.original()[place.start as usize..]);
                found.add(Finding::new(&codes::yaml::SEVERAL_DOCUMENTS, place));
                break;
            }
            Ok((event, span)) => builder.event(event, &span, &mut found),
            Err(error) => {
                trouble = Some(builder.fails(&error));
                break;
            }
        }
        if builder.nodes > MAX_NODES {
            found.add(too_big(Span::start_of(file), format!("holds more than {MAX_NODES} values")));
            break;
        }
    }
    Pass { root: builder.finish(), found, trouble }
}

/// The finding for a document beyond a limit: `what` completes "the document …".
fn too_big(span: Span, what: String) -> Finding {
    Finding::new(&codes::yaml::DOCUMENT_TOO_BIG, span).word("what", what)
}

/// Bytes that are not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotUtf8 {
    /// The first byte that does not belong.
    pub at: usize,
    /// Its line, from 1.
    pub line: usize,
}

/// The text of a file. Koppla reads UTF-8, with or without a byte order mark, and guesses no other encoding.
pub fn decode(bytes: &[u8]) -> Result<String, NotUtf8> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
        let at = error.valid_up_to();
        NotUtf8 { at, line: 1 + memchr::memchr_iter(b'\n', &bytes[..at]).count() }
    })
}

impl NotUtf8 {
    /// The finding, at a place in the file as far as it could be shown.
    pub fn finding(self, span: Span) -> Finding {
        Finding::new(&codes::yaml::NOT_UTF_8, span)
            .word("offset", self.at.to_string())
            .word("line", self.line.to_string())
    }
}

/// Adds a file to the sources. If its bytes are not UTF-8, a finding says where, and the returned flag is false: the
/// text that was added then serves only to show the place, with what could not be decoded replaced.
pub fn add(sources: &mut Sources, path: impl Into<String>, bytes: &[u8], found: &mut Findings) -> (FileId, bool) {
    match decode(bytes) {
        Ok(text) => (sources.add(path, text), true),
        Err(error) => {
            // Up to the first bad byte the lossy text is the same as the file, so that the offset holds in both.
            let file = sources.add(path, String::from_utf8_lossy(bytes));
            found.add(error.finding(lost_character(file, error.at)));
            (file, false)
        }
    }
}

/// The place of the sign that stands for a character that could not be read.
fn lost_character(file: FileId, at: usize) -> Span {
    Span::new(file, at..at + char::REPLACEMENT_CHARACTER.len_utf8())
}

#[cfg(test)]
mod tests;
