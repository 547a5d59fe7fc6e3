//! Maps and their rules.

use super::checker::Checker;
use super::consent::telling;
use super::names::type_name;
use super::never::Asked;
use super::scope::Scope;
use super::typed::{
    Binding, Dropped, ExprId, Layout, Literal, Mode, Node, OnNone, TypedMap, TypedRule, TypedTarget, Typing,
};
use crate::finding::Finding;
use crate::finding::codes::{document, rule as code};
use crate::model::{Access, Map, MapRule, literal};
use crate::source::Span;
use crate::syntax::ast::{self, Arrow, Expr, ExprKind, Operation, Otherwise, Source};
use crate::value::{ClassSet, EntityId, RecordType, Type};

/// A text in a finding is cut behind so many characters.
const SHOWN: usize = 20;

impl Checker<'_> {
    /// Checks a map; `None` if its sides are not known.
    pub(super) fn check_map(&mut self, index: usize) -> Option<TypedMap> {
        let mapping = self.mapping;
        let map = &mapping.maps[index];
        let left = self.source(&map.between.left);
        let right = self.right_entity(&map.between.right);
        let (left, right) = (left?, right?);
        let mut scope = Scope::of(format!("the map `{}`", map.name.text));
        let record = self.left_scope(map, left, &mut scope);
        scope.right = Some(right);
        let mut right_scope = Scope::of(format!("the right side of the map `{}`", map.name.text));
        let right_name = &map.between.right.name().text;
        right_scope.add(right_name, Type::Record(RecordType::Entity(right)), false, ClassSet::NONE, true);

        let mut options = Scope { unasked: Some(Type::Record(left)), ..Scope::of(scope.place.clone()) };
        let when = map.when.as_ref().map(|when| self.condition(when, &mut options));
        let off = when.is_some_and(|when| self.decided(when) == Some(false));
        let conditions: Vec<_> =
            map.conditions.iter().map(|condition| self.map_condition(condition, &mut scope)).collect();
        let of_conditions = conditions.iter().map(|(condition, ..)| telling(self.classes(*condition)));
        let seen = of_conditions.fold(self.seen_in(left), ClassSet::and);
        let matches = self.matches(map, &mut scope, &mut right_scope);
        let of_matches = matches.iter().flatten().map(|(left, ..)| telling(self.classes(*left)));
        let seen = of_matches.fold(seen, ClassSet::and);
        let in_key = self.record_key(&Type::Record(left));
        let (seen, in_key) = if off { (ClassSet::NONE, ClassSet::NONE) } else { (seen, in_key) };
        let mut lets = Vec::new();
        for binding in &map.lets {
            let value = self.infer(&binding.value, &mut scope);
            let typing = self.nodes.typing(value).clone();
            if scope.variables.iter().any(|known| *known.name == *binding.name.text) {
                self.find(&code::NAME_TAKEN, binding.name.span, [("name", binding.name.text.clone())]);
            }
            let local = scope.add(&binding.name.text, typing.ty, typing.optional, typing.classes, false);
            lets.push((local, value));
        }
        let allocated = map.allocations.iter().map(|allocation| self.allocation(allocation, &mut scope)).collect();
        let mut rules: Vec<TypedRule> = map
            .rules
            .iter()
            .filter_map(|rule| self.rule(map, rule, right, seen, &mut scope, &mut right_scope))
            .collect();
        // What is switched off sends nothing.
        rules.iter_mut().filter(|rule| off || rule.off).for_each(|rule| rule.classes = ClassSet::NONE);
        let aliases = if off { Vec::new() } else { self.aliases(map, right, &mut scope, &mut right_scope) };
        rules.iter().for_each(|rule| self.must_differ(map, right, rule));
        // A field that is written twice was mostly meant to be two: then another one is missing.
        if self.no_field_twice(map, &rules)
            && !map.only_supplements
            && matches!(map.between.arrow, Arrow::Right | Arrow::Both)
        {
            self.required_covered(map, right, &rules);
        }
        let layout = Layout {
            slots: scope
                .variables
                .iter()
                .map(|variable| Binding {
                    name: variable.name.clone(),
                    ty: variable.ty.clone(),
                    optional: variable.optional,
                    classes: variable.classes,
                })
                .collect(),
            ..Layout::default()
        };
        let typed = TypedMap {
            index,
            name: map.name.text.as_str().into(),
            when,
            off,
            arrow: map.between.arrow.clone(),
            left,
            right,
            layout,
            record,
            conditions,
            lets,
            matches,
            gone: map.gone,
            rules,
            aliases,
            protected: None,
            allocates: map.allocations.first().map(|allocation| allocation.name.span),
            allocated,
            seen,
            in_key,
            only_supplements: map.only_supplements,
            frame: scope.most.max(right_scope.most),
            span: map.name.span,
        };
        self.lenses_with_back(&typed, &scope.asked);
        Some(typed)
    }

    /// The names that rules of a map see on the left; the variable of the left record.
    fn left_scope(&mut self, map: &Map, left: RecordType, scope: &mut Scope) -> u16 {
        if let RecordType::Set(set) = left {
            // A set in a circle was not checked, and a finding says so.
            let layout = self.sets.get(&set).cloned();
            if layout.is_none() {
                scope.add_unknown("");
            }
            let layout = layout.unwrap_or_default();
            scope.assume(layout.present.clone());
            scope.asked.extend(layout.asked.clone());
            scope.assume_row(&layout, layout.slots.len() as u16);
            for slot in &layout.slots {
                let binding = matches!(slot.ty, Type::Record(_) | Type::Struct(_) | Type::Unknown);
                scope.add(&slot.name, slot.ty.clone(), slot.optional, slot.classes, binding);
            }
        }
        let name = &map.between.left.name().text;
        let binding = matches!(left, RecordType::Entity(_));
        let taken = scope.find(name).is_some();
        scope.add(if taken { "" } else { name }, Type::Record(left), false, ClassSet::NONE, binding)
    }

    /// The right entity of a map.
    pub(super) fn right_entity(&mut self, source: &Source) -> Option<EntityId> {
        let model = self.model;
        let text = source.path.text();
        let found = match text.split_once('.') {
            Some((alias, entity)) => {
                let side = self.mapping.right.iter().find(|side| side.alias.text == alias);
                side.and_then(|side| model.find_entity(side.system, entity))
            }
            None => self.mapping.right.iter().find_map(|side| model.find_entity(side.system, &text)),
        };
        // Where the side itself is not known, that was said; its entities cannot be.
        if found.is_none() && !self.mapping.right.is_empty() {
            let entities = self.mapping.right.iter().flat_map(|side| model.system(side.system).entities.iter());
            let known: Vec<&str> = entities.map(|&entity| model.entity(entity).name.text.as_str()).collect();
            self.find_named(&code::UNKNOWN_TARGET_ENTITY, source.path.span, &text, known.iter().copied());
        }
        found
    }

    fn map_condition(&mut self, condition: &ast::Where, scope: &mut Scope) -> (ExprId, Option<Dropped>, Span) {
        let span = condition.condition.span;
        let drop = condition.drop.as_ref();
        let drop = drop.map(|drop| Dropped { reject: drop.reject, reason: drop.reason.as_str().into() });
        let condition = self.condition(&condition.condition, scope);
        let facts = self.facts_if(condition);
        scope.assume(facts);
        scope.asked.extend(self.asked_if(condition));
        scope.unsure |= self.nodes.is_broken(condition);
        (condition, drop, span)
    }

    fn matches(&mut self, map: &Map, left: &mut Scope, right: &mut Scope) -> Vec<Vec<(ExprId, ExprId, u32)>> {
        map.matches
            .iter()
            .map(|line| {
                line.pairs
                    .iter()
                    .map(|(l, r)| {
                        let (l, r) = (self.infer(l, left), self.infer(r, right));
                        if let Node::Field { entity, field, .. } = *self.nodes.node(r) {
                            self.must_be_readable(entity, field, self.nodes.typing(r).span);
                        }
                        let ty = self.operand_type(l, r);
                        (l, r, self.nodes.type_number(ty))
                    })
                    .collect()
            })
            .collect()
    }

    fn allocation(&mut self, allocation: &crate::model::Allocation, scope: &mut Scope) -> (u16, Span, Vec<ExprId>) {
        let mut classes = ClassSet::NONE;
        let number = self.allocations.len() as u16;
        self.allocations.push((allocation.name.text.as_str().into(), allocation.name.span));
        let mut candidates = Vec::with_capacity(allocation.candidates.len());
        for candidate in &allocation.candidates {
            let value = self.infer(candidate, scope);
            candidates.push(value);
            let typing = self.nodes.typing(value).clone();
            classes = classes.and(typing.classes);
            if !typing.ty.is_textual() && typing.ty != Type::Unknown {
                let words = [("left", type_name(self.model, &typing.ty)), ("right", "text".to_string())];
                self.find(&code::CANNOT_COMPARE, typing.span, words);
            }
        }
        let secret = allocation.secret.is_some();
        let ty = if secret { Type::Secret } else { Type::Text };
        if secret {
            classes = ClassSet::of(crate::value::Class::SECRET);
        }
        let typing = Typing { classes, ..Typing::plain(ty.clone(), allocation.name.span) };
        self.nodes.add(Node::Allocated(number), typing);
        let local = scope.add(&allocation.name.text, ty, false, classes, false);
        for free in &allocation.free_in {
            self.infer(&free.value, scope);
        }
        (local, allocation.name.span, candidates)
    }

    fn rule(
        &mut self,
        map: &Map,
        from: &MapRule,
        right: EntityId,
        seen: ClassSet,
        scope: &mut Scope,
        right_scope: &mut Scope,
    ) -> Option<TypedRule> {
        let rule = &from.rule;
        self.arrow_allowed(map, rule);
        self.clauses_go_together(rule);
        let clauses = &rule.clauses;
        let when = clauses.when.as_ref().map(|when| self.condition(when, scope));
        let forward = !matches!(rule.arrow, Arrow::Left);
        let mut typed = TypedRule {
            label: rule.label.text.as_str().into(),
            arrow: rule.arrow.clone(),
            value: None,
            target: None,
            back: None,
            when,
            off: when.is_some_and(|when| self.decided(when) == Some(false)),
            on: clauses.on.as_ref().map(|(on, _)| on.clone()).unwrap_or_default(),
            mode: Mode { once: clauses.once.is_some(), fill: clauses.fill.is_some(), add: clauses.add.is_some() },
            absent: if clauses.clear.is_some() || (map.absent_clears && clauses.keep.is_none()) {
                OnNone::Clear
            } else {
                OnNone::Keep
            },
            fails: None,
            prefer: clauses.prefer.map(|(prefer, _)| prefer),
            classes: when.map(|when| self.classes(when)).unwrap_or_default().and(seen),
            span: rule.span,
            left_span: rule.left.span,
            overlay: from.overlay.is_some(),
            layer: from.layer.as_str().into(),
        };
        if forward {
            let facts = when.map(|when| self.facts_if(when)).unwrap_or_default();
            let (new, known) = (scope.assume(facts), scope.asked.len());
            scope.asked.extend(when.map(|when| self.asked_if(when)).unwrap_or_default());
            self.forward(rule, right, scope, &mut typed);
            scope.forget(&new);
            scope.asked.truncate(known);
        }
        if !matches!(rule.arrow, Arrow::Right) {
            typed.back = self.backward(rule, map, right_scope);
        }
        if let Some(target) = typed.target.as_ref().filter(|_| rule.arrow == Arrow::Both || clauses.fill.is_some()) {
            self.must_be_readable(right, target.field, target.span);
        }
        let both = !matches!(rule.arrow, Arrow::Right | Arrow::Left) && clauses.back.is_none();
        if let Some(value) = typed.value.filter(|_| both) {
            self.lens(value);
        }
        Some(typed)
    }

    /// What the sync sends in the place of values of protected people, as rules of the map.
    fn aliases(&mut self, map: &Map, right: EntityId, scope: &mut Scope, right_scope: &mut Scope) -> Vec<TypedRule> {
        let entity = &self.model.entity(right).name.text;
        let aliases = self.protection.map_or(&[][..], |protection| &protection.aliases);
        let mut rules = Vec::new();
        for alias in aliases {
            let [of, field] = alias.field.names.as_slice() else { continue };
            if of.text != *entity || map.between.arrow == Arrow::Left {
                continue;
            }
            let rule = ast::Rule {
                label: field.clone(),
                first_of_row: true,
                left: alias.value.clone(),
                arrow: Arrow::Right,
                arrow_span: alias.span,
                right: Expr { kind: ExprKind::Name(field.text.clone()), span: field.span },
                clauses: ast::Clauses::default(),
                span: alias.span,
            };
            let rule = MapRule { rule, overlay: None, layer: String::new() };
            rules.extend(self.rule(map, &rule, right, ClassSet::NONE, scope, right_scope));
        }
        rules
    }

    /// The value that goes right, and the field that takes it.
    fn forward(&mut self, rule: &ast::Rule, right: EntityId, scope: &mut Scope, typed: &mut TypedRule) {
        let target = crate::syntax::parse::target(&rule.right, self.found);
        let target = target.and_then(|target| self.target(&target, right));
        let mut value = self.infer(&rule.left, scope);
        if !matches!(rule.arrow, Arrow::Right) && target.as_ref().is_some_and(|target| target.ty.element().is_none()) {
            value = self.focused(&rule.left, value, scope);
        }
        let otherwise = rule.clauses.otherwise.as_ref();
        let mut fallback = None;
        if let Some((otherwise, span)) = otherwise {
            let none = match otherwise {
                Otherwise::Skip(reason) => OnNone::Skip(reason.as_str().into()),
                Otherwise::Reject(reason) => OnNone::Reject(reason.as_str().into()),
                Otherwise::Clear => OnNone::Clear,
                Otherwise::Keep => OnNone::Keep,
                Otherwise::Value(expr) => {
                    let value = self.infer(expr, scope);
                    fallback = Some(value);
                    OnNone::Value(value)
                }
            };
            let of = self.nodes.typing(value);
            let links = matches!(of.ty, Type::Record(_) | Type::Ref(_) | Type::List(_) | Type::Set(_));
            if !of.optional && of.fails.is_none() && of.ty != Type::Unknown && !links {
                self.find(&code::ELSE_NEVER_USED, *span, [("text", self.source_text(rule.left.span))]);
            }
            typed.absent = none.clone();
            typed.fails = Some(none);
        }
        typed.classes = typed.classes.and(self.classes(value));
        let Some(target) = target else {
            typed.value = None;
            return;
        };
        self.value_fits(value, &target, rule, right, &scope.asked);
        // A condition with an error in it may say that the value is there.
        let unsure = scope.unsure || typed.when.is_some_and(|when| self.nodes.is_broken(when));
        self.absence_fits(value, &target, rule, typed, unsure);
        if let Some(fallback) = fallback {
            self.value_fits(fallback, &target, rule, right, &scope.asked);
            typed.classes = typed.classes.and(self.classes(fallback));
            let shaped = self.shaped(fallback, &target.ty, scope);
            typed.absent = OnNone::Value(shaped);
            typed.fails = Some(OnNone::Value(shaped));
        }
        if typed.mode.add && !matches!(target.ty, Type::Set(_) | Type::List(_) | Type::Unknown) {
            let span = rule.clauses.add.unwrap_or(rule.span);
            self.find(&code::ADD_NEEDS_SET, span, [("type", type_name(self.model, &target.ty))]);
        }
        typed.value = Some(self.shaped(value, &target.ty, scope));
        typed.target = Some(target);
    }

    /// The value of a lens that chooses one element of a list: the element's, not a list of them.
    fn focused(&mut self, lens: &Expr, value: ExprId, scope: &mut Scope) -> ExprId {
        let of = self.nodes.typing(value).clone();
        let Some(element) = of.ty.element().filter(|_| is_focus(lens)).cloned() else { return value };
        let local = scope.take();
        scope.next -= 1;
        let typing = Typing { ty: element, optional: true, ..of };
        self.nodes.add(Node::Sorted { list: value, element: local, orders: Box::new([]), first: true }, typing)
    }

    fn value_fits(&mut self, value: ExprId, target: &TypedTarget, rule: &ast::Rule, right: EntityId, known: &[Asked]) {
        let of = self.nodes.typing(value).clone();
        // `add` may give one element to a set.
        let element = rule.clauses.add.is_some() && target.ty.element().is_some_and(|ty| self.fits(&of.ty, ty));
        if let (Type::Enum(values), Node::Literal(Literal::Text(text))) = (&target.ty, self.nodes.node(value)) {
            let text = text.clone();
            if !values.contains(&text) {
                let ty = target.ty.clone();
                self.common_type(&ty, &Type::Text, Some(&Literal::Text(text)), of.span);
            }
            return;
        }
        let enum_values = |expr: ExprId, this: &Self| literals_of(this, expr);
        if let (Type::Enum(wanted), Some(given)) = (&target.ty, enum_values(value, self)) {
            if let Some((bad, span)) = given.iter().find(|(text, _)| !wanted.contains(text)) {
                let ty = target.ty.clone();
                self.common_type(&ty, &Type::Text, Some(&Literal::Text(bad.clone())), *span);
            }
            return;
        }
        if let (Type::Ref(entity), true) = (&target.ty, matches!(of.ty, Type::Record(_) | Type::Ref(_))) {
            return self.somebody_makes(*entity, &of);
        }
        if !self.fits(&of.ty, &target.ty) && !element {
            let model = self.model;
            let field = &model.entity(right).fields[target.field as usize];
            let finding = Finding::new(&code::TYPE_MISMATCH, of.span)
                .word("given", type_name(model, &of.ty))
                .word("wanted", type_name(model, &target.ty))
                .word("field", &field.name.text)
                .word_if("fix", fix_for(&of.ty, &target.ty))
                .other(target.span, format!("takes {}", type_name(model, &target.ty)));
            self.found.add(finding);
        }
        self.texts_fit(value, target, right, known);
    }

    /// What the target takes only once must not be the same for every record.
    fn must_differ(&mut self, map: &Map, right: EntityId, rule: &TypedRule) {
        let (Some(value), Some(target)) = (rule.value, rule.target.as_ref().filter(|target| target.steps.is_empty()))
        else {
            return;
        };
        let entity = self.model.entity(right);
        let index = usize::from(target.field);
        let constant = match self.nodes.node(value) {
            Node::Literal(literal) => *literal != Literal::Absent,
            _ => false,
        };
        if entity.fields[index].unique && constant && !map.only_supplements {
            let (span, name) = (self.nodes.typing(value).span, entity.fields[index].name.text.clone());
            self.find(&code::SAME_FOR_EVERYBODY, span, [("field", name)]);
        }
    }

    /// A reference needs a map that makes the record which it leads to.
    fn somebody_makes(&mut self, entity: EntityId, of: &Typing) {
        let mapping = self.mapping;
        let model = self.model;
        let makes = mapping.maps.iter().any(|map| {
            let text = map.between.right.path.text();
            let name = text.rsplit('.').next().unwrap_or(&text);
            name == model.entity(entity).name.text
        });
        if !makes {
            let words = [("entity", model.entity(entity).name.text.clone())];
            self.find(&code::NOBODY_MAKES, of.span, words);
        }
    }

    /// Texts that a rule may write, where they are known before any data is read: those in the rule, the words of an enum.
    fn texts_fit(&mut self, value: ExprId, target: &TypedTarget, right: EntityId, known: &[Asked]) {
        let field = &self.model.entity(right).fields[usize::from(target.field)];
        if !target.steps.is_empty() || !field.write_values.is_empty() || target.ty != field.ty {
            return;
        }
        let mut ends = Vec::new();
        ends_of(self, value, &mut ends);
        let mut texts = texts_of(self, &ends);
        for end in ends.into_iter().filter(|end| matches!(self.nodes.typing(*end).ty, Type::Enum(_))) {
            let (words, span) = (self.only_texts(end, known).unwrap_or_default(), self.nodes.typing(end).span);
            texts.extend(words.into_iter().map(|word| (word, span)));
        }
        let written_as = matches!(target.ty, Type::Email | Type::Uuid | Type::Country);
        for (text, span) in texts {
            let name = field.name.text.clone();
            let short: String = text.chars().take(SHOWN).chain((text.chars().count() > SHOWN).then_some('…')).collect();
            if let Some(max) = field.max.filter(|max| text.chars().count() > *max as usize) {
                return self.find(
                    &code::TEXT_TOO_LONG,
                    span,
                    [("field", name), ("text", short), ("max", max.to_string())],
                );
            }
            if let Some(pattern) = field.pattern.as_ref().filter(|pattern| !literal::whole(pattern, &text)) {
                return self.find(&document::PATTERN_NOT_MET, span, [("name", name), ("pattern", pattern.clone())]);
            }
            if written_as && !literal::fits(&text, &target.ty) {
                let ty = type_name(self.model, &target.ty);
                return self.find(&document::BAD_VALUE, span, [("name", name), ("value", short), ("type", ty)]);
            }
        }
    }

    fn absence_fits(&mut self, value: ExprId, target: &TypedTarget, rule: &ast::Rule, typed: &TypedRule, unsure: bool) {
        let of = self.nodes.typing(value).clone();
        if of.ty == Type::Unknown {
            return;
        }
        let clears = rule.clauses.clear.or(match &rule.clauses.otherwise {
            Some((Otherwise::Clear, span)) => Some(*span),
            _ => None,
        });
        if let Some(span) = clears
            && !target.optional
        {
            return self.find(&code::REQUIRED_CANNOT_BE_CLEARED, span, [("field", self.source_text(target.span))]);
        }
        let keeps = typed.absent == OnNone::Keep && rule.clauses.otherwise.is_none();
        let supplement = rule.clauses.on.as_ref().is_some_and(|(on, _)| !on.contains(&Operation::Create));
        if of.optional && keeps && !target.optional && !supplement && !unsure {
            let finding = Finding::new(&code::MAY_BE_ABSENT, of.span)
                .word("text", self.source_text(of.span))
                .word("field", self.source_text(target.span))
                .other(target.span, "must have a value");
            self.found.add(finding);
        }
        if let (Some(why), None) = (of.fails, &typed.fails) {
            self.find(&code::MAY_FAIL, of.span, [("why", why.to_string()), ("text", self.source_text(of.span))]);
        }
    }

    /// A rule that goes left: the right value, and what takes it back, if the rule says so itself.
    fn backward(&mut self, rule: &ast::Rule, map: &Map, right_scope: &mut Scope) -> Option<ExprId> {
        if let Some(back) = &rule.clauses.back {
            return Some(self.infer(back, right_scope));
        }
        let lens = match rule.arrow {
            Arrow::Left => {
                self.infer(&rule.right, right_scope);
                let target = crate::syntax::parse::target(&rule.left, self.found);
                if let Some(target) = target {
                    self.left_target(&target, map);
                }
                return None;
            }
            _ => &rule.left,
        };
        if let Some((span, what)) = not_invertible(lens) {
            self.find(&code::NO_INVERSE, span, [("what", what)]);
        }
        None
    }

    /// The field on the left that a `<-` rule writes.
    fn left_target(&mut self, target: &ast::Target, map: &Map) {
        let text = map.between.left.path.text();
        let Some(RecordType::Entity(entity)) = self.find_source_name(&text) else { return };
        self.target(target, entity);
    }

    fn arrow_allowed(&mut self, map: &Map, rule: &ast::Rule) {
        if let Arrow::Option(name) = &rule.arrow {
            match self.mapping.options.iter().find(|option| option.name.text == *name) {
                None => {
                    let known = self.mapping.options.iter().map(|option| option.name.text.as_str());
                    self.find_named(&code::UNKNOWN_OPTION, rule.arrow_span, name, known);
                }
                Some(option) if option.ty != Type::Direction => {
                    let words = [("name", name.clone()), ("type", type_name(self.model, &option.ty))];
                    self.find(&code::OPTION_IS_NO_DIRECTION, rule.arrow_span, words);
                }
                Some(_) => {}
            }
            return;
        }
        let against = match map.between.arrow {
            Arrow::Right => rule.arrow != Arrow::Right,
            Arrow::Left => rule.arrow != Arrow::Left,
            _ => false,
        };
        if against {
            let finding = Finding::new(&code::ARROW_AGAINST_MAP, rule.arrow_span)
                .word("arrow", rule.arrow.text())
                .word("map", map.between.arrow.text())
                .other(map.between.span, "the map goes this way");
            self.found.add(finding);
        }
    }

    fn clauses_go_together(&mut self, rule: &ast::Rule) {
        let clauses = &rule.clauses;
        let pairs = [
            ("once", clauses.once, "fill", clauses.fill),
            ("clear", clauses.clear, "keep", clauses.keep),
            ("once", clauses.once, "clear", clauses.clear),
            ("fill", clauses.fill, "clear", clauses.clear),
        ];
        for (one, first, other, second) in pairs {
            if let (Some(first), Some(second)) = (first, second) {
                let finding = Finding::new(&code::CLAUSES_CONTRADICT, first.max(second))
                    .word("one", one)
                    .word("other", other)
                    .other(first.min(second), "says the contrary");
                self.found.add(finding);
            }
        }
    }

    /// True if no field is written twice.
    fn no_field_twice(&mut self, map: &Map, rules: &[TypedRule]) -> bool {
        let mut once = true;
        for (index, rule) in rules.iter().enumerate() {
            let Some(target) = &rule.target else { continue };
            let clash = rules[..index].iter().find(|earlier| {
                let same = earlier.target.as_ref().is_some_and(|other| overlap(other, target));
                let apart =
                    !earlier.on.is_empty() && !rule.on.is_empty() && !earlier.on.iter().any(|op| rule.on.contains(op));
                let on_off = ends_apart(&earlier.on, &rule.on);
                let both_ask = match (earlier.when, rule.when) {
                    (Some(one), Some(other)) => !(self.follows(one, other) && self.follows(other, one)),
                    _ => false,
                };
                let adds = earlier.mode.add && rule.mode.add;
                same && !apart && !both_ask && !adds && !on_off
            });
            if let Some(earlier) = clash {
                let finding = Finding::new(&code::WRITTEN_TWICE, target.span)
                    .word("field", self.source_text(target.span))
                    .word("map", &map.name.text)
                    .other(earlier.target.as_ref().map_or(earlier.span, |target| target.span), "already written here");
                self.found.add(finding);
                once = false;
                continue;
            }
            let Some((when, value)) = rule.when.zip(rule.value) else { continue };
            let always = !self.nodes.typing(value).optional && self.nodes.typing(value).fails.is_none();
            let hidden = rules[..index].iter().find(|earlier| {
                let same = earlier
                    .target
                    .as_ref()
                    .is_some_and(|other| other.field == target.field && other.steps == target.steps);
                let alike = earlier.on == rule.on && earlier.mode == rule.mode && earlier.arrow == rule.arrow;
                same && alike && always && earlier.when.is_some_and(|earlier| self.follows(when, earlier))
            });
            if let Some(earlier) = hidden {
                let finding = Finding::new(
                    &code::WRITTEN_OVER,
                    earlier.when.map_or(earlier.span, |when| self.nodes.typing(when).span),
                )
                .word("label", &*earlier.label)
                .word("field", self.source_text(target.span))
                .other(self.nodes.typing(when).span, "holds then too, and the lower rule counts");
                self.found.add(finding);
            }
        }
        once
    }

    fn required_covered(&mut self, map: &Map, right: EntityId, rules: &[TypedRule]) {
        let model = self.model;
        let entity = model.entity(right);
        let theirs = entity.write.as_ref().is_some_and(|write| write.id_theirs);
        let broken = map.rules.len() != rules.len()
            || rules
                .iter()
                .any(|rule| rule.target.is_none() && rule.value.is_none() && !matches!(rule.arrow, Arrow::Left));
        let missing: Vec<&str> = entity
            .fields
            .iter()
            .enumerate()
            .filter(|(index, field)| {
                let needed = !field.optional && field.default.is_none() && field.access != Access::Read;
                let id = theirs && entity.key.contains(index);
                let list = matches!(field.ty, Type::List(_) | Type::Set(_));
                let written = rules.iter().any(|rule| rule.target.as_ref().is_some_and(|t| t.field as usize == *index));
                needed && !id && !list && !written
            })
            .map(|(_, field)| field.name.text.as_str())
            .collect();
        if !missing.is_empty() && !broken {
            let words =
                [("fields", missing.join(", ")), ("entity", entity.name.text.clone()), ("map", map.name.text.clone())];
            self.find(&code::REQUIRED_FIELD_MISSING, map.name.span, words);
        }
    }
}

/// True for `list[condition]` and members of it.
fn is_focus(lens: &Expr) -> bool {
    match &lens.kind {
        ExprKind::Filter(..) => true,
        ExprKind::Field(of, _) => is_focus(of),
        _ => false,
    }
}

/// True if writing one target may write the other.
fn overlap(one: &TypedTarget, other: &TypedTarget) -> bool {
    one.field == other.field && one.steps.iter().zip(&other.steps).all(|(a, b)| a == b)
}

/// A rule for deactivation beside one without `on`: the special one is meant for its operation alone.
fn ends_apart(one: &[Operation], other: &[Operation]) -> bool {
    let special =
        |on: &[Operation]| !on.is_empty() && !on.iter().any(|op| matches!(op, Operation::Create | Operation::Update));
    (special(one) && other.is_empty()) || (special(other) && one.is_empty())
}

/// The texts that an expression gives, if they are literals in all its branches.
pub(super) fn literals_of(checker: &Checker<'_>, expr: ExprId) -> Option<Vec<(Box<str>, Span)>> {
    let mut ends = Vec::new();
    ends_of(checker, expr, &mut ends);
    let is_literal =
        |end: &ExprId| matches!(checker.nodes.node(*end), Node::Literal(Literal::Text(_) | Literal::Absent));
    ends.iter().all(is_literal).then(|| texts_of(checker, &ends))
}

/// The texts among the values that an expression may give.
fn texts_of(checker: &Checker<'_>, ends: &[ExprId]) -> Vec<(Box<str>, Span)> {
    let text = |end: &ExprId| match checker.nodes.node(*end) {
        Node::Literal(Literal::Text(text)) => Some((text.clone(), checker.nodes.typing(*end).span)),
        _ => None,
    };
    ends.iter().filter_map(text).collect()
}

/// The ends of all branches of an expression.
fn ends_of(checker: &Checker<'_>, expr: ExprId, into: &mut Vec<ExprId>) {
    match checker.nodes.node(expr) {
        Node::If(_, one, other) | Node::Coalesce(one, other) | Node::Try(one, other) => {
            ends_of(checker, *one, into);
            ends_of(checker, *other, into);
        }
        Node::Match { arms, .. } => arms.iter().for_each(|arm| ends_of(checker, arm.value, into)),
        _ => into.push(expr),
    }
}

/// What would make a value fit.
fn fix_for(given: &Type, wanted: &Type) -> Option<String> {
    Some(match (given, wanted) {
        (Type::List(_) | Type::Set(_), ty) if ty.element().is_none() => "choose one element: … | first".into(),
        (ty, Type::List(_) | Type::Set(_)) if ty.element().is_none() => "put it into brackets: [ … ]".into(),
        (Type::Int | Type::Decimal | Type::Date | Type::Bool, Type::Text) => "make a text of it: … | text".into(),
        (Type::Text | Type::Enum(_), Type::Enum(_)) => {
            "say which text becomes which value with match or a table".into()
        }
        (Type::Text, Type::Int) => "read a number from it: … | int".into(),
        (Type::Text, Type::Date) => "read a date from it: … | date".into(),
        (Type::Text, Type::Personnummer) => "read it as one: … | personnummer".into(),
        (Type::Text, Type::Bsn) => "read it as one: … | bsn".into(),
        (Type::Text, Type::Rijksregisternummer) => "read it as one: … | rijksregisternummer".into(),
        _ => return None,
    })
}

/// The first part of a lens that cannot be taken back, and what it is.
fn not_invertible(expr: &Expr) -> Option<(Span, String)> {
    match &expr.kind {
        ExprKind::Name(_) | ExprKind::Broken => None,
        ExprKind::Field(of, _) => not_invertible(of),
        ExprKind::Filter(of, _) => not_invertible(of),
        ExprKind::Call { name, args, .. } => {
            let inverse = crate::function::find(&name.text).is_some_and(|function| function.inverse.is_some());
            let look_up = name.text == "lookup";
            if inverse || look_up {
                args.first().and_then(|arg| not_invertible(&arg.value))
            } else {
                Some((name.span, format!("`{}` has no inverse", name.text)))
            }
        }
        ExprKind::Binary(ast::BinaryOp::Else, of, literal) => match literal.kind {
            ExprKind::Text(_) | ExprKind::Number(_) | ExprKind::Bool(_) => not_invertible(of),
            _ => Some((literal.span, "what stands after `??` is no literal".into())),
        },
        _ => Some((expr.span, "this is no path and no function with an inverse".into())),
    }
}
