//! Arguments → world → shell → exit code.

use koppla::{shell, world::OsWorld};
use std::process::ExitCode;

fn main() -> ExitCode {
    // Fails only if a provider stands already, which is just as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    shell::run(std::env::args_os(), &OsWorld)
}
