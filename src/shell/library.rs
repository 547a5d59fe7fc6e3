//! The library that is compiled in: models, systems with their mappings, routes, and the example projects.

use include_dir::{Dir, DirEntry, include_dir};
use std::collections::HashSet;

static MAPPINGS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/mappings");

/// The library's documents (without the examples), sorted by path: path under `mappings/` and text.
pub fn documents() -> Vec<(String, &'static str)> {
    let mut all = Vec::new();
    for folder in MAPPINGS.dirs().filter(|folder| !folder.path().ends_with("examples")) {
        collect(folder, &mut all);
    }
    let mut texts: Vec<_> =
        all.into_iter().filter_map(|(path, bytes)| Some((path, std::str::from_utf8(bytes).ok()?))).collect();
    texts.sort();
    texts
}

/// The documents that a project with these texts can have to do with: those of the systems, models, providers and tables that
/// they name, those that these name in turn, and every mapping that leads from or to one of them without a model between.
pub fn needed<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<(String, &'static str)> {
    let mut words: HashSet<&str> = texts.flat_map(words).collect();
    let (mut needed, mut others) = (Vec::new(), documents());
    loop {
        let named = others.iter().find(|(path, _)| names(path).any(|name| words.contains(name)));
        let Some(named) = named.map(|(path, _)| shelf(path).to_string()) else { break };
        let (taken, left): (Vec<_>, Vec<_>) = others.into_iter().partition(|(path, _)| shelf(path) == named);
        words.extend(taken.iter().flat_map(|(_, text)| self::words(text)));
        needed.extend(taken);
        others = left;
    }
    needed.sort();
    needed
}

/// The words of a text that may be names. The name of a mapping names its two sides.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let inside = |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '-');
    text.split(move |sign| !inside(sign)).flat_map(|word| word.split("--")).filter(|word| !word.is_empty())
}

/// What a document is kept with: the folder of its system, or itself.
fn shelf(path: &str) -> &str {
    match path.strip_prefix("systems/").and_then(|rest| rest.find('/')) {
        Some(end) => &path[..="systems/".len() + end],
        None => path,
    }
}

/// The names by which others ask for a document: those of its system and of its table, or of both sides of a route.
fn names(path: &str) -> impl Iterator<Item = &str> {
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.split('.').next().unwrap_or(file);
    let system = path.strip_prefix("systems/").and_then(|rest| rest.split('/').next());
    let own = system.is_none() || file.contains(".table.");
    system.into_iter().chain(own.then_some(stem).into_iter().flat_map(|stem| stem.split("--")))
}

/// The files of an example project, sorted by path: path inside the project and content.
pub fn example(name: &str) -> Vec<(String, &'static [u8])> {
    let mut all = Vec::new();
    let root = format!("examples/{name}");
    if let Some(folder) = MAPPINGS.get_dir(&root) {
        collect(folder, &mut all);
    }
    let prefix = format!("{root}/");
    let mut inside: Vec<_> =
        all.into_iter().filter_map(|(path, bytes)| Some((path.strip_prefix(&prefix)?.to_string(), bytes))).collect();
    inside.sort();
    inside
}

fn collect(folder: &'static Dir<'static>, into: &mut Vec<(String, &'static [u8])>) {
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(inner) => collect(inner, into),
            DirEntry::File(file) => {
                into.push((file.path().to_string_lossy().replace('\\', "/"), file.contents()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sync_needs_is_found_through_what_its_systems_name() {
        let sync = "sync: norr\nleft: { system: edexml }\nright: { system: sds }\n";
        let needed: Vec<String> = needed([sync].into_iter()).into_iter().map(|(path, _)| path).collect();
        let has = |path: &str| needed.iter().any(|known| known == path);
        assert!(has("models/roster.model.yaml") && has("systems/edexml/edexml--roster.mapping.yaml"), "{needed:?}");
        assert!(has("systems/sds/sds_roles.table.yaml") && !has("systems/sds-v1/system.yaml"), "{needed:?}");
        assert!(super::needed([""].into_iter()).is_empty());
    }
}
