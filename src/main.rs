//! Koppla's command line: arguments, the real world, the shell, the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    // One TLS stack, chosen once; a second call would say that it is chosen already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    heed_file_limit();
    keep_room();
    koppla::shell::main(std::env::args_os(), &koppla::world::OsWorld)
}

/// A full quota becomes an error with words. Where it cannot, the system ends the process there; that is survived too.
fn heed_file_limit() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let heed = |runtime: tokio::runtime::Runtime| runtime.block_on(async { koppla::world::OsWorld::heed_file_limit() });
    let _ = runtime.and_then(heed);
}

/// Windows of a list ask for some megabytes each, again and again. glibc gives such room back to the system each time and has every
/// page of it cleared anew, which took a fifth of the time of mapping large documents, until it has seen one piece so large
/// given back: then it keeps as much for whoever asks next (`M_MMAP_THRESHOLD` in mallopt(3)). It is never written to, so it takes no
/// memory.
fn keep_room() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(4 << 20)));
}
