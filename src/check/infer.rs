//! Expressions: names, types, absence, failure, data classes.

use super::checker::Checker;
use super::names::type_name;
use super::scope::Scope;
use super::typed::{ExprId, Literal, Node, TypedArm, TypedPattern, TypedPiece, Typing};
use crate::finding::codes::rule as code;
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp, Expr, ExprKind, PatternKind, Piece};
use crate::value::{Class, ClassSet, Member, Type};
use rust_decimal::Decimal;
use std::str::FromStr;
use std::sync::Arc;

impl Checker<'_> {
    /// Types an expression. Never fails: what is wrong becomes a finding and a node of unknown type.
    pub fn infer(&mut self, expr: &Expr, scope: &mut Scope) -> ExprId {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Text(text) => {
                self.forgotten_f(text, span, scope);
                self.literal(Literal::Text(text.as_str().into()), Type::Text, span)
            }
            ExprKind::Number(text) => self.number(text, span),
            ExprKind::Duration(duration) => self.literal(Literal::Duration(*duration), Type::Duration, span),
            ExprKind::Bool(value) => self.literal(Literal::Bool(*value), Type::Bool, span),
            ExprKind::Absent => {
                let typing = Typing { optional: true, ..Typing::plain(Type::Nothing, span) };
                self.nodes.add(Node::Literal(Literal::Absent), typing)
            }
            ExprKind::Interpolated(pieces) => self.interpolated(pieces, span, scope),
            ExprKind::Option(name) => self.option(name, span),
            ExprKind::Name(name) => {
                let value = self.name(name, span, scope);
                self.settle(value, scope)
            }
            ExprKind::Call { name, args, piped } => self.call(name, args, *piped, span, scope),
            ExprKind::Field(of, name) => {
                let value = self.path(of, name, span, scope);
                self.settle(value, scope)
            }
            ExprKind::Filter(list, condition) => self.filter(list, condition, span, scope),
            ExprKind::List(items) => self.list(items, span, scope),
            ExprKind::Struct(members) => self.structure(members, span, scope),
            ExprKind::Match { on, arms } => self.match_arms(on, arms, span, scope),
            ExprKind::If(condition, then, otherwise) => self.if_else(condition, then, otherwise, span, scope),
            ExprKind::Try(value, otherwise) => self.try_else(value, otherwise, span, scope),
            ExprKind::Not(value) => {
                // What contradicts is asked of the whole of it.
                let known = std::mem::take(&mut scope.asked);
                let value = self.condition(value, scope);
                scope.asked = known;
                let typing = Typing { span, ty: Type::Bool, ..self.nodes.typing(value).clone() };
                self.nodes.add(Node::Not(value), typing)
            }
            ExprKind::Negate(value) => self.negate(value, span, scope),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, span, scope),
            ExprKind::IsAbsent { value, negated } => {
                let value = self.infer(value, scope);
                let typing = Typing { classes: self.classes(value), ..Typing::plain(Type::Bool, span) };
                let typing = Typing { fails: self.nodes.typing(value).fails, ..typing };
                self.nodes.add(Node::IsAbsent { value, negated: *negated }, typing)
            }
            ExprKind::Broken => self.broken(span),
        }
    }

    /// A node that stands for an error which was reported.
    pub fn broken(&mut self, span: Span) -> ExprId {
        self.nodes.add(Node::Broken, Typing::plain(Type::Unknown, span))
    }

    /// A literal node.
    pub fn literal(&mut self, literal: Literal, ty: Type, span: Span) -> ExprId {
        self.nodes.add(Node::Literal(literal), Typing::plain(ty, span))
    }

    fn number(&mut self, text: &str, span: Span) -> ExprId {
        if let Ok(int) = text.parse::<i64>() {
            return self.literal(Literal::Int(int), Type::Int, span);
        }
        match Decimal::from_str(text) {
            Ok(decimal) => self.literal(Literal::Decimal(decimal), Type::Decimal, span),
            Err(_) => {
                self.find(&code::NUMBER_TOO_LARGE, span, []);
                self.broken(span)
            }
        }
    }

    /// A plain text with the name of a value in braces: nobody wants to send the braces.
    fn forgotten_f(&mut self, text: &str, span: Span, scope: &Scope) {
        let in_braces = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        let mut names = in_braces.map(|(path, _)| path.split('.').next().unwrap_or_default().trim());
        let known = names.find(|name| self.knows(name, scope));
        if let Some(name) = known.filter(|_| self.source_text(span).starts_with('"')) {
            self.find(&code::TEXT_WITHOUT_F, span, [("name", name.to_string())]);
        }
    }

    fn interpolated(&mut self, pieces: &[Piece], span: Span, scope: &mut Scope) -> ExprId {
        let mut typing = Typing::plain(Type::Text, span);
        let mut typed = Vec::with_capacity(pieces.len());
        for piece in pieces {
            typed.push(match piece {
                Piece::Text(text) => TypedPiece::Text(text.as_str().into()),
                Piece::Value(value) => {
                    let value = self.infer(value, scope);
                    self.must_be_simple(value);
                    typing.take(self.nodes.typing(value));
                    TypedPiece::Value(value)
                }
            });
        }
        self.nodes.add(Node::Interpolate(typed.into()), typing)
    }

    fn must_be_simple(&mut self, value: ExprId) {
        let typing = self.nodes.typing(value);
        let simple = !matches!(
            &typing.ty,
            Type::List(_)
                | Type::Set(_)
                | Type::Struct(_)
                | Type::Record(_)
                | Type::Ref(_)
                | Type::Bytes
                | Type::Nothing
        );
        if !simple {
            let (span, ty) = (typing.span, type_name(self.model, &typing.ty));
            self.find(&code::CANNOT_BE_TEXT, span, [("type", ty)]);
        }
    }

    fn option(&mut self, name: &str, span: Span) -> ExprId {
        let Some(index) = self.mapping.options.iter().position(|option| option.name.text == name) else {
            let known = self.mapping.options.iter().map(|option| option.name.text.as_str());
            self.find_named(&code::UNKNOWN_OPTION, span, name, known);
            return self.broken(span);
        };
        let option = &self.mapping.options[index];
        let optional = option.optional && option.default.is_none();
        let secret = option.ty == Type::Secret;
        let classes = if secret { ClassSet::of(Class::SECRET) } else { ClassSet::NONE };
        let typing = Typing { optional, classes, ..Typing::plain(option.ty.clone(), span) };
        self.nodes.add(Node::Option(index as u16), typing)
    }

    fn list(&mut self, items: &[Expr], span: Span, scope: &mut Scope) -> ExprId {
        let items: Vec<_> = items.iter().map(|item| self.infer(item, scope)).collect();
        let mut typing = Typing::plain(Type::Unknown, span);
        let mut element: Option<Type> = None;
        for &item in &items {
            let of = self.nodes.typing(item).clone();
            typing.classes = typing.classes.and(of.classes);
            typing.fails = typing.fails.or(of.fails);
            element = Some(match element {
                None => of.ty,
                Some(so_far) => self.joined(&so_far, &of.ty).unwrap_or_else(|| {
                    let words = [("one", type_name(self.model, &so_far)), ("other", type_name(self.model, &of.ty))];
                    self.find(&code::BRANCHES_DIFFER, of.span, words);
                    Type::Unknown
                }),
            });
        }
        typing.ty = Type::List(Arc::new(element.unwrap_or(Type::Nothing)));
        self.nodes.add(Node::List(items.into()), typing)
    }

    fn structure(&mut self, members: &[(ast::Name, Expr)], span: Span, scope: &mut Scope) -> ExprId {
        let mut typing = Typing::plain(Type::Unknown, span);
        let mut types: Vec<Member> = Vec::with_capacity(members.len());
        let mut values = Vec::with_capacity(members.len());
        for (name, value) in members {
            if types.iter().any(|known| *known.name == *name.text) {
                self.find(&code::MEMBER_TWICE, name.span, [("name", name.text.clone())]);
            }
            let value = self.infer(value, scope);
            let of = self.nodes.typing(value);
            typing.classes = typing.classes.and(of.classes);
            typing.fails = typing.fails.or(of.fails);
            types.push(Member { name: name.text.as_str().into(), ty: of.ty.clone(), optional: of.optional });
            values.push(value);
        }
        typing.ty = Type::Struct(types.into());
        self.nodes.add(Node::Struct(values.into()), typing)
    }

    /// An expression that must be a condition.
    pub fn condition(&mut self, expr: &Expr, scope: &mut Scope) -> ExprId {
        let value = self.infer(expr, scope);
        let typing = self.nodes.typing(value);
        if !matches!(typing.ty, Type::Bool | Type::Unknown) {
            let (span, ty) = (typing.span, type_name(self.model, &typing.ty));
            let words = [("type", ty), ("text", self.source_text(span))];
            self.find(&code::NOT_A_CONDITION, span, words);
        }
        // The parts of `a and b` were looked at one by one.
        if !matches!(self.nodes.node(value), Node::And(..)) {
            self.must_agree(&scope.asked, value);
        }
        value
    }

    fn if_else(&mut self, condition: &Expr, then: &Expr, other: &Expr, span: Span, scope: &mut Scope) -> ExprId {
        let condition = self.condition(condition, scope);
        let (new, known) = (scope.assume(self.facts_if(condition)), scope.asked.len());
        scope.asked.extend(self.asked_if(condition));
        let then = self.infer(then, scope);
        scope.forget(&new);
        scope.asked.truncate(known);
        let new = scope.assume(self.facts_unless(condition));
        scope.asked.extend(self.asked_unless(condition));
        let other = self.infer(other, scope);
        scope.forget(&new);
        scope.asked.truncate(known);
        let mut typing = self.branches(&[then, other], span);
        let taken = self.decided(condition).map(|truth| if truth { then } else { other });
        typing.classes = taken.map_or(typing.classes, |taken| self.classes(taken));
        let asked = self.nodes.typing(condition);
        typing.classes = typing.classes.and(asked.classes);
        typing.fails = typing.fails.or(asked.fails);
        let id = self.nodes.add(Node::If(condition, then, other), typing);
        self.nodes.taken.extend(taken.map(|taken| (id, taken)));
        id
    }

    fn try_else(&mut self, value: &Expr, otherwise: &Expr, span: Span, scope: &mut Scope) -> ExprId {
        let (value, otherwise) = (self.infer(value, scope), self.infer(otherwise, scope));
        if self.nodes.typing(value).fails.is_none() && self.nodes.typing(value).ty != Type::Unknown {
            let span = self.nodes.typing(value).span;
            self.find(&code::CANNOT_FAIL, span, []);
        }
        let mut typing = self.branches(&[value, otherwise], span);
        typing.fails = self.nodes.typing(otherwise).fails;
        self.nodes.add(Node::Try(value, otherwise), typing)
    }

    /// The type of an expression that gives one of these values.
    pub fn branches(&mut self, values: &[ExprId], span: Span) -> Typing {
        let mut typing = Typing::plain(Type::Nothing, span);
        for &value in values {
            let of = self.nodes.typing(value).clone();
            typing.take(&of);
            match self.joined(&typing.ty, &of.ty) {
                Some(ty) => typing.ty = ty,
                None => {
                    let words = [("one", type_name(self.model, &typing.ty)), ("other", type_name(self.model, &of.ty))];
                    self.find(&code::BRANCHES_DIFFER, of.span, words);
                    typing.ty = Type::Unknown;
                }
            }
        }
        typing
    }

    fn match_arms(&mut self, on: &Expr, arms: &[ast::Arm], span: Span, scope: &mut Scope) -> ExprId {
        let on = self.infer(on, scope);
        let matched = self.nodes.typing(on).clone();
        let mut typed = Vec::with_capacity(arms.len());
        let mut values = Vec::with_capacity(arms.len());
        let mut seen: Vec<&PatternKind> = Vec::new();
        for (index, arm) in arms.iter().enumerate() {
            let covered = arms[..index].iter().any(|before| before.patterns.is_empty());
            let mut patterns = Vec::with_capacity(arm.patterns.len());
            for pattern in &arm.patterns {
                let kind = self.pattern(pattern, &matched.ty);
                let mut before = typed.iter().flat_map(|arm: &TypedArm| &arm.patterns).chain(&patterns);
                if covered || before.any(|before| kind.as_ref().is_some_and(|kind| self.covers(before, kind))) {
                    self.find(&code::ARM_NEVER_REACHED, pattern.span, []);
                }
                seen.push(&pattern.kind);
                patterns.extend(kind);
            }
            let known = scope.asked.len();
            scope.asked.extend(self.known_in_arm(on, &typed, &patterns, arm.patterns.is_empty()));
            let value = self.infer(&arm.value, scope);
            scope.asked.truncate(known);
            values.push(value);
            typed.push(TypedArm { patterns: patterns.into(), value });
        }
        let mut typing = self.branches(&values, span);
        typing.classes = typing.classes.and(matched.classes);
        typing.fails = typing.fails.or(matched.fails);
        let has_else = arms.iter().any(|arm| arm.patterns.is_empty());
        let has_absent = seen.iter().any(|kind| matches!(kind, PatternKind::Absent));
        typing.optional |= matched.optional && !has_else && !has_absent;
        if !has_else {
            self.must_be_exhaustive(&matched, &seen, span);
        }
        self.nodes.add(Node::Match { on, arms: typed.into() }, typing)
    }

    /// What an arm knows of the value that is matched: one of its literals; behind `else`, none of those above.
    fn known_in_arm(
        &self,
        on: ExprId,
        above: &[TypedArm],
        patterns: &[TypedPattern],
        is_else: bool,
    ) -> Option<super::never::Asked> {
        let literal = |pattern: &TypedPattern| match pattern {
            TypedPattern::Literal(literal) => Some(literal.clone()),
            _ => None,
        };
        let literals: Option<Vec<Literal>> = match is_else {
            true => Some(above.iter().flat_map(|arm| &arm.patterns).filter_map(literal).collect()),
            false => patterns.iter().map(literal).collect(),
        };
        self.asked_of_arm(on, literals.filter(|all| is_else || !all.is_empty())?, is_else, self.nodes.typing(on).span)
    }

    /// True if whatever fits the second pattern fits the first.
    fn covers(&self, one: &TypedPattern, other: &TypedPattern) -> bool {
        let regex = |number: &u32| &self.nodes.patterns[*number as usize];
        match (one, other) {
            (TypedPattern::Absent, TypedPattern::Absent) => true,
            (TypedPattern::Literal(one), TypedPattern::Literal(other)) => one == other,
            (TypedPattern::Like(one), TypedPattern::Like(other)) => regex(one).as_str() == regex(other).as_str(),
            (TypedPattern::Like(one), TypedPattern::Literal(Literal::Text(text))) => regex(one).is_match(text),
            _ => false,
        }
    }

    fn must_be_exhaustive(&mut self, matched: &Typing, seen: &[&PatternKind], span: Span) {
        let covers = |text: &str| {
            seen.iter().any(|kind| matches!(kind, PatternKind::Literal(ast::Literal::Text(known)) if known == text))
        };
        let missing = match &matched.ty {
            Type::Unknown => return,
            Type::Enum(values) => {
                let missing: Vec<_> =
                    values.iter().filter(|value| !covers(value)).map(|v| format!("\"{v}\"")).collect();
                if missing.is_empty() {
                    return;
                }
                missing.join(", ")
            }
            Type::Bool => {
                let has = |wanted: bool| {
                    seen.iter().any(|kind| matches!(kind, PatternKind::Literal(ast::Literal::Bool(b)) if *b == wanted))
                };
                match (has(true), has(false)) {
                    (true, true) => return,
                    (true, false) => "false".into(),
                    _ => "true".into(),
                }
            }
            _ => "every other value".into(),
        };
        let start = Span { end: span.start + 5, ..span };
        self.find(&code::MATCH_NOT_EXHAUSTIVE, start, [("missing", missing)]);
    }

    fn pattern(&mut self, pattern: &ast::Pattern, ty: &Type) -> Option<TypedPattern> {
        match &pattern.kind {
            PatternKind::Absent => Some(TypedPattern::Absent),
            PatternKind::Like(regex) => {
                if !ty.is_textual() && *ty != Type::Unknown {
                    let words = [("left", type_name(self.model, ty)), ("right", "text".to_string())];
                    self.find(&code::CANNOT_COMPARE, pattern.span, words);
                }
                self.regex(regex, pattern.span).map(TypedPattern::Like)
            }
            PatternKind::Literal(literal) => {
                let (literal, of) = self.plain_literal(literal, pattern.span)?;
                self.common_type(ty, &of, Some(&literal), pattern.span);
                Some(TypedPattern::Literal(literal))
            }
        }
    }

    /// A literal of a pattern or target, and its type.
    pub fn plain_literal(&mut self, literal: &ast::Literal, span: Span) -> Option<(Literal, Type)> {
        Some(match literal {
            ast::Literal::Text(text) => (Literal::Text(text.as_str().into()), Type::Text),
            ast::Literal::Bool(value) => (Literal::Bool(*value), Type::Bool),
            ast::Literal::Duration(value) => (Literal::Duration(*value), Type::Duration),
            ast::Literal::Number(text) => match (text.parse::<i64>(), Decimal::from_str(text)) {
                (Ok(int), _) => (Literal::Int(int), Type::Int),
                (_, Ok(decimal)) => (Literal::Decimal(decimal), Type::Decimal),
                _ => {
                    self.find(&code::NUMBER_TOO_LARGE, span, []);
                    return None;
                }
            },
        })
    }

    /// Compiles a regular expression; its number in the patterns of the mapping.
    pub fn regex(&mut self, text: &str, span: Span) -> Option<u32> {
        match regex::Regex::new(text) {
            Ok(pattern) => {
                self.nodes.patterns.push(pattern);
                Some(self.nodes.patterns.len() as u32 - 1)
            }
            Err(error) => {
                let why = error.to_string();
                let why = why.lines().last().unwrap_or("").trim().trim_start_matches("error: ").to_string();
                self.find(&code::BAD_REGEX, span, [("why", why)]);
                None
            }
        }
    }

    fn negate(&mut self, value: &Expr, span: Span, scope: &mut Scope) -> ExprId {
        let value = self.infer(value, scope);
        let typing = Typing { span, ..self.nodes.typing(value).clone() };
        if !typing.ty.is_number() && typing.ty != Type::Unknown {
            self.find(&code::NOT_A_NUMBER, span, [("type", type_name(self.model, &typing.ty))]);
            return self.broken(span);
        }
        self.nodes.add(Node::Negate(value), typing)
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span, scope: &mut Scope) -> ExprId {
        use BinaryOp::*;
        match op {
            And | Or => {
                let left = self.condition(left, scope);
                let known = scope.asked.len();
                scope.asked.extend(if op == And { self.asked_if(left) } else { Vec::new() });
                let right = self.condition(right, scope);
                scope.asked.truncate(known);
                let mut typing = Typing::plain(Type::Bool, span);
                typing.take(self.nodes.typing(left));
                typing.take(self.nodes.typing(right));
                self.nodes.add(if op == And { Node::And(left, right) } else { Node::Or(left, right) }, typing)
            }
            Else => self.coalesce(left, right, span, scope),
            Add | Subtract | Multiply | Divide => self.arithmetic(op, left, right, span, scope),
            In | NotIn => self.contained(op == NotIn, left, right, span, scope),
            Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual => {
                self.compare(op, left, right, span, scope)
            }
        }
    }

    fn compare(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span, scope: &mut Scope) -> ExprId {
        let (left, right) = (self.infer(left, scope), self.infer(right, scope));
        let (l, r) = (self.nodes.typing(left).clone(), self.nodes.typing(right).clone());
        let ty = self.operand_type(left, right);
        let total = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        if !total && matches!(ty, Type::List(_) | Type::Set(_) | Type::Struct(_) | Type::Record(_) | Type::Bool) {
            self.find(&code::NO_ORDER, span, [("type", type_name(self.model, &ty))]);
        }
        let mut typing = Typing::plain(Type::Bool, span);
        typing.take(&l);
        typing.take(&r);
        typing.optional &= !total;
        let ty = self.nodes.type_number(ty);
        self.nodes.add(Node::Compare { op, ty, left, right }, typing)
    }

    /// The type whose equality counts between two operands; a finding if there is none.
    pub fn operand_type(&mut self, left: ExprId, right: ExprId) -> Type {
        let (l, r) = (self.nodes.typing(left).clone(), self.nodes.typing(right).clone());
        let literal = |id| match self.nodes.node(id) {
            Node::Literal(literal) => Some(literal.clone()),
            _ => None,
        };
        let (left_literal, right_literal) = (literal(left), literal(right));
        match (left_literal, right_literal) {
            (Some(literal), None) => self.common_type(&r.ty, &l.ty, Some(&literal), l.span),
            (_, literal) => self.common_type(&l.ty, &r.ty, literal.as_ref(), r.span),
        }
    }

    /// The type under which two types are compared. `literal` is the second operand, if it is one.
    pub fn common_type(&mut self, one: &Type, other: &Type, literal: Option<&Literal>, span: Span) -> Type {
        if let (Type::Enum(values), Some(Literal::Text(text))) = (one, literal)
            && !values.iter().any(|value| value == text)
        {
            let known = values.iter().map(|value| &**value);
            let nearest = crate::finding::suggest::nearest(text, known.clone()).map(|near| format!("\"{near}\""));
            let all = known.map(|v| format!("\"{v}\"")).collect::<Vec<_>>().join(", ");
            let finding = crate::finding::Finding::new(&code::NOT_IN_ENUM, span)
                .word("value", &**text)
                .word("values", all)
                .word_if("suggestion", nearest);
            self.found.add(finding);
            return Type::Unknown;
        }
        match comparable(one, other) {
            Some(ty) => ty,
            None => {
                let words = [("left", type_name(self.model, one)), ("right", type_name(self.model, other))];
                self.find(&code::CANNOT_COMPARE, span, words);
                Type::Unknown
            }
        }
    }

    fn contained(&mut self, negated: bool, value: &Expr, list: &Expr, span: Span, scope: &mut Scope) -> ExprId {
        let (value, list) = (self.infer(value, scope), self.infer(list, scope));
        let (v, l) = (self.nodes.typing(value).clone(), self.nodes.typing(list).clone());
        let ty = match (&l.ty, self.nodes.node(list).clone()) {
            (Type::Unknown, _) => Type::Unknown,
            (_, Node::List(items)) => {
                let mut ty = v.ty.clone();
                for item in items {
                    ty = self.operand_type(value, item);
                }
                ty
            }
            (Type::List(element) | Type::Set(element), _) => self.common_type(&v.ty, element, None, v.span),
            (other, _) => {
                let words = [("type", type_name(self.model, other)), ("text", self.source_text(l.span))];
                self.find(&code::NOT_A_LIST, l.span, words);
                Type::Unknown
            }
        };
        let mut typing = Typing::plain(Type::Bool, span);
        typing.take(&v);
        typing.take(&l);
        let ty = self.nodes.type_number(ty);
        self.nodes.add(Node::In { value, list, ty, negated }, typing)
    }

    fn coalesce(&mut self, left: &Expr, right: &Expr, span: Span, scope: &mut Scope) -> ExprId {
        let (left, right) = (self.infer(left, scope), self.infer(right, scope));
        let (l, r) = (self.nodes.typing(left).clone(), self.nodes.typing(right).clone());
        if !l.optional && l.ty != Type::Unknown {
            self.find(&code::NEVER_ABSENT, l.span, [("text", self.source_text(l.span))]);
        }
        let mut typing = self.branches(&[left, right], span);
        typing.optional = r.optional;
        self.nodes.add(Node::Coalesce(left, right), typing)
    }

    fn arithmetic(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span, scope: &mut Scope) -> ExprId {
        if let (BinaryOp::Subtract, ExprKind::Name(one), ExprKind::Name(other)) = (op, &left.kind, &right.kind)
            && [one, other].into_iter().any(|name| !self.knows(name, scope))
            && self.knows(&format!("{one}_{other}"), scope)
        {
            self.unknown_name(&format!("{one}-{other}"), span, scope);
            return self.broken(span);
        }
        let (left, right) = (self.infer(left, scope), self.infer(right, scope));
        let (l, r) = (self.nodes.typing(left).clone(), self.nodes.typing(right).clone());
        let ty = match (&l.ty, &r.ty, op) {
            (Type::Unknown, _, _) | (_, Type::Unknown, _) => Type::Unknown,
            (Type::Int, Type::Int, BinaryOp::Divide) => Type::Decimal,
            (Type::Int, Type::Int, _) => Type::Int,
            (a, b, _) if a.is_number() && b.is_number() => Type::Decimal,
            (Type::Date, Type::Duration, BinaryOp::Add | BinaryOp::Subtract) => Type::Date,
            (Type::DateTime, Type::Duration, BinaryOp::Add | BinaryOp::Subtract) => Type::DateTime,
            (a, b, _) => {
                let at = if a.is_number() || *a == Type::Date { r.span } else { l.span };
                let wrong = if a.is_number() || *a == Type::Date { b } else { a };
                let textual = wrong.is_textual() && op == BinaryOp::Add;
                let which = if textual { &code::TEXT_PLUS_TEXT } else { &code::NOT_A_NUMBER };
                self.find(which, at, [("type", type_name(self.model, wrong))]);
                Type::Unknown
            }
        };
        let mut typing = Typing::plain(ty, span);
        typing.take(&l);
        typing.take(&r);
        if op == BinaryOp::Divide {
            typing.fails = Some("a division by zero");
        }
        self.nodes.add(Node::Arithmetic(op, left, right), typing)
    }

    /// One type for two, where a value may be of either.
    pub fn joined(&self, one: &Type, other: &Type) -> Option<Type> {
        Some(match (one, other) {
            (Type::Unknown, _) | (_, Type::Unknown) => Type::Unknown,
            (a, b) if a == b => a.clone(),
            (Type::Nothing, ty) | (ty, Type::Nothing) => ty.clone(),
            (Type::Ref(a), Type::Record(crate::value::RecordType::Entity(b)))
            | (Type::Record(crate::value::RecordType::Entity(b)), Type::Ref(a))
                if a == b =>
            {
                Type::Record(crate::value::RecordType::Entity(*a))
            }
            (a, b) if a.is_number() && b.is_number() => Type::Decimal,
            (a, b) if a.is_textual() && b.is_textual() => Type::Text,
            (Type::List(a) | Type::Set(a), Type::List(b) | Type::Set(b)) => Type::List(Arc::new(self.joined(a, b)?)),
            (Type::Struct(a), Type::Struct(b)) if a.len() == b.len() => {
                let members: Option<Vec<Member>> =
                    a.iter().zip(b.iter()).map(|(a, b)| self.joined_member(a, b)).collect();
                Type::Struct(members?.into())
            }
            _ => return None,
        })
    }

    /// A member that two structures have in the same place: it may be absent if it may be in one of them.
    fn joined_member(&self, one: &Member, other: &Member) -> Option<Member> {
        let ty = self.joined(&one.ty, &other.ty).filter(|_| one.name == other.name)?;
        Some(Member { name: one.name.clone(), ty, optional: one.optional || other.optional })
    }

    /// The classes that flow into a node.
    pub fn classes(&self, id: ExprId) -> ClassSet {
        self.nodes.typing(id).classes
    }
}

impl Typing {
    /// A type that is never absent, never fails, and into which nothing personal flows.
    pub fn plain(ty: Type, span: Span) -> Typing {
        Typing { ty, optional: false, fails: None, classes: ClassSet::NONE, span }
    }

    /// Takes over absence, failure and classes of an operand.
    pub fn take(&mut self, of: &Typing) {
        self.optional |= of.optional;
        self.fails = self.fails.or(of.fails);
        self.classes = self.classes.and(of.classes);
    }
}

/// The type whose equality counts between two types.
fn comparable(one: &Type, other: &Type) -> Option<Type> {
    use crate::value::RecordType::Entity;
    Some(match (one, other) {
        (Type::Unknown, _) | (_, Type::Unknown) => Type::Unknown,
        (Type::Nothing, ty) | (ty, Type::Nothing) => ty.clone(),
        (a, b) if a == b => a.clone(),
        (Type::Ref(a), Type::Record(Entity(b))) | (Type::Record(Entity(b)), Type::Ref(a)) if a == b => one.clone(),
        (a, b) if a.is_number() && b.is_number() => Type::Decimal,
        (Type::Text | Type::Enum(_), b) if b.is_textual() => b.clone(),
        (a, Type::Text | Type::Enum(_)) if a.is_textual() => a.clone(),
        (Type::List(a) | Type::Set(a), Type::List(b) | Type::Set(b)) => {
            let element = Arc::new(comparable(a, b)?);
            let set = matches!(one, Type::Set(_)) || matches!(other, Type::Set(_));
            if set { Type::Set(element) } else { Type::List(element) }
        }
        _ => return None,
    })
}
