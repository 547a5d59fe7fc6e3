//! Findings for programs: one JSON object.
//!
//! ```json
//! {
//!   "findings": [
//!     {
//!       "code": "unknown-field",
//!       "severity": "error",
//!       "message": "`pupil` has no field `naam`",
//!       "label": "no such field",
//!       "help": "did you mean `name`?",
//!       "file": "example.mapping.yaml",
//!       "start": { "line": 7, "column": 12, "byte": 143 },
//!       "end":   { "line": 7, "column": 16, "byte": 147 },
//!       "others": [ { "file": "…", "start": { … }, "end": { … }, "label": "…" } ],
//!       "page": "koppla explain unknown-field"
//!     }
//!   ],
//!   "counts": { "error": 1, "warning": 0, "hint": 0 }
//! }
//! ```
//!
//! The form is also written down in `grammar/schemas/output/check.json`. `severity` is `error`, `warning` or `hint`. Lines and columns count from 1, columns in characters; `byte` counts from 0
//! in the file; `end` is the first place after. `help` is null where there is none. `page` is the command that prints the
//! page of the code. Findings stand in the order given (file, offset, code after a check), keys in the order above; keys
//! may be added at the end, none goes away.

use super::{Finding, Severity};
use crate::source::{SourceFile, Sources, Span};
use serde_json::{Map, Value, json};

/// The findings and how many there are of each severity.
pub fn render(findings: &[Finding], sources: &Sources) -> Value {
    let all: Vec<Value> = findings.iter().map(|finding| object(finding, sources)).collect();
    json!({ "findings": all, "counts": counts(findings) })
}

/// The same after a baseline has taken out what it knows: `"baseline": { "known": 3, "settled": 1 }` at the end says how
/// many findings are in it, and how many of it were not found any more.
pub fn render_beside(findings: &[Finding], sources: &Sources, known: Option<(u64, u64)>) -> Value {
    let mut value = render(findings, sources);
    if let Some((known, settled)) = known {
        value["baseline"] = json!({ "known": known, "settled": settled });
    }
    value
}

/// How many findings of each severity.
pub fn counts(findings: &[Finding]) -> Value {
    let count = |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let counts = [Severity::Error, Severity::Warning, Severity::Hint]
        .map(|severity| (severity.word().to_string(), json!(count(severity))));
    Value::Object(Map::from_iter(counts))
}

fn object(finding: &Finding, sources: &Sources) -> Value {
    let (file, start, end) = place(finding.span, sources);
    let others: Vec<Value> = finding.others.iter().map(|(span, label)| other(*span, label, sources)).collect();
    json!({
        "code": finding.code.slug,
        "severity": finding.severity.word(),
        "message": finding.message(),
        "label": finding.label(),
        "help": finding.help(),
        "file": file,
        "start": start,
        "end": end,
        "others": others,
        "page": format!("koppla explain {}", finding.code.slug),
    })
}

fn other(span: Span, label: &str, sources: &Sources) -> Value {
    let (file, start, end) = place(span, sources);
    json!({ "file": file, "start": start, "end": end, "label": label })
}

/// Path, start and end of a span.
fn place(span: Span, sources: &Sources) -> (&str, Value, Value) {
    let file = sources.file(span.file);
    (&file.path, position(file, span.start), position(file, span.end))
}

fn position(file: &SourceFile, byte: u32) -> Value {
    let (line, column) = file.position(byte as usize);
    json!({ "line": line, "column": column, "byte": byte })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Code;

    #[test]
    fn an_object_has_every_key_in_order() {
        static CODE: Code = Code {
            slug: "unknown-field",
            severity: Severity::Error,
            message: "no field `{name}`",
            label: "no such field",
            help: &["did you mean `{suggestion}`?"],
            page: "",
        };
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "å: 1\nöl: naam\n");
        let finding =
            Finding::new(&CODE, Span::new(file, 11..15)).word("name", "naam").other(Span::new(file, 0..2), "here too");
        let expected = json!({
            "findings": [{
                "code": "unknown-field",
                "severity": "error",
                "message": "no field `naam`",
                "label": "no such field",
                "help": null,
                "file": "a.yaml",
                "start": { "line": 2, "column": 5, "byte": 11 },
                "end": { "line": 2, "column": 9, "byte": 15 },
                "others": [{
                    "file": "a.yaml",
                    "start": { "line": 1, "column": 1, "byte": 0 },
                    "end": { "line": 1, "column": 2, "byte": 2 },
                    "label": "here too",
                }],
                "page": "koppla explain unknown-field",
            }],
            "counts": { "error": 1, "warning": 0, "hint": 0 },
        });
        let rendered = render(&[finding], &sources);
        assert_eq!(rendered.to_string(), expected.to_string());
    }
}
