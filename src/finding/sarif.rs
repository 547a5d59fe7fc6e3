//! Findings as SARIF 2.1.0 (OASIS standard, <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), which code
//! hosts and editors read.
//!
//! One run; a rule for each code that is found, with its page; a result for each finding. Columns count code points. The
//! places of a file are relative to the project.

use super::{Code, Finding, Severity};
use crate::source::{Sources, Span};
use serde_json::{Value, json};

/// Consumers take so many results of one run (GitHub: 25,000); the rest is left out, and a notification says so.
const MOST: usize = 25_000;

/// The log.
pub fn render(findings: &[Finding], sources: &Sources) -> Value {
    let mut rules: Vec<&'static Code> = Vec::new();
    for finding in findings {
        if !rules.iter().any(|known| known.slug == finding.code.slug) {
            rules.push(finding.code);
        }
    }
    let results: Vec<Value> = findings.iter().take(MOST).map(|finding| result(finding, &rules, sources)).collect();
    let mut notes = Vec::new();
    if findings.len() > MOST {
        let text = format!("{} further findings are left out: a run holds at most {MOST}", findings.len() - MOST);
        notes.push(json!({ "level": "warning", "message": { "text": text } }));
    }
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "koppla",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|code| rule(code)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notes }],
            "results": results,
        }],
    })
}

fn rule(code: &Code) -> Value {
    json!({
        "id": code.slug,
        "shortDescription": { "text": code.message },
        "help": { "text": code.page, "markdown": code.page },
        "defaultConfiguration": { "level": level(code.severity) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    }
}

fn result(finding: &Finding, rules: &[&Code], sources: &Sources) -> Value {
    let label = Some(finding.label()).filter(|label| !label.is_empty());
    let texts: Vec<String> = [Some(finding.message()), label, finding.help()].into_iter().flatten().collect();
    let others: Vec<Value> = finding
        .others
        .iter()
        .map(|(span, text)| json!({ "physicalLocation": place(*span, sources), "message": { "text": text } }))
        .collect();
    json!({
        "ruleId": finding.code.slug,
        "ruleIndex": rules.iter().position(|rule| rule.slug == finding.code.slug),
        "level": level(finding.severity),
        "message": { "text": texts.join("\n") },
        "locations": [{ "physicalLocation": place(finding.span, sources) }],
        "relatedLocations": others,
    })
}

fn place(span: Span, sources: &Sources) -> Value {
    let file = sources.file(span.file);
    let (line, column) = file.position(span.start as usize);
    let (end_line, end_column) = file.position(span.end as usize);
    json!({
        "artifactLocation": { "uri": uri(&file.path) },
        "region": { "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column },
    })
}

/// A path as a relative reference (RFC 3986): everything but unreserved characters and `/` is escaped.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(byte.into()),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use crate::finding::{Finding, codes};
    use crate::source::{Sources, Span};
    use serde_json::json;

    #[test]
    fn a_result_names_its_rule_and_its_place() {
        let mut sources = Sources::default();
        let file = sources.add("kunder/norr å.mapping.yaml", "mapping: å\nå: naam\n");
        let finding = || {
            Finding::new(&codes::document::UNKNOWN_KEY, Span::new(file, 12..14))
                .word("key", "å")
                .word("in", "a mapping")
                .other(Span::new(file, 0..7), "here")
        };
        let log = super::render(&[finding(), finding()], &sources);
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"].as_array().map(Vec::len), Some(1));
        let result = &run["results"][1];
        assert_eq!(
            (&result["ruleId"], &result["ruleIndex"], &result["level"]),
            (&json!("unknown-key"), &json!(0), &json!("error"))
        );
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "kunder/norr%20%C3%A5.mapping.yaml");
        assert_eq!(place["region"], json!({ "startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 2 }));
        assert_eq!(result["relatedLocations"][0]["message"]["text"], "here");
    }

    #[test]
    fn more_than_a_consumer_takes_is_left_out_and_told() {
        let mut sources = Sources::default();
        let file = sources.add("a.mapping.yaml", "mapping: a\n");
        let finding = Finding::new(&codes::document::UNKNOWN_KEY, Span::new(file, 0..7))
            .word("key", "mapping")
            .word("in", "a mapping");
        let log = super::render(&vec![finding; super::MOST + 2], &sources);
        assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(super::MOST));
        let told = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
        assert_eq!(told, "2 further findings are left out: a run holds at most 25000");
    }
}
