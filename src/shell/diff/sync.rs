//! One sync in two versions, over the same records.

use super::review::{PrivacyReview, Records, RuleReview, State, SyncReview};
use crate::adapter::Settings;
use crate::check::{Route, executable};
use crate::documents::edits::Edit;
use crate::documents::keys::Keys;
use crate::documents::privacy::{Privacy, privacy};
use crate::documents::redact;
use crate::finding::{Finding, Findings, Severity, codes, layout};
use crate::plan::{Plan, lower};
use crate::run::gather::{Sides, Unready, gather, settings};
use crate::run::impact::{self, Entity, Impact, Pair, Record, Shot, Stage, Turn};
use crate::run::parallel::processors;
use crate::shell::project::Project;
use crate::shell::version::Version;
use crate::value::{Class, ClassSet};
use crate::world::World;
use jiff::civil::Date;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// How many records of a kind are shown.
const SAMPLES: usize = 3;

/// What all syncs are compared with.
pub struct Bench<'b> {
    /// The old version.
    pub old: &'b Version,
    /// The new version.
    pub new: &'b Version,
    /// What is written otherwise.
    pub edits: &'b [Edit],
    /// The date that is taken for today.
    pub as_of: Date,
    /// The world.
    pub world: &'b dyn World,
    /// Where reading waits.
    pub runtime: &'b tokio::runtime::Runtime,
}

/// A sync of a version that was worked.
struct Worked<'p> {
    project: &'p Project,
    route: &'p Route,
    shot: Shot,
}

impl Worked<'_> {
    fn keys(&self) -> Keys<'_> {
        Keys::of(&self.project.model, self.route)
    }
}

impl Bench<'_> {
    /// Compares a sync.
    pub fn compare(&self, name: &str) -> SyncReview {
        let mut review = SyncReview { name: name.to_string(), ..SyncReview::default() };
        let (old, new) = (route(self.old, name), route(self.new, name));
        let unknown = |version: &Version, other, proof: &Option<Privacy>| {
            proof.is_none() && (version.project.model.find_sync(name).is_some() || broken(version, other, name) > 0)
        };
        // Where one of them cannot be known, the other gains and loses nothing.
        if !unknown(self.old, self.new, &old) && !unknown(self.new, self.old, &new) {
            review.privacy = proofs(old, new);
        }
        match (self.work(self.old, self.new, name), self.work(self.new, self.old, name)) {
            (Ok(old), Ok(new)) => {
                review.state = match (&old, &new) {
                    (None, Some(_)) => State::New,
                    (Some(_), None) => State::Ended,
                    _ => State::Compared,
                };
                self.told(old.as_ref(), new.as_ref(), &mut review);
            }
            (Err(why), _) => review.state = State::Unknown(format!("{}: {why}", self.old.name)),
            (_, Err(why)) => review.state = State::Unknown(format!("{}: {why}", self.new.name)),
        }
        review
    }

    /// Works a sync of a version; `None` if it has none of this name, and in words why it cannot be worked.
    fn work<'p>(&self, version: &'p Version, other: &Version, name: &str) -> Result<Option<Worked<'p>>, String> {
        let project = &version.project;
        let Some(id) = project.model.find_sync(name) else {
            return match broken(version, other, name) {
                0 => Ok(None),
                errors => Err(format!("its document has {}", layout::counted(errors, "error"))),
            };
        };
        let errors = errors(project, name).len() as u64;
        if errors > 0 {
            return Err(format!("its documents have {}", layout::counted(errors, "error")));
        }
        let route = project.typed.routes.iter().find(|route| route.sync == id);
        let route = route.ok_or("it has no route from its left to its right system")?;
        let mut found = Findings::default();
        executable(&project.model, route, false, &mut found);
        let mut plan = lower(&project.model, route, &mut found);
        if let Some(error) = found.sorted().iter().find(|finding| finding.severity == Severity::Error) {
            return Err(error.message());
        }
        plan.set_as_of(self.as_of);
        let shot = self.shoot(project, &plan)?;
        Ok(Some(Worked { project, route, shot }))
    }

    fn shoot(&self, project: &Project, plan: &Plan<'_>) -> Result<Shot, String> {
        let sync = project.model.sync(plan.sync);
        let as_of = self.as_of.to_string();
        let of = |side| settings(&project.model, side, &project.folder, &as_of, self.world).map_err(Unready::why);
        let left = sync.sources().map(|side| Ok((side.system, of(side)?))).collect::<Result<_, String>>()?;
        let sides = Sides { left, right: Settings::default() };
        let mut silent = |_: &str, _: usize| {};
        let read = self.runtime.block_on(gather(plan, &sides, self.world, false, None, processors(), &mut silent));
        Ok(impact::shoot(plan, &read, self.as_of))
    }

    fn told(&self, old: Option<&Worked<'_>>, new: Option<&Worked<'_>>, review: &mut SyncReview) {
        let Some(any) = new.or(old) else { return };
        let reads = any.shot.reads.iter();
        let reads = reads.map(|read| (read.system.clone(), read.entity.clone(), read.rows, read.complete));
        review.reads = reads.collect();
        let stages = any.shot.stages.len();
        for (index, stage) in any.shot.stages.iter().enumerate() {
            let last = index + 1 == stages;
            let sight = Sight { bench: self, old, new, last };
            let name = (!last).then_some(stage.mapping.as_str());
            sight.stage(old.and_then(|old| stage_of(old, name)), new.and_then(|new| stage_of(new, name)), review);
        }
    }

    /// True if who is protected is said otherwise: then nobody is shown who is not written by both.
    fn protection_changed(&self) -> bool {
        let about = |key: &String| key.starts_with("protected") || key == "allow_protected" || key == "alias";
        self.edits.iter().any(|edit| edit.place.iter().any(about))
    }
}

/// The work of a mapping; without a name, of the last one.
fn stage_of<'w>(worked: &'w Worked<'_>, mapping: Option<&str>) -> Option<(usize, &'w Stage)> {
    let mut stages = worked.shot.stages.iter().enumerate();
    match mapping {
        Some(name) => stages.find(|(_, stage)| stage.mapping == name),
        None => stages.next_back(),
    }
}

/// The errors in the documents that a sync is made of.
fn errors<'p>(project: &'p Project, name: &str) -> Vec<&'p Finding> {
    let Some(id) = project.model.find_sync(name) else { return Vec::new() };
    let sync = project.model.sync(id);
    let mut files = BTreeSet::from([sync.file]);
    for system in sync.sources().chain([&sync.right]).map(|side| side.system) {
        files.insert(project.model.system(system).file);
    }
    sync.route.iter().for_each(|&mapping| project.files_of(mapping, &mut files));
    let all = project.findings.iter().filter(|finding| files.contains(&finding.span.file));
    all.filter(|finding| finding.severity == Severity::Error).collect()
}

/// How many errors there are in the document in which another version has a sync: with some, nobody knows whether it is there.
fn broken(version: &Version, other: &Version, name: &str) -> u64 {
    let Some(id) = other.project.model.find_sync(name) else { return 0 };
    let path = &other.project.sources.file(other.project.model.sync(id).file).path;
    let findings = version.project.findings.iter().filter(|finding| finding.severity == Severity::Error);
    findings.filter(|finding| version.project.sources.file(finding.span.file).path == *path).count() as u64
}

/// The privacy proof of a sync, if nothing else is wrong with it.
fn route(version: &Version, name: &str) -> Option<Privacy> {
    let project = &version.project;
    let id = project.model.find_sync(name)?;
    let of_privacy = |finding: &&Finding| codes::privacy::ALL.iter().any(|code| code.slug == finding.code.slug);
    let others = errors(project, name).iter().any(|finding| !of_privacy(finding));
    let route = project.typed.routes.iter().find(|route| route.sync == id && !others)?;
    Some(privacy(&project.model, &project.sources, route))
}

/// What the new proof says otherwise than the old one. Without one of them, nothing can be said.
fn proofs(old: Option<Privacy>, new: Option<Privacy>) -> PrivacyReview {
    let mut review = PrivacyReview::default();
    let Some(new) = new else { return review };
    let flows = |proof: &Privacy| -> BTreeMap<(String, String), String> {
        let flows = proof.flows.iter();
        flows.map(|flow| ((flow.field.clone(), flow.class.clone()), flow.consent.words())).collect()
    };
    let (before, after) = (old.as_ref().map(flows).unwrap_or_default(), flows(&new));
    for ((field, class), consent) in &after {
        match before.get(&(field.clone(), class.clone())) {
            None => review.gained.push((field.clone(), class.clone(), consent.clone())),
            Some(known) if known != consent => {
                review.changed.push((field.clone(), class.clone(), known.clone(), consent.clone()));
            }
            Some(_) => {}
        }
    }
    for ((field, class), consent) in before.iter().filter(|(flow, _)| !after.contains_key(*flow)) {
        review.lost.push((field.clone(), class.clone(), consent.clone()));
    }
    if let Some(old) = old {
        // Where it is written is no part of what is said.
        let said = |text: &String| text.rsplit_once(" (").map_or(text.as_str(), |(said, _)| said).to_string();
        let of = |proof: &Privacy| -> BTreeMap<String, String> {
            let who = proof.protected.iter().map(|(who, text)| (who.clone(), said(text)));
            who.chain(proof.of_protected.iter().cloned()).collect()
        };
        let (before, after) = (of(&old), of(&new));
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let names = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
        review.protection =
            names.map(|name| (name.clone(), before.get(name).cloned(), after.get(name).cloned())).collect();
    }
    review
}

/// Both versions of a mapping, as far as they are there, and what of them may be seen.
struct Sight<'s, 'p> {
    bench: &'s Bench<'s>,
    old: Option<&'s Worked<'p>>,
    new: Option<&'s Worked<'p>>,
    /// True for the mapping that writes to the target.
    last: bool,
}

impl Sight<'_, '_> {
    fn stage(&self, old: Option<(usize, &Stage)>, new: Option<(usize, &Stage)>, review: &mut SyncReview) {
        let entities = |stage: Option<(usize, &Stage)>| -> Vec<String> {
            stage.iter().flat_map(|(_, stage)| &stage.entities).map(|entity| entity.name.clone()).collect()
        };
        let mut names = entities(new);
        names.extend(entities(old).into_iter().filter(|name| !entities(new).contains(name)));
        for name in names {
            let (before, after) = (entity_of(old, &name), entity_of(new, &name));
            let impact = impact::compare(before, after);
            if self.last {
                self.records(before, after, &impact, review);
            }
            if let (Some((_, stage)), Some(before), Some(after)) = (new, before, after) {
                let numbers = (old.map_or(0, |(index, _)| index), new.map_or(0, |(index, _)| index));
                self.rules(&stage.mapping, numbers, before, after, &impact, review);
            }
        }
    }

    /// What becomes of records, grouped.
    fn records(&self, old: Option<&Entity>, new: Option<&Entity>, impact: &Impact, review: &mut SyncReview) {
        let mut groups: BTreeMap<Turn, Vec<Pair>> = BTreeMap::new();
        for (turn, pair) in &impact.turns {
            groups.entry(*turn).or_default().push(*pair);
        }
        for (turn, pairs) in groups {
            let hidden = matches!(turn, Turn::Protect | Turn::Unprotect | Turn::Reduce)
                || (turn != Turn::Update && self.bench.protection_changed());
            let shown = pairs.iter().take(if hidden { 0 } else { SAMPLES });
            let entity = new.or(old).map(|entity| entity.name.clone()).unwrap_or_default();
            let samples = shown.filter_map(|pair| self.key(old, new, *pair)).collect();
            review.records.push(Records { entity, turn, count: pairs.len(), samples });
        }
    }

    /// The key of a record, as far as it may be seen: the new one where there is one.
    fn key(&self, old: Option<&Entity>, new: Option<&Entity>, pair: Pair) -> Option<String> {
        let shown = |worked: Option<&Worked<'_>>, entity: &Entity, record: &Record| {
            let keys = worked?.keys();
            match (&record.key, &record.left_key) {
                (Some(key), _) => Some(keys.right(&entity.name, key)),
                (None, Some(key)) => Some(keys.left(key)),
                (None, None) => None,
            }
        };
        match (new.zip(pair.new), old.zip(pair.old)) {
            (Some((entity, index)), _) => shown(self.new, entity, &entity.records[index]),
            (None, Some((entity, index))) => shown(self.old, entity, &entity.records[index]),
            (None, None) => None,
        }
    }

    /// Which rules give other values.
    fn rules(
        &self,
        mapping: &str,
        (old_stage, new_stage): (usize, usize),
        old: &Entity,
        new: &Entity,
        impact: &Impact,
        review: &mut SyncReview,
    ) {
        for (field, pairs) in &impact.fields {
            let mut groups: Vec<((String, String), Vec<Pair>)> = Vec::new();
            for pair in pairs {
                let labels = labels(self.new, new_stage, new, pair.new, field);
                let labels = labels.or_else(|| labels_gone(self.old, old_stage, old, pair.old, field));
                let name = labels.unwrap_or_default();
                match groups.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, pairs)) => pairs.push(*pair),
                    None => groups.push((name, vec![*pair])),
                }
            }
            for ((map, label), pairs) in groups {
                let shown = pairs.iter().take(if self.last { SAMPLES } else { 0 });
                review.rules.push(RuleReview {
                    mapping: mapping.to_string(),
                    map,
                    label,
                    field: format!("{}.{field}", new.name),
                    count: pairs.len(),
                    of: impact.both,
                    samples: shown.filter_map(|pair| self.sample(old, new, field, *pair)).collect(),
                });
            }
        }
    }

    /// A record's key, and its value before and after.
    fn sample(&self, old: &Entity, new: &Entity, field: &str, pair: Pair) -> Option<(String, String)> {
        let key = self.key(Some(old), Some(new), pair)?;
        let (was, before) = side(self.old?, old, field, pair.old?);
        let (is, after) = side(self.new?, new, field, pair.new?);
        Some((key, redact::changed(was.as_deref(), is.as_deref(), before.and(after), 40)))
    }
}

fn entity_of<'s>(stage: Option<(usize, &'s Stage)>, name: &str) -> Option<&'s Entity> {
    stage?.1.entities.iter().find(|entity| entity.name == name)
}

/// A value as text, and the classes for which it is redacted. A field that a side does not have counts as personal there.
fn side(worked: &Worked<'_>, entity: &Entity, field: &str, record: usize) -> (Option<String>, ClassSet) {
    let Some(index) = entity.fields.iter().position(|known| known == field) else {
        return (None, ClassSet::of(Class::PERSONAL));
    };
    let value = entity.records[record].value(index);
    let classes = worked.keys().of_value(entity.id, index, value);
    // Of a list or structure of people nothing is shown.
    let hides = (value.is_array() || value.is_object()) && !classes.is_empty();
    (text(value), if hides { classes.and(ClassSet::of(Class::SECRET)) } else { classes })
}

fn text(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        Json::Array(items) => Some(items.iter().filter_map(text).collect::<Vec<_>>().join(", ")),
        Json::Object(members) => {
            let member = |(name, value): (&String, &Json)| Some(format!("{name} {}", text(value)?));
            Some(members.iter().filter_map(member).collect::<Vec<_>>().join(", "))
        }
        other => Some(other.to_string()),
    }
}

/// The map of a record, and the labels of its rules that write a field.
fn labels(
    worked: Option<&Worked<'_>>,
    stage: usize,
    entity: &Entity,
    record: Option<usize>,
    field: &str,
) -> Option<(String, String)> {
    let record = &entity.records[record?];
    let map = worked?.route.typed.get(stage)?.maps.get(record.map)?;
    let index = entity.fields.iter().position(|known| known == field)?;
    let writes = map.rules.iter().filter(|rule| rule.target.as_ref().is_some_and(|to| usize::from(to.field) == index));
    let mut labels: Vec<String> = writes.map(|rule| rule.label.to_string()).collect();
    labels.dedup();
    (!labels.is_empty()).then(|| (map.name.to_string(), labels.join(", ")))
}

/// The same of a rule that is gone.
fn labels_gone(
    worked: Option<&Worked<'_>>,
    stage: usize,
    entity: &Entity,
    record: Option<usize>,
    field: &str,
) -> Option<(String, String)> {
    let (map, label) = labels(worked, stage, entity, record, field)?;
    Some((map, format!("{label} (gone)")))
}
