//! `koppla test --record`: a case out of what the source of a sync holds, with invented people.

use super::coverage::place;
use super::show::difference_text;
use crate::check::Route;
use crate::finding::Severity;
use crate::finding::layout::counted;
use crate::model::{Case, Test};
use crate::run::cases::coverage::Coverage;
use crate::run::cases::recording::{Recording, Seen, Step, Touched, record as recorded, seen_in, write};
use crate::run::cases::syncs::{self, Proposed};
use crate::run::cases::{Bench, Difference};
use crate::run::stage::{self, Worked};
use crate::shell::args::TestArgs;
use crate::shell::job::{Job, runtime};
use crate::shell::progress::Progress;
use crate::shell::project::{Documents, Project, is_document};
use crate::shell::{Exit, Out};
use crate::value::Arena;
use crate::world::World;
use std::cell::RefCell;

/// Where the case stands while it is tried, if it is to be written elsewhere.
const PATH: &str = "recorded.test.yaml";

/// Reads the source, picks, invents, tries the case, and writes it. Exit 1 if something keeps it from being written, or from
/// touching all that the source touches.
pub fn record(
    args: &TestArgs,
    sync: &str,
    (project, documents): (&Project, Documents),
    world: &dyn World,
    out: &mut Out,
) -> Result<Exit, Exit> {
    if let Some(path) = args.record_out.as_deref().filter(|path| !matches!(world.stat(path), Ok(None))) {
        out.error(&format!("{} is there already; --record-out names another, or delete it first", path.display()));
        return Err(Exit::Usage);
    }
    let name = Some(sync).filter(|name| !name.is_empty());
    let job = Job::ready(project, name, args.as_of, false, world, out)?;
    let progress = Progress::new(out);
    let runtime = runtime().map_err(|why| {
        out.error(&why);
        Exit::Usage
    })?;
    let read = runtime.block_on(job.read(false, &progress));
    if let Some(fault) = read.left.values().flat_map(|gathered| &gathered.outcome.faults).next() {
        out.error(&format!("the source cannot be read: {}", fault.say));
        return Err(Exit::Found);
    }
    let (arena, codecs) = (Arena::new(), stage::lookup_codecs(&project.model));
    let lookups = stage::lookups(&project.model, &codecs, &arena);
    let mut told = |step: Step| {
        let (what, records) = match step {
            Step::Looking(records) => ("looking at what records touch:", records),
            Step::Left(records) => ("picking as few records as do:", records),
        };
        progress.begin(what, None);
        progress.advance(records as u64);
    };
    let made = recorded(&project.model, &job.plan, &read, &lookups, job.as_of, &mut told);
    drop(progress);
    // A sync without a mapping has no plan, and the job would not be ready.
    let Some(recording) = made else { return Err(Exit::Found) };
    let path = args.record_out.as_ref().and_then(|path| path.strip_prefix(&args.project.project).ok());
    let path = path.map(|path| path.to_string_lossy().replace('\\', "/")).filter(|path| is_document(path));
    let trial = Trial { project, documents, path: path.unwrap_or_else(|| PATH.into()), world };
    let refused = |out: &mut Out, why: &str| {
        out.error(&format!("no case was written: {why}"));
        Exit::Found
    };
    // With `changes` it is a case of a sync, also where a mapping has its name.
    let (proposed, _) =
        trial.proposed(&format!("{}    changes: {{}}\n", recording.given)).map_err(|why| refused(out, &why))?;
    let right = job.plan.route.mappings.last().map_or(&[][..], |mapping| &mapping.right);
    let text = recording.given.clone() + &write::expected(&project.model, right, &proposed);
    let left = recording.left_in(&write::texts(&project.model, right, &proposed));
    if !left.is_empty() {
        let count = counted(left.len() as u64, "text");
        return Err(refused(out, &format!("{count} of the originals would still stand in it")));
    }
    let (_, touched) = trial.passes(&text).map_err(|why| refused(out, &why))?;
    out.text_to(args.record_out.as_deref(), &text, args.project.quiet, world)?;
    Ok(tell(project, &recording, &touched, out))
}

/// Says what was picked, and what of the source the case does not touch.
fn tell(project: &Project, recording: &Recording<'_>, touched: &Touched, out: &mut Out) -> Exit {
    let (picked, of) = (recording.picked, recording.of);
    out.note(&format!("{picked} of {of} records picked, with invented people: they touch all that the source touches"));
    let public = recording.public();
    if !public.is_empty() {
        out.note(&format!("of these public fields it holds texts as they are, so read them: {}", public.join(", ")));
    }
    if !recording.smallest {
        out.note("the source is large: the search for fewer ended early, and some of these could be left out");
    }
    let lost: Vec<String> = recording
        .touched
        .difference(touched)
        .filter_map(|(stage, seen)| match seen {
            Seen::Site(site) => {
                let item = recording.all[*stage].item(*site)?;
                Some(format!("  {}  {}: {}", place(project, item), item.of, item.what))
            }
            Seen::Stopped(of, why) => Some(format!("  {of}: {why}")),
            Seen::Protected(entity) => Some(format!("  {}: protected", project.model.entity(*entity).name.text)),
        })
        .collect();
    if lost.is_empty() {
        return Exit::Done;
    }
    out.note(&format!(
        "but for this, which hung on what the originals were or on many of them; add a case for it by hand:\n{}",
        lost.join("\n")
    ));
    Exit::Found
}

/// A document that is tried before it is written.
struct Trial<'t> {
    project: &'t Project,
    documents: Documents,
    path: String,
    world: &'t dyn World,
}

impl Trial<'_> {
    /// What a run does with what the case of a document gives, and what of the mappings that touches.
    fn proposed(&self, text: &str) -> Result<(Proposed, Touched), String> {
        self.with(text, |bench, route, test, case, watch| {
            syncs::proposed(bench, route, test, case, self.world, watch).map_err(|wrong| said(&wrong))
        })
    }

    /// Whether the case of a document passes.
    fn passes(&self, text: &str) -> Result<((), Touched), String> {
        self.with(text, |bench, route, test, case, watch| {
            let outcome = syncs::work(bench, route, test, case, self.world, watch);
            if outcome.differences.is_empty() { Ok(()) } else { Err(said(&outcome.differences)) }
        })
    }

    fn with<R>(
        &self,
        text: &str,
        work: impl Fn(&Bench<'_>, &Route, &Test, &Case, &dyn Fn(usize, &Worked<'_>)) -> Result<R, String>,
    ) -> Result<(R, Touched), String> {
        let mut documents = self.documents.clone();
        documents.retain(|(path, _)| *path != self.path);
        documents.push((self.path.clone(), text.as_bytes().to_vec()));
        documents.sort();
        let project = Project::of_needed(&self.project.folder, &documents);
        let model = &project.model;
        let is_here = |test: &&Test| project.sources.file(test.file).path == self.path;
        let test = model.tests.iter().find(is_here);
        let wrong = project.findings.iter().find(|finding| {
            finding.severity == Severity::Error && project.sources.file(finding.span.file).path == self.path
        });
        if let Some(wrong) = wrong {
            return Err(wrong.message());
        }
        let Some((test, case)) = test.and_then(|test| Some((test, test.cases.first()?))) else {
            return Err("the case cannot be read".into());
        };
        let route = project.typed.routes.iter().find(|route| Some(route.sync) == test.sync);
        let Some(route) = route else { return Err("the sync has no route".into()) };
        let (arena, codecs) = (Arena::new(), stage::lookup_codecs(model));
        let lookups = stage::lookups(model, &codecs, &arena);
        let bench = Bench { model, lookups: &lookups, today: jiff::civil::Date::ZERO };
        let touched = RefCell::new(Touched::new());
        let watch = |stage: usize, worked: &Worked<'_>| {
            let mut coverage = Coverage::of(model, &route.typed[stage], &|_| true);
            coverage.watch(worked);
            touched.borrow_mut().extend(seen_in(stage, worked, &coverage));
        };
        let result = work(&bench, route, test, case, &watch)?;
        Ok((result, touched.into_inner()))
    }
}

fn said(differences: &[Difference]) -> String {
    let text: String = differences.iter().map(difference_text).collect();
    text.trim().to_string()
}
