//! What is left unread is read as it would have been at once.

use super::*;
use crate::adapter::Wrong;
use crate::value::wire::Codec;
use crate::value::{EntityId, Row, Type, show};
use proptest::prelude::*;
use std::sync::Arc;

/// Nobody is referred to.
struct Nobody;

impl References for Nobody {
    fn find(&self, _: EntityId, _: Value<'_>) -> Option<Row> {
        None
    }
}

/// Elements with plain members and others: such as fail, such as are odd, and such as lie deeper.
fn element() -> Reader {
    let scalar = |ty: &Type| Reader::Scalar(Codec::new(ty));
    Reader::Struct(vec![
        scalar(&Type::Text),
        scalar(&Type::Bool),
        scalar(&Type::Text),
        scalar(&Type::Int),
        scalar(&Type::Personnummer),
        Reader::List(Box::new(scalar(&Type::Text))),
    ])
}

const WIDTH: usize = 6;

/// A value as text, down to its members.
fn told(value: Value<'_>) -> String {
    let all = |values: &[Value<'_>]| values.iter().map(|value| told(*value)).collect::<Vec<_>>().join(", ");
    match value {
        Value::List(items) => format!("[{}]", all(items)),
        Value::Struct(members) => format!("{{{}}}", all(members)),
        simple => {
            let arena = Arena::new();
            format!("{simple:?} {}", show::plain(simple, &arena).unwrap_or_default())
        }
    }
}

const TEXTS: [&str; 8] = ["", "å", "12", "-3", "true", "20100101-2383", "20100101-2384", " x "];

/// Cells of members, rarely with something wrong: their texts are told by number.
fn cell(odd: u32) -> impl Strategy<Value = Cell> {
    let text = || (0..TEXTS.len() as u32).prop_map(|start| Cell::Text { start, len: 0 });
    prop_oneof![
        8 => text(),
        2 => Just(Cell::Missing),
        1 => Just(Cell::Null),
        2 => any::<bool>().prop_map(Cell::Bool),
        1 => Just(Cell::Number { start: 2, len: 0 }),
        odd => Just(Cell::Wrong(Wrong::List)),
        odd => Just(Cell::List { first: 0, len: 0 }),
    ]
}

/// The cells of members of the right kind: what they say is rarely wrong.
fn members() -> impl Strategy<Value = Vec<Cell>> {
    let right = (cell(0), any::<bool>(), cell(0), 2..4_u32, 5..7_u32).prop_map(|(first, truth, third, int, id)| {
        let text = |start| Cell::Text { start, len: 0 };
        vec![first, Cell::Bool(truth), third, text(int), text(id), Cell::Missing]
    });
    prop_oneof![6 => right, 1 => prop::collection::vec(cell(1), WIDTH)]
}

/// A list: the members of its elements, or what stands there instead of a structure.
fn list() -> impl Strategy<Value = Vec<Result<Vec<Cell>, Cell>>> {
    let element = prop_oneof![
        12 => members().prop_map(Ok),
        1 => Just(Err(Cell::Null)),
        1 => cell(1).prop_map(Err),
    ];
    prop::collection::vec(element, 0..4)
}

/// Puts lists into a batch; gives where the cells of each lie.
fn batch(lists: &[Vec<Result<Vec<Cell>, Cell>>]) -> (Batch, Vec<Range<usize>>) {
    let mut texts = String::new();
    let places: Vec<(u32, u32)> = TEXTS
        .iter()
        .map(|text| {
            texts.push_str(text);
            ((texts.len() - text.len()) as u32, text.len() as u32)
        })
        .collect();
    let placed = |cell: &Cell| match *cell {
        Cell::Text { start, .. } => Cell::Text { start: places[start as usize].0, len: places[start as usize].1 },
        Cell::Number { start, .. } => Cell::Number { start: places[start as usize].0, len: places[start as usize].1 },
        other => other,
    };
    let (mut inner, mut spans) = (Vec::new(), Vec::new());
    for list in lists {
        let mut cells = Vec::new();
        for element in list {
            match element {
                Ok(members) => {
                    cells.push(Cell::Struct { first: inner.len() as u32 });
                    inner.extend(members.iter().map(placed));
                }
                Err(cell) => cells.push(placed(cell)),
            }
        }
        spans.push(inner.len()..inner.len() + cells.len());
        inner.extend(cells);
    }
    (Batch { texts: Arc::new(texts), inner, ..Batch::default() }, spans)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn structures_are_read_later_as_they_would_be_at_once(lists in prop::collection::vec(list(), 1..4)) {
        let (batch, spans) = batch(&lists);
        let (element, arena) = (element(), Arena::new());
        let whole = Reader::List(Box::new(element));
        let Reader::List(element) = &whole else { unreachable!() };
        let Reader::Struct(readers) = &**element else { unreachable!() };
        let mut structures = Structures::of(readers);
        for span in spans {
            let (mut at_once, mut later) = (Vec::new(), Vec::new());
            let cell = Cell::List { first: span.start as u32, len: span.len() as u32 };
            let expected = read_cell(&whole, &batch, cell, &Nobody, &arena, &mut |what| at_once.push(what));
            let cells = &batch.inner[span];
            let added = structures.add(element, &batch, cells, &Nobody, &arena, &mut |what| later.push(what));
            prop_assert_eq!(at_once, later);
            match (expected, added) {
                (Ok(list), Ok(added)) => {
                    let which: Vec<u32> = added.map(|at| at as u32).collect();
                    prop_assert_eq!(told(structures.list(&which, &arena)), told(list));
                    let Value::List(items) = list else { unreachable!() };
                    for (&which, item) in which.iter().zip(items) {
                        prop_assert_eq!(told(structures.read(which, &arena)), told(*item));
                    }
                }
                (Err(expected), Err(bad)) => {
                    prop_assert_eq!(expected.why, bad.why);
                    prop_assert_eq!(expected.text, bad.text);
                }
                (expected, added) => {
                    prop_assert!(false, "{:?} {:?}", expected.map(told).map_err(|bad| bad.why), added.map_err(|bad| bad.why));
                }
            }
        }
        // Each member alone.
        let all: Vec<u32> = (0..structures.len() as u32).collect();
        let rows = all.clone();
        let unread = Unread { variable: 0, structures: Rc::new(structures), which: all };
        let column = unread.column(&arena);
        for member in 0..=WIDTH {
            let mut out = vec![Value::Int(7); rows.len()];
            unread.member(member as u16, &rows, &mut out);
            for (value, whole) in out.iter().zip(&column) {
                let Value::Struct(members) = whole else { unreachable!() };
                let expected = members.get(member).copied().unwrap_or(Value::Absent);
                prop_assert_eq!(told(*value), told(expected));
            }
        }
    }
}
