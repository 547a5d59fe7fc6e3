//! Calls: functions of the library and of the project, sets and entities by key, look-ups, lists in brackets.

use super::checker::Checker;
use super::effects::{after, declassified, is_key};
use super::names::type_name;
use super::presence::Fact;
use super::scope::{Element, Scope};
use super::typed::{ExprId, Literal, Looked, Node, TypedOrder, Typing};
use crate::finding::codes::rule as code;
use crate::function::{Absence, Context, EXAMPLE_DAY, Function, Need, Param, Run, Special, Ty};
use crate::source::Span;
use crate::syntax::ast::{Arg, Expr, ExprKind, Name};
use crate::value::{Arena, ClassSet, Member, RecordType, Type, Value};
use std::sync::Arc;

impl Checker<'_> {
    /// `name(args)`, `x | name(args)`
    pub(super) fn call(&mut self, name: &Name, args: &[Arg], piped: bool, span: Span, scope: &mut Scope) -> ExprId {
        if let Some(index) = self.mapping.functions.iter().position(|function| function.name.text == name.text) {
            return self.project_call(index, name, args, span, scope);
        }
        // `student(key)` reads a set or entity by its key; `x | first` stays the function also where an entity has its name.
        if !piped && let Some(record) = self.find_source_name(&name.text) {
            return self.by_key(record, name, args, span, scope);
        }
        let Some(function) = crate::function::find(&name.text) else {
            let own: Vec<_> = self.mapping.functions.iter().map(|function| function.name.text.clone()).collect();
            let library = crate::function::families();
            let known = library.iter().flat_map(|(_, functions)| functions.iter().map(|function| function.name));
            let known: Vec<&str> = own.iter().map(String::as_str).chain(known).collect();
            let finding = crate::finding::Finding::new(&code::UNKNOWN_FUNCTION, name.span)
                .word("name", &name.text)
                .word_if("suggestion", crate::finding::suggest::nearest(&name.text, known.iter().copied()));
            self.found.add(finding);
            for arg in args {
                self.infer(&arg.value, scope);
            }
            return self.broken(span);
        };
        match function.run {
            Run::Special(special) => self.special(special, function, name, args, span, scope),
            Run::Pure(_) | Run::Column(_) | Run::Look(_) => self.library_call(function, name, args, span, scope),
        }
    }

    /// `list[condition]`
    pub(super) fn filter(&mut self, list: &Expr, condition: &Expr, span: Span, scope: &mut Scope) -> ExprId {
        let list = self.infer(list, scope);
        let of = self.nodes.typing(list).clone();
        let Some(element) = self.element_of(list) else { return self.broken(span) };
        if matches!(condition.kind, ExprKind::Number(_)) {
            self.find(&code::NO_POSITIONS, condition.span, []);
            return self.broken(span);
        }
        let (local, condition) =
            self.per_element(&element, of.classes, scope, |this, scope| this.condition(condition, scope));
        let asked = self.nodes.typing(condition);
        let typing = Typing { classes: of.classes.and(asked.classes), fails: of.fails.or(asked.fails), span, ..of };
        self.nodes.add(Node::Filter { list, element: local, condition }, typing)
    }

    /// The element type of a list; a finding if it is none.
    fn element_of(&mut self, list: ExprId) -> Option<Type> {
        let of = self.nodes.typing(list).clone();
        match &of.ty {
            Type::Unknown => None,
            Type::List(element) | Type::Set(element) => Some((**element).clone()),
            other => {
                let words = [("type", type_name(self.model, other)), ("text", self.source_text(of.span))];
                self.find(&code::NOT_A_LIST, of.span, words);
                None
            }
        }
    }

    fn per_element<R>(
        &mut self,
        element: &Type,
        classes: ClassSet,
        scope: &mut Scope,
        body: impl FnOnce(&mut Self, &mut Scope) -> R,
    ) -> (u16, R) {
        let local = scope.take();
        scope.elements.push(Element { local, ty: element.clone(), classes });
        let facts = self.facts_of_element(element, local);
        let facts = scope.assume(facts);
        let result = body(self, scope);
        scope.forget(&facts);
        scope.elements.pop();
        scope.next -= 1;
        (local, result)
    }

    /// What a set knows of its rows is known of each of them in a list.
    fn facts_of_element(&self, element: &Type, local: u16) -> Vec<Fact> {
        match element {
            Type::Record(RecordType::Set(set)) => self.sets.get(set).map(|layout| layout.facts_of(local)),
            _ => None,
        }
        .unwrap_or_default()
    }

    fn project_call(&mut self, index: usize, name: &Name, args: &[Arg], span: Span, scope: &mut Scope) -> ExprId {
        if index >= self.functions.len() {
            self.find(&code::FUNCTION_CALLS_ITSELF, name.span, [("name", name.text.clone())]);
            return self.broken(span);
        }
        let params: Vec<_> = self.functions[index].params.clone();
        let names: Vec<&str> = params.iter().map(|param| &*param.name).collect();
        let Some(placed) = self.place(name, args, &names, None) else { return self.broken(span) };
        let body = self.nodes.typing(self.functions[index].body).clone();
        let mut typing = Typing { span, ..body };
        let mut values = Vec::with_capacity(params.len());
        let mut classes = vec![ClassSet::NONE; params.len()];
        for (place, (param, arg)) in params.iter().zip(placed).enumerate() {
            let Some(arg) = arg else {
                if !param.optional {
                    self.missing(name, &param.name);
                }
                values.push(None);
                continue;
            };
            let value = self.infer(&arg.value, scope);
            let of = self.nodes.typing(value).clone();
            if !self.fits(&of.ty, &param.ty) {
                self.wrong_argument(&name.text, &param.name, &type_name(self.model, &param.ty), &of);
            }
            typing.optional |= of.optional && !param.optional;
            classes[place] = of.classes;
            typing.fails = typing.fails.or(of.fails);
            values.push(Some(value));
        }
        typing.classes = self.classes_of_call(index, &classes);
        self.nodes.add(Node::ProjectCall { function: index as u16, args: values.into() }, typing)
    }

    /// `set(key, …)`: the row with this key.
    fn by_key(&mut self, record: RecordType, name: &Name, args: &[Arg], span: Span, scope: &mut Scope) -> ExprId {
        let wanted = self.key_types(record);
        if wanted.len() != args.len() && !wanted.is_empty() {
            let words =
                [("name", name.text.clone()), ("wanted", wanted.len().to_string()), ("given", args.len().to_string())];
            self.find(&code::KEY_COUNT, span, words);
            return self.broken(span);
        }
        let mut typing = Typing { classes: self.seen_in(record), ..Typing::plain(Type::Record(record), span) };
        let mut key = Vec::with_capacity(args.len());
        for (arg, wanted) in args.iter().zip(&wanted) {
            let value = self.infer(&arg.value, scope);
            let of = self.nodes.typing(value).clone();
            if !self.fits(&of.ty, wanted) && !self.fits(wanted, &of.ty) {
                self.wrong_argument(&name.text, "key", &type_name(self.model, wanted), &of);
            }
            typing.take(&of);
            key.push(value);
        }
        typing.fails = typing.fails.or(Some("no record with this key"));
        self.nodes.add(Node::ByKey { record, key: key.into() }, typing)
    }

    /// Arguments by parameter; `None` with a finding if they cannot be placed. The piped value is among the arguments.
    fn place<'e>(
        &mut self,
        name: &Name,
        args: &'e [Arg],
        params: &[&str],
        rest: Option<usize>,
    ) -> Option<Vec<Option<&'e Arg>>> {
        let mut placed: Vec<Option<&Arg>> = vec![None; params.len()];
        let mut position = 0;
        for arg in args {
            let index = match &arg.name {
                Some(named) => match params.iter().position(|param| *param == named.text) {
                    Some(index) => index,
                    None => {
                        let finding = crate::finding::Finding::new(&code::UNKNOWN_ARGUMENT, named.span)
                            .word("name", &named.text)
                            .word("function", &name.text)
                            .word_if(
                                "suggestion",
                                crate::finding::suggest::nearest(&named.text, params.iter().copied()),
                            )
                            .word("known", params.join(", "));
                        self.found.add(finding);
                        return None;
                    }
                },
                None => {
                    if rest == Some(position) {
                        continue;
                    }
                    position += 1;
                    position - 1
                }
            };
            if index >= params.len() {
                let words = [("function", name.text.clone()), ("most", params.len().to_string())];
                self.find(&code::TOO_MANY_ARGUMENTS, arg.value.span, words);
                return None;
            }
            if placed[index].is_some() {
                let words = [("function", name.text.clone()), ("param", params[index].to_string())];
                self.find(&code::ARGUMENT_TWICE, arg.value.span, words);
                return None;
            }
            placed[index] = Some(arg);
        }
        Some(placed)
    }

    fn library_call(
        &mut self,
        function: &'static Function,
        name: &Name,
        args: &[Arg],
        span: Span,
        scope: &mut Scope,
    ) -> ExprId {
        let names: Vec<&str> = function.params.iter().map(|param| param.name).collect();
        let rest = function.params.iter().position(|param| param.need == Need::Rest);
        let Some(placed) = self.place(name, args, &names, rest) else { return self.broken(span) };
        let mut call = CallTyping::new(function, span);
        let mut values = Vec::with_capacity(names.len());
        for (index, param) in function.params.iter().enumerate() {
            if param.need == Need::Rest {
                let spread = args.iter().filter(|arg| arg.name.is_none()).skip(index);
                let items: Vec<_> = spread
                    .map(|arg| {
                        let value = self.infer(&arg.value, scope);
                        self.argument(&mut call, name, param.name, param.ty, value, true);
                        value
                    })
                    .collect();
                let mut may_be_absent = items.iter().map(|item| self.nodes.typing(*item).optional);
                call.typing.optional |= match function.absence {
                    Absence::Propagates => may_be_absent.any(|optional| optional),
                    // What is absent is left out; where nothing need be left, nothing may come out.
                    Absence::LeftOut => may_be_absent.all(|optional| optional),
                    Absence::Sees => false,
                };
                let classes = items.iter().map(|item| self.classes(*item)).fold(ClassSet::NONE, ClassSet::and);
                let typing = Typing { classes, ..Typing::plain(Type::List(Arc::new(Type::Unknown)), span) };
                values.push(Some(self.nodes.add(Node::List(items.into()), typing)));
                continue;
            }
            match placed[index] {
                Some(arg) => {
                    if let Some(order) = &arg.order {
                        self.find(&code::ORDER_NOT_HERE, order.span, [("function", name.text.clone())]);
                    }
                    let value = self.infer(&arg.value, scope);
                    let before = call.typing.classes;
                    self.argument(&mut call, name, param.name, param.ty, value, param.need == Need::Optional);
                    if is_key(function, index) {
                        // The key of a pseudonym cannot be read from it.
                        call.typing.classes = before;
                    }
                    values.push(Some(value));
                }
                None if param.need == Need::Required => {
                    self.missing(name, param.name);
                    return self.broken(span);
                }
                None => values.push(None),
            }
        }
        let settled = function.fails_by_settings && self.settings_are_right(function, &values);
        let typing = call.result(if settled { None } else { function.fails });
        self.nodes.add(Node::Call { function, args: values.into() }, typing)
    }

    /// True if all arguments behind the first are literals (or of a type whose values are all alike to a function) with
    /// which the function gives a value: it is called once to see.
    fn settings_are_right(&self, function: &'static Function, args: &[Option<ExprId>]) -> bool {
        let mut values = Vec::with_capacity(args.len());
        for (index, (arg, param)) in args.iter().zip(function.params).enumerate() {
            values.push(match arg {
                _ if index == 0 => arg.and_then(|arg| self.alike(arg)).unwrap_or_else(|| sample(param)),
                None => Value::Absent,
                Some(arg) => match self.nodes.node(*arg) {
                    Node::Literal(Literal::Text(text)) => Value::Text(text),
                    Node::Literal(Literal::Int(number)) => Value::Int(*number),
                    Node::Literal(Literal::Bool(truth)) => Value::Bool(*truth),
                    _ => match self.alike(*arg) {
                        Some(value) => value,
                        None => return false,
                    },
                },
            });
        }
        let arena = Arena::new();
        let context = Context { arena: &arena, as_of: EXAMPLE_DAY };
        function.run.once(&context, &values).is_some_and(|outcome| outcome.is_ok())
    }

    /// A value of a type of which no value makes a function fail that takes another.
    fn alike(&self, arg: ExprId) -> Option<Value<'static>> {
        match self.nodes.typing(arg).ty {
            Type::Date => Some(Value::Date(EXAMPLE_DAY)),
            Type::MonthDay => Some(Value::Text("08-01")),
            _ => None,
        }
    }

    /// Checks one argument against its parameter and takes it into the type of the call.
    fn argument(&mut self, call: &mut CallTyping, name: &Name, param: &str, ty: Ty, value: ExprId, optional: bool) {
        let of = self.nodes.typing(value).clone();
        let fits = match ty {
            Ty::Same => {
                let joined = self.joined(&call.same, &of.ty);
                call.same = joined.clone().unwrap_or(Type::Unknown);
                joined.is_some()
            }
            Ty::Any | Ty::Special => true,
            Ty::Simple => !matches!(
                of.ty,
                Type::Bytes | Type::List(_) | Type::Set(_) | Type::Struct(_) | Type::Ref(_) | Type::Record(_)
            ),
            Ty::ListOfAny | Ty::ListOfElement => match &of.ty {
                Type::List(element) | Type::Set(element) => {
                    call.element = (**element).clone();
                    true
                }
                Type::Unknown | Type::Nothing => true,
                _ => false,
            },
            Ty::Element => self.joined(&call.element, &of.ty).is_some(),
            Ty::Regex => match self.nodes.node(value).clone() {
                Node::Literal(Literal::Text(text)) => {
                    self.regex(&text, of.span);
                    true
                }
                Node::Broken => true,
                _ => {
                    self.find(&code::REGEX_NOT_LITERAL, of.span, [("function", name.text.clone())]);
                    true
                }
            },
            Ty::Word(words) => {
                self.must_be_word(words, value, &of);
                true
            }
            Ty::Number => of.ty.is_number() || matches!(of.ty, Type::Unknown | Type::Nothing),
            Ty::Duration | Ty::MonthDay | Ty::Bool => {
                ty.fixed().is_some_and(|wanted| self.fits(&of.ty, &wanted))
                    || (ty == Ty::MonthDay && of.ty.is_textual())
            }
            Ty::Date => matches!(of.ty, Type::Date | Type::DateTime | Type::Unknown | Type::Nothing),
            _ => match ty.fixed() {
                Some(wanted) if wanted.is_textual() => {
                    of.ty.is_textual() || matches!(of.ty, Type::Unknown | Type::Nothing)
                }
                Some(wanted) => self.fits(&of.ty, &wanted),
                None => true,
            },
        };
        if !fits {
            let wanted = match ty {
                Ty::Same | Ty::Element => {
                    type_name(self.model, if ty == Ty::Same { &call.same } else { &call.element })
                }
                Ty::Number => "number".into(),
                Ty::Simple => "one simple value".into(),
                Ty::ListOfAny | Ty::ListOfElement => "list".into(),
                other => other.fixed().map(|ty| type_name(self.model, &ty)).unwrap_or_else(|| "value".into()),
            };
            self.wrong_argument(&name.text, param, &wanted, &of);
            call.broken = true;
        }
        call.take(&of, optional);
    }

    /// An argument that chooses among words must be one of them, as a text in quotes.
    fn must_be_word(&mut self, words: &'static [&'static str], value: ExprId, of: &Typing) {
        let ty = Type::Enum(words.iter().map(|word| Box::from(*word)).collect());
        match self.nodes.node(value).clone() {
            Node::Literal(literal @ Literal::Text(_)) => {
                self.common_type(&ty, &Type::Text, Some(&literal), of.span);
            }
            _ => self.wrong_argument("this function", "word", &type_name(self.model, &ty), of),
        }
    }

    fn wrong_argument(&mut self, function: &str, param: &str, wanted: &str, of: &Typing) {
        if of.ty == Type::Unknown {
            return;
        }
        let given = type_name(self.model, &of.ty);
        let as_text = wanted == "text" && (of.ty.is_number() || matches!(of.ty, Type::Date | Type::Bool));
        let list = matches!(of.ty, Type::List(_) | Type::Set(_)) && !wanted.contains("list");
        let fix = if as_text {
            Some(format!("write text({})", self.source_text(of.span)))
        } else if list {
            Some(format!(
                "a list has no single value: write {} | first, or {function} inside each(…)",
                self.source_text(of.span)
            ))
        } else {
            None
        };
        let finding = crate::finding::Finding::new(&code::WRONG_ARGUMENT, of.span)
            .word("function", function)
            .word("param", param)
            .word("wanted", wanted)
            .word("given", given)
            .word_if("fix", fix);
        self.found.add(finding);
    }

    /// A call lacks an argument.
    fn missing(&mut self, name: &Name, param: &str) {
        let words = [("function", name.text.clone()), ("param", param.to_string())];
        self.find(&code::MISSING_ARGUMENT, name.span, words);
    }

    fn special(
        &mut self,
        special: Special,
        function: &'static Function,
        name: &Name,
        args: &[Arg],
        span: Span,
        scope: &mut Scope,
    ) -> ExprId {
        match special {
            Special::All => self.all_records(name, args, span),
            Special::AllOf => self.all_of(args, span, scope),
            Special::Lookup => self.lookup(name, args, span, scope),
            Special::Capture => self.capture(name, args, span, scope),
            Special::Declassify => self.declassify(name, args, span, scope),
            Special::Each | Special::Best | Special::Sort | Special::AnyOf | Special::Every => {
                self.over_elements(special, function, name, args, span, scope)
            }
        }
    }

    fn over_elements(
        &mut self,
        special: Special,
        function: &'static Function,
        name: &Name,
        args: &[Arg],
        span: Span,
        scope: &mut Scope,
    ) -> ExprId {
        let [list, rest @ ..] = args else {
            self.missing(name, function.params[0].name);
            return self.broken(span);
        };
        let list = self.infer(&list.value, scope);
        let of = self.nodes.typing(list).clone();
        let Some(element) = self.element_of(list) else { return self.broken(span) };
        let orders = matches!(special, Special::Best | Special::Sort);
        if !orders && rest.len() != 1 {
            let words = [("function", name.text.clone()), ("param", function.params[1].name.to_string())];
            self.find(
                if rest.is_empty() { &code::MISSING_ARGUMENT } else { &code::TOO_MANY_ARGUMENTS },
                name.span,
                words,
            );
            return self.broken(span);
        }
        if orders {
            let (local, orders) = self.per_element(&element, of.classes, scope, |this, scope| {
                rest.iter().map(|arg| this.order(&arg.value, arg.order, scope)).collect::<Vec<_>>()
            });
            let first = special == Special::Best;
            let ty = if first { element } else { Type::List(Arc::new(element)) };
            let mut typing = Typing { ty, optional: of.optional || first, span, ..of };
            for order in &orders {
                // Which element comes first tells by what they were put in order.
                let by = self.nodes.typing(order.value);
                typing.classes = typing.classes.and(by.classes);
                typing.fails = typing.fails.or(by.fails);
            }
            return self.nodes.add(Node::Sorted { list, element: local, orders: orders.into(), first }, typing);
        }
        let condition = special != Special::Each;
        let (local, body) = self.per_element(&element, of.classes, scope, |this, scope| {
            if condition { this.condition(&rest[0].value, scope) } else { this.infer(&rest[0].value, scope) }
        });
        let value = self.nodes.typing(body).clone();
        let mut typing = Typing { classes: of.classes.and(value.classes), fails: of.fails.or(value.fails), span, ..of };
        if condition {
            typing.ty = Type::Bool;
            let every = special == Special::Every;
            return self.nodes.add(Node::Quantified { list, element: local, condition: body, every }, typing);
        }
        typing.ty = Type::List(Arc::new(value.ty));
        self.nodes.add(Node::Each { list, element: local, body, flatten: false }, typing)
    }

    /// An order of `best`, `sort`, `one per`.
    pub(super) fn order(
        &mut self,
        value: &Expr,
        words: Option<crate::syntax::ast::OrderWords>,
        scope: &mut Scope,
    ) -> TypedOrder {
        let value = self.infer(value, scope);
        let ty = self.nodes.typing(value).ty.clone();
        if matches!(ty, Type::List(_) | Type::Set(_) | Type::Struct(_) | Type::Record(_)) {
            let span = self.nodes.typing(value).span;
            self.find(&code::NO_ORDER, span, [("type", type_name(self.model, &ty))]);
        }
        let ty = self.nodes.type_number(ty);
        let descending = words.is_some_and(|words| words.descending);
        let absent_first = words.and_then(|words| words.absent_first).unwrap_or(false);
        TypedOrder { value, ty, descending, absent_first }
    }

    fn all_records(&mut self, name: &Name, args: &[Arg], span: Span) -> ExprId {
        let path = match args {
            [arg] => dotted(&arg.value),
            _ => None,
        };
        let Some((text, at)) = path else {
            self.missing(name, "entity");
            return self.broken(span);
        };
        let Some(record) = self.find_source_name(&text) else {
            self.unknown_source(&text, at);
            return self.broken(span);
        };
        let classes = self.seen_in(record);
        let typing = Typing { classes, ..Typing::plain(Type::List(Arc::new(Type::Record(record))), span) };
        self.nodes.add(Node::All(record), typing)
    }

    fn all_of(&mut self, args: &[Arg], span: Span, scope: &mut Scope) -> ExprId {
        let mut typing = Typing::plain(Type::Unknown, span);
        let mut element = Type::Nothing;
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            let value = self.infer(&arg.value, scope);
            let of = self.nodes.typing(value).clone();
            typing.classes = typing.classes.and(of.classes);
            typing.fails = typing.fails.or(of.fails);
            let ty = of.ty.element().cloned().unwrap_or(of.ty.clone());
            element = self.joined(&element, &ty).unwrap_or_else(|| {
                let words = [("one", type_name(self.model, &element)), ("other", type_name(self.model, &ty))];
                self.find(&code::BRANCHES_DIFFER, of.span, words);
                Type::Unknown
            });
            values.push(value);
        }
        typing.ty = Type::List(Arc::new(element));
        self.nodes.add(Node::AllOf(values.into()), typing)
    }

    fn lookup(&mut self, name: &Name, args: &[Arg], span: Span, scope: &mut Scope) -> ExprId {
        let keys: Vec<_> = args.iter().filter(|arg| arg.name.is_none()).collect();
        let column = args.iter().find(|arg| arg.name.as_ref().is_some_and(|name| name.text == "in"));
        let Some((path, at)) = column.and_then(|arg| dotted(&arg.value)) else {
            self.missing(name, "in");
            return self.broken(span);
        };
        let (table_name, column_name) = path.split_once('.').unwrap_or((&path, ""));
        let model = self.model;
        let Some(id) = model.find_table(table_name) else {
            let known = model.tables.iter().map(|table| table.name.text.as_str());
            self.find_named(&code::UNKNOWN_TABLE, at, table_name, known);
            return self.broken(span);
        };
        let table = model.table(id);
        let Some(column) = table.columns.iter().position(|column| column.name.text == column_name) else {
            let known = table.columns.iter().map(|column| column.name.text.as_str());
            self.find_named(&code::UNKNOWN_COLUMN, at, column_name, known);
            return self.broken(span);
        };
        if keys.len() != table.key.len() {
            let words = [
                ("name", table_name.to_string()),
                ("wanted", table.key.len().to_string()),
                ("given", keys.len().to_string()),
            ];
            self.find(&code::KEY_COUNT, span, words);
            return self.broken(span);
        }
        let mut typing = Typing::plain(table.columns[column].ty.clone(), span);
        typing.optional = table.columns[column].optional || table.unmapped == crate::model::Unmapped::Absent;
        let mut key = Vec::new();
        for (arg, &key_column) in keys.iter().zip(&table.key) {
            let value = self.infer(&arg.value, scope);
            let of = self.nodes.typing(value).clone();
            let wanted = &table.columns[key_column].ty;
            if !self.fits(&of.ty, wanted) {
                self.wrong_argument(&name.text, &table.columns[key_column].name.text, &type_name(model, wanted), &of);
            }
            typing.take(&of);
            key.push(value);
        }
        let all_there = matches!((table.key.as_slice(), key.as_slice()), ([column], [value])
            if has_all_words(table, *column, &self.nodes.typing(*value).ty));
        if table.unmapped == crate::model::Unmapped::Fails && !all_there {
            typing.fails = typing.fails.or(Some("a value that the table does not have"));
        }
        let keys = key.iter().map(|&value| self.only_texts(value, &scope.asked)).collect();
        self.looked.push(Looked { table: id, keys });
        self.nodes.add(Node::Lookup { table: id, column: column as u16, key: key.into() }, typing)
    }

    fn capture(&mut self, name: &Name, args: &[Arg], span: Span, scope: &mut Scope) -> ExprId {
        let [text, pattern] = args else {
            self.missing(name, "pattern");
            return self.broken(span);
        };
        let ExprKind::Text(regex) = &pattern.value.kind else {
            self.find(&code::REGEX_NOT_LITERAL, pattern.value.span, [("function", name.text.clone())]);
            return self.broken(span);
        };
        let text = self.infer(&text.value, scope);
        let of = self.nodes.typing(text).clone();
        if !of.ty.is_textual() {
            self.wrong_argument(&name.text, "text", "text", &of);
        }
        let Some(pattern) = self.regex(regex, pattern.value.span) else { return self.broken(span) };
        let members: Vec<_> = self.nodes.patterns[pattern as usize]
            .capture_names()
            .flatten()
            .map(|group| Member { name: group.into(), ty: Type::Text, optional: true })
            .collect();
        let typing = Typing { ty: Type::Struct(members.into()), optional: true, span, ..of };
        self.nodes.add(Node::Capture { text, pattern }, typing)
    }

    /// `declassify(x, "reason")`: nothing but `personal` flows on; the privacy proof lists it.
    fn declassify(&mut self, name: &Name, args: &[Arg], span: Span, scope: &mut Scope) -> ExprId {
        let [value, reason] = args else {
            self.missing(name, "reason");
            return self.broken(span);
        };
        if !matches!(&reason.value.kind, ExprKind::Text(text) if !text.trim().is_empty()) {
            self.find(&code::REASON_NOT_LITERAL, reason.value.span, []);
        }
        let value = self.infer(&value.value, scope);
        let of = self.nodes.typing(value).clone();
        let typing = Typing { classes: declassified(of.classes), span, ..of };
        let absent = self.literal(Literal::Absent, Type::Nothing, span);
        // The value passes unchanged: `x ?? absent` is x.
        let id = self.nodes.add(Node::Coalesce(value, absent), typing);
        self.nodes.declassified.push(id);
        id
    }
}

/// True if a type is an enum and each of its words has a row.
fn has_all_words(table: &crate::model::Table, column: usize, ty: &Type) -> bool {
    let Type::Enum(words) = ty else { return false };
    words.iter().all(|word| table.rows.iter().any(|row| row[column].as_deref() == Some(&**word)))
}

/// `a.b` as text, of an expression that is a path of names.
pub(super) fn dotted(expr: &Expr) -> Option<(String, Span)> {
    match &expr.kind {
        ExprKind::Name(name) => Some((name.clone(), expr.span)),
        ExprKind::Field(of, name) => Some((format!("{}.{}", dotted(of)?.0, name.text), expr.span)),
        _ => None,
    }
}

/// Some value of a function's first parameter, for a call that shows whether its other arguments are right.
fn sample(param: &Param) -> Value<'static> {
    const ONE: &[Value<'static>] = &[Value::Text("x")];
    match (param.need, param.ty) {
        (Need::Rest, _) => Value::List(ONE),
        (_, Ty::Int | Ty::Number | Ty::Decimal) => Value::Int(1),
        (_, Ty::ListOfAny | Ty::ListOfText | Ty::ListOfElement) => Value::List(&[]),
        _ => Value::Text("x"),
    }
}

/// The type of a call as its arguments come in.
struct CallTyping {
    function: &'static Function,
    typing: Typing,
    same: Type,
    element: Type,
    broken: bool,
}

impl CallTyping {
    fn new(function: &'static Function, span: Span) -> CallTyping {
        let typing = Typing::plain(Type::Unknown, span);
        CallTyping { function, typing, same: Type::Nothing, element: Type::Nothing, broken: false }
    }

    fn take(&mut self, of: &Typing, optional: bool) {
        self.typing.classes = self.typing.classes.and(of.classes);
        self.typing.fails = of.fails.or(self.typing.fails);
        self.typing.optional |= of.optional && !optional && self.function.absence == Absence::Propagates;
    }

    /// The type of the result; `fails` says why the function itself can fail.
    fn result(mut self, fails: Option<&'static str>) -> Typing {
        self.typing.fails = self.typing.fails.or(fails);
        self.typing.ty = match self.function.gives {
            _ if self.broken => Type::Unknown,
            Ty::Same => self.same,
            Ty::Element => self.element,
            Ty::ListOfElement => Type::List(Arc::new(self.element)),
            other => other.fixed().unwrap_or(Type::Unknown),
        };
        self.typing.optional |= self.function.may_be_absent;
        self.typing.classes = after(self.function.effect, self.typing.classes);
        self.typing
    }
}
