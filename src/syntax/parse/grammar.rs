//! The generated parser, with a limit on its work.

use pest::Parser;
use pest::error::{Error, InputLocation};
use pest::iterators::Pair;
use std::num::NonZeroUsize;
use std::sync::Once;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/koppla.pest"]
struct Koppla;

/// Steps that the generated parser may take for one text: far more than a text of the greatest length needs.
const CALL_LIMIT: NonZeroUsize = NonZeroUsize::new(20_000_000).expect("not zero");

/// Parses `text` by an entry rule of the grammar, and gives the pair of that rule.
pub fn parse(rule: Rule, text: &str) -> Result<Pair<'_, Rule>, Box<Error<Rule>>> {
    static LIMIT: Once = Once::new();
    LIMIT.call_once(|| pest::set_call_limit(Some(CALL_LIMIT)));
    let mut pairs = Koppla::parse(rule, text).map_err(Box::new)?;
    pairs.next().ok_or_else(|| {
        let message = "the grammar gave nothing".to_string();
        Box::new(Error::new_from_pos(
            pest::error::ErrorVariant::CustomError { message },
            pest::Position::from_start(text),
        ))
    })
}

/// Where an error lies, in bytes.
pub fn location(error: &Error<Rule>) -> usize {
    match error.location {
        InputLocation::Pos(at) => at,
        InputLocation::Span((start, _)) => start,
    }
}
