//! Working pieces of something side by side, with results in the order of the pieces.
//!
//! What comes out does not depend on how many threads there are: a piece knows nothing of the others, and their results are
//! put together in order.

use crate::value::Arena;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Where the values of a run live, and how many threads may make them.
pub struct Arenas {
    own: Arena,
    more: typed_arena::Arena<Arena>,
    threads: usize,
}

impl Arenas {
    /// For so many threads.
    pub fn new(threads: usize) -> Arenas {
        Arenas { own: Arena::new(), more: typed_arena::Arena::new(), threads: threads.max(1) }
    }

    /// Forgets all values. Whoever works alone keeps their room for those of the next window.
    pub fn reset(&mut self) {
        self.own.reset();
        self.more = typed_arena::Arena::new();
    }

    /// For as many threads as this machine has processors.
    pub fn of_machine() -> Arenas {
        Arenas::new(processors())
    }

    /// The arena of whoever works alone.
    pub fn own(&self) -> &Arena {
        &self.own
    }

    /// Works all pieces and gives the results in their order. Each thread has an arena whose values live as long as these
    /// arenas.
    pub fn each<'t, P: Send, R: Send>(
        &'t self,
        pieces: impl ExactSizeIterator<Item = P> + Send,
        work: impl Fn(P, &'t Arena) -> R + Sync,
    ) -> Vec<R> {
        let count = pieces.len();
        if self.threads == 1 || count < 2 {
            return pieces.map(|piece| work(piece, &self.own)).collect();
        }
        let waiting = Mutex::new(pieces.enumerate());
        let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
        let mut results: Vec<Option<R>> = (0..count).map(|_| None).collect();
        thread::scope(|scope| {
            let threads: Vec<_> = (0..self.threads.min(count))
                .map(|_| {
                    let arena: &'t mut Arena = self.more.alloc(Arena::new());
                    let (next, work) = (&next, &work);
                    scope.spawn(move || {
                        let arena: &'t Arena = arena;
                        let mut done = Vec::new();
                        while let Some((number, piece)) = next() {
                            done.push((number, work(piece, arena)));
                        }
                        done
                    })
                })
                .collect();
            for thread in threads {
                match thread.join() {
                    Ok(done) => done.into_iter().for_each(|(number, result)| results[number] = Some(result)),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        results.into_iter().flatten().collect()
    }
}

/// Works things that come one after the other, as many at once as there are threads: each on a thread of its own, with an arena
/// for values that nobody needs when it has been worked. `next` gives them, to one thread at a time, and none any more once
/// it gave none.
pub fn in_order<T>(
    threads: usize,
    next: impl FnMut() -> Option<T> + Send,
    work: impl Fn(T, &Turn<'_>, &Arenas) + Sync,
) {
    let waiting = Mutex::new((0, next));
    let broken = AtomicBool::new(false);
    let take = || {
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (number, next) = &mut *waiting;
        let thing = next().filter(|_| !broken.load(Ordering::Relaxed))?;
        *number += 1;
        Some((thing, Turn { number: *number - 1, broken: &broken }))
    };
    let worker = || {
        let _alarm = Alarm(&broken);
        let mut arenas = Arenas::new(1);
        while let Some((thing, turn)) = take() {
            work(thing, &turn, &arenas);
            arenas.reset();
        }
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        worker();
        for other in others {
            other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
}

/// Tells the other threads when one panics, so that they do not wait for it.
struct Alarm<'o>(&'o AtomicBool);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// Something that things which are worked at once change one after the other, in the order in which they came.
pub struct Ordered<S> {
    /// Whose turn it is, and what is changed.
    state: Mutex<(u64, S)>,
    moved: Condvar,
}

impl<S> Ordered<S> {
    /// Nobody has changed it yet.
    pub fn new(state: S) -> Ordered<S> {
        Ordered { state: Mutex::new((0, state)), moved: Condvar::new() }
    }

    /// What it is when all have been worked.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.state.get_mut().unwrap_or_else(PoisonError::into_inner).1
    }

    /// The same.
    pub fn into_inner(self) -> S {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).1
    }
}

/// The place of a thing in the order in which things came.
pub struct Turn<'o> {
    number: u64,
    broken: &'o AtomicBool,
}

impl Turn<'_> {
    /// Changes something as soon as all things before this one have. Every thing does so once, whatever becomes of it: those
    /// behind it wait.
    pub fn take<S, R>(&self, ordered: &Ordered<S>, change: impl FnOnce(&mut S) -> R) -> R {
        let mut state = ordered.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.0 != self.number {
            assert!(!self.broken.load(Ordering::Relaxed), "another thread has stopped");
            let waited = ordered.moved.wait_timeout(state, Turn::PATIENCE).unwrap_or_else(PoisonError::into_inner);
            state = waited.0;
        }
        let result = change(&mut state.1);
        state.0 += 1;
        ordered.moved.notify_all();
        result
    }

    /// After so long one who waits looks whether the others are still there.
    const PATIENCE: Duration = Duration::from_millis(100);
}

/// How many processors this machine has.
pub fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_pieces() {
        for threads in [1, 2, 5] {
            let mut arenas = Arenas::new(threads);
            for round in 0..3 {
                let texts = arenas.each(round..100, |number, arena| &*arena.alloc_str(&number.to_string()));
                assert_eq!(texts, (round..100).map(|number| number.to_string()).collect::<Vec<_>>());
                arenas.reset();
            }
        }
    }

    #[test]
    fn things_take_turns_in_the_order_in_which_they_came() {
        for threads in [1, 2, 5] {
            let mut things = 0..100;
            let (odd, all) = (Ordered::new(Vec::new()), Ordered::new(Vec::new()));
            in_order(
                threads,
                || things.next(),
                |number, turn, arenas| {
                    let text = arenas.own().alloc_str(&number.to_string());
                    turn.take(&odd, |odd| odd.extend((number % 2 == 1).then_some(number)));
                    turn.take(&all, |all| all.push(text.to_string()));
                },
            );
            assert_eq!(odd.into_inner(), (0..100).filter(|number| number % 2 == 1).collect::<Vec<_>>());
            assert_eq!(all.into_inner(), (0..100).map(|number| number.to_string()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn who_waits_for_a_thread_that_has_stopped_stops_too() {
        for threads in [1, 2, 5] {
            let all = Ordered::new(0);
            let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let mut things = 0..20;
                in_order(
                    threads,
                    || things.next(),
                    |number, turn, _| {
                        assert_ne!(number, 7, "a fault of ours");
                        turn.take(&all, |all| *all += 1);
                    },
                );
            }));
            assert!(worked.is_err());
            assert_eq!(all.into_inner(), 7);
        }
    }
}
