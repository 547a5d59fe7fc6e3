//! Typed to plan: what is read of which system, which fields at all, what is written and in which order.
//!
//! Lowering cannot fail: everything wrong was a finding of `check`. A plan holds compiled calls and no secret.

pub mod columns;
mod compared;
pub mod needs;

pub use columns::{Column, Reader};

use crate::check::Route;
use crate::finding::codes::system::WRONG_CONNECTION_VALUE;
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::model::{Model, SyncId, System, SystemId};
use crate::protocol::{CallId, Dialect, Protocol, ScopeNames, files, http};
use crate::syntax::ast::Operation;
use crate::syntax::tree::Node;
use crate::value::{EntityId, Type};
use std::collections::{BTreeMap, BTreeSet};

/// Every protocol of this version.
pub fn protocols() -> [(&'static str, &'static dyn Protocol); 2] {
    [("files", &files::Files), ("http", &http::Http)]
}

/// A compiled sync.
pub struct Plan<'m> {
    /// The documents.
    pub model: &'m Model,
    /// The checked route.
    pub route: &'m Route,
    /// The sync.
    pub sync: SyncId,
    /// What is read, system by system, in order.
    pub reads: Vec<SystemRead>,
    /// Which fields of each entity are read or made at all.
    pub needs: BTreeMap<EntityId, BTreeSet<u16>>,
    /// What is written.
    pub target: Target,
}

/// A system that is read.
pub struct SystemRead {
    /// The system.
    pub system: SystemId,
    /// Its compiled connection.
    pub dialect: Box<dyn Dialect>,
    /// The key under `connect:`.
    pub protocol: &'static str,
    /// Its entities.
    pub entities: Vec<EntityRead>,
}

/// An entity that is read.
pub struct EntityRead {
    /// The entity.
    pub entity: EntityId,
    /// The call.
    pub call: CallId,
    /// By field; `None` for fields that are not needed.
    pub columns: Vec<Option<Column>>,
}

impl EntityRead {
    /// The groups of compared columns by the slots of the batches, see [`Column::group`].
    pub fn groups(&self) -> Vec<Option<u16>> {
        let columns = || self.columns.iter().flatten();
        let slots = columns().map(|column| column.slot + 1).max().unwrap_or(0);
        let mut groups = vec![None; slots];
        columns().for_each(|column| groups[column.slot] = column.group);
        groups
    }
}

/// The system that is written.
pub struct Target {
    /// The system.
    pub system: SystemId,
    /// Its compiled connection, if it is reached by a protocol of this version.
    pub connection: Option<(&'static str, Box<dyn Dialect>)>,
    /// Its entities, referenced ones before those that refer to them.
    pub entities: Vec<EntityWrite>,
    /// True for a whole delivery.
    pub whole: bool,
    /// How a whole delivery is made.
    pub delivery: files::Delivery,
}

/// An entity that is written.
pub struct EntityWrite {
    /// The entity.
    pub entity: EntityId,
    /// How the present records are read, if they can be.
    pub read: Option<EntityRead>,
    /// The part in a whole delivery.
    pub deliver: Option<CallId>,
    /// Calls by operation.
    pub operations: Vec<(Operation, CallId)>,
    /// Wire paths and codecs by field.
    pub codecs: Vec<Reader>,
}

/// Compiles a route. Findings are those of descriptors alone, which `check` reports too.
pub fn lower<'m>(model: &'m Model, route: &'m Route, found: &mut Findings) -> Plan<'m> {
    let mut needs: BTreeMap<EntityId, BTreeSet<u16>> = BTreeMap::new();
    for typed in &route.typed {
        for (entity, fields) in crate::check::needs::of_mapping(model, typed) {
            needs.entry(entity).or_default().extend(fields);
        }
    }
    let sync = model.sync(route.sync);
    let mut reads = Vec::new();
    let mut systems: Vec<SystemId> = Vec::new();
    for mapping in &route.mappings {
        for side in &mapping.left {
            if model.system(side.system).connect.is_some() && !systems.contains(&side.system) {
                systems.push(side.system);
            }
        }
    }
    for system in systems {
        reads.extend(system_read(model, system, &needs, found));
    }
    if let Some(typed) = route.typed.first() {
        compared::group(&mut reads, typed);
    }
    let target = target(model, route, sync.right.system, found);
    Plan { model, route, sync: route.sync, reads, needs, target }
}

impl Plan<'_> {
    /// Says which day is today: numbers without a century (`890102-3286`) are read by it.
    pub fn set_as_of(&mut self, as_of: jiff::civil::Date) {
        let reads = self.reads.iter_mut().flat_map(|system| &mut system.entities);
        let right = self.target.entities.iter_mut().filter_map(|write| write.read.as_mut());
        for column in reads.chain(right).flat_map(|read| read.columns.iter_mut().flatten()) {
            column.reader.set_as_of(as_of);
        }
    }
}

/// Opens the compiled connection of a system; `None` if it has none of this version.
fn connection(model: &Model, system: SystemId, found: &mut Findings) -> Option<(&'static str, Box<dyn Dialect>)> {
    let system = model.system(system);
    let (key, node) = system.connect.as_ref()?;
    let (name, protocol) = protocols().into_iter().find(|(name, _)| *name == key.text)?;
    Some((name, protocol.compile(node, &scope_names(system), found)?))
}

/// What templates of a system may name.
pub fn scope_names(system: &System) -> ScopeNames {
    ScopeNames {
        settings: system
            .settings
            .iter()
            .map(|setting| (setting.name.text.clone(), setting.ty == Type::Secret))
            .collect(),
    }
}

fn system_read(
    model: &Model,
    system: SystemId,
    needs: &BTreeMap<EntityId, BTreeSet<u16>>,
    found: &mut Findings,
) -> Option<SystemRead> {
    let (protocol, mut dialect) = connection(model, system, found)?;
    let mut entities = Vec::new();
    for &entity in &model.system(system).entities {
        if let Some(fields) = needs.get(&entity) {
            entities.extend(entity_read(model, entity, fields, &mut *dialect, found));
        }
    }
    Some(SystemRead { system, dialect, protocol, entities })
}

fn entity_read(
    model: &Model,
    id: EntityId,
    fields: &BTreeSet<u16>,
    dialect: &mut dyn Dialect,
    found: &mut Findings,
) -> Option<EntityRead> {
    let entity = model.entity(id);
    let read = call_of(model, id)?;
    let (shape, columns) = columns::columns(model, entity, fields);
    let call = dialect.read(read, &shape, found)?;
    Some(EntityRead { entity: id, call, columns })
}

/// The call that reads an entity; of one whose rows lie inside another's records (`of:`), the call of that one.
fn call_of(model: &Model, id: EntityId) -> Option<&Node> {
    let read = model.entity(id).read.as_ref()?;
    match read.get("of").and_then(|of| of.text()) {
        Some(other) => model.entity(model.find_entity(model.entity(id).system, other)?).read.as_ref(),
        None => Some(read),
    }
}

fn target(model: &Model, route: &Route, system: SystemId, found: &mut Findings) -> Target {
    let delivery = files::Delivery::default();
    let mut target = Target { system, connection: None, entities: Vec::new(), whole: false, delivery };
    let definition = model.system(system);
    target.whole = definition.writes.whole || definition.deliver.is_some();
    if let Some(deliver) = &definition.deliver {
        // Its findings were found when the system was checked.
        target.delivery = files::delivery(deliver, &mut Findings::default()).unwrap_or_default();
        if definition.writes.held_left_out {
            target.delivery.unbuilt.push("`writes: held: left-out`".into());
        }
    }
    let Some(last) = route.typed.last() else { return target };
    let written: BTreeSet<EntityId> = last.maps.iter().map(|map| map.right).collect();
    let mut connection = connection(model, system, found);
    for id in needs::write_order(model, &written) {
        let entity = model.entity(id);
        let all: BTreeSet<u16> = (0..entity.fields.len() as u16).collect();
        let mut write = EntityWrite {
            entity: id,
            read: None,
            deliver: None,
            operations: Vec::new(),
            codecs: entity.fields.iter().map(|field| columns::reader(model, field, &field.ty, true)).collect(),
        };
        if let Some((_, dialect)) = &mut connection {
            write.read = entity_read(model, id, &all, &mut **dialect, found);
            let (mut shape, _) = columns::columns(model, entity, &all);
            if let Some(spec) = &entity.write {
                columns::for_writing(&mut shape, spec);
                if target.whole {
                    write.deliver = dialect.write(&spec.node, None, &shape, found);
                } else {
                    for (op, node) in &spec.operations {
                        if let Some(call) = dialect.write(node, Some(*op), &shape, found) {
                            write.operations.push((*op, call));
                        }
                    }
                }
            }
        }
        target.entities.push(write);
    }
    target.connection = connection;
    target
}

impl Target {
    /// Where an entity stands in a delivery: its place under `holds`, else that in its system document.
    pub fn place(&self, model: &Model, entity: EntityId) -> (usize, EntityId) {
        let name = &model.entity(entity).name.text;
        let place = self.delivery.holds.iter().position(|(held, _)| held == name);
        (place.unwrap_or(self.delivery.holds.len()), entity)
    }
}

/// Compiles every call of every system for its findings.
pub fn check_systems(model: &Model, found: &mut Findings) {
    for index in 0..model.systems.len() as u32 {
        let id = SystemId(index);
        let system = model.system(id);
        if let Some(deliver) = &system.deliver {
            check_delivery(model, system, deliver, found);
        }
        let Some((_, mut dialect)) = connection(model, id, found) else { continue };
        for &entity_id in &system.entities {
            let entity = model.entity(entity_id);
            let all: BTreeSet<u16> = (0..entity.fields.len() as u16).collect();
            let (mut shape, _) = columns::columns(model, entity, &all);
            if let Some(read) = call_of(model, entity_id) {
                dialect.read(read, &shape, found);
            }
            if let Some(write) = &entity.write {
                columns::for_writing(&mut shape, write);
                if system.writes.whole || system.deliver.is_some() {
                    dialect.write(&write.node, None, &shape, found);
                } else {
                    for (op, node) in &write.operations {
                        dialect.write(node, Some(*op), &shape, found);
                    }
                }
            }
        }
    }
}

/// Compiles a `deliver:` for its findings, and checks the names under `holds`.
fn check_delivery(model: &Model, system: &System, deliver: &Node, found: &mut Findings) {
    let Some(delivery) = files::delivery(deliver, found) else { return };
    let names = || system.entities.iter().map(|&id| model.entity(id).name.text.as_str());
    let strangers = || delivery.holds.iter().filter(|(name, _)| !names().any(|known| known == name));
    for (name, span) in strangers() {
        let finding = Finding::new(&WRONG_CONNECTION_VALUE, *span)
            .word("key", "holds")
            .word("value", format!("`{name}`"))
            .word("why", "no entity of this system has this name")
            .word_if("suggestion", nearest(name, names()))
            .word("allowed", names().collect::<Vec<_>>().join(", "));
        found.add(finding);
    }
    // A name that is written wrong is not left out besides.
    let meant = |name: &str| strangers().any(|(stranger, _)| nearest(stranger, names()) == Some(name));
    let held =
        |name: &str| delivery.holds.is_empty() || delivery.holds.iter().any(|(known, _)| known == name) || meant(name);
    for &id in &system.entities {
        let entity = model.entity(id);
        if let Some(write) = &entity.write
            && !held(&entity.name.text)
        {
            let finding = Finding::new(&WRONG_CONNECTION_VALUE, write.node.span)
                .word("key", "write")
                .word("value", format!("given for `{}`", entity.name.text))
                .word("why", "`deliver: holds` does not name this entity, so it is in no delivery")
                .word("allowed", "its name under `holds`");
            found.add(finding);
        }
    }
}
