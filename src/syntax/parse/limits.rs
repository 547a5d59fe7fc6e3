//! Brackets that match, and limits on how deep and long a rule is, found from its tokens.

use super::scan::{Token, TokenKind};
use std::ops::Range;

/// Brackets, `if` and `try` may nest this deep.
pub const MAX_NESTING: usize = 64;
/// The tree of an expression may be this deep; a row of operators is as deep as it is long.
pub const MAX_DEPTH: usize = 256;
/// A rule may have this many bytes.
pub const MAX_BYTES: usize = 64 << 10;

/// The first bracket without a partner, and the bracket that is missing there.
pub fn unbalanced(tokens: &[Token]) -> Option<(Range<usize>, char)> {
    let mut open: Vec<(&Token, char)> = Vec::new();
    for token in tokens {
        match token.kind {
            TokenKind::Open(bracket) => open.push((token, partner(bracket))),
            TokenKind::Close(bracket) => match open.pop() {
                None => return Some((token.range.clone(), partner(bracket))),
                Some((_, expected)) if expected == bracket => {}
                // The one that closes nothing is wrong if its own partner is not open either.
                Some((opener, expected)) => {
                    let is_open = open.iter().any(|(_, other)| *other == bracket);
                    let at_fault = if is_open { opener } else { token };
                    return Some((at_fault.range.clone(), if is_open { expected } else { partner(bracket) }));
                }
            },
            _ => {}
        }
    }
    open.last().map(|(token, expected)| (token.range.clone(), *expected))
}

fn partner(bracket: char) -> char {
    match bracket {
        '(' => ')',
        '[' => ']',
        '{' => '}',
        ')' => '(',
        ']' => '[',
        _ => '{',
    }
}

/// One open bracket, or the outermost level: what stands in it since the last comma, and before that.
#[derive(Default)]
struct Level {
    operators: usize,
    inner: usize,
    choices: usize,
    before: usize,
}

impl Level {
    fn depth(&self) -> usize {
        self.before.max(self.operators + self.inner)
    }

    fn next_part(&mut self) {
        *self = Level { before: self.depth(), ..Level::default() };
    }
}

/// The token at which balanced tokens become too deep, and which limit that is.
pub fn too_deep(text: &str, tokens: &[Token]) -> Option<(Range<usize>, String)> {
    let nesting = || format!("nests more than {MAX_NESTING} levels deep");
    let mut levels = vec![Level::default()];
    let mut nested = 0;
    for token in tokens {
        let top = levels.len() - 1;
        let level = &mut levels[top];
        match token.kind {
            TokenKind::Open(_) => {
                level.operators += 1;
                nested += 1;
                levels.push(Level::default());
            }
            TokenKind::Close(_) if top > 0 => {
                nested -= 1 + level.choices;
                let depth = level.depth() + 1;
                levels.pop();
                let outer = &mut levels[top - 1];
                outer.inner = outer.inner.max(depth);
            }
            TokenKind::Arrow => {
                nested -= level.choices;
                level.next_part();
            }
            TokenKind::Symbol | TokenKind::Word => match &text[token.range.clone()] {
                "," | "=>" => {
                    nested -= level.choices;
                    level.next_part();
                }
                "if" | "try" => {
                    level.operators += 1;
                    level.choices += 1;
                    nested += 1;
                }
                word if token.kind == TokenKind::Symbol || is_operator(word) => level.operators += 1,
                _ => {}
            },
            _ => {}
        }
        if nested > MAX_NESTING {
            return Some((token.range.clone(), nesting()));
        }
        if levels.iter().map(Level::depth).sum::<usize>() > MAX_DEPTH {
            return Some((token.range.clone(), format!("has more than {MAX_DEPTH} operators in a row")));
        }
    }
    None
}

fn is_operator(word: &str) -> bool {
    matches!(word, "and" | "or" | "not" | "in" | "is" | "match" | "else")
}
