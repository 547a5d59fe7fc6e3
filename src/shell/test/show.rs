//! The outcomes of cases, for people and as JSON.

use super::File;
use crate::run::cases::{Difference, Outcome};
use crate::shell::Out;
use crate::shell::project::Project;
use serde_json::{Value, json};

/// One line a case; of a failed one what differs. With `quiet`, failed ones only.
pub fn print(file: &File, quiet: bool, out: &mut Out) {
    let shown = |outcome: &&Outcome| !quiet || !outcome.differences.is_empty();
    if !file.outcomes.iter().any(|outcome| shown(&outcome)) {
        return;
    }
    out.text(&format!("{} ({})\n", file.path, file.mapping));
    for outcome in file.outcomes.iter().filter(shown) {
        let word = if outcome.differences.is_empty() { "ok    " } else { "failed" };
        out.text(&format!("  {word}  {}\n", outcome.name));
        for difference in &outcome.differences {
            out.text(&difference_text(difference));
        }
        if !outcome.notes.is_empty() {
            out.text("          what fell in this case:\n");
            outcome.notes.iter().for_each(|note| out.text(&format!("            {note}\n")));
        }
    }
    out.text("\n");
}

/// A difference in lines, indented.
pub fn difference_text(difference: &Difference) -> String {
    let key = |key: &Option<String>| key.as_ref().map(|key| format!(" {key}")).unwrap_or_default();
    let list = |fields: &[(String, String)]| {
        let fields = fields.iter().map(|(field, value)| format!("            {field}: {value}\n"));
        fields.collect::<String>()
    };
    match difference {
        Difference::Unreadable { what, why } => format!("          {what}: {why}\n"),
        Difference::Differs { entity, key: of, fields } => {
            let mut text = format!("          {entity}{}\n", key(of));
            for (field, expected, got) in fields {
                text.push_str(&format!(
                    "            {field}\n              expected  {expected}\n              got       {got}\n"
                ));
            }
            text
        }
        Difference::Missing { entity, fields } => {
            format!("          {entity} expected, but not made\n{}", list(fields))
        }
        Difference::Surplus { entity, key: of, fields } => {
            format!("          {entity}{} made, but not expected\n{}", key(of), list(fields))
        }
        Difference::Count { what, of, reason, expected, got } => {
            let of = if of.is_empty() { String::new() } else { format!("{of} ") };
            let reason = reason.as_ref().map(|reason| format!(" for \"{reason}\"")).unwrap_or_default();
            format!("          {of}{what}{reason}\n            expected  {expected}\n            got       {got}\n")
        }
        Difference::Gives { expected, got } => {
            format!("            expected  {expected}\n            got       {got}\n")
        }
    }
}

/// The form is written down in `grammar/schemas/output/test.json`: `{passed, failed, cases: [{file, line, mapping, name, passed, differences, notes}]}`
pub fn as_json(project: &Project, files: &[File], passed: usize, failed: usize) -> Value {
    let case = |file: &File, outcome: &Outcome| {
        json!({
            "file": file.path,
            "line": project.sources.position(outcome.span).0,
            "mapping": file.mapping,
            "name": outcome.name,
            "passed": outcome.differences.is_empty(),
            "differences": outcome.differences.iter().map(difference_json).collect::<Vec<_>>(),
            "notes": outcome.notes,
        })
    };
    let cases = files.iter().flat_map(|file| file.outcomes.iter().map(move |outcome| case(file, outcome)));
    json!({ "passed": passed, "failed": failed, "cases": cases.collect::<Vec<_>>() })
}

fn difference_json(difference: &Difference) -> Value {
    let map = |fields: &[(String, String)]| -> Value {
        fields
            .iter()
            .map(|(field, value)| (field.clone(), Value::from(value.clone())))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    match difference {
        Difference::Unreadable { what, why } => json!({ "kind": "unreadable", "what": what, "why": why }),
        Difference::Differs { entity, key, fields } => {
            let fields =
                fields.iter().map(|(field, expected, got)| json!({ "field": field, "expected": expected, "got": got }));
            json!({ "kind": "differs", "entity": entity, "key": key, "fields": fields.collect::<Vec<_>>() })
        }
        Difference::Missing { entity, fields } => json!({ "kind": "missing", "entity": entity, "fields": map(fields) }),
        Difference::Surplus { entity, key, fields } => {
            json!({ "kind": "surplus", "entity": entity, "key": key, "fields": map(fields) })
        }
        Difference::Count { what, of, reason, expected, got } => {
            json!({ "kind": what, "of": of, "reason": reason, "expected": expected, "got": got })
        }
        Difference::Gives { expected, got } => json!({ "kind": "gives", "expected": expected, "got": got }),
    }
}
