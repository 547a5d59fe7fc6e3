//! Rows of tables that no look-up can ask for: of every look-up it is known what it can ask, and they are none of it.

use super::Typed;
use super::checker::few;
use super::typed::Looked;
use crate::finding::codes::rule as code;
use crate::finding::{Finding, Findings, suggest};
use crate::model::{Model, TableId};
use crate::value::{Type, Value, normal};
use std::collections::BTreeSet;

/// A finding shows no more rows than this.
const SHOWN: usize = 4;

/// Looks at every table that is asked. Where something is wrong elsewhere, what asks for a row may not have been understood.
pub(super) fn never_asked(model: &Model, typed: &Typed, found: &mut Findings) {
    if found.has_errors() {
        return;
    }
    let of_routes = typed.routes.iter().flat_map(|route| &route.typed);
    let looked: Vec<&Looked> = typed.mappings.iter().chain(of_routes).flat_map(|mapping| &mapping.looked).collect();
    for number in 0..model.tables.len() as u32 {
        let of_table: Vec<&Looked> = looked.iter().copied().filter(|looked| looked.table == TableId(number)).collect();
        if !of_table.is_empty() {
            table(model, TableId(number), &of_table, found);
        }
    }
}

fn table(model: &Model, id: TableId, looked: &[&Looked], found: &mut Findings) {
    let table = model.table(id);
    // Each look-up as a set for each column of the key.
    let asked: Vec<Vec<Option<BTreeSet<&str>>>> = looked
        .iter()
        .map(|looked| {
            looked.keys.iter().map(|only| only.as_ref().map(|only| only.iter().map(|text| &**text).collect())).collect()
        })
        .collect();
    let is_text = |column: usize| matches!(table.columns[column].ty, Type::Text | Type::Enum(_));
    let same = |one: &str, other: &str| normal::equal(&Type::Text, Value::Text(one), Value::Text(other));
    let reached = |row: &Vec<Option<String>>| {
        asked.iter().any(|keys: &Vec<Option<BTreeSet<&str>>>| {
            let mut parts = table.key.iter().zip(keys);
            parts.all(|(&column, only)| match (only, row[column].as_deref()) {
                (Some(only), Some(text)) if is_text(column) => {
                    only.contains(text) || only.iter().any(|known| same(known, text))
                }
                _ => true,
            })
        })
    };
    let never: Vec<usize> = (0..table.rows.len()).filter(|&row| !reached(&table.rows[row])).collect();
    let Some(&first) = never.first() else { return };
    let key_of = |row: &usize| {
        let parts = table.key.iter().map(|&column| table.rows[*row][column].as_deref().unwrap_or(""));
        let parts: Vec<String> = parts.map(|part| format!("\"{part}\"")).collect();
        if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(", ")) }
    };
    let mut keys: Vec<String> = never.iter().take(2).map(key_of).collect();
    if never.len() > keys.len() {
        keys.push(format!("{} more", never.len() - keys.len()));
    }
    let known: BTreeSet<&str> = asked.iter().flatten().flatten().flatten().copied().collect();
    let mut finding = Finding::new(&code::ROW_NEVER_ASKED_FOR, table.places[first])
        .word("table", &table.name.text)
        .word("keys", keys.join(", "))
        .word("known", few(known.iter().copied()));
    if let [column] = table.key.as_slice() {
        let text = table.rows[first][*column].as_deref().unwrap_or("");
        let near = suggest::nearest(text, known.iter().copied());
        finding = finding.word_if("suggestion", near.map(|near| format!("\"{near}\"")));
    }
    for &row in never.iter().skip(1).take(SHOWN) {
        finding = finding.other(table.places[row], "nor this");
    }
    found.add(finding);
}
