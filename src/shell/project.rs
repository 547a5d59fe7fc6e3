//! A project: the documents of a folder over those of the library, read, resolved and checked.

use super::{Exit, Out, library};
use crate::check::{Route, Typed, check};
use crate::finding::{Finding, Findings, Severity, terminal};
use crate::model::{Model, SyncId, resolve};
use crate::source::{FileId, Sources};
use crate::syntax::yaml;
use crate::world::World;
use std::path::{Path, PathBuf};

/// File names that are documents.
const ENDINGS: [&str; 8] = [
    "system.yaml",
    ".model.yaml",
    ".mapping.yaml",
    ".sync.yaml",
    ".provider.yaml",
    ".table.yaml",
    ".test.yaml",
    ".table.csv",
];

/// A project that was read.
pub struct Project {
    /// Its folder.
    pub folder: PathBuf,
    /// All texts.
    pub sources: Sources,
    /// All documents.
    pub model: Model,
    /// All checked mappings and routes.
    pub typed: Typed,
    /// What was found, in order.
    pub findings: Vec<Finding>,
    /// How many files of the project (not of the library) were read.
    pub files: usize,
    /// The first file that is the project's own.
    first_own: u32,
}

impl Project {
    /// Reads and checks a project. Fails only if the folder cannot be read.
    pub fn read(folder: &Path, world: &dyn World) -> Result<Project, String> {
        let mut sources = Sources::default();
        let mut found = Findings::default();
        let mut ids: Vec<FileId> = Vec::new();
        for (path, text) in library::documents() {
            ids.push(sources.add(format!("library:{path}"), text));
        }
        let first_own = ids.len() as u32;
        let mut paths = Vec::new();
        walk(folder, world, &mut paths)
            .map_err(|error| format!("the folder {} cannot be read: {error}", folder.display()))?;
        paths.sort();
        for path in &paths {
            let shown = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
            let bytes = world.read(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
            let (id, usable) = yaml::add(&mut sources, shown, &bytes, &mut found);
            if usable {
                ids.push(id);
            }
        }
        Ok(Project::resolved(folder.to_path_buf(), sources, &ids, found, paths.len(), first_own))
    }

    /// A project of given texts over the library: for tests of pages and manuals.
    pub fn of_texts(texts: &[(String, String)]) -> Project {
        let mut sources = Sources::default();
        let mut ids: Vec<FileId> = Vec::new();
        for (path, text) in library::documents() {
            ids.push(sources.add(format!("library:{path}"), text));
        }
        let first_own = ids.len() as u32;
        let mut found = Findings::default();
        for (path, text) in texts {
            let (id, usable) = yaml::add(&mut sources, path.clone(), text.as_bytes(), &mut found);
            if usable {
                ids.push(id);
            }
        }
        Project::resolved(PathBuf::from("."), sources, &ids, found, texts.len(), first_own)
    }

    fn resolved(
        folder: PathBuf,
        sources: Sources,
        ids: &[FileId],
        mut found: Findings,
        files: usize,
        first_own: u32,
    ) -> Project {
        let model = resolve(&sources, ids, &mut found);
        let typed = check(&model, &sources, &mut found);
        crate::plan::check_systems(&model, &mut found);
        Project { folder, sources, model, typed, findings: found.sorted(), files, first_own }
    }

    /// True if a file is the project's own, not the library's.
    pub fn is_own(&self, file: FileId) -> bool {
        file.0 >= self.first_own
    }

    /// True if there is an error among the findings.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// Prints findings as people see them, with a summary.
    pub fn print_findings(&self, findings: &[Finding], out: &mut Out) {
        let text = terminal::render(findings, &self.sources, out.style());
        out.note(text.trim_end());
    }

    /// The gate before everything that runs: prints what is wrong and says how to leave, if anything is.
    pub fn gate(&self, out: &mut Out) -> Result<(), Exit> {
        if self.has_errors() {
            self.print_findings(&self.findings, out);
            return Err(Exit::Found);
        }
        Ok(())
    }

    /// The sync of this name; without a name, the only one.
    pub fn sync(&self, name: Option<&str>, out: &mut Out) -> Result<(SyncId, &Route), Exit> {
        let names: Vec<&str> = self.model.syncs.iter().map(|sync| sync.name.text.as_str()).collect();
        let id = match (name, names.as_slice()) {
            (Some(name), _) => match self.model.find_sync(name) {
                Some(id) => id,
                None => {
                    let near = crate::finding::suggest::nearest(name, names.iter().copied());
                    let hint = match near {
                        Some(near) => format!("did you mean {near}?"),
                        None if names.is_empty() => "the project has none: a sync is a file NAME.sync.yaml".to_string(),
                        None => format!("there is {}", names.join(", ")),
                    };
                    out.error(&format!("there is no sync {name}; {hint}"));
                    return Err(Exit::Usage);
                }
            },
            (None, [_]) => SyncId(0),
            (None, []) => {
                out.error(
                    "the project has no sync; a sync is a file NAME.sync.yaml that names a left and a right system",
                );
                return Err(Exit::Usage);
            }
            (None, several) => {
                out.error(&format!("which sync? there is {}", several.join(", ")));
                return Err(Exit::Usage);
            }
        };
        match self.typed.routes.iter().find(|route| route.sync == id) {
            Some(route) => Ok((id, route)),
            None => {
                out.error("the sync has no route from its left to its right system");
                Err(Exit::Found)
            }
        }
    }
}

/// Reads a project; says what is wrong if its folder cannot be read.
pub fn open(folder: &Path, world: &dyn World, out: &mut Out) -> Result<Project, Exit> {
    Project::read(folder, world).map_err(|why| {
        out.error(&why);
        Exit::Usage
    })
}

fn walk(folder: &Path, world: &dyn World, into: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for path in world.list(folder)? {
        let name = path.file_name().map(|name| name.to_string_lossy().to_string()).unwrap_or_default();
        if name.starts_with('.') || name == "target" || name == "node_modules" {
            continue;
        }
        match world.stat(&path)? {
            Some(stat) if stat.folder => walk(&path, world, into)?,
            Some(_) if ENDINGS.iter().any(|ending| name.ends_with(ending)) => into.push(path),
            _ => {}
        }
    }
    Ok(())
}
