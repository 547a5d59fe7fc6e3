//! Rows of JSON and NDJSON files.

use super::chunk::{self, Chunk};
use super::guess;
use super::part::{Bytes, Part};
use super::record::Sink;
use super::scan::{Scan, blanks, list_start, value_end};
use crate::adapter::{Places, Torn};
use crate::protocol::files::csv::Encoding;
use crate::protocol::files::shape::Shape;
use memchr::memchr;

/// A JSON file by its description.
#[derive(Clone, Copy)]
pub struct Documents<'a> {
    /// The file as people know it.
    pub name: &'a str,
    /// Where the fields lie in a record.
    pub shape: &'a Shape,
}

/// A chunk while its records are read.
struct Reading<'a> {
    documents: Documents<'a>,
    text: &'a [u8],
    /// As much of the text as is UTF-8 from the start on.
    sound: &'a str,
    sink: Sink,
    part: Part,
}

impl<'a> Documents<'a> {
    /// Where the first record of a list may start, in a file that starts with these bytes; `Ok(None)` if more of it is needed.
    pub fn start(&self, text: &[u8], path: &[String], last: bool) -> Result<Option<usize>, String> {
        let mark = self.mark(text)?;
        let text = &text[mark..];
        if last && blanks(text, 0) == text.len() {
            return Err(format!("{}: the file is empty; an empty list is written `[]`", self.name));
        }
        match list_start(text, path, last) {
            Scan::At(Ok(at)) => Ok(Some(mark + at)),
            Scan::At(Err(why)) => Err(format!("{}: the file has {why}", self.name)),
            Scan::Broken(at) => Err(format!("{}: byte {} is not JSON", self.name, mark + at + 1)),
            Scan::More if last => Err(format!("{}: the file ends before its list of records", self.name)),
            Scan::More => Ok(None),
        }
    }

    /// The length of a byte order mark; other encodings are refused.
    pub fn mark(&self, text: &[u8]) -> Result<usize, String> {
        if chunk::other_encoding(text, Encoding::Utf8).is_some() {
            return Err(format!("{}: the file is UTF-16; JSON is written in UTF-8", self.name));
        }
        if let Some(why) = guess::no_json(text) {
            return Err(format!("{}: {why}", self.name));
        }
        Ok(if text.starts_with(&[0xEF, 0xBB, 0xBF]) { 3 } else { 0 })
    }

    /// Records of a list: the chunk starts before the first one or behind another. `alone` says that the file is the list.
    pub fn list(&self, chunk: &'a Chunk, number: u32, alone: bool) -> Part {
        let mut reading = self.reading(chunk, number);
        loop {
            let (at, comma) = reading.between(reading.part.consumed);
            let first = reading.part.line == 1;
            match (value_end(reading.text, at, chunk.last), reading.text.get(at)) {
                (_, Some(b']')) if !comma => {
                    if alone && blanks(reading.text, at + 1) < reading.text.len() {
                        reading.tear("something stands behind the end of the list".into());
                    } else if alone && !chunk.last {
                        // Whether the list was all of the file is seen at the end of the file.
                        break;
                    }
                    reading.part.consumed = at + 1;
                    reading.part.finished = true;
                    break;
                }
                (Scan::At(end), _) if comma != first => {
                    reading.record(at, end, end);
                    reading.part.consumed = end;
                    reading.part.line += 1;
                }
                (Scan::Broken(_) | Scan::At(_), _) => {
                    reading.tear("the file is no JSON from here on".into());
                    reading.part.finished = true;
                    break;
                }
                (Scan::More, _) if chunk.last => {
                    reading.tear("the file ends in the middle of a record, or before the end of the list".into());
                    reading.part.finished = true;
                    break;
                }
                (Scan::More, _) => break,
            }
        }
        reading.done()
    }

    /// One record a line.
    pub fn lines(&self, chunk: &'a Chunk, line: u32) -> Part {
        let mut reading = self.reading(chunk, line);
        loop {
            let at = reading.part.consumed;
            let (stop, next) = match memchr(b'\n', &reading.text[at..]) {
                Some(found) => (at + found, at + found + 1),
                None if chunk.last && at < reading.text.len() => (reading.text.len(), reading.text.len()),
                None => break,
            };
            if blanks(reading.text, at) < stop {
                reading.line(at, stop, next);
            }
            reading.part.consumed = next;
            reading.part.line += 1;
        }
        reading.part.finished = chunk.last && reading.part.consumed == reading.text.len();
        reading.done()
    }

    /// The whole file as one record.
    pub fn whole(&self, chunk: &'a Chunk) -> Part {
        let mut reading = self.reading(chunk, 1);
        reading.record(0, chunk.text.len(), chunk.text.len());
        reading.part.places = Places::default();
        reading.part.consumed = chunk.text.len();
        reading.part.finished = true;
        reading.done()
    }

    /// Records that are read once more, each at its place in the chunk.
    pub fn again(&self, chunk: Chunk, places: &Places) -> Part {
        let mut reading = self.reading(&chunk, 0);
        for place in (0..).map_while(|row| places.get(row)) {
            let (start, end) = (place.start as usize, place.end() as usize);
            reading.record(start, end, end);
        }
        let part = reading.done();
        part.with_text(chunk)
    }

    fn reading(&self, chunk: &'a Chunk, line: u32) -> Reading<'a> {
        Reading {
            documents: *self,
            text: &chunk.text,
            sound: chunk.sound(),
            sink: Sink::new(&chunk.text),
            part: Part { line, ..Part::default() },
        }
    }
}

impl Reading<'_> {
    /// Skips blanks and the comma between two records; says whether there was one.
    fn between(&self, at: usize) -> (usize, bool) {
        let at = blanks(self.text, at);
        if self.text.get(at) == Some(&b',') { (blanks(self.text, at + 1), true) } else { (at, false) }
    }

    fn tear(&mut self, why: String) {
        let origin = format!("{}, record {}", self.documents.name, self.part.line);
        self.part.tear(Torn::row(origin, why));
    }

    /// A line of NDJSON.
    fn line(&mut self, start: usize, stop: usize, next: usize) {
        let torn = |part: &Part| (part.torn.len(), part.torn.last().map(|last| last.rows));
        let before = torn(&self.part);
        self.record(start, stop, next);
        if torn(&self.part) != before
            && let Some(last) = self.part.torn.last_mut()
        {
            last.origin = format!("{}, line {}", self.documents.name, self.part.line);
            if stop == next && last.rows == 1 {
                last.why = "the file ends in the middle of a record".into();
            }
        }
    }

    /// Reads a record, which takes the text up to `next` in its file.
    fn record(&mut self, start: usize, stop: usize, next: usize) {
        let known = self.sound.get(start..stop).map(Ok);
        let record = match known.unwrap_or_else(|| std::str::from_utf8(&self.text[start..stop])) {
            Ok(record) => record,
            Err(error) => {
                let at = error.valid_up_to() + 1;
                return self.tear(format!("byte {at} of the record is no UTF-8; is the file windows-1252?"));
            }
        };
        let (cells, rows) = (self.sink.cells.len(), self.sink.rows);
        if let Err(error) = self.sink.record(self.documents.shape, record) {
            self.sink.forget(cells, rows);
            // Only the place is told: the parser's own words may quote the record.
            let line = if error.line() > 1 { format!("line {}, ", error.line()) } else { String::new() };
            return self.tear(format!("not JSON at {line}column {} of the record", error.column()));
        }
        self.part.lines.resize(self.sink.rows, self.part.line);
        // Of several rows of one record none can be read alone.
        if self.documents.shape.each.is_none() {
            self.part.places.push(start as u32, next as u32);
        }
    }

    fn done(mut self) -> Part {
        self.part.cells = self.sink.cells;
        self.part.inner = self.sink.inner;
        self.part.bytes = Bytes::Raw(self.sink.tail);
        self.part
    }
}
