//! How long to wait: between calls, and before a call is made again.

use crate::protocol::http::connection::Retry;
use crate::world::World;
use jiff::Timestamp;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Keeps calls apart, so that there are not more than so many a second.
pub struct Pace {
    apart: Option<Duration>,
    next: Mutex<Option<Timestamp>>,
}

impl Pace {
    /// At most so many calls a second.
    pub fn new(per_second: Option<f64>) -> Pace {
        Pace { apart: per_second.map(|rate| Duration::from_secs_f64(1.0 / rate)), next: Mutex::new(None) }
    }

    /// Waits for the next free place.
    pub async fn wait(&self, world: &dyn World) {
        let Some(apart) = self.apart else { return };
        let now = world.now();
        let place = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let place = next.map_or(now, |next| next.max(now));
            *next = Some(place + apart);
            place
        };
        if let Ok(time) = Duration::try_from(place.duration_since(now))
            && !time.is_zero()
        {
            world.sleep(time).await;
        }
    }
}

/// The tries of one call.
pub struct Tries<'a> {
    retry: &'a Retry,
    began: Timestamp,
    made: u32,
}

/// Why there is no next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// So many tries were made.
    Times(u32),
    /// The next try would come after `within`.
    Within(Duration),
    /// The system asks to wait longer than `within`.
    AskedTooMuch(Duration),
}

impl std::fmt::Display for GivenUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            GivenUp::Times(1) => f.write_str("given up after 1 try"),
            GivenUp::Times(times) => write!(f, "given up after {times} tries"),
            GivenUp::Within(within) => write!(f, "given up after {} s", within.as_secs()),
            GivenUp::AskedTooMuch(asked) => write!(f, "it asks to wait {} s, longer than we may", asked.as_secs()),
        }
    }
}

impl<'a> Tries<'a> {
    /// The first try begins now.
    pub fn new(retry: &'a Retry, world: &dyn World) -> Tries<'a> {
        Tries { retry, began: world.now(), made: 1 }
    }

    /// How long to wait before the next try. What the system asks for is kept to, unless it goes beyond `within`.
    pub fn next(
        &mut self,
        world: &dyn World,
        asked: Option<Duration>,
        within: Option<Duration>,
    ) -> Result<Duration, GivenUp> {
        let within = within.unwrap_or(self.retry.within);
        let passed = Duration::try_from(world.now().duration_since(self.began)).unwrap_or_default();
        if self.made > self.retry.times {
            return Err(GivenUp::Times(self.made));
        }
        let pause = match asked {
            Some(asked) if passed + asked > within => return Err(GivenUp::AskedTooMuch(asked)),
            Some(asked) => asked,
            None => self.back_off(world),
        };
        if passed + pause > within {
            return Err(GivenUp::Within(passed));
        }
        self.made += 1;
        Ok(pause)
    }

    /// `first`, grown by `factor` for each try, never above `most`; with jitter, a random part of that.
    fn back_off(&self, world: &dyn World) -> Duration {
        let grown = self.retry.first.as_secs_f64() * self.retry.factor.powi(self.made as i32 - 1);
        let pause = grown.min(self.retry.most.as_secs_f64());
        if !self.retry.jitter {
            return Duration::from_secs_f64(pause);
        }
        let mut bytes = [0; 4];
        world.random(&mut bytes);
        Duration::from_secs_f64(pause * f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::TestWorld;

    fn retry(jitter: bool) -> Retry {
        let seconds = Duration::from_secs;
        Retry { times: 5, first: seconds(1), factor: 2.0, most: seconds(6), within: seconds(60), jitter }
    }

    #[test]
    fn pauses_grow_up_to_the_longest() {
        let (world, retry) = (TestWorld::new(), retry(false));
        let mut tries = Tries::new(&retry, &world);
        let pauses: Vec<u64> =
            std::iter::from_fn(|| tries.next(&world, None, None).ok()).map(|p| p.as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 6, 6]);
        assert_eq!(tries.next(&world, None, None), Err(GivenUp::Times(6)));
    }

    #[test]
    fn jitter_stays_inside_the_pause() {
        let (world, retry) = (TestWorld::new(), retry(true));
        for _ in 0..100 {
            assert!(Tries::new(&retry, &world).next(&world, None, None).expect("a pause") <= Duration::from_secs(1));
        }
    }

    #[test]
    fn what_the_system_asks_is_kept_to_within_limits() {
        let (world, retry) = (TestWorld::new(), retry(true));
        let mut tries = Tries::new(&retry, &world);
        let seconds = Duration::from_secs;
        assert_eq!(tries.next(&world, Some(seconds(30)), None), Ok(seconds(30)));
        assert_eq!(tries.next(&world, Some(seconds(3600)), None), Err(GivenUp::AskedTooMuch(seconds(3600))));
        assert_eq!(tries.next(&world, Some(seconds(3600)), Some(seconds(7200))), Ok(seconds(3600)));
    }

    #[tokio::test]
    async fn keeps_calls_apart() {
        let world = TestWorld::new();
        let (pace, began) = (Pace::new(Some(4.0)), world.now());
        for _ in 0..5 {
            pace.wait(&world).await;
        }
        assert_eq!(world.now().duration_since(began).as_millis(), 1000);
    }
}
