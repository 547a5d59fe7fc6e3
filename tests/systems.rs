//! The systems of the library against servers in this process: their documents as they stand, without any mapping.

#![expect(clippy::disallowed_methods, reason = "tests read their own files")]

#[path = "servers/mod.rs"]
mod servers;

use koppla::adapter::drive::{ReadOutcome, read_all};
use koppla::adapter::http::HttpOpener;
use koppla::adapter::{Item, Opener, Outcome, Sent, Settings};
use koppla::finding::{Finding, Findings};
use koppla::model::{Model, SystemId, resolve};
use koppla::plan;
use koppla::protocol::http::Http;
use koppla::protocol::{CallId, Dialect, Protocol, WireShape};
use koppla::shell::library;
use koppla::source::Sources;
use koppla::syntax::ast::Operation;
use koppla::world::TestWorld;
use serde_json::{Value, json};
use servers::{Directory, Register, Trouble};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The library, resolved.
fn model() -> (Model, Sources, Findings) {
    let (mut sources, mut found) = (Sources::default(), Findings::default());
    let files: Vec<_> =
        library::documents().into_iter().map(|(path, text)| sources.add(format!("library:{path}"), text)).collect();
    let model = resolve(&sources, &files, &mut found);
    (model, sources, found)
}

fn lines(sources: &Sources, found: Findings) -> Vec<String> {
    let line = |finding: &Finding| {
        let (row, column) = sources.position(finding.span);
        let path = &sources.file(finding.span.file).path;
        format!("{path}:{row}:{column} {}: {} ({})", finding.code.slug, finding.message(), finding.label())
    };
    found.sorted().iter().map(line).collect()
}

#[test]
fn every_system_of_the_library_compiles() {
    let (model, sources, _) = model();
    let mut found = Findings::default();
    plan::check_systems(&model, &mut found);
    let lines = lines(&sources, found);
    assert!(lines.is_empty(), "\n{}", lines.join("\n"));
}

/// A compiled system of the library and its calls by entity.
struct System {
    dialect: Box<dyn Dialect>,
    reads: Vec<(String, CallId)>,
    creates: Vec<(String, CallId)>,
    settings: Settings,
    world: TestWorld,
}

fn system(name: &str, settings: &[(&str, Value)], secret: &str) -> System {
    let (model, ..) = model();
    let id: SystemId = model.find_system(name).expect("a system of the library");
    let definition = model.system(id);
    let mut found = Findings::default();
    let (_, connect) = definition.connect.as_ref().expect("a connection");
    let mut dialect = Http.compile(connect, &plan::scope_names(definition), &mut found).expect("a dialect");
    let (mut reads, mut creates) = (Vec::new(), Vec::new());
    for &entity in &definition.entities {
        let entity = model.entity(entity);
        let all: BTreeSet<u16> = (0..entity.fields.len() as u16).collect();
        let (shape, _) = plan::columns::columns(&model, entity, &all);
        // The model has entities that the standard knows and this system does not give.
        let Some(read) = entity.read.as_ref() else { continue };
        let outer = read.get("of").and_then(|of| of.text()).and_then(|of| model.find_entity(id, of));
        let call = outer.map_or(read, |outer| model.entity(outer).read.as_ref().expect("a read"));
        reads.push((entity.name.text.clone(), dialect.read(call, &shape, &mut found).expect("a call")));
        for (op, call) in entity.write.iter().flat_map(|write| &write.operations) {
            if *op == Operation::Create {
                let shape =
                    WireShape { id_at: entity.write.as_ref().and_then(|write| write.id_at.clone()), ..shape.clone() };
                creates.push((
                    entity.name.text.clone(),
                    dialect.write(call, Some(*op), &shape, &mut found).expect("a call"),
                ));
            }
        }
    }
    assert!(found.is_empty());
    let values = settings.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    let settings =
        Settings { values, secrets: vec![secret.to_string()], folder: PathBuf::new(), as_of: "2026-03-02".to_string() };
    System { dialect, reads, creates, settings, world: TestWorld::new() }
}

fn ss12000(register: &Register) -> System {
    let settings = [
        ("base", json!(register.base)),
        ("token_url", json!(register.token_url)),
        ("client_id", json!("koppla-test")),
        ("client_secret", json!("s3cr3t-of-the-register")),
        ("scope", Value::Null),
        ("page_size", json!(20)),
    ];
    system("ss12000", &settings, "s3cr3t-of-the-register")
}

impl System {
    async fn read(&self, entity: &str) -> ReadOutcome {
        let (_, call) = self.reads.iter().find(|(name, _)| name == entity).expect("an entity");
        let mut session = HttpOpener.open(&*self.dialect, &self.world, &self.settings).await.expect("a session");
        read_all(&mut *session, *call, &mut |_| {}).await
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/examples/rest/register")
}

/// A list of the example's register.
fn fixture(list: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(fixtures().join(format!("{list}.json"))).expect("a list");
    serde_json::from_str(&text).expect("JSON")
}

#[tokio::test]
async fn ss12000_is_read_whole_although_tokens_expire_on_the_way() {
    let register = Register::from_folder(&fixtures());
    register.tokens_last(2);
    let system = ss12000(&register);
    let inside = |list: &str, key: &str| -> usize {
        fixture(list).iter().filter_map(|record| record[key].as_array()).map(Vec::len).sum()
    };
    for (entity, count) in [
        ("organisation", fixture("organisations").len()),
        ("person", fixture("persons").len()),
        ("group", fixture("groups").len()),
        ("duty", fixture("duties").len()),
        ("enrolment", inside("persons", "enrolments")),
        ("responsible", inside("persons", "responsibles")),
        ("membership", inside("groups", "groupMemberships")),
        ("duty_assignment", inside("duties", "assignmentRole")),
    ] {
        let read = system.read(entity).await;
        assert!(read.complete, "{entity}: {:?}", read.faults);
        assert_eq!(read.rows(), count, "{entity}");
    }
    assert!(register.token_requests() > 4);
    // The standard: with a page token, only the limit.
    for seen in register.seen() {
        assert!(seen.page == 1 || seen.query.iter().all(|(name, _)| name == "pageToken" || name == "limit"));
    }
}

#[tokio::test]
async fn a_broken_page_makes_the_read_incomplete() {
    let register = Register::from_folder(&fixtures());
    register.trouble("/persons", 3, usize::MAX, Trouble::Cut);
    let read = ss12000(&register).read("person").await;
    assert!(!read.complete);
    assert_eq!(read.faults[0].say, "the connection broke while page 3 of /persons was read; given up after 6 tries");
}

#[tokio::test]
async fn the_school_directory_is_written_and_read_back() {
    let directory = Directory::start();
    let settings =
        [("base", json!(directory.base)), ("token", json!("s3cr3t-of-the-directory")), ("page_size", json!(20))];
    let system = system("school-directory", &settings, "s3cr3t-of-the-directory");
    let (_, call) = system.creates.iter().find(|(name, _)| name == "user").expect("users are created");
    let items: Vec<Item> = (0..50)
        .map(|n| {
            let wire = json!({ "login": format!("user{n}"), "given_name": "Test", "family_name": "Testsson", "kind": "student" });
            Item { intent: n, id: None, changed: wire.clone(), wire }
        })
        .collect();
    let mut session = HttpOpener.open(&*system.dialect, &system.world, &system.settings).await.expect("a session");
    let Sent::Each(outcomes) = session.send(*call, &items).await else { panic!("nothing was sent") };
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done { id: Some(_) })));
    let read = system.read("user").await;
    assert!(read.complete);
    assert_eq!((read.rows(), read.batches.len()), (50, 3));
}

/// `koppla fmt` finds nothing to do in the library, and changes nothing but blanks in what it formats.
#[test]
fn the_library_stands_in_columns() {
    use koppla::finding::terminal::Style;
    use koppla::shell::{Exit, Out, run_on};
    let world = TestWorld::new();
    for (path, text) in library::documents() {
        // The same document with its rules out of their columns.
        world.put(format!("loose/{path}"), text.replace(" ->", "   ->"));
        world.put(path, text);
    }
    let run = |line: &str| {
        let (mut result, mut notes) = (Vec::new(), Vec::new());
        let mut out = Out::new(&mut result, &mut notes, Style::default());
        let exit = run_on(line.split(' ').map(Into::into), &world, &mut out);
        (exit, String::from_utf8(result).expect("text"))
    };
    let (exit, named) = run("koppla fmt --check --project .");
    let loose = named.lines().filter(|name| name.starts_with("loose/")).count();
    assert_eq!((exit, named.lines().count()), (Exit::Found, loose), "{named}");
    assert!(loose > 3, "{named}");
    assert_eq!(run("koppla fmt --project .").0, Exit::Done);
    assert_eq!(run("koppla fmt --check --project .").0, Exit::Done);
    for (path, text) in library::documents() {
        assert_eq!(world.text(&path).as_deref(), Some(text), "{path}");
        let after = world.text(format!("loose/{path}")).expect("a file");
        assert_eq!(after.replace(' ', ""), text.replace(' ', ""), "{path}");
    }
}
