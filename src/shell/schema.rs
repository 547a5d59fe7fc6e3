//! `koppla schema [KIND]`: JSON Schemas of the documents, for editors.

use super::args::SchemaArgs;
use super::{Exit, Out};
use crate::documents::schema;
use crate::finding::suggest;
use crate::world::World;
use serde_json::Value;
use std::path::Path;

/// Prints the schema of one kind or of all, or writes a file for each into a folder.
pub fn run(args: &SchemaArgs, world: &dyn World, out: &mut Out) -> Exit {
    if let Some(folder) = &args.out {
        return all(folder, world, out).err().unwrap_or(Exit::Done);
    }
    let Some(kind) = &args.kind else {
        out.json(&schema::of_all());
        return Exit::Done;
    };
    match schema::of_kind(kind) {
        Some(schema) => out.json(&schema),
        None => {
            let near = suggest::nearest(kind, schema::kinds()).map(|near| format!("; did you mean {near}?"));
            let known = schema::kinds().collect::<Vec<_>>().join(", ");
            out.error(&format!("there is no kind of document {kind}{}", near.unwrap_or(format!("; there is {known}"))));
            return Exit::Usage;
        }
    }
    Exit::Done
}

/// `koppla.schema.json` for all documents, and `KIND.schema.json` for each kind.
fn all(folder: &Path, world: &dyn World, out: &mut Out) -> Result<(), Exit> {
    world.create_folder(folder).map_err(|error| out.cannot_write(folder, &error))?;
    let kinds = schema::kinds().filter_map(|kind| Some((kind, schema::of_kind(kind)?)));
    for (name, schema) in std::iter::once(("koppla", schema::of_all())).chain(kinds) {
        let path = folder.join(format!("{name}.schema.json"));
        out.text_to(Some(&path), &pretty(&schema), false, world)?;
    }
    Ok(())
}

fn pretty(schema: &Value) -> String {
    serde_json::to_string_pretty(schema).map(|text| text + "\n").unwrap_or_default()
}
