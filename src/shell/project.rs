//! A project: the documents of a folder over those of the library, read, resolved and checked.

use super::{Exit, Out, library};
use crate::check::typed::Node;
use crate::check::{Route, Typed, check};
use crate::finding::{Finding, Findings, Severity, terminal};
use crate::model::table::FILE_ENDING;
use crate::model::{MappingId, Model, SyncId, resolve};
use crate::source::{FileId, Sources};
use crate::syntax::yaml;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// File names that are documents.
const ENDINGS: [&str; 10] = [
    "system.yaml",
    ".model.yaml",
    ".mapping.yaml",
    ".sync.yaml",
    ".provider.yaml",
    ".overlay.yaml",
    ".standard.yaml",
    ".table.yaml",
    ".test.yaml",
    FILE_ENDING,
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
        Ok(Project::of_files(folder, &documents(folder, world)?))
    }

    /// A project of given texts over the library: for tests of pages and manuals.
    pub fn of_texts(texts: &[(String, String)]) -> Project {
        let files: Documents = texts.iter().map(|(path, text)| (path.clone(), text.as_bytes().to_vec())).collect();
        Project::of_files(Path::new("."), &files)
    }

    /// A project whose open texts count as they stand in the editor, by path inside the folder; the others are read.
    pub fn with_open(folder: &Path, open: &BTreeMap<String, String>, world: &dyn World) -> Result<Project, String> {
        let mut files = documents(folder, world)?;
        for (path, text) in open.iter().filter(|(path, _)| is_document(path)) {
            match files.iter_mut().find(|(known, _)| known == path) {
                Some((_, bytes)) => *bytes = text.as_bytes().to_vec(),
                None => files.push((path.clone(), text.as_bytes().to_vec())),
            }
        }
        files.sort();
        Ok(Project::of_files(folder, &files))
    }

    /// The same with no more of the library than these documents have to do with, for what works with them. Where something is
    /// odd, all of it is read: what is said then may speak of any of its documents.
    pub fn of_needed(folder: &Path, files: &Documents) -> Project {
        let texts = files.iter().filter_map(|(_, bytes)| std::str::from_utf8(bytes).ok());
        let project = Project::over(library::needed(texts), folder, files);
        match project.findings.iter().all(|finding| finding.severity == Severity::Hint) {
            true => project,
            false => Project::of_files(folder, files),
        }
    }

    /// A project of documents, wherever they were read, whose data lies in a folder.
    pub fn of_files(folder: &Path, files: &Documents) -> Project {
        Project::over(library::documents(), folder, files)
    }

    fn over(library: Vec<(String, &'static str)>, folder: &Path, files: &Documents) -> Project {
        let mut sources = Sources::default();
        let mut ids: Vec<FileId> = Vec::new();
        for (path, text) in library {
            ids.push(sources.add(format!("library:{path}"), text));
        }
        let first_own = ids.len() as u32;
        let mut found = Findings::default();
        for (path, bytes) in files {
            let (id, usable) = yaml::add(&mut sources, path.clone(), bytes, &mut found);
            if usable {
                ids.push(id);
            }
        }
        Project::resolved(folder.to_path_buf(), sources, &ids, found, files.len(), first_own)
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

    /// The project's own files, in order.
    pub fn own(&self) -> Vec<FileId> {
        self.sources.ids().filter(|&file| self.is_own(file)).collect()
    }

    /// What leads from the folder that the command runs in to the project: `kunder/norr/`. Empty where they are one, and
    /// where the project lies elsewhere.
    pub fn root(&self) -> String {
        let parts: Option<Vec<String>> = self
            .folder
            .components()
            .filter(|part| *part != Component::CurDir)
            .map(|part| matches!(part, Component::Normal(_)).then(|| part.as_os_str().to_string_lossy().into_owned()))
            .collect();
        parts.unwrap_or_default().into_iter().map(|part| part + "/").collect()
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

    /// The gate before what looks at some mappings only: errors in other files are none of its business.
    pub fn gate_of(&self, files: &BTreeSet<FileId>, out: &mut Out) -> Result<(), Exit> {
        let about: Vec<Finding> =
            self.findings.iter().filter(|finding| files.contains(&finding.span.file)).cloned().collect();
        if about.iter().any(|finding| finding.severity == Severity::Error) {
            self.print_findings(&about, out);
            return Err(Exit::Found);
        }
        Ok(())
    }

    /// The files that a mapping is made of: its own, those of its systems and their models, those of its tables.
    pub fn files_of(&self, mapping: MappingId, into: &mut BTreeSet<FileId>) {
        let model = &self.model;
        into.insert(model.mapping(mapping).file);
        for side in model.mapping(mapping).left.iter().chain(&model.mapping(mapping).right) {
            let mut system = Some(side.system);
            while let Some(id) = system.filter(|&id| into.insert(model.system(id).file)) {
                system = model.system(id).implements;
            }
        }
        for node in self.typed.mappings[mapping.0 as usize].nodes.all() {
            if let Node::Lookup { table, .. } = node {
                into.insert(model.table(*table).name.span.file);
            }
        }
    }

    /// The sync of this name, whether it has a route or not; without a name, the only one.
    pub fn named(&self, name: Option<&str>, out: &mut Out) -> Result<SyncId, Exit> {
        let names: Vec<&str> = self.model.syncs.iter().map(|sync| sync.name.text.as_str()).collect();
        match (name, names.as_slice()) {
            (Some(name), _) => match self.model.find_sync(name) {
                Some(id) => Ok(id),
                None => {
                    let near = crate::finding::suggest::nearest(name, names.iter().copied());
                    let hint = match near {
                        Some(near) => format!("did you mean {near}?"),
                        None if names.is_empty() => "the project has none: a sync is a file NAME.sync.yaml".to_string(),
                        None => format!("there is {}", names.join(", ")),
                    };
                    out.error(&format!("there is no sync {name}; {hint}"));
                    Err(Exit::Usage)
                }
            },
            (None, [_]) => Ok(SyncId(0)),
            (None, []) => {
                out.error(
                    "the project has no sync; a sync is a file NAME.sync.yaml that names a left and a right system",
                );
                Err(Exit::Usage)
            }
            (None, several) => {
                out.error(&format!("which sync? there is {}", several.join(", ")));
                Err(Exit::Usage)
            }
        }
    }

    /// The sync of this name; without a name, the only one. It has its route.
    pub fn sync(&self, name: Option<&str>, out: &mut Out) -> Result<(SyncId, &Route), Exit> {
        let id = self.named(name, out)?;
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
pub fn open(folder: &Path, world: &dyn World, out: &mut Out) -> Result<Arc<Project>, Exit> {
    let files = documents(folder, world).map_err(|why| {
        out.error(&why);
        Exit::Usage
    })?;
    Ok(match out.shelf() {
        Some(shelf) => shelf.project(folder, files),
        None => Arc::new(Project::of_needed(folder, &files)),
    })
}

/// True if a file of this path inside a project is a document of it.
pub fn is_document(path: &str) -> bool {
    let mut parts = path.split('/').rev();
    let named =
        parts.next().is_some_and(|name| ENDINGS.iter().any(|ending| name.ends_with(ending)) && is_looked_at(name));
    named && parts.all(is_looked_at)
}

/// False for what begins with a dot, and for what tools put beside the documents.
fn is_looked_at(name: &str) -> bool {
    !(name.starts_with('.') || name == "target" || name == "node_modules")
}

/// Paths and bytes of the documents of a project.
pub type Documents = Vec<(String, Vec<u8>)>;

/// Keeps projects that were checked, for whoever works many command lines in one process: as long as no byte of its
/// documents changes, a project is not checked again.
#[derive(Default)]
pub struct Shelf(Mutex<Vec<(PathBuf, Documents, Arc<Project>)>>);

/// How many projects a shelf holds.
const MOST: usize = 8;

impl Shelf {
    fn project(&self, folder: &Path, files: Documents) -> Arc<Project> {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |(of, same, _): &&(PathBuf, Documents, Arc<Project>)| of == folder && *same == files;
        if let Some((.., project)) = kept().iter().find(same) {
            return Arc::clone(project);
        }
        let project = Arc::new(Project::of_needed(folder, &files));
        let mut kept = kept();
        if kept.len() >= MOST {
            kept.remove(0);
        }
        kept.push((folder.to_path_buf(), files, Arc::clone(&project)));
        project
    }
}

/// The documents of a project, by their paths inside its folder.
pub fn documents(folder: &Path, world: &dyn World) -> Result<Documents, String> {
    let mut paths = Vec::new();
    walk(folder, world, &mut paths)
        .map_err(|error| format!("the folder {} cannot be read: {error}", folder.display()))?;
    paths.sort();
    let read = |path: &PathBuf| {
        let shown = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let bytes = world.read(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
        Ok((shown, bytes))
    };
    paths.iter().map(read).collect()
}

fn walk(folder: &Path, world: &dyn World, into: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for path in world.list(folder)? {
        let name = path.file_name().map(|name| name.to_string_lossy().to_string()).unwrap_or_default();
        if !is_looked_at(&name) {
            continue;
        }
        match world.stat(&path)? {
            Some(stat) if stat.folder => walk(&path, world, into)?,
            Some(stat) if stat.file && ENDINGS.iter().any(|ending| name.ends_with(ending)) => into.push(path),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Project;

    #[test]
    fn a_document_of_the_project_takes_the_place_of_the_librarys() {
        let plain = Project::of_texts(&[]);
        let table = plain.model.find_table("sds_roles").expect("the library has the table");
        let rows = plain.model.table(table).rows.len();
        let own = "table: sds_roles\ncolumns: { role: text, duty_role: text }\nkey: duty_role\nunmapped: absent\nrows:\n  - { duty_role: Lärare, role: teacher }\n";
        let project = Project::of_texts(&[("roles.table.yaml".into(), own.into())]);
        let table = project.model.find_table("sds_roles").expect("the project has the table");
        assert!(rows > 1);
        assert_eq!(project.model.table(table).rows.len(), 1);
        assert!(!project.findings.iter().any(|finding| finding.code.slug == "name-twice"));
    }
}
