//! `koppla privacy [SYNC]`: where each class of personal data goes and who has agreed; the draft of an article 30 record.

use super::args::{PrivacyArgs, ReportFormat};
use super::{Exit, Out};
use crate::documents::privacy::{self, Consent};
use crate::finding::{Finding, Severity};
use crate::world::World;

/// Findings of the proof itself: the table shows what they are about.
const OWN: [&str; 6] = [
    "class-reaches-target",
    "class-lost",
    "who-is-seen-tells",
    "matched-field-hides-class",
    "class-in-key",
    "allow-grants-nothing",
];

/// Prints the proof, or writes it into a file. Exit 1 if consent is missing somewhere.
pub fn run(args: &PrivacyArgs, world: &dyn World, out: &mut Out) -> Exit {
    match shown(args, world, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn shown(args: &PrivacyArgs, world: &dyn World, out: &mut Out) -> Result<Exit, Exit> {
    let project = super::project::open(&args.project.project, world, out)?;
    let (about, others): (Vec<Finding>, Vec<Finding>) =
        project.findings.iter().cloned().partition(|finding| OWN.contains(&finding.code.slug));
    if others.iter().any(|finding| finding.severity == Severity::Error) {
        project.print_findings(&others, out);
        return Err(Exit::Found);
    }
    let (_, route) = project.sync(args.sync.as_deref(), out)?;
    let privacy = privacy::privacy(&project.model, &project.sources, route);
    let text = match args.format {
        ReportFormat::Human => privacy::text(&privacy, out.style().width),
        ReportFormat::Markdown => privacy::markdown(&privacy),
        ReportFormat::Html => privacy::html(&privacy),
        ReportFormat::Json => format!("{:#}\n", privacy::json(&privacy)),
    };
    out.text_to(args.out.as_deref(), &text, args.project.quiet, world)?;
    let missing = privacy.flows.iter().any(|flow| flow.consent == Consent::Missing);
    let refused = missing || about.iter().any(|finding| finding.severity == Severity::Error);
    if refused {
        out.error("consent is missing, or a field does not say what it holds: koppla check shows each place");
    }
    Ok(if refused { Exit::Found } else { Exit::Done })
}
