//! Rows of JSON answers.

