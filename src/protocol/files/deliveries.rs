//! Several deliveries that are read as one: the last one that is whole, and those after it that hold what has changed.

use super::keys::{Keys, wrong};
use super::{PATHS, words};
use crate::finding::Findings;
use crate::protocol::ScopeNames;
use crate::protocol::template::Template;
use crate::syntax::tree::Node;

/// Which deliveries there are, and how they tell what they hold.
#[derive(Clone, Debug)]
pub struct Deliveries {
    /// A pattern for the names of folders and zip files, each of which is a delivery; an empty text: the folder of the
    /// connection is the only one.
    pub names: Template,
    /// True if they follow one another by their age, not by their names.
    pub by_time: bool,
    /// The file that tells what the others of a delivery hold; without one each delivery is whole.
    pub manifest: Option<Told>,
}

/// A file of a delivery that tells what the others hold: a line about each, its name and a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its name.
    pub file: String,
    /// The first cell of the line about a file: what stands before and after the file's name without its ending.
    pub about: (String, String),
    /// The words of the second cell.
    pub words: Vec<(String, Holds)>,
}

/// What a file of a delivery holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// All records.
    Whole,
    /// Records that have changed since the delivery before.
    Changes,
    /// It is not there.
    Nothing,
}

impl Told {
    /// What the line about a file is called.
    pub fn line_about(&self, file: &str) -> String {
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        format!("{}{stem}{}", self.about.0, self.about.1)
    }

    /// The word for what a file holds.
    pub fn word(&self, holds: Holds) -> &str {
        self.words.iter().find(|(_, known)| *known == holds).map_or("", |(word, _)| word)
    }
}

impl Deliveries {
    /// Reads `deliveries:`.
    pub fn compile(node: &Node, scope: &ScopeNames, found: &mut Findings) -> Option<Deliveries> {
        let keys = Keys::of("deliveries", node, words::DELIVERIES, &[words::EVERYWHERE], found)?;
        let names = match keys.get("names") {
            Some(names) => Template::compile(names, scope, &PATHS, found)?,
            None => Template::fixed(""),
        };
        let by_time = keys.one_of("order", &[("name", false), ("time", true)], found).unwrap_or(false);
        let manifest = keys.get("manifest").and_then(|node| told(node, found));
        Some(Deliveries { names, by_time, manifest })
    }
}

fn told(node: &Node, found: &mut Findings) -> Option<Told> {
    let keys = Keys::of("manifest", node, words::DELIVERY_MANIFEST, &[words::EVERYWHERE], found)?;
    let mut text = |key, example| {
        keys.required(key, example, found)?;
        keys.text(key, found)
    };
    let file = text("file", "`file: manifest.csv`");
    let about = text("about", "`about: \"file.*\"`");
    let whole = text("whole", "`whole: bulk`");
    let changes = text("changes", "`changes: delta`");
    let nothing = keys.text("nothing", found);
    let about = about?;
    let Some((before, after)) = about.split_once('*') else {
        let node = keys.get("about").unwrap_or(keys.node);
        let why = "the name of the file has no place in it";
        found.add(wrong(node.span, "about", &format!("`{about}`"), why, "`file.*`: `*` stands for the name"));
        return None;
    };
    let words = [(whole, Holds::Whole), (changes, Holds::Changes), (nothing, Holds::Nothing)];
    let words = words.into_iter().filter_map(|(word, holds)| Some((word?.to_string(), holds))).collect();
    Some(Told { file: file?.to_string(), about: (before.to_string(), after.to_string()), words })
}
