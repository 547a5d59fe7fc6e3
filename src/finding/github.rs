//! Findings as annotations of GitHub Actions: workflow commands, one line each, which GitHub shows at the lines of a pull
//! request.
//!
//! `::error file=a.mapping.yaml,line=7,col=12,endLine=7,endColumn=16,title=unknown-field::message`
//! (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>). GitHub shows ten errors and ten
//! warnings a step; all of them are in its log.

use super::{Finding, Severity};
use crate::source::Sources;

/// All findings, a line each. `root` leads from the root of the repository to the project; empty where they are one.
pub fn render(findings: &[Finding], sources: &Sources, root: &str) -> String {
    findings.iter().map(|finding| line(finding, sources, root)).collect()
}

fn line(finding: &Finding, sources: &Sources, root: &str) -> String {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "notice",
    };
    let file = sources.file(finding.span.file);
    let (line, column) = file.position(finding.span.start as usize);
    let (end_line, end_column) = file.position(finding.span.end as usize);
    let label = Some(finding.label()).filter(|label| !label.is_empty());
    let texts: Vec<String> = [Some(finding.message()), label, finding.help()].into_iter().flatten().collect();
    format!(
        "::{level} file={},line={line},col={column},endLine={end_line},endColumn={end_column},title={}::{}\n",
        property(&sources.path_from(root, finding.span.file)),
        property(finding.code.slug),
        data(&texts.join("\n"))
    )
}

/// A message: `%` and line ends are escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property: also `:` and `,` are escaped.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use crate::finding::{Finding, codes};
    use crate::source::{Sources, Span};

    #[test]
    fn signs_of_the_command_are_escaped() {
        let mut sources = Sources::default();
        let file = sources.add("a, b: c.mapping.yaml", "mapping: å\nnaam: 1\n");
        let finding = Finding::new(&codes::document::UNKNOWN_KEY, Span::new(file, 12..16))
            .word("key", "na%am")
            .word("in", "a mapping");
        let line = super::render(&[finding], &sources, "");
        assert!(
            line.starts_with("::error file=a%2C b%3A c.mapping.yaml,line=2,col=1,endLine=2,endColumn=5,title="),
            "{line}"
        );
        assert!(line.contains("na%25am") && line.matches('\n').count() == 1, "{line}");
    }
}
