//! Findings as SARIF 2.1.0 (OASIS standard, <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), which code
//! hosts and editors read.
//!
//! One run; a rule for each code that is found, with its page; a result for each finding. Columns count code points. The
//! places of a file are relative to the project. Consumers show so many results of a run and no more: where there are more,
//! findings of one code in one file become one result that counts them; if these are still too many, errors come first,
//! and a notification says how many findings are left out.

use super::{Code, Finding, Severity, fingerprint};
use crate::source::{FileId, Sources, Span};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Consumers show so many results of one run (GitHub: 5,000, and refuses more than 25,000).
const MOST: usize = 5_000;

/// A result: a finding, and how many it stands for.
type Group<'f> = (&'f Finding, usize);

/// The log. `root` leads from the root of the repository to the project; empty where they are one.
pub fn render(findings: &[Finding], sources: &Sources, root: &str) -> Value {
    let mut rules: Vec<&'static Code> = Vec::new();
    for finding in findings {
        if !rules.iter().any(|known| known.slug == finding.code.slug) {
            rules.push(finding.code);
        }
    }
    let shown = groups(findings);
    let results: Vec<Value> = shown.iter().map(|group| result(group, &rules, sources, root)).collect();
    let mut notes = Vec::new();
    if shown.len() < findings.len() {
        let told: usize = shown.iter().map(|(_, count)| count).sum();
        let left = match findings.len() - told {
            0 => String::new(),
            left => format!("; {left} of them are left out"),
        };
        let text = format!("{} findings, one result for each code and file{left}", findings.len());
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

/// Each finding for itself while a consumer shows them all; else one for each code and file.
fn groups(findings: &[Finding]) -> Vec<Group<'_>> {
    if findings.len() <= MOST {
        return findings.iter().map(|finding| (finding, 1)).collect();
    }
    let mut places: BTreeMap<(FileId, &str), usize> = BTreeMap::new();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for finding in findings {
        let place = *places.entry((finding.span.file, finding.code.slug)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((first, count)) => {
                *count += 1;
                if finding.severity < first.severity {
                    *first = finding;
                }
            }
            None => groups.push((finding, 1)),
        }
    }
    if groups.len() > MOST {
        groups.sort_by_key(|(finding, _)| finding.severity);
        groups.truncate(MOST);
    }
    groups
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

fn result(group: &Group<'_>, rules: &[&Code], sources: &Sources, root: &str) -> Value {
    let (finding, count) = *group;
    let label = Some(finding.label()).filter(|label| !label.is_empty());
    let more = (count > 1).then(|| format!("and {} more of these in this file", count - 1));
    let texts: Vec<String> = [Some(finding.message()), label, finding.help(), more].into_iter().flatten().collect();
    let others: Vec<Value> = finding
        .others
        .iter()
        .map(|(span, text)| json!({ "physicalLocation": place(*span, sources, root), "message": { "text": text } }))
        .collect();
    json!({
        "ruleId": finding.code.slug,
        "ruleIndex": rules.iter().position(|rule| rule.slug == finding.code.slug),
        "level": level(finding.severity),
        "message": { "text": texts.join("\n") },
        "locations": [{ "physicalLocation": place(finding.span, sources, root) }],
        "relatedLocations": others,
        "occurrenceCount": count,
        "partialFingerprints": { "koppla/1": format!("{:016x}", fingerprint::of(finding, sources)) },
    })
}

fn place(span: Span, sources: &Sources, root: &str) -> Value {
    let file = sources.file(span.file);
    let (line, column) = file.position(span.start as usize);
    let (end_line, end_column) = file.position(span.end as usize);
    json!({
        "artifactLocation": { "uri": uri(&sources.path_from(root, span.file)) },
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
        let log = super::render(&[finding(), finding()], &sources, "kunder/");
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"].as_array().map(Vec::len), Some(1));
        let result = &run["results"][1];
        assert_eq!(
            (&result["ruleId"], &result["ruleIndex"], &result["level"]),
            (&json!("unknown-key"), &json!(0), &json!("error"))
        );
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "kunder/kunder/norr%20%C3%A5.mapping.yaml");
        assert_eq!(place["region"], json!({ "startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 2 }));
        assert_eq!(result["relatedLocations"][0]["message"]["text"], "here");
    }

    #[test]
    fn more_than_a_consumer_shows_is_grouped_by_code_and_file() {
        let mut sources = Sources::default();
        let file = sources.add("a.mapping.yaml", "mapping: a\n");
        let finding = Finding::new(&codes::document::UNKNOWN_KEY, Span::new(file, 0..7))
            .word("key", "mapping")
            .word("in", "a mapping");
        let log = super::render(&vec![finding; super::MOST + 2], &sources, "");
        let results = log["runs"][0]["results"].as_array().expect("results");
        assert_eq!((results.len(), &results[0]["occurrenceCount"]), (1, &json!(super::MOST + 2)));
        assert!(
            results[0]["message"]["text"]
                .as_str()
                .is_some_and(|text| text.ends_with("and 5001 more of these in this file"))
        );
        let told = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
        assert_eq!(told, "5002 findings, one result for each code and file");
    }

    #[test]
    fn of_too_many_groups_the_errors_come_first() {
        let mut sources = Sources::default();
        let mut findings = Vec::new();
        for index in 0..super::MOST + 1 {
            let file = sources.add(format!("{index}.mapping.yaml"), "no: 1\n");
            findings.push(Finding::new(&codes::yaml::KEY_MISREAD_ELSEWHERE, Span::new(file, 0..2)).word("key", "no"));
        }
        findings.last_mut().expect("findings").severity = crate::finding::Severity::Error;
        let log = super::render(&findings, &sources, "");
        let results = log["runs"][0]["results"].as_array().expect("results");
        assert_eq!((results.len(), &results[0]["level"]), (super::MOST, &json!("error")));
        let told = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
        assert_eq!(told, "5001 findings, one result for each code and file; 1 of them are left out");
    }
}
