//! Working pieces of something side by side, with results in the order of the pieces.
//!
//! What comes out does not depend on how many threads there are: a piece knows nothing of the others, and their results are
//! put together in order.

use crate::value::Arena;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc;
use std::thread;

/// Where the values of a run live, and how many threads may make them.
pub struct Arenas {
    own: Arena,
    more: typed_arena::Arena<Arena>,
    /// Arenas whose values nobody needs any more, in the order in which they were used.
    spare: Mutex<VecDeque<Arena>>,
    threads: usize,
}

impl Arenas {
    /// For so many threads.
    pub fn new(threads: usize) -> Arenas {
        let (own, more, spare) = (Arena::new(), typed_arena::Arena::new(), Mutex::default());
        Arenas { own, more, spare, threads: threads.max(1) }
    }

    /// Forgets all values, and keeps their room for those of the next window. What is worked there in the same order finds arenas
    /// of the size that it needs.
    pub fn reset(&mut self) {
        self.own.reset();
        let used = std::mem::replace(&mut self.more, typed_arena::Arena::new()).into_vec();
        let spare = self.spare.get_mut().unwrap_or_else(PoisonError::into_inner);
        spare.extend(used.into_iter().map(|mut arena| {
            arena.reset();
            arena
        }));
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
                    let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let arena: &'t mut Arena = self.more.alloc(spare.unwrap_or_default());
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

/// Uses things one after the other while another thread makes the next; with one thread, each is used before the next is made.
/// Gives what `make` says in the end.
pub fn ahead<T: Send, R: Send>(
    threads: usize,
    make: impl FnOnce(&mut dyn FnMut(T)) -> R + Send,
    mut using: impl FnMut(T),
) -> R {
    if threads < 2 {
        return make(&mut using);
    }
    thread::scope(|scope| {
        let (send, receive) = mpsc::sync_channel(0);
        // Whoever uses them hears all of them, so nobody hangs up.
        let maker = scope.spawn(move || make(&mut |thing| drop(send.send(thing))));
        receive.into_iter().for_each(using);
        maker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
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
}
