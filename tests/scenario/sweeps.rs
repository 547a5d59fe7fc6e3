//! Lists that are compared while they are read: what is proposed is what comparing both sides as a whole proposes.

use crate::lists::Lists;
use crate::town::Town;
use koppla::finding::terminal::Style;
use koppla::run::change::{Change, ChangeSet};
use koppla::run::propose::{Proposal, Purpose, Wish, propose};
use koppla::run::sweep::{Sources, sweep};
use koppla::shell::Out;
use koppla::shell::job::Job;
use koppla::shell::progress::Progress;
use koppla::shell::project;
use koppla::store::sqlite::Store;
use koppla::world::World;
use std::path::Path;

const LISTS: Lists = Lists {
    column: "school:  { type: \"text?\", class: public }",
    refers: false,
    condition: "p.name != \"Nemo\" else skip \"is nobody\"",
    rules: "      Others:  c.rows | count | text -> others
      School:  p.school          -> more   clear
",
};

/// Numbers that look like chance and are the same every time.
pub struct Dice(pub u64);

impl Dice {
    pub fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.throw(times) == 0
    }
}

/// How often something odd is thrown, one in so many rows; rarely enough that many lists have none of it.
const ODD: u64 = 90;

/// Pupils in several files, some of them as no list should hold them.
fn put_pupils(town: &Town, pupils: u64, dice: &mut Dice) {
    for file in 0..4 {
        let mut list = String::from("number;name;born;marking;school\n");
        for number in (0..pupils).filter(|number| number % 4 == file) {
            if dice.once_in(12) {
                continue;
            }
            let number = if dice.once_in(ODD) { dice.throw(pupils) } else { number };
            let number = if dice.once_in(ODD) { String::new() } else { number.to_string() };
            let name = match dice.throw(ODD) {
                0 => "Nobody".to_string(),
                1 => "Nemo".to_string(),
                other => format!("åsa {} ek", other % 20),
            };
            let born = if dice.once_in(ODD) { "soon" } else { "2012-03-04" };
            let marking = if dice.once_in(20) { "protected" } else { "" };
            let school = ["A1", "", "B2"][dice.throw(3) as usize];
            list.push_str(&format!("{number};{name};{born};{marking};{school}\n"));
            if dice.once_in(ODD * 8) {
                list.push_str("torn\n");
            }
        }
        town.world.put(format!("input/pupils-{file}.csv"), list);
    }
}

/// What the directory holds, as somebody else has left it.
fn put_accounts(town: &Town, pupils: u64, dice: &mut Dice) {
    let mut list = String::from("id,name,year,class,others,more\n");
    for number in 0..pupils + 5 {
        if dice.once_in(9) {
            continue;
        }
        let number = if dice.once_in(ODD * 2) { dice.throw(pupils) } else { number };
        let (name, more) = (dice.throw(20), ["A1", "", "B2", "\"C, 3\""][dice.throw(4) as usize]);
        list.push_str(&format!("{number},Åsa {name} Ek,2012,,0,{more}\n"));
    }
    town.world.put("output/accounts.csv", list);
}

/// What the sweep proposes, and what comparing everything proposes.
fn both(town: &Town, purpose: Purpose, saved: Option<&ChangeSet>, seed: u64) -> (Option<Proposal>, Proposal) {
    let (mut result, mut notes) = (Vec::new(), Vec::new());
    let mut out = Out::new(&mut result, &mut notes, Style::default());
    let project = project::open(Path::new("."), &town.world, &mut out).expect("a project");
    let as_of = "2026-09-01".parse().ok();
    let job = Job::ready(&project, None, as_of, false, &town.world, &mut out).expect("a sync");
    let job = job.with_threads(Some(1 + (seed % 4) as u16));
    let store = Store::open_read(&town.world, &job.store_path()).expect("a store or none");
    let made_at = town.world.now().to_string();
    let wish =
        Wish { store: store.as_ref(), saved, as_of: job.as_of, made_at: &made_at, purpose, threads: job.threads };
    let progress = Progress::new(&out);
    let runtime = koppla::shell::job::runtime().expect("a runtime");
    let from = Sources { sides: &job.sides, world: job.world, rows: 1 };
    let swept = runtime.block_on(async { sweep(&job.plan, from, &wish, &mut |_, _| {}).expect("a store") });
    let read = runtime.block_on(job.read(true, &progress));
    (swept, propose(&job.plan, &read, &wish).expect("a store"))
}

/// Everything that a proposal says, in an order that does not depend on the windows.
fn told(proposal: &Proposal) -> Vec<String> {
    let report = &proposal.report;
    let mut told = vec![
        format!("{:?} {:?} {:?}", report.first_run, report.blocked, report.stopped),
        format!("{:?}", report.reads),
        format!("{:?}", report.entities),
    ];
    for stage in &report.stages {
        let mut stopped: Vec<String> = stage.fallen.stopped.iter().map(|stopped| format!("{stopped:?}")).collect();
        stopped.sort();
        told.extend(stopped);
        told.push(format!("{:?} {:?}", stage.fallen.counts().collect::<Vec<_>>(), stage.fallen.protected));
        told.push(format!("{:?}", stage.outside));
    }
    told.push(format!("{:?}", proposal.stale));
    told.extend(proposal.set.entities.iter().flat_map(|entity| entity.iter()).map(|change| format!("{change:?}")));
    told
}

/// Asserts that both propose the same; says whether the list was swept, and gives what is proposed.
#[track_caller]
pub fn compare(town: &Town, purpose: Purpose, saved: Option<&ChangeSet>, seed: u64) -> (bool, ChangeSet) {
    let (swept, whole) = both(town, purpose, saved, seed);
    let Some(swept) = swept else { return (false, whole.set) };
    let (swept, told_whole) = (told(&swept), told(&whole));
    let first = swept.iter().find(|line| !told_whole.contains(line));
    let second = told_whole.iter().find(|line| !swept.contains(line));
    assert!(swept == told_whole, "seed {seed}, {purpose:?}:\n{first:#?}\n{second:#?}");
    (true, whole.set)
}

/// What is done to which record, and which fields of it change.
fn named(set: &ChangeSet) -> Vec<String> {
    let of_change = |change: Change<'_>| {
        let fields: Vec<&str> = change.fields.iter().map(|field| &*field.field).collect();
        format!("{:?} {} {fields:?}", change.op, change.key)
    };
    set.entities.iter().flat_map(|entity| entity.iter()).map(of_change).collect()
}

/// The same for who looks, for who writes, and for who writes what was saved before somebody else has changed the directory.
#[track_caller]
fn compare_all(town: &Town, pupils: u64, dice: &mut Dice, seed: u64) -> u32 {
    let (looks, saved) = compare(town, Purpose::Look, None, seed);
    let (writes, _) = compare(town, Purpose::Write, None, seed);
    let (_, names) = compare(town, Purpose::Names, None, seed);
    assert_eq!(named(&names), named(&saved), "seed {seed}");
    if dice.once_in(2) {
        put_accounts(town, pupils, dice);
    }
    let (applies, _) = compare(town, Purpose::Write, Some(&saved), seed);
    [looks, writes, applies].map(u32::from).iter().sum()
}

#[test]
fn a_list_that_is_compared_while_it_is_read_gives_what_the_whole_list_gives() {
    let mut swept = 0;
    for seed in 0..120 {
        let mut dice = Dice(seed);
        let pupils = 10 + dice.throw(60);
        let town = LISTS.town(pupils as usize);
        put_pupils(&town, pupils, &mut dice);
        put_accounts(&town, pupils, &mut dice);
        swept += compare_all(&town, pupils, &mut dice, seed);
    }
    assert!(swept > 90, "only {swept} of 360 were compared while they were read");
}

#[test]
fn links_are_heeded_while_a_list_is_read() {
    let mut swept = 0;
    for seed in 0..40 {
        let mut dice = Dice(seed + 1_000);
        let pupils = 10 + dice.throw(60);
        let town = LISTS.town(pupils as usize);
        put_pupils(&town, pupils, &mut dice);
        town.run();
        for _ in 0..2 {
            put_pupils(&town, pupils + dice.throw(4), &mut dice);
            if dice.once_in(3) {
                put_accounts(&town, pupils, &mut dice);
            }
            swept += compare_all(&town, pupils, &mut dice, seed);
            town.command("koppla run --project . --as-of 2026-09-01");
        }
    }
    assert!(swept > 60, "only {swept} of 240 were compared while they were read");
}
