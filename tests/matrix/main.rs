//! Every source of files to every target of files, over the canonical model.
//!
//! `matrix.csv` says of each pair whether it is clean, or what is missing in the target because the source does not know it.
//! Each pair is checked and run on invented data; what was delivered is read by [`validate`], which knows the rules of the
//! target and nothing of the code that wrote the files. Each source and each target is run once more: then nothing is to do.

#![allow(clippy::disallowed_methods, reason = "tests read their own files")]

mod broken;
mod sources;
mod validate;

use koppla::finding::terminal::Style;
use koppla::shell::project::{Project, Shelf};
use koppla::shell::{Exit, Out, run_on};
use koppla::world::TestWorld;
use sources::SOURCES;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;
use std::rc::Rc;
use validate::TARGETS;

const TABLE: &str = include_str!("matrix.csv");

/// Which national test the teaching groups of the sources take, by their names.
const TESTS: &str = "table: dnp_provaktiviteter
columns: { group: text, activity: text }
key: group
unmapped: absent
rows:
  - { group: Matematik 7, activity: GRGRMAT01_9 }
  - { group: MA 3A, activity: GRGRMAT01_3 }
  - { group: ENG5 EK26, activity: ENGENG05 }
";

/// What the table says of a pair: files that have no rows there, and why; none for a clean pair.
struct Expected {
    empty: BTreeSet<String>,
}

fn table() -> BTreeMap<(String, String), Expected> {
    let mut rows = csv::Reader::from_reader(TABLE.as_bytes());
    let mut table = BTreeMap::new();
    for row in rows.records() {
        let row = row.expect("a row of the table");
        let empty = row[2].split_whitespace().filter(|word| *word != "clean").map(String::from).collect();
        assert_eq!(row[3].is_empty(), &row[2] == "clean", "what is not clean has a reason: {row:?}");
        let known = table.insert((row[0].to_string(), row[1].to_string()), Expected { empty });
        assert!(known.is_none(), "a pair stands in the table once: {row:?}");
    }
    table
}

/// Works a command line in a world.
fn command(line: &str, world: &TestWorld) -> (Exit, String) {
    let (mut result, mut notes) = (Vec::new(), Vec::new());
    // The documents of all pairs of a target are the same; they are checked once.
    thread_local!(static SHELF: Rc<Shelf> = Rc::default());
    let shelf = SHELF.with(Rc::clone);
    let mut out = Out::new(&mut result, &mut notes, Style::default()).with_shelf(&shelf);
    let exit = run_on(line.split_whitespace().map(OsString::from), world, &mut out);
    (exit, String::from_utf8_lossy(&[result, notes].concat()).into_owned())
}

/// The sync of a pair.
fn sync(name: &str, source: &sources::Source, target: &str) -> String {
    let mut text = format!(
        "sync: {name}\nleft: {{ system: {}, settings: {{{}}} }}\nright: {{ system: {target} }}\n",
        source.system, source.settings
    );
    text.push_str("options:\n");
    for (name, value) in source.options {
        text.push_str(&format!("  {name}: {value}\n"));
    }
    if target == "dnp-file" {
        text.push_str("  eppn_from: mail\n");
    }
    let granted: &[&str] = match target {
        "skola24" => &["child.civic_no", "guardian.child_civic_no", "guardian.civic_no", "staff.civic_no"],
        "dnp-file" => &["enrolment.civic_no", "duty.civic_no"],
        "prorenata" => &["pupil.civic_no", "pupil.g1_civic_no", "pupil.g2_civic_no"],
        _ => &[],
    };
    if !granted.is_empty() {
        text.push_str("allow: |\n");
    }
    for field in granted {
        text.push_str(&format!("  national_id -> {field} because \"the school has agreed\"\n"));
    }
    text
}

/// What goes wrong with a pair.
fn work(source: &sources::Source, target: &str, expected: &Expected) -> Result<(), String> {
    let world = TestWorld::new();
    world.set_now("2026-09-01T18:30:00Z".parse().expect("a moment"));
    source.put(&world);
    world.put("dnp_provaktiviteter.table.yaml", TESTS);
    for source in SOURCES {
        world.put(format!("{}.sync.yaml", source.name), sync(source.name, source, target));
    }
    let run = format!("koppla run {} --project . --as-of 2026-09-01", source.name);
    let (exit, said) = command(&run, &world);
    if !matches!(exit, Exit::Done | Exit::Found)
        || !(said.contains(" changes written, 0 failed") || said.contains(" change written, 0 failed"))
    {
        return Err(format!("run: {exit:?}\n{said}"));
    }
    let files = world.tree().into_iter().filter_map(|(path, bytes)| {
        Some((path.strip_prefix("output/").filter(|name| *name != ".koppla.lock")?.to_string(), bytes))
    });
    let files: BTreeMap<String, Vec<u8>> = files.collect();
    if files.is_empty() && said.contains("\n0 changes written") && !expected.empty.is_empty() {
        // Nobody fits, so nothing is delivered: no file is as good as one without rows.
        return Ok(());
    }
    let delivered = validate::delivered(target, &files).map_err(|why| format!("{why}\n{said}"))?;
    let empty: BTreeSet<String> =
        delivered.iter().filter(|(_, rows)| **rows == 0).map(|(name, _)| name.clone()).collect();
    if empty != expected.empty {
        return Err(format!("files without rows are {empty:?}, expected {:?}\n{said}", expected.empty));
    }
    let (exit, said) = command(&run, &world);
    match said.contains("\n0 changes written, 0 failed") {
        true => Ok(()),
        false => Err(format!("second run: {exit:?}\n{said}")),
    }
}

/// All sources to one target.
#[track_caller]
fn all_to(target: &str) {
    let table = table();
    let mut wrong = Vec::new();
    for source in SOURCES {
        let pair = (source.name.to_string(), target.to_string());
        match table.get(&pair) {
            None => wrong.push(format!("{pair:?} is not in the table")),
            Some(expected) => {
                if let Err(why) = work(source, target, expected) {
                    wrong.push(format!("== {} -> {target}: {why}", source.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_table_holds_every_pair_and_enough_are_clean() {
    let table = table();
    let pairs: BTreeSet<(String, String)> = SOURCES
        .iter()
        .flat_map(|source| TARGETS.iter().map(|target| (source.name.to_string(), target.to_string())))
        .collect();
    assert_eq!(table.keys().cloned().collect::<BTreeSet<_>>(), pairs);
    let clean = table.values().filter(|expected| expected.empty.is_empty()).count();
    assert!(clean >= 40, "{clean} pairs are clean");
}

/// All pairs in one project have no finding.
#[test]
fn every_pair_is_checked() {
    let world = TestWorld::new();
    for source in SOURCES {
        for target in TARGETS {
            let name = format!("{}--{target}", source.name);
            world.put(format!("{name}.sync.yaml"), sync(&name, source, target));
        }
    }
    let (exit, said) = command("koppla check --project .", &world);
    assert_eq!(exit, Exit::Done, "{said}");
}

/// A command that works one sync reads no more of the library than its documents name, and takes the same way.
#[test]
fn a_sync_takes_the_same_route_over_the_documents_that_it_needs() {
    for (source, target) in SOURCES.iter().zip(TARGETS.iter().cycle()) {
        let sync = sync("pair", source, target).into_bytes();
        let files = vec![
            ("dnp_provaktiviteter.table.yaml".to_string(), TESTS.as_bytes().to_vec()),
            ("pair.sync.yaml".to_string(), sync),
        ];
        let over = |project: Project| {
            assert!(project.findings.is_empty(), "{} -> {target}", source.name);
            let route = &project.typed.routes[0].mappings;
            let names: Vec<String> = route.iter().map(|mapping| mapping.name.text.clone()).collect();
            (names, project.model.mappings.len())
        };
        let (needed, few) = over(Project::of_needed(Path::new("."), &files));
        let (route, all) = over(Project::of_files(Path::new("."), &files));
        assert_eq!(needed, route);
        assert!(few < all, "{few} of {all} mappings were read");
    }
}

#[test]
fn to_apple_school_manager() {
    all_to("apple-school-manager");
}

#[test]
fn to_oneroster_1_1() {
    all_to("oneroster-1-1-target");
}

#[test]
fn to_oneroster_1_2() {
    all_to("oneroster-1-2-target");
}

#[test]
fn to_school_data_sync_v1() {
    all_to("sds-v1-target");
}

#[test]
fn to_school_data_sync_v2_1() {
    all_to("sds");
}

#[test]
fn to_skola24() {
    all_to("skola24");
}

#[test]
fn to_lightspeed() {
    all_to("lightspeed");
}

#[test]
fn to_lexplore() {
    all_to("lexplore");
}

#[test]
fn to_itslearning() {
    all_to("itslearning");
}

#[test]
fn to_the_national_tests() {
    all_to("dnp-file");
}

#[test]
fn to_prorenata() {
    all_to("prorenata");
}

#[test]
fn to_dugga() {
    all_to("dugga");
}
