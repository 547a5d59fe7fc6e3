//! Model to typed: every expression with its names resolved, its type, absence, failure and data classes.
//!
//! One file per proof: `infer`, `paths`, `calls` for expressions; `sets` and `maps` for what they stand in; `targets` for
//! what is written; `routes` for a sync as a whole; `executable` for what this version parses but does not run yet.

pub mod typed;
mod scope;
mod presence;
pub mod names;
mod checker;
mod infer;
mod paths;
mod calls;
mod sets;
mod targets;
mod maps;
mod routes;
pub mod trace;
mod executable;

pub use checker::Incoming;
pub use executable::executable;
pub use names::{record_name, type_name};
pub use routes::{Route, check_route, needs_consent};
pub use typed::TypedMapping;

use crate::finding::Findings;
use crate::model::{Mapping, MappingId, Model, SyncId};
use crate::source::Sources;
use checker::Checker;
use std::collections::HashMap;

/// All checked mappings, as they stand and as each sync runs them.
#[derive(Debug, Default)]
pub struct Typed {
    /// The mappings as they stand, by [`MappingId`].
    pub mappings: Vec<TypedMapping>,
    /// The routes of the syncs: mappings with the customer's overlay.
    pub routes: Vec<Route>,
}

/// Checks everything.
pub fn check(model: &Model, sources: &Sources, found: &mut Findings) -> Typed {
    let incoming = Incoming::new();
    let mappings = (0..model.mappings.len() as u32)
        .map(|index| check_mapping(model, sources, MappingId(index), &model.mappings[index as usize], &incoming, found))
        .collect();
    let routes =
        (0..model.syncs.len() as u32).filter_map(|index| check_route(model, sources, SyncId(index), found)).collect();
    Typed { mappings, routes }
}

/// Checks one mapping. `incoming` says which classes flow into the fields of its left systems beside the declared ones.
pub fn check_mapping(
    model: &Model,
    sources: &Sources,
    id: MappingId,
    mapping: &Mapping,
    incoming: &Incoming,
    found: &mut Findings,
) -> TypedMapping {
    let mut checker = Checker {
        model,
        sources,
        mapping,
        incoming,
        found,
        nodes: Default::default(),
        layouts: Vec::new(),
        sets: HashMap::new(),
        functions: Vec::new(),
        allocations: Vec::new(),
    };
    checker.check_functions();
    let sets = checker.check_sets();
    let maps = (0..mapping.maps.len()).filter_map(|index| checker.check_map(index)).collect();
    let (protected, skipped) = checker.record_conditions();
    TypedMapping {
        mapping: id,
        nodes: checker.nodes,
        layouts: checker.layouts,
        sets,
        maps,
        functions: checker.functions,
        allocations: checker.allocations,
        protected,
        skipped,
        scope: None,
    }
}
