//! A delivery that is killed at any point leaves all old files or all new ones.

use super::write::{Lent, rows};
use super::*;
use crate::adapter::Part;
use crate::world::World;
use std::collections::BTreeMap;

const OLD: &[(&str, &[u8])] =
    &[("/p/out/a.csv", b"a\nold\n"), ("/p/out/c.csv", b"a\nold\n"), ("/p/out/x.txt", b"theirs")];

struct Delivering {
    setup: Setup,
    calls: Vec<CallId>,
}

/// What a run does until it is killed, or to its end.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Recover {
    Finish,
    TakeBack,
}

impl Delivering {
    fn new() -> Delivering {
        let mut setup = Setup::new(json!({ "folder": "out" }));
        let calls = ["a.csv", "b.csv", "c.csv"].map(|file| setup.writes(json!({ "file": file }), &shape(&["a"])));
        Delivering { setup, calls: calls.to_vec() }
    }

    async fn deliver(&self, world: &dyn World) -> Result<(), Fault> {
        let files = Files::default();
        let mut session = files.open(&*self.setup.dialect, world, &self.setup.settings).await?;
        let table = rows(&[&[Some("new")]]);
        let mut all: Vec<Lent<'_>> = self.calls.iter().map(|_| Lent::of(&table)).collect();
        let mut parts: Vec<Part<'_>> =
            self.calls.iter().zip(&mut all).map(|(call, rows)| Part { call: *call, rows }).collect();
        session.deliver("run 7", &mut parts).await?;
        session.settle("run 7").await
    }

    /// What the next command does: asks, finishes or takes back, settles.
    async fn recover(&self, world: &dyn World, how: Recover) -> Result<(), Fault> {
        let files = Files::default();
        let mut session = files.open(&*self.setup.dialect, world, &self.setup.settings).await?;
        let Some(unfinished) = session.unfinished().await? else { return Ok(()) };
        assert_eq!(unfinished.set, "run 7");
        let finish = unfinished.whole && how == Recover::Finish;
        session.resolve("run 7", finish).await?;
        session.settle("run 7").await
    }
}

/// The files that the other side sees.
fn visible(world: &FakeWorld) -> BTreeMap<String, String> {
    world.all().into_iter().filter(|(path, _)| !path.contains("/.koppla")).collect()
}

fn is_old(world: &FakeWorld) -> bool {
    let old = OLD.iter().map(|(path, bytes)| (path.to_string(), String::from_utf8_lossy(bytes).into_owned()));
    visible(world) == old.collect()
}

fn is_new(world: &FakeWorld) -> bool {
    let new = ["/p/out/a.csv", "/p/out/b.csv", "/p/out/c.csv"].map(|path| (path.to_string(), "a\nnew\n".to_string()));
    let theirs = ("/p/out/x.txt".to_string(), "theirs".to_string());
    visible(world) == new.into_iter().chain([theirs]).collect()
}

#[tokio::test]
async fn a_delivery_replaces_everything_and_leaves_nothing_behind() {
    let delivering = Delivering::new();
    let world = FakeWorld::with(OLD);
    delivering.deliver(&world).await.expect("a delivery");
    assert!(is_new(&world));
    assert_eq!(world.all().len(), 4, "{:?}", world.all());
}

/// Kills the delivery at every effect, and then the recovery at every effect of its own.
async fn kill_everywhere(how: Recover, power_loss: bool) {
    let delivering = Delivering::new();
    let (mut old, mut new) = (0, 0);
    for first in 1.. {
        let mut reached = true;
        for second in 1.. {
            let world = FakeWorld::with(OLD);
            world.kill_at(first, power_loss);
            let delivered = delivering.deliver(&world).await;
            reached = world.revive();
            if !reached {
                delivered.expect("a delivery that nobody killed");
                break;
            }
            world.kill_at(second, power_loss);
            let recovered = delivering.recover(&world, how).await;
            let killed_again = world.revive();
            if !killed_again {
                recovered.expect("a recovery that nobody killed");
            }
            delivering.recover(&world, how).await.unwrap_or_else(|fault| panic!("{first} {second} {fault:?}"));
            let seen = (is_old(&world), is_new(&world));
            assert!(seen.0 != seen.1, "{how:?} {power_loss} {first} {second} {:?}", world.all());
            assert!(world.all().keys().all(|path| !path.contains("/.koppla-")), "{first} {second} {:?}", world.all());
            old += usize::from(seen.0);
            new += usize::from(seen.1);
            if !killed_again {
                break;
            }
        }
        if !reached {
            break;
        }
    }
    assert!(old > 20 && new > 3, "{how:?}: {old} times old, {new} times new");
}

#[tokio::test]
async fn killed_at_any_point_it_is_finished() {
    kill_everywhere(Recover::Finish, false).await;
    kill_everywhere(Recover::Finish, true).await;
}

#[tokio::test]
async fn killed_at_any_point_it_is_taken_back() {
    kill_everywhere(Recover::TakeBack, false).await;
    kill_everywhere(Recover::TakeBack, true).await;
}

#[tokio::test]
async fn a_half_delivered_folder_is_not_read() {
    let mut delivering = Delivering::new();
    let call = delivering.setup.reads(json!({ "file": "a.csv" }), &shape(&["a"]));
    let mut refused = 0;
    for effect in 1..100 {
        let world = FakeWorld::with(OLD);
        world.kill_at(effect, false);
        let _ = delivering.deliver(&world).await;
        if !world.revive() {
            break;
        }
        let seen = Seen::of(&delivering.setup.read_pages(&world, call, PAGE).await);
        let mixed = !is_old(&world) && !is_new(&world);
        assert!(!mixed || !seen.complete, "{effect}");
        refused += usize::from(seen.faults == ["out: the delivery `run 7` into this folder is not finished"]);
    }
    assert!(refused >= 3, "{refused}");
}

#[tokio::test]
async fn two_runs_do_not_deliver_at_once() {
    let delivering = Delivering::new();
    let world = FakeWorld::with(OLD);
    let files = Files::default();
    let mut session =
        files.open(&*delivering.setup.dialect, &world, &delivering.setup.settings).await.expect("a session");
    let table = rows(&[&[Some("new")]]);
    let mut rows = Lent::of(&table);
    session.deliver("run 6", &mut [Part { call: delivering.calls[0], rows: &mut rows }]).await.expect("a delivery");
    let fault = delivering.deliver(&world).await.expect_err("a fault");
    assert_eq!(fault.say, "out: another run delivers into this folder right now");
    drop(session);
    let fault = delivering.deliver(&world).await.expect_err("a fault");
    assert_eq!(fault.say, "out: the delivery `run 6` is not settled yet");
}

/// The same over real files.
#[tokio::test]
async fn killed_over_real_files_it_is_finished_or_taken_back() {
    for how in [Recover::Finish, Recover::TakeBack] {
        for effect in 1.. {
            let world = crate::world::TestWorld::new();
            let mut delivering = Delivering::new();
            delivering.setup.settings.folder = world.folder().to_path_buf();
            for (path, bytes) in OLD {
                world.put(path.trim_start_matches("/p/"), bytes);
            }
            world.kill_at(effect);
            let delivered = delivering.deliver(&world).await;
            let next = world.reborn();
            delivering.recover(&next, how).await.expect("a recovery");
            let theirs = |(path, _): &(String, Vec<u8>)| path != "out/.koppla.lock";
            let files: BTreeMap<String, Vec<u8>> = next.tree().into_iter().filter(theirs).collect();
            let content = |name: &str| files.get(name).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            let all = ["out/a.csv", "out/b.csv", "out/c.csv"].map(content);
            let (old, new) = (Some("a\nold\n".to_string()), Some("a\nnew\n".to_string()));
            let is_old = all == [old.clone(), None, old];
            assert!(is_old || all == [new.clone(), new.clone(), new], "{how:?} {effect} {:?}", files.keys());
            assert_eq!(files.len(), if is_old { 3 } else { 4 }, "{how:?} {effect} {:?}", files.keys());
            if delivered.is_ok() {
                assert!(!is_old && effect > 20);
                break;
            }
        }
    }
}
