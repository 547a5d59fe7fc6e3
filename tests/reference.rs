//! The manual of the language, `grammar/reference.md`: its examples are run, and its list of functions is that of the library.
//!
//! Blocks are `koppla` (lines `expression --> result`), `yaml ok`, `yaml finding: CODE` (whole documents beside the demo
//! models) and one `yaml given` (the records that the expressions are about, in the form of a test document).
//!
//! The expressions become one mapping: each line of the manual writes a field of its own, `line_123`, with `yes` if the
//! expression has its result. So what the manual says is checked and worked by the very code that runs a mapping.

#![expect(clippy::disallowed_methods, reason = "tests read their own files")]

mod project;

use koppla::documents::functions;
use koppla::finding::page::{self, ExampleFile};
use koppla::finding::terminal;
use koppla::run::make::Fate;
use koppla::run::parallel::Arenas;
use koppla::run::stage::{Input, Setting, work};
use koppla::value::Value;
use project::records::Records;
use std::collections::BTreeMap;

const MANUAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/grammar/reference.md");
const START: &str = "<!-- functions: made from the function table; a test keeps it so -->\n";
const END: &str = "<!-- end of functions -->\n";

/// An example of the manual.
#[derive(Debug)]
enum Example {
    /// `expression --> result`
    Expression { line: usize, expression: String, result: String },
    /// Documents, and the code that they give, if any.
    Documents { line: usize, files: Vec<ExampleFile>, finding: Option<String> },
    /// The records that expressions are about.
    Given { text: String },
}

fn manual() -> String {
    std::fs::read_to_string(MANUAL).expect("the manual is there")
}

/// All examples, with the lines that they stand on.
fn examples(manual: &str) -> Result<Vec<Example>, String> {
    let mut examples = Vec::new();
    let mut lines = manual.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else { continue };
        let body: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        block(kind, number + 1, &body, &mut examples).map_err(|why| format!("line {}: {why}", number + 1))?;
    }
    Ok(examples)
}

fn block(kind: &str, line: usize, body: &[&str], examples: &mut Vec<Example>) -> Result<(), String> {
    match kind {
        "koppla" => {
            for (index, text) in body.iter().enumerate() {
                let (expression, result) = text.split_once(" --> ").ok_or(format!("no ` --> ` in `{text}`"))?;
                let (expression, result) = (expression.trim().to_string(), result.trim().to_string());
                examples.push(Example::Expression { line: line + 1 + index, expression, result });
            }
        }
        "yaml ok" => examples.push(Example::Documents { line, files: page::files(body)?, finding: None }),
        "yaml given" => examples.push(Example::Given { text: body.join("\n") + "\n" }),
        _ => {
            let code = kind.strip_prefix("yaml finding: ").ok_or(format!("`{kind}` is no kind of example"))?;
            examples.push(Example::Documents { line, files: page::files(body)?, finding: Some(code.to_string()) });
        }
    }
    Ok(())
}

/// The mapping of all expressions, and the test document that works it.
fn expressions_as_documents(examples: &[Example]) -> Vec<ExampleFile> {
    let (mut fields, mut rules, mut expected) = (String::new(), String::new(), String::new());
    let mut given = String::new();
    for example in examples {
        match example {
            Example::Expression { line, expression, result } => {
                let (value, answer) = match result.as_str() {
                    "absent" => (format!("if ({expression}) is absent then \"yes\" else \"no\""), "yes"),
                    "fails" => (format!("all_of({expression}) | count | text"), "failed"),
                    _ => (format!("if ({expression}) == ({result}) then \"yes\" else \"no\""), "yes"),
                };
                let class = class_of(expression);
                fields.push_str(&format!("      line_{line}: {{ type: \"text?\", class: {class} }}\n"));
                rules.push_str(&format!("      Line {line}: {value} -> line_{line} else \"failed\"\n"));
                expected.push_str(&format!("          line_{line}: \"{answer}\"\n"));
            }
            Example::Given { text } => given.push_str(text),
            Example::Documents { .. } => {}
        }
    }
    let (as_of, records) = given.split_once('\n').expect("the records begin with the date");
    let records: String = records.lines().map(|line| format!("      {line}\n")).collect();
    let file = |path: &str, text: String| ExampleFile { path: path.to_string(), text };
    vec![
        file(
            "answers.model.yaml",
            format!(
                "model: answers\nentities:\n  answer:\n    key: id\n    fields:\n      id: {{ type: text, class: public }}\n{fields}"
            ),
        ),
        file(
            "example.mapping.yaml",
            format!(
                "mapping: manual\nleft: register\nright: answers\nmaps:\n  lines:\n    between: pupil -> answer\n    fields: |\n      Id: number -> id\n{rules}"
            ),
        ),
        file(
            "example.test.yaml",
            format!(
                "test: manual\n{as_of}\ncases:\n  - name: every line\n    given:\n{records}    expect:\n      answer:\n        - id: \"4711\"\n{expected}"
            ),
        ),
    ]
}

/// The class that the answer to a question about this expression has.
fn class_of(expression: &str) -> &'static str {
    match expression {
        _ if expression.contains("civic_no") => "national_id",
        _ if expression.contains("religion") || expression.contains("marking") => "special",
        _ => "personal",
    }
}

#[test]
fn every_document_has_the_finding_that_it_says() {
    let mut wrong = Vec::new();
    for example in examples(&manual()).unwrap() {
        let Example::Documents { line, files, finding } = example else { continue };
        let project::Project { sources, found, .. } = project::of(&files);
        let codes: Vec<&str> = found.iter().map(|finding| finding.code.slug).collect();
        if codes != finding.iter().map(String::as_str).collect::<Vec<_>>() {
            let shown = terminal::render(&found, &sources, &terminal::Style::default());
            wrong.push(format!("line {line}: expected {finding:?}, found {codes:?}\n{shown}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The question whether an expression has its result may fail or be superfluous; anything else found in it is a mistake.
#[test]
fn every_expression_is_clean() {
    let files = expressions_as_documents(&examples(&manual()).unwrap());
    let project::Project { sources, mut found, .. } = project::of(&files);
    found.retain(|finding| !matches!(finding.code.slug, "may-fail" | "else-never-used"));
    assert!(found.is_empty(), "{}", terminal::render(&found, &sources, &terminal::Style::default()));
}

#[test]
fn every_expression_has_its_result() {
    let examples = examples(&manual()).unwrap();
    let project = project::of(&expressions_as_documents(&examples));
    let answers = answers(&project);
    let mut wrong = Vec::new();
    for example in &examples {
        let Example::Expression { line, expression, result } = example else { continue };
        let wanted = if result == "fails" { "failed" } else { "yes" };
        match answers.get(&format!("line_{line}")).map(String::as_str) {
            Some(answer) if answer == wanted => {}
            answer => wrong.push(format!("line {line}: {expression} --> {result}: {}", answer.unwrap_or("nothing"))),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Works the mapping of all expressions over the given records: the answers by field.
fn answers(project: &project::Project) -> BTreeMap<String, String> {
    let arenas = Arenas::new(1);
    let model = &project.model;
    let mapping = model.find_mapping("manual").expect("the mapping is there");
    let as_of = model.tests[0].as_of.as_ref().and_then(|date| date.parse().ok()).expect("a date");
    let typed = &project.typed.mappings[mapping.0 as usize];
    let setting = Setting { model, typed, options: &[], lookups: &[], as_of, target: None };
    let tables = Records::of(model, arenas.own());
    let worked = work(&setting, Input { tables, ..Input::default() }, &arenas);
    let made = &worked.made[0];
    assert_eq!(made.rows.len(), 1);
    assert_eq!(made.rows[0].fate, Fate::Whole);
    let fields = model.entity(made.entity).fields.iter();
    let text = |value: &Value<'_>| value.as_text().unwrap_or("nothing").to_string();
    fields.zip(made.row(0)).map(|(field, (value, _))| (field.name.text.clone(), text(&value))).collect()
}

#[test]
fn there_is_one_block_of_records_and_many_examples() {
    let examples = examples(&manual()).unwrap();
    let givens = examples.iter().filter(|example| matches!(example, Example::Given { .. })).count();
    assert_eq!(givens, 1);
    assert!(examples.len() > 100, "only {} examples: a block was not recognised", examples.len());
}

#[test]
fn every_heading_is_in_the_contents() {
    let manual = manual();
    for heading in manual.lines().filter_map(|line| line.strip_prefix("## ")) {
        let anchor: String = heading.to_lowercase().chars().map(|c| if c == ' ' { '-' } else { c }).collect();
        assert!(manual.contains(&format!("\n- [{heading}](#{anchor})\n")), "`{heading}` is not in the contents");
    }
}

#[test]
fn links_lead_to_headings() {
    let manual = manual();
    let anchors: Vec<String> = manual
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-"))
        .collect();
    for link in manual.split("](#").skip(1) {
        let anchor = link.split(')').next().unwrap_or("");
        assert!(anchors.iter().any(|known| known == anchor), "no heading #{anchor}");
    }
}

/// With `UPDATE_MANUAL=1` in the environment the list is written anew instead.
#[test]
fn the_list_of_functions_is_that_of_the_library() {
    let manual = manual();
    let (before, rest) = manual.split_once(START).expect("the manual has a start of the list");
    let (list, after) = rest.split_once(END).expect("the manual has an end of the list");
    let wanted = functions::markdown();
    if std::env::var_os("UPDATE_MANUAL").is_some() {
        std::fs::write(MANUAL, format!("{before}{START}{wanted}{END}{after}")).expect("the manual can be written");
    } else {
        assert!(list == wanted, "the list of functions is out of step: run this test with UPDATE_MANUAL=1");
    }
}
