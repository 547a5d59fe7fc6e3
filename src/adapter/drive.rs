//! The loops over a session that every protocol shares.

use super::{Batch, Fault, Mark, Note, Session, Then, Torn, rows_of};
use crate::protocol::CallId;
use std::collections::BTreeSet;

/// What reading a list gave. Only a complete read can make a record gone.
#[derive(Default)]
pub struct ReadOutcome {
    /// The rows, page by page.
    pub batches: Vec<Batch>,
    /// True if every page was read and no row was torn.
    pub complete: bool,
    /// What stopped the reading, if something did.
    pub faults: Vec<Fault>,
    /// Rows that could not be read.
    pub torn: Vec<Torn>,
    /// What is odd.
    pub notes: Vec<Note>,
}

impl ReadOutcome {
    /// True if nothing is there that could be read.
    pub fn is_nothing(&self) -> bool {
        self.rows() == 0 && self.torn.is_empty() && self.faults.iter().any(|fault| fault.nothing)
    }

    /// How many rows could not be read.
    pub fn torn_rows(&self) -> u64 {
        self.torn.iter().map(|torn| torn.rows).sum()
    }

    /// How many rows were read.
    pub fn rows(&self) -> usize {
        rows_of(&self.batches)
    }

    /// True if the list has to be begun again.
    pub fn begins_again(&self) -> bool {
        self.faults.iter().any(|fault| fault.then == Then::Restart)
    }
}

/// How often a list is begun again when its pages turn out not to belong together.
const RESTARTS: usize = 2;

/// Reads all pages of a list. `progress` hears of the rows of each page. Retries are the session's own business.
pub async fn read_all(
    session: &mut dyn Session,
    call: CallId,
    progress: &mut (dyn FnMut(usize) + Send),
) -> ReadOutcome {
    let all = async |pages: &mut Pages<'_, '_>| {
        let mut batches = Vec::new();
        while let Some(batch) = pages.next().await {
            progress(batch.len());
            batches.push(batch);
        }
        batches
    };
    let (batches, outcome) = read_with(session, call, all).await;
    ReadOutcome { batches, ..outcome }
}

/// Reads all pages of a list as `take` takes them, which is called anew when the list is begun again.
pub async fn read_with<I>(
    session: &mut dyn Session,
    call: CallId,
    mut take: impl AsyncFnMut(&mut Pages<'_, '_>) -> I,
) -> (I, ReadOutcome) {
    let mut times = 0;
    loop {
        let mut pages = Pages::of(Ok((&mut *session, call)));
        let taken = take(&mut pages).await;
        let outcome = pages.outcome();
        times += 1;
        if times > RESTARTS || !outcome.begins_again() {
            return (taken, outcome);
        }
    }
}

/// The pages of a list that is read once, one after the other.
pub struct Pages<'s, 'a> {
    /// What is read; nothing any more when the last page was, or one could not be.
    from: Option<(&'s mut (dyn Session + 'a), CallId)>,
    seen: BTreeSet<String>,
    mark: Option<Mark>,
    outcome: ReadOutcome,
}

impl<'s, 'a> Pages<'s, 'a> {
    /// The pages of a list of a session, or none for the reason why it could not be opened.
    pub fn of(from: Result<(&'s mut (dyn Session + 'a), CallId), Fault>) -> Pages<'s, 'a> {
        let (from, faults) = match from {
            Ok(from) => (Some(from), Vec::new()),
            Err(fault) => (None, vec![fault]),
        };
        Pages { from, seen: BTreeSet::new(), mark: None, outcome: ReadOutcome { faults, ..ReadOutcome::default() } }
    }

    /// The rows of the next page that has some; nothing when there is none.
    pub async fn next(&mut self) -> Option<Batch> {
        loop {
            let (session, call) = self.from.as_mut()?;
            let page = match session.page(*call, self.mark.as_ref()).await {
                Ok(page) => page,
                Err(fault) => {
                    self.outcome.faults.push(fault);
                    self.from = None;
                    return None;
                }
            };
            self.outcome.torn.extend(page.torn);
            self.outcome.notes.extend(page.notes);
            match page.next {
                Some(next) if self.seen.insert(next.0.clone()) => self.mark = Some(next),
                next => {
                    self.from = None;
                    match next {
                        None => self.outcome.complete = self.outcome.torn.is_empty(),
                        Some(_) => self.outcome.faults.push(circle(&page.rows.from)),
                    }
                }
            }
            if !page.rows.is_empty() {
                return Some(page.rows);
            }
        }
    }

    /// What reading gave, but for the rows.
    pub fn outcome(self) -> ReadOutcome {
        self.outcome
    }
}

fn circle(from: &str) -> Fault {
    let say = format!("{from}: the list leads back to a page that was read already; the pages turn in a circle");
    Fault { then: Then::Reject, ..Fault::stop(say) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::{Arrived, Item, Later, Page, Part, Receipt, Sent, Unfinished};

    /// A session whose pages are scripted: what each mark gives.
    struct Script(Vec<(&'static str, Result<&'static str, Then>)>);

    impl Session for Script {
        fn page<'a>(&'a mut self, _: CallId, mark: Option<&'a Mark>) -> Later<'a, Result<Page, Fault>> {
            let at = mark.map_or("", |mark| mark.0.as_str());
            let index = self.0.iter().position(|(name, _)| *name == at).expect("a scripted page");
            let answer = self.0.remove(index).1;
            Box::pin(async move {
                let next = answer.map_err(|then| Fault { then, ..Fault::stop("scripted") })?;
                let rows = Batch { lines: vec![1].into(), ..Batch::default() };
                let next = (!next.is_empty()).then(|| Mark(next.into()));
                Ok(Page { rows, next, torn: vec![], notes: vec![] })
            })
        }
        fn send<'a>(&'a mut self, _: CallId, _: &'a [Item]) -> Later<'a, Sent> {
            Box::pin(async { Sent::Each(vec![]) })
        }
        fn deliver<'a>(&'a mut self, _: &'a str, _: &'a mut [Part<'a>]) -> Later<'a, Result<Receipt, Fault>> {
            Box::pin(async { Err(Fault::stop("no")) })
        }
        fn unfinished<'a>(&'a mut self) -> Later<'a, Result<Option<Unfinished>, Fault>> {
            Box::pin(async { Ok(None) })
        }
        fn resolve<'a>(&'a mut self, _: &'a str, _: bool) -> Later<'a, Result<(), Fault>> {
            Box::pin(async { Ok(()) })
        }
        fn settle<'a>(&'a mut self, _: &'a str) -> Later<'a, Result<(), Fault>> {
            Box::pin(async { Ok(()) })
        }
    }

    async fn read(pages: Vec<(&'static str, Result<&'static str, Then>)>) -> ReadOutcome {
        read_all(&mut Script(pages), CallId(0), &mut |_| {}).await
    }

    #[tokio::test]
    async fn reads_to_the_last_page() {
        let outcome = read(vec![("", Ok("a")), ("a", Ok("b")), ("b", Ok(""))]).await;
        assert!(outcome.complete);
        assert_eq!(outcome.rows(), 3);
    }

    #[tokio::test]
    async fn a_circle_is_a_fault() {
        let outcome = read(vec![("", Ok("a")), ("a", Ok("b")), ("b", Ok("a"))]).await;
        assert!(!outcome.complete);
        assert_eq!(outcome.rows(), 3);
        assert_eq!(outcome.faults[0].arrived, Arrived::No);
    }

    #[tokio::test]
    async fn a_fault_leaves_the_read_incomplete() {
        let outcome = read(vec![("", Ok("a")), ("a", Err(Then::Stop))]).await;
        assert!(!outcome.complete);
        assert_eq!(outcome.rows(), 1);
    }

    #[tokio::test]
    async fn a_restart_drops_what_was_read() {
        let outcome = read(vec![("", Ok("a")), ("a", Err(Then::Restart)), ("", Ok("c")), ("c", Ok(""))]).await;
        assert!(outcome.complete);
        assert_eq!(outcome.rows(), 2);
    }
}
