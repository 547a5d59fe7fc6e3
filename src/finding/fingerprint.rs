//! What a finding is known by while the lines around it move: its file, its code, its words, and the line that it stands in.
//!
//! Blanks of the line do not count, so `koppla fmt` changes no fingerprint; every other change of the line does.

use super::Finding;
use crate::source::Sources;
use xxhash_rust::xxh3::xxh3_64;

/// The fingerprint. Findings that cannot be told apart have the same one.
pub fn of(finding: &Finding, sources: &Sources) -> u64 {
    let file = sources.file(finding.span.file);
    let parts = [file.path.as_str(), finding.code.slug, &finding.message(), &line(finding, sources)];
    xxh3_64(parts.join("\0").as_bytes())
}

/// A hash of the line that a finding stands in, without its blanks. Not the text: a line may hold what nobody should copy.
pub fn line_hash(finding: &Finding, sources: &Sources) -> String {
    format!("{:016x}", xxh3_64(line(finding, sources).as_bytes()))
}

fn line(finding: &Finding, sources: &Sources) -> String {
    let text = sources.file(finding.span.file).text.as_bytes();
    let at = (finding.span.start as usize).min(text.len());
    let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1);
    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |end| at + end);
    String::from_utf8_lossy(&text[start..end]).split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::finding::{Finding, codes};
    use crate::source::{Sources, Span};

    #[test]
    fn lines_above_and_blanks_do_not_count_and_other_words_do() {
        let print = |text: &str| {
            let mut sources = Sources::default();
            let file = sources.add("a.mapping.yaml", text);
            let at = text.find("naam").expect("the word");
            of(&Finding::new(&codes::document::UNKNOWN_KEY, Span::new(file, at..at + 4)), &sources)
        };
        assert_eq!(print("naam: x -> y\n"), print("# a line\r\n\r\nnaam:   x  -> y\r\nmore: 1\n"));
        assert_ne!(print("naam: x -> y\n"), print("naam: x -> z\n"));
    }
}
