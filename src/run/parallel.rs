//! Working pieces of something side by side, with results in the order of the pieces.
//!
//! What comes out does not depend on how many threads there are: a piece knows nothing of the others, and their results are
//! put together in order.

use crate::value::Arena;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
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
        let (mut pieces, mut results) = (pieces.enumerate(), Vec::new());
        results.resize_with(count, || None);
        let done = Mutex::new(&mut results);
        let work = |(number, piece): (usize, P), _: &Turn<'_>, arena: &mut &'t Arena| {
            let result = work(piece, arena);
            done.lock().unwrap_or_else(PoisonError::into_inner)[number] = Some(result);
        };
        in_order_with(self.some(count), |arena: &'t mut Arena| &*arena, || pieces.next(), work);
        results.into_iter().flatten().collect()
    }

    /// Works all pieces, and hands on what comes out of them in their order, each as soon as it is its turn.
    pub fn each_in_turn<'t, P: Send, R: Send>(
        &'t self,
        mut pieces: impl ExactSizeIterator<Item = P> + Send,
        work: impl Fn(P, &'t Arena) -> R + Sync,
        mut take: impl FnMut(R) + Send,
    ) {
        let count = pieces.len();
        if self.threads == 1 || count < 2 {
            return pieces.for_each(|piece| take(work(piece, &self.own)));
        }
        let ready = Ready::new(self.threads, take);
        let work = |piece: P, turn: &Turn<'_>, arena: &mut &'t Arena| ready.leave(turn, work(piece, arena));
        in_order_with(self.some(count), |arena: &'t mut Arena| &*arena, || pieces.next(), work);
    }

    /// An arena for each thread that works on so many pieces.
    fn some(&self, pieces: usize) -> Vec<&mut Arena> {
        (0..self.threads.min(pieces)).map(|_| self.more.alloc(Arena::new())).collect()
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
    let work = |thing: T, turn: &Turn<'_>, arenas: &mut Arenas| {
        work(thing, turn, arenas);
        arenas.reset();
    };
    in_order_with(vec![(); threads.max(1)], |()| Arenas::new(1), next, work);
}

/// The same with a thread for each of these, of which `kept` makes what the thread works with.
fn in_order_with<T, S: Send, K>(
    each: Vec<S>,
    kept: impl Fn(S) -> K + Sync,
    next: impl FnMut() -> Option<T> + Send,
    work: impl Fn(T, &Turn<'_>, &mut K) + Sync,
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
    let worker = |of: S| {
        let _alarm = Alarm(&broken);
        let mut kept = kept(of);
        while let Some((thing, turn)) = take() {
            work(thing, &turn, &mut kept);
        }
    };
    let mut each = each.into_iter();
    let first = each.next();
    thread::scope(|scope| {
        let worker = &worker;
        let others: Vec<_> = each.map(|of| scope.spawn(move || worker(of))).collect();
        first.into_iter().for_each(worker);
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
    state: Mutex<State<S>>,
    moved: Condvar,
}

struct State<S> {
    /// Whose turn it is.
    turn: u64,
    /// How many wait for theirs.
    waiting: usize,
    changed: S,
}

impl<S> Ordered<S> {
    /// Nobody has changed it yet.
    pub fn new(changed: S) -> Ordered<S> {
        Ordered { state: Mutex::new(State { turn: 0, waiting: 0, changed }), moved: Condvar::new() }
    }

    /// What it is when all have been worked.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.state.get_mut().unwrap_or_else(PoisonError::into_inner).changed
    }

    /// The same.
    pub fn into_inner(self) -> S {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).changed
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
        while state.turn != self.number {
            self.look_out();
            state.waiting += 1;
            let waited = ordered.moved.wait_timeout(state, Turn::PATIENCE).unwrap_or_else(PoisonError::into_inner);
            state = waited.0;
            state.waiting -= 1;
        }
        let result = change(&mut state.changed);
        state.turn += 1;
        if state.waiting > 0 {
            ordered.moved.notify_all();
        }
        result
    }

    /// Who waits stops where another thread has: its turn would never come.
    fn look_out(&self) {
        assert!(!self.broken.load(Ordering::Relaxed), "another thread has stopped");
    }

    /// After so long one who waits looks whether the others are still there.
    const PATIENCE: Duration = Duration::from_millis(100);
}

/// Where things that are worked at once leave their results, which are taken in the order in which the things came. Nobody waits for
/// that: one of those who come by takes all whose turn it is.
pub struct Ready<R, F> {
    state: Mutex<Left<R, F>>,
    moved: Condvar,
    /// So many results may lie here. Who has one more waits.
    most: usize,
}

struct Left<R, F> {
    results: BTreeMap<u64, R>,
    /// Whose turn it is.
    turn: u64,
    /// What takes them; not there while it does.
    take: Option<F>,
}

impl<R, F: FnMut(R)> Ready<R, F> {
    /// How many results may lie here for each thread.
    const EACH: usize = 4;

    /// Of so many threads.
    pub fn new(threads: usize, take: F) -> Ready<R, F> {
        let left = Left { results: BTreeMap::new(), turn: 0, take: Some(take) };
        Ready { state: Mutex::new(left), moved: Condvar::new(), most: threads * Self::EACH }
    }

    /// Leaves the result of a thing. Every thing leaves one, whatever becomes of it: those of the things behind it lie until then.
    pub fn leave(&self, turn: &Turn<'_>, result: R) {
        let mut state = self.locked();
        while state.results.len() >= self.most && state.turn != turn.number {
            turn.look_out();
            state = self.moved.wait_timeout(state, Turn::PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.results.insert(turn.number, result);
        // Who takes results looks for more before it stops.
        let Some(mut take) = state.take.take() else { return };
        while let Some(result) = state.next() {
            drop(state);
            take(result);
            state = self.locked();
            state.turn += 1;
            if state.results.len() + 1 >= self.most {
                self.moved.notify_all();
            }
        }
        state.take = Some(take);
    }

    fn locked(&self) -> MutexGuard<'_, Left<R, F>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R, F> Left<R, F> {
    /// The result whose turn it is, if it is there.
    fn next(&mut self) -> Option<R> {
        self.results.remove(&self.turn)
    }
}

/// How many processors this machine has.
pub fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

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
    fn results_are_handed_on_in_the_order_of_the_pieces() {
        for threads in [1, 2, 5] {
            let (arenas, mut taken) = (Arenas::new(threads), Vec::new());
            let text = |number: i32, arena| -> &str { Arena::alloc_str(arena, &number.to_string()) };
            arenas.each_in_turn(0..100, text, |text| taken.push(text));
            assert_eq!(taken, (0..100).map(|number| number.to_string()).collect::<Vec<_>>());
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
    fn nobody_waits_with_a_result_for_those_before_it() {
        for threads in [1, 2, 5] {
            let (mut things, mut all, left) = (0..100, Vec::new(), AtomicUsize::new(0));
            let ready = Ready::new(threads, |number| all.push(number));
            in_order(
                threads,
                || things.next(),
                |number, turn, _| {
                    // The first one comes when there is room for no more.
                    while number == 0 && threads > 1 && left.load(Ordering::Relaxed) < 4 * threads {
                        thread::yield_now();
                    }
                    ready.leave(turn, number);
                    left.fetch_add(1, Ordering::Relaxed);
                },
            );
            assert_eq!(all, (0..100).collect::<Vec<_>>());
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
            let mut left = Vec::new();
            let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let (mut things, ready) = (0..100, Ready::new(threads, |number| left.push(number)));
                in_order(
                    threads,
                    || things.next(),
                    |number, turn, _| {
                        assert_ne!(number, 7, "a fault of ours");
                        ready.leave(turn, number);
                    },
                );
            }));
            assert!(worked.is_err());
            assert_eq!(left, [0, 1, 2, 3, 4, 5, 6]);
        }
    }
}
