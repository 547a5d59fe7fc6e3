//! What a sync does with personal data: the proof of where each class goes and who has agreed, and a draft of the record
//! that article 30 of the GDPR asks for.

mod render;

pub use render::{html, json, markdown, text};

use crate::check::needs::live;
use crate::check::protection::{Treatment, names};
use crate::check::trace::{Step, Trace};
use crate::check::typed::{Node, TypedMap, TypedRule, children};
use crate::check::{Route, needs_consent};
use crate::model::{Model, Protected, Sync, System};
use crate::source::{Sources, Span};
use crate::syntax::ast::GoneAction;
use crate::value::{Class, ClassSet, EntityId};

/// The proof and the draft.
pub struct Privacy {
    /// The sync.
    pub sync: String,
    /// The systems, from left to right, by their titles.
    pub systems: Vec<String>,
    /// Each class that reaches a field of the target by a rule.
    pub flows: Vec<Flow>,
    /// Where a class is taken off a value.
    pub declassified: Vec<Declassified>,
    /// Consent that is given.
    pub allowed: Vec<Allowed>,
    /// Who is protected.
    pub protected: Vec<(String, String)>,
    /// What is sent of them: entity or field of the target, and what becomes of it. Empty where nothing is.
    pub of_protected: Vec<(String, String)>,
    /// The draft: heading, and what is said under it.
    pub record: Vec<(&'static str, Vec<String>)>,
}

/// A class that reaches a field of the target.
pub struct Flow {
    /// Entity and field.
    pub field: String,
    /// The class.
    pub class: String,
    /// The way: place and what happens there, the declaring field first, the rule last.
    pub way: Vec<(String, String)>,
    /// Under which consent.
    pub consent: Consent,
}

/// Under which consent a class reaches a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// The class needs none: `public`, `personal` and `contact` go where rules send them.
    NotNeeded,
    /// The sync allows it, for this reason.
    Given(String),
    /// Nobody has agreed: the sync is refused.
    Missing,
}

impl Consent {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Consent::NotNeeded => "needs none".into(),
            Consent::Given(because) => format!("allowed: {because}"),
            Consent::Missing => "MISSING: the sync is refused".into(),
        }
    }
}

/// Where a class is taken off a value.
pub struct Declassified {
    /// File and line.
    pub place: String,
    /// As it is written.
    pub text: String,
    /// The classes that go in.
    pub before: Vec<String>,
    /// The classes that come out.
    pub after: Vec<String>,
}

/// Consent that is given.
pub struct Allowed {
    /// File and line.
    pub place: String,
    /// The class.
    pub class: String,
    /// Entity and field.
    pub field: String,
    /// Why.
    pub because: String,
}

/// Works out what a sync does with personal data.
pub fn privacy(model: &Model, sources: &Sources, route: &Route) -> Privacy {
    let proof = Proof { model, sources, route, sync: model.sync(route.sync) };
    let (flows, declassified, allowed) = (proof.flows(), proof.declassified(), proof.allowed());
    let title = |system: &System| system.title.clone().unwrap_or_else(|| system.name.text.clone());
    let way = route.mappings.iter().filter_map(|mapping| mapping.right.first());
    let left = proof.sync.sources().map(|side| model.system(side.system));
    let systems: Vec<String> = left.chain(way.map(|side| model.system(side.system))).map(title).collect();
    let record = proof.record(&systems, &flows, &allowed);
    let sync = proof.sync.name.text.clone();
    let (protected, of_protected) = (proof.protected(), of_protected(model, sources, route));
    Privacy { sync, systems, flows, declassified, allowed, protected, of_protected, record }
}

/// What is sent of protected people: entity or field of the target, and what becomes of it.
pub fn of_protected(model: &Model, sources: &Sources, route: &Route) -> Vec<(String, String)> {
    let protection = &model.sync(route.sync).protection;
    let mut all = Vec::new();
    for treated in &route.protection {
        let entity = model.entity(treated.entity);
        if let Some(why) = treated.excluded.as_ref().filter(|_| entity.is_about_people()) {
            all.push((entity.name.text.clone(), format!("nothing is sent: {why}")));
        }
        for (field, how) in treated.fields.iter().filter(|_| treated.excluded.is_none() && entity.is_about_people()) {
            let name = format!("{}.{}", entity.name.text, entity.fields[usize::from(*field)].name.text);
            let said = match how {
                Treatment::Constant => "sent: the same for everybody".into(),
                Treatment::Sent(classes) => {
                    let grants = protection.allow.iter().filter(|grant| grant.field.text() == name);
                    let because: Vec<&str> = grants.map(|grant| grant.because.text.as_str()).collect();
                    format!("sent ({}): {}", names(model, *classes), because.join("; "))
                }
                Treatment::Alias => {
                    let alias = protection.aliases.iter().find(|alias| alias.field.text() == name);
                    format!("alias: {}", alias.map_or("", |alias| sources.slice(alias.value.span)))
                }
                Treatment::LeftOut(classes) => format!("left out ({})", names(model, *classes)),
            };
            all.push((name, said));
        }
    }
    all
}

struct Proof<'m> {
    model: &'m Model,
    sources: &'m Sources,
    route: &'m Route,
    sync: &'m Sync,
}

impl Proof<'_> {
    /// File and line.
    fn place(&self, span: Span) -> String {
        let (line, _) = self.sources.position(span);
        format!("{}:{line}", self.sources.file(span.file).path)
    }

    fn source(&self, span: Span) -> String {
        self.sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn names(&self, classes: ClassSet) -> Vec<String> {
        classes.iter().map(|class| self.model.classes.name(class).to_string()).collect()
    }

    fn field_name(&self, entity: EntityId, field: u16) -> String {
        let entity = self.model.entity(entity);
        format!("{}.{}", entity.name.text, entity.fields[usize::from(field)].name.text)
    }

    fn flows(&self) -> Vec<Flow> {
        let Some(last) = self.route.typed.last() else { return Vec::new() };
        let mut flows = Vec::new();
        for map in &last.maps {
            for rule in &map.rules {
                let Some(target) = &rule.target else { continue };
                for class in rule.classes.iter() {
                    flows.extend(self.flows_of(map, rule, target.field, class));
                }
            }
        }
        flows
    }

    /// A flow for each field where the class begins.
    fn flows_of(&self, map: &TypedMap, rule: &TypedRule, field: u16, class: Class) -> Vec<Flow> {
        let stage = self.route.typed.len() - 1;
        let trace = Trace { model: self.model, mappings: &self.route.mappings, typed: &self.route.typed };
        let mut ways = trace.ways(stage, map, rule, class);
        if ways.is_empty() {
            ways.push(Vec::new());
        }
        ways.into_iter().map(|steps| self.flow(map, rule, field, class, steps)).collect()
    }

    fn flow(&self, map: &TypedMap, rule: &TypedRule, field: u16, class: Class, steps: Vec<Step>) -> Flow {
        let mut way: Vec<(String, String)> =
            steps.into_iter().map(|Step { span, text }| (self.place(span), text)).collect();
        way.dedup_by(|one, other| one.1 == other.1);
        let overlay = if rule.overlay { format!(" ({})", rule.layer) } else { String::new() };
        way.push((self.place(rule.left_span), format!("{} of {}{overlay}", rule.label, map.name)));
        let name = self.model.classes.name(class).to_string();
        let field = self.field_name(map.right, field);
        let grant = self.sync.allow.iter().find(|grant| grant.class.text == name && grant.field.text() == field);
        let consent = match grant {
            _ if !needs_consent(class) => Consent::NotNeeded,
            Some(grant) => Consent::Given(grant.because.text.clone()),
            None => Consent::Missing,
        };
        Flow { field, class: name, way, consent }
    }

    /// Calls whose result lacks a class of what they are given.
    fn declassified(&self) -> Vec<Declassified> {
        let mut found: Vec<Declassified> = Vec::new();
        for typed in &self.route.typed {
            for expr in live(typed) {
                let node = typed.nodes.node(expr);
                if !matches!(node, Node::Call { .. } | Node::ProjectCall { .. } | Node::Coalesce(..)) {
                    continue;
                }
                let typing = typed.nodes.typing(expr);
                let given = children(node).into_iter().map(|child| typed.nodes.typing(child).classes);
                let given = given.fold(ClassSet::NONE, ClassSet::and);
                let lost = typing.classes.iter().fold(given, ClassSet::without).without(Class::PERSONAL);
                if lost.is_empty() {
                    continue;
                }
                let (place, text) = (self.place(typing.span), self.source(typing.span));
                if !found.iter().any(|known| known.place == place && known.text == text) {
                    found.push(Declassified {
                        place,
                        text,
                        before: self.names(given),
                        after: self.names(typing.classes),
                    });
                }
            }
        }
        found
    }

    fn allowed(&self) -> Vec<Allowed> {
        let allowed = |grant: &crate::syntax::ast::Grant| Allowed {
            place: self.place(grant.span),
            class: grant.class.text.clone(),
            field: grant.field.text(),
            because: grant.because.text.clone(),
        };
        self.sync.allow.iter().map(allowed).collect()
    }

    /// Of which entities a condition says that somebody is protected; what is done about them.
    fn protected(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for typed in &self.route.typed {
            for (entity, condition) in &typed.protected {
                let entity = self.model.entity(*entity);
                let span = typed.nodes.typing(*condition).span;
                let system = &self.model.system(entity.system).name.text;
                let name = format!("{system} {}", entity.name.text);
                let said = format!("{} ({})", self.source(span), self.place(span));
                if !all.contains(&(name.clone(), said.clone())) {
                    all.push((name, said));
                }
            }
        }
        all
    }

    fn record(&self, systems: &[String], flows: &[Flow], allowed: &[Allowed]) -> Vec<(&'static str, Vec<String>)> {
        let open = |what: &str| vec![format!("[to be filled in: {what}]")];
        let mut classes: Vec<&str> = flows.iter().map(|flow| flow.class.as_str()).collect();
        classes.sort_unstable();
        classes.dedup();
        let data = classes.into_iter().map(|class| {
            let mut fields: Vec<&str> =
                flows.iter().filter(|flow| flow.class == class).map(|flow| flow.field.as_str()).collect();
            fields.dedup();
            fields.sort_unstable();
            fields.dedup();
            format!("{class}: {}", fields.join(", "))
        });
        let basis = |allowed: &Allowed| format!("{} in {}: {}", allowed.class, allowed.field, allowed.because);
        let mut legal: Vec<String> = allowed.iter().map(basis).collect();
        legal.extend(open("the legal basis of what needs no consent here, such as a task in the public interest"));
        let sent = || {
            let fields = of_protected(self.model, self.sources, self.route);
            let fields: Vec<String> = fields.iter().map(|(field, what)| format!("{field}: {what}")).collect();
            fields.join("; ")
        };
        let protected = match self.sync.protection.how {
            Protected::Exclude => {
                "people with a protected identity are excluded: nothing about them is sent".to_string()
            }
            Protected::Reduce => format!("people with a protected identity are sent in part: {}", sent()),
            Protected::Alias => format!("people with a protected identity are sent under an alias: {}", sent()),
        };
        vec![
            ("Processing", vec![format!("{}: {}", self.sync.name.text, systems.join(" → "))]),
            ("Controller", open("the organisation, its contact and its data protection officer")),
            ("Purposes", open("why the data is passed on")),
            ("Categories of people", self.people()),
            ("Categories of personal data", data.collect()),
            ("Source", vec![systems.first().cloned().unwrap_or_default()]),
            ("Recipients", vec![systems.last().cloned().unwrap_or_default()]),
            ("Transfers to third countries", open("where the recipient keeps the data")),
            ("Legal basis", legal),
            ("Erasure", self.erasure()),
            (
                "Security",
                vec![
                    protected,
                    "fields that no rule uses are neither read nor stored".into(),
                    "previews, reports and logs show values of people by their data class".into(),
                    "the store with the values last sent is a file that its owner alone may read".into(),
                    "a run that would change or remove unusually much is stopped before its first write".into(),
                ],
            ),
        ]
    }

    /// Entities on the left that hold data of people.
    fn people(&self) -> Vec<String> {
        let Some(first) = self.route.mappings.first() else { return Vec::new() };
        let entities = first.left.iter().flat_map(|side| &self.model.system(side.system).entities);
        let personal =
            entities.filter(|&&id| self.model.entity(id).fields.iter().any(|field| !field.classes.is_empty()));
        personal.map(|&id| self.model.entity(id).name.text.clone()).collect()
    }

    /// What happens on the right to those who are gone.
    fn erasure(&self) -> Vec<String> {
        let Some(last) = self.route.typed.last() else { return Vec::new() };
        let mut all: Vec<String> = Vec::new();
        for map in &last.maps {
            let what = match map.gone.map(|gone| gone.action) {
                Some(GoneAction::Remove) => "is removed when it is gone at the source",
                Some(GoneAction::Deactivate) => "is switched off when it is gone at the source",
                Some(GoneAction::Keep) | None => "stays when it is gone at the source",
            };
            let line = format!("{} {what}", self.model.entity(map.right).name.text);
            if !all.contains(&line) {
                all.push(line);
            }
        }
        all.push("[to be filled in: how long the recipient keeps what is switched off or stays]".into());
        all
    }
}
