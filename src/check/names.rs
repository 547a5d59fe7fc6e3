//! Types in words, for findings.

use crate::model::Model;
use crate::value::{RecordType, Type};

/// A type as a consultant would write or say it.
pub fn type_name(model: &Model, ty: &Type) -> String {
    match ty {
        Type::Enum(values) => format!("enum({})", values.join(", ")),
        Type::List(element) => format!("list of {}", type_name(model, element)),
        Type::Set(element) => format!("set of {}", type_name(model, element)),
        Type::Struct(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|member| {
                    let mark = if member.optional { "?" } else { "" };
                    format!("{}: {}{mark}", member.name, type_name(model, &member.ty))
                })
                .collect();
            format!("{{ {} }}", members.join(", "))
        }
        Type::Ref(entity) => format!("ref {}", model.entity(*entity).name.text),
        Type::Record(record) => record_name(model, *record),
        other => other.word().to_string(),
    }
}

/// What a record is a record of, in words.
pub fn record_name(model: &Model, record: RecordType) -> String {
    match record {
        RecordType::Entity(entity) => format!("record of {}", model.entity(entity).name.text),
        RecordType::Set(set) => format!("row of {}", model.set(set).name.text),
        RecordType::Layout(_) => "row".to_string(),
    }
}
