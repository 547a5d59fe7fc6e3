//! Looking at what a case has worked once more, to see which branches were taken.

use super::coverage::{Coverage, Site, branches_of};
use crate::check::TypedMapping;
use crate::check::typed::{ExprId, Node, OnNone, TypedFunction, TypedMap, TypedRule, TypedSet, TypedStep, children};
use crate::model::TableId;
use crate::run::eval::{Frame, Linked, Links, Machine, Odd};
use crate::run::fate::Fallen;
use crate::run::key::Hasher;
use crate::run::make::frame_of;
use crate::run::parallel::Arenas;
use crate::run::shape::{Taken, shape_watched};
use crate::run::stage::Worked;
use crate::run::table::{Apart, Index};
use crate::syntax::ast::Arrow;
use crate::value::wire::Codec;
use crate::value::{Arena, RecordType, Row, Value, normal};

/// Counts what the records of a case touch.
pub fn observe(worked: &Worked<'_>, coverage: &mut Coverage) {
    let (arenas, links, odd, arena) = (Arenas::new(1), links(worked), Odd::default(), Arena::new());
    let machine = worked.setting.machine(&worked.tables, &links, &odd);
    let forks = forks(worked.setting.typed);
    let mut observer = Observer { machine, arena: &arena, forks, coverage };
    for set in &worked.setting.typed.sets {
        let mut fallen = Fallen::default();
        shape_watched(&machine, set, None, &arenas, &mut fallen, &mut |taken| observer.step(set, taken));
    }
    for (index, map) in worked.setting.typed.maps.iter().enumerate() {
        if matches!(map.arrow, Arrow::Right | Arrow::Both) && observer.is_on(map) {
            observer.map(index as u16, map);
        }
    }
}

/// Counts what an example of a function touches.
pub fn observe_function<'o, 't: 'o>(
    machine: Machine<'o, 't>,
    function: &TypedFunction,
    frame: &Frame<'o>,
    arena: &'o Arena,
    coverage: &mut Coverage,
) {
    let forks = forks(machine.typed);
    Observer { machine, arena, forks, coverage }.expr(function.body, &mut frame.clone());
}

/// What the maps made of the records, as far as it can be told afterwards.
fn links(worked: &Worked<'_>) -> Links {
    let mut links = Links::default();
    for made in &worked.made {
        for (index, row) in made.rows.iter().enumerate() {
            let index = index as u32;
            links.insert((row.left.table, row.left.row, made.entity.0), Linked::Own(index));
            let map = &worked.setting.typed.maps[usize::from(row.map)];
            let brought = if matches!(map.left, RecordType::Set(_)) { map.record } else { 0 };
            let table = worked.tables.table(row.left.table);
            for slot in 0..brought {
                if let Value::Row(brought) = table.slot(row.left.row, slot) {
                    links.entry((brought.table, brought.row, made.entity.0)).or_insert(Linked::Brought(index));
                }
            }
        }
    }
    links
}

/// What the rows of a set are joined with.
struct Joined<'s> {
    record: RecordType,
    slot: u16,
    /// Equal pairs: rows so far, joined record, the number of their type.
    equal: &'s [(ExprId, ExprId, u32)],
    /// What else must hold.
    rest: Option<ExprId>,
}

impl Joined<'_> {
    fn of(step: &TypedStep) -> Option<Joined<'_>> {
        match step {
            TypedStep::Join { record, slot, equal, rest, .. } | TypedStep::With { record, slot, equal, rest, .. } => {
                Some(Joined { record: *record, slot: *slot, equal, rest: *rest })
            }
            _ => None,
        }
    }
}

struct Observer<'o, 't> {
    machine: Machine<'o, 't>,
    arena: &'o Arena,
    /// Of each expression whether something in it can be touched.
    forks: Vec<bool>,
    coverage: &'o mut Coverage,
}

impl<'o, 't: 'o> Observer<'o, 't> {
    /// The value of an expression; `None` where it fails.
    fn eval(&self, id: ExprId, frame: &Frame<'o>) -> Option<Value<'o>> {
        self.machine.eval(id, frame, self.arena).ok()
    }

    fn forks(&self, id: ExprId) -> bool {
        self.forks[id.0 as usize]
    }

    fn is_on(&self, map: &TypedMap) -> bool {
        map.when.is_none_or(|when| matches!(self.eval(when, &Vec::new()), Some(Value::Bool(true))))
    }

    /// Looks at a step of a set: into its expressions with the rows before it, and at what became of these.
    fn step(&mut self, set: &TypedSet, taken: &Taken<'_, 't>) {
        let site = |happens| Site::Step(set.set.0, taken.number, happens);
        let step = &set.steps[usize::from(taken.number)];
        let joined = Joined::of(step);
        let expressions = if joined.is_some() { Vec::new() } else { step.exprs() };
        for mut frame in taken.before.frames() {
            self.coverage.about(&frame);
            expressions.iter().for_each(|expr| self.expr(*expr, &mut frame));
            let value = expressions.first().and_then(|first| self.eval(*first, &frame));
            match (step, value) {
                (TypedStep::Where { .. }, Some(value)) => self.coverage.touch(site(is_true(value))),
                (TypedStep::Each { .. }, value) => {
                    self.coverage.touch(site(matches!(value, Some(Value::List([_, ..])))));
                }
                _ => {}
            }
        }
        if let Some(joined) = joined.filter(|_| step.exprs().into_iter().any(|expr| self.forks(expr))) {
            self.joined(&joined, taken.before.frames());
        }
        if let TypedStep::Join { slot, .. } = step {
            for frame in taken.after.frames() {
                self.coverage.about(&frame);
                self.coverage.touch(site(!frame[usize::from(*slot)].is_absent()));
            }
        }
        if matches!(step, TypedStep::Join { .. } | TypedStep::With { .. } | TypedStep::OnePer { .. }) {
            // Who falls here falls together with others: nobody is named.
            self.coverage.about(&[]);
            self.happens(taken.fell, site(false));
        }
        if let TypedStep::With { .. } = step {
            self.happens(taken.after.frames().next().is_some(), site(true));
        }
    }

    /// Looks into what rows are joined on: each side for itself, and what is asked besides for every pair that meets.
    fn joined(&mut self, joined: &Joined<'_>, before: impl Iterator<Item = Frame<'o>>) {
        let number = self.machine.number(joined.record);
        let table = self.machine.tables.table(number);
        let mut index = Index::of(table.len);
        for row in table.living() {
            let mut frame = Vec::new();
            set(&mut frame, joined.slot, Value::Row(Row { table: number, row }));
            self.coverage.about(&frame);
            joined.equal.iter().for_each(|(_, right, _)| self.expr(*right, &mut frame));
            if let Some(hash) = self.hash(joined.equal.iter().map(|(_, right, ty)| (*right, *ty)), &frame) {
                index.add(hash, row);
            }
        }
        for mut frame in before {
            self.coverage.about(&frame);
            joined.equal.iter().for_each(|(left, ..)| self.expr(*left, &mut frame));
            let hash = self.hash(joined.equal.iter().map(|(left, _, ty)| (*left, *ty)), &frame);
            let Some((rest, hash)) = joined.rest.zip(hash) else { continue };
            for row in index.rows(hash) {
                set(&mut frame, joined.slot, Value::Row(Row { table: number, row }));
                self.coverage.about(&frame);
                self.expr(rest, &mut frame);
            }
        }
    }

    /// The hash of some values; `None` if one is absent or fails.
    fn hash(&self, parts: impl Iterator<Item = (ExprId, u32)>, frame: &Frame<'o>) -> Option<u128> {
        let mut hasher = Hasher::default();
        for (expr, ty) in parts {
            let value = self.eval(expr, frame).filter(|value| !value.is_absent())?;
            hasher.value(&self.machine.typed.nodes.types[ty as usize], value, self.arena);
        }
        Some(hasher.finish())
    }

    fn happens(&mut self, happens: bool, site: Site) {
        if happens {
            self.coverage.touch(site);
        }
    }

    fn map(&mut self, index: u16, map: &'t TypedMap) {
        let number = self.machine.number(map.left);
        let table = self.machine.tables.table(number);
        let rows: Vec<u32> = table.living().filter(|&row| table.apart(row) == Apart::No).collect();
        for row in rows {
            let mut frame: Frame<'o> = frame_of(&self.machine, map, Row { table: number, row }, self.arena);
            self.coverage.about(&frame);
            if self.takes_part(index, map, &mut frame) {
                self.lets(map, &mut frame);
                for (number, rule) in map.rules.iter().enumerate() {
                    self.rule((index, number as u16), rule, &mut frame);
                }
            }
        }
    }

    fn takes_part(&mut self, index: u16, map: &TypedMap, frame: &mut Frame<'o>) -> bool {
        for (number, (condition, ..)) in map.conditions.iter().enumerate() {
            self.expr(*condition, frame);
            let Some(value) = self.eval(*condition, frame) else { return false };
            let holds = is_true(value);
            self.coverage.touch(Site::Part(index, number as u16, holds));
            if !holds {
                return false;
            }
        }
        true
    }

    fn lets(&mut self, map: &TypedMap, frame: &mut Frame<'o>) {
        for (slot, value) in &map.lets {
            self.expr(*value, frame);
            let value = self.eval(*value, frame).unwrap_or(Value::Absent);
            set(frame, *slot, value);
        }
    }

    fn rule(&mut self, (map, number): (u16, u16), rule: &TypedRule, frame: &mut Frame<'o>) {
        let (Some(value), Some(_)) = (rule.value, &rule.target) else { return };
        if let Some(when) = rule.when {
            self.expr(when, frame);
            if !matches!(self.eval(when, frame), Some(Value::Bool(true))) {
                return self.coverage.touch(Site::NotWhen(map, number));
            }
        }
        self.expr(value, frame);
        let (site, other) = match self.eval(value, frame) {
            None => (Site::Fails(map, number), rule.fails.as_ref()),
            Some(value) if value.is_absent() => (Site::Absent(map, number), Some(&rule.absent)),
            Some(_) => (Site::Value(map, number), None),
        };
        self.coverage.touch(site);
        if let Some(OnNone::Value(other)) = other {
            self.expr(*other, frame);
        }
    }

    /// Goes into an expression, along the branches that are taken.
    fn expr(&mut self, id: ExprId, frame: &mut Frame<'o>) {
        if !self.forks(id) {
            return;
        }
        let typed = self.machine.typed;
        let node = typed.nodes.node(id);
        match node {
            Node::If(condition, then, other) => {
                self.expr(*condition, frame);
                let Some(value) = self.eval(*condition, frame) else { return };
                let holds = is_true(value);
                self.branch(id, u16::from(!holds), if holds { *then } else { *other }, frame);
            }
            Node::Try(first, other) => match self.eval(*first, frame) {
                Some(_) => self.branch(id, 0, *first, frame),
                None => {
                    self.expr(*first, frame);
                    self.branch(id, 1, *other, frame);
                }
            },
            Node::Coalesce(first, other) => match self.eval(*first, frame) {
                Some(Value::Absent) => {
                    self.expr(*first, frame);
                    self.branch(id, 1, *other, frame);
                }
                Some(_) => self.branch(id, 0, *first, frame),
                None => self.expr(*first, frame),
            },
            Node::Match { on, arms } => {
                self.expr(*on, frame);
                let Some(value) = self.eval(*on, frame) else { return };
                let fits = |arm: &crate::check::typed::TypedArm| {
                    arm.patterns.is_empty()
                        || arm.patterns.iter().any(|pattern| self.machine.typed.nodes.fits(pattern, value))
                };
                if let Some(arm) = arms.iter().position(fits) {
                    self.branch(id, arm as u16, arms[arm].value, frame);
                }
            }
            Node::And(first, second) | Node::Or(first, second) => {
                self.expr(*first, frame);
                let settles = matches!(node, Node::Or(..));
                if !matches!(self.eval(*first, frame), Some(Value::Bool(first)) if first == settles) {
                    self.expr(*second, frame);
                }
            }
            Node::Each { list, element, body, .. } => self.elements(*list, *element, &[*body], frame),
            Node::Filter { list, element, condition } | Node::Quantified { list, element, condition, .. } => {
                self.elements(*list, *element, &[*condition], frame);
            }
            Node::Sorted { list, element, orders, .. } => {
                let orders: Vec<ExprId> = orders.iter().map(|order| order.value).collect();
                self.elements(*list, *element, &orders, frame);
            }
            Node::ProjectCall { function, args } => self.call(usize::from(*function), args, frame),
            Node::Lookup { table, key, .. } => {
                key.iter().for_each(|part| self.expr(*part, frame));
                let key: Option<Vec<Value<'o>>> = key.iter().map(|part| self.eval(*part, frame)).collect();
                if let Some(row) = key.and_then(|key| self.row(*table, &key)) {
                    self.coverage.touch(Site::Row(*table, row));
                }
            }
            _ => children(node).into_iter().for_each(|child| self.expr(child, frame)),
        }
    }

    fn branch(&mut self, id: ExprId, number: u16, branch: ExprId, frame: &mut Frame<'o>) {
        self.coverage.touch(Site::Branch(id, number));
        self.expr(branch, frame);
    }

    /// Goes into expressions about each element of a list.
    fn elements(&mut self, list: ExprId, element: u16, inner: &[ExprId], frame: &mut Frame<'o>) {
        self.expr(list, frame);
        let Some(Value::List(items)) = self.eval(list, frame) else { return };
        for item in items {
            set(frame, element, *item);
            inner.iter().for_each(|inner| self.expr(*inner, frame));
        }
    }

    /// Goes into a function of the project, with its parameters in a frame of its own.
    fn call(&mut self, function: usize, args: &[Option<ExprId>], frame: &mut Frame<'o>) {
        let typed = self.machine.typed;
        let function = &typed.functions[function];
        let mut inner = Vec::with_capacity(usize::from(function.frame) + 1);
        for arg in args {
            arg.iter().for_each(|arg| self.expr(*arg, frame));
            inner.push(arg.and_then(|arg| self.eval(arg, frame)).unwrap_or(Value::Absent));
        }
        inner.resize(usize::from(function.frame) + 1, Value::Absent);
        // Absence of what a function needs gives absence without a look at the function.
        let needs = function.params.iter().zip(&inner).any(|(param, value)| !param.optional && value.is_absent());
        if !needs {
            self.expr(function.body, &mut inner);
        }
    }

    /// The row of a table with this key.
    fn row(&self, id: TableId, key: &[Value<'o>]) -> Option<u32> {
        let table = self.machine.model.table(id);
        let codecs: Vec<Codec> = table.key.iter().map(|&column| Codec::new(&table.columns[column].ty)).collect();
        let same = |cells: &Vec<Option<String>>| {
            table.key.iter().zip(&codecs).zip(key).all(|((&column, codec), wanted)| {
                let text = cells[column].as_deref();
                let value = text.and_then(|text| codec.decode(text, self.arena).ok());
                value.is_some_and(|known| normal::equal(&table.columns[column].ty, known.value, *wanted))
            })
        };
        table.rows.iter().position(same).map(|row| row as u32)
    }
}

/// Of each expression of a mapping whether something in it can be touched: a branch, a row of a table, also in a function.
fn forks(typed: &TypedMapping) -> Vec<bool> {
    let nodes = typed.nodes.all();
    let mut forks: Vec<bool> =
        nodes.iter().map(|node| matches!(node, Node::Lookup { .. }) || !branches_of(node).is_empty()).collect();
    // Until nothing is added: functions may stand before what they call.
    loop {
        let mut more = false;
        for (id, node) in nodes.iter().enumerate() {
            let body = match node {
                Node::ProjectCall { function, .. } => typed.functions.get(usize::from(*function)).map(|f| f.body),
                _ => None,
            };
            if !forks[id] && children(node).into_iter().chain(body).any(|inner| forks[inner.0 as usize]) {
                forks[id] = true;
                more = true;
            }
        }
        if !more {
            return forks;
        }
    }
}

fn is_true(value: Value<'_>) -> bool {
    matches!(value, Value::Bool(true))
}

fn set<'o>(frame: &mut Frame<'o>, slot: u16, value: Value<'o>) {
    let slot = usize::from(slot);
    if frame.len() <= slot {
        frame.resize(slot + 1, Value::Absent);
    }
    frame[slot] = value;
}
