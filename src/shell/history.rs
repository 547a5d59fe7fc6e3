//! `koppla history [SYNC]`: the last runs.

use super::args::{Format, HistoryArgs};
use super::job::{store_path, store_trouble};
use super::{Exit, Out};
use crate::documents::table::Table;
use crate::finding::layout;
use crate::store::Store;
use crate::world::World;
use serde_json::{Value, json};

/// Prints the last runs, newest first.
pub fn run(args: &HistoryArgs, world: &dyn World, out: &mut Out) -> Exit {
    let store = match Store::open_read(world, &store_path(&args.project.project)) {
        Ok(Some(store)) => store,
        Ok(None) => {
            out.text("no runs yet\n");
            return Exit::Done;
        }
        Err(fault) => {
            out.error(&store_trouble(&fault));
            return Exit::Usage;
        }
    };
    let runs = match store.history(args.sync.as_deref(), u32::try_from(args.last).unwrap_or(u32::MAX)) {
        Ok(runs) => runs,
        Err(fault) => {
            out.error(&store_trouble(&fault));
            return Exit::Usage;
        }
    };
    let summary = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    if args.format.format == Format::Json {
        let runs: Vec<Value> = runs
            .iter()
            .map(|run| {
                json!({"run": run.id, "sync": run.sync, "command": run.command, "began": run.began.to_string(),
                       "ended": run.ended.map(|at| at.to_string()), "outcome": run.outcome, "summary": summary(&run.summary)})
            })
            .collect();
        out.json(&json!({ "runs": runs }));
        return Exit::Done;
    }
    if runs.is_empty() {
        out.text("no runs yet\n");
        return Exit::Done;
    }
    let mut table = Table::new(["run", "sync", "command", "began (UTC)", "outcome", "changes", "rejected", "held"]);
    for run in &runs {
        let told = summary(&run.summary);
        let changes: u64 = told["done"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|one| one["op"] != "link")
            .filter_map(|one| one["count"].as_u64())
            .sum();
        let count = |name: &str| told[name].as_u64().map_or("·".to_string(), |count| count.to_string());
        let outcome = if run.ended.is_none() { "interrupted" } else { run.outcome.as_str() };
        table.row([
            run.id.to_string(),
            run.sync.clone(),
            run.command.clone(),
            run.began.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            outcome.to_string(),
            changes.to_string(),
            count("rejected"),
            count("held"),
        ]);
    }
    out.text(&table.text(out.style().width));
    for run in runs.iter().filter(|run| run.command == "decide") {
        out.text(&decision(run.id, &summary(&run.summary), out.style().width));
    }
    Exit::Done
}

/// What was decided in a run, and why.
fn decision(run: i64, told: &Value, width: usize) -> String {
    let count = told["records"].as_array().map_or(0, Vec::len);
    let s = if count == 1 { "" } else { "s" };
    let because = told["because"].as_str().unwrap_or_default();
    let text = format!("run {run} decided to {} {count} record{s}: {because}", told["decided"].as_str().unwrap_or("?"));
    layout::wrap(&text, width.saturating_sub(2)).iter().fold(String::from("\n"), |all, line| format!("{all}  {line}\n"))
}
