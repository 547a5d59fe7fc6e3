//! What people want to know of a run: what was read, what fell, what was held, why a guard stopped it.

use super::fate::{Fallen, Reason};
use crate::adapter::drive::ReadOutcome;
use crate::documents::keys::Keys;
use crate::finding::layout::counted;
use crate::model::Model;
use crate::value::EntityId;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// What was read of one entity.
#[derive(Clone, Debug)]
pub struct ReadReport {
    /// The system.
    pub system: String,
    /// The entity.
    pub entity: String,
    /// Rows, without those that rows of later deliveries have replaced.
    pub rows: u64,
    /// True if the read was complete.
    pub complete: bool,
    /// True if it never holds everything: its size says nothing.
    pub part: bool,
    /// What stopped it, or which rows could not be read: place and reason.
    pub trouble: Vec<String>,
    /// What is odd.
    pub notes: Vec<String>,
}

impl ReadReport {
    /// The report of a read.
    pub fn of(model: &Model, id: EntityId, outcome: &ReadOutcome) -> ReadReport {
        ReadReport::of_rows(model, id, outcome, outcome.rows() as u64)
    }

    /// The report of a read that kept none of so many rows.
    pub fn of_rows(model: &Model, id: EntityId, outcome: &ReadOutcome, rows: u64) -> ReadReport {
        let entity = model.entity(id);
        let faults = outcome.faults.iter().map(|fault| fault.say.clone());
        let torn = outcome.torn.iter().take(5).map(|torn| format!("{}: {}", torn.origin, torn.why));
        let more = outcome.torn_rows() - outcome.torn.iter().take(5).map(|torn| torn.rows).sum::<u64>();
        let more = (more > 0).then(|| format!("… and {} that could not be read", counted(more, "more row")));
        ReadReport {
            system: model.system(entity.system).name.text.clone(),
            entity: entity.name.text.clone(),
            rows,
            complete: outcome.complete,
            part: model.system(entity.system).reads.part,
            trouble: faults.chain(torn).chain(more).collect(),
            notes: outcome.notes.iter().map(|note| format!("{}: {}", note.origin, note.what)).collect(),
        }
    }
}

/// What fell in one mapping.
#[derive(Clone, Debug)]
pub struct StageReport {
    /// The mapping.
    pub mapping: String,
    /// What fell.
    pub fallen: Fallen,
    /// What is outside the scope.
    pub outside: Option<Outside>,
}

/// Records outside the scope of the sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// The entity that the scope is about.
    pub entity: String,
    /// How many of its records.
    pub count: u64,
    /// What the first of them are called, by a public field: schools that were not ordered.
    pub names: Vec<String>,
}

/// A record that the engine cannot decide about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRecord {
    /// Its key on the left.
    pub left_key: String,
    /// Why.
    pub why: String,
    /// File and line, where it is known.
    pub origin: Option<String>,
}

/// What became of the records of one right entity.
#[derive(Clone, Debug, Default)]
pub struct EntityReport {
    /// The entity.
    pub entity: String,
    /// Links before the run.
    pub linked: u64,
    /// Records about protected people, which are not sent.
    pub protected: u64,
    /// Records about protected people of whom less is sent.
    pub reduced: u64,
    /// Left keys of linked records about protected people: the right records stay as they are until somebody decides.
    pub protected_linked: Vec<String>,
    /// Records that wait no more, since somebody decided that they stay.
    pub kept_by_decision: u64,
    /// Left keys of records about which a decision is in force.
    pub decided: Vec<String>,
    /// Records outside the scope.
    pub outside: u64,
    /// Left gone, but the map says `keep`.
    pub kept: u64,
    /// Right records that nobody on the left has, and that this sync did not make.
    pub not_ours: u64,
    /// Not taken for gone because something was not read in full or was rejected.
    pub spared: u64,
    /// Why.
    pub spared_why: Option<String>,
    /// Not taken away because of a freeze.
    pub frozen: u64,
    /// Held by the comparison.
    pub held: Vec<HeldRecord>,
}

impl EntityReport {
    /// Adds what is reported of more records.
    pub fn add(&mut self, more: EntityReport) {
        let EntityReport {
            entity: _,
            linked,
            protected,
            reduced,
            protected_linked,
            kept_by_decision,
            decided,
            outside,
            kept,
            not_ours,
            spared,
            spared_why,
            frozen,
            held,
        } = more;
        let counts = [
            (&mut self.linked, linked),
            (&mut self.protected, protected),
            (&mut self.reduced, reduced),
            (&mut self.kept_by_decision, kept_by_decision),
            (&mut self.outside, outside),
            (&mut self.kept, kept),
            (&mut self.not_ours, not_ours),
            (&mut self.spared, spared),
            (&mut self.frozen, frozen),
        ];
        counts.into_iter().for_each(|(count, more)| *count += more);
        self.protected_linked.extend(protected_linked);
        self.decided.extend(decided);
        self.spared_why = self.spared_why.take().or(spared_why);
        self.held.extend(held);
    }

    /// Holds a record.
    pub fn hold(&mut self, left_key: &str, why: &str) {
        self.held.push(HeldRecord { left_key: left_key.to_string(), why: why.to_string(), origin: None });
    }
}

/// Everything about a run but its changes.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// True if nothing is linked yet, or no run has come to its end yet.
    pub first_run: bool,
    /// What was read.
    pub reads: Vec<ReadReport>,
    /// What fell, mapping by mapping.
    pub stages: Vec<StageReport>,
    /// Right entities.
    pub entities: Vec<EntityReport>,
    /// Right entities that could not be compared, and why.
    pub blocked: Vec<(String, String)>,
    /// Why a guard stops the run.
    pub stopped: Vec<String>,
    /// What it may come from, and how to go on if it is right all the same.
    pub advice: Vec<String>,
}

impl Report {
    /// Takes rows that later deliveries have replaced from what was read.
    pub fn replace(&mut self, model: &Model, replaced: &BTreeMap<EntityId, u64>) {
        for (&id, &count) in replaced {
            let entity = model.entity(id);
            let (system, entity) = (&model.system(entity.system).name.text, &entity.name.text);
            let known = self.reads.iter_mut().find(|read| read.system == *system && read.entity == *entity);
            if let Some(read) = known {
                read.rows = read.rows.saturating_sub(count);
                read.notes.push(format!(
                    "{entity}: rows of earlier deliveries that later ones have changed or ended: {count}"
                ));
            }
        }
    }

    /// Adds what fell in a mapping.
    pub fn add_stage(&mut self, mapping: &str, fallen: &Fallen, outside: Option<Outside>) {
        self.stages.push(StageReport { mapping: mapping.to_string(), fallen: fallen.clone(), outside });
    }

    /// Records that rules rejected or whose data could not be read, with those that the engine held.
    pub fn stopped_records(&self) -> (u64, u64) {
        let all = self.stages.iter().flat_map(|stage| &stage.fallen.stopped);
        let held = all.clone().filter(|stopped| stopped.held).count();
        let rejected = all.filter(|stopped| !stopped.held).count();
        let compared = self.entities.iter().map(|entity| entity.held.len() + entity.protected_linked.len());
        (rejected as u64, (held + compared.sum::<usize>()) as u64)
    }

    /// True if everything that a run needs was read in full.
    pub fn complete(&self) -> bool {
        self.reads.iter().all(|read| read.complete) && self.blocked.is_empty()
    }

    /// As JSON: no personal data but keys of records, and of those only what people may see.
    pub fn json(&self, keys: &Keys<'_>) -> Json {
        let (rejected, held) = self.stopped_records();
        json!({
            "first_run": self.first_run,
            "complete": self.complete(),
            "rejected": rejected,
            "held": held,
            "stopped": self.stopped,
            "advice": self.advice,
            "blocked": self.blocked.iter().map(|(entity, why)| json!({"entity": entity, "why": why})).collect::<Vec<_>>(),
            "reads": self.reads.iter().map(|read| json!({
                "system": read.system, "entity": read.entity, "rows": read.rows, "complete": read.complete,
                "trouble": read.trouble, "notes": read.notes,
            })).collect::<Vec<_>>(),
            "mappings": self.stages.iter().map(|stage| stage_json(stage, keys)).collect::<Vec<_>>(),
            "entities": self.entities.iter().map(|entity| json!({
                "entity": entity.entity, "linked": entity.linked, "protected": entity.protected, "reduced": entity.reduced,
                "protected_linked": entity.protected_linked.len(), "kept_by_decision": entity.kept_by_decision, "outside_scope": entity.outside, "kept": entity.kept,
                "not_ours": entity.not_ours, "spared": entity.spared, "spared_why": entity.spared_why,
                "frozen": entity.frozen,
                "held": entity.held.iter().map(|held| {
                    json!({"key": keys.left(&held.left_key), "why": held.why, "origin": held.origin})
                }).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        })
    }
}

fn stage_json(stage: &StageReport, keys: &Keys<'_>) -> Json {
    let skipped: Vec<Json> = stage
        .fallen
        .counts()
        .filter(|(_, reason, _)| !matches!(reason, Reason::NotBest))
        .map(|(place, reason, count)| json!({"place": place, "reason": reason.text(), "count": count}))
        .collect();
    let stopped: Vec<Json> = stage
        .fallen
        .stopped
        .iter()
        .map(|stopped| {
            let key = stopped.key.as_ref().map(|key| keys.stopped(&stage.mapping, &stopped.place, key));
            json!({
                "place": stopped.place, "key": key, "why": stopped.why, "origin": stopped.origin,
                "kind": if stopped.held { "held" } else { "rejected" },
            })
        })
        .collect();
    let odd: Vec<Json> = (stage.fallen.oddities.iter())
        .map(|(what, place, count)| json!({"what": what, "first": place, "count": count}))
        .collect();
    json!({
        "mapping": stage.mapping, "skipped": skipped, "stopped": stopped, "odd": odd,
        "outside_scope": stage.outside.as_ref().map(|outside| {
            json!({"entity": outside.entity, "count": outside.count, "names": outside.names})
        }),
    })
}
