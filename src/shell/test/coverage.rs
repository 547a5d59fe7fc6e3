//! `koppla test --coverage`: what the cases touch, for people, as JSON, and as lcov onto the lines of the documents.

use super::Chosen;
use crate::check::Route;
use crate::documents::table::{Align, Table};
use crate::model::{MappingId, SyncId};
use crate::run::cases::coverage::{Coverage, Item, Kind};
use crate::shell::project::Project;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Columns of a page.
const WIDTH: usize = 100;

/// What the cases touch.
pub struct Covered {
    /// Of mappings, as they stand.
    mappings: BTreeMap<u32, Coverage>,
    /// Of syncs with their overlays: of each mapping on the way.
    stages: BTreeMap<(u32, usize), Coverage>,
}

impl Covered {
    /// Nothing touched yet: every chosen mapping, and those of chosen test documents and of their syncs.
    pub fn of(project: &Project, chosen: &Chosen<'_>, library: bool) -> Covered {
        let counts = |file| library || project.is_own(file);
        let routes = &project.typed.routes;
        let syncs: Vec<&Route> = chosen
            .tests
            .iter()
            .filter_map(|test| test.sync)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .filter_map(|sync| routes.iter().find(|route| route.sync == sync))
            .collect();
        let on_the_way = syncs.iter().flat_map(|route| &project.model.sync(route.sync).route);
        let tested = chosen.tests.iter().map(|test| test.mapping);
        let mut covered = Covered { mappings: BTreeMap::new(), stages: BTreeMap::new() };
        for id in chosen.mappings.iter().copied().chain(tested).chain(on_the_way.copied()) {
            let typed = &project.typed.mappings[id.0 as usize];
            covered.mappings.entry(id.0).or_insert_with(|| Coverage::of(&project.model, typed, &counts));
        }
        for route in syncs {
            for (stage, typed) in route.typed.iter().enumerate() {
                covered.stages.insert((route.sync.0, stage), Coverage::of(&project.model, typed, &counts));
            }
        }
        covered
    }

    /// What the cases of a mapping touch.
    pub fn mapping(&mut self, id: MappingId) -> Option<&mut Coverage> {
        self.mappings.get_mut(&id.0)
    }

    /// What the cases of a sync touch of a mapping on its way.
    pub fn stage(&mut self, sync: SyncId, stage: usize) -> Option<&mut Coverage> {
        self.stages.get_mut(&(sync.0, stage))
    }

    /// When all cases are worked: what cases of syncs touch of the mappings themselves is counted there, and what is left of
    /// syncs is that which their overlays add.
    pub fn settle(&mut self, project: &Project) {
        for (&(sync, stage), coverage) in &mut self.stages {
            let mapping = project.model.sync(SyncId(sync)).route[stage];
            if let Some(known) = self.mappings.get_mut(&mapping.0) {
                *coverage = known.join(coverage);
            }
        }
    }

    /// Mappings, and syncs with overlays, of which something counts, with their names.
    fn mappings<'p>(&self, project: &'p Project) -> Vec<(&'p str, Vec<&Item>)> {
        let model = &project.model;
        let mut named: Vec<(&str, Vec<&Item>)> = Vec::new();
        for (&id, coverage) in &self.mappings {
            named.push((&model.mapping(MappingId(id)).name.text, coverage.items()));
        }
        for (&(sync, _), coverage) in &self.stages {
            let name = &*model.sync(SyncId(sync)).name.text;
            match named.iter_mut().find(|(known, _)| *known == name) {
                Some((_, items)) => items.extend(coverage.items()),
                None => named.push((name, coverage.items())),
            }
        }
        named.retain(|(_, items)| !items.is_empty());
        named
    }

    /// For people: a line a mapping, then what no case touches.
    pub fn text(&self, project: &Project) -> String {
        let mut table = Table::new(["coverage", "rules", "outcomes", "branches", "table rows"]);
        (1..5).for_each(|column| table = std::mem::take(&mut table).align(column, Align::Right));
        let mut open = String::new();
        for (name, items) in self.mappings(project) {
            let count = |kind| match share(&items, kind) {
                (_, 0) => "·".to_string(),
                (touched, all) => format!("{touched} of {all}"),
            };
            table.row(std::iter::once(name.to_string()).chain(Kind::ALL.map(count)));
            for item in items.iter().filter(|item| item.count == 0) {
                open += &format!("  {}  {}: {}\n", place(project, item), item.of, item.what);
            }
        }
        match (table.is_empty(), open.is_empty()) {
            (true, _) => "coverage: there is nothing in this project that a case could touch\n".to_string(),
            (false, true) => format!("{}\neverything is touched by a case\n", table.text(WIDTH)),
            (false, false) => format!("{}\ntouched by no case\n{open}", table.text(WIDTH)),
        }
    }

    /// For programs; the form is written down in `grammar/schemas/output/test.json`.
    pub fn json(&self, project: &Project) -> Value {
        let item = |item: &&Item| {
            let (line, column) = project.sources.position(item.span);
            let file = &project.sources.file(item.span.file).path;
            json!({
                "kind": item.kind.word(), "file": file, "line": line, "column": column,
                "of": item.of, "what": item.what, "count": item.count,
            })
        };
        let total = |items: &[&Item], kind| {
            let (touched, all) = share(items, kind);
            json!({ "touched": touched, "all": all })
        };
        let mapping = |(name, items): (&str, Vec<&Item>)| {
            json!({
                "mapping": name,
                "rules": total(&items, Kind::Rule), "outcomes": total(&items, Kind::Outcome),
                "branches": total(&items, Kind::Branch), "rows": total(&items, Kind::Row),
                "items": items.iter().map(item).collect::<Vec<_>>(),
            })
        };
        json!({ "mappings": self.mappings(project).into_iter().map(mapping).collect::<Vec<_>>() })
    }

    /// As lcov (`geninfo(1)`): rules are functions, everything else branches, and lines those that hold one of them.
    pub fn lcov(&self, project: &Project) -> String {
        let mut files: BTreeMap<String, Vec<(usize, &Item)>> = BTreeMap::new();
        let root = project.root();
        for coverage in self.mappings.values().chain(self.stages.values()) {
            for item in coverage.items() {
                let (line, _) = project.sources.position(item.span);
                files.entry(project.sources.path_from(&root, item.span.file)).or_default().push((line, item));
            }
        }
        files.iter().map(|(path, items)| record(path, items)).collect()
    }
}

/// How many of a kind are touched, and how many there are.
fn share(items: &[&Item], kind: Kind) -> (usize, usize) {
    let of_kind = items.iter().filter(|item| item.kind == kind);
    (of_kind.clone().filter(|item| item.count > 0).count(), of_kind.count())
}

/// Where something that can be touched stands.
pub fn place(project: &Project, item: &Item) -> String {
    let (line, column) = project.sources.position(item.span);
    format!("{}:{line}:{column}", project.sources.file(item.span.file).path)
}

/// The record of a file.
fn record(path: &str, items: &[(usize, &Item)]) -> String {
    let mut text = format!("TN:\nSF:{path}\n");
    let rules: Vec<_> = items.iter().filter(|(_, item)| item.kind == Kind::Rule).collect();
    // A name ends at the line's end, whatever else is in it.
    let name = |line: &usize, item: &Item| format!("{} ({line})", item.of.replace(['\n', '\r'], " "));
    rules.iter().for_each(|(line, item)| text += &format!("FN:{line},{}\n", name(line, item)));
    rules.iter().for_each(|(line, item)| text += &format!("FNDA:{},{}\n", item.count, name(line, item)));
    let touched = rules.iter().filter(|(_, item)| item.count > 0).count();
    text += &format!("FNF:{}\nFNH:{touched}\n", rules.len());
    let branches: Vec<_> = items.iter().filter(|(_, item)| item.kind != Kind::Rule).collect();
    let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
    for (line, item) in &branches {
        let number = numbers.entry(*line).or_default();
        text += &format!("BRDA:{line},0,{number},{}\n", item.count);
        *number += 1;
    }
    let touched = branches.iter().filter(|(_, item)| item.count > 0).count();
    text += &format!("BRF:{}\nBRH:{touched}\n", branches.len());
    let mut lines: BTreeMap<usize, u64> = BTreeMap::new();
    for (line, item) in items {
        let count = lines.entry(*line).or_default();
        *count = (*count).max(item.count);
    }
    lines.iter().for_each(|(line, count)| text += &format!("DA:{line},{count}\n"));
    let touched = lines.values().filter(|&&count| count > 0).count();
    text + &format!("LF:{}\nLH:{touched}\nend_of_record\n", lines.len())
}
