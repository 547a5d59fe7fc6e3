//! Expressions that are targets.

use crate::finding::{Finding, Findings, codes::syntax};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Literal, Name, Target, TargetStep};

/// The target that an expression on the writing side of an arrow is: a field, members of it, and elements of lists that
/// are named by values they have. Anything else is a finding; a broken expression is none, since one has been added.
pub fn target(expr: &Expr, found: &mut Findings) -> Option<Target> {
    let mut steps = Vec::new();
    let mut rest = expr;
    loop {
        match &rest.kind {
            ExprKind::Name(text) => {
                steps.reverse();
                let field = Name { text: text.clone(), span: rest.span };
                return Some(Target { field, steps, span: expr.span });
            }
            ExprKind::Field(base, name) => {
                steps.push(TargetStep::Member(name.clone()));
                rest = base;
            }
            ExprKind::Filter(base, condition) => match focus(condition) {
                Ok(pairs) => {
                    steps.push(TargetStep::Focus(pairs));
                    rest = base;
                }
                Err(wrong) => return refuse(wrong, found),
            },
            _ => return refuse(rest, found),
        }
    }
}

fn refuse(expr: &Expr, found: &mut Findings) -> Option<Target> {
    if expr.kind != ExprKind::Broken {
        found.add(Finding::new(&syntax::NOT_A_TARGET, expr.span));
    }
    None
}

/// `name == literal and …`, or the part that is neither.
fn focus(condition: &Expr) -> Result<Vec<(Name, Literal)>, &Expr> {
    match &condition.kind {
        ExprKind::Binary(BinaryOp::And, left, right) => {
            let mut pairs = focus(left)?;
            pairs.extend(focus(right)?);
            Ok(pairs)
        }
        ExprKind::Binary(BinaryOp::Equal, left, right) => {
            let ExprKind::Name(text) = &left.kind else { return Err(left) };
            let value = literal(right).ok_or(&**right)?;
            Ok(vec![(Name { text: text.clone(), span: left.span }, value)])
        }
        _ => Err(condition),
    }
}

/// The literal that an expression is.
pub fn literal(expr: &Expr) -> Option<Literal> {
    Some(match &expr.kind {
        ExprKind::Text(text) => Literal::Text(text.clone()),
        ExprKind::Number(number) => Literal::Number(number.clone()),
        ExprKind::Duration(duration) => Literal::Duration(*duration),
        ExprKind::Bool(value) => Literal::Bool(*value),
        ExprKind::Negate(inner) => match &inner.kind {
            ExprKind::Number(number) => Literal::Number(format!("-{number}")),
            _ => return None,
        },
        _ => return None,
    })
}
