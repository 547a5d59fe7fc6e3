//! The example project in a world of its own, with both servers.

use crate::servers::{Directory, Register};
use koppla::finding::terminal::Style;
use koppla::shell::project::Shelf;
use koppla::shell::{self, Exit, Out, library};
use koppla::world::TestWorld;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The date that the example is made for.
pub const AS_OF: &str = "2026-09-01";

/// What the directory holds after the first run, counted from the lists and the mapping: 34 pupils and 18 members of staff have
/// something current; one moved abroad, three are protected, and two with one e-mail address are held. All groups but the one
/// of a type that is not sent; 50 seats of pupils, 11 desks of staff.
pub const WHOLE: [(&str, usize); 3] = [("users", 46), ("groups", 46), ("memberships", 61)];

/// Held in every run: the two with one e-mail address, and three seats of each.
pub const HELD: u64 = 8;

/// Pupils and members of staff of the register, by what a test wants of them.
pub const SIGNE: &str = "8023b90a-c494-517e-b77a-cda20cbbf4d0";
/// A pupil whose number is a temporary one.
pub const SOREN: &str = "25f0d981-5cdf-530e-8565-800285e19529";
/// A pupil without a number.
pub const SIXTEN: &str = "873f0789-78a0-58b0-9011-3410e079a031";
/// A pupil without an e-mail address.
pub const SAGA: &str = "c2ad41c4-3333-52ce-b68b-b0341b607f75";
/// A pupil with the address of another one.
pub const ANN_SOFIE: &str = "17db6df9-037e-5b19-97b3-327ba5861886";
/// A pupil at two schools.
pub const NOEL: &str = "71fedabf-f95b-55ef-89fd-2c8c11068392";
/// A teacher and mentor.
pub const BERGQVIST: &str = "09f066de-9244-5597-8556-6820d5c6bf17";

/// Names, numbers and addresses of the three people whose identity is protected.
pub const PROTECTED: [&str; 12] = [
    "af Ugglas",
    "198208082399",
    "bjorn.afugglas",
    "ab335fb1-61c1-5b00-a8d3-093c2bacbf7b",
    "Yusuf Åkerman",
    "200811212398",
    "yusuf.akerman",
    "12eafbe8-63ad-5f2f-9b82-55dbfceca7cb",
    "Jón Łazar",
    "200912272390",
    "jon.lazar",
    "5d152eee-e00a-5396-b38f-4c1fce334aee",
];

/// A command that ended.
pub struct Ran {
    /// The exit code.
    pub exit: Exit,
    /// Standard output.
    pub result: String,
    /// Standard error.
    pub notes: String,
}

impl Ran {
    /// Both streams, to be searched or shown.
    pub fn said(&self) -> String {
        format!("{}\n{}", self.result, self.notes)
    }

    /// The result as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.result).unwrap_or_else(|error| panic!("{error}: {}", self.said()))
    }

    /// Asserts how the command ended.
    #[track_caller]
    pub fn ends(self, exit: Exit) -> Ran {
        assert_eq!(self.exit, exit, "\n{}", self.said());
        self
    }
}

/// Both servers and the project.
pub struct Scene {
    /// Files, clock, environment.
    pub world: TestWorld,
    /// What is read.
    pub register: Register,
    /// What is written.
    pub directory: Directory,
}

impl Scene {
    /// The example as it stands: tokens of the register that expire after two calls, lists of three pages and more.
    pub fn new() -> Scene {
        let register = Register::from_folder(&folder());
        register.tokens_last(2);
        let directory = Directory::start();
        directory.most(20);
        let world = TestWorld::new();
        for (path, content) in library::example("rest") {
            if path.ends_with(".sync.yaml") {
                world.put(path, content);
            }
        }
        for (name, value) in [
            ("REGISTER_BASE", register.base.as_str()),
            ("REGISTER_TOKEN_URL", &register.token_url),
            ("REGISTER_CLIENT_ID", "koppla-test"),
            ("REGISTER_CLIENT_SECRET", "s3cr3t-of-the-register"),
            ("DIRECTORY_BASE", &directory.base),
            ("DIRECTORY_TOKEN", "s3cr3t-of-the-directory"),
        ] {
            world.set(name, value);
        }
        Scene { world, register, directory }
    }

    /// The example after a first run that wrote everything.
    pub fn filled() -> Scene {
        let scene = Scene::new();
        scene.run().ends(Exit::Found);
        assert_eq!(scene.counts(), counts(WHOLE));
        scene.directory.forget_requests();
        scene.register.tokens_last(usize::MAX);
        scene
    }

    /// Runs a command line.
    pub fn koppla(&self, line: &str) -> Ran {
        koppla(&self.world, line)
    }

    /// `koppla run`, on the date of the example.
    pub fn run(&self) -> Ran {
        self.koppla(&format!("run --as-of {AS_OF}"))
    }

    /// `koppla run --format json`: what was done, by entity and operation, and the whole answer.
    pub fn done(&self) -> (BTreeMap<String, u64>, Value, Ran) {
        let ran = self.koppla(&format!("run --as-of {AS_OF} --format json"));
        let answer = ran.json();
        let done = answer["summary"]["done"].as_array().expect("what was done");
        let count = |one: &Value| {
            let name =
                format!("{} {}", one["op"].as_str().expect("an operation"), one["entity"].as_str().expect("an entity"));
            (name, one["count"].as_u64().expect("a count"))
        };
        (done.iter().map(count).filter(|(name, _)| !name.starts_with("link ")).collect(), answer, ran)
    }

    /// Records of each list of the directory.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let lists = self.directory.dump();
        lists
            .as_object()
            .expect("lists")
            .iter()
            .map(|(name, list)| (name.clone(), list.as_array().map_or(0, Vec::len)))
            .collect()
    }

    /// The one record of a list with this value in a field.
    #[track_caller]
    pub fn one(&self, list: &str, field: &str, value: &str) -> Value {
        let mut found: Vec<Value> =
            self.directory.records(list).into_iter().filter(|record| record[field] == value).collect();
        assert_eq!(found.len(), 1, "{list} with {field} {value}");
        found.remove(0)
    }

    /// The user whom the register knows by this id.
    #[track_caller]
    pub fn user(&self, id: &str) -> Value {
        self.one("users", "external_id", id)
    }

    /// Memberships of the user whom the register knows by this id.
    pub fn seats(&self, id: &str) -> usize {
        let user = self.user(id)["id"].clone();
        self.directory.records("memberships").iter().filter(|record| record["user_id"] == user).count()
    }

    /// Takes a person out of the register, with the memberships.
    pub fn leave(&self, id: &str) {
        let persons = self.list("persons").into_iter().filter(|person| person["id"] != id).collect();
        self.register.set("persons", persons);
        self.each_membership(|memberships| memberships.retain(|membership| membership["person"]["id"] != id));
    }

    /// Changes the lists of members of all groups of the register.
    pub fn each_membership(&self, change: impl Fn(&mut Vec<Value>)) {
        let mut groups = self.list("groups");
        groups.iter_mut().filter_map(|group| group["groupMemberships"].as_array_mut()).for_each(change);
        self.register.set("groups", groups);
    }

    /// Everything that the store holds, as text: every value of every table.
    pub fn store(&self) -> String {
        let path = self.world.path(".koppla/store.sqlite");
        let connection = rusqlite::Connection::open(path).expect("a store");
        let texts = |sql: &str| -> Vec<String> {
            let mut all = connection.prepare(sql).expect("a statement");
            let columns = all.column_count();
            let line = |row: &rusqlite::Row<'_>| {
                let cell = |column| match row.get_ref(column)? {
                    rusqlite::types::ValueRef::Text(text) | rusqlite::types::ValueRef::Blob(text) => {
                        Ok(String::from_utf8_lossy(text).into_owned())
                    }
                    other => Ok(format!("{other:?}")),
                };
                (0..columns).map(cell).collect::<rusqlite::Result<Vec<_>>>().map(|cells| cells.join("\t"))
            };
            all.query_map([], line).expect("rows").collect::<rusqlite::Result<_>>().expect("texts")
        };
        let tables = texts("SELECT name FROM sqlite_master WHERE type = 'table'");
        tables.iter().flat_map(|table| texts(&format!("SELECT * FROM {table}"))).collect::<Vec<_>>().join("\n")
    }

    /// The process starts anew after it was killed.
    pub fn reborn(self) -> Scene {
        let world = self.world.reborn();
        Scene { world, ..self }
    }

    /// Changes one record of a list of the register, found by its id.
    pub fn amend(&self, list: &'static str, id: &str, change: impl FnOnce(&mut Value)) {
        let mut records = self.list(list);
        change(records.iter_mut().find(|record| record["id"] == id).expect("a record with this id"));
        self.register.set(list, records);
    }

    /// A list of the register as it stands now.
    pub fn list(&self, list: &str) -> Vec<Value> {
        self.register.list_now(list)
    }

    /// What the directory holds, without the ids that nobody can guess: to compare two of them.
    pub fn content(&self) -> Vec<String> {
        let dump = self.directory.dump();
        let name_of = |list: &str, id: &Value| {
            let records = dump[list].as_array().expect("a list");
            records
                .iter()
                .find(|record| record["id"] == *id)
                .map_or(Value::Null, |record| record["external_id"].clone())
        };
        let mut lines = Vec::new();
        for (list, records) in dump.as_object().expect("lists") {
            for record in records.as_array().expect("a list") {
                let mut record = record.clone();
                let fields = record.as_object_mut().expect("a record");
                fields.remove("id");
                for (field, to) in [("user_id", "users"), ("group_id", "groups")] {
                    if let Some(id) = fields.get(field).cloned() {
                        fields.insert(field.to_string(), name_of(to, &id));
                    }
                }
                fields.sort_keys();
                lines.push(format!("{list} {record}"));
            }
        }
        lines.sort();
        lines
    }
}

/// Runs a command line in a world.
pub fn koppla(world: &TestWorld, line: &str) -> Ran {
    let (mut result, mut notes) = (Vec::new(), Vec::new());
    // The documents of most scenes are the same; they are checked once.
    static SHELF: LazyLock<Shelf> = LazyLock::new(Shelf::default);
    let mut out = Out::new(&mut result, &mut notes, Style::default()).with_shelf(&SHELF);
    let args = std::iter::once("koppla").chain(line.split_whitespace()).map(OsString::from);
    let exit = shell::run_on(args, world, &mut out);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran { exit, result: text(result), notes: text(notes) }
}

/// Counts by name.
pub fn counts<const N: usize>(counts: [(&str, usize); N]) -> BTreeMap<String, usize> {
    counts.into_iter().map(|(name, count)| (name.to_string(), count)).collect()
}

/// What a run did, by operation and entity.
pub fn did<const N: usize>(done: [(&str, u64); N]) -> BTreeMap<String, u64> {
    done.into_iter().map(|(name, count)| (name.to_string(), count)).collect()
}

/// The lists of the example's register.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/examples/rest/register")
}
