//! The syntax tree to text: `parse(print(x)) == x`, apart from places.
//!
//! One space between words, parentheses only where the tree needs them. Broken parts cannot be printed as what they were;
//! they come out as `…`, which no grammar takes.

mod rules;

pub use rules::{
    between, binding, clauses, free, gone, grant, label, match_line, order, overlay_line, path, rule, source, stand_in,
    step, type_expression,
};

use super::ast::{Arg, Arm, BinaryOp, Expr, ExprKind, Literal, Name, PatternKind, Piece, Target, TargetStep};
use crate::value::{Duration, Unit};
use std::fmt::Write;

/// How tightly an expression holds together: one that is looser than its place wants stands in parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tightness {
    /// `if`, `try`
    Any,
    /// `or`
    Either,
    /// `and`
    Both,
    /// `not`
    Not,
    /// `==` and its like, which cannot be chained
    Comparison,
    /// `|`, `??`
    Flow,
    /// `+`, `-`
    Sum,
    /// `*`, `/`
    Product,
    /// `-x`
    Unary,
    /// names, calls, texts, and what is written on to them
    Value,
}

use Tightness::*;

/// An expression.
pub fn expression(expr: &Expr) -> String {
    let mut text = String::new();
    write_expr(&mut text, expr, Any);
    text
}

/// A target.
pub fn target(target: &Target) -> String {
    let mut text = target.field.text.clone();
    for step in &target.steps {
        match step {
            TargetStep::Member(name) => {
                text.push('.');
                text.push_str(&name.text);
            }
            TargetStep::Focus(pairs) => {
                let pairs: Vec<String> =
                    pairs.iter().map(|(name, value)| format!("{} == {}", name.text, literal(value))).collect();
                text.push_str(&format!("[{}]", pairs.join(" and ")));
            }
        }
    }
    text
}

/// A literal.
pub fn literal(literal: &Literal) -> String {
    match literal {
        // A literal has one form only: after `=>`, `r"…"` would be taken for what follows `like`.
        Literal::Text(value) => quoted(value),
        Literal::Number(number) => number.clone(),
        Literal::Duration(value) => duration(*value),
        Literal::Bool(value) => value.to_string(),
    }
}

/// A text in quotes. One with backslashes is easier to read as `r"…"`: it is a regular expression, most likely.
pub fn text(value: &str) -> String {
    if value.contains('\\') && !value.contains('\n') {
        if !value.contains('"') {
            return format!("r\"{value}\"");
        }
        if !value.contains("\"#") && !value.ends_with('"') {
            return format!("r#\"{value}\"#");
        }
    }
    quoted(value)
}

/// A text in plain quotes: what is never a regular expression, such as a label or a reason.
fn quoted(value: &str) -> String {
    format!("\"{}\"", escaped(value))
}

/// `30d`, `2w`, `3mo`, `1y`
pub fn duration(value: Duration) -> String {
    let unit = match value.unit {
        Unit::Days => "d",
        Unit::Weeks => "w",
        Unit::Months => "mo",
        Unit::Years => "y",
    };
    format!("{}{unit}", value.amount)
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t")
}

/// A regular expression after `like`, which has no other form; quotes that would end it are written as their code.
fn regex(value: &str) -> String {
    let value = value.replace('\n', "\\n");
    if !value.contains('"') {
        format!("r\"{value}\"")
    } else if value.contains("\"#") || value.ends_with('"') {
        format!("r\"{}\"", value.replace('"', "\\x22"))
    } else {
        format!("r#\"{value}\"#")
    }
}

fn tightness(expr: &Expr) -> Tightness {
    match &expr.kind {
        ExprKind::If(..) | ExprKind::Try(..) => Any,
        ExprKind::Binary(op, ..) => operator_tightness(*op),
        ExprKind::Not(_) => Not,
        ExprKind::IsAbsent { .. } => Comparison,
        ExprKind::Call { piped: true, .. } => Flow,
        // What is written on to a piped call belongs to the pipe: `x | first.name`.
        ExprKind::Field(base, _) | ExprKind::Filter(base, _) if tightness(base) == Flow && !is_else(base) => Flow,
        ExprKind::Negate(_) => Unary,
        _ => Value,
    }
}

fn is_else(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Binary(BinaryOp::Else, ..))
}

fn operator_tightness(op: BinaryOp) -> Tightness {
    match op {
        BinaryOp::Or => Either,
        BinaryOp::And => Both,
        BinaryOp::Else => Flow,
        BinaryOp::Add | BinaryOp::Subtract => Sum,
        BinaryOp::Multiply | BinaryOp::Divide => Product,
        _ => Comparison,
    }
}

/// What the left and the right of an operator must hold at least. All but comparisons take rows from left to right.
fn operand_tightness(op: BinaryOp) -> (Tightness, Tightness) {
    match op {
        BinaryOp::Or => (Either, Both),
        BinaryOp::And => (Both, Not),
        BinaryOp::Else => (Flow, Sum),
        BinaryOp::Add | BinaryOp::Subtract => (Sum, Product),
        BinaryOp::Multiply | BinaryOp::Divide => (Product, Unary),
        _ => (Flow, Flow),
    }
}

fn write_expr(out: &mut String, expr: &Expr, place: Tightness) {
    let parentheses = tightness(expr) < place;
    if parentheses {
        out.push('(');
    }
    write_kind(out, &expr.kind);
    if parentheses {
        out.push(')');
    }
}

fn write_kind(out: &mut String, kind: &ExprKind) {
    match kind {
        ExprKind::Text(value) => out.push_str(&text(value)),
        ExprKind::Interpolated(pieces) => write_pieces(out, pieces),
        ExprKind::Number(number) => out.push_str(number),
        ExprKind::Duration(value) => out.push_str(&duration(*value)),
        ExprKind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        ExprKind::Absent => out.push_str("absent"),
        ExprKind::Option(name) => write_all(out, &["$", name]),
        ExprKind::Name(name) => out.push_str(name),
        ExprKind::Call { name, args, piped } => write_call(out, name, args, *piped),
        ExprKind::Field(base, name) => {
            write_base(out, base);
            write_all(out, &[".", &name.text]);
        }
        ExprKind::Filter(base, condition) => {
            write_base(out, base);
            write_all(out, &["[", &expression(condition), "]"]);
        }
        ExprKind::List(items) => {
            let items: Vec<String> = items.iter().map(expression).collect();
            write_all(out, &["[", &items.join(", "), "]"]);
        }
        ExprKind::Struct(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{} = {}", name.text, expression(value))).collect();
            write_all(out, &["{ ", &members.join(", "), " }"]);
        }
        ExprKind::Match { on, arms } => {
            let arms: Vec<String> = arms.iter().map(arm).collect();
            write_all(out, &["match ", &expression(on), " { ", &arms.join(", "), " }"]);
        }
        ExprKind::If(condition, then, otherwise) => write_all(
            out,
            &["if ", &expression(condition), " then ", &expression(then), " else ", &expression(otherwise)],
        ),
        ExprKind::Try(value, otherwise) => {
            write_all(out, &["try ", &expression(value), " else ", &expression(otherwise)]);
        }
        ExprKind::Not(value) => {
            out.push_str("not ");
            write_expr(out, value, Not);
        }
        ExprKind::Negate(value) => {
            out.push('-');
            write_expr(out, value, Unary);
        }
        ExprKind::Binary(op, left, right) => {
            let (left_place, right_place) = operand_tightness(*op);
            write_expr(out, left, left_place);
            write_all(out, &[" ", op.text(), " "]);
            write_expr(out, right, right_place);
        }
        ExprKind::IsAbsent { value, negated } => {
            write_expr(out, value, Flow);
            out.push_str(if *negated { " is not absent" } else { " is absent" });
        }
        ExprKind::Broken => out.push('…'),
    }
}

fn write_all(out: &mut String, texts: &[&str]) {
    texts.iter().for_each(|text| out.push_str(text));
}

/// What `.name` or `[condition]` is written on to.
fn write_base(out: &mut String, base: &Expr) {
    let place = if tightness(base) == Flow && !is_else(base) { Flow } else { Value };
    write_expr(out, base, place);
}

fn write_call(out: &mut String, name: &Name, args: &[Arg], piped: bool) {
    let mut args = args;
    if let (true, Some((first, rest))) = (piped, args.split_first()) {
        write_expr(out, &first.value, Flow);
        out.push_str(" | ");
        args = rest;
    }
    out.push_str(&name.text);
    if !piped || !args.is_empty() {
        let args: Vec<String> = args.iter().map(argument).collect();
        write_all(out, &["(", &args.join(", "), ")"]);
    }
}

fn argument(arg: &Arg) -> String {
    let name = arg.name.as_ref().map_or(String::new(), |name| format!("{} = ", name.text));
    format!("{name}{}{}", expression(&arg.value), rules::order_words(arg.order))
}

fn write_pieces(out: &mut String, pieces: &[Piece]) {
    out.push_str("f\"");
    for piece in pieces {
        match piece {
            Piece::Text(value) => out.push_str(&escaped(value).replace('{', "{{").replace('}', "}}")),
            Piece::Value(value) => {
                let value = expression(value);
                // `{{` would be a brace of the text.
                let blank = if value.starts_with('{') { " " } else { "" };
                let _ = write!(out, "{{{blank}{value}{blank}}}");
            }
        }
    }
    out.push('"');
}

fn arm(arm: &Arm) -> String {
    let patterns: Vec<String> = arm
        .patterns
        .iter()
        .map(|pattern| match &pattern.kind {
            PatternKind::Literal(value) => literal(value),
            PatternKind::Absent => "absent".to_string(),
            PatternKind::Like(value) => format!("like {}", regex(value)),
        })
        .collect();
    let patterns = if patterns.is_empty() { "else".to_string() } else { patterns.join(" or ") };
    format!("{patterns} => {}", expression(&arm.value))
}

#[cfg(test)]
mod tests;
