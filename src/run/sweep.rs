//! Comparing while the driving list is read.
//!
//! Of the right side a [`Shelf`] is held, of the left side one window at a time. Whatever only all records together could tell
//! (two left records for one right one, a key that changed, a value that must be unique) ends the sweep: then both sides
//! are read anew, held and compared as a whole, which gives the same where both can be done.

use super::change::{Change, ChangeSet, EntityChanges, Op};
use super::changes::Changes;
use super::decide::Decisions;
use super::eval::{Links, Machine, Odd};
use super::fate::Stopped;
use super::gather::{Gathered, Lots, Read, Sides, gather, open, open_list};
use super::identity::Identities;
use super::key::escape;
use super::make::{Fate, MadeRow, frame_of};
use super::parallel::{Arenas, Ordered, Ready, Turn, in_order};
use super::propose::{Context, Found, Known, Pair, Proposal, Purpose, Wish, begin, finish, waiting};
use super::report::{EntityReport, ReadReport, Report};
use super::right::{Memory, Right, hash};
use super::route::{first_input, not_whole, setting};
use super::shelf::{Candidate, Line, Looking, Marks, Shelf, key_hash};
use super::stage::{Worked, lookup_codecs, lookups};
use super::window::{Driving, Windows};
use crate::adapter::drive::ReadOutcome;
use crate::adapter::{Session, rows_of};
use crate::check::TypedMapping;
use crate::check::typed::{ExprId, Node, TypedMap, children};
use crate::model::{Access, Field};
use crate::plan::{EntityRead, EntityWrite, Plan};
use crate::store::{Link, Store, StoreFault};
use crate::value::normal::normal_form;
use crate::value::{Arena, EntityId, Type};
use crate::world::World;
use hashbrown::HashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::runtime::{Handle, RuntimeFlavor};

/// Where a sync is read.
#[derive(Clone, Copy)]
pub struct Sources<'f> {
    /// The settings of both sides.
    pub sides: &'f Sides,
    /// The world.
    pub world: &'f dyn World,
    /// So many rows at least are worked together, if there are so many.
    pub rows: usize,
}

/// Reads and compares, window by window. `told` hears what is read and how many rows came. Gives nothing if both sides have to be
/// compared as a whole.
pub fn sweep(
    plan: &Plan<'_>,
    from: Sources<'_>,
    wish: &Wish<'_>,
    told: &mut (dyn FnMut(&str, usize) + Send),
) -> Result<Option<Proposal>, StoreFault> {
    let handle = Handle::current();
    let Some(regular) = Regular::of(plan, wish.store.is_some()) else { return Ok(None) };
    if handle.runtime_flavor() != RuntimeFlavor::MultiThread {
        return Ok(None);
    }
    tokio::task::block_in_place(|| swept(plan, &regular, from, wish, &handle, told))
}

/// A sync whose records can be compared one by one.
struct Regular<'p> {
    driving: Driving,
    map: &'p TypedMap,
    write: &'p EntityWrite,
    read: &'p EntityRead,
    /// What the records of the last map are made of.
    last: EntityId,
}

impl<'p> Regular<'p> {
    /// True of a sync of files with one entity on the right, whose records are found by their own fields alone, refer to nobody
    /// and hold nothing that is unique or cannot be read back.
    fn of(plan: &'p Plan<'p>, remembers: bool) -> Option<Regular<'p>> {
        let driving = Driving::of(plan)?;
        let ([write], Some((protocol, _))) = (plan.target.entities.as_slice(), &plan.target.connection) else {
            return None;
        };
        let (typed, before) = plan.route.typed.split_last()?;
        let map = typed.maps.first().filter(|map| map.right == write.entity)?;
        let entity = plan.model.entity(write.entity);
        let plain = |field: &Field| {
            let refers = matches!(field.ty.element().unwrap_or(&field.ty), Type::Ref(_));
            !field.unique && !refers && !matches!(field.access, Access::Write | Access::Initial)
        };
        let part = plan.model.system(entity.system).reads.part;
        let found = map.matches.iter().flatten().all(|(_, right, _)| is_own(typed, *right));
        let others = plan.needs.keys().any(|id| !plan.model.entity(*id).also.is_empty());
        if *protocol != "files" || part || others && remembers || !entity.also.is_empty() || !found {
            return None;
        }
        let last = before.last().map_or(driving.entity, |typed| typed.maps[0].right);
        let read = write.read.as_ref()?;
        entity.fields.iter().all(plain).then_some(Regular { driving, map, write, read, last })
    }
}

/// True of an expression that asks for nothing but the record that it is about.
fn is_own(typed: &TypedMapping, expr: ExprId) -> bool {
    let node = typed.nodes.node(expr);
    let own = match node {
        Node::All(_)
        | Node::ByKey { .. }
        | Node::Referrers { .. }
        | Node::Linked { .. }
        | Node::Right(_)
        | Node::RowSlot { .. }
        | Node::Allocated(_) => false,
        Node::Field { of, .. } => matches!(typed.nodes.node(*of), Node::Local(_)),
        _ => true,
    };
    own && children(node).into_iter().all(|child| is_own(typed, child))
}

fn swept(
    plan: &Plan<'_>,
    regular: &Regular<'_>,
    from: Sources<'_>,
    wish: &Wish<'_>,
    handle: &Handle,
    told: &mut (dyn FnMut(&str, usize) + Send),
) -> Result<Option<Proposal>, StoreFault> {
    let (model, threads, driving) = (plan.model, wish.threads, regular.driving.entity);
    let Some((protocol, dialect)) = &plan.target.connection else { return Ok(None) };
    let read = handle.block_on(gather(plan, from.sides, from.world, false, Some(driving), threads, told));
    let mut report = Report::default();
    let mut set = begin(plan, wish, &mut report)?;
    let (arenas, codecs) = (Arenas::new(threads), lookup_codecs(model));
    let lookups = lookups(model, &codecs, arenas.own());
    let last = setting(plan, plan.route.typed.len() - 1, wish.as_of, &arenas, &lookups);

    let name = &model.entity(regular.write.entity).name.text;
    told(name, 0);
    let opened = handle.block_on(open(protocol, &**dialect, &from.sides.right, from.world));
    let Ok(mut session) = opened else { return Ok(None) };
    let looking = Looking::of(plan, &last, regular.map, &regular.read.columns);
    let mut lots = Lots::of(Ok((&mut *session, regular.read.call)), from.rows);
    let (mut shelf, mut again) = (looking.shelf(), true);
    let shelved = Ready::new(threads, |(rows, looked)| {
        count(rows, name, told);
        again = again && shelf.add(looked);
    });
    in_order(
        threads,
        || handle.block_on(lots.next()),
        |lot, turn, _| shelved.leave(turn, (rows_of(&lot), looking.look(&lot))),
    );
    drop(shelved);
    if !again || !lots.outcome().complete {
        return Ok(None);
    }
    if let Some(store) = wish.store {
        store.links_without_values(&set.sync, name, &mut |link| shelf.remember(&link))?;
        shelf.remembered();
    }
    if !shelf.is_clear() {
        return Ok(None);
    }

    let input = first_input(plan, &read, &mut report);
    let Some(mut windows) = Windows::of(plan, &regular.driving, input, wish.as_of, &arenas, &lookups) else {
        return Ok(None);
    };
    let besides = Besides {
        identities: Identities::of(&windows.none(None, &arenas)),
        waiting: waiting(wish.store, &set.sync)?,
        decisions: Decisions::of(wish.store, &set.sync)?,
    };
    let mut compared = Compared { identities: besides.identities.clone(), ..Compared::default() };
    compared.report.entity = name.clone();
    compared.report.linked = shelf.links();
    let (marks, session) = (Ordered::new(shelf.marks()), Mutex::new(session));
    let sweep = Sweep { plan, regular, wish, handle, session, looking: &looking, shelf, besides };
    let name = &model.entity(driving).name.text;
    told(name, 0);
    let mut left = handle.block_on(open_list(plan, from.sides, from.world, driving));
    let left = left.as_mut().map(|(session, call)| (&mut **session, *call)).map_err(|fault| fault.clone());
    let (mut lots, over, mut rows) = (Lots::of(left, from.rows), AtomicBool::new(false), 0);
    let all = Ready::new(threads, |(more, window): (usize, Compared)| {
        rows += more as u64;
        count(more, name, told);
        over.fetch_or(window.stop.is_some(), Ordering::Relaxed);
        compared.add(window, regular.last);
    });
    in_order(
        threads,
        // Where only all records together tell, the others are not looked at.
        || if over.load(Ordering::Relaxed) { None } else { handle.block_on(lots.next()) },
        |lot, turn, arenas| {
            let worked = windows.work(&lot, turn, arenas);
            all.leave(turn, (rows_of(&lot), sweep.window(&worked, turn, &marks, arenas)));
        },
    );
    drop(all);
    match compared.stop.take() {
        Some(Stop::Unclear) => return Ok(None),
        Some(Stop::Store(fault)) => return Err(fault),
        None => {}
    }
    let outcome = lots.outcome();
    if outcome.begins_again() {
        return Ok(None);
    }
    let why = not_whole(model.system(model.entity(driving).system), &outcome);
    let at = plan.reads.iter().flat_map(|system| &system.entities).position(|read| read.entity == driving);
    report.reads.insert(at.unwrap_or(0).min(report.reads.len()), ReadReport::of_rows(model, driving, &outcome, rows));
    let nameless = !windows.nameless().is_empty();
    let mut worked = windows.none(why, &arenas);
    let fallen = windows.fallen();
    let stopped: Vec<Stopped> = fallen.iter().flat_map(|fallen| fallen.stopped.clone()).collect();
    for (mapping, fallen) in plan.route.mappings.iter().zip(&fallen) {
        report.replace(model, &fallen.replaced);
        report.add_stage(&mapping.name.text, fallen, None);
    }
    match sweep.left_over(&mut worked, &stopped, nameless, &marks.into_inner(), &mut compared) {
        Err(Stop::Unclear) => return Ok(None),
        Err(Stop::Store(fault)) => return Err(fault),
        Ok(()) => {}
    }
    let Compared { mut changes, report: of_entity, .. } = compared;
    // Putting them in order needs room.
    drop(sweep);
    changes.sort();
    set.entities.push(EntityChanges { entity: of_entity.entity.clone(), linked: of_entity.linked, changes });
    report.entities.push(of_entity);
    finish(plan, set, report, wish).map(Some)
}

/// Counts rows, for whoever hears of them.
fn count(rows: usize, name: &str, told: &mut (dyn FnMut(&str, usize) + Send)) {
    if rows > 0 {
        told(name, rows);
    }
}

/// Why a sweep ends early.
enum Stop {
    /// Only all records together tell.
    Unclear,
    /// The store cannot be read.
    Store(StoreFault),
}

impl From<StoreFault> for Stop {
    fn from(fault: StoreFault) -> Stop {
        Stop::Store(fault)
    }
}

/// A comparison.
struct Sweep<'s> {
    plan: &'s Plan<'s>,
    regular: &'s Regular<'s>,
    wish: &'s Wish<'s>,
    handle: &'s Handle,
    /// Reads rows of the right side again.
    session: Mutex<Box<dyn Session + 's>>,
    looking: &'s Looking<'s>,
    shelf: Shelf,
    besides: Besides,
}

/// What comparing gave, of a window or of all so far.
#[derive(Default)]
struct Compared {
    changes: Changes,
    report: EntityReport,
    /// Maps from which a record that is missing is not gone, and why, by what the windows gave.
    incomplete: BTreeMap<u16, String>,
    identities: Identities,
    stop: Option<Stop>,
}

impl Compared {
    /// Adds what the next window gave. `last` is what the records of the last map are made of.
    fn add(&mut self, next: Compared, last: EntityId) {
        self.changes.append(&next.changes);
        self.report.add(next.report);
        for (map, why) in next.incomplete {
            self.incomplete.entry(map).or_insert(why);
        }
        self.identities.add(&next.identities, last);
        self.stop = self.stop.take().or(next.stop);
    }
}

/// What is known of the records besides.
struct Besides {
    /// Of all but the records of the driving list.
    identities: Identities,
    waiting: BTreeSet<(String, String)>,
    decisions: Decisions,
}

impl Besides {
    /// Comparing what a window gave.
    fn context<'c, 't>(
        &'c self,
        plan: &'c Plan<'c>,
        wish: &Wish<'_>,
        worked: &'c Worked<'t>,
        index: usize,
        identities: &'c Identities,
        stopped: &'c [Stopped],
    ) -> Context<'c, 't> {
        let Besides { waiting, decisions, .. } = self;
        Context {
            plan,
            worked,
            index,
            secret: wish.store.map_or([0; 32], Store::key),
            known: Known { identities, stopped, waiting, decisions },
            as_of: wish.as_of,
            purpose: wish.purpose,
        }
    }
}

/// A made record that is looked at more closely, and the row of the right side that it is.
struct Asked {
    row: usize,
    right: u32,
    found: Ask,
}

/// Why.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// It may differ, and is linked.
    Linked,
    /// It may differ, and was found by its key or a match rule.
    Matched,
    /// It is about a protected person.
    Protected,
}

/// How many rows that nobody has asked for are looked at together.
const LEFT_OVER: usize = 4096;

/// What is seen of a made record before it is its turn.
struct Glimpse {
    /// The row with its key, and the digest of that.
    named: Option<(u32, u64)>,
    /// The row that it is linked with.
    linked: Option<u32>,
    /// The digest of its values.
    digest: u64,
}

impl Sweep<'_> {
    /// Compares what a window gave.
    fn window(&self, worked: &Worked<'_>, turn: &Turn<'_>, marks: &Ordered<Marks>, arenas: &Arenas) -> Compared {
        let mut compared = Compared::default();
        let entity = self.regular.write.entity;
        let index = worked.made.iter().position(|made| made.entity == entity);
        let glimpses = index.map(|index| self.glimpses(worked, index)).unwrap_or_default();
        // It is always its turn once, whatever becomes of it.
        let found = turn.take(marks, |marks| match index {
            Some(index) => self.find(worked, index, &glimpses, marks, &mut compared.report),
            None => Ok((Vec::new(), Vec::new())),
        });
        let done = found.and_then(|found| match index {
            Some(index) => self.compare(worked, index, found, arenas, &mut compared),
            None => Ok(()),
        });
        compared.stop = done.err();
        compared
    }

    fn compare(
        &self,
        worked: &Worked<'_>,
        index: usize,
        (asked, new): (Vec<Asked>, Vec<usize>),
        arenas: &Arenas,
        compared: &mut Compared,
    ) -> Result<(), Stop> {
        compared.identities = self.besides.identities.with(worked, self.regular.last);
        for (map, why) in &worked.made[index].incomplete {
            compared.incomplete.insert(*map, why.clone());
        }
        let rights: Vec<u32> = asked.iter().map(|asked| asked.right).collect();
        let (read, mut memory) = self.again(&rights)?;
        let right = Right::of(self.plan, self.regular.write, &read, &mut memory, arenas);
        let keys = worked.left_keys_of(index, asked.iter().map(|asked| asked.row).chain(new.iter().copied()));
        let new_keys = (asked.len()..).map(|place| keys.get(place));
        let context = self.besides.context(self.plan, self.wish, worked, index, &compared.identities, &[]);
        let (mut proposed, mut pairs) = (Vec::new(), Vec::new());
        let report = &mut compared.report;
        for (present, Asked { row, found, .. }) in asked.into_iter().enumerate() {
            let Some(left_key) = keys.get(present) else { continue };
            let found = match found {
                Ask::Linked => Found::Linked(present),
                Ask::Matched => Found::Matched(present),
                Ask::Protected => {
                    context.protect(present, &right, &mut proposed, report);
                    continue;
                }
            };
            if !context.settle_remains(row, left_key, present, &right, &mut proposed, report) {
                pairs.push(Pair { row, left_key, present, found, at: proposed.len() });
            }
        }
        let proposed = context.with_differences(proposed, &pairs, &right, arenas);
        let new = new.into_iter().zip(new_keys).filter_map(|(row, key)| Some(context.creation(row, key?)));
        self.keep(proposed.into_iter().map(|proposed| *proposed.change).chain(new), &mut compared.changes);
        worked.locate(self.regular.write.entity, &mut compared.report.held);
        Ok(())
    }

    /// What is seen of made records before it is their turn.
    fn glimpses(&self, worked: &Worked<'_>, index: usize) -> Vec<Glimpse> {
        let made = &worked.made[index];
        let digests = self.looking.digests(made, &Arena::new());
        let linked = match self.shelf.links() {
            0 => vec![None; made.rows.len()],
            _ => worked.left_keys()[index].iter().map(|left_key| self.shelf.linked(left_key?)).collect(),
        };
        let glimpses = linked.into_iter().zip(self.shelf.with_keys(&made.keys)).zip(digests);
        glimpses.map(|((linked, named), digest)| Glimpse { named, linked, digest }).collect()
    }

    /// Finds the right records of made ones: those that have to be looked at more closely, and those that have none.
    fn find(
        &self,
        worked: &Worked<'_>,
        index: usize,
        glimpses: &[Glimpse],
        marks: &mut Marks,
        report: &mut EntityReport,
    ) -> Result<(Vec<Asked>, Vec<usize>), Stop> {
        let made = &worked.made[index];
        if self.shelf.links() > 0 && (!worked.nameless.is_empty() || made.nameless) {
            return Err(Stop::Unclear);
        }
        let without_key = worked.without_left_key(index);
        let (none, odd) = (Links::default(), Odd::default());
        let machine = worked.setting.machine(&worked.tables, &none, &odd).inside(true);
        let (mut asked, mut new) = (Vec::new(), Vec::new());
        let mut arena = Arena::new();
        let looks = self.wish.purpose != Purpose::Write;
        for (row, glimpse) in glimpses.iter().enumerate() {
            arena.reset();
            let (named, linked) = (glimpse.named.map(|(row, _)| row), glimpse.linked);
            if made.keys.get(row).is_some_and(|key| !marks.name(key, named)) {
                return Err(Stop::Unclear);
            }
            if without_key.contains(&row) {
                continue;
            }
            let fate = &made.rows[row].fate;
            let found = match (fate, linked) {
                (Fate::Whole | Fate::Reduced, Some(right)) => Candidate::Linked(right),
                (Fate::Whole | Fate::Reduced, None) => {
                    let made = &made.rows[row];
                    let asked = |number: usize, line: &Line| line_hash(&machine, made, number, line, &arena);
                    self.shelf.candidate(marks, named, asked)
                }
                (_, Some(right)) => {
                    marks.take(right);
                    if *fate == Fate::Protected {
                        asked.push(Asked { row, right, found: Ask::Protected });
                    }
                    Candidate::Nobody
                }
                (_, None) => Candidate::Nobody,
            };
            match fate {
                Fate::Reduced => report.reduced += 1,
                Fate::Protected => report.protected += 1,
                Fate::Outside => report.outside += 1,
                Fate::Whole | Fate::Rejected(_) | Fate::Held(_) => {}
            }
            let (right, found) = match found {
                Candidate::Unclear => return Err(Stop::Unclear),
                Candidate::Nobody if fate.is_written() => {
                    new.push(row);
                    continue;
                }
                Candidate::Nobody => continue,
                Candidate::Linked(right) => (right, Ask::Linked),
                Candidate::Matched(right) => (right, Ask::Matched),
            };
            if !marks.take(right) {
                return Err(Stop::Unclear);
            }
            // It holds just what rules write, as the digests tell, and the store has nothing to add.
            let as_it_is = || {
                let held = glimpse.named.filter(|(row, _)| *row == right).map(|(_, digest)| digest);
                held.unwrap_or_else(|| self.shelf.digest_of(right)) == glimpse.digest
            };
            let settled = *fate == Fate::Whole && (found == Ask::Linked || looks) && !self.shelf.asks(right);
            if !(settled && as_it_is()) {
                asked.push(Asked { row, right, found });
            }
        }
        Ok((asked, new))
    }

    /// Reads rows of the right side again, with what the store remembers of them.
    fn again(&self, rows: &[u32]) -> Result<(Read, Memory), Stop> {
        let entity = self.regular.write.entity;
        let mut batches = Vec::new();
        if !rows.is_empty() {
            let places = self.shelf.places(rows);
            let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
            let batch = self.handle.block_on(session.again(self.regular.read.call, &places));
            // What has changed while it was read is read anew.
            batches.push(batch.map_err(|_| Stop::Unclear)?);
        }
        let mut links: Vec<Link> = Vec::new();
        if let Some(store) = self.wish.store {
            let sync = &self.plan.model.sync(self.plan.sync).name.text;
            let name = &self.plan.model.entity(entity).name.text;
            for left_key in rows.iter().filter_map(|&row| self.shelf.left_key(row)) {
                links.extend(store.link(sync, name, left_key)?);
            }
        }
        let outcome = ReadOutcome { batches, complete: true, ..ReadOutcome::default() };
        let read = Read { left: BTreeMap::new(), right: BTreeMap::from([(entity, Gathered { outcome })]) };
        Ok((read, Memory::of_links(entity, links)))
    }

    /// Says what becomes of the rows that no made record is. `worked` is a window without rows that knows what is incomplete.
    fn left_over(
        &self,
        worked: &mut Worked<'_>,
        stopped: &[Stopped],
        nameless: bool,
        marks: &Marks,
        compared: &mut Compared,
    ) -> Result<(), Stop> {
        let entity = self.regular.write.entity;
        let Some(index) = worked.made.iter().position(|made| made.entity == entity) else { return Ok(()) };
        if nameless && self.shelf.links() > 0 {
            return Err(Stop::Unclear);
        }
        for (map, why) in std::mem::take(&mut compared.incomplete) {
            worked.made[index].incomplete.entry(map).or_insert(why);
        }
        for rows in marks.left_over().chunks(LEFT_OVER) {
            let arenas = Arenas::new(self.wish.threads);
            let (read, mut memory) = self.again(rows)?;
            let right = Right::of(self.plan, self.regular.write, &read, &mut memory, &arenas);
            let context = self.besides.context(self.plan, self.wish, worked, index, &compared.identities, stopped);
            let (mut proposed, taken) = (Vec::new(), vec![false; rows.len()]);
            context.gone(&right, &HashSet::new(), &taken, &mut proposed, &mut compared.report);
            self.keep(proposed.into_iter().map(|proposed| *proposed.change), &mut compared.changes);
        }
        Ok(())
    }

    /// Keeps changes but for those that nobody wants: links for who only looks, and what a saved change set does not hold.
    fn keep<'k>(&self, all: impl Iterator<Item = Change<'k>>, changes: &mut Changes) {
        let entity = self.plan.model.entity(self.regular.write.entity);
        let Wish { purpose, saved, .. } = *self.wish;
        if changes.is_empty() {
            *changes = Changes::of(entity, purpose == Purpose::Names);
        }
        let wanted = all.filter(|change| match change.op {
            Op::Link => purpose == Purpose::Write,
            _ => saved.is_none_or(|saved: &ChangeSet| saved.holds(&entity.name.text, change)),
        });
        wanted.for_each(|change| changes.push(&change));
    }
}

/// The hash of what a line of the match rules asks for, for a made record; none if that is absent or cannot be worked out.
fn line_hash(machine: &Machine<'_, '_>, made: &MadeRow, number: usize, line: &Line, arena: &Arena) -> Option<u128> {
    let map = &machine.typed.maps[usize::from(made.map)];
    let (sides, frame) = (&map.matches[number], frame_of(machine, map, made.left, arena));
    match line {
        Line::Rows(_) => hash(machine, sides.iter().map(|(side, _, ty)| (*side, *ty)), &frame, arena),
        Line::Key => {
            let asked = machine.eval(sides.first()?.0, &frame, arena).ok()?;
            let mut key = normal_form(&Type::Text, asked, arena).as_text()?.to_string();
            escape(&mut key, 0);
            Some(key_hash(&key))
        }
    }
}
