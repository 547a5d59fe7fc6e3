//! Reading: settings with their secrets, connections, all lists that a plan needs.

use super::parallel::{Arenas, Ready, in_order};
use crate::adapter::drive::{Pages, ReadOutcome, read_all, read_with};
use crate::adapter::packed::{Packer, Packing};
use crate::adapter::{Batch, Fault, Opener, Session, Settings, files, http};
use crate::model::{Model, Setting, SyncSide, System, SystemId, literal};
use crate::plan::{EntityRead, Plan, SystemRead};
use crate::protocol::{CallId, Dialect};
use crate::syntax::tree::{Kind, Node};
use crate::value::{EntityId, Type};
use crate::world::World;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use tokio::runtime::{Handle, RuntimeFlavor};

/// The opener of a protocol.
pub fn opener(protocol: &str) -> Option<&'static dyn Opener> {
    static FILES: std::sync::LazyLock<files::Files> = std::sync::LazyLock::new(files::Files::default);
    match protocol {
        "files" => Some(&*FILES),
        "http" => Some(&http::HttpOpener),
        _ => None,
    }
}

/// Why a sync cannot begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unready {
    /// A setting has no value, or one that cannot be right.
    Wrong(String),
    /// A setting whose absence means that the sync rests has no value.
    Paused(String),
}

impl Unready {
    /// Why, in words.
    pub fn why(self) -> String {
        match self {
            Unready::Wrong(why) | Unready::Paused(why) => why,
        }
    }
}

/// The settings of a side, with references to secrets resolved. Says in words which one is missing or wrong.
pub fn settings(
    model: &Model,
    side: &SyncSide,
    folder: &Path,
    as_of: &str,
    world: &dyn World,
) -> Result<Settings, Unready> {
    let system = model.system(side.system);
    let mut settings = Settings { folder: folder.to_path_buf(), as_of: as_of.to_string(), ..Settings::default() };
    for setting in &system.settings {
        let name = &setting.name.text;
        let given = side.settings.iter().find(|(known, _)| known.text == *name).map(|(_, node)| node);
        let Some(node) = given.or(setting.default.as_ref()) else {
            if setting.optional {
                continue;
            }
            return Err(unready(setting, &system.name.text, "is missing"));
        };
        let value =
            resolved(node, &setting.ty, folder, world).map_err(|why| unready(setting, &system.name.text, &why))?;
        if setting.pauses && value.as_str() == Some("") {
            return Err(unready(setting, &system.name.text, "is empty"));
        }
        if setting.ty == Type::Secret
            && let Json::String(secret) = &value
        {
            settings.secrets.push(secret.clone());
        }
        settings.values.push((name.clone(), value));
    }
    for setting in &system.settings {
        fits(setting, system, &settings).map_err(|why| {
            Unready::Wrong(format!("{}: the setting `{}` {why}", system.name.text, setting.name.text))
        })?;
    }
    Ok(settings)
}

fn unready(setting: &Setting, system: &str, why: &str) -> Unready {
    let name = &setting.name.text;
    match setting.pauses {
        true => Unready::Paused(format!("{system}: the setting `{name}` {why}")),
        false => Unready::Wrong(format!("{system}: the setting `{name}` {why}")),
    }
}

/// Whether a value is as its setting says. What is wrong is said without the value: it may be a secret.
fn fits(setting: &Setting, system: &System, known: &Settings) -> Result<(), String> {
    let text = |name: &str| known.values.iter().find(|(known, _)| known == name).and_then(|(_, value)| value.as_str());
    let Some(value) = text(&setting.name.text) else { return Ok(()) };
    if setting.pattern.as_deref().is_some_and(|pattern| !literal::whole(pattern, value)) {
        let asked = setting.doc.as_ref().map(|doc| format!(": {doc}")).unwrap_or_default();
        return Err(format!("is not as it must be{asked}"));
    }
    let Some(other) = &setting.begins_with else { return Ok(()) };
    match text(&other.text) {
        Some(start) if !value.starts_with(start) => {
            let secret = system.settings.iter().any(|known| known.name.text == other.text && known.ty == Type::Secret);
            let shown = if secret { String::new() } else { format!(", {start}") };
            Err(format!("must begin with the value of the setting `{}`{shown}", other.text))
        }
        _ => Ok(()),
    }
}

fn resolved(node: &Node, ty: &Type, folder: &Path, world: &dyn World) -> Result<Json, String> {
    match (&node.kind, ty) {
        (Kind::Missing, _) => Ok(Json::Null),
        (Kind::List(items), _) => {
            let element = ty.element().cloned().unwrap_or(Type::Text);
            let items: Result<Vec<Json>, String> =
                items.iter().map(|item| resolved(item, &element, folder, world)).collect();
            items.map(Json::Array)
        }
        (Kind::Map(entries), _) => {
            let parts: Result<serde_json::Map<String, Json>, String> = entries
                .iter()
                .map(|entry| Ok((entry.key.clone(), resolved(&entry.value, &Type::Text, folder, world)?)))
                .collect();
            parts.map(Json::Object)
        }
        (Kind::Scalar(scalar), ty) => {
            let text = with_references(&scalar.text, folder, world)?;
            Ok(match ty {
                Type::Int => text.parse::<i64>().map(Json::from).map_err(|_| "is no whole number".to_string())?,
                Type::Bool => Json::Bool(matches!(text.as_str(), "true" | "yes")),
                _ => Json::String(text),
            })
        }
    }
}

/// Replaces `${NAME}` by the environment's value and `${file:path}` by the content of a file, without its last line end.
fn with_references(text: &str, folder: &Path, world: &dyn World) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find("${") {
        out.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('}') else { return Err("has a `${` without `}`".into()) };
        let name = &rest[open + 2..open + close];
        match name.strip_prefix("file:") {
            Some(path) => {
                let bytes = world
                    .read(&folder.join(path))
                    .map_err(|error| format!("is in the file {path}, which cannot be read: {error}"))?;
                let content =
                    String::from_utf8(bytes).map_err(|_| format!("is in the file {path}, which is not UTF-8"))?;
                out.push_str(content.trim_end_matches(['\r', '\n']));
            }
            None => match world.environment(name) {
                Some(value) if !value.is_empty() => out.push_str(&value),
                _ => return Err(format!("is ${{{name}}}, but the environment has no {name}")),
            },
        }
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// What was read of one entity.
pub struct Gathered {
    /// The rows, and whether the read was complete.
    pub outcome: ReadOutcome,
}

/// Everything that was read for a run.
pub struct Read {
    /// Left entities.
    pub left: BTreeMap<EntityId, Gathered>,
    /// Right entities that can be read.
    pub right: BTreeMap<EntityId, Gathered>,
}

/// Settings of both sides of a sync.
pub struct Sides {
    /// Of the systems on the left.
    pub left: BTreeMap<SystemId, Settings>,
    /// Of the right system.
    pub right: Settings,
}

/// Lists that are read one after the other.
struct Task<'p> {
    protocol: &'static str,
    dialect: &'p dyn Dialect,
    entities: Vec<&'p EntityRead>,
    settings: &'p Settings,
    is_right: bool,
}

/// Hears what is read, and how many rows came.
type Told<'t> = dyn Fn(&str, usize) + Sync + 't;

/// Reads everything that a plan needs, but for a list that is read in another way. `told` hears what is read and how many rows
/// came.
pub async fn gather(
    plan: &Plan<'_>,
    sides: &Sides,
    world: &dyn World,
    with_right: bool,
    without: Option<EntityId>,
    threads: usize,
    told: &mut (dyn FnMut(&str, usize) + Send),
) -> Read {
    let told = Mutex::new(told);
    let told = |what: &str, rows: usize| (told.lock().unwrap_or_else(PoisonError::into_inner))(what, rows);
    let mut read = Read { left: BTreeMap::new(), right: BTreeMap::new() };
    let (files, others): (Vec<Task<'_>>, Vec<Task<'_>>) =
        tasks(plan, sides, with_right, without).into_iter().partition(|task| task.protocol == "files");
    let packer = Packer::new(groups(plan));
    let mut done = Vec::new();
    for task in others {
        let gathered = task.read(plan.model, world, &packer, None, &told).await;
        done.push((task.is_right, gathered));
    }
    done.extend(read_files(files, plan.model, world, threads, &packer, &told).await);
    let packed = packer
        .close(done.iter_mut().flat_map(|(_, lists)| lists.values_mut()).filter_map(|list| list.packing.as_mut()));
    for (is_right, lists) in done {
        let into = if is_right { &mut read.right } else { &mut read.left };
        for (entity, List { mut gathered, packing }) in lists {
            if let Some(packing) = packing {
                gathered.outcome.batches = packing.batches(&packed);
            }
            into.insert(entity, gathered);
        }
    }
    read
}

/// How many groups of columns there are that are compared with one another.
fn groups(plan: &Plan<'_>) -> usize {
    let columns = plan.reads.iter().flat_map(|system| &system.entities).flat_map(|read| read.columns.iter().flatten());
    columns.filter_map(|column| column.group).max().map_or(0, |last| usize::from(last) + 1)
}

/// A list that was read. Those of the left side are packed: most of them are looked up, here and there, for all records of another.
struct List<'p> {
    gathered: Gathered,
    packing: Option<Packing<'p>>,
}

/// What is to be read. A list of files stands for itself; lists of a server are asked for one after the other.
fn tasks<'p>(plan: &'p Plan<'_>, sides: &'p Sides, with_right: bool, without: Option<EntityId>) -> Vec<Task<'p>> {
    let mut tasks = Vec::new();
    let mut add = |protocol, dialect, entities: Vec<&'p EntityRead>, settings, is_right| match protocol {
        "files" => tasks.extend(entities.into_iter().map(|entity| {
            let entities = vec![entity];
            Task { protocol, dialect, entities, settings, is_right }
        })),
        _ if entities.is_empty() => {}
        _ => tasks.push(Task { protocol, dialect, entities, settings, is_right }),
    };
    for system in &plan.reads {
        if let Some(settings) = sides.left.get(&system.system) {
            let entities = system.entities.iter().filter(|entity| Some(entity.entity) != without).collect();
            add(system.protocol, &*system.dialect, entities, settings, false);
        }
    }
    if with_right && let Some((protocol, dialect)) = &plan.target.connection {
        let entities = plan.target.entities.iter().filter_map(|entity| entity.read.as_ref()).collect();
        add(protocol, &**dialect, entities, &sides.right, true);
    }
    tasks
}

/// Reads lists of files, side by side where there are threads for it. Reading them waits for no event that this thread
/// would have to look after, but for time.
async fn read_files<'p>(
    tasks: Vec<Task<'_>>,
    model: &Model,
    world: &dyn World,
    threads: usize,
    packer: &'p Packer,
    told: &Told<'_>,
) -> Vec<(bool, BTreeMap<EntityId, List<'p>>)> {
    let handle = Handle::current();
    if threads < 2 || handle.runtime_flavor() != RuntimeFlavor::MultiThread {
        let mut done = Vec::new();
        for task in tasks {
            let gathered = task.read(model, world, packer, None, told).await;
            done.push((task.is_right, gathered));
        }
        return done;
    }
    let read = |task: Task<'_>| {
        let gathered = task.read(model, world, packer, Some(&handle), told);
        (task.is_right, handle.block_on(gathered))
    };
    tokio::task::block_in_place(|| Arenas::new(threads).each(tasks.into_iter(), |task, _| read(task)))
}

impl Task<'_> {
    /// Reads the lists. With a handle, a list of many pages is packed on one thread while another reads on.
    async fn read<'p>(
        &self,
        model: &Model,
        world: &dyn World,
        packer: &'p Packer,
        side_by_side: Option<&Handle>,
        told: &Told<'_>,
    ) -> BTreeMap<EntityId, List<'p>> {
        let alone = |gathered| List { gathered, packing: None };
        let mut into = BTreeMap::new();
        let mut session = match open(self.protocol, self.dialect, self.settings, world).await {
            Ok(session) => session,
            Err(fault) => {
                into.extend(self.entities.iter().map(|entity| (entity.entity, alone(failed(fault.clone())))));
                return into;
            }
        };
        let mut stopped: Option<Fault> = None;
        for entity in &self.entities {
            let name = &model.entity(entity.entity).name.text;
            told(name, 0);
            let mut told = |rows| told(name, rows);
            let list = match &stopped {
                Some(fault) => alone(failed(fault.clone())),
                None if self.is_right => {
                    alone(Gathered { outcome: read_all(&mut *session, entity.call, &mut told).await })
                }
                None => {
                    let list = || packer.list(entity.groups());
                    let (packing, outcome) =
                        read_packed(&mut *session, entity.call, list, side_by_side, &mut told).await;
                    List { gathered: Gathered { outcome }, packing: Some(packing) }
                }
            };
            // A server that told us to stop is not asked again.
            let mut faults = list.gathered.outcome.faults.iter();
            if let Some(fault) = faults.find(|fault| fault.then == crate::adapter::Then::Stop) {
                stopped.get_or_insert_with(|| fault.clone());
            }
            into.insert(entity.entity, list);
        }
        into
    }
}

/// Reads all pages of a list and packs them. The rows are there when all lists have been read.
async fn read_packed<'p>(
    session: &mut dyn Session,
    call: CallId,
    list: impl Fn() -> Packing<'p>,
    side_by_side: Option<&Handle>,
    told: &mut (dyn FnMut(usize) + Send),
) -> (Packing<'p>, ReadOutcome) {
    let take = async |pages: &mut Pages<'_, '_>| {
        let mut packing = list();
        let mut add = |packing: &mut Packing<'p>, page: Batch| {
            told(page.len());
            packing.add(page);
        };
        let Some(handle) = side_by_side else {
            while let Some(page) = pages.next().await {
                add(&mut packing, page);
            }
            return packing;
        };
        let packed = Ready::new(2, |page| add(&mut packing, page));
        let next = || handle.block_on(pages.next());
        tokio::task::block_in_place(|| in_order(2, next, |page, turn, _| packed.leave(turn, page)));
        drop(packed);
        packing
    };
    read_with(session, call, take).await
}

/// Opens a list of the left side.
pub async fn open_list<'p>(
    plan: &'p Plan<'_>,
    sides: &'p Sides,
    world: &'p dyn World,
    entity: EntityId,
) -> Result<(Box<dyn Session + 'p>, CallId), Fault> {
    let listed =
        |system: &SystemRead| Some((system.entities.iter().find(|read| read.entity == entity)?.call, system.system));
    let found = plan.reads.iter().find_map(|system| Some((system, listed(system)?)));
    match found.and_then(|(system, (call, id))| Some((system, call, sides.left.get(&id)?))) {
        Some((system, call, settings)) => {
            open(system.protocol, &*system.dialect, settings, world).await.map(|session| (session, call))
        }
        None => Err(Fault::stop("the list is not read by this sync")),
    }
}

/// The rows of a list, some thousands of them at a time: at least one lot, and none kept. A list that has to be begun again is
/// not: what was handed on cannot be taken back.
pub struct Lots<'s, 'a> {
    pages: Pages<'s, 'a>,
    size: usize,
    over: bool,
}

impl<'s, 'a> Lots<'s, 'a> {
    /// The rows of a list of a session, so many at least at a time while there are so many; or none, for the reason why it could
    /// not be opened.
    pub fn of(from: Result<(&'s mut (dyn Session + 'a), CallId), Fault>, size: usize) -> Lots<'s, 'a> {
        Lots { pages: Pages::of(from), size, over: false }
    }

    /// The next lot. The last one may hold no rows.
    pub async fn next(&mut self) -> Option<Vec<Batch>> {
        if self.over {
            return None;
        }
        let (mut lot, mut rows) = (Vec::new(), 0);
        while rows < self.size {
            let Some(batch) = self.pages.next().await else {
                self.over = true;
                break;
            };
            rows += batch.len();
            lot.push(batch);
        }
        Some(lot)
    }

    /// What reading gave, but for the rows.
    pub fn outcome(self) -> ReadOutcome {
        self.pages.outcome()
    }
}

fn failed(fault: Fault) -> Gathered {
    Gathered { outcome: ReadOutcome { faults: vec![fault], ..ReadOutcome::default() } }
}

/// Opens a session.
pub async fn open<'a>(
    protocol: &str,
    dialect: &'a dyn Dialect,
    settings: &'a Settings,
    world: &'a dyn World,
) -> Result<Box<dyn Session + 'a>, Fault> {
    match opener(protocol) {
        Some(opener) => opener.open(dialect, world, settings).await,
        None => Err(Fault::stop(format!("connections of the kind `{protocol}` cannot be opened by this version"))),
    }
}
