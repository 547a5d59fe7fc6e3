//! Writing records: one call for each, several at one time where that is allowed.

use super::judge::{Failed, Failure};
use super::line::{Ask, Line};
use crate::adapter::{Arrived, Fault, Item, Outcome, Sent};
use crate::protocol::http::request::{Body, Request};
use crate::protocol::http::write::Write;
use crate::protocol::template::Scope;
use crate::protocol::{Slot, WireShape};
use serde_json::{Map, Value, json};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

/// What became of one record.
enum One {
    Outcome(Outcome),
    Failed(Failure),
    /// It was not sent, since a record before it stopped the system.
    NotSent,
}

/// Sends records.
pub async fn send(line: &Line<'_>, write: &Write, items: &[Item]) -> Sent {
    if !write.refused.is_empty() {
        let (op, words) = (write.op.word(), write.refused.join(", "));
        return Sent::Nothing(Fault::stop(format!("`{op}` says `{words}`, which cannot be executed yet")));
    }
    let stopped = AtomicBool::new(false);
    let calls = items.iter().map(|item| send_one(line, write, item, &stopped));
    together(all_at_once(line.connection.limits.at_once, calls).await)
}

/// One outcome for each record, or the fault if nothing at all was done.
fn together(all: Vec<One>) -> Sent {
    if !all.iter().any(|one| matches!(one, One::Outcome(_)))
        && let Some(failure) = all.iter().find_map(|one| match one {
            One::Failed(failure) => Some(failure.clone()),
            _ => None,
        })
        && (all.len() == 1
            || all.iter().all(|one| !matches!(one, One::Failed(Failure { arrived: Arrived::Unknown, .. }))))
    {
        return Sent::Nothing(failure.fault());
    }
    let fault = all.iter().find_map(|one| match one {
        One::Failed(failure) => Some(failure.clone().fault()),
        _ => None,
    });
    let outcomes = all.into_iter().map(outcome).collect();
    match fault {
        Some(fault) => Sent::Until(outcomes, fault),
        None => Sent::Each(outcomes),
    }
}

fn outcome(one: One) -> Outcome {
    match one {
        One::Outcome(outcome) => outcome,
        One::Failed(failure) if failure.arrived == Arrived::No => {
            Outcome::Rejected(format!("not sent: {}", failure.say))
        }
        One::Failed(failure) => Outcome::Unknown(failure.say),
        One::NotSent => Outcome::Rejected("not sent, since the system had to be left alone".to_string()),
    }
}

async fn send_one(line: &Line<'_>, write: &Write, item: &Item, stopped: &AtomicBool) -> One {
    if stopped.load(Ordering::SeqCst) {
        return One::NotSent;
    }
    let scope = scope(line, write, item);
    match line.call(&Ask::once(&write.request, &scope)).await {
        Ok(good) => One::Outcome(match id(write, &good.answer) {
            Ok(id) => Outcome::Done { id },
            Err(why) => {
                let status = good.answer.status;
                Outcome::Unknown(format!("{status} on {}: {why}", Ask::once(&write.request, &scope).place()))
            }
        }),
        Err(failure) => match failure.failed {
            Failed::Absent => One::Outcome(Outcome::Absent),
            Failed::Exists => One::Outcome(Outcome::Exists),
            Failed::Rejected => One::Outcome(Outcome::Rejected(failure.say)),
            Failed::Unknown => One::Outcome(Outcome::Unknown(failure.say)),
            Failed::Stop | Failed::List | Failed::Restart | Failed::NextWay => {
                stopped.store(true, Ordering::SeqCst);
                One::Failed(failure)
            }
        },
    }
}

/// The id that the target gave, where the descriptor says where it lies.
fn id(write: &Write, answer: &super::answer::Answer) -> Result<Option<String>, String> {
    let Some(path) = &write.take_id else { return Ok(None) };
    match answer.first(path) {
        Ok(Some(Value::String(id))) if !id.is_empty() => Ok(Some(id)),
        Ok(Some(Value::Number(id))) => Ok(Some(id.to_string())),
        Ok(_) => Err(format!("the answer has no id at {}", path.text())),
        Err(_) => Err("the answer is not JSON, and the id lies in it".to_string()),
    }
}

/// What the templates of a write may name.
fn scope<'r>(line: &'r Line<'_>, write: &Write, item: &'r Item) -> Scope<'r> {
    let names = write.shape.names.iter().map(|(name, word)| (name.clone(), Value::from(word.as_str()))).collect();
    let id = item.id.as_deref().map_or(Value::Null, Value::from);
    let record = record(&write.shape, &item.wire);
    let mut scope = line
        .scope()
        .with_own("entity", Value::Object(names))
        .with_own("key", id.clone())
        .with_own("link", json!({ "id": id }))
        .with_own("run", json!({ "intent": item.intent }))
        .with_own("sent", record.clone())
        .with_own("record", record)
        .with("changed", &item.changed);
    if names_changed(&write.request) {
        // `{{ wire.changed }}` is the changed part of the record.
        let mut wire = item.wire.as_object().cloned().unwrap_or_default();
        wire.insert("changed".to_string(), item.changed.clone());
        scope = scope.with_own("wire", Value::Object(wire));
    } else {
        scope = scope.with("wire", &item.wire);
    }
    scope
}

/// True if a template of the body says `wire.changed`.
fn names_changed(request: &Request) -> bool {
    let Body::Json(tree) = &request.body else { return false };
    tree.templates()
        .iter()
        .any(|template| template.paths().any(|path| path.len() > 1 && path[0] == "wire" && path[1] == "changed"))
}

/// The record by the names of its fields.
fn record(shape: &WireShape, wire: &Value) -> Value {
    let fields = shape.slots.iter().filter_map(|slot| Some((slot.name.clone(), at(slot, wire)?.clone())));
    Value::Object(fields.collect::<Map<String, Value>>())
}

fn at<'v>(slot: &Slot, wire: &'v Value) -> Option<&'v Value> {
    let names = crate::protocol::files::shape::child_path(&slot.at).ok()?;
    names.iter().try_fold(wire, |value, name| value.get(name))
}

/// Runs futures, so many at one time; gives their results in order. A future starts when a place is free.
async fn all_at_once<T, F: Future<Output = T> + Send>(most: usize, mut futures: impl Iterator<Item = F>) -> Vec<T> {
    let mut results: Vec<Option<T>> = Vec::new();
    let mut running: Vec<(usize, Pin<Box<F>>)> = Vec::new();
    std::future::poll_fn(|context| {
        loop {
            let mut finished = false;
            running.retain_mut(|(index, future)| match future.as_mut().poll(context) {
                Poll::Ready(result) => {
                    results[*index] = Some(result);
                    finished = true;
                    false
                }
                Poll::Pending => true,
            });
            let mut started = false;
            while running.len() < most.max(1)
                && let Some(future) = futures.next()
            {
                running.push((results.len(), Box::pin(future)));
                results.push(None);
                started = true;
            }
            if running.is_empty() {
                return Poll::Ready(());
            }
            if !started && !finished {
                return Poll::Pending;
            }
        }
    })
    .await;
    results.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[tokio::test]
    async fn keeps_order_and_never_runs_more_than_allowed() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let job = |number: u64| {
            let (now, most) = (&now, &most);
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                for _ in 0..10 - number % 10 {
                    tokio::task::yield_now().await;
                }
                now.fetch_sub(1, Ordering::SeqCst);
                number
            }
        };
        assert_eq!(all_at_once(3, (0..20).map(job)).await, (0..20).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), 3);
        assert_eq!(all_at_once(3, std::iter::empty::<std::future::Ready<u8>>()).await, Vec::<u8>::new());
    }
}
