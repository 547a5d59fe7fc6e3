//! What is wrong where the grammar could not go on.
//!
//! The grammar gives the furthest place that it reached and the rules that it tried there. The token at that place and
//! those rules together say which slip it was; most slips have a code of their own.

use super::Piece;
use super::grammar::{Rule as Grammar, location};
use super::rules::CLAUSE_WORDS;
use super::scan::{Token, TokenKind, first_arrow};
use super::steps::STEP_WORDS;
use crate::finding::{Code, Finding, codes::syntax, suggest};
use pest::error::{Error, ErrorVariant};

/// The longest piece of a text that a message quotes.
const QUOTED: usize = 30;
/// Words that no name may be.
const RESERVED: [&str; 14] =
    ["if", "then", "else", "try", "or", "and", "not", "in", "is", "absent", "true", "false", "match", "like"];

/// The finding for an error of the grammar.
pub fn finding(rule: Grammar, error: &Error<Grammar>, piece: &Piece<'_>) -> Finding {
    let ErrorVariant::ParsingError { positives, .. } = &error.variant else {
        let finding = Finding::new(&syntax::EXPRESSION_TOO_BIG, piece.trimmed_span());
        return finding.word("what", "takes too long to read");
    };
    let at = piece.range.start + location(error);
    let index = piece.tokens.partition_point(|token| token.range.end <= at);
    let place = Place { rule, tried: positives, piece, index };
    match piece.tokens.get(index) {
        Some(token) => place.at_token(token),
        None => place.at_end(),
    }
}

/// Where the grammar stopped.
struct Place<'a> {
    rule: Grammar,
    /// What it tried there.
    tried: &'a [Grammar],
    piece: &'a Piece<'a>,
    /// The token there; the number of tokens if that is the end.
    index: usize,
}

impl Place<'_> {
    fn tried(&self, rules: &[Grammar]) -> bool {
        self.tried.iter().any(|rule| rules.contains(rule))
    }

    fn wants_value(&self) -> bool {
        self.tried(&[Grammar::prefix, Grammar::value, Grammar::expression])
    }

    fn before(&self) -> Option<&Token> {
        self.index.checked_sub(1).and_then(|before| self.piece.tokens.get(before))
    }

    fn has_arrow(&self) -> bool {
        first_arrow(self.piece.text, self.piece.tokens).is_some()
    }

    fn at_end(&self) -> Finding {
        if self.rule == Grammar::whole_rule && self.tried(&[Grammar::arrow]) && !self.has_arrow() {
            let span = |token: &Token| self.piece.span(token.range.clone());
            // `class > group`: half an arrow is an operator.
            let half = match self.piece.tokens {
                [.., half, target] if target.kind == TokenKind::Word && self.piece.token(half) == ">" => Some(half),
                _ => None,
            };
            let place = half.map_or(self.piece.trimmed_span(), span);
            return Finding::new(&syntax::MISSING_ARROW, place).word_if("suggestion", half.map(|_| "->"));
        }
        let code = if self.rule == Grammar::whole_type { &syntax::BAD_TYPE } else { &syntax::ENDS_TOO_EARLY };
        let span = match self.piece.tokens.last() {
            Some(last) => self.piece.span(last.range.clone()),
            None => self.piece.trimmed_span(),
        };
        Finding::new(code, span).word("expected", self.expected())
    }

    fn at_token(&self, token: &Token) -> Finding {
        let text = self.piece.token(token);
        let finding =
            |code: &'static Code| Finding::new(code, self.piece.span(token.range.clone())).word("found", quoted(text));
        if self.rule == Grammar::whole_type {
            return finding(&syntax::BAD_TYPE).word("expected", self.expected());
        }
        if let Some(code) = self.by_sign(token, text) {
            return self.with_first_arrow(finding(code), text);
        }
        if self.rule == Grammar::whole_rule && !self.has_arrow() {
            if self.tried(&[Grammar::arrow]) {
                let arrow = matches!(text, "=>" | ">" | "=" | "-" | "→" | "⇒" | "—" | "–" | "−").then_some("->");
                return finding(&syntax::MISSING_ARROW).word_if("suggestion", arrow);
            }
            if let (">", Some(before)) = (text, self.before().filter(|before| self.piece.token(before) == "-")) {
                let span = self.piece.span(before.range.start..token.range.end);
                return Finding::new(&syntax::MISSING_ARROW, span).word("suggestion", "->");
            }
        }
        if token.kind == TokenKind::Word {
            return self.at_word(token, text);
        }
        self.misspelt_drop(token).unwrap_or_else(|| self.unexpected(token))
    }

    /// `else skipp "why"`: the word was read as a value, and its reason is one thing too many.
    fn misspelt_drop(&self, token: &Token) -> Option<Finding> {
        let word = self.before().filter(|before| token.kind == TokenKind::Text && before.kind == TokenKind::Word)?;
        let other = self.index.checked_sub(2).map(|index| self.piece.token(&self.piece.tokens[index]));
        let meant = suggest::nearest(self.piece.token(word), ["skip", "reject"]).filter(|_| other == Some("else"))?;
        let finding = Finding::new(&syntax::UNEXPECTED_TEXT, self.piece.span(word.range.clone()));
        let finding = finding.word("found", quoted(self.piece.token(word))).word("expected", "`skip` or `reject`");
        Some(finding.word("suggestion", meant))
    }

    /// The code for a token that no other code fits, with the advice that fits it best.
    fn unexpected(&self, token: &Token) -> Finding {
        let finding = Finding::new(&syntax::UNEXPECTED_TEXT, self.piece.span(token.range.clone()));
        let finding = finding.word("found", quoted(self.piece.token(token))).word("expected", self.expected());
        finding.word_if("instead", self.instead(token)).word_if("cause", self.continuation(token))
    }

    /// An arrow too many: where the first one is, and that `<-` is one.
    fn with_first_arrow(&self, finding: Finding, text: &str) -> Finding {
        let first = first_arrow(self.piece.text, self.piece.tokens).map(|index| &self.piece.tokens[index]);
        match first.filter(|_| std::ptr::eq(finding.code, &syntax::TWO_ARROWS)) {
            Some(first) => {
                let apart = (self.piece.token(first) == "<-").then_some("< -");
                finding.other(self.piece.span(first.range.clone()), "the first arrow").word_if("apart", apart)
            }
            None => finding.word_if("apart", (text == "<-").then_some("< -")),
        }
    }

    /// The codes that a sign alone decides.
    fn by_sign(&self, token: &Token, text: &str) -> Option<&'static Code> {
        match text {
            _ if token.kind == TokenKind::Arrow => match self.rule {
                Grammar::whole_rule if self.wants_value() && self.depth() == 0 => None,
                Grammar::whole_rule if self.depth() == 0 => Some(&syntax::TWO_ARROWS),
                Grammar::whole_between | Grammar::whole_grant | Grammar::whole_alias => None,
                _ => Some(&syntax::ARROW_IN_EXPRESSION),
            },
            "=" if self.tried(&[Grammar::infix]) && (!self.tried(&[Grammar::arrow]) || self.has_arrow()) => {
                Some(&syntax::SINGLE_EQUALS)
            }
            ":" if self.tried(&[Grammar::assign]) => Some(&syntax::COLON_FOR_EQUALS),
            _ => None,
        }
    }

    fn at_word(&self, token: &Token, text: &str) -> Finding {
        let span = self.piece.span(token.range.clone());
        let finding = |code| Finding::new(code, span).word("found", quoted(text));
        let after_arrow = self.before().is_some_and(|before| before.kind == TokenKind::Arrow);
        if RESERVED.contains(&text) {
            if self.wants_value() && !after_arrow && matches!(text, "not" | "if" | "try") {
                return finding(&syntax::NEEDS_PARENTHESES);
            }
            if self.tried(&[Grammar::name, Grammar::path, Grammar::source]) || (self.wants_value() && after_arrow) {
                return finding(&syntax::RESERVED_WORD);
            }
        }
        if self.tried(&[Grammar::clause]) {
            return finding(&syntax::UNKNOWN_CLAUSE).word_if("suggestion", suggest::nearest(text, CLAUSE_WORDS));
        }
        if let Some(finding) = self.unknown_step() {
            return finding;
        }
        let words: Vec<&str> = self.tried.iter().flat_map(|&rule| words_of(rule)).copied().collect();
        let longer = words.iter().copied().find(|word| word.len() > 2 && text.starts_with(word));
        self.unexpected(token).word_if("suggestion", longer.or_else(|| suggest::nearest(text, words)))
    }

    /// A line of a set that was read as an entity, because its first word is no step, although more follows.
    fn unknown_step(&self) -> Option<Finding> {
        let first = self.piece.tokens.first()?;
        let text = self.piece.token(first);
        let nearest = suggest::nearest(text, STEP_WORDS);
        let as_source = self.rule == Grammar::whole_step && self.tried(&[Grammar::as_word, Grammar::EOI]);
        let long = nearest.is_some() || self.index + 1 < self.piece.tokens.len();
        if !as_source || self.index != 1 || !long || STEP_WORDS.contains(&text) {
            return None;
        }
        Some(unknown_step(self.piece, first))
    }

    /// How many brackets are open at the place.
    fn depth(&self) -> usize {
        self.open_brackets().len()
    }

    fn open_brackets(&self) -> Vec<char> {
        let mut open = Vec::new();
        for token in &self.piece.tokens[..self.index] {
            match token.kind {
                TokenKind::Open(bracket) => open.push(bracket),
                TokenKind::Close(_) => drop(open.pop()),
                _ => {}
            }
        }
        open
    }

    /// What could stand at the place, in a few words.
    fn expected(&self) -> &'static str {
        use Grammar::*;
        const SPECIFIC: [(Grammar, &str); 25] = [
            (arm, "a text, a number, `absent`, `like` or `else`"),
            (pattern, "a text, a number, `absent` or `like`"),
            (regex, "a regular expression such as r\"[0-9]+\""),
            (text, "a text in quotes"),
            (duration, "a length of time such as `30d`"),
            (of, "`of`"),
            (by, "`by`"),
            (per, "`per`"),
            (on, "`on`"),
            (then_word, "`then`"),
            (because_word, "`because` and a text"),
            (skip_word, "`skip` or `reject`"),
            (right_arrow, "`->`"),
            (not_in, "`in`"),
            (double_arrow, "`=>`"),
            (type_member, "a name, a colon and a type"),
            (type_expression, "a type"),
            (simple_type, "a type"),
            (word, "a word"),
            (argument, "a value"),
            (name, "a name"),
            (source, "the name of an entity or set"),
            (path, "a name"),
            (member, "a name"),
            (operation, "a value"),
        ];
        if self.wants_value() {
            let writes = self.before().is_some_and(|before| before.kind == TokenKind::Arrow);
            return if writes { "a field" } else { "a value" };
        }
        if self.tried(&[absent]) && self.tried(&[not_word]) {
            return "`absent` or `not absent`";
        }
        if let Some((_, words)) = SPECIFIC.iter().find(|(rule, _)| self.tried.contains(rule)) {
            return words;
        }
        if self.tried(&[else_word]) && !self.tried(&[EOI]) {
            return "`else`";
        }
        match self.open_brackets().last() {
            Some('(') => return "`,` or `)`",
            Some('[') => return "`]` or an operator",
            Some(_) => return "`,` or a closing brace",
            None => {}
        }
        let others: [(&[Grammar], &'static str); 6] = [
            (&[clause], "a clause such as `when`, or the end"),
            (&[arrow], "an arrow (`->`, `<-`, `<->`)"),
            (&[assign], "`=`"),
            (&[as_word], if self.tried(&[EOI]) { "`as` and a name, or the end" } else { "`as` and a name" }),
            (&[after], "`after` and a length of time, or the end"),
            (&[infix], "an operator, or the end"),
        ];
        others.iter().find(|(rules, _)| self.tried(rules)).map_or("the end", |(_, words)| words)
    }

    /// What to write instead, where that can be seen.
    fn instead(&self, token: &Token) -> Option<String> {
        let before = self.before()?;
        let adjacent = before.kind == TokenKind::Word && before.range.end == token.range.start;
        let (name, text) = (self.piece.token(before), self.piece.token(token));
        let after = self.piece.tokens.get(self.index + 1).filter(|after| after.range.start == token.range.end);
        match (text, token.kind) {
            (_, TokenKind::Text) if adjacent && matches!(name, "F" | "R") => {
                Some(format!("{}{}", name.to_lowercase(), quoted(text)))
            }
            (_, TokenKind::Text) if adjacent && self.tried(&[Grammar::arguments]) => {
                Some(format!("{name}({})", quoted(text)))
            }
            ("-", _) if adjacent && !self.tried(&[Grammar::infix]) => {
                after.map(|after| format!("{name}_{}", self.piece.token(after)))
            }
            ("absent", _) if name == "not" => Some("is not absent".into()),
            (_, TokenKind::Word) if self.rule == Grammar::whole_rule && self.tried(&[Grammar::arrow]) => self.label(),
            (_, TokenKind::Word) if self.tried(&[Grammar::text]) => Some(format!("\"{}\"", quoted(text))),
            ("=>" | ">" | "=" | "→" | "⇒", _) if self.rule == Grammar::whole_between => Some("->".into()),
            ("?", _) => Some("if condition then value else other".into()),
            (":", _) if adjacent && self.rule == Grammar::whole_rule => Some(format!("{name}: ")),
            _ => None,
        }
    }

    /// The label that the rule begins with, where its colon is missing: the words up to a wider gap, or the first one.
    fn label(&self) -> Option<String> {
        let tokens = self.piece.tokens;
        let words = tokens.iter().take_while(|token| token.kind == TokenKind::Word).count();
        let is_wide = |index: &usize| tokens[index + 1].range.start > tokens[*index].range.end + 1;
        let last = (0..words.saturating_sub(1)).find(is_wide).unwrap_or(0);
        let label = &self.piece.text[tokens.first()?.range.start..tokens[last].range.end];
        (self.index <= words && words > 1).then(|| format!("{label}:"))
    }

    /// Why the line that begins with the token was taken for a part of the one above it.
    fn continuation(&self, token: &Token) -> Option<&'static str> {
        let before = self.piece.text[self.piece.range.start..token.range.start].trim_end_matches([' ', '\t']);
        let labelled = self.rule == Grammar::whole_rule;
        before.ends_with('\n').then_some(if labelled { "it has no label" } else { "it is indented deeper" })
    }
}

/// The finding for a later line of a set that is a source by its form, since its first word is no step. One with an alias
/// is one only if the word is near to a step.
pub fn not_a_step(piece: &Piece<'_>, has_alias: bool) -> Option<Finding> {
    let first = piece.tokens.first()?;
    let is_near = suggest::nearest(piece.token(first), STEP_WORDS).is_some();
    (is_near || !has_alias).then(|| unknown_step(piece, first))
}

fn unknown_step(piece: &Piece<'_>, first: &Token) -> Finding {
    let text = piece.token(first);
    let finding = Finding::new(&syntax::UNKNOWN_STEP, piece.span(first.range.clone())).word("found", quoted(text));
    finding.word_if("suggestion", suggest::nearest(text, STEP_WORDS))
}

/// The words that a rule of the grammar stands for.
fn words_of(rule: Grammar) -> &'static [&'static str] {
    match rule {
        Grammar::then_word => &["then"],
        Grammar::else_word => &["else"],
        Grammar::is_word => &["is"],
        Grammar::not_word => &["not"],
        Grammar::on => &["on"],
        Grammar::as_word => &["as"],
        Grammar::of => &["of"],
        Grammar::by => &["by"],
        Grammar::per => &["per"],
        Grammar::after => &["after"],
        Grammar::because_word => &["because"],
        Grammar::absent => &["absent"],
        Grammar::direction => &["asc", "desc"],
        Grammar::best => &["best"],
        Grammar::skip_word => &["skip", "reject"],
        Grammar::infix => &["and"],
        _ => &[],
    }
}

/// A text for a message: on one line and not too long.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}
