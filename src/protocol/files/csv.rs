//! The dialect of a CSV file.

use super::keys::{Keys, wrong};
use super::words;
use crate::finding::codes::system::DIALECT_CONTRADICTION;
use crate::finding::{Finding, Findings};
use crate::source::Span;
use crate::syntax::tree::Node;

/// How cells, rows and texts are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csv {
    /// So many lines stand before the header.
    pub skip_lines: u32,
    /// Between cells.
    pub separator: u8,
    /// Around quoted cells; `None` where nothing is ever quoted.
    pub quote: Option<u8>,
    /// Which cells are quoted when a file is written.
    pub quote_when: QuoteWhen,
    /// The character before a quote inside a quoted cell; `None` where the quote is doubled.
    pub escape: Option<u8>,
    /// Whether the first line names the columns.
    pub header: Header,
    /// How columns are found.
    pub columns: Columns,
    /// How characters are written as bytes.
    pub encoding: Encoding,
    /// The byte order mark.
    pub bom: Bom,
    /// True if lines end with CR LF in a file that is written. Files that are read may end them either way.
    pub crlf: bool,
    /// Blanks before a cell mean nothing.
    pub trim_left: bool,
    /// Blanks after a cell mean nothing.
    pub trim_right: bool,
    /// Texts that mean that there is no value.
    pub absent_when: Vec<String>,
    /// What is written where there is no value.
    pub empty: String,
    /// Lines that start with it are skipped.
    pub comment: Option<u8>,
    /// True if a row with too few cells is filled up.
    pub pad: bool,
    /// True if cells that a spreadsheet would run get a `'` before them in a file that is written.
    pub guard_formulas: bool,
}

/// Which cells are quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteWhen {
    /// Those that would be misread otherwise.
    Needed,
    /// All.
    Always,
    /// All but numbers.
    Text,
    /// Those that hold a blank, and those that would be misread otherwise.
    Blank,
}

/// Whether the first line names the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// It does.
    Required,
    /// It does not.
    None,
    /// It does if it holds the name of a column.
    Optional,
}

/// How columns are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// By their names in the header.
    ByName,
    /// By their names, and the header holds exactly the declared ones.
    AsDeclared,
    /// In the order of the fields, or of the list under `columns` of the call.
    ByPosition,
}

/// How characters are written as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8
    Utf8,
    /// Windows code page 1252
    Windows1252,
    /// ISO 8859-1
    Latin1,
    /// UTF-16; little-endian unless the byte order mark says otherwise
    Utf16,
}

impl Encoding {
    /// The word for it.
    pub fn word(self) -> &'static str {
        ENCODINGS.iter().find(|(_, encoding)| *encoding == self).map_or("", |(word, _)| word)
    }
}

/// The byte order mark at the start of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bom {
    /// There is none; one that is there is noted.
    None,
    /// It is written.
    Write,
    /// It is read, not written.
    Tolerate,
    /// It stands there twice, as some systems need it.
    Double,
}

const ENCODINGS: &[(&str, Encoding)] = &[
    ("utf-8", Encoding::Utf8),
    ("windows-1252", Encoding::Windows1252),
    ("iso-8859-1", Encoding::Latin1),
    ("utf-16", Encoding::Utf16),
];

impl Default for Csv {
    fn default() -> Csv {
        Csv {
            skip_lines: 0,
            separator: b',',
            quote: Some(b'"'),
            quote_when: QuoteWhen::Needed,
            escape: None,
            header: Header::Required,
            columns: Columns::ByName,
            encoding: Encoding::Utf8,
            bom: Bom::Tolerate,
            crlf: false,
            trim_left: false,
            trim_right: false,
            absent_when: Vec::new(),
            empty: String::new(),
            comment: None,
            pad: false,
            guard_formulas: false,
        }
    }
}

impl Csv {
    /// Reads a dialect; what it does not say is as in this one. Words that are not built yet are added to `unbuilt`.
    pub fn with(mut self, node: &Node, unbuilt: &mut Vec<String>, found: &mut Findings) -> Csv {
        let Some(keys) = Keys::of("csv", node, words::CSV, &[words::EVERYWHERE, &["escapes"]], found) else {
            return self;
        };
        self.take_signs(&keys, unbuilt, found);
        self.take_layout(&keys, found);
        self.take_texts(&keys, found);
        self.check(&keys, found);
        self
    }

    /// What a sheet shares with CSV.
    pub(super) fn take_table(&mut self, keys: &Keys<'_>, found: &mut Findings) {
        self.take_header(keys, found);
        self.take_words(keys, found);
    }

    /// What lines of fixed width share with CSV.
    pub(super) fn take_lines(&mut self, keys: &Keys<'_>, found: &mut Findings) {
        set(&mut self.comment, keys.sign("comment", true, found));
        self.take_ends(keys, found);
        self.take_texts(keys, found);
    }

    fn take_signs(&mut self, keys: &Keys<'_>, unbuilt: &mut Vec<String>, found: &mut Findings) {
        if let Some(Some(separator)) = keys.sign("separator", false, found) {
            self.separator = separator;
        }
        set(&mut self.quote, keys.sign("quote", true, found));
        if keys.get("quote_when").is_some_and(|node| node.items().is_some()) {
            unbuilt.push("`quote_when` as a list of conditions".into());
        } else {
            let whens = [
                ("needed", QuoteWhen::Needed),
                ("always", QuoteWhen::Always),
                ("text", QuoteWhen::Text),
                ("blank", QuoteWhen::Blank),
            ];
            set(&mut self.quote_when, keys.one_of("quote_when", &whens, found));
        }
        if keys.get("escapes").is_some() {
            unbuilt.push("`escapes`".into());
        }
        match keys.get("escape").and_then(Node::text) {
            Some("double") => self.escape = None,
            // A quote that escapes a quote is a doubled quote.
            _ => set(&mut self.escape, keys.sign("escape", false, found)),
        }
        if self.escape == self.quote {
            self.escape = None;
        }
        set(&mut self.comment, keys.sign("comment", true, found));
    }

    fn take_layout(&mut self, keys: &Keys<'_>, found: &mut Findings) {
        set(&mut self.skip_lines, keys.lines("skip_lines", found));
        self.take_header(keys, found);
        self.take_ends(keys, found);
        set(&mut self.guard_formulas, keys.one_of("formulas", &[("as-is", false), ("guard", true)], found));
    }

    fn take_header(&mut self, keys: &Keys<'_>, found: &mut Findings) {
        let headers = [
            ("required", Header::Required),
            ("fixed", Header::Required),
            ("none", Header::None),
            ("optional", Header::Optional),
        ];
        set(&mut self.header, keys.one_of("header", &headers, found));
        if keys.get("header").and_then(Node::text) == Some("fixed") {
            self.columns = Columns::AsDeclared;
        }
        let columns =
            [("by-name", Columns::ByName), ("as-declared", Columns::AsDeclared), ("by-position", Columns::ByPosition)];
        set(&mut self.columns, keys.one_of("columns", &columns, found));
    }

    fn take_ends(&mut self, keys: &Keys<'_>, found: &mut Findings) {
        let ends = [("any", false), ("lf", false), ("crlf", true)];
        set(&mut self.crlf, keys.one_of("line_end", &ends, found));
        set(&mut self.pad, keys.one_of("ragged", &[("error", false), ("pad", true)], found));
    }

    fn take_texts(&mut self, keys: &Keys<'_>, found: &mut Findings) {
        set(&mut self.encoding, keys.one_of("encoding", ENCODINGS, found));
        let boms = [("none", Bom::None), ("write", Bom::Write), ("tolerate", Bom::Tolerate), ("double", Bom::Double)];
        match keys.one_of("bom", &boms, found) {
            Some(bom) => self.bom = bom,
            // UTF-16 without a mark leaves the order of its bytes to guesswork.
            None if self.encoding == Encoding::Utf16 && self.bom == Bom::Tolerate => self.bom = Bom::Write,
            None => {}
        }
        self.take_words(keys, found);
    }

    fn take_words(&mut self, keys: &Keys<'_>, found: &mut Findings) {
        let trims =
            [("none", (false, false)), ("both", (true, true)), ("left", (true, false)), ("right", (false, true))];
        if let Some((left, right)) = keys.one_of("trim", &trims, found) {
            (self.trim_left, self.trim_right) = (left, right);
        }
        if let Some(texts) = keys.texts("absent_when", found) {
            self.absent_when = texts.into_iter().map(|(text, _)| text).collect();
        }
        if let Some(empty) = keys.text("empty", found) {
            self.empty = empty.to_string();
        }
    }

    /// What cannot both be true.
    fn check(&self, keys: &Keys<'_>, found: &mut Findings) {
        let signs = [
            ("separator", Some(self.separator)),
            ("quote", self.quote),
            ("escape", self.escape),
            ("comment", self.comment),
        ];
        for (index, (one, sign)) in signs.iter().enumerate() {
            for (other, second) in &signs[..index] {
                if sign.is_some() && sign == second {
                    contradiction(keys, one, other, "both are the same character", found);
                }
            }
        }
        if self.quote.is_none() && self.quote_when != QuoteWhen::Needed {
            contradiction(keys, "quote_when", "quote", "nothing is quoted in this dialect", found);
        }
        if self.header == Header::None && self.columns == Columns::ByName && keys.get("columns").is_some() {
            contradiction(keys, "columns", "header", "without a header columns have no names", found);
        }
        if let Some(node) = keys.get("empty")
            && (self.empty.contains(['\n', '\r']) || self.empty.contains(self.separator as char))
        {
            found.add(wrong(node.span, "empty", "this text", "it would part the row", "a text without separators"));
        }
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn contradiction(keys: &Keys<'_>, one: &str, other: &str, why: &str, found: &mut Findings) {
    let place = |key: &str| keys.get(key).map(|node| node.span);
    let span: Span = place(one).or_else(|| place(other)).unwrap_or(keys.node.span);
    found.add(
        Finding::new(&DIALECT_CONTRADICTION, span)
            .word("one", format!("`{one}`"))
            .word("other", format!("`{other}`"))
            .word("why", why),
    );
}
