//! What somebody has decided about records that the engine keeps as they are: about people who are protected now.
//!
//! A decision stays in force for as long as its record waits: it is taken back by itself when the record is kept in step
//! again, or gone.

use crate::store::{Held, Store, StoreFault};
use std::collections::BTreeMap;

/// Why a linked record of somebody who is now protected is held.
pub const PROTECTED: &str = "about a protected person: the linked record stays as it is until somebody decides";

/// Why a linked record of somebody who is now protected waits although what can be taken back was.
pub const REMAINS: &str = "about a protected person: what was written when the record was made cannot be taken back; waits until somebody decides";

/// Why a linked record is held that nobody on the left has, while somebody there has no key.
pub const NAMELESS: &str = "not found on the left, but may be one that is protected or out of scope and has no key: stays until somebody decides";

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The linked record stays as it is, and no longer waits.
    Keep,
    /// The linked record is taken away: removed, or switched off where it cannot be removed.
    Remove,
}

impl Decision {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Decision::Keep => "keep",
            Decision::Remove => "remove",
        }
    }
}

/// What is decided in a sync, by right entity and left key.
#[derive(Debug, Default)]
pub struct Decisions(BTreeMap<(String, String), (Decision, bool)>);

/// With what the names of facts begin that are decisions.
const FACT: &str = "decided:";

impl Decisions {
    /// Those of a sync.
    pub fn of(store: Option<&Store>, sync: &str) -> Result<Decisions, StoreFault> {
        let facts = store.map_or(Ok(Vec::new()), |store| store.facts(sync, FACT))?;
        let known = facts.into_iter().filter_map(|(name, text)| {
            let (entity, left_key) = name.strip_prefix(FACT)?.split_once('\n')?;
            let (word, why) = text.split_once(' ')?;
            let decision = [Decision::Keep, Decision::Remove].into_iter().find(|known| known.word() == word)?;
            Some(((entity.to_string(), left_key.to_string()), (decision, why == "protected")))
        });
        Ok(Decisions(known.collect()))
    }

    /// What is decided about a record.
    pub fn about(&self, entity: &str, left_key: &str) -> Option<Decision> {
        self.0.get(&(entity.to_string(), left_key.to_string())).map(|(decision, _)| *decision)
    }

    /// True if something is decided about a record because it is about a protected person.
    pub fn is_about_protected(&self, entity: &str, left_key: &str) -> bool {
        self.0.get(&(entity.to_string(), left_key.to_string())).is_some_and(|(_, protected)| *protected)
    }

    /// Takes back all decisions about records that wait no more.
    pub fn forget_others(&self, store: &mut Store, sync: &str, waiting: &[(&str, &str)]) -> Result<(), StoreFault> {
        for (entity, left_key) in self.0.keys() {
            if !waiting.contains(&(entity.as_str(), left_key.as_str())) {
                store.forget(sync, &fact(entity, left_key))?;
            }
        }
        Ok(())
    }
}

fn fact(entity: &str, left_key: &str) -> String {
    format!("{FACT}{entity}\n{left_key}")
}

/// Writes a decision down.
pub fn decide(store: &mut Store, sync: &str, held: &Held, decision: Decision) -> Result<(), StoreFault> {
    let why = if [PROTECTED, REMAINS].contains(&held.reason.as_str()) { "protected" } else { "nameless" };
    store.remember(sync, &fact(&held.entity, &held.left_key), &format!("{} {why}", decision.word()))
}

/// True if a held record waits for a decision.
pub fn waits(held: &Held) -> bool {
    [PROTECTED, REMAINS, NAMELESS].contains(&held.reason.as_str())
}

/// The number by which people call a held record: it says nothing about whom, and is the same from run to run.
pub fn number(store: &Store, sync: &str, held: &Held) -> String {
    let hash = super::propose::keyed_hash(&store.key(), &format!("{sync}\n{}\n{}", held.entity, held.left_key));
    format!("{:08x}", hash >> 32)
}
