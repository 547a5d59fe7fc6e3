//! The command line: arguments to commands, one file each, and the exit code that says how it went.
//!
//! A command is a function from its arguments, the [`World`] and an [`Out`] to an [`Exit`]. What it prints as its result
//! goes to standard output, and is all that goes there; everything else (progress, notes, errors) goes to standard error.

pub mod exit;
pub mod out;
pub mod progress;
pub mod args;
pub mod library;
pub mod project;
pub mod standing;
pub mod check;
pub mod job;
pub mod tell;
pub mod preview;
pub mod run;
pub mod apply;
pub mod map;
pub mod plan;
pub mod history;
pub mod held;
pub mod secret;
pub mod privacy;
pub mod overlay;
pub mod try_it;
pub mod new;
pub mod explain;
pub mod functions;
pub mod test;
pub mod docs;
pub mod fmt;
pub mod schema;
pub mod lsp;
pub mod version;
pub mod diff;

pub use exit::Exit;
pub use out::Out;

use crate::world::World;
use args::{Arguments, Command};
use clap::Parser;
use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal};

/// Runs a command line, the program's name first, on the streams of this process.
pub fn main(args: impl IntoIterator<Item = OsString>, world: &dyn World) -> std::process::ExitCode {
    let mut result = BufWriter::new(io::stdout());
    let mut notes = io::stderr();
    let style = out::style(world, io::stdout().is_terminal());
    let mut out = Out::new(&mut result, &mut notes, style).watched(io::stderr().is_terminal());
    run_on(args, world, &mut out).into()
}

/// Runs a command line on given streams.
pub fn run_on(args: impl IntoIterator<Item = OsString>, world: &dyn World, out: &mut Out) -> Exit {
    let exit = match Arguments::try_parse_from(args) {
        Ok(arguments) => command(&arguments.command, world, out),
        Err(said) => not_run(&said, out),
    };
    out.finish(exit)
}

fn command(command: &Command, world: &dyn World, out: &mut Out) -> Exit {
    match command {
        Command::Check(args) => check::run(args, world, out),
        Command::Plan(args) => plan::run(args, world, out),
        Command::Map(args) => map::run(args, world, out),
        Command::Preview(args) => preview::run(args, world, out),
        Command::Apply(args) => apply::run(args, world, out),
        Command::Run(args) => run::run(args, world, out),
        Command::History(args) => history::run(args, world, out),
        Command::Held(args) => held::held(args, world, out),
        Command::Decide(args) => held::decided(args, world, out),
        Command::Try(args) => try_it::run(args, world, out),
        Command::New(args) => new::run(args, world, out),
        Command::Explain(args) => explain::run(args, world, out),
        Command::Functions(args) => functions::run(args, world, out),
        Command::Test(args) => test::run(args, world, out),
        Command::Docs(args) => docs::run(args, world, out),
        Command::Fmt(args) => fmt::run(args, world, out),
        Command::Pause(args) => standing::pause(&args.standing, world, out),
        Command::Resume(args) => standing::resume(&args.standing, world, out),
        Command::Secret(args) => secret::run(args, world, out),
        Command::Privacy(args) => privacy::run(args, world, out),
        Command::Overlay(args) => overlay::run(args, world, out),
        Command::Schema(args) => schema::run(args, world, out),
        Command::Lsp(args) => lsp::run(args, world, out),
        Command::Diff(args) => diff::run(args, world, out),
    }
}

/// Help and version are results; everything else that clap says is a wrong argument.
fn not_run(said: &clap::Error, out: &mut Out) -> Exit {
    let text = said.render();
    let text = if out.style().colour { text.ansi().to_string() } else { text.to_string() };
    if said.use_stderr() {
        out.note(text.trim_end());
        Exit::Usage
    } else {
        out.text(&text);
        Exit::Done
    }
}

#[cfg(test)]
mod tests;
