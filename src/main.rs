//! Koppla's command line: arguments, the real world, the shell, the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    // One TLS stack, chosen once; a second call would say that it is chosen already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    koppla::shell::main(std::env::args_os(), &koppla::world::OsWorld)
}
