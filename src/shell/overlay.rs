//! `koppla overlay [SYNC]`: what a customer has otherwise than the standard, and why.

use super::args::{Format, OverlayArgs};
use super::{Exit, Out};
use crate::documents::overlay;
use crate::world::World;

/// Prints the differences.
pub fn run(args: &OverlayArgs, world: &dyn World, out: &mut Out) -> Exit {
    match shown(args, world, out) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn shown(args: &OverlayArgs, world: &dyn World, out: &mut Out) -> Result<Exit, Exit> {
    let project = super::project::open(&args.project.project, world, out)?;
    project.gate(out)?;
    let (sync, _) = project.sync(args.sync.as_deref(), out)?;
    let name = &project.model.sync(sync).name.text;
    let all = overlay::differences(&project.model, &project.sources, sync);
    match args.format.format {
        Format::Json => out.json(&overlay::json(name, &all)),
        Format::Human => out.text(&overlay::text(name, &all, out.style().width)),
    }
    Ok(Exit::Done)
}
