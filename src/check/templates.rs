//! Fields that templates of calls name: `{{ record.given_name }}` must be one of the entity.

use super::addresses::leaves;
use crate::finding::codes::system::BAD_TEMPLATE;
use crate::finding::suggest::nearest;
use crate::finding::{Finding, Findings};
use crate::model::{Entity, Model};
use crate::protocol::template::inserts;
use crate::source::Span;

/// Names of templates under which a record lies by the names of its fields.
const BY_FIELD: &[&str] = &["record", "sent"];

/// Finds names under `record` and `sent` that are no field.
pub(super) fn templates(model: &Model, found: &mut Findings) {
    for entity in &model.entities {
        for (span, name) in fields_named(entity).into_iter().filter(|(_, name)| entity.field(name).is_none()) {
            let known = entity.fields.iter().map(|field| field.name.text.as_str());
            found.add(
                Finding::new(&BAD_TEMPLATE, span)
                    .word("why", format!("`{}` has no field `{name}`", entity.name.text))
                    .word_if("suggestion", nearest(&name, known))
                    .word("form", "`{{ record.field }}`"),
            );
        }
    }
}

/// The names that templates of an entity's calls take for fields of it, and where these stand.
pub fn fields_named(entity: &Entity) -> Vec<(Span, String)> {
    let scalars = entity.write.iter().flat_map(|write| leaves(&write.node)).filter_map(|leaf| leaf.scalar());
    let mut all = Vec::new();
    for scalar in scalars {
        for (range, path) in inserts(&scalar.text) {
            let [root, name, ..] = path.as_slice() else { continue };
            if BY_FIELD.contains(&root.as_str()) {
                let start = range.start + root.len() + 1;
                all.push((scalar.map.span(start..start + name.len()), name.clone()));
            }
        }
    }
    all
}
