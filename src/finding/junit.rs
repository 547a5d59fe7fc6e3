//! Findings and test cases as JUnit XML, which build servers read (Jenkins, GitLab, Azure; there is no standard: elements and
//! attributes are those that all of them take).
//!
//! A suite for each file. Of a check, each finding is a case, which fails if it is an error; a file without findings is one
//! case that passes. Characters that XML 1.0 cannot hold are replaced.

use super::{Finding, Severity};
use crate::source::{FileId, Sources};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::collections::BTreeMap;
use std::io;

/// The cases of a file.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The file.
    pub name: String,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// What it belongs to: a mapping, a code.
    pub class: String,
    /// Where it stands; from 1.
    pub line: usize,
    /// Why it failed: one line, and all there is to say.
    pub failure: Option<(String, String)>,
    /// What a reader should know of a case that passed.
    pub output: Option<String>,
}

/// A check as suites: every file that has findings, and of those without one the files that `own` names.
pub fn of_findings(findings: &[Finding], own: &[FileId], sources: &Sources) -> Vec<Suite> {
    let mut files: BTreeMap<FileId, Vec<Case>> = own.iter().map(|&file| (file, Vec::new())).collect();
    for finding in findings {
        files.entry(finding.span.file).or_default().push(of_finding(finding, sources));
    }
    let suites = files.into_iter().map(|(file, mut cases)| {
        if cases.is_empty() {
            let name = "no findings".to_string();
            cases.push(Case { name, class: "koppla check".into(), line: 1, failure: None, output: None });
        }
        Suite { name: sources.file(file).path.clone(), cases }
    });
    suites.collect()
}

fn of_finding(finding: &Finding, sources: &Sources) -> Case {
    let (line, column) = sources.position(finding.span);
    let message = finding.message();
    let place = format!("{}:{line}:{column}", sources.file(finding.span.file).path);
    let texts = [Some(message.clone()), Some(finding.label()), finding.help(), Some(place)];
    let text = texts.into_iter().flatten().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
    let fails = finding.severity == Severity::Error;
    Case {
        name: format!("{line}:{column} {message}"),
        class: finding.code.slug.to_string(),
        line,
        failure: fails.then(|| (message, text.clone())),
        output: (!fails).then(|| format!("{}: {text}", finding.severity.word())),
    }
}

/// The document.
pub fn render(name: &str, suites: &[Suite]) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Writing into memory does not fail.
    drop(document(&mut writer, name, suites));
    let mut text = String::from_utf8(writer.into_inner()).unwrap_or_default();
    text.push('\n');
    text
}

fn document(writer: &mut Writer<Vec<u8>>, name: &str, suites: &[Suite]) -> io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all = || suites.iter().flat_map(|suite| &suite.cases);
    writer.write_event(Event::Start(counted("testsuites", name, all())))?;
    for suite in suites {
        writer.write_event(Event::Start(counted("testsuite", &suite.name, suite.cases.iter())))?;
        for case in &suite.cases {
            one(writer, &suite.name, case)?;
        }
        writer.write_event(Event::End(BytesEnd::new("testsuite")))?;
    }
    writer.write_event(Event::End(BytesEnd::new("testsuites")))
}

fn counted<'c>(tag: &'static str, name: &str, cases: impl Iterator<Item = &'c Case> + Clone) -> BytesStart<'static> {
    let failures = cases.clone().filter(|case| case.failure.is_some()).count();
    let mut start = BytesStart::new(tag);
    start.push_attribute(("name", &*legal(name)));
    start.push_attribute(("tests", &*cases.count().to_string()));
    start.push_attribute(("failures", &*failures.to_string()));
    start.push_attribute(("errors", "0"));
    start
}

fn one(writer: &mut Writer<Vec<u8>>, file: &str, case: &Case) -> io::Result<()> {
    let mut start = BytesStart::new("testcase");
    start.push_attribute(("name", &*legal(&case.name)));
    start.push_attribute(("classname", &*legal(&case.class)));
    start.push_attribute(("file", &*legal(file)));
    start.push_attribute(("line", &*case.line.to_string()));
    let (tag, message, text) = match (&case.failure, &case.output) {
        (Some((message, text)), _) => ("failure", Some(message), text),
        (None, Some(text)) => ("system-out", None, text),
        (None, None) => return writer.write_event(Event::Empty(start)),
    };
    writer.write_event(Event::Start(start))?;
    let mut inner = BytesStart::new(tag);
    if let Some(message) = message {
        inner.push_attribute(("message", &*legal(message)));
    }
    writer.write_event(Event::Start(inner))?;
    writer.write_event(Event::Text(BytesText::new(&legal(text))))?;
    writer.write_event(Event::End(BytesEnd::new(tag)))?;
    writer.write_event(Event::End(BytesEnd::new("testcase")))
}

/// The text with `�` for what XML 1.0 (2.2) cannot hold.
fn legal(text: &str) -> String {
    let is_legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if is_legal(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

#[cfg(test)]
mod tests {
    use super::{Case, Suite, render};

    #[test]
    fn signs_of_xml_and_signs_that_it_cannot_hold_are_no_trouble() {
        let failure = Some(("a < \"b\" & \u{1}".to_string(), "]]> 😀\nnext".to_string()));
        let case =
            |failure| Case { name: "E-post: \"å\" 😀".into(), class: "m".into(), line: 3, failure, output: None };
        let suites = [Suite { name: "a b.test.yaml".into(), cases: vec![case(failure), case(None)] }];
        let text = render("koppla test", &suites);
        assert!(text.contains("<testsuites name=\"koppla test\" tests=\"2\" failures=\"1\" errors=\"0\">"), "{text}");
        assert!(text.contains("a &lt; &quot;b&quot; &amp; \u{fffd}"), "{text}");
        assert!(text.contains("]]&gt; 😀\nnext</failure>"), "{text}");
        let mut reader = quick_xml::Reader::from_str(&text);
        let mut cases = 0;
        loop {
            match reader.read_event().expect("well-formed XML") {
                quick_xml::events::Event::Eof => break,
                quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => {
                    cases += usize::from(AsRef::<[u8]>::as_ref(tag.name().as_ref()) == b"testcase");
                }
                _ => {}
            }
        }
        assert_eq!(cases, 2);
    }
}
