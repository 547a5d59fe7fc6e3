//! Regular expressions of rules, each compiled once a thread.
//!
//! The checker has compiled every pattern before, so that here none fails; the cache is a memory of this thread and
//! gives the same answers with or without it.

use super::Failure;
use hashbrown::HashMap;
use regex::Regex;
use std::cell::RefCell;
use std::rc::Rc;

thread_local! {
    static COMPILED: RefCell<HashMap<Box<str>, Rc<Regex>>> = RefCell::default();
}

/// More patterns than any project has; templates could make new ones, and the cache then starts anew.
const MOST: usize = 1024;

/// The compiled form of a pattern.
pub fn compiled(pattern: &str) -> Result<Rc<Regex>, Failure> {
    COMPILED.with_borrow_mut(|compiled| {
        if let Some(regex) = compiled.get(pattern) {
            return Ok(regex.clone());
        }
        let regex = Rc::new(Regex::new(pattern).map_err(|_| Failure::because("needs a regular expression"))?);
        if compiled.len() >= MOST {
            compiled.clear();
        }
        compiled.insert(pattern.into(), regex.clone());
        Ok(regex)
    })
}
