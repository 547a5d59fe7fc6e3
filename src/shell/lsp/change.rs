//! What an editor changes for people: columns, renamed fields and rules, mistakes that have one certain answer.

use super::index::Symbol;
use super::{Here, shown, text};
use crate::finding::Finding;
use crate::model::shape::is_name;
use crate::shell::fmt;
use crate::shell::project::Project;
use crate::source::Span;
use crate::world::World;
use lsp_types::{CodeAction, CodeActionKind, PrepareRenameResponse, Range, TextEdit, WorkspaceEdit};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Places and their new texts.
pub type Edits = Vec<(Span, String)>;

/// The document with its rules in columns, as one change; nothing if it stands so, or cannot be read.
pub fn formatted(document: &str) -> Vec<TextEdit> {
    match fmt::in_columns(document).filter(|after| after != document) {
        Some(new_text) => vec![TextEdit { range: text::range(document, 0..document.len()), new_text }],
        None => Vec::new(),
    }
}

/// The name that would be renamed here: of a field or a rule of the project's own.
pub fn prepare(here: &Here<'_>) -> Option<PrepareRenameResponse> {
    let mark = here.index.at(here.file, here.offset)?;
    renamable(here, &mark.symbol).ok()?;
    let placeholder = here.project.sources.slice(mark.span).to_string();
    Some(PrepareRenameResponse::RangeWithPlaceholder { range: here.range(mark.span), placeholder })
}

fn renamable(here: &Here<'_>, symbol: &Symbol) -> Result<(), String> {
    if !matches!(symbol, Symbol::Field(..) | Symbol::Label(..)) {
        return Err("only fields and rules can be renamed".into());
    }
    let definition = here.index.definition(&here.project.model, symbol).ok_or("nothing here can be renamed")?;
    match here.project.is_own(definition.file) {
        true => Ok(()),
        false => Err("this is a name of the library, which a project cannot change".into()),
    }
}

/// All places of the field or rule here, with the new name.
pub fn rename(here: &Here<'_>, new: &str) -> Result<Edits, String> {
    let mark = here.index.at(here.file, here.offset).ok_or("nothing here can be renamed")?;
    renamable(here, &mark.symbol)?;
    let written = match &mark.symbol {
        Symbol::Field(..) if !is_name(new) => {
            return Err(format!("`{new}` is no name: names are letters, digits and `_`, a letter first"));
        }
        Symbol::Label(..) => as_label(new)?,
        _ => new.to_string(),
    };
    let sources = &here.project.sources;
    let places = here.index.places(&here.project.model, &mark.symbol);
    let own = places.into_iter().filter(|span| here.project.is_own(span.file));
    // In files and calls a field keeps the name that it has there.
    let kept = here.index.kept_in_place(&here.project.model, &mark.symbol, sources.slice(mark.span));
    let kept = kept.into_iter().filter(|(span, _)| here.project.is_own(span.file));
    Ok(own
        .map(|span| {
            // A label in quotes stays in quotes.
            let quoted = sources.slice(span).starts_with('"') && !written.starts_with('"');
            (span, if quoted { format!("\"{written}\"") } else { written.clone() })
        })
        .chain(kept)
        .collect())
}

/// A label as it is written in front of a rule.
fn as_label(new: &str) -> Result<String, String> {
    if new.trim() != new || new.is_empty() || new.contains(['\n', '\r', '"', '\\']) {
        return Err("a label is one line without quotes and without blanks at its ends".into());
    }
    let plain = !new.contains(": ") && !new.ends_with(':') && !new.contains(" #") && !new.starts_with('#');
    Ok(if plain { new.to_string() } else { format!("\"{new}\"") })
}

/// Checks the project as it would be: a renaming must not make a finding that was not there.
pub fn proven(project: &Project, edits: &Edits, folder: &Path, world: &dyn World) -> Result<(), String> {
    let texts = changed(project, edits);
    let after = Project::with_open(folder, &texts, world)?;
    let count = |project: &Project| {
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        project.findings.iter().for_each(|finding| *counts.entry(finding.code.slug).or_default() += 1);
        counts
    };
    let before = count(project);
    let more = count(&after).into_iter().find(|(code, count)| before.get(code).copied().unwrap_or(0) < *count);
    let Some((code, _)) = more else { return Ok(()) };
    let finding = after.findings.iter().find(|finding| finding.code.slug == code);
    let told = finding.map_or(String::new(), |finding| {
        let (line, _) = after.sources.position(finding.span);
        format!(" in {}, line {line}: {}", after.sources.file(finding.span.file).path, finding.message())
    });
    Err(format!("not renamed: it would be a mistake{told}"))
}

/// The changed texts, and those of all other own files as they are open.
fn changed(project: &Project, edits: &Edits) -> BTreeMap<String, String> {
    let own = project.sources.ids().filter(|&file| project.is_own(file));
    own.map(|file| {
        let source = project.sources.file(file);
        let mut here: Vec<&(Span, String)> = edits.iter().filter(|(span, _)| span.file == file).collect();
        here.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
        let mut text = source.text.clone();
        here.into_iter().for_each(|(span, new)| text.replace_range(span.range(), new));
        (source.path.clone(), text)
    })
    .collect()
}

/// Edits as the protocol has them.
#[allow(clippy::mutable_key_type, reason = "the protocol's own type; addresses are not changed")]
pub fn workspace_edit(project: &Project, edits: &Edits, folder: &Path) -> WorkspaceEdit {
    let mut by_file = HashMap::new();
    for (span, new_text) in edits {
        let file = project.sources.file(span.file);
        if let Some(uri) = text::uri(&folder.join(&file.path)) {
            let edit = TextEdit { range: text::range(&file.text, span.range()), new_text: new_text.clone() };
            by_file.entry(uri).or_insert_with(Vec::new).push(edit);
        }
    }
    WorkspaceEdit { changes: Some(by_file), ..WorkspaceEdit::default() }
}

/// Quick fixes in a range: where a finding knows the name that was meant.
pub fn fixes(here: &Here<'_>, range: Range) -> Vec<CodeAction> {
    let file_text = here.text();
    let (start, end) = (text::offset(file_text, range.start), text::offset(file_text, range.end));
    let touches = |finding: &&Finding| {
        let span = finding.span.range();
        finding.span.file == here.file && span.start <= end && start <= span.end
    };
    let findings = here.project.findings.iter().filter(touches);
    findings.filter_map(|finding| fix(here, finding)).collect()
}

fn fix(here: &Here<'_>, finding: &Finding) -> Option<CodeAction> {
    let word = |name: &str| finding.words.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str());
    let suggestion = word("suggestion")?;
    let slice = here.project.sources.slice(finding.span);
    let wrong = ["name", "key", "word", "row"].into_iter().find_map(word)?;
    // The wrong word must stand there as it is; a whole rule around it is nothing to replace.
    let at = slice.find(wrong).filter(|_| slice.trim_matches(['"', '\'', '$']) == wrong)?;
    let span = Span {
        start: finding.span.start + at as u32,
        end: finding.span.start + (at + wrong.len()) as u32,
        ..finding.span
    };
    let edits = vec![(span, suggestion.to_string())];
    Some(CodeAction {
        title: format!("replace `{wrong}` by `{suggestion}`"),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![shown::diagnostic(here.project, finding, here.folder)]),
        edit: Some(workspace_edit(here.project, &edits, here.folder)),
        is_preferred: Some(true),
        ..CodeAction::default()
    })
}
