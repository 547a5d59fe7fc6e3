//! The store, its file, and what a kill leaves of both.

use crate::store::{Held, Intent, Link, LinkState, Settled, Store, StoreFault, Unsettled};
use crate::world::{TestWorld, World};
use std::io::ErrorKind;
use std::path::Path;

const FILE: &str = "state/koppla.store";
const SYNC: &str = "exempelkommun-haldor";

fn open(world: &TestWorld) -> Store {
    Store::open(world, Path::new(FILE)).unwrap()
}

fn a_link(left_key: &str) -> Link {
    Link {
        left_key: left_key.to_string(),
        right_key: format!("right of {left_key}"),
        right_id: None,
        state: LinkState::Active,
        ours: true,
        hash: 7 << 100,
        values: b"Anka|Alva".to_vec(),
        identities: vec![1, u64::MAX],
        seen: 1,
    }
}

fn an_intent(op: &str, left_key: &str) -> Intent {
    Intent {
        id: 0,
        op: op.to_string(),
        entity: "account".to_string(),
        link: a_link(left_key),
        old_left_key: None,
        set: None,
    }
}

fn done() -> Settled {
    Settled::Done { right_id: None }
}

/// Intends and settles in one go.
fn carry_out(store: &mut Store, run: i64, mut intents: Vec<Intent>) {
    store.intend(run, &mut intents).unwrap();
    let outcomes: Vec<_> = intents.iter().map(|intent| (intent.id, done())).collect();
    store.settle(run, &outcomes).unwrap();
}

fn links(store: &Store) -> Vec<Link> {
    let mut all = Vec::new();
    store.links(SYNC, "account", &mut |link| all.push(link)).unwrap();
    all
}

fn keys(store: &Store) -> Vec<String> {
    links(store).into_iter().map(|link| link.left_key).collect()
}

fn words(fault: StoreFault) -> String {
    match fault {
        StoreFault::Locked(words) | StoreFault::Broken(words) => words,
    }
}

/// A store with a run, and links to these left keys.
fn with_links(world: &TestWorld, left_keys: &[&str]) -> (Store, i64) {
    let mut store = open(world);
    let run = store.begin(SYNC, "run", world.now()).unwrap();
    carry_out(&mut store, run, left_keys.iter().map(|key| an_intent("create", key)).collect());
    (store, run)
}

mod file {
    use super::*;

    #[test]
    fn it_is_created_with_its_folder_and_keeps_its_key() {
        let world = TestWorld::new();
        let key = open(&world).key();
        assert_ne!(key, [0; 32]);
        assert_eq!(open(&world).key(), key);
        assert_eq!(world.tree().keys().collect::<Vec<_>>(), [FILE]);
    }

    #[cfg(unix)]
    #[test]
    #[allow(clippy::disallowed_methods, reason = "the test looks at the real file")]
    fn only_its_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let world = TestWorld::new();
        let (_store, _) = with_links(&world, &["a"]);
        for file in world.tree().into_keys() {
            assert_eq!(std::fs::metadata(world.path(&file)).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
        }
    }

    #[test]
    fn reading_creates_and_changes_nothing() {
        let world = TestWorld::new();
        assert!(Store::open_read(&world, Path::new(FILE)).unwrap().is_none());
        assert!(world.tree().is_empty());
        drop(with_links(&world, &["a"]));
        let before = world.tree();
        let mut store = Store::open_read(&world, Path::new(FILE)).unwrap().unwrap();
        assert_eq!(keys(&store), ["a"]);
        let refused = words(store.begin(SYNC, "run", world.now()).unwrap_err());
        assert!(refused.contains("may not be written"), "{refused}");
        drop(store);
        assert!(world.tree() == before);
    }

    #[test]
    fn reading_goes_on_beside_a_run_and_sees_what_is_committed() {
        let world = TestWorld::new();
        let (mut store, run) = with_links(&world, &["a"]);
        let reader = Store::open_read(&world, Path::new(FILE)).unwrap().unwrap();
        carry_out(&mut store, run, vec![an_intent("create", "b")]);
        assert_eq!(keys(&reader), ["a", "b"]);
        drop(reader);
        carry_out(&mut store, run, vec![an_intent("create", "c")]);
        drop(store);
        assert_eq!(keys(&open(&world)), ["a", "b", "c"]);
    }

    #[test]
    fn reading_leaves_the_log_of_a_killed_run_as_it_is() {
        let world = TestWorld::new();
        let (store, _) = with_links(&world, &["a"]);
        let killed = TestWorld::new();
        for (file, content) in world.tree().into_iter().filter(|(file, _)| !file.ends_with("-shm")) {
            killed.put(file, content);
        }
        drop(store);
        let without_index =
            || killed.tree().into_iter().filter(|(file, _)| !file.ends_with("-shm")).collect::<Vec<_>>();
        let before = without_index();
        assert_eq!(before.len(), 2, "the store and its log");
        let store = Store::open_read(&killed, Path::new(FILE)).unwrap().unwrap();
        assert_eq!(keys(&store), ["a"]);
        drop(store);
        assert!(without_index() == before);
        assert_eq!(keys(&open(&killed)), ["a"]);
    }

    #[test]
    fn many_may_create_it_at_once() {
        let world = TestWorld::new();
        let keys: Vec<_> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(|| open(&world).key())).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
    }

    #[test]
    fn another_run_of_the_sync_is_refused_and_other_syncs_are_not() {
        let world = TestWorld::new();
        let lock = |sync: &str| Store::lock(&world, Path::new(FILE), sync);
        let held = lock(SYNC).unwrap();
        let Err(StoreFault::Locked(refused)) = lock(SYNC) else { panic!("two runs of one sync") };
        assert!(refused.contains("another run of the sync `exempelkommun-haldor` is at work"), "{refused}");
        assert!(lock("exempelkommun/haldor").is_ok() && lock("exempelkommun%2fhaldor").is_ok());
        drop(held);
        assert!(lock(SYNC).is_ok());
    }

    #[test]
    fn a_newer_format_is_refused() {
        let world = TestWorld::new();
        drop(open(&world));
        world.sqlite(Path::new(FILE)).unwrap().execute_batch("PRAGMA user_version = 7").unwrap();
        let before = world.tree();
        let refused = words(Store::open(&world, Path::new(FILE)).err().unwrap());
        assert!(refused.contains("has format 7") && refused.contains("use the newer program"), "{refused}");
        assert_eq!(words(Store::open_read(&world, Path::new(FILE)).err().unwrap()), refused);
        assert!(world.tree() == before);
    }

    #[test]
    fn another_file_is_refused_and_left_alone() {
        let world = TestWorld::new();
        world.put(FILE, "elevid;enhetid;klass\n".repeat(100));
        world.sqlite(Path::new("other.db")).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
        for path in [FILE, "other.db"] {
            let before = world.tree();
            let refused = words(Store::open(&world, Path::new(path)).err().unwrap());
            assert!(refused.contains("is no store of Koppla: move it away"), "{refused}");
            assert_eq!(words(Store::open_read(&world, Path::new(path)).err().unwrap()), refused);
            assert!(world.tree() == before);
        }
    }

    #[test]
    fn a_damaged_file_is_named_as_such() {
        let world = TestWorld::new();
        let many: Vec<String> = (0..2000).map(|number| format!("{number}")).collect();
        drop(with_links(&world, &many.iter().map(String::as_str).collect::<Vec<_>>()));
        let whole = world.tree().remove(FILE).unwrap();
        let mut overwritten = whole.clone();
        overwritten[4096..].fill(0x5a);
        for damaged in [&whole[..whole.len() / 2], &overwritten] {
            world.put(FILE, damaged);
            let read = Store::open(&world, Path::new(FILE))
                .and_then(|store| store.links(SYNC, "account", &mut |_| ()).and_then(|()| store.held(SYNC)));
            let refused = words(read.unwrap_err());
            assert!(refused.contains("is damaged: put the last good copy"), "{refused}");
        }
    }

    #[test]
    fn a_full_disk_is_named_and_changes_nothing() {
        let world = TestWorld::new();
        let (mut store, run) = with_links(&world, &["a"]);
        store.connection.get_mut().unwrap().execute_batch("PRAGMA max_page_count = 1").unwrap();
        let mut large = an_intent("create", "b");
        large.link.values = vec![0; 1 << 20];
        let full = words(store.intend(run, &mut [large]).unwrap_err());
        assert!(full.starts_with("the disk is full") && full.contains("free some space"), "{full}");
        store.connection.get_mut().unwrap().execute_batch("PRAGMA max_page_count = 1000000").unwrap();
        assert_eq!(store.unsettled(SYNC).unwrap(), []);
        carry_out(&mut store, run, vec![an_intent("create", "b")]);
        assert_eq!(keys(&store), ["a", "b"]);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let world = TestWorld::new();
        world.put("state", "a file where the folder should be");
        let refused = words(Store::open(&world, Path::new(FILE)).err().unwrap());
        assert!(refused.contains("cannot be reached") && refused.contains("check its folder"), "{refused}");
    }

    #[test]
    fn no_message_and_no_debug_output_names_a_person() {
        let world = TestWorld::new();
        let (mut store, run) = with_links(&world, &["19121212-1212"]);
        let mut intent = an_intent("creates", "19121212-1212");
        let refused = words(store.intend(run, &mut [intent.clone()]).unwrap_err());
        assert!(refused.contains("SQLite error"), "{refused}");
        intent.old_left_key = Some("19121212-1212".to_string());
        let held = a_held("19121212-1212", "held");
        let shown = format!("{refused} {intent:?} {held:?} {:?}", links(&store));
        assert!(!shown.contains("19121212") && !shown.contains("Alva"), "{shown}");
    }
}

mod journal {
    use super::*;

    #[test]
    fn what_is_done_becomes_a_link_with_the_id_that_the_target_gave() {
        let world = TestWorld::new();
        let mut store = open(&world);
        let run = store.begin(SYNC, "run", world.now()).unwrap();
        let mut intents = [an_intent("create", "b"), an_intent("adopt", "a"), an_intent("link", "Å")];
        intents[1].link.right_id = Some("known".to_string());
        store.intend(run, &mut intents).unwrap();
        assert_eq!(intents.each_ref().map(|intent| intent.id), [1, 2, 3]);
        assert_eq!((links(&store), store.has_links(SYNC).unwrap()), (vec![], false));
        let given = Settled::Done { right_id: Some("given".to_string()) };
        store.settle(run, &[(1, given), (2, done()), (3, done())]).unwrap();
        let known = Link { right_id: Some("known".to_string()), ..a_link("a") };
        let given = Link { right_id: Some("given".to_string()), ..a_link("b") };
        assert!(links(&store) == [known, given, a_link("Å")]);
        assert_eq!(store.unsettled(SYNC).unwrap(), []);
        assert!(store.has_links(SYNC).unwrap() && !store.has_links("another").unwrap());
    }

    #[test]
    fn links_follow_each_operation() {
        let world = TestWorld::new();
        let (mut store, run) = with_links(&world, &["a", "b", "c"]);
        let mut off = an_intent("deactivate", "a");
        off.link.state = LinkState::Deactivated;
        let mut renamed = an_intent("update", "d");
        renamed.old_left_key = Some("c".to_string());
        let next = store.begin(SYNC, "run", world.now()).unwrap();
        carry_out(&mut store, next, vec![off.clone(), an_intent("remove", "b"), renamed]);
        assert_eq!(
            (keys(&store), store.link_count(SYNC, "account").unwrap()),
            (["a", "d"].map(String::from).to_vec(), (1, 1))
        );
        assert_eq!(links(&store)[0], off.link);
        let third = store.begin(SYNC, "run", world.now()).unwrap();
        carry_out(&mut store, third, vec![an_intent("reactivate", "a")]);
        assert_eq!(store.link_count(SYNC, "account").unwrap(), (2, 0));
        assert_eq!(store.link_count(SYNC, "group").unwrap(), (0, 0));
        assert!(run < next && next < third);
    }

    #[test]
    fn exchanged_keys_survive_in_one_settlement_and_in_two() {
        for together in [true, false] {
            let world = TestWorld::new();
            let (mut store, _) = with_links(&world, &["a", "b"]);
            let run = store.begin(SYNC, "run", world.now()).unwrap();
            let mut intents = [an_intent("update", "a"), an_intent("update", "b")];
            intents[0].old_left_key = Some("b".to_string());
            intents[0].link.right_key = "right of b".to_string();
            intents[1].old_left_key = Some("a".to_string());
            intents[1].link.right_key = "right of a".to_string();
            store.intend(run, &mut intents).unwrap();
            let outcomes = intents.each_ref().map(|intent| (intent.id, done()));
            for part in outcomes.chunks(if together { 2 } else { 1 }) {
                store.settle(run, part).unwrap();
            }
            assert!(links(&store) == intents.map(|intent| intent.link));
        }
    }

    #[test]
    fn a_key_that_another_record_took_over_is_not_removed_with_the_old_one() {
        let world = TestWorld::new();
        let (mut store, _) = with_links(&world, &["a", "b"]);
        let run = store.begin(SYNC, "run", world.now()).unwrap();
        let mut taken = an_intent("update", "a");
        taken.old_left_key = Some("b".to_string());
        taken.link.right_key = "right of b".to_string();
        carry_out(&mut store, run, vec![taken.clone()]);
        carry_out(&mut store, run, vec![an_intent("remove", "a")]);
        assert!(links(&store) == [taken.link]);
    }

    #[test]
    fn what_an_older_run_left_unknown_does_not_undo_what_a_newer_one_did() {
        let world = TestWorld::new();
        let (mut store, run) = with_links(&world, &["a"]);
        let mut unknown = [an_intent("remove", "a"), an_intent("create", "b")];
        store.intend(run, &mut unknown).unwrap();
        let later = store.begin(SYNC, "run", world.now()).unwrap();
        let mut newer = [an_intent("update", "a"), an_intent("update", "b")];
        newer.iter_mut().for_each(|intent| intent.link.hash = 99);
        carry_out(&mut store, later, newer.to_vec());
        store.settle(later, &unknown.map(|intent| (intent.id, done()))).unwrap();
        assert!(links(&store) == newer.map(|intent| intent.link));
    }

    #[test]
    fn failed_and_unknown_leave_the_links_and_unknown_stays_open() {
        let world = TestWorld::new();
        let (mut store, run) = with_links(&world, &["a"]);
        let mut intents = [an_intent("remove", "a"), an_intent("create", "b"), an_intent("create", "c")];
        intents[1].old_left_key = Some("before".to_string());
        intents[1].set = Some("set 1".to_string());
        store.intend(run, &mut intents).unwrap();
        let why = "no answer within 30 s".to_string();
        let outcomes = [
            (intents[0].id, Settled::Failed { why: "read-only".to_string() }),
            (intents[1].id, Settled::Unknown { why: why.clone() }),
        ];
        store.settle(run, &outcomes).unwrap();
        assert_eq!(keys(&store), ["a"]);
        let unknown = Unsettled { run, intent: intents[1].clone(), unknown: Some(why) };
        let killed = Unsettled { run, intent: intents[2].clone(), unknown: None };
        assert!(store.unsettled(SYNC).unwrap() == [unknown, killed]);
        assert_eq!(store.unsettled("another").unwrap(), []);
        let next = store.begin(SYNC, "run", world.now()).unwrap();
        store.settle(next, &[(intents[1].id, done()), (intents[2].id, done())]).unwrap();
        assert_eq!(keys(&store), ["a", "b", "c"]);
    }

    #[test]
    fn what_is_settled_keeps_no_values() {
        let world = TestWorld::new();
        let (mut store, run) = with_links(&world, &["a"]);
        let next = store.begin(SYNC, "run", world.now()).unwrap();
        carry_out(&mut store, next, vec![an_intent("remove", "a")]);
        assert_eq!(links(&store), []);
        let journal: Vec<(String, i64, i64)> = store
            .read(|connection| {
                let mut all =
                    connection.prepare("SELECT op || ' ' || outcome, run, settled_in FROM journal ORDER BY id")?;
                all.query_map([], |row| row.try_into())?.collect()
            })
            .unwrap();
        assert_eq!(journal, [("create done".to_string(), run, run), ("remove done".to_string(), next, next)]);
        drop(store);
        assert!(!world.tree()[FILE].windows(9).any(|bytes| bytes == b"Anka|Alva"));
    }

    #[test]
    fn a_delivered_set_is_settled_at_once_and_a_rolled_back_one_changes_nothing() {
        let world = TestWorld::new();
        let (mut store, run) = with_links(&world, &["a"]);
        let mut intents = ["b", "c", "d"].map(|key| an_intent("create", key));
        intents[0].set = Some("monday".to_string());
        intents[1].set = Some("monday".to_string());
        intents[2].set = Some("tuesday".to_string());
        store.intend(run, &mut intents).unwrap();
        store.settle_set(run, "monday").unwrap();
        assert_eq!(keys(&store), ["a", "b", "c"]);
        store.drop_set(run, "tuesday").unwrap();
        assert_eq!((keys(&store).len(), store.unsettled(SYNC).unwrap()), (3, vec![]));
        let other = store.begin("another", "run", world.now()).unwrap();
        store.intend(run, &mut intents[..1]).unwrap();
        store.settle_set(other, "monday").unwrap();
        assert_eq!(store.unsettled(SYNC).unwrap().len(), 1, "a set of another sync");
    }

    #[test]
    fn what_is_not_open_cannot_be_settled_and_nothing_of_that_call_is() {
        let world = TestWorld::new();
        let (mut store, run) = with_links(&world, &["a"]);
        let mut intents = [an_intent("create", "b")];
        store.intend(run, &mut intents).unwrap();
        let refused = words(store.settle(run, &[(intents[0].id, done()), (1, done())]).unwrap_err());
        assert!(refused.contains("intent 1 is not open"), "{refused}");
        assert_eq!((keys(&store).len(), store.unsettled(SYNC).unwrap().len()), (1, 1));
        assert!(words(store.intend(99, &mut intents).unwrap_err()).contains("no run 99"));
    }

    /// A run that creates `b`, removes `a` and notes what it did.
    fn a_run(world: &TestWorld) -> Result<(), StoreFault> {
        let _lock = Store::lock(world, Path::new(FILE), SYNC)?;
        let mut store = Store::open(world, Path::new(FILE))?;
        let run = store.begin(SYNC, "run", world.now())?;
        let open: Vec<_> = store.unsettled(SYNC)?.iter().map(|open| (open.intent.id, done())).collect();
        store.settle(run, &open)?;
        let mut intents = [an_intent("create", "b"), an_intent("remove", "a")];
        store.intend(run, &mut intents)?;
        store.settle(run, &intents.map(|intent| (intent.id, done())))?;
        store.hold(SYNC, run, &[a_held("c", "held")])?;
        store.finish(run, "done", "{}", world.now())
    }

    #[test]
    fn after_a_kill_at_any_effect_the_next_run_ends_in_the_same_state() {
        let mut killed = 0;
        for nth in 1.. {
            let world = TestWorld::new();
            world.kill_at(nth);
            if a_run(&world).is_ok() {
                assert!(!world.killed());
                break;
            }
            killed += 1;
            let next = world.reborn();
            a_run(&next).unwrap();
            let store = open(&next);
            assert_eq!((keys(&store), store.unsettled(SYNC).unwrap()), (vec!["b".to_string()], vec![]));
            assert_eq!(store.held(SYNC).unwrap().len(), 1);
            assert_eq!(store.history(None, 1).unwrap()[0].outcome, "done");
        }
        assert!(killed >= 7, "folder, creation, begin, settle, intend, settle, hold, finish: {killed}");
    }

    #[test]
    fn a_transaction_that_a_kill_cuts_off_never_was() {
        let world = TestWorld::new();
        let (mut store, run) = with_links(&world, &["a"]);
        world.fail(crate::world::Effect::Commit, world.effects_of(crate::world::Effect::Commit) + 1, ErrorKind::Other);
        assert!(store.intend(run, &mut [an_intent("create", "b")]).is_err());
        assert_eq!(store.unsettled(SYNC).unwrap(), []);
        store.connection.get_mut().unwrap().execute_batch("BEGIN; DELETE FROM links").unwrap();
        drop(store);
        assert_eq!(keys(&open(&world)), ["a"]);
    }
}

fn a_held(left_key: &str, kind: &str) -> Held {
    Held {
        entity: "account".to_string(),
        left_key: left_key.to_string(),
        kind: kind.to_string(),
        reason: "two candidates".to_string(),
        since: 0,
    }
}

mod runs {
    use super::*;

    #[test]
    fn history_is_newest_first_and_shows_a_killed_run_without_an_end() {
        let world = TestWorld::new();
        let mut store = open(&world);
        let began = world.now();
        let first = store.begin(SYNC, "run", began).unwrap();
        let other = store.begin("another", "apply", began).unwrap();
        let killed = store.begin(SYNC, "run", began).unwrap();
        let ended = began + std::time::Duration::from_millis(1500);
        store.finish(first, "stopped", r#"{"why":"guard"}"#, ended).unwrap();
        let all = store.history(None, 9).unwrap();
        assert_eq!(all.iter().map(|run| run.id).collect::<Vec<_>>(), [killed, other, first]);
        assert_eq!((all[0].ended, all[0].outcome.as_str()), (None, ""));
        assert_eq!((all[1].sync.as_str(), all[1].command.as_str()), ("another", "apply"));
        assert_eq!((all[2].began, all[2].ended, all[2].outcome.as_str()), (began, Some(ended), "stopped"));
        assert_eq!(all[2].summary, r#"{"why":"guard"}"#);
        assert_eq!(store.history(Some(SYNC), 1).unwrap(), all[..1]);
        assert!(words(store.finish(99, "done", "", ended).unwrap_err()).contains("no run 99"));
    }

    #[test]
    fn held_records_are_replaced_and_keep_since() {
        let world = TestWorld::new();
        let mut store = open(&world);
        store.hold(SYNC, 1, &[a_held("b", "held"), a_held("a", "held")]).unwrap();
        store.hold("another", 1, &[a_held("a", "held")]).unwrap();
        store
            .hold(
                SYNC,
                5,
                &[a_held("b", "rejected"), a_held("c", "held"), a_held("", "rejected"), a_held("", "rejected")],
            )
            .unwrap();
        let held = store.held(SYNC).unwrap();
        let shown: Vec<_> = held.iter().map(|held| (held.left_key.as_str(), held.kind.as_str(), held.since)).collect();
        assert_eq!(shown, [("", "rejected", 5), ("", "rejected", 5), ("b", "rejected", 1), ("c", "held", 5)]);
        assert_eq!(held[3].reason, "two candidates");
        store.hold(SYNC, 6, &[]).unwrap();
        assert_eq!((store.held(SYNC).unwrap().len(), store.held("another").unwrap().len()), (0, 1));
    }

    #[test]
    fn facts_are_remembered_by_sync_and_name() {
        let world = TestWorld::new();
        let mut store = open(&world);
        assert_eq!(store.recall(SYNC, "size").unwrap(), None);
        store.remember(SYNC, "size", "300").unwrap();
        store.remember("another", "size", "7").unwrap();
        store.remember(SYNC, "size", "301").unwrap();
        drop(store);
        assert_eq!(open(&world).recall(SYNC, "size").unwrap().as_deref(), Some("301"));
    }

    #[test]
    fn touched_links_know_the_run() {
        let world = TestWorld::new();
        let (mut store, run) = with_links(&world, &["a", "b"]);
        store.touch(SYNC, "account", ["b", "nobody"], run + 4).unwrap();
        store.touch(SYNC, "account", ["b"], run).unwrap();
        assert_eq!(links(&store).iter().map(|link| link.seen).collect::<Vec<_>>(), [1, run + 4]);
    }

    #[test]
    fn a_hundred_thousand_links_are_a_matter_of_seconds() {
        let world = TestWorld::new();
        let mut store = open(&world);
        let run = store.begin(SYNC, "run", world.now()).unwrap();
        let mut intents: Vec<_> = (0..100_000).map(|number| an_intent("create", &format!("{number:036}"))).collect();
        intents.iter_mut().for_each(|intent| {
            intent.link.values = vec![b'x'; 200];
            intent.set = Some("first".to_string());
        });
        let began = std::time::Instant::now();
        store.intend(run, &mut intents).unwrap();
        let intended = began.elapsed();
        store.settle_set(run, "first").unwrap();
        let settled = began.elapsed();
        let mut count = 0;
        store.links(SYNC, "account", &mut |_| count += 1).unwrap();
        println!("intend {intended:?}, settle {:?}, read {:?}", settled - intended, began.elapsed() - settled);
        assert_eq!(count, 100_000);
        assert!(began.elapsed().as_secs() < 60);
    }
}
