//! Progress on a terminal: what is being done, and how far it is. Silence where nobody watches.

use super::Out;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// Shows one piece of work at a time, on standard error. Dropping it wipes its line away.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Progress for a command; hidden unless a person watches on a terminal.
    pub fn new(out: &Out) -> Progress {
        let target = if out.is_watched() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Progress { bar: ProgressBar::with_draw_target(None, target) }
    }

    /// Begins a piece of work: `reading pupils`; with how many steps, if that is known.
    pub fn begin(&self, what: &str, steps: Option<u64>) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.reset();
        match steps {
            Some(steps) => self.bar.set_length(steps),
            None => self.bar.unset_length(),
        }
        let template =
            if steps.is_some() { "{msg} {bar:30} {human_pos} of {human_len}" } else { "{spinner} {msg} {human_pos}" };
        // The templates are fixed and well formed; if indicatif ever thinks otherwise, its own style will do.
        self.bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        self.bar.set_message(what.to_string());
        self.bar.enable_steady_tick(Duration::from_millis(100));
    }

    /// A list is read: its first word, or so many rows more.
    pub fn read(&self, what: &str, rows: usize) {
        match rows {
            0 => self.begin(&format!("reading {what}"), None),
            rows => self.advance(rows as u64),
        }
    }

    /// Some steps are done.
    pub fn advance(&self, steps: u64) {
        self.bar.inc(steps);
    }

    /// Writes a line above the progress.
    pub fn note(&self, text: &str) {
        self.bar.suspend(|| drop(std::io::Write::write_all(&mut std::io::stderr(), format!("{text}\n").as_bytes())));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
