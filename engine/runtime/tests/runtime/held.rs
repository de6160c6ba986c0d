//! A held start: what was under way waits for somebody to say whether it still goes out.

use std::sync::atomic::Ordering;

use cauce_model::Duration;
use cauce_runtime::{Held, Resume};

use crate::stage::{Do, GRACE, Stage, T0, lines, once_around, rows_of, tell, until_lines, who};

const TIMERS: u8 = 1;
const CALLS: u8 = 2;

/// A stage whose last process left two calls and two timers, one of them overdue by now, and is held.
async fn restored() -> Stage {
    let mut stage = Stage::on_disk();
    let runtime = stage.start().await;
    stage.outside.silent.store(true, Ordering::SeqCst);
    for (name, partition) in [("ana", 0), ("beto", 3)] {
        let due = [60, 3605].map(|seconds| T0 + Duration::seconds(seconds));
        let all = vec![
            Do::Ask("x".into()),
            Do::Remind(due[0], "overdue".into()),
            Do::Remind(due[1], "later".into()),
        ];
        tell(&runtime, &who(name, partition), Do::All(all)).await;
    }
    stage.outside.asked(2).await;
    drop(runtime); // a copy is made of a running one
    stage.outside.silent.store(false, Ordering::SeqCst);
    stage.clock.advance(Duration::hours(1));
    stage.held = true;
    stage
}

fn two_of_each() -> Held {
    Held { calls: [("outside".to_owned(), 2)].into(), timers: 2 }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_under_way_is_counted_and_waits_while_all_else_goes_on() {
    let stage = restored().await;
    let ana = who("ana", 0);
    let runtime = stage.start().await;
    assert_eq!(runtime.held(), two_of_each());
    stage.clock.advance(GRACE);
    until_lines(&runtime, &ana, &["later"]).await;
    tell(&runtime, &ana, Do::Ask("new".into())).await;
    until_lines(&runtime, &ana, &["later", "answer new"]).await;
    stage.clock.advance(Duration::days(1));
    once_around(&runtime, &ana).await;
    assert_eq!(lines(runtime.store(), &ana).await, ["later", "answer new"]);
    assert_eq!(stage.outside.asked.borrow().len(), 3, "two before the copy, one new");
    runtime.stop().await;
    drop(runtime);

    let runtime = stage.start().await;
    assert_eq!(runtime.held(), two_of_each(), "and after another start");
    runtime.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_after_all_goes_out_as_after_any_start() {
    let stage = restored().await;
    let runtime = stage.start().await;
    assert_eq!(runtime.resume(Resume::Send).await.unwrap(), two_of_each());
    let both = [who("ana", 0), who("beto", 3)];
    for who in &both {
        until_lines(&runtime, who, &["answer x"]).await;
    }
    stage.clock.advance(GRACE);
    for who in &both {
        until_lines(&runtime, who, &["answer x", "overdue", "later"]).await;
    }
    let asked = stage.outside.asked(4).await;
    assert!(asked[2..].iter().all(|asked| asked.resumed));
    assert!(runtime.held().is_empty());
    assert!(runtime.resume(Resume::Drop).await.unwrap().is_empty(), "there is nothing more to say");
    runtime.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_never_goes_out_and_its_entities_are_told() {
    let stage = restored().await;
    let runtime = stage.start().await;
    assert_eq!(runtime.resume(Resume::Drop).await.unwrap(), two_of_each());
    assert!(runtime.held().is_empty());
    for (name, partition) in [("ana", 0), ("beto", 3)] {
        assert_eq!(lines(runtime.store(), &who(name, partition)).await, ["dropped overdue", "dropped x"]);
    }
    assert_eq!(rows_of(runtime.store(), CALLS).await, 0);
    assert_eq!(rows_of(runtime.store(), TIMERS).await, 2, "those that are still to come");
    stage.clock.advance(GRACE);
    until_lines(&runtime, &who("beto", 3), &["dropped overdue", "dropped x", "later"]).await;
    assert_eq!(stage.outside.asked.borrow().len(), 2, "nothing but before the copy");
    runtime.stop().await;
}
