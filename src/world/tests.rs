//! Both worlds.

#![allow(clippy::disallowed_methods, reason = "tests look at real files")]

use super::*;
use std::io::ErrorKind;
use std::time::Duration;

fn write(world: &dyn World, path: &str, text: &str) -> io::Result<()> {
    let mut file = world.create(Path::new(path), false)?;
    file.write_all(text.as_bytes())?;
    file.sync()
}

/// Writes a file beside the old one and puts it in its place.
fn replace(world: &dyn World, text: &str) -> io::Result<()> {
    world.create_folder(Path::new("out"))?;
    write(world, "out/pupils.new", text)?;
    world.rename(Path::new("out/pupils.new"), Path::new("out/pupils.csv"))
}

#[test]
fn a_file_is_created_read_listed_renamed_and_removed() {
    let world = TestWorld::new();
    replace(&world, "a").unwrap();
    replace(&world, "b").unwrap();
    write(&world, "out/a.csv", "").unwrap();
    assert_eq!(world.list(Path::new("out")).unwrap(), [PathBuf::from("out/a.csv"), PathBuf::from("out/pupils.csv")]);
    assert_eq!(world.read(Path::new("out/pupils.csv")).unwrap(), b"b");
    let stat = world.stat(Path::new("out/pupils.csv")).unwrap().unwrap();
    assert_eq!((stat.len, stat.folder, stat.modified), (1, false, world.now()));
    assert!(world.stat(Path::new("out")).unwrap().unwrap().folder);
    assert_eq!(world.stat(Path::new("nothing")).unwrap(), None);
    assert_eq!(world.stat(Path::new("out/a.csv/below")).unwrap(), None);
    world.remove(Path::new("out/a.csv")).unwrap();
    world.remove(Path::new("out/a.csv")).unwrap();
    world.remove_folder(Path::new("out")).unwrap();
    world.remove_folder(Path::new("out")).unwrap();
    assert!(world.tree().is_empty());
    assert_eq!(world.effects_of(Effect::Remove), 2);
}

#[cfg(unix)]
#[test]
fn what_is_private_is_for_the_owner_alone_even_if_it_was_open_before() {
    use std::os::unix::fs::PermissionsExt;
    let world = TestWorld::new();
    let mode = |path: &str| std::fs::metadata(world.path(path)).unwrap().permissions().mode() & 0o777;
    world.put("changes.json", "old");
    std::fs::set_permissions(world.path("changes.json"), PermissionsExt::from_mode(0o644)).unwrap();
    drop(world.create(Path::new("changes.json"), true).unwrap());
    let database = world.sqlite(Path::new("store.db")).unwrap();
    database.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (a)").unwrap();
    drop(world.lock(Path::new("store.lock")).unwrap().unwrap());
    assert_eq!(["changes.json", "store.db", "store.db-wal", "store.lock"].map(mode), [0o600; 4]);
}

/// A link in the test's folder, so that nothing happens to the device if this does not hold.
#[cfg(unix)]
#[test]
fn a_device_is_written_to_and_not_replaced() {
    let world = TestWorld::new();
    std::os::unix::fs::symlink("/dev/null", world.path("nowhere")).unwrap();
    let mut file = world.create(Path::new("nowhere"), false).unwrap();
    (0..90).for_each(|_| file.write_all(&[0; 1 << 20]).unwrap());
    file.sync().unwrap();
    drop(file);
    let mut file = OsWorld.create(&world.path("nowhere"), true).unwrap();
    file.write_all(b"secret").unwrap();
    drop(file);
    assert!(std::fs::symlink_metadata(world.path("nowhere")).unwrap().is_symlink());
    let stat = OsWorld.stat(&world.path("nowhere")).unwrap().unwrap();
    assert_eq!((stat.folder, stat.file), (false, false));
}

/// So much that it is brought to the disk while more is written.
#[test]
fn what_is_written_in_pieces_is_there_as_a_whole() {
    let world = TestWorld::new();
    let pieces: Vec<Vec<u8>> = (0..90).map(|number| vec![number; 1 << 20]).collect();
    let mut file = world.create(Path::new("large"), false).unwrap();
    pieces.iter().for_each(|piece| file.write_all(piece).unwrap());
    file.sync().unwrap();
    assert!(world.read(Path::new("large")).unwrap() == pieces.concat());
}

#[test]
fn a_lock_excludes_until_it_is_dropped() {
    let world = TestWorld::new();
    let held = world.lock(Path::new("a.lock")).unwrap();
    assert!(held.is_some());
    assert!(world.lock(Path::new("a.lock")).unwrap().is_none());
    assert!(world.lock(Path::new("b.lock")).unwrap().is_some());
    drop(held);
    assert!(world.lock(Path::new("a.lock")).unwrap().is_some());
}

#[test]
fn clock_environment_and_randomness_are_scripted() {
    let world = TestWorld::new();
    let before = world.now();
    assert_eq!(before.to_string(), "2026-03-02T06:00:00Z");
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(world.sleep(Duration::from_secs(90)));
    assert_eq!(world.now().duration_since(before).as_secs(), 90);
    world.set("TOKEN", "invented");
    assert_eq!(world.environment("TOKEN").as_deref(), Some("invented"));
    assert_eq!(world.environment("PATH"), None);
    let random = |world: &TestWorld| {
        let mut bytes = [0; 12];
        world.random(&mut bytes);
        bytes
    };
    let first = random(&world);
    assert_eq!(first, random(&TestWorld::new()));
    assert_ne!(first, random(&world));
    let mut real = [0; 32];
    OsWorld.random(&mut real);
    assert_ne!(real, [0; 32]);
}

#[test]
fn a_fault_hits_the_chosen_effect_alone() {
    let world = TestWorld::new();
    world.fail(Effect::Rename, 2, ErrorKind::PermissionDenied);
    replace(&world, "one").unwrap();
    assert_eq!(replace(&world, "two").unwrap_err().kind(), ErrorKind::PermissionDenied);
    replace(&world, "three").unwrap();
    assert_eq!(world.text("out/pupils.csv").as_deref(), Some("three"));
}

#[test]
fn a_full_disk_stays_full_and_leaves_half_a_file() {
    let world = TestWorld::new();
    replace(&world, "0123456789").unwrap();
    world.fill_disk_at(2);
    for _ in 0..2 {
        assert_eq!(replace(&world, "abcdefghij").unwrap_err().kind(), ErrorKind::StorageFull);
    }
    assert_eq!(world.text("out/pupils.new").as_deref(), Some("abcde"));
    assert_eq!(world.text("out/pupils.csv").as_deref(), Some("0123456789"));
}

#[test]
fn a_kill_at_any_effect_leaves_the_old_file_or_the_new_one() {
    let whole = {
        let world = TestWorld::new();
        replace(&world, "new").unwrap();
        world.effects()
    };
    assert_eq!(whole, 5, "folder, create, write, sync, rename");
    for nth in 1..=whole {
        let world = TestWorld::new();
        world.put("out/pupils.csv", "old");
        world.kill_at(nth);
        let killed = replace(&world, "new").is_err();
        assert_eq!(killed, world.killed());
        assert_eq!(killed, nth < whole, "the folder is there already");
        assert!(!killed || world.read(Path::new("out/pupils.csv")).is_err(), "the dead read nothing");
        let next = world.reborn();
        assert_eq!(next.text("out/pupils.csv").as_deref(), Some(if killed { "old" } else { "new" }));
        replace(&next, "newer").unwrap();
    }
}

#[test]
fn a_killed_commit_is_rolled_back() {
    let world = TestWorld::new();
    let count = |world: &TestWorld| -> i64 {
        let database = world.sqlite(Path::new("a.db")).unwrap();
        database.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    };
    let database = world.sqlite(Path::new("a.db")).unwrap();
    database.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)").unwrap();
    world.kill_at(world.effects() + 1);
    assert!(database.execute_batch("INSERT INTO t VALUES (2)").is_err());
    assert!(database.execute_batch("INSERT INTO t VALUES (3)").is_err());
    assert!(world.sqlite(Path::new("a.db")).is_err());
    drop(database);
    assert_eq!(count(&world.reborn()), 1);
}

#[tokio::test]
async fn the_dead_send_no_request() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let answer = axum::Router::new().fallback(|| async { "here" });
        axum::serve(listener, answer).await
    });
    let world = TestWorld::new();
    let client = world.http().build().unwrap();
    world.kill_at(3);
    for _ in 0..2 {
        assert_eq!(client.get(&address).send().await.unwrap().text().await.unwrap(), "here");
    }
    assert!(client.get(&address).send().await.unwrap_err().is_connect());
    assert!(world.killed());
    assert_eq!(world.effects_of(Effect::Connect), 3);
    server.abort();
}

#[test]
fn relative_paths_stay_in_the_folder_which_goes_away_with_the_last_world() {
    let world = TestWorld::new();
    let folder = world.folder().to_path_buf();
    let next = world.reborn();
    drop(world);
    write(&next, "a.csv", "x").unwrap();
    assert!(folder.join("a.csv").exists());
    drop(next);
    assert!(!folder.exists());
}
