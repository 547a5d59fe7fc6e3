//! What an answer, or its absence, means: the call's rules, the connection's, and what is built in.

use super::answer::Answer;
use super::line::{Ask, Broken, Good, Line};
use crate::adapter::{Arrived, Fault, Then};
use crate::protocol::http::rules::{Meaning, Rule};
use reqwest::Url;
use serde_json::Value;
use std::time::Duration;

/// Rules that look inside see answers with status 2xx up to this size: an error in disguise is small, a list is not.
const DISGUISE: usize = 64 << 10;

/// Longest text that a rule's `say` takes from an answer, in characters.
const LONGEST_SAID: usize = 200;

/// What becomes of a call that gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// No more calls to this system.
    Stop,
    /// No more calls of this list; others are read.
    List,
    /// The list again from its first page.
    Restart,
    /// The next of the call's ways.
    NextWay,
    /// The record is not there.
    Absent,
    /// Such a record is there already.
    Exists,
    /// The record is refused.
    Rejected,
    /// It was sent, and nobody knows whether it happened.
    Unknown,
}

/// Why a call gave nothing.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What becomes of it.
    pub failed: Failed,
    /// Whether the call arrived and may have done something.
    pub arrived: Arrived,
    /// In words; no personal data, no secret.
    pub say: String,
}

impl Failure {
    /// No more calls.
    pub fn stop(say: impl Into<String>, arrived: Arrived) -> Failure {
        Failure { failed: Failed::Stop, arrived, say: say.into() }
    }

    /// No more calls of this list.
    pub fn list(say: impl Into<String>, arrived: Arrived) -> Failure {
        Failure { failed: Failed::List, arrived, say: say.into() }
    }

    /// For the engine, where the call failed as a whole.
    pub fn fault(self) -> Fault {
        let then = match self.failed {
            Failed::Restart => Then::Restart,
            Failed::List => Then::Reject,
            _ => Then::Stop,
        };
        Fault { then, arrived: self.arrived, wait: None, nothing: false, say: self.say }
    }

    /// Our log-in is not accepted.
    pub fn log_in_refused(self, renewed: bool) -> Failure {
        let how = if renewed { "also with a new token" } else { "our log-in is not accepted" };
        Failure { failed: Failed::Stop, say: format!("{}: {how}", self.say), ..self }
    }
}

/// What to do after a try.
pub enum Next {
    /// It is done.
    Good(Good),
    /// The same call again.
    Again {
        /// How long the system asks to wait.
        asked: Option<Duration>,
        /// How long to try, where a rule says it.
        within: Option<Duration>,
        /// What it is if that does not help.
        failure: Failure,
    },
    /// The same call again with a new token.
    Renew(Failure),
    /// It failed.
    End(Failure),
}

impl Line<'_> {
    /// What an answer means.
    pub(super) fn judge(&self, ask: &Ask<'_>, answer: Answer) -> Next {
        let rule = self.rule(ask, &answer);
        let meaning = rule.map_or_else(|| built_in(ask, answer.status), |rule| rule.then);
        let is_good = matches!(meaning, Meaning::Ok | Meaning::OkWithFinding);
        if is_good && answer.is_success() && answer.is_web_page() {
            let why =
                "the address answered with a web page, not with data: is the address right, or is a login needed?";
            let (failed, say) = (unanswered(ask), format!("{}: {why}", ask.place()));
            return Next::End(Failure { failed, arrived: Arrived::Unknown, say });
        }
        let say = describe(ask, &answer, rule.and_then(|rule| self.said(rule, &answer)));
        if is_good {
            let odd = (meaning == Meaning::OkWithFinding).then(|| self.mask(&say));
            return Next::Good(Good { answer, odd });
        }
        let arrived = if did_nothing(answer.status) { Arrived::No } else { Arrived::Unknown };
        match meaning {
            Meaning::Renew => Next::Renew(Failure::stop(say, Arrived::No)),
            Meaning::Retry | Meaning::Wait if ask.request.repeatable || arrived == Arrived::No => Next::Again {
                asked: answer.retry_after.map(|after| after.from(self.world.now())),
                within: rule.and_then(|rule| rule.within),
                failure: Failure { failed: in_the_end(ask, answer.status), arrived, say },
            },
            _ => Next::End(Failure { failed: failed(ask, meaning), arrived, say }),
        }
    }

    /// What a break means.
    pub(super) fn after_break(&self, ask: &Ask<'_>, broken: Broken) -> Next {
        match broken {
            Broken::NoAccess(failure) => Next::End(failure),
            Broken::Unmade(why) => {
                let failed = if is_read(ask) { Failed::List } else { Failed::Rejected };
                Next::End(Failure { failed, arrived: Arrived::No, say: format!("{}: {}", ask.place(), why.0) })
            }
            Broken::TooLarge => {
                let most = self.connection.limits.answer_max;
                let say = format!("the answer to {} is larger than `answer_max`, {most} bytes", ask.place());
                Next::End(Failure { failed: unanswered(ask), arrived: Arrived::Unknown, say })
            }
            Broken::NotSent(why) => {
                let failure = Failure::stop(format!("{why}; {}", ask.place()), Arrived::No);
                Next::Again { asked: None, within: None, failure }
            }
            Broken::Sent(why) if ask.request.repeatable => {
                let say = format!("{why} while {}", doing(ask));
                let failure = Failure { failed: unanswered(ask), arrived: Arrived::Unknown, say };
                Next::Again { asked: None, within: None, failure }
            }
            Broken::Sent(why) => {
                let say = format!("{why} after {} was sent: it may or may not have happened", ask.place());
                Next::End(Failure { failed: Failed::Unknown, arrived: Arrived::Unknown, say })
            }
        }
    }

    /// The first rule that fits. The rules of the connection say nothing of calls for a token.
    fn rule<'r>(&'r self, ask: &'r Ask<'_>, answer: &Answer) -> Option<&'r Rule> {
        let is_large = answer.is_success() && answer.body.len() > DISGUISE;
        let of_connection = if ask.request.during.contains(&"token") { &[] } else { self.connection.errors.as_slice() };
        ask.request.errors.iter().chain(of_connection).find(|rule| {
            !(is_large && rule.looks_inside()) && rule.fits(&ask.request.during, answer.status, &|| answer.words())
        })
    }

    /// What a rule says about an answer.
    fn said(&self, rule: &Rule, answer: &Answer) -> Option<String> {
        let say = rule.say.as_ref()?;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let scope = self.scope().with_own("answer", body).with_own("status", Value::from(answer.status));
        let text = say.render_text(&scope).ok()?;
        Some(text.chars().filter(|c| !c.is_control()).take(LONGEST_SAID).collect())
    }
}

/// What becomes of a call whose answer is none: one page of a list can be broken while the system is sound, and then the
/// other lists are worth reading. Where a record cannot be written, nothing more is.
fn unanswered(ask: &Ask<'_>) -> Failed {
    if is_read(ask) { Failed::List } else { Failed::Stop }
}

fn is_read(ask: &Ask<'_>) -> bool {
    !ask.request.during.contains(&"write")
}

/// `page 3 of /persons was read`, `PUT /users/… was sent`.
fn doing(ask: &Ask<'_>) -> String {
    match (is_read(ask), ask.number) {
        (true, 0) => format!("{} was read", ask.place()),
        (true, number) => format!("page {number} of {} was read", ask.request.shown),
        (false, _) => format!("{} was sent", ask.place()),
    }
}

/// `400 on POST /users: code: what the rule says`.
fn describe(ask: &Ask<'_>, answer: &Answer, said: Option<String>) -> String {
    let mut say = format!("{} on {}", answer.status, ask.place());
    // Only where it leads: what stands behind may be anybody's.
    let elsewhere = answer.location.as_deref().filter(|_| (300..400).contains(&answer.status));
    let elsewhere = elsewhere.and_then(|to| Url::parse(to).ok()).map(|to| {
        format!(
            "it leads to {}, where this call may not follow (`limits: redirects`)",
            to.origin().ascii_serialization()
        )
    });
    for part in [answer.code(), elsewhere, said].into_iter().flatten() {
        say.push_str(": ");
        say.push_str(&part);
    }
    say
}

/// What an answer means where no rule says it.
fn built_in(ask: &Ask<'_>, status: u16) -> Meaning {
    let creates = ask.request.during.contains(&"create");
    match status {
        200..=299 => Meaning::Ok,
        401 => Meaning::Renew,
        408 | 425 | 429 | 500..=599 => Meaning::Wait,
        404 if !is_read(ask) && !creates => Meaning::Absent,
        409 if creates => Meaning::Exists,
        // Not a word about the record: the address or the system's set-up is wrong.
        300..=399 => Meaning::Stop,
        403 if is_read(ask) => Meaning::Stop,
        _ => Meaning::Reject,
    }
}

/// True if an answer with this status says that nothing was done.
fn did_nothing(status: u16) -> bool {
    matches!(status, 300..=499 | 503)
}

/// What becomes of a call that was tried again in vain.
fn in_the_end(ask: &Ask<'_>, status: u16) -> Failed {
    match status {
        // A system that has too much to do, or pauses, is left alone.
        408 | 425 | 429 | 503 => Failed::Stop,
        500..=599 => unanswered(ask),
        _ => failed(ask, built_in(ask, status)),
    }
}

/// What becomes of a call with this meaning.
fn failed(ask: &Ask<'_>, meaning: Meaning) -> Failed {
    let of_record = if is_read(ask) { Failed::List } else { Failed::Rejected };
    match meaning {
        Meaning::Restart if is_read(ask) => Failed::Restart,
        Meaning::NextWay if is_read(ask) => Failed::NextWay,
        // For a list, "not there" is no empty list: whoever takes it for one removes everybody.
        Meaning::Absent if !is_read(ask) => Failed::Absent,
        Meaning::Exists if !is_read(ask) => Failed::Exists,
        Meaning::Retry | Meaning::Wait if !is_read(ask) => Failed::Unknown,
        Meaning::Reject | Meaning::Split | Meaning::MissingReference => of_record,
        _ => Failed::Stop,
    }
}
