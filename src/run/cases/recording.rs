//! Recording: cases out of what a source holds today, with invented people in the place of the real ones.
//!
//! A smallest set of records is picked that touches all that the whole source touches (`pick`); their people are replaced
//! by invented ones (`invent`); what a run does with these is written down as a case (`write`).

mod dates;
mod invent;
mod numbers;
mod patterns;
mod pick;
mod words;
pub mod write;

use super::coverage::Coverage;
use crate::model::Model;
use crate::plan::Plan;
use crate::run::gather::Read;
use crate::run::lookup::Lookup;
use crate::run::parallel::Arenas;
use crate::run::report::Report;
use crate::run::route::first_input;
use crate::run::stage::Setting;
use invent::{Invention, named};
use jiff::civil::Date;
use pick::{Look, Picked, Pool};
pub use pick::{Seen, Touched, seen_in};

/// Records of invented people.
pub struct Recording<'i> {
    /// The document as far as it says what is given.
    pub given: String,
    /// How many records were picked.
    pub picked: usize,
    /// How many the source has.
    pub of: usize,
    /// False if fewer might do as well.
    pub smallest: bool,
    /// What the source touches, by the number of the mapping on the route.
    pub touched: Touched,
    /// What can be touched in each mapping of the route.
    pub all: Vec<Coverage>,
    invention: Invention<'i>,
    texts: String,
}

/// How recording goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// So many records are looked at, for what they touch.
    Looking(usize),
    /// So many are left, and it is tried to do with fewer.
    Left(usize),
}

impl Recording<'_> {
    /// The public fields whose texts stand in the case as they are in the source: `school.name`.
    pub fn public(&self) -> Vec<String> {
        self.invention.public()
    }

    /// What is left of the originals in what is given, and in texts that a run would make of it.
    pub fn left_in(&self, made: &str) -> Vec<&str> {
        self.invention.left_in(&format!("{}{made}", self.texts))
    }
}

/// Picks records of what was read for a sync, and invents their people. The same records give the same people: chance comes
/// from all that was read, so that nobody can try originals who does not know the rest. `told` hears how it goes.
pub fn record<'i>(
    model: &'i Model,
    plan: &Plan<'_>,
    read: &Read,
    lookups: &[Lookup<'_>],
    as_of: Date,
    told: &mut dyn FnMut(Step),
) -> Option<Recording<'i>> {
    let (typed, mapping) = (plan.route.typed.first()?, plan.route.mappings.first()?);
    let arenas = Arenas::new(1);
    let setting = Setting { model: plan.model, typed, options: &[], lookups, as_of, target: None };
    let pool = Pool::of(&setting, first_input(plan, read, &mut Report::default()).tables, &arenas);
    told(Step::Looking(pool.all().len()));
    let look = Look { plan, lookups, as_of, all: pick::all(model, plan) };
    let Picked { chosen, touched, smallest } = look.pick(&pool, told);
    let mut invention = Invention::new(model, named(model, &plan.route.typed), as_of, pool.seed());
    let records = invention.records(&pool, &chosen);
    let (picked, of) = (chosen.len(), pool.all().len());
    let sync = &model.sync(plan.sync).name.text;
    let heading =
        format!("{picked} of {of} records of a real source, with invented people: koppla test --record={sync}");
    let mut texts = String::new();
    let values = records.iter().flat_map(|(_, records)| records).flatten();
    values.for_each(|(_, value)| value.texts(&mut texts));
    let given = write::given(model, &mapping.left, (sync, &as_of.to_string()), &heading, &records);
    Some(Recording { given, picked, of, smallest, touched, all: look.all, invention, texts })
}
