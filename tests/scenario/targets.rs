//! A target or a store that cannot be written: the run says so and ends with 2, and the next one makes it good.

use crate::town::{STORE, SYNC, Said, Town, said, same};
use koppla::shell::Exit;
use koppla::store::Store;
use koppla::world::{Effect, OsWorld, World};
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

/// A night in a town with something to write and a fault, then a night without it.
#[track_caller]
fn made_good(fault: impl Fn(&Town), words: &[&str]) {
    let settled = Town::settled().reborn();
    settled.newcomer();
    settled.leaves("5077");
    let undisturbed = settled.copied();
    undisturbed.run().ends(Exit::Found);
    let before = (settled.output(), settled.remembered()["links"].clone());
    fault(&settled);
    settled.run().ends(Exit::Usage).says(words).hides(&["panicked"]);
    same(&settled.output(), &before.0);
    assert_eq!(settled.remembered()["links"], before.1);
    let next = settled.reborn();
    next.run().ends(Exit::Found).says(&["create          1  user"]);
    same(&next.output(), &undisturbed.output());
    same(&next.remembered(), &undisturbed.remembered());
    next.is_sound();
}

#[test]
fn a_read_only_folder() {
    let words = ["output could not be ", "the disk is read-only", "nothing was delivered"];
    made_good(|town| town.world.fail_from(Effect::Folder, 1, ErrorKind::ReadOnlyFilesystem), &words);
}

#[test]
fn a_folder_without_permission() {
    let words = ["output/", "the permission is missing", "nothing was delivered"];
    made_good(|town| town.world.fail_from(Effect::Create, 1, ErrorKind::PermissionDenied), &words);
}

#[test]
fn a_full_disk() {
    for nth in [1, 4, 9] {
        made_good(|town| town.world.fill_disk_at(nth), &["the disk is full", "nothing was delivered"]);
    }
}

#[test]
fn a_rename_that_fails() {
    // The third: the marker is in place, and the first file is not.
    made_good(|town| town.world.fail(Effect::Rename, 3, ErrorKind::PermissionDenied), &["the permission is missing"]);
}

#[test]
fn a_file_stands_where_the_folder_should_be() {
    let town = Town::new();
    town.world.put("output", "a file");
    town.run().ends(Exit::Usage).says(&["output could not be made"]);
    std::fs::remove_file(town.world.path("output")).expect("the file");
    town.run().ends(Exit::Found).says(&["902 changes written"]);
    town.is_sound();
}

/// Works a line with the real program, in a town's folder, under a limit of the shell.
#[cfg(unix)]
fn limited(town: &Town, limit: &str, line: &str) -> (Option<i32>, String) {
    let script = format!("{limit}; exec {} {line}", env!("CARGO_BIN_EXE_koppla"));
    let mut shell = Command::new("sh");
    let done = shell.arg("-c").arg(script).current_dir(town.world.folder()).output().expect("a shell");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (done.status.code(), text(&done.stdout) + &text(&done.stderr))
}

/// A limit on the size of files ends the run with words, never the process.
#[cfg(unix)]
#[test]
fn a_limit_on_the_size_of_files() {
    // In blocks of 512 bytes: the store does not fit, then the store fits on its second night and a file does not.
    let town = Town::new();
    let (code, text) = limited(&town, "ulimit -f 20", "run --as-of 2026-09-01");
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("store"), "{text}");
    let (code, text) = limited(&town, "ulimit -f unlimited", "run --as-of 2026-09-01");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("902 changes written"), "{text}");
    town.is_sound();
}

/// The folder of the output is on a disk with a limit, the store is not: users.csv does not fit.
#[cfg(unix)]
#[test]
fn a_delivered_file_that_is_larger_than_the_limit() {
    let town = Town::new();
    town.edit("Grupp", |lines| {
        for line in &mut lines[1..] {
            let mut cells: Vec<String> = line.split(';').map(String::from).collect();
            cells[2] = format!("{} {}", cells[2], "A".repeat(200));
            *line = cells.join(";");
        }
    });
    let before = town.output();
    let (code, text) = limited(&town, "ulimit -f 16", "map --as-of 2026-09-01 --out mapped");
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("cannot be written"), "{text}");
    same(&town.output(), &before);
}

#[test]
fn the_store_is_locked_by_another_run() {
    let town = Town::settled();
    town.newcomer();
    let before = (town.output(), town.remembered());
    let lock = Store::lock(&town.world, Path::new(STORE), SYNC).expect("a lock");
    town.run().ends(Exit::Usage).says(&["another run of the sync `exempelkommunen-sds` is at work"]);
    town.preview().ends(Exit::Found).says(&["create user (1)"]);
    same(&town.output(), &before.0);
    same(&town.remembered(), &before.1);
    drop(lock);
    town.run().ends(Exit::Found).says(&["create          1  user"]);
}

#[test]
fn the_store_is_damaged() {
    let town = Town::settled();
    let before = town.output();
    town.world.put(STORE, "this is no database, but somebody saved it here by accident");
    town.run().ends(Exit::Usage).says(&[".koppla/store.sqlite` is no store of Koppla"]);
    same(&town.output(), &before);
}

/// Two runs at once exclude each other: one writes, the other says that it waits its turn.
#[test]
fn two_runs_at_once() {
    let town = Town::new();
    let folder = town.world.folder().to_path_buf();
    let line = format!("koppla run --project {} --as-of 2026-09-01", folder.display());
    let runs: Vec<Said> = std::thread::scope(|scope| {
        let begun: Vec<_> = (0..4).map(|_| scope.spawn(|| said(&line, &OsWorld as &dyn World))).collect();
        begun.into_iter().map(|run| run.join().expect("a run")).collect()
    });
    let wrote = runs.iter().filter(|run| run.all().contains("902 changes written")).count();
    assert_eq!(wrote, 1, "{runs:#?}");
    for run in runs {
        let idle = run.all().contains("0 changes written") || run.all().contains("another run of the sync");
        assert!(idle || run.all().contains("902 changes written"), "{}", run.all());
    }
    town.is_sound();
}

/// Of a file of records that could not be written to its end nothing stays.
#[test]
fn a_full_disk_while_mapping() {
    for nth in [1, 2] {
        let town = Town::new();
        let before = town.world.tree();
        town.world.fill_disk_at(nth);
        town.command("koppla map --project . --out mapped").ends(Exit::Usage).says(&["mapped/", "cannot be written"]);
        assert_eq!(town.world.tree(), before);
    }
}

/// Where not even the store can be made, a preview still says what would be done, and a run says why it cannot be.
#[test]
fn a_project_that_is_read_only() {
    let town = Town::new();
    for effect in [Effect::Folder, Effect::Create, Effect::Write] {
        town.world.fail_from(effect, 1, ErrorKind::ReadOnlyFilesystem);
    }
    let before = town.world.tree();
    town.preview().ends(Exit::Found).says(&["902 changes; nothing was written"]);
    town.run().ends(Exit::Usage).says(&["the store", "may not be written by this user"]).hides(&["changes written"]);
    town.command("koppla preview --project . --as-of 2026-09-01 --out kept.changes")
        .ends(Exit::Usage)
        .says(&["kept.changes cannot be written"]);
    town.command("koppla map --project . --out mapped").ends(Exit::Usage).says(&["cannot be written"]);
    assert_eq!(town.world.tree(), before);
    town.reborn().run().ends(Exit::Found).says(&["902 changes written"]);
}
