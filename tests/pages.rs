//! Every code has a page of the right form, and texts of the right form.

#![expect(clippy::disallowed_methods, reason = "tests read their own files")]

mod project;

use koppla::finding::page::{DEMO, ExampleFile, Page};
use koppla::finding::{Code, codes, terminal};
use koppla::shell::{Exit, Out, run_on};
use koppla::world::TestWorld;
use std::collections::BTreeMap;

/// What a word of a message counts for: names of fields and documents are rarely longer.
const WORD: usize = 12;

/// Collects what is wrong over all codes, so that one run shows everything.
fn each_code(check: impl Fn(&Code, &mut Vec<String>)) {
    let mut wrong = Vec::new();
    for code in codes::all() {
        let mut here = Vec::new();
        check(code, &mut here);
        wrong.extend(here.into_iter().map(|what| format!("{}: {what}", code.slug)));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Characters of a message with its words filled.
fn filled_length(message: &str) -> usize {
    let mut length = 0;
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('{') {
        let after = after.split_once('}').map_or("", |(_, after)| after);
        length += before.chars().count() + WORD;
        rest = after;
    }
    length + rest.chars().count()
}

#[test]
fn slugs_are_kebab_case_and_unique() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for code in codes::all() {
        *seen.entry(code.slug).or_default() += 1;
    }
    let twice: Vec<_> = seen.iter().filter(|(_, count)| **count > 1).map(|(slug, _)| slug).collect();
    assert!(twice.is_empty(), "codes that stand twice: {twice:?}");
    each_code(|code, wrong| {
        let part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !code.slug.split('-').all(part) {
            wrong.push("is not kebab-case".into());
        }
    });
}

#[test]
fn messages_stand_alone_on_one_line() {
    each_code(|code, wrong| {
        let length = filled_length(code.message);
        if length > 70 {
            wrong.push(format!("the message has about {length} characters: {}", code.message));
        }
        if code.message.starts_with(|first: char| first.is_uppercase()) && !starts_with_a_name(code.message) {
            wrong.push(format!("the message begins with a capital: {}", code.message));
        }
        for text in [code.message, code.label] {
            if text.is_empty() || text.ends_with('.') || text.contains('\n') || text.trim() != text {
                wrong.push(format!("must be one line without a full stop: {text:?}"));
            }
        }
    });
}

/// True if the first word is a name that is written in capitals: `YAML`, `HTTP`.
fn starts_with_a_name(message: &str) -> bool {
    let first = message.split(' ').next().unwrap_or("");
    first.len() > 1 && first.chars().all(|character| !character.is_lowercase())
}

#[test]
fn helps_are_one_action() {
    each_code(|code, wrong| {
        for help in code.help {
            if help.is_empty() || help.contains('\n') || help.ends_with('.') || help.chars().count() > 160 {
                wrong.push(format!("a help is one short line without a full stop: {help:?}"));
            }
        }
        // A help without words would hide the ones after it.
        if let Some(at) = code.help.iter().position(|help| !help.contains('{')).filter(|at| at + 1 < code.help.len()) {
            wrong.push(format!("the helps after {:?} are never shown", code.help[at]));
        }
    });
}

#[test]
fn braces_of_texts_hold_words() {
    each_code(|code, wrong| {
        for text in [code.message, code.label].into_iter().chain(code.help.iter().copied()) {
            let mut rest = text;
            while let Some((_, after)) = rest.split_once('{') {
                let Some((word, after)) = after.split_once('}') else {
                    wrong.push(format!("a brace has no end: {text}"));
                    break;
                };
                if word.is_empty() || !word.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
                    wrong.push(format!("`{{{word}}}` is no word: {text}"));
                }
                rest = after;
            }
        }
    });
}

#[test]
fn every_code_has_a_page_with_a_bad_and_a_good_example() {
    each_code(|code, wrong| match Page::parse(code.page) {
        Err(why) => wrong.push(why),
        Ok(page) => {
            if page.title != code.slug {
                wrong.push(format!("the page is called `{}`", page.title));
            }
            if page.bad().next().is_none() {
                wrong.push("the page has no bad example".into());
            }
            if page.good().next().is_none() {
                wrong.push("the page has no good example".into());
            }
        }
    });
}

/// Codes of connections come from the protocols, whose own tests run their pages: `check` does not ask them yet.
fn found_by_check(code: &Code) -> bool {
    !codes::system::ALL.iter().any(|known| known.slug == code.slug) && code.slug != codes::sync::CASE_FAILED.slug
}

/// Whether a case comes out is found by working it.
#[test]
fn a_bad_case_fails_and_a_good_one_passes() {
    let page = Page::parse(codes::sync::CASE_FAILED.page).expect("a page");
    let tested = |files: &[ExampleFile]| {
        let world = TestWorld::new();
        DEMO.iter().for_each(|(path, text)| world.put(path, *text));
        files.iter().for_each(|file| world.put(&file.path, file.text.clone()));
        let (mut result, mut notes) = (Vec::new(), Vec::new());
        let mut out = Out::new(&mut result, &mut notes, terminal::Style::default());
        let exit = run_on(["koppla", "test", "--format", "github"].map(Into::into), &world, &mut out);
        (exit, String::from_utf8_lossy(&result).matches("title=case-failed").count())
    };
    page.bad().for_each(|files| assert_eq!(tested(files), (Exit::Found, 1)));
    page.good().for_each(|files| assert_eq!(tested(files), (Exit::Done, 0)));
}

#[test]
fn a_bad_example_gives_exactly_its_code_and_a_good_one_none() {
    each_code(|code, wrong| {
        let Some(page) = Page::parse(code.page).ok().filter(|_| found_by_check(code)) else { return };
        for files in page.bad() {
            expect(files, &[code.slug], wrong);
        }
        for files in page.good() {
            expect(files, &[], wrong);
        }
    });
}

/// What these documents give must be these codes, each with texts that are filled and short.
fn expect(files: &[ExampleFile], codes: &[&str], wrong: &mut Vec<String>) {
    let project::Project { sources, found, .. } = project::of(files);
    let given: Vec<&str> = found.iter().map(|finding| finding.code.slug).collect();
    if given != codes {
        let shown = terminal::render(&found, &sources, &terminal::Style::default());
        wrong.push(format!("expected {codes:?}, found {given:?}\n{shown}"));
    }
    for finding in &found {
        let (message, label) = (finding.message(), finding.label());
        if message.chars().count() > 70 {
            wrong.push(format!("the message has {} characters: {message}", message.chars().count()));
        }
        if message.contains("{") && finding.code.message.contains("{") || label.is_empty() {
            wrong.push(format!("a word is missing: {message} / {label}"));
        }
    }
}

#[test]
fn every_page_belongs_to_a_code() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/finding/pages");
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut orphans: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.strip_suffix(".md").is_none_or(|slug| codes::find(slug).is_none()))
        .collect();
    orphans.sort();
    assert!(orphans.is_empty(), "pages without a code: {orphans:?}");
}
