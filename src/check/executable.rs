//! What is parsed, typed and documented but not run by this version: a sync that would run it is refused with a finding.

use super::routes::Route;
use crate::finding::codes::sync as code;
use crate::finding::{Finding, Findings};
use crate::model::Model;
use crate::syntax::ast::{Arrow, GoneAction};

/// Findings about everything that this route would have to do and that cannot be done yet. It never runs as something else.
/// With `writes` false (a mere `map`), what concerns writing alone is left out.
pub fn executable(model: &Model, route: &Route, writes: bool, found: &mut Findings) {
    for (mapping, typed) in route.mappings.iter().zip(&route.typed) {
        for map in typed.maps.iter().filter(|map| !map.off) {
            for rule in map.rules.iter().filter(|rule| !rule.off) {
                if rule.arrow != Arrow::Right && !arrow_chosen_right(model, route, mapping, &rule.arrow) {
                    found.add(
                        Finding::new(&code::TWO_WAY_NOT_EXECUTABLE, rule.span)
                            .word("arrow", rule.arrow.text())
                            .word("label", &*rule.label),
                    );
                }
            }
            if map.rules.is_empty() && map.arrow != Arrow::Right {
                found.add(
                    Finding::new(&code::TWO_WAY_NOT_EXECUTABLE, map.span)
                        .word("arrow", map.arrow.text())
                        .word("label", &*map.name),
                );
            }
            if let Some(span) = map.allocates {
                found.add(Finding::new(&code::ALLOCATION_NOT_EXECUTABLE, span).word("map", &*map.name));
            }
            if let Some(gone) = map.gone
                && writes
                && gone.after.is_some()
                && gone.action != GoneAction::Keep
            {
                found.add(Finding::new(&code::GRACE_NOT_EXECUTABLE, gone.span).word("map", &*map.name));
            }
        }
    }
}

/// True if a direction option has a value that makes its rule go right.
fn arrow_chosen_right(model: &Model, route: &Route, mapping: &crate::model::Mapping, arrow: &Arrow) -> bool {
    let Arrow::Option(name) = arrow else { return false };
    let given = model.sync(route.sync).options.iter().find(|(option, _)| option.text == *name);
    let declared = mapping.options.iter().find(|option| option.name.text == *name);
    let value = given.map(|(_, node)| node).or_else(|| declared.and_then(|option| option.default.as_ref()));
    value.and_then(|node| node.text()).is_some_and(|text| matches!(text, "right" | "->"))
}
