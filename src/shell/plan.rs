//! `koppla plan [SYNC]`: what a run reads, joins, maps, matches and writes, in which order.

use super::args::{Format, PlanArgs};
use super::{Exit, Out};
use crate::documents::plan;
use crate::finding::Findings;
use crate::plan::lower;
use crate::world::World;

/// Prints the compiled sync. Nothing is opened.
pub fn run(args: &PlanArgs, world: &dyn World, out: &mut Out) -> Exit {
    let mut work = || -> Result<Exit, Exit> {
        let project = super::project::open(&args.project.project, world, out)?;
        project.gate(out)?;
        let (_, route) = project.sync(args.sync.as_deref(), out)?;
        let compiled = lower(&project.model, route, &mut Findings::default());
        match args.format.format {
            Format::Json => out.json(&plan::json(&compiled)),
            Format::Human => {
                let is_set = |name: &str| world.environment(name).is_some_and(|value| !value.is_empty());
                out.text(&plan::text(&compiled, &project.sources, &is_set));
            }
        }
        Ok(Exit::Done)
    };
    match work() {
        Ok(exit) | Err(exit) => exit,
    }
}
