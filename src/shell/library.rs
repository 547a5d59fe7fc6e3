//! The library that is compiled in: models, systems with their mappings, routes, and the example projects.

use include_dir::{Dir, DirEntry, include_dir};

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
