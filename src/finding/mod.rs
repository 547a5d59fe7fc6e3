//! Findings: what is wrong with a document or with data, as data.
//!
//! A [`Finding`] holds a code, a place and the words that fill the code's texts. All texts stand in [`codes`], one
//! table per area; every code has a page under `pages/`, whose bad example gives exactly that code and whose good
//! example gives none. How findings look is the business of the renderers: [`terminal`], [`json`], [`github`],
//! [`sarif`], [`junit`]; how a page looks, of [`page`].

pub mod codes;
pub mod suggest;
pub mod fingerprint;
pub mod baseline;
pub mod layout;
pub mod excerpt;
pub mod terminal;
pub mod json;
pub mod github;
pub mod sarif;
pub mod junit;
pub mod page;
pub mod weights;

use crate::source::{FileId, Span};

/// How much a finding weighs. Errors stop everything after the check; warnings do not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Nothing runs.
    Error,
    /// It runs, but somebody should look.
    Warning,
    /// Worth knowing.
    Hint,
}

impl Severity {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "hint",
        }
    }
}

/// A kind of finding. Texts hold `{word}` where a word of the finding goes.
#[derive(Debug)]
pub struct Code {
    /// Kebab-case: says the fact.
    pub slug: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// At most 70 characters when filled, lower case, stands alone on one line.
    pub message: &'static str,
    /// Why here: stands at the underlined place.
    pub label: &'static str,
    /// One action; a text whose word is missing in a finding is left out, so `did you mean {suggestion}?` vanishes without one.
    /// Several texts are tried in order; the first whose words are all there is shown.
    pub help: &'static [&'static str],
    /// The page that `koppla explain` prints (Markdown).
    pub page: &'static str,
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What kind.
    pub code: &'static Code,
    /// The underlined place.
    pub span: Span,
    /// The words that fill the code's texts.
    pub words: Vec<(&'static str, String)>,
    /// Other places that belong to it, each with its text.
    pub others: Vec<(Span, String)>,
    /// How much it weighs here; the code's own unless settings changed it.
    pub severity: Severity,
}

impl Finding {
    /// A finding of a code at a place.
    pub fn new(code: &'static Code, span: Span) -> Finding {
        Finding { code, span, words: Vec::new(), others: Vec::new(), severity: code.severity }
    }

    /// Fills `{name}` in the code's texts.
    #[must_use]
    pub fn word(mut self, name: &'static str, text: impl Into<String>) -> Finding {
        self.words.push((name, text.into()));
        self
    }

    /// Fills `{name}` if there is a text.
    #[must_use]
    pub fn word_if(self, name: &'static str, text: Option<impl Into<String>>) -> Finding {
        match text {
            Some(text) => self.word(name, text),
            None => self,
        }
    }

    /// Points at another place.
    #[must_use]
    pub fn other(mut self, span: Span, text: impl Into<String>) -> Finding {
        self.others.push((span, text.into()));
        self
    }

    /// The message, filled.
    pub fn message(&self) -> String {
        self.fill(self.code.message).unwrap_or_else(|| self.code.message.to_string())
    }

    /// The text at the underlined place, filled.
    pub fn label(&self) -> String {
        self.fill(self.code.label).unwrap_or_default()
    }

    /// The help, filled: the first of the code's helps whose words are all there.
    pub fn help(&self) -> Option<String> {
        self.code.help.iter().find_map(|help| self.fill(help))
    }

    /// Fills a text; `None` if a word is missing.
    fn fill(&self, text: &str) -> Option<String> {
        let mut filled = String::with_capacity(text.len() + 16);
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let close = open + rest[open..].find('}')?;
            filled.push_str(&rest[..open]);
            let name = &rest[open + 1..close];
            filled.push_str(&self.words.iter().find(|(known, _)| *known == name)?.1);
            rest = &rest[close + 1..];
        }
        filled.push_str(rest);
        Some(filled)
    }
}

/// Collects findings. Order of collection does not matter: [`Findings::sorted`] gives file, offset, code.
#[derive(Default, Debug)]
pub struct Findings {
    all: Vec<Finding>,
    cut: Vec<(FileId, String)>,
}

/// Codes that say that something is missing: in a file that could be read in part only, that follows from the part.
const LACKS: [&str; 11] = [
    "missing-key",
    "required-field-missing",
    "missing-option",
    "missing-setting",
    "missing-connection-key",
    "key-is-no-field",
    "not-a-column",
    "table-row-width",
    "table-value-type",
    "key-without-value",
    "may-be-absent",
];

impl Findings {
    /// Adds one.
    pub fn add(&mut self, finding: Finding) {
        self.all.push(finding);
    }

    /// Says that a piece of a file could not be read: that something is missing in the file follows from it, and so does that
    /// a name which stands in the piece is known nowhere.
    pub fn cut(&mut self, file: FileId, lost: &str) {
        self.cut.push((file, lost.to_string()));
    }

    /// True for what only follows from a piece that could not be read.
    fn follows(&self, finding: &Finding) -> bool {
        let slug = finding.code.slug;
        let lacks = LACKS.contains(&slug) && self.cut.iter().any(|(file, _)| *file == finding.span.file);
        let is_name = slug.starts_with("unknown-") || slug.starts_with("test-unknown-");
        let name = || finding.words.iter().find(|(word, _)| *word == "name").map(|(_, name)| name.as_str());
        let part = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'));
        let lost = |name| self.cut.iter().any(|(_, lost)| lost.split(part).any(|word| word == name));
        lacks || is_name && name().is_some_and(lost)
    }

    /// True for a sign that YAML takes for its own, in a text of which something else is told already.
    fn is_told(&self, finding: &Finding) -> bool {
        finding.code.slug == "yaml-reads-this-itself"
            && self.all.iter().any(|other| {
                let holds = other.span.file == finding.span.file
                    && other.span.start <= finding.span.start
                    && finding.span.end <= other.span.end;
                holds && other.code.slug != finding.code.slug
            })
    }

    /// Adds all of another collection.
    pub fn append(&mut self, other: Findings) {
        self.all.extend(other.all);
        self.cut.extend(other.cut);
    }

    /// True if one is an error.
    pub fn has_errors(&self) -> bool {
        self.all.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// In order of file, offset, code, without exact repetitions (a document may be checked for several syncs).
    /// What only follows from another finding is left out.
    pub fn sorted(mut self) -> Vec<Finding> {
        let stays: Vec<bool> =
            self.all.iter().map(|finding| !self.follows(finding) && !self.is_told(finding)).collect();
        let mut stays = stays.into_iter();
        self.all.retain(|_| stays.next().unwrap_or(true));
        self.all.sort_by(|a, b| (a.span, a.code.slug, &a.words).cmp(&(b.span, b.code.slug, &b.words)));
        self.all.dedup_by(|a, b| a.span == b.span && a.code.slug == b.code.slug && a.words == b.words);
        self.all
    }
}
