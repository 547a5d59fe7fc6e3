//! Comparing while the driving list is read.
//!
//! Of the right side a [`Shelf`] is held, of the left side one window at a time. Whatever only all records together could tell
//! (two left records for one right one, a key that changed, a value that must be unique) ends the sweep: then both sides
//! are read anew, held and compared as a whole, which gives the same where both can be done.

use super::change::{Change, ChangeSet, Op};
use super::decide::Decisions;
use super::eval::{Links, Machine, Odd};
use super::fate::Stopped;
use super::gather::{Gathered, Read, Sides, gather, lots, lots_of, open};
use super::identity::Identities;
use super::key::escape;
use super::make::{Fate, MadeRow, frame_of};
use super::parallel::{Arenas, ahead};
use super::propose::{Context, Found, Known, Pair, Proposal, Purpose, Wish, begin, finish, names, waiting};
use super::report::{EntityReport, ReadReport, Report};
use super::right::{Memory, Right, hash};
use super::route::{first_input, not_whole, setting};
use super::shelf::{Candidate, Digest, Line, Shelf, key_hash};
use super::stage::{Worked, lookup_codecs, lookups};
use super::window::{Driving, Windows};
use crate::adapter::drive::ReadOutcome;
use crate::adapter::{Batch, Session};
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
use std::sync::Arc;
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
    let mut shelf = Shelf::of(plan, &last, regular.map, &regular.read.columns);
    let mut again = true;
    let outcome = ahead(
        threads,
        |each| handle.block_on(lots_of(&mut *session, regular.read.call, from.rows, each)),
        |lot: Vec<Batch>| {
            count(&lot, name, told);
            again = again && shelf.add(&lot);
        },
    );
    if !again || !outcome.complete {
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
        names: names(model.entity(regular.write.entity)),
    };
    let mut sweep = Sweep {
        plan,
        regular,
        wish,
        handle,
        session,
        shelf,
        besides,
        changes: Vec::new(),
        report: EntityReport { entity: name.clone(), ..EntityReport::default() },
        incomplete: BTreeMap::new(),
        stop: None,
    };
    sweep.report.linked = sweep.shelf.links();
    let name = &model.entity(driving).name.text;
    told(name, 0);
    let (mut rows, mut of_window) = (0, Arenas::new(threads));
    let outcome = ahead(
        threads,
        |each| handle.block_on(lots(plan, from.sides, from.world, driving, from.rows, each)),
        |lot: Vec<Batch>| {
            rows += count(&lot, name, told);
            if sweep.stop.is_none() {
                let worked = windows.work(&lot, &of_window);
                sweep.window(&worked, &of_window);
                drop(worked);
                of_window.reset();
            }
        },
    );
    if outcome.faults.iter().any(|fault| fault.then == crate::adapter::Then::Restart) {
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
    sweep.gone(&mut worked, &stopped, nameless);
    let Sweep { changes, report: of_entity, stop, .. } = sweep;
    match stop {
        Some(Stop::Unclear) => return Ok(None),
        Some(Stop::Store(fault)) => return Err(fault),
        None => {}
    }
    report.entities.push(of_entity);
    set.entities.push(super::agree::in_order(model, regular.write.entity, report.entities[0].linked, changes));
    finish(plan, set, report, wish).map(Some)
}

/// Counts the rows of a lot, for whoever hears of them.
fn count(lot: &[Batch], name: &str, told: &mut (dyn FnMut(&str, usize) + Send)) -> u64 {
    let rows = lot.iter().map(Batch::len).sum::<usize>();
    if rows > 0 {
        told(name, rows);
    }
    rows as u64
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

/// A comparison on its way.
struct Sweep<'s> {
    plan: &'s Plan<'s>,
    regular: &'s Regular<'s>,
    wish: &'s Wish<'s>,
    handle: &'s Handle,
    /// Reads rows of the right side again.
    session: Box<dyn Session + 's>,
    shelf: Shelf<'s>,
    besides: Besides,
    changes: Vec<Change>,
    report: EntityReport,
    /// Maps from which a record that is missing is not gone, and why, by what the windows gave.
    incomplete: BTreeMap<u16, String>,
    stop: Option<Stop>,
}

/// What is known of the records besides.
struct Besides {
    identities: Identities,
    waiting: BTreeSet<(String, String)>,
    decisions: Decisions,
    names: Vec<Arc<str>>,
}

impl Besides {
    /// Comparing what a window gave.
    fn context<'c, 't>(
        &'c self,
        plan: &'c Plan<'c>,
        wish: &Wish<'_>,
        worked: &'c Worked<'t>,
        index: usize,
        stopped: &'c [Stopped],
    ) -> Context<'c, 't> {
        let Besides { identities, waiting, decisions, names } = self;
        Context {
            plan,
            worked,
            index,
            secret: wish.store.map_or([0; 32], Store::key),
            names,
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

impl Sweep<'_> {
    /// Compares what a window gave.
    fn window(&mut self, worked: &Worked<'_>, arenas: &Arenas) {
        if let Err(stop) = self.compare(worked, arenas) {
            self.stop = Some(stop);
        }
    }

    fn compare(&mut self, worked: &Worked<'_>, arenas: &Arenas) -> Result<(), Stop> {
        let entity = self.regular.write.entity;
        let Some(index) = worked.made.iter().position(|made| made.entity == entity) else { return Ok(()) };
        self.besides.identities.add(worked, self.regular.last);
        for (map, why) in &worked.made[index].incomplete {
            self.incomplete.entry(*map).or_insert_with(|| why.clone());
        }
        if self.shelf.links() > 0 && (!worked.nameless.is_empty() || worked.made[index].nameless) {
            return Err(Stop::Unclear);
        }
        let (asked, new) = self.find(worked, index)?;
        let held = self.report.held.len();
        let rights: Vec<u32> = asked.iter().map(|asked| asked.right).collect();
        let (read, mut memory) = self.again(&rights)?;
        let right = Right::of(self.plan, self.regular.write, &read, &mut memory, arenas);
        let keys = &worked.left_keys()[index];
        let context = self.besides.context(self.plan, self.wish, worked, index, &[]);
        let (mut proposed, mut pairs) = (Vec::new(), Vec::new());
        for (present, Asked { row, found, .. }) in asked.into_iter().enumerate() {
            let Some(left_key) = &keys[row] else { continue };
            let found = match found {
                Ask::Linked => Found::Linked(present),
                Ask::Matched => Found::Matched(present),
                Ask::Protected => {
                    context.protect(present, &right, &mut proposed, &mut self.report);
                    continue;
                }
            };
            if !context.settle_remains(row, left_key, present, &right, &mut proposed, &mut self.report) {
                pairs.push(Pair { row, left_key, present, found, at: proposed.len() });
            }
        }
        let proposed = context.with_differences(proposed, &pairs, &right, arenas);
        let new = new.into_iter().filter_map(|row| Some(context.creation(row, keys[row].as_ref()?)));
        let changes: Vec<Change> = proposed.into_iter().map(|proposed| *proposed.change).chain(new).collect();
        self.add(changes);
        worked.locate(entity, &mut self.report.held[held..]);
        Ok(())
    }

    /// Finds the right records of made ones: those that have to be looked at more closely, and those that have none.
    fn find(&mut self, worked: &Worked<'_>, index: usize) -> Result<(Vec<Asked>, Vec<usize>), Stop> {
        let made = &worked.made[index];
        let keys = &worked.left_keys()[index];
        let (none, odd) = (Links::default(), Odd::default());
        let machine = worked.setting.machine(&worked.tables, &none, &odd).inside(true);
        let (mut asked, mut new) = (Vec::new(), Vec::new());
        let (mut digest, mut arena) = (Digest::default(), Arena::new());
        let looks = self.wish.purpose == Purpose::Look;
        let with_keys = self.shelf.with_keys(&made.keys);
        for (row, (left_key, named)) in keys.iter().zip(with_keys).enumerate() {
            arena.reset();
            let (named, held) = (named.map(|(row, _)| row), named);
            if made.keys[row].as_ref().is_some_and(|key| !self.shelf.name(key, named)) {
                return Err(Stop::Unclear);
            }
            let Some(left_key) = left_key else { continue };
            let linked = if self.shelf.links() > 0 { self.shelf.linked(left_key) } else { None };
            let fate = &made.rows[row].fate;
            let found = match (fate, linked) {
                (Fate::Whole | Fate::Reduced, Some(right)) => Candidate::Linked(right),
                (Fate::Whole | Fate::Reduced, None) => {
                    let made = &made.rows[row];
                    self.shelf.candidate(named, |number, line| line_hash(&machine, made, number, line, &arena))
                }
                (_, Some(right)) => {
                    self.shelf.take(right);
                    if *fate == Fate::Protected {
                        asked.push(Asked { row, right, found: Ask::Protected });
                    }
                    Candidate::Nobody
                }
                (_, None) => Candidate::Nobody,
            };
            match fate {
                Fate::Reduced => self.report.reduced += 1,
                Fate::Protected => self.report.protected += 1,
                Fate::Outside => self.report.outside += 1,
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
            if !self.shelf.take(right) {
                return Err(Stop::Unclear);
            }
            // It holds just what rules write, as the digests tell, and the store has nothing to add.
            let mut as_it_is = || {
                let held = held.filter(|(row, _)| *row == right).map(|(_, digest)| digest);
                held.unwrap_or_else(|| self.shelf.digest_of(right))
                    == self.shelf.digest(made.row(row), &mut digest, &arena)
            };
            let settled = *fate == Fate::Whole && (found == Ask::Linked || looks) && !self.shelf.asks(right);
            if !(settled && as_it_is()) {
                asked.push(Asked { row, right, found });
            }
        }
        Ok((asked, new))
    }

    /// Reads rows of the right side again, with what the store remembers of them.
    fn again(&mut self, rows: &[u32]) -> Result<(Read, Memory), Stop> {
        let entity = self.regular.write.entity;
        let mut batches = Vec::new();
        if !rows.is_empty() {
            let places = self.shelf.places(rows);
            let again = self.session.again(self.regular.read.call, &places);
            // With one thread this happens while the driving list is waited for.
            let batch = tokio::task::block_in_place(|| self.handle.block_on(again));
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
    fn gone(&mut self, worked: &mut Worked<'_>, stopped: &[Stopped], nameless: bool) {
        if self.stop.is_none()
            && let Err(stop) = self.left_over(worked, stopped, nameless)
        {
            self.stop = Some(stop);
        }
    }

    fn left_over(&mut self, worked: &mut Worked<'_>, stopped: &[Stopped], nameless: bool) -> Result<(), Stop> {
        let entity = self.regular.write.entity;
        let Some(index) = worked.made.iter().position(|made| made.entity == entity) else { return Ok(()) };
        if nameless && self.shelf.links() > 0 {
            return Err(Stop::Unclear);
        }
        for (map, why) in std::mem::take(&mut self.incomplete) {
            worked.made[index].incomplete.entry(map).or_insert(why);
        }
        for rows in self.shelf.left_over().chunks(LEFT_OVER) {
            let arenas = Arenas::new(self.wish.threads);
            let (read, mut memory) = self.again(rows)?;
            let right = Right::of(self.plan, self.regular.write, &read, &mut memory, &arenas);
            let context = self.besides.context(self.plan, self.wish, worked, index, stopped);
            let (mut proposed, taken) = (Vec::new(), vec![false; rows.len()]);
            context.gone(&right, &HashSet::new(), &taken, &mut proposed, &mut self.report);
            self.add(proposed.into_iter().map(|proposed| *proposed.change));
        }
        Ok(())
    }

    /// Adds changes, but for those that nobody wants: links for who only looks, and what a saved change set does not hold.
    fn add(&mut self, changes: impl IntoIterator<Item = Change>) {
        let entity = &self.plan.model.entity(self.regular.write.entity).name.text;
        let Wish { purpose, saved, .. } = *self.wish;
        self.changes.extend(changes.into_iter().filter(|change| match change.op {
            Op::Link => purpose == Purpose::Write,
            _ => saved.is_none_or(|saved: &ChangeSet| saved.holds(entity, change)),
        }));
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
