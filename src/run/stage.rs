//! One mapping of a route: left tables in, right records out.

use super::eval::{Links, Machine, Odd, Tables};
use super::fate::Fallen;
use super::key::{Keys, are_keyed, has_key, key_text, record_of};
use super::lookup::Lookup;
use super::make::{Made, make};
use super::parallel::Arenas;
use super::prepare;
use super::report::{HeldRecord, Outside};
use super::shape::{Joins, shape};
use super::table::{Apart, Table};
use crate::check::TypedMapping;
use crate::check::typed::{Node, TypedStep};
use crate::model::Model;
use crate::plan::Target;
use crate::value::wire::Codec;
use crate::value::{Arena, EntityId, RecordType, SetId, Value};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// What does not change while a mapping is worked.
#[derive(Clone)]
pub struct Setting<'t> {
    /// The documents.
    pub model: &'t Model,
    /// The checked mapping.
    pub typed: &'t TypedMapping,
    /// Values of its options.
    pub options: &'t [Value<'t>],
    /// Look-up tables.
    pub lookups: &'t [Lookup<'t>],
    /// The run's date.
    pub as_of: Date,
    /// The system that the records are written to, where this mapping is the last of its route.
    pub target: Option<&'t Target>,
}

/// What a mapping gave.
pub struct Worked<'t> {
    /// Right records by entity.
    pub made: Vec<Made<'t>>,
    /// What fell.
    pub fallen: Fallen,
    /// Left tables, for origins and keys.
    pub tables: Tables<'t>,
    /// What is outside the scope.
    pub outside: Option<Outside>,
    /// Entities on the left that hold protected people without a key.
    pub nameless: BTreeSet<EntityId>,
    /// What it was worked with.
    pub setting: Setting<'t>,
    /// See [`Worked::left_keys`].
    left_keys: OnceLock<Vec<Keys>>,
}

impl<'t> Worked<'t> {
    /// What a window of a mapping gave: records alone.
    pub(super) fn window(made: Vec<Made<'t>>, tables: Tables<'t>, setting: Setting<'t>) -> Worked<'t> {
        let (fallen, nameless) = (Fallen::default(), BTreeSet::new());
        Worked { made, fallen, tables, outside: None, nameless, setting, left_keys: OnceLock::new() }
    }
}

impl Worked<'_> {
    /// Keys of made rows as the store knows them: by made entity, then row.
    pub fn left_keys(&self) -> &[Keys] {
        let keys = |index| self.left_keys_of(index, 0..self.made[index].rows.len());
        self.left_keys.get_or_init(|| (0..self.made.len()).map(keys).collect())
    }

    /// The same of some rows of a made entity, in their order.
    pub fn left_keys_of(&self, index: usize, rows: impl Iterator<Item = usize>) -> Keys {
        let (none, odd) = (Links::default(), Odd::default());
        let machine = self.setting.machine(&self.tables, &none, &odd);
        let (rows, mut keys) = (rows.map(|row| self.made[index].rows[row].left), Keys::default());
        rows.for_each(|left| keys.write(|text| write_left_key(&machine, left, text)));
        keys
    }

    /// The rows of a made entity that have no such key. It is not written down for that, where it is known in full.
    pub fn without_left_key(&self, index: usize) -> BTreeSet<usize> {
        let (none, odd) = (Links::default(), Odd::default());
        let machine = self.setting.machine(&self.tables, &none, &odd);
        let tables: BTreeSet<u32> = self.made[index].rows.iter().map(|row| row.left.table).collect();
        if tables.into_iter().all(|table| are_keyed(&machine, table)) {
            return BTreeSet::new();
        }
        let keys = self.left_keys()[index].iter().enumerate();
        keys.filter(|(_, key)| key.is_none()).map(|(row, _)| row).collect()
    }
}

impl Worked<'_> {
    /// Says of held records where they stand, as far as that is known.
    pub fn locate(&self, entity: EntityId, held: &mut [HeldRecord]) {
        let Some(index) = self.made.iter().position(|made| made.entity == entity) else { return };
        if held.is_empty() {
            return;
        }
        let (links, odd) = (Links::default(), Odd::default());
        let machine = self.setting.machine(&self.tables, &links, &odd);
        let rows = self.left_keys()[index].iter().enumerate();
        let rows: BTreeMap<&str, usize> = rows.filter_map(|(row, key)| Some((key?, row))).collect();
        for held in held {
            let row = rows.get(held.left_key.as_str());
            held.origin = row.and_then(|&row| super::key::origin(&machine, self.made[index].rows[row].left));
        }
    }
}

/// Left tables of a mapping: by entity, and why the read of some of them was not complete.
#[derive(Default)]
pub struct Input<'t> {
    /// Tables by entity.
    pub tables: BTreeMap<EntityId, Table<'t>>,
    /// Entities whose absence means nothing, with the reason.
    pub incomplete: BTreeMap<EntityId, String>,
    /// Entities that hold protected people without a key.
    pub nameless: BTreeSet<EntityId>,
}

/// Left tables that are prepared, and the sets that were shaped of them.
pub(super) struct Ground<'t> {
    pub tables: Tables<'t>,
    pub incomplete: BTreeMap<EntityId, String>,
    pub nameless: BTreeSet<EntityId>,
    pub outside: Option<Outside>,
    pub fallen: Fallen,
    pub odd: Odd,
}

impl<'t> Ground<'t> {
    /// Prepares the tables and shapes the sets that are wanted now.
    pub fn of(
        setting: &Setting<'t>,
        input: Input<'t>,
        wanted: impl Fn(SetId) -> bool,
        arenas: &'t Arenas,
    ) -> Ground<'t> {
        let (mut tables, odd, mut fallen) = (tables_of(setting, input.tables), Odd::default(), Fallen::default());
        let (mut incomplete, mut nameless) = (input.incomplete, input.nameless);
        let keyless = prepare::duplicates(setting, &mut tables, &odd, arenas, &mut fallen);
        prepare::skip_rows(setting, &mut tables, &odd, None);
        prepare::protect(setting, &mut tables, &odd, None);
        nameless.extend(prepare::keyless(setting, &mut tables, keyless, &mut fallen, &mut incomplete));
        let outside = prepare::scope(setting, &mut tables, &odd);
        shape_sets(setting, &mut tables, &odd, wanted, None, arenas, &mut fallen);
        Ground { tables, incomplete, nameless, outside, fallen, odd }
    }
}

/// Shapes some of the sets, in order, and puts them among the tables.
pub(super) fn shape_sets<'t>(
    setting: &Setting<'t>,
    tables: &mut Tables<'t>,
    odd: &Odd,
    wanted: impl Fn(SetId) -> bool,
    mut joins: Option<&mut Joins>,
    arenas: &'t Arenas,
    fallen: &mut Fallen,
) {
    let none = Links::default();
    for set in setting.typed.sets.iter().filter(|set| wanted(set.set)) {
        let shaped = shape(&setting.machine(tables, &none, odd), set, joins.as_deref_mut(), arenas, fallen);
        tables.put(tables.set(set.set), shaped.table);
        for (layout, table) in shaped.groups {
            tables.put(tables.layout(layout), table);
        }
    }
}

/// Works a mapping.
pub fn work<'t>(setting: &Setting<'t>, input: Input<'t>, arenas: &'t Arenas) -> Worked<'t> {
    let Ground { tables, incomplete, nameless, outside, mut fallen, odd } =
        Ground::of(setting, input, |_| true, arenas);
    let made = make_all(setting, &tables, &odd, (&incomplete, &nameless), arenas, &mut fallen);
    fallen.oddities.extend(odd.all());
    Worked { made, fallen, tables, outside, nameless, setting: setting.clone(), left_keys: OnceLock::new() }
}

/// Makes the right records of prepared tables, and says which of them that are missing are not gone, by what is incomplete and
/// what holds protected people without a key.
pub(super) fn make_all<'t>(
    setting: &Setting<'t>,
    tables: &Tables<'t>,
    odd: &Odd,
    (incomplete, nameless): (&BTreeMap<EntityId, String>, &BTreeSet<EntityId>),
    arenas: &'t Arenas,
    fallen: &mut Fallen,
) -> Vec<Made<'t>> {
    let none = Links::default();
    let machine = setting.machine(tables, &none, odd);
    let mut made = make(&machine, &mut Links::default(), arenas, fallen);
    let unsure = unsure_maps(setting, incomplete, fallen);
    for this in &mut made {
        for (map, why) in &unsure {
            if setting.typed.maps[*map as usize].right == this.entity {
                this.incomplete.insert(*map, why.clone());
            }
        }
        doubt(&machine, this, incomplete);
        this.nameless |=
            setting.typed.maps.iter().any(|map| map.right == this.entity && setting.reaches(map.left, nameless));
    }
    made
}

use super::make::write_left_key;

impl<'t> Setting<'t> {
    /// Left tables as they are before anything is prepared; without records where none are given.
    pub fn tables(&self, given: BTreeMap<EntityId, Table<'t>>) -> Tables<'t> {
        tables_of(self, given)
    }

    /// True if rows of a record type are made of records of these entities.
    pub fn reaches(&self, record: RecordType, entities: &BTreeSet<EntityId>) -> bool {
        let (mut sets, mut reached) = (BTreeSet::new(), BTreeSet::new());
        reach(self.typed, record, &mut sets, &mut reached);
        !reached.is_disjoint(entities)
    }

    /// A machine over the tables so far.
    pub fn machine<'m>(&self, tables: &'m Tables<'t>, links: &'m Links, odd: &'m Odd) -> Machine<'m, 't> {
        Machine {
            model: self.model,
            typed: self.typed,
            tables,
            options: self.options,
            as_of: self.as_of,
            links,
            right: None,
            lookups: self.lookups,
            odd,
            target: self.target,
            inside: false,
        }
    }
}

fn tables_of<'t>(setting: &Setting<'t>, mut given: BTreeMap<EntityId, Table<'t>>) -> Tables<'t> {
    let model = setting.model;
    let entities = model.entities.len() as u32;
    let layouts = entities + model.sets.len() as u32;
    let mut tables = Vec::with_capacity(layouts as usize + setting.typed.layouts.len());
    for index in 0..entities {
        let entity = EntityId(index);
        let width = model.entity(entity).fields.len();
        tables.push(given.remove(&entity).unwrap_or_else(|| Table::values(width, &[])));
    }
    tables.extend((entities..layouts).map(|_| Table::values(1, &[])));
    tables.extend(setting.typed.layouts.iter().map(|_| Table::values(1, &[])));
    for node in setting.typed.nodes.all() {
        if let Node::Referrers { entity, field, .. } = node {
            let referrers = &mut tables[entity.0 as usize].referrers;
            if !referrers.iter().any(|(known, _)| known == field) {
                referrers.push((*field, OnceLock::new()));
            }
        }
    }
    Tables { tables: tables.into_iter().map(Arc::new).collect(), entities, layouts }
}

/// Whose key is not known cannot be told from who is gone: the left key where links are compared, the made key where the
/// next mapping goes on from it.
fn doubt(machine: &Machine<'_, '_>, made: &mut Made<'_>, incomplete: &BTreeMap<EntityId, String>) {
    let entity = machine.model.entity(made.entity);
    let theirs = entity.write.as_ref().is_some_and(|write| write.id_theirs);
    let mut arena = Arena::new();
    let mut keyed: BTreeMap<u32, bool> = BTreeMap::new();
    for (row, key) in made.rows.iter().zip(made.keys.iter()) {
        let nobody = row.nobody.is_some_and(|to| !incomplete.contains_key(&to));
        let why = || "records whose key could not be worked out".to_string();
        // Records that leave nowhere are known by their identities; the absence of others is doubtful only where one of
        // a protected person has no key.
        if matches!(row.fate, super::make::Fate::Protected | super::make::Fate::Outside) {
            made.nameless |= row.fate == super::make::Fate::Protected && key.is_none() && !theirs;
            continue;
        }
        let table = row.left.table;
        let known = *keyed.entry(table).or_insert_with(|| are_keyed(machine, table))
            || has_key(machine, row.left, record_of(machine, row.left), &arena);
        arena.reset();
        if !known {
            made.incomplete.entry(row.map).or_insert_with(why);
        } else if key.is_none() && !theirs && !nobody {
            made.keyless.get_or_insert_with(why);
        }
    }
}

/// Maps whose missing records are not gone: something that they depend on was not read in full, or rows fell in a set whose
/// later keys nobody knows.
fn unsure_maps(setting: &Setting<'_>, incomplete: &BTreeMap<EntityId, String>, fallen: &Fallen) -> Vec<(u16, String)> {
    let model = setting.model;
    let mut unsure = Vec::new();
    for (index, map) in setting.typed.maps.iter().enumerate() {
        let mut sets = BTreeSet::new();
        let mut entities = BTreeSet::new();
        reach(setting.typed, map.left, &mut sets, &mut entities);
        let part = entities
            .iter()
            .find_map(|entity| incomplete.get(entity).map(|why| format!("{}: {why}", model.entity(*entity).name.text)));
        let blurred = sets.iter().map(|&set| &model.set(set).name.text).find(|name| fallen.is_blurred(name));
        let stopped = sets.iter().map(|&set| &model.set(set).name.text).find(|name| fallen.is_in_doubt(name));
        let why = part
            .or_else(|| blurred.map(|name| format!("rows of the set {name} could not be read or were rejected")))
            .or_else(|| stopped.map(|name| format!("rows of the set {name} could not be read or were rejected")));
        if let Some(why) = why {
            unsure.push((index as u16, why));
        }
    }
    unsure
}

/// The sets and entities that rows of a record type are made of.
pub(super) fn reach(
    typed: &TypedMapping,
    record: RecordType,
    sets: &mut BTreeSet<SetId>,
    entities: &mut BTreeSet<EntityId>,
) {
    match record {
        RecordType::Entity(entity) => {
            entities.insert(entity);
        }
        RecordType::Layout(_) => {}
        RecordType::Set(set) => {
            if !sets.insert(set) {
                return;
            }
            let Some(this) = typed.sets.iter().find(|this| this.set == set) else { return };
            for step in &this.steps {
                match step {
                    TypedStep::From(record) | TypedStep::Join { record, .. } | TypedStep::With { record, .. } => {
                        reach(typed, *record, sets, entities);
                    }
                    TypedStep::Union(records) => {
                        records.iter().for_each(|record| reach(typed, *record, sets, entities))
                    }
                    TypedStep::Each { list, .. } => reach_expr(typed, *list, sets, entities),
                    _ => {}
                }
            }
        }
    }
}

fn reach_expr(
    typed: &TypedMapping,
    expr: crate::check::typed::ExprId,
    sets: &mut BTreeSet<SetId>,
    entities: &mut BTreeSet<EntityId>,
) {
    let node = typed.nodes.node(expr);
    match node {
        Node::Referrers { entity, .. } => {
            entities.insert(*entity);
        }
        Node::All(record) | Node::ByKey { record, .. } => reach(typed, *record, sets, entities),
        _ => {}
    }
    for child in crate::check::typed::children(node) {
        reach_expr(typed, child, sets, entities);
    }
}

/// The made records of one mapping as the left tables of the next.
pub fn as_input<'t>(made: Vec<Made<'t>>) -> Input<'t> {
    let mut tables = BTreeMap::new();
    let mut incomplete = BTreeMap::new();
    let nameless = made.iter().filter(|made| made.nameless).map(|made| made.entity).collect();
    for this in made {
        let mut table = Table::made(this.values);
        for (row, record) in this.rows.iter().enumerate() {
            use super::make::Fate;
            match record.fate {
                Fate::Whole => {}
                Fate::Protected | Fate::Reduced => table.set_apart(row as u32, Apart::Protected),
                // A record that was rejected before is there and not gone, but nothing of it goes on.
                Fate::Outside | Fate::Rejected(_) | Fate::Held(_) => table.set_apart(row as u32, Apart::Outside),
            }
        }
        if let Some(why) = this.incomplete.values().chain(&this.keyless).next() {
            incomplete.insert(this.entity, why.clone());
        }
        tables.insert(this.entity, table);
    }
    Input { tables, incomplete, nameless }
}

/// Codecs of the columns of all look-up tables, which [`lookups`] borrows from.
pub fn lookup_codecs(model: &Model) -> Vec<Vec<Codec>> {
    model.tables.iter().map(|table| table.columns.iter().map(|column| Codec::new(&column.ty)).collect()).collect()
}

/// All look-up tables.
pub fn lookups<'t>(model: &'t Model, codecs: &'t [Vec<Codec>], arena: &'t Arena) -> Vec<Lookup<'t>> {
    model.tables.iter().zip(codecs).map(|(table, codecs)| Lookup::of(table, codecs, arena)).collect()
}

/// The key of a left row, for people.
pub fn shown_key(machine: &Machine<'_, '_>, row: crate::value::Row) -> Option<String> {
    key_text(machine, row, record_of(machine, row))
}
