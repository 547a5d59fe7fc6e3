//! What an editor tells about the name under the pointer: type, data class, documentation, evidence.

use super::Here;
use super::index::Symbol;
use crate::check::TypedMapping;
use crate::check::names::type_name;
use crate::check::typed::{ExprId, Typing};
use crate::documents::functions;
use crate::function;
use crate::model::{Field, Model};
use crate::shell::lsp::complete;
use crate::value::{ClassSet, EntityId};
use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind};

/// What stands here; nothing for blanks and comments.
pub fn hover(here: &Here<'_>) -> Option<Hover> {
    let model = &here.project.model;
    if let Some(mark) = here.index.at(here.file, here.offset) {
        let told = told(here, &mark.symbol).or_else(|| key(here))?;
        return Some(as_hover(told, Some(here.range(mark.span))));
    }
    match expression(here) {
        Some(typing) => {
            let mark = if typing.optional { "?" } else { "" };
            let told = format!("`{}{mark}`{}", type_name(model, &typing.ty), classes(model, typing.classes));
            let fails = typing.fails.map(|why| format!("\n\nmay fail: {why}")).unwrap_or_default();
            Some(as_hover(told + &fails, Some(here.range(typing.span))))
        }
        None => key(here).map(|told| as_hover(told, None)),
    }
}

fn as_hover(value: String, range: Option<lsp_types::Range>) -> Hover {
    Hover { contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value }), range }
}

fn told(here: &Here<'_>, symbol: &Symbol) -> Option<String> {
    let model = &here.project.model;
    Some(match symbol {
        Symbol::Field(entity, index) => field(here, *entity, *index),
        Symbol::Entity(entity) => {
            let entity = model.entity(*entity);
            let keys: Vec<&str> = entity.key.iter().map(|&key| entity.fields[key].name.text.as_str()).collect();
            let system = &model.system(entity.system).name.text;
            format!(
                "entity `{}` of `{system}`, {} fields, key: {}",
                entity.name.text,
                entity.fields.len(),
                keys.join(", ")
            )
        }
        Symbol::Set(set) => format!("set `{}`, {} steps", model.set(*set).name.text, model.set(*set).steps.len()),
        Symbol::Function(mapping, index) => {
            let function = &model.mapping(*mapping).functions[*index as usize];
            let params: Vec<String> = function
                .takes
                .iter()
                .map(|(name, ty, optional)| {
                    format!("{}: {}{}", name.text, type_name(model, ty), if *optional { "?" } else { "" })
                })
                .collect();
            let gives = function
                .gives
                .as_ref()
                .map(|(ty, optional)| format!(" -> {}{}", type_name(model, ty), if *optional { "?" } else { "" }));
            format!("`{}({}){}`", function.name.text, params.join(", "), gives.unwrap_or_default())
        }
        Symbol::Library(name) => function::find(name).map(|function| {
            let examples: String = function
                .examples
                .iter()
                .take(3)
                .map(|(example, result)| format!("\n{example}  -->  {result}"))
                .collect();
            format!("`{}`\n\n{}\n\n```\n{}\n```", functions::signature(function), function.doc, examples.trim_start())
        })?,
        Symbol::Option(mapping, index) => {
            let option = &model.mapping(*mapping).options[*index as usize];
            let doc = option.doc.as_ref().map(|doc| format!("\n\n{doc}")).unwrap_or_default();
            format!("option `${}`: `{}`{doc}", option.name.text, type_name(model, &option.ty))
        }
        Symbol::Label(mapping, map, label) => {
            format!("rule `{label}` of the map `{map}` in `{}`", model.mapping(*mapping).name.text)
        }
        Symbol::System(system) => {
            let system = model.system(*system);
            let kind = if system.is_system { "system" } else { "model" };
            let title = system.title.as_ref().map(|title| format!(": {title}")).unwrap_or_default();
            format!("{kind} `{}`{title}", system.name.text)
        }
        Symbol::Mapping(mapping) => {
            let mapping = model.mapping(*mapping);
            let title = mapping.title.as_ref().map(|title| format!(": {title}")).unwrap_or_default();
            format!("mapping `{}`{title}", mapping.name.text)
        }
        Symbol::Table(table) => {
            let table = model.table(*table);
            let columns: Vec<&str> = table.columns.iter().map(|column| column.name.text.as_str()).collect();
            format!("table `{}`, columns {}, {} rows", table.name.text, columns.join(", "), table.rows.len())
        }
    })
}

/// Type, class, documentation and evidence of a field.
fn field(here: &Here<'_>, entity: EntityId, index: u16) -> String {
    let model = &here.project.model;
    let of = model.entity(entity);
    let field = &of.fields[index as usize];
    let mark = if field.optional { "?" } else { "" };
    let mut told = format!(
        "`{}.{}`: `{}{mark}`{}",
        of.name.text,
        field.name.text,
        type_name(model, &field.ty),
        classes(model, field.classes)
    );
    if let Some(doc) = &field.doc {
        told.push_str(&format!("\n\n{doc}"));
    }
    let system = model.system(of.system);
    let limits = limits(field);
    if !limits.is_empty() {
        told.push_str(&format!("\n\n{}", limits.join(" · ")));
    }
    let known = field.evidence.as_ref().map(|id| match system.evidence.iter().find(|entry| entry.id == *id) {
        Some(entry) => format!("evidence {}: {} {}", entry.grade, entry.source, entry.says),
        None => format!("evidence: {id}"),
    });
    if let Some(known) = known {
        told.push_str(&format!("\n\n{}", known.trim_end()));
    }
    if !field.unsure.is_empty() {
        told.push_str(&format!("\n\nunsure: {}", field.unsure.join(", ")));
    }
    told + &format!("\n\n{} `{}`", if system.is_system { "system" } else { "model" }, system.name.text)
}

fn limits(field: &Field) -> Vec<String> {
    let mut all = Vec::new();
    if field.at != field.name.text {
        all.push(format!("at `{}`", field.at));
    }
    all.extend(field.max.map(|max| format!("at most {max} characters")));
    all.extend(field.pattern.as_ref().map(|pattern| format!("pattern `{pattern}`")));
    if field.unique {
        all.push("unique".into());
    }
    all
}

fn classes(model: &Model, classes: ClassSet) -> String {
    let names: Vec<&str> = classes.iter().map(|class| model.classes.name(class)).collect();
    if names.is_empty() { " · public".into() } else { format!(" · {}", names.join(", ")) }
}

/// The shortest expression of a rule around the place.
fn expression<'h>(here: &'h Here<'_>) -> Option<&'h Typing> {
    let typed: Vec<&TypedMapping> = here.project.typed.mappings.iter().collect();
    let all = typed
        .into_iter()
        .flat_map(|typed| (0..typed.nodes.all().len()).map(|index| typed.nodes.typing(ExprId(index as u32))));
    let around = |typing: &&Typing| {
        let range = typing.span.range();
        typing.span.file == here.file && range.start <= here.offset && here.offset < range.end
    };
    all.filter(around).min_by_key(|typing| typing.span.end - typing.span.start)
}

/// What the key of the YAML around means.
fn key(here: &Here<'_>) -> Option<String> {
    let key = complete::key_at(here)?;
    Some(format!("`{}`: {}", key.name, key.doc))
}
