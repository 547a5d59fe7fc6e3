//! A version of a project: its documents as they lie in a folder, or as they were in a git revision.
//!
//! git is asked by its program, which everybody who has revisions has. It is asked to list and to print, so no hook of a
//! repository runs.

use super::project::{Documents, Project, documents, is_document};
use crate::world::{Ended, World};
use std::io::ErrorKind;
use std::path::Path;

/// A version of a project.
pub struct Version {
    /// What people call it.
    pub name: String,
    /// Its documents, checked. Its data is that of the present project.
    pub project: Project,
}

/// The documents as they lie in the folder of the project.
pub fn present(folder: &Path, world: &dyn World) -> Result<Version, String> {
    Ok(Version { name: "the documents here".into(), project: Project::of_needed(folder, &documents(folder, world)?) })
}

/// The version that a text names: a folder if there is one, else a git revision of the repository that the project lies in.
///
/// In a revision that is older than the project, the project has no documents.
pub fn named(name: &str, folder: &Path, world: &dyn World) -> Result<Version, String> {
    let is_folder = world.stat(Path::new(name)).is_ok_and(|stat| stat.is_some_and(|stat| stat.folder));
    let files = if is_folder { documents(Path::new(name), world)? } else { revision(name, folder, world)? };
    Ok(Version { name: name.to_string(), project: Project::of_needed(folder, &files) })
}

fn revision(name: &str, folder: &Path, world: &dyn World) -> Result<Documents, String> {
    let git = Git { folder, world };
    let commit = git.commit(name)?;
    let listed = git.ask(&["ls-tree", "-r", "-z", &commit, "--", "./"], b"")?;
    let files = listed.split(|&byte| byte == 0).filter_map(blob);
    let files: Vec<(String, String)> = files.filter(|(_, path)| is_document(path)).collect();
    let asked: String = files.iter().map(|(blob, _)| format!("{blob}\n")).collect();
    let texts = git.ask(&["cat-file", "--batch"], asked.as_bytes())?;
    let mut rest = texts.as_slice();
    let mut documents = Documents::new();
    for (_, path) in files {
        let bytes = next(&mut rest).ok_or_else(|| format!("git did not print {path} of {name}"))?;
        documents.push((path, bytes.to_vec()));
    }
    documents.sort();
    Ok(documents)
}

/// Blob and path of an entry `100644 blob 3a5f…\tpath` of a listed tree; `None` for what is no file: a link, a submodule.
fn blob(entry: &[u8]) -> Option<(String, String)> {
    let (head, path) = std::str::from_utf8(entry).ok()?.split_once('\t')?;
    let mut words = head.split(' ');
    let is_file = words.next()?.starts_with("100") && words.next()? == "blob";
    is_file.then_some((words.next()?.to_string(), path.to_string()))
}

/// Takes the next object off the answer of `git cat-file --batch`: `3a5f… blob 120\n`, so many bytes, a line end.
fn next<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let end = memchr::memchr(b'\n', rest)?;
    let head = std::str::from_utf8(&rest[..end]).ok()?;
    let length: usize = head.rsplit(' ').next()?.parse().ok()?;
    let bytes = rest.get(end + 1..end + 1 + length)?;
    *rest = rest.get(end + 2 + length..)?;
    Some(bytes)
}

struct Git<'w> {
    folder: &'w Path,
    world: &'w dyn World,
}

impl Git<'_> {
    fn run(&self, args: &[&str], input: &[u8]) -> Result<Ended, String> {
        self.world.program("git", args, self.folder, input).map_err(|error| match error.kind() {
            ErrorKind::NotFound => "git is not installed, so there are no revisions to compare with".to_string(),
            _ => format!("git cannot be run: {error}"),
        })
    }

    /// What it prints; what it says where it fails.
    fn ask(&self, args: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
        let ended = self.run(args, input)?;
        if ended.success {
            return Ok(ended.output);
        }
        let said = String::from_utf8_lossy(&ended.errors);
        Err(format!("git {}: {}", args[0], said.lines().next().unwrap_or("it failed without a word")))
    }

    /// The commit of a revision.
    fn commit(&self, name: &str) -> Result<String, String> {
        let asked = format!("{name}^{{commit}}");
        let ended = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &asked], b"")?;
        if ended.success {
            return Ok(String::from_utf8_lossy(&ended.output).trim().to_string());
        }
        let inside = self.run(&["rev-parse", "--git-dir"], b"")?.success;
        Err(match inside {
            true => format!("there is no folder and no git revision {name} (a shallow clone has only its last one)"),
            false => format!("there is no folder {name}, and the project lies in no git repository"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{blob, next};

    #[test]
    fn only_files_of_a_tree_are_taken() {
        assert_eq!(blob(b"100644 blob 3a\ta b.sync.yaml"), Some(("3a".into(), "a b.sync.yaml".into())));
        assert_eq!(blob(b"120000 blob 3a\tlink.sync.yaml"), None);
        assert_eq!(blob(b"160000 commit 3a\tmodule"), None);
        assert_eq!(blob(b""), None);
    }

    #[test]
    fn objects_are_cut_by_their_length() {
        let mut rest: &[u8] = b"3a blob 3\na\nb\n4b blob 0\n\n5c missing\n";
        assert_eq!(next(&mut rest), Some(b"a\nb".as_slice()));
        assert_eq!(next(&mut rest), Some(b"".as_slice()));
        assert_eq!(next(&mut rest), None);
    }
}
