//! Model to typed: every expression with its names resolved, its type, absence, failure and data classes.
//!
//! One file per proof: `infer`, `paths`, `calls`, `effects` for expressions; `never` for conditions that never hold; `sets` and
//! `maps` for what they stand in; `targets` for what is written; `lenses`, on values that `trial` works, for the way back;
//! `tables` for rows that nobody asks for, `offers` for fields that nobody sends; `consent` for where data classes may go,
//! `protection` for what of that may be sent about protected people, `trace` for their ways; `addresses` and `templates` for
//! calls; `routes` for a sync as a whole; `executable` for what this version parses but does not run yet.

pub mod typed;
mod scope;
mod presence;
mod never;
pub mod operators;
pub mod names;
mod checker;
mod chosen;
mod infer;
mod paths;
mod effects;
mod calls;
mod sets;
mod targets;
mod trial;
mod lenses;
mod maps;
pub mod trace;
mod consent;
mod addresses;
mod templates;
pub mod needs;
pub mod protection;
mod routes;
mod tables;
mod offers;
mod executable;
#[cfg(test)]
mod tests;

pub use checker::{Incoming, Stage};
pub use consent::{needs_consent, telling};
pub use executable::executable;
pub use names::{record_name, type_name};
pub use routes::{Route, check_route};
pub use templates::fields_named;
pub use typed::TypedMapping;

use crate::finding::Findings;
use crate::model::{MappingId, Model, SyncId};
use crate::source::Sources;
use checker::Checker;
use consent::declared;
use std::collections::HashMap;
use std::slice;
use trace::Trace;

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
    addresses::addresses(model, found);
    templates::templates(model, found);
    let incoming = Incoming::default();
    let mappings: Vec<_> = (0..model.mappings.len() as u32)
        .map(|index| {
            let mapping = &model.mappings[index as usize];
            let stage = Stage {
                id: MappingId(index),
                mapping,
                incoming: &incoming,
                scope: None,
                options: None,
                protection: None,
            };
            check_mapping(model, sources, &stage, found)
        })
        .collect();
    for (mapping, typed) in model.mappings.iter().zip(&mappings) {
        let trace = Trace { model, mappings: slice::from_ref(mapping), typed: slice::from_ref(typed) };
        declared(&trace, 0, found);
    }
    let routes =
        (0..model.syncs.len() as u32).filter_map(|index| check_route(model, sources, SyncId(index), found)).collect();
    let typed = Typed { mappings, routes };
    tables::never_asked(model, &typed, found);
    offers::not_taken(model, &typed, found);
    typed
}

/// Checks one mapping.
pub fn check_mapping(model: &Model, sources: &Sources, stage: &Stage<'_>, found: &mut Findings) -> TypedMapping {
    let (mapping, incoming) = (stage.mapping, stage.incoming);
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
        skipping: HashMap::new(),
        looked: Vec::new(),
        options: stage.options,
        protection: stage.protection,
    };
    checker.check_functions();
    let (protected, skipped) = checker.record_conditions();
    let scope = stage.scope.map(|(entity, scope)| (entity, checker.sync_scope(entity, scope)));
    let sets = checker.check_sets();
    let maps = (0..mapping.maps.len()).filter_map(|index| checker.check_map(index)).collect();
    TypedMapping {
        mapping: stage.id,
        nodes: checker.nodes,
        layouts: checker.layouts,
        sets,
        maps,
        functions: checker.functions,
        allocations: checker.allocations,
        protected,
        skipped,
        scope,
        looked: checker.looked,
    }
}
