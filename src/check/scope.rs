//! What names mean at a place: elements, `let`s, bindings, fields.

use super::presence::Fact;
use super::typed::Local;
use crate::value::{ClassSet, EntityId, Type};
use std::collections::BTreeSet;

/// A named value of the row.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: Box<str>,
    /// Its number in the frame.
    pub local: Local,
    /// Its type.
    pub ty: Type,
    /// True if it may be absent.
    pub optional: bool,
    /// The classes that flow into it.
    pub classes: ClassSet,
    /// True for a record that a step or map brought in: its fields can be named alone.
    pub binding: bool,
}

/// The element that a condition or expression in brackets is about.
#[derive(Clone, Debug)]
pub struct Element {
    /// Its number in the frame.
    pub local: Local,
    /// Its type.
    pub ty: Type,
    /// The classes that flow into it.
    pub classes: ClassSet,
}

/// What can be seen at a place.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Named values of the row, in order.
    pub variables: Vec<Variable>,
    /// Elements, innermost last.
    pub elements: Vec<Element>,
    /// The next free number of the frame.
    pub next: Local,
    /// The largest frame that was needed.
    pub most: Local,
    /// Paths that are known to be there.
    pub present: BTreeSet<Fact>,
    /// True if a condition could not be understood: it may say that something is there.
    pub unsure: bool,
    /// The right entity, where `right.x` may be read.
    pub right: Option<EntityId>,
    /// The type of records that cannot be asked here, though they are near: those of a map in its `when`.
    pub unasked: Option<Type>,
    /// What this place is, for findings: "the map `pupils`".
    pub place: String,
}

impl Scope {
    /// An empty scope of a place.
    pub fn of(place: impl Into<String>) -> Scope {
        Scope { place: place.into(), ..Scope::default() }
    }

    /// Takes the next number of the frame.
    pub fn take(&mut self) -> Local {
        let local = self.next;
        self.next += 1;
        self.most = self.most.max(self.next);
        local
    }

    /// Adds a named value under the next number.
    pub fn add(&mut self, name: &str, ty: Type, optional: bool, classes: ClassSet, binding: bool) -> Local {
        let local = self.take();
        self.variables.push(Variable { name: name.into(), local, ty, optional, classes, binding });
        local
    }

    /// Adds a name whose meaning an error hides. From here on no name can be said to be unknown.
    pub fn add_unknown(&mut self, name: &str) {
        self.add(name, Type::Unknown, false, ClassSet::NONE, true);
    }

    /// True if a binding or element is not known, so that any name may be a field of it.
    pub fn is_blurred(&self) -> bool {
        self.variables.iter().any(|variable| variable.binding && variable.ty == Type::Unknown)
            || self.elements.iter().any(|element| element.ty == Type::Unknown)
    }

    /// The value of this name; a later one hides an earlier one.
    pub fn find(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().rev().find(|variable| &*variable.name == name)
    }
}
