//! A compiled sync for people: what is read, made, matched and written, in which order.

use crate::check::record_name;
use crate::check::typed::TypedMap;
use crate::model::Limit;
use crate::plan::{EntityRead, Plan};
use crate::source::Sources;
use crate::syntax::ast::GoneAction;
use serde_json::{Value, json};
use std::fmt::Write;

/// The plan as text.
pub fn text(plan: &Plan<'_>, sources: &Sources) -> String {
    let model = plan.model;
    let sync = model.sync(plan.sync);
    let mut text = String::new();
    let systems: Vec<&str> = std::iter::once(model.system(sync.left.system).name.text.as_str())
        .chain(
            plan.route
                .mappings
                .iter()
                .map(|mapping| mapping.right.first().map_or("?", |side| model.system(side.system).name.text.as_str())),
        )
        .collect();
    // Writing into memory cannot fail.
    let _ = writeln!(text, "{}: {}", sync.name.text, systems.join(" → "));
    let _ = writeln!(text, "\nread");
    for system in &plan.reads {
        for entity in &system.entities {
            let _ = writeln!(text, "  {}", read_line(plan, &system.dialect.show(entity.call), entity));
        }
    }
    for (mapping, typed) in plan.route.mappings.iter().zip(&plan.route.typed) {
        let _ = writeln!(text, "\nmap {}", mapping.name.text);
        for set in &typed.sets {
            let names: Vec<&str> =
                set.layout.slots.iter().map(|slot| &*slot.name).filter(|name| !name.is_empty()).collect();
            let _ = writeln!(
                text,
                "  set {:<18} {} steps → {}",
                model.set(set.set).name.text,
                set.steps.len(),
                names.join(", ")
            );
        }
        for map in &typed.maps {
            let _ = writeln!(
                text,
                "  map {:<18} {} → {}",
                map.name,
                record_name(model, map.left),
                model.entity(map.right).name.text
            );
            rules(plan, map, sources, &mut text);
        }
    }
    let _ = writeln!(text, "\nwrite {}", model.system(plan.target.system).name.text);
    for write in &plan.target.entities {
        let calls: Vec<String> = match (&plan.target.connection, write.deliver) {
            (Some((_, dialect)), Some(call)) => vec![dialect.show(call)],
            (Some((_, dialect)), None) => {
                write.operations.iter().map(|(op, call)| format!("{}: {}", op.word(), dialect.show(*call))).collect()
            }
            (None, _) => vec!["no connection of this version".into()],
        };
        let _ = writeln!(text, "  {:<20} {}", model.entity(write.entity).name.text, calls.join(" · "));
    }
    let guard = &sync.guard;
    let _ = writeln!(
        text,
        "\nguard  create {} · update {} · deactivate {} · remove {} · source shrinks {} · never below {}",
        limit(guard.create),
        limit(guard.update),
        limit(guard.deactivate),
        limit(guard.remove),
        limit(guard.shrinks),
        guard.floor
    );
    text
}

fn rules(plan: &Plan<'_>, map: &TypedMap, sources: &Sources, text: &mut String) {
    let entity = plan.model.entity(map.right);
    for rule in &map.rules {
        let target = rule.target.as_ref().map_or("?", |target| entity.fields[target.field as usize].name.text.as_str());
        let source = sources.slice(rule.left_span).split_whitespace().collect::<Vec<_>>().join(" ");
        let layer = if rule.overlay { "  (overlay)" } else { "" };
        let _ = writeln!(
            text,
            "      {target:<20} {} {}{layer}",
            rule.arrow.text(),
            crate::finding::layout::cut(&source, 60)
        );
    }
    if let Some(gone) = map.gone.filter(|gone| gone.action != GoneAction::Keep) {
        let word = if gone.action == GoneAction::Remove { "remove" } else { "deactivate" };
        let _ = writeln!(text, "      gone: {word}");
    }
}

fn read_line(plan: &Plan<'_>, call: &str, read: &EntityRead) -> String {
    let entity = plan.model.entity(read.entity);
    let needed: Vec<&str> = (entity.fields.iter().zip(&read.columns))
        .filter(|(_, column)| column.is_some())
        .map(|(field, _)| field.name.text.as_str())
        .collect();
    let all = entity.fields.len();
    format!("{:<20} {call}  {} of {all} fields: {}", entity.name.text, needed.len(), needed.join(", "))
}

fn limit(limit: Limit) -> String {
    match limit {
        Limit::PerCent(per_cent) => format!("{per_cent} %"),
        Limit::Count(count) => count.to_string(),
        Limit::None => "any".into(),
    }
}

/// The plan for programs.
pub fn json(plan: &Plan<'_>) -> Value {
    let model = plan.model;
    let reads: Vec<Value> = plan
        .reads
        .iter()
        .flat_map(|system| system.entities.iter().map(move |entity| (system, entity)))
        .map(|(system, read)| {
            let entity = model.entity(read.entity);
            let fields: Vec<&str> = (entity.fields.iter().zip(&read.columns))
                .filter(|(_, column)| column.is_some())
                .map(|(field, _)| field.name.text.as_str())
                .collect();
            json!({"system": model.system(system.system).name.text, "entity": entity.name.text, "call": system.dialect.show(read.call), "fields": fields})
        })
        .collect();
    let mappings: Vec<Value> = plan
        .route
        .mappings
        .iter()
        .zip(&plan.route.typed)
        .map(|(mapping, typed)| {
            let maps: Vec<Value> = typed.maps.iter().map(|map| map_json(plan, map)).collect();
            json!({"mapping": mapping.name.text, "maps": maps})
        })
        .collect();
    let order: Vec<&str> =
        plan.target.entities.iter().map(|write| model.entity(write.entity).name.text.as_str()).collect();
    json!({"sync": model.sync(plan.sync).name.text, "reads": reads, "mappings": mappings, "writes": order})
}

fn map_json(plan: &Plan<'_>, map: &TypedMap) -> Value {
    let entity = plan.model.entity(map.right);
    let rules: Vec<Value> = map
        .rules
        .iter()
        .map(|rule| {
            let target = rule.target.as_ref().map(|target| entity.fields[target.field as usize].name.text.as_str());
            let classes: Vec<&str> = rule.classes.iter().map(|class| plan.model.classes.name(class)).collect();
            json!({"label": rule.label, "arrow": rule.arrow.text(), "field": target, "classes": classes, "overlay": rule.overlay})
        })
        .collect();
    json!({"map": map.name, "from": record_name(plan.model, map.left), "to": entity.name.text, "rules": rules})
}
