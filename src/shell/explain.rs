//! `koppla explain [CODE]`: the page of a code, or the list of all codes.

use super::args::{ExplainArgs, Format};
use super::{Exit, Out};
use crate::finding::page::{self, ExampleFile, Page};
use crate::finding::{Code, codes};
use crate::world::World;
use serde_json::{Value, json};

/// Prints the page, or the list. A code that does not exist is a wrong argument.
pub fn run(args: &ExplainArgs, _world: &dyn World, out: &mut Out) -> Exit {
    let width = out.style().width;
    if args.all {
        every_page(args.format.format, width, out);
        return Exit::Done;
    }
    let Some(slug) = &args.code else {
        match args.format.format {
            Format::Human => out.text(&page::list(width)),
            Format::Json => out.json(&all()),
        }
        return Exit::Done;
    };
    // A code is often copied with its brackets.
    let slug = slug.trim_matches(|around| matches!(around, '[' | ']' | '`'));
    let Some(code) = codes::find(slug) else {
        out.error(&page::unknown(slug));
        return Exit::Usage;
    };
    match args.format.format {
        Format::Human => out.text(&page::explain(code, width)),
        Format::Json => out.json(&one(code)),
    }
    Exit::Done
}

/// The pages of all codes by area, with a line between two; as JSON `{codes: […]}`, each as for one code.
fn every_page(format: Format, width: usize, out: &mut Out) {
    match format {
        Format::Human => {
            for (index, code) in codes::all().enumerate() {
                let line = if index > 0 { format!("\n{}\n\n", "─".repeat(width.min(40))) } else { String::new() };
                out.text(&format!("{line}{}", page::explain(code, width)));
            }
        }
        Format::Json => out.json(&json!({ "codes": codes::all().map(one).collect::<Vec<_>>() })),
    }
}

/// `{codes: [{area, code, severity, message}]}`; words of messages stand in braces.
fn all() -> Value {
    let of_area = |(area, codes): (&'static str, &'static [&'static Code])| {
        codes.iter().map(move |code| json!({ "area": area, "code": code.slug, "severity": code.severity.word(), "message": code.message }))
    };
    json!({ "codes": codes::areas().into_iter().flat_map(of_area).collect::<Vec<_>>() })
}

/// `{code, severity, message, label, help, page, bad, good}`: `page` is Markdown, examples are lists of files.
fn one(code: &Code) -> Value {
    let parsed = Page::parse(code.page).ok();
    let files = |files: &[ExampleFile]| -> Value {
        files.iter().map(|file| json!({ "path": file.path, "text": file.text })).collect()
    };
    let bad: Vec<Value> = parsed.iter().flat_map(|page| page.bad().map(files)).collect();
    let good: Vec<Value> = parsed.iter().flat_map(|page| page.good().map(files)).collect();
    json!({
        "code": code.slug,
        "severity": code.severity.word(),
        "message": code.message,
        "label": code.label,
        "help": code.help,
        "page": code.page,
        "bad": bad,
        "good": good,
    })
}
