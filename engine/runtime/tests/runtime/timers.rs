//! Timers: when the clock says so, not before, once.

use cauce_model::Duration;
use cauce_runtime::to_bytes;
use futures_util::FutureExt;
use std::sync::atomic::Ordering;

use crate::stage::{Do, GRACE, Stage, T0, lines, once_around, tell, until_lines, who, within};

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_comes_when_its_time_has_come_and_once() {
    for stage in [Stage::in_memory(), Stage::on_disk()] {
        let runtime = stage.start().await;
        let ana = who("ana", 1);
        let minute = Duration::minutes(1);
        let all = ["a", "b"].map(|name| Do::Remind(T0 + minute, name.into()));
        tell(&runtime, &ana, Do::All(all.to_vec())).await;
        tell(&runtime, &ana, Do::Remind(T0 + minute + minute, "later".into())).await;

        stage.clock.advance(Duration::millis(59_999));
        once_around(&runtime, &ana).await;
        assert!(lines(runtime.store(), &ana).await.is_empty(), "a millisecond too early");

        stage.clock.advance(Duration::millis(1));
        until_lines(&runtime, &ana, &["a", "b"]).await;
        stage.clock.advance(minute);
        until_lines(&runtime, &ana, &["a", "b", "later"]).await;
        stage.clock.advance(Duration::days(1));
        once_around(&runtime, &ana).await;
        assert_eq!(lines(runtime.store(), &ana).await, ["a", "b", "later"]);
        runtime.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn timers_of_one_entity_come_in_the_order_of_their_times() {
    let stage = Stage::in_memory();
    let runtime = stage.start().await;
    let ana = who("ana", 1);
    for seconds in [5, 3, 9, 1, 7] {
        tell(&runtime, &ana, Do::Remind(T0 + Duration::seconds(seconds), seconds.to_string())).await;
    }
    stage.clock.advance(Duration::seconds(9));
    until_lines(&runtime, &ana, &["1", "3", "5", "7", "9"]).await;
    runtime.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_was_taken_back_does_not_come() {
    for stage in [Stage::in_memory(), Stage::on_disk()] {
        let runtime = stage.start().await;
        let ana = who("ana", 2);
        let due = T0 + Duration::seconds(5);
        tell(&runtime, &ana, Do::All(vec![Do::Remind(due, "a".into()), Do::Remind(due, "b".into())])).await;
        tell(&runtime, &ana, Do::Forget(due, "a".into())).await;
        stage.clock.advance(Duration::seconds(5));
        until_lines(&runtime, &ana, &["b"]).await;
        once_around(&runtime, &ana).await;
        assert_eq!(lines(runtime.store(), &ana).await, ["b"]);
        runtime.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_survives_a_restart_and_one_that_came_does_not_come_again() {
    let stage = Stage::on_disk();
    let runtime = stage.start().await;
    let ana = who("ana", 3);
    tell(&runtime, &ana, Do::Remind(T0 + Duration::seconds(1), "one".into())).await;
    tell(&runtime, &ana, Do::Remind(T0 + Duration::seconds(60), "two".into())).await;
    stage.clock.advance(Duration::seconds(1));
    until_lines(&runtime, &ana, &["one"]).await;
    runtime.stop().await;
    drop(runtime);

    let runtime = stage.start().await;
    stage.clock.advance(Duration::seconds(58));
    once_around(&runtime, &ana).await;
    assert_eq!(lines(runtime.store(), &ana).await, ["one"]);
    stage.clock.advance(Duration::seconds(1));
    until_lines(&runtime, &ana, &["one", "two"]).await;
    runtime.stop().await;
    drop(runtime);

    let runtime = stage.start().await;
    stage.clock.advance(Duration::hours(1));
    once_around(&runtime, &ana).await;
    assert_eq!(lines(runtime.store(), &ana).await, ["one", "two"]);
    runtime.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_due_while_nobody_was_there_waits_for_what_arrives_late() {
    let stage = Stage::on_disk();
    let runtime = stage.start().await;
    let ana = who("ana", 0);
    tell(&runtime, &ana, Do::Remind(T0 + Duration::seconds(60), "overdue".into())).await;
    tell(&runtime, &ana, Do::Remind(T0 + Duration::seconds(3605), "on time".into())).await;
    runtime.stop().await;
    drop(runtime);

    stage.clock.advance(Duration::hours(1));
    let runtime = stage.start().await;
    once_around(&runtime, &ana).await;
    assert!(lines(runtime.store(), &ana).await.is_empty(), "held");
    // What came due after the start is nobody's late message: it does not wait with the others.
    stage.clock.advance(Duration::seconds(5));
    until_lines(&runtime, &ana, &["on time"]).await;
    stage.clock.advance(Duration(GRACE.0 - 5_001));
    tell(&runtime, &ana, Do::write("late message")).await;
    stage.clock.advance(Duration::millis(1));
    until_lines(&runtime, &ana, &["on time", "late message", "overdue"]).await;
    runtime.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_received_goes_before_a_timer_that_is_due() {
    let stage = Stage::in_memory();
    let runtime = stage.start().await;
    let ana = who("ana", 0);
    let due = T0 + Duration::seconds(5);
    tell(&runtime, &ana, Do::All(vec![Do::Remind(due, "timeout".into()), Do::Remind(due, "other".into())]))
        .await;

    // The partition stands while both become ready; the answer takes one timeout back.
    stage.notebook.close();
    let before = stage.notebook.runs.load(Ordering::SeqCst);
    let standing = tell(&runtime, &ana, Do::Stand);
    let both = async {
        while stage.notebook.runs.load(Ordering::SeqCst) == before {
            tokio::task::yield_now().await;
        }
        stage.clock.advance(Duration::hours(1));
        let answer = Do::All(vec![Do::write("answer"), Do::Forget(due, "timeout".into())]);
        let mut answer = Box::pin(runtime.submit(ana.clone(), to_bytes(&answer), None));
        assert!((&mut answer).now_or_never().is_none(), "it waits");
        stage.notebook.open();
        answer.await.unwrap();
    };
    within("both", async { tokio::join!(standing, both) }).await;
    until_lines(&runtime, &ana, &["answer", "other"]).await;
    once_around(&runtime, &ana).await;
    assert_eq!(lines(runtime.store(), &ana).await, ["answer", "other"]);
    runtime.stop().await;
}
