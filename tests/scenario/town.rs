//! A municipality whose nights are worked: the example project in a folder of a test world.

use koppla::finding::terminal::Style;
use koppla::shell::project::Shelf;
use koppla::shell::{Exit, Out, library, run_on};
use koppla::world::{TestWorld, World};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::LazyLock;

/// The sync of the example.
pub const SYNC: &str = "exempelkommunen-sds";

/// The store, seen from the project.
pub const STORE: &str = ".koppla/store.sqlite";

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    /// How it ended.
    pub exit: Exit,
    /// What it printed.
    pub result: String,
    /// What it noted beside it.
    pub notes: String,
}

impl Said {
    /// Everything that was said.
    pub fn all(&self) -> String {
        format!("{}{}", self.result, self.notes)
    }

    /// Asserts how it ended.
    #[track_caller]
    pub fn ends(self, exit: Exit) -> Said {
        assert_eq!(self.exit, exit, "\n{}", self.all());
        self
    }

    /// Asserts words in what was said, wherever its lines are broken.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Said {
        let said = flowing(&self.all());
        for word in words {
            assert!(said.contains(flowing(word).as_str()), "nobody says `{word}`:\n{}", self.all());
        }
        self
    }

    /// Asserts that something was not said, wherever its lines are broken.
    #[track_caller]
    pub fn hides(self, words: &[&str]) -> Said {
        let said = flowing(&self.all());
        for word in words {
            let hidden = !self.all().contains(word) && !said.contains(flowing(word).as_str());
            assert!(hidden, "`{word}` is said:\n{}", self.all());
        }
        self
    }
}

/// The example project in the folder of a world.
pub struct Town {
    /// Its world.
    pub world: TestWorld,
}

impl Town {
    /// A folder without documents, on the evening of the first school day.
    pub fn empty() -> Town {
        let world = TestWorld::new();
        world.set_now("2026-09-01T18:30:00Z".parse().expect("a moment"));
        Town { world }
    }

    /// The example, never run.
    pub fn new() -> Town {
        let Town { world } = Town::empty();
        for (path, bytes) in library::example("files") {
            world.put(path, bytes);
        }
        Town { world }
    }

    /// The document of a system of the library.
    pub fn library_system(&self, name: &str) -> String {
        let path = format!("systems/{name}/system.yaml");
        let found = library::documents().into_iter().find(|(known, _)| *known == path);
        found.expect("a system of the library").1.to_string()
    }

    /// The example after its first night.
    pub fn settled() -> Town {
        let town = Town::new();
        town.run().ends(Exit::Found).says(&["changes written"]);
        town
    }

    /// The same folder in the next process.
    pub fn reborn(&self) -> Town {
        Town { world: self.world.reborn() }
    }

    /// Another folder with the same files and store.
    pub fn copied(&self) -> Town {
        let world = TestWorld::new();
        world.set_now(self.world.now());
        for (path, bytes) in self.world.tree() {
            world.put(path, bytes);
        }
        Town { world }
    }

    /// Works a command line.
    pub fn command(&self, line: &str) -> Said {
        said(line, &self.world)
    }

    /// The run of a night.
    pub fn run(&self) -> Said {
        self.command("koppla run --project . --as-of 2026-09-01")
    }

    /// The preview of a night.
    pub fn preview(&self) -> Said {
        self.command("koppla preview --project . --as-of 2026-09-01")
    }

    /// The preview as lines `op,key,changed`.
    pub fn changes(&self) -> Vec<String> {
        let said = self.command("koppla preview --project . --as-of 2026-09-01 --format csv");
        said.result.lines().skip(1).map(String::from).collect()
    }

    /// The bytes of an input file, named without prefix and ending: `Elev`.
    pub fn input(&self, name: &str) -> String {
        self.world.text(path_of(name)).expect("an input file")
    }

    /// Replaces an input file.
    pub fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        self.world.put(path_of(name), content);
    }

    /// Removes an input file.
    pub fn remove(&self, name: &str) {
        std::fs::remove_file(self.world.path(path_of(name))).expect("an input file");
    }

    /// Changes the lines of an input file, the header first, line ends left out.
    pub fn edit(&self, name: &str, change: impl FnOnce(&mut Vec<String>)) {
        let text = self.input(name);
        let mut lines: Vec<String> = text.lines().map(String::from).collect();
        change(&mut lines);
        self.put(name, lines.join("\r\n") + "\r\n");
    }

    /// Replaces a text in the line of an input file that contains a mark; the mark must be in exactly one line.
    #[track_caller]
    pub fn replace(&self, name: &str, mark: &str, from: &str, to: &str) {
        self.edit(name, |lines| {
            let mut marked = lines.iter_mut().filter(|line| line.contains(mark));
            let line = marked.next().expect("the line is there");
            assert!(marked.next().is_none(), "the mark is in one line alone");
            assert!(line.contains(from), "the line holds what is replaced");
            *line = line.replace(from, to);
        });
    }

    /// A pupil arrives: 5900, in the class 1012.
    pub fn newcomer(&self) {
        self.edit("Elev", |lines| {
            let row = "5900;10;GR;2026-08-17;9999-12-31;6A;6;Ny;Nylander;201401312390;Storgatan 1;;999 10;EXEMPELBY;9999;;;;False;;";
            lines.push(row.into());
        });
        self.edit("ElevSkolenhet", |lines| lines.push("5900;110;2026-08-17;".into()));
        self.edit("ElevGrupp", |lines| lines.push("5900;1012;2026-08-17;;10".into()));
        self.edit("Folkbokforing", |lines| {
            let row = "201401312390;Ny;Nylander;ny.nylander@example.se;;;Storgatan 1;;99910;EXEMPELBY;Exempelkommunen;;;2026-08-30;e0000000-0000-4000-8ffe-0123456789ab;";
            lines.push(row.into());
        });
    }

    /// A pupil is no longer in any list of the pupils.
    pub fn leaves(&self, pupil: &str) {
        for file in ["Elev", "ElevSkolenhet", "ElevGrupp"] {
            self.edit(file, |lines| lines.retain(|line| !line.starts_with(&format!("{pupil};"))));
        }
    }

    /// The delivered files by name.
    pub fn output(&self) -> BTreeMap<String, String> {
        let files = self.world.tree().into_iter().filter_map(|(path, bytes)| {
            let name = path.strip_prefix("output/").filter(|name| *name != ".koppla.lock")?.to_string();
            // What a killed run was writing beside them may end anywhere.
            Some((name, String::from_utf8_lossy(&bytes).into_owned()))
        });
        files.collect()
    }

    /// The rows of a delivered file, without its header.
    pub fn rows(&self, file: &str) -> Vec<String> {
        let output = self.output();
        output[file].lines().skip(1).map(String::from).collect()
    }

    /// What the store remembers for the next night: links, held records, sizes, open intents. Without the numbers of runs,
    /// and without the hashes of other identities, which are worth something in their own store alone.
    pub fn remembered(&self) -> BTreeMap<String, Vec<String>> {
        let store = Connection::open(self.world.path(STORE)).expect("the store can be opened");
        let tables = [
            ("links", "sync, entity, left_key, right_key, right_id, state, ours, hash, vals"),
            ("held", "sync, entity, left_key, kind, reason"),
            ("facts", "sync, name, text"),
            ("intents", "op, entity, left_key, outcome"),
        ];
        tables.iter().map(|(table, columns)| (table.to_string(), rows_of(&store, table, columns))).collect()
    }

    /// The links with what was last sent, without the hashes of other identities.
    pub fn linked(&self) -> Vec<String> {
        let store = Connection::open(self.world.path(STORE)).expect("the store can be opened");
        rows_of(&store, "links", "entity, left_key, right_key, state, vals")
    }

    /// How many links there are of an entity.
    pub fn links(&self, entity: &str) -> usize {
        let store = Connection::open(self.world.path(STORE)).expect("the store can be opened");
        let mut count = store.prepare("SELECT count(*) FROM links WHERE entity = ?1").expect("a count");
        let links: i64 = count.query_row([entity], |row| row.get(0)).expect("a number");
        usize::try_from(links).expect("a small number")
    }

    /// Asserts that files and store agree, that nothing is open, and that no key stands twice.
    #[track_caller]
    pub fn is_sound(&self) {
        let files = [
            ("orgs.csv", "org"),
            ("users.csv", "user"),
            ("roles.csv", "role"),
            ("classes.csv", "class"),
            ("enrollments.csv", "enrollment"),
        ];
        for (file, entity) in files {
            let rows = self.rows(file);
            assert_eq!(rows.len(), self.links(entity), "{file} and the links of {entity}");
            let mut different = rows.clone();
            different.sort();
            different.dedup();
            assert_eq!(rows.len(), different.len(), "{file} holds a row twice");
        }
        assert_eq!(self.remembered()["intents"], Vec::<String>::new());
        assert!(self.output().keys().all(|name| !name.starts_with(".koppla")), "{:?}", self.output().keys());
        self.refers_to_somebody("roles.csv", 0, "users.csv");
        self.refers_to_somebody("enrollments.csv", 0, "classes.csv");
        self.refers_to_somebody("enrollments.csv", 1, "users.csv");
    }

    /// Asserts that a column of a file holds keys of another file alone.
    #[track_caller]
    fn refers_to_somebody(&self, file: &str, column: usize, to: &str) {
        let known: Vec<String> = self.rows(to).iter().map(|row| cells(row)[0].to_string()).collect();
        for row in self.rows(file) {
            let key = cells(&row)[column].to_string();
            assert!(known.contains(&key), "{file}: {key} is not in {to}");
        }
    }
}

/// The cells of a delivered row, as far as no cell is quoted.
pub fn cells(row: &str) -> Vec<&str> {
    row.split(',').collect()
}

/// The path of an input file.
pub fn path_of(name: &str) -> String {
    format!("input/Exk_{name}Data.csv")
}

/// Works a command line in a world.
pub fn said(line: &str, world: &dyn World) -> Said {
    let (mut result, mut notes) = (Vec::new(), Vec::new());
    // The documents of most towns are the same; they are checked once.
    static SHELF: LazyLock<Shelf> = LazyLock::new(Shelf::default);
    let mut out = Out::new(&mut result, &mut notes, Style::default()).with_shelf(&SHELF);
    let exit = run_on(line.split_whitespace().map(OsString::from), world, &mut out);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what is said is UTF-8");
    Said { exit, result: text(result), notes: text(notes) }
}

/// A text on one line.
fn flowing(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Asserts that two towns or nights left the same behind; shows only what differs.
#[track_caller]
pub fn same<K: Ord + std::fmt::Debug, V: PartialEq + Lines>(now: &BTreeMap<K, V>, then: &BTreeMap<K, V>) {
    let mut differences = Vec::new();
    for key in now.keys().chain(then.keys().filter(|key| !now.contains_key(key))) {
        let lines = |side: &BTreeMap<K, V>| side.get(key).map(Lines::pieces).unwrap_or_default();
        let (now, then) = (lines(now), lines(then));
        let only = |one: &[String], other: &[String], sign: char| -> Vec<String> {
            one.iter().filter(|line| !other.contains(line)).map(|line| format!("{key:?} {sign} {line}")).collect()
        };
        differences.extend(only(&then, &now, '-'));
        differences.extend(only(&now, &then, '+'));
    }
    assert!(differences.is_empty() && now == then, "what differs:\n{}", differences.join("\n"));
}

/// Something with lines.
pub trait Lines {
    /// Its lines.
    fn pieces(&self) -> Vec<String>;
}

impl Lines for String {
    fn pieces(&self) -> Vec<String> {
        str::lines(self).map(String::from).collect()
    }
}

impl Lines for Vec<String> {
    fn pieces(&self) -> Vec<String> {
        self.clone()
    }
}

fn rows_of(store: &Connection, table: &str, columns: &str) -> Vec<String> {
    let mut all = store.prepare(&format!("SELECT {columns} FROM {table} ORDER BY {columns}")).expect("a table");
    let width = all.column_count();
    let rows = all.query_map([], |row| {
        let cells = (0..width).map(|column| row.get::<_, Value>(column));
        let cells = cells.collect::<Result<Vec<_>, _>>()?;
        Ok(cells.into_iter().map(shown).collect::<Vec<_>>().join(" | "))
    });
    rows.expect("rows").collect::<Result<_, _>>().expect("rows of texts and numbers")
}

fn shown(value: Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text,
        Value::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// A system that takes accounts as one whole file, by its name and the fields of an account.
pub fn takes_accounts(system: &str, fields: &str) -> String {
    format!(
        "system: {system}
connect:
  files: {{ folder: output, format: {{ csv: {{ separator: \",\" }} }} }}
writes: {{ extent: whole }}
deliver: {{ as: files, holds: [account], always: all }}
entities:
  account:
    key: id
    write: {{ file: accounts.csv, remove: {{ by: absence }} }}
    fields: {{ {fields} }}
"
    )
}
