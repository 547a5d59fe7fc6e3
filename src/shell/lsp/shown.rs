//! Findings and places as an editor shows them.

use super::{severity, text};
use crate::finding::Finding;
use crate::shell::project::Project;
use crate::source::Span;
use crate::world::World;
use lsp_types::{Diagnostic, DiagnosticRelatedInformation, Location, NumberOrString};
use std::collections::BTreeMap;
use std::path::Path;

/// The findings of the project's own files.
pub fn diagnostics(project: &Project, folder: &Path) -> BTreeMap<String, Vec<Diagnostic>> {
    let mut by_file: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
    for finding in project.findings.iter().filter(|finding| project.is_own(finding.span.file)) {
        let path = project.sources.file(finding.span.file).path.clone();
        by_file.entry(path).or_default().push(diagnostic(project, finding, folder));
    }
    by_file
}

/// A finding: what is wrong, why here, what to do.
pub fn diagnostic(project: &Project, finding: &Finding, folder: &Path) -> Diagnostic {
    let others = finding.others.iter().filter_map(|(span, message)| {
        let location = own_location(project, *span, folder)?;
        Some(DiagnosticRelatedInformation { location, message: message.clone() })
    });
    let mut message = format!("{}\n{}", finding.message(), finding.label());
    if let Some(help) = finding.help() {
        message.push_str(&format!("\nhelp: {help}"));
    }
    Diagnostic {
        range: text::range(&project.sources.file(finding.span.file).text, finding.span.range()),
        severity: Some(severity(finding.severity)),
        code: Some(NumberOrString::String(finding.code.slug.to_string())),
        source: Some("koppla".into()),
        message,
        related_information: Some(others.collect()),
        ..Diagnostic::default()
    }
}

fn own_location(project: &Project, span: Span, folder: &Path) -> Option<Location> {
    let file = project.sources.file(span.file);
    let own = project.is_own(span.file);
    let uri = text::uri(&folder.join(&file.path)).filter(|_| own)?;
    Some(Location { uri, range: text::range(&file.text, span.range()) })
}

/// Where a span lies. A document of the library lies in the program: a copy to read is put under `.koppla/library`.
pub fn location(project: &Project, span: Span, folder: &Path, world: &dyn World) -> Option<Location> {
    let file = project.sources.file(span.file);
    let Some(name) = file.path.strip_prefix("library:") else { return own_location(project, span, folder) };
    let path = folder.join(".koppla/library").join(name);
    if world.read(&path).ok().as_deref() != Some(file.text.as_bytes()) {
        world.create_folder(path.parent()?).ok()?;
        let mut copy = world.create(&path, false).ok()?;
        copy.write_all(file.text.as_bytes()).ok()?;
    }
    Some(Location { uri: text::uri(&path)?, range: text::range(&file.text, span.range()) })
}
