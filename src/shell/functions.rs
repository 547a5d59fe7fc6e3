//! `koppla functions [NAME]`: the functions of the language.

use super::args::{Format, FunctionsArgs};
use super::{Exit, Out};
use crate::documents::functions;
use crate::function;
use crate::world::World;

/// Prints the page of a function, or the list of all. A name that does not exist is a wrong argument.
pub fn run(args: &FunctionsArgs, _world: &dyn World, out: &mut Out) -> Exit {
    let width = out.style().width;
    let Some(name) = &args.name else {
        match args.format.format {
            Format::Human => out.text(&functions::list(width)),
            Format::Json => out.json(&functions::json()),
        }
        return Exit::Done;
    };
    let Some(function) = function::find(name) else {
        out.error(&functions::unknown(name));
        return Exit::Usage;
    };
    match args.format.format {
        Format::Human => out.text(&functions::page(function, width)),
        Format::Json => out.json(&functions::object(function)),
    }
    Exit::Done
}
