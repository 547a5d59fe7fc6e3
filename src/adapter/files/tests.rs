//! Sessions over files: reading, writing and being killed, in worlds that are made up.

mod world;
mod again;
mod read;
mod json;
mod write;
mod xml;
mod sheets;
mod lines;
mod zips;
mod deliveries;
mod together;
mod naughty;
mod guess;
mod kill;

use super::*;
use crate::adapter::Cell;
use crate::adapter::drive::{ReadOutcome, read_all};
use crate::finding::Findings;
use crate::protocol::files::tests::node;
use crate::protocol::{Protocol, ScopeNames, Slot, WireShape};
use serde_json::json;
use world::FakeWorld;

/// A connection with its calls.
struct Setup {
    dialect: Box<dyn Dialect>,
    settings: Settings,
}

impl Setup {
    fn new(connect: Value) -> Setup {
        let mut found = Findings::default();
        let scope = ScopeNames { settings: vec![("prefix".into(), false)] };
        let dialect = protocol().compile(&node(&connect), &scope, &mut found).expect("a connection");
        assert!(found.is_empty(), "{found:?}");
        let values = vec![("prefix".to_string(), json!("Kba_"))];
        let settings = Settings { values, folder: "/p".into(), as_of: "2026-08-01".into(), ..Settings::default() };
        Setup { dialect, settings }
    }

    /// A connection to CSV files in `/p/data`.
    fn csv(dialect: Value) -> Setup {
        Setup::new(json!({ "folder": "data", "format": { "csv": dialect } }))
    }

    fn reads(&mut self, call: Value, shape: &WireShape) -> CallId {
        let mut found = Findings::default();
        let id = self.dialect.read(&node(&call), shape, &mut found);
        id.unwrap_or_else(|| panic!("{found:?}"))
    }

    fn writes(&mut self, call: Value, shape: &WireShape) -> CallId {
        let mut found = Findings::default();
        let id = self.dialect.write(&node(&call), None, shape, &mut found);
        id.unwrap_or_else(|| panic!("{found:?}"))
    }

    /// Reads a list in pages of so many bytes.
    async fn read_pages(&self, world: &FakeWorld, call: CallId, page: usize) -> ReadOutcome {
        let files = Files { page };
        let mut session = files.open(&*self.dialect, world, &self.settings).await.expect("a session");
        read_all(&mut *session, call, &mut |_| {}).await
    }

    /// Reads a list in pages of several sizes; all must give the same.
    async fn read(&self, world: &FakeWorld, call: CallId) -> Seen {
        let whole = Seen::of(&self.read_pages(world, call, PAGE).await);
        for page in [1, 7, 64] {
            let pieces = Seen::of(&self.read_pages(world, call, page).await);
            assert_eq!(pieces, whole, "in pages of {page} bytes");
        }
        whole
    }
}

fn protocol() -> crate::protocol::files::Files {
    crate::protocol::files::Files
}

/// What a test sees of a read.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    rows: Vec<String>,
    torn: Vec<String>,
    notes: Vec<String>,
    faults: Vec<String>,
    complete: bool,
}

impl Seen {
    fn of(outcome: &ReadOutcome) -> Seen {
        let row = |batch: &Batch, row: usize| {
            let cells: Vec<String> = batch.row(row).map(|cell| shown(batch, cell, &batch.inner)).collect();
            format!("{}:{} {}", batch.from, batch.lines.get(row), cells.join(","))
        };
        Seen {
            rows: outcome.batches.iter().flat_map(|batch| (0..batch.len()).map(|index| row(batch, index))).collect(),
            torn: outcome.torn.iter().map(|torn| format!("{}: {}", torn.origin, torn.why)).collect(),
            notes: outcome.notes.iter().map(|note| format!("{}: {}", note.origin, note.what)).collect(),
            faults: outcome.faults.iter().map(|fault| fault.say.clone()).collect(),
            complete: outcome.complete,
        }
    }
}

/// A cell as text: `-` missing, `~` null.
fn shown(batch: &Batch, cell: Cell, inner: &[Cell]) -> String {
    match cell {
        Cell::Missing => "-".into(),
        Cell::Null => "~".into(),
        Cell::Text { start, len } => batch.text(start, len).into(),
        Cell::Number { start, len } => format!("#{}", batch.text(start, len)),
        Cell::Bool(value) => format!("#{value}"),
        Cell::List { first, len } => {
            let cells = &inner[first as usize..(first + len) as usize];
            let cells: Vec<String> = cells.iter().map(|cell| shown(batch, *cell, inner)).collect();
            format!("[{}]", cells.join(" "))
        }
        Cell::Struct { first } => {
            // Tests use structures of two.
            let cells = &inner[first as usize..first as usize + 2];
            let cells: Vec<String> = cells.iter().map(|cell| shown(batch, *cell, inner)).collect();
            format!("({})", cells.join(" "))
        }
        Cell::Wrong(what) => format!("!{what:?}"),
    }
}

fn slot(at: &str) -> Slot {
    crate::protocol::files::tests::slot(at)
}

fn shape(columns: &[&str]) -> WireShape {
    WireShape { slots: columns.iter().map(|at| slot(at)).collect(), ..WireShape::default() }
}

#[tokio::test]
async fn what_is_not_built_is_refused_when_it_is_opened() {
    let setup = Setup::new(json!({ "at": "sftp", "host": "h", "folder": "data" }));
    let world = FakeWorld::default();
    let fault = Files::default().open(&*setup.dialect, &world, &setup.settings).await.err().expect("a fault");
    assert_eq!(fault.say, "`at: sftp` cannot be executed yet; set `at: local` and fetch the files by other means");
}

/// Delivers rows of texts.
async fn deliver_texts(setup: &Setup, world: &FakeWorld, call: CallId, all: &[&[&str]]) -> Result<Receipt, Fault> {
    let rows: Vec<Vec<Option<String>>> =
        all.iter().map(|row| row.iter().map(|cell| Some(cell.to_string())).collect()).collect();
    write::deliver(setup, world, call, &rows).await
}
