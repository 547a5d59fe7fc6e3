//! What is written for people: tables, lists of functions, values that may be shown.
//!
//! Everything here is pure: it turns what others found into text. Values of records leave through [`redact`] alone.

pub mod html;
pub mod markdown;
pub mod table;
pub mod redact;
pub mod keys;
pub mod functions;
pub mod plan;
pub mod direction;
pub mod privacy;
pub mod overlay;
pub mod upgrade;
pub mod schema;
pub mod site_system;
pub mod site;
pub mod edits;
