//! A route: all its mappings worked, each over what the one before has made.

use super::gather::Read;
use super::lookup::Lookup;
use super::parallel::Arenas;
use super::report::{ReadReport, Report};
use super::stage::{Input, Setting, Worked, as_input, work};
use super::table::Table;
use crate::adapter::drive::ReadOutcome;
use crate::finding::layout::counted;
use crate::model::{Mapping, System};
use crate::plan::Plan;
use crate::syntax::tree::{Kind, Node};
use crate::value::{Arena, Type, Value};
use jiff::civil::Date;
use serde_json::Value as Json;

/// Somebody who is shown what mappings gave, each with its number on the route.
pub type Watch<'w> = dyn Fn(usize, &Worked<'_>) + 'w;

/// Values of a mapping's options for a sync: given, else default, else absent.
fn options<'t>(
    mapping: &'t Mapping,
    given: &'t [(crate::syntax::ast::Name, Node)],
    arena: &'t Arena,
) -> Vec<Value<'t>> {
    mapping
        .options
        .iter()
        .map(|option| {
            let node = given.iter().find(|(name, _)| name.text == option.name.text).map(|(_, node)| node);
            node.or(option.default.as_ref()).map_or(Value::Absent, |node| node_value(node, &option.ty, arena))
        })
        .collect()
}

/// The value of a YAML node as a type.
fn node_value<'t>(node: &'t Node, ty: &Type, arena: &'t Arena) -> Value<'t> {
    match &node.kind {
        Kind::Missing | Kind::Map(_) => Value::Absent,
        Kind::List(items) => {
            let element = ty.element().cloned().unwrap_or(Type::Text);
            let items: Vec<Value<'t>> = items.iter().map(|item| node_value(item, &element, arena)).collect();
            Value::List(arena.alloc_slice_copy(&items))
        }
        Kind::Scalar(scalar) => super::record::from_json(ty, &scalar_json(ty, &scalar.text), arena),
    }
}

fn scalar_json(ty: &Type, text: &str) -> Json {
    match ty {
        Type::Bool => Json::Bool(matches!(text, "true" | "yes")),
        Type::Int => text.parse::<i64>().map_or(Json::Null, Json::from),
        _ => Json::String(text.to_string()),
    }
}

/// Why a record is not gone that is not in a list.
const PART: &str = "the lists of this system do not hold all records";

/// What was read, as the left tables of the first mapping of a route.
pub fn first_input<'t>(plan: &'t Plan<'t>, read: &'t Read, report: &mut Report) -> Input<'t> {
    let model = plan.model;
    let mut input = Input::default();
    for system in &plan.reads {
        for entity in &system.entities {
            let Some(gathered) = read.left.get(&entity.entity) else { continue };
            let outcome = &gathered.outcome;
            input.tables.insert(entity.entity, Table::wire(&outcome.batches, &entity.columns));
            if let Some(why) = not_whole(model.system(system.system), outcome) {
                input.incomplete.insert(entity.entity, why);
            }
            report.reads.push(ReadReport::of(model, entity.entity, outcome));
        }
    }
    input
}

/// Why a record is not gone that is not in what was read of a list, if so.
pub fn not_whole(system: &System, outcome: &ReadOutcome) -> Option<String> {
    let fault = outcome.faults.first().map(|fault| fault.say.clone());
    let torn = || {
        let torn = outcome.torn.first()?;
        let rows = counted(outcome.torn_rows(), "row");
        Some(format!("{rows} could not be read ({}: {})", torn.origin, torn.why))
    };
    let why = fault.or_else(torn).or_else(|| (!outcome.complete).then(|| "not read in full".to_string()));
    why.or_else(|| system.reads.part.then(|| PART.to_string()))
}

/// Works all mappings of a route over what was read. The result is that of the last one.
pub fn work_route<'t>(
    plan: &'t Plan<'t>,
    read: &'t Read,
    as_of: Date,
    arenas: &'t Arenas,
    lookups: &'t [Lookup<'t>],
    report: &mut Report,
) -> Option<Worked<'t>> {
    work_input(plan, first_input(plan, read, report), as_of, arenas, lookups, &|_, _| {}, report)
}

/// The same over left tables that are there already. `watch` is shown each mapping of the route.
pub fn work_input<'t>(
    plan: &'t Plan<'t>,
    input: Input<'t>,
    as_of: Date,
    arenas: &'t Arenas,
    lookups: &'t [Lookup<'t>],
    watch: &Watch<'_>,
    report: &mut Report,
) -> Option<Worked<'t>> {
    work_each(plan, input, as_of, arenas, lookups, |stage, worked| {
        report.replace(plan.model, &worked.fallen.replaced);
        report.add_stage(&plan.route.mappings[stage].name.text, &worked.fallen, worked.outside.clone());
        watch(stage, worked);
    })
}

/// What a mapping of a route is worked with.
pub fn setting<'t>(
    plan: &'t Plan<'t>,
    index: usize,
    as_of: Date,
    arenas: &'t Arenas,
    lookups: &'t [Lookup<'t>],
) -> Setting<'t> {
    let (model, route) = (plan.model, plan.route);
    let given = &model.sync(plan.sync).options;
    let options = arenas.own().alloc_slice_copy(&options(&route.mappings[index], given, arenas.own()));
    let target = (index + 1 == route.typed.len()).then_some(&plan.target);
    Setting { model, typed: &route.typed[index], options, lookups, as_of, target }
}

/// Works all mappings of a route, each over what the one before has made, and shows each with its number. The result is that of
/// the last one.
pub fn work_each<'t>(
    plan: &'t Plan<'t>,
    mut input: Input<'t>,
    as_of: Date,
    arenas: &'t Arenas,
    lookups: &'t [Lookup<'t>],
    mut each: impl FnMut(usize, &Worked<'t>),
) -> Option<Worked<'t>> {
    let last = plan.route.typed.len().checked_sub(1)?;
    for index in 0..=last {
        let setting = setting(plan, index, as_of, arenas, lookups);
        let worked = work(&setting, input, arenas);
        each(index, &worked);
        if index == last {
            return Some(worked);
        }
        input = as_input(worked.made);
    }
    None
}
