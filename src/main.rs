//! Koppla's command line: arguments, the real world, the shell, the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    // One TLS stack, chosen once; a second call would say that it is chosen already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    heed_file_limit();
    koppla::shell::main(std::env::args_os(), &koppla::world::OsWorld)
}

/// A full quota becomes an error with words. Where it cannot, the system ends the process there; that is survived too.
fn heed_file_limit() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let heed = |runtime: tokio::runtime::Runtime| runtime.block_on(async { koppla::world::OsWorld::heed_file_limit() });
    let _ = runtime.and_then(heed);
}
