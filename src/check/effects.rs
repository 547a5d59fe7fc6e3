//! What a function of the project does to the data classes of what it is given: worked out anew for each call, so that a
//! function which hides a national id hides it, and one which hands a faith through hands it through.

use super::checker::Checker;
use super::typed::{ExprId, Node, children};
use crate::function::{Effect, Function};
use crate::value::{Class, ClassSet};
use std::collections::HashMap;

/// Classes of the variables of a function's body.
type Frame = HashMap<u16, ClassSet>;

impl Checker<'_> {
    /// The classes of a call of a function of the project.
    pub(super) fn classes_of_call(&self, function: usize, given: &[ClassSet]) -> ClassSet {
        let params = given.iter().enumerate().map(|(index, classes)| (index as u16, *classes));
        self.flowing(self.functions[function].body, &mut params.collect())
    }

    /// The classes that flow into an expression of a body, where its variables carry these.
    fn flowing(&self, expr: ExprId, frame: &mut Frame) -> ClassSet {
        let node = self.nodes.node(expr);
        let all = |exprs: Vec<ExprId>, frame: &mut Frame| {
            exprs.into_iter().map(|expr| self.flowing(expr, frame)).fold(ClassSet::NONE, ClassSet::and)
        };
        match node {
            Node::Local(local) => frame.get(local).copied().unwrap_or_default(),
            Node::Call { function, args } => {
                let taken = args.iter().enumerate().filter(|(index, _)| !is_key(function, *index));
                let given = all(taken.filter_map(|(_, arg)| *arg).collect(), frame);
                after(function.effect, given)
            }
            Node::ProjectCall { function, args } => {
                let given: Vec<ClassSet> =
                    args.iter().map(|arg| arg.map(|arg| self.flowing(arg, frame)).unwrap_or_default()).collect();
                self.classes_of_call(usize::from(*function), &given)
            }
            Node::Each { list, element, .. }
            | Node::Filter { list, element, .. }
            | Node::Quantified { list, element, .. }
            | Node::Sorted { list, element, .. } => {
                let of = self.flowing(*list, frame);
                frame.insert(*element, of);
                all(children(node), frame)
            }
            _ => {
                let below = all(children(node), frame);
                if self.nodes.declassified.contains(&expr) {
                    return declassified(below);
                }
                // A field of a record that is given: what it declares itself.
                let own = matches!(node, Node::Field { .. } | Node::UnionField { .. } | Node::Option(_));
                if own { below.and(self.classes(expr)) } else { below }
            }
        }
    }
}

/// True for the parameter whose value nobody can read from the result.
pub(super) fn is_key(function: &Function, index: usize) -> bool {
    function.effect == Effect::Pseudonym && function.params.get(index).is_some_and(|param| param.name == "key")
}

/// The classes that a function leaves of those that flow into it.
pub(super) fn after(effect: Effect, classes: ClassSet) -> ClassSet {
    match effect {
        Effect::Keeps => classes,
        _ if classes.is_empty() => ClassSet::NONE,
        // Few faiths are as many pseudonyms, and half a password is one: only what is one of very many is hidden.
        Effect::Pseudonym | Effect::Coarsens => {
            let hidden = [Class::NATIONAL_ID, Class::CONTACT];
            hidden.into_iter().fold(classes, ClassSet::without).and(ClassSet::of(Class::PERSONAL))
        }
        Effect::Adds(more) => classes.and(more),
    }
}

/// The classes of a value that a person said to be public.
pub(super) fn declassified(classes: ClassSet) -> ClassSet {
    if classes.is_empty() { ClassSet::NONE } else { ClassSet::of(Class::PERSONAL) }
}
