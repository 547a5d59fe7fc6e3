//! The manual of the language, `grammar/reference.md`: its examples have a form, and its list of functions is that of the library.
//!
//! Blocks are `koppla` (lines `expression --> result`), `yaml ok`, `yaml finding: CODE` (whole documents beside the demo
//! models) and one `yaml given` (the record that the expressions are about, in the form of a test document).

use koppla::documents::functions;
use koppla::finding::page::{self, ExampleFile};

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
    Given { line: usize, text: String },
}

fn manual() -> String {
    std::fs::read_to_string(MANUAL).expect("the manual is there")
}

/// All examples, with the lines that they start on.
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
        "yaml given" => examples.push(Example::Given { line, text: body.join("\n") + "\n" }),
        _ => {
            let code = kind.strip_prefix("yaml finding: ").ok_or(format!("`{kind}` is no kind of example"))?;
            examples.push(Example::Documents { line, files: page::files(body)?, finding: Some(code.to_string()) });
        }
    }
    Ok(())
}

#[test]
fn every_example_has_a_form_that_can_be_run() {
    let examples = examples(&manual()).unwrap();
    let mut givens = 0;
    for example in &examples {
        match example {
            Example::Expression { line, expression, result } => {
                assert!(!expression.is_empty() && !result.is_empty(), "line {line} has a side without text");
            }
            Example::Documents { line, files, finding } => {
                assert!(!files.is_empty() && finding.as_deref() != Some(""), "line {line}");
            }
            Example::Given { line, text } => {
                givens += 1;
                assert!(text.contains("pupil:"), "line {line}: the records hold a pupil");
            }
        }
    }
    assert_eq!(givens, 1, "the manual has one block of records");
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
