//! The page of a system or model: what is filled in, its entities and fields, what is known of it from where.

use super::html::{escaped, heading, paragraph};
use super::table::Table;
use crate::check::names::type_name;
use crate::model::{Access, Entity, Field, Model, System};

/// The page without its title.
pub fn body(model: &Model, system: &System) -> String {
    let kind = if system.is_system { "system" } else { "model" };
    let mut body = format!("<p><code>{kind}: {}</code></p>\n", escaped(&system.name.text));
    if let Some(base) = system.implements {
        body.push_str(&paragraph(&format!("Its entities are those of the model {}.", model.system(base).name.text)));
    }
    if !system.settings.is_empty() {
        body.push_str(&heading("Settings"));
        let mut table = Table::new(["setting", "type", "what to fill in"]);
        for setting in &system.settings {
            let mark = if setting.optional { "?" } else { "" };
            let ty = format!("{}{mark}", type_name(model, &setting.ty));
            table.row([setting.name.text.clone(), ty, setting.doc.clone().unwrap_or_default()]);
        }
        body.push_str(&table.html());
    }
    for &entity in &system.entities {
        body.push_str(&one_entity(model, model.entity(entity)));
    }
    if !system.evidence.is_empty() {
        body.push_str(&heading("What is known, and from where"));
        let mut table = Table::new(["id", "grade", "source", "says"]);
        for entry in &system.evidence {
            table.row([entry.id.clone(), entry.grade.clone(), entry.source.clone(), entry.says.clone()]);
        }
        body.push_str(&table.html());
    }
    body
}

fn one_entity(model: &Model, entity: &Entity) -> String {
    let keys: Vec<&str> = entity.key.iter().map(|&key| entity.fields[key].name.text.as_str()).collect();
    let mut table = Table::new(["field", "type", "class", "on the wire", "remarks"]);
    for field in &entity.fields {
        let mark = if field.optional { "?" } else { "" };
        let classes: Vec<&str> = field.classes.iter().map(|class| model.classes.name(class)).collect();
        let class = if classes.is_empty() { "public".to_string() } else { classes.join(", ") };
        let ty = format!("{}{mark}", type_name(model, &field.ty));
        table.row([field.name.text.clone(), ty, class, field.at.clone(), remarks(field)]);
    }
    format!("{}{}{}", heading(&entity.name.text), paragraph(&format!("Key: {}", keys.join(", "))), table.html())
}

fn remarks(field: &Field) -> String {
    let access = match field.access {
        Access::ReadWrite => None,
        Access::Read => Some("never written".to_string()),
        Access::Write => Some("cannot be read back".to_string()),
        Access::Create => Some("written once".to_string()),
        Access::Initial => Some("written once, cannot be read back".to_string()),
    };
    let max = field.max.map(|max| format!("at most {max} characters"));
    let evidence = field.evidence.as_ref().map(|evidence| format!("evidence {evidence}"));
    let unsure = (!field.unsure.is_empty()).then(|| format!("unsure: {}", field.unsure.join(", ")));
    let all = [field.doc.clone(), access, max, evidence, unsure];
    all.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
