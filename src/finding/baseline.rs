//! A baseline: findings that were there when the check was introduced, and that are not told again.
//!
//! It is a JSON file that is committed. A finding is in it if file, code, message and line are the same and the line was
//! not changed since, wherever in the file it stands now; as often as it was there. A baseline never grows by itself: what
//! is settled goes out of it, and what is new is told.
//!
//! ```json
//! {
//!   "koppla": "baseline 1",
//!   "findings": [
//!     {"file":"a.mapping.yaml","code":"may-be-absent","message":"`mail` may be absent","line":"8b1f…","count":2}
//!   ]
//! }
//! ```

use super::{Finding, fingerprint};
use crate::source::Sources;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the first key says: what the file is, and its version.
const KIND: &str = "baseline 1";

/// A baseline.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Baseline(BTreeMap<Entry, u64>);

/// What an old finding is known by, in the order in which a baseline is written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
struct Entry {
    file: String,
    code: String,
    message: String,
    /// A hash of the line, see [`fingerprint::line_hash`].
    line: String,
}

#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    entry: Entry,
    count: u64,
}

#[derive(Deserialize)]
struct File {
    koppla: String,
    findings: Vec<Line>,
}

/// Findings, parted by a baseline.
#[derive(Debug)]
pub struct Parted {
    /// Those that are told.
    pub new: Vec<Finding>,
    /// How many are in the baseline.
    pub known: u64,
    /// How many of the baseline were not found any more.
    pub settled: u64,
    /// The baseline without those.
    pub left: Baseline,
}

impl Baseline {
    /// The baseline that knows these findings.
    pub fn of(findings: &[Finding], sources: &Sources) -> Baseline {
        let mut entries = BTreeMap::new();
        for finding in findings {
            *entries.entry(Entry::of(finding, sources)).or_default() += 1;
        }
        Baseline(entries)
    }

    /// Reads a file; says in words what is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Baseline, String> {
        let file: File = serde_json::from_slice(bytes).map_err(|error| {
            format!("is no baseline of findings (line {}, column {})", error.line(), error.column())
        })?;
        if file.koppla != KIND {
            return Err(format!("is a `{}`; this koppla reads `{KIND}`", file.koppla));
        }
        Ok(Baseline(file.findings.into_iter().map(|line| (line.entry, line.count)).collect()))
    }

    /// The file: an entry a line, sorted, so that versions of it merge well.
    pub fn text(&self) -> String {
        let lines = self.0.iter().map(|(entry, &count)| {
            let line = Line { entry: entry.clone(), count };
            format!("    {}", serde_json::to_string(&line).unwrap_or_default())
        });
        let lines: Vec<String> = lines.collect();
        let list = if lines.is_empty() { "[]".to_string() } else { format!("[\n{}\n  ]", lines.join(",\n")) };
        format!("{{\n  \"koppla\": \"{KIND}\",\n  \"findings\": {list}\n}}\n")
    }

    /// How many findings it knows.
    pub fn len(&self) -> u64 {
        self.0.values().sum()
    }

    /// True if it knows none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Parts findings into new and known ones.
    pub fn part(&self, findings: Vec<Finding>, sources: &Sources) -> Parted {
        let mut open = self.0.clone();
        let mut left = BTreeMap::new();
        let mut new = Vec::new();
        for finding in findings {
            let entry = Entry::of(&finding, sources);
            match open.get_mut(&entry).filter(|count| **count > 0) {
                Some(count) => {
                    *count -= 1;
                    *left.entry(entry).or_default() += 1;
                }
                None => new.push(finding),
            }
        }
        let left = Baseline(left);
        Parted { new, known: left.len(), settled: open.values().sum(), left }
    }
}

impl Entry {
    fn of(finding: &Finding, sources: &Sources) -> Entry {
        Entry {
            file: sources.file(finding.span.file).path.clone(),
            code: finding.code.slug.to_string(),
            message: finding.message(),
            line: fingerprint::line_hash(finding, sources),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Baseline;
    use crate::finding::{Finding, codes};
    use crate::source::{Sources, Span};

    /// Findings at every `x` of a text.
    fn found(text: &str) -> (Vec<Finding>, Sources) {
        let mut sources = Sources::default();
        let file = sources.add("a.mapping.yaml", text);
        let at = text.match_indices('x').map(|(at, _)| at..at + 1);
        let finding = |at| Finding::new(&codes::document::UNKNOWN_KEY, Span::new(file, at)).word("key", "x");
        (at.map(|at| finding(at).word("in", "a \"mapping\"")).collect(), sources)
    }

    #[test]
    fn what_moved_is_known_what_came_is_new_and_what_went_is_settled() {
        let (old, sources) = found("x: 1\nx: 2\nx: 2\n");
        let baseline = Baseline::of(&old, &sources);
        assert_eq!(baseline.len(), 3);
        let (now, sources) = found("# moved\nx: 2\nx: 3\n");
        let parted = baseline.part(now, &sources);
        assert_eq!((parted.new.len(), parted.known, parted.settled, parted.left.len()), (1, 1, 2, 1));
        assert_eq!(sources.position(parted.new[0].span), (3, 1));
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let (old, sources) = found("x: 1\nx: 2\nx: 2\n");
        for baseline in [Baseline::of(&old, &sources), Baseline::default()] {
            assert_eq!(Baseline::read(baseline.text().as_bytes()), Ok(baseline));
        }
        for wrong in ["", "[]", "{\"koppla\": \"baseline 9\", \"findings\": []}"] {
            assert!(Baseline::read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
