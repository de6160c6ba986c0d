//! The feed: every change once, in order, from any cursor that is ours.

use std::sync::Arc;

use cauce_runtime::feed::News;
use cauce_runtime::{Cursor, Runtime, from_bytes};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::watch;

use crate::stage::{Do, Slow, Stage, tell, who, within};

/// The next changes after a cursor, until there are this many; and the cursor then.
async fn changes(runtime: &Runtime, mut cursor: Cursor, count: usize) -> (Vec<String>, Cursor) {
    let mut news = Box::pin(runtime.follow(cursor.clone()));
    let mut found = Vec::new();
    while found.len() < count {
        let (after, item) = within("news", news.next()).await.unwrap().unwrap();
        let News::Changes(changes) = item else { panic!("missed something after {found:?}") };
        found.extend(changes.iter().map(|change| from_bytes::<String>(change).unwrap()));
        cursor = after;
    }
    (found, cursor)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_is_told_every_change_once_and_in_order_across_a_restart() {
    for stage in [Stage::in_memory(), Stage::on_disk()] {
        let runtime = stage.start().await;
        let (ana, beto) = (who("ana", 0), who("beto", 3));
        let start = runtime.cursor();
        for n in 0..10 {
            tell(&runtime, &ana, Do::Write(n.to_string())).await;
            tell(&runtime, &beto, Do::Write(n.to_string())).await;
        }
        let of = |whose: &str, all: &[String]| -> Vec<String> {
            let prefix = format!("{whose}: ");
            all.iter().filter_map(|change| change.strip_prefix(&prefix)).map(str::to_owned).collect()
        };
        let numbers = |range: std::ops::Range<i32>| range.map(|n| n.to_string()).collect::<Vec<_>>();
        let (all, _) = changes(&runtime, start.clone(), 20).await;
        assert_eq!((of(&ana.key, &all), of(&beto.key, &all)), (numbers(0..10), numbers(0..10)));

        // Followed half of it, as text, the way a client holds it; the rest after a restart.
        let (first, cursor) = changes(&runtime, start, 7).await;
        let cursor = cursor.to_string();
        runtime.stop().await;
        drop(runtime);
        let runtime = stage.start().await;
        tell(&runtime, &ana, Do::write("10")).await;
        let (rest, last) = changes(&runtime, cursor.parse().unwrap(), 21 - first.len()).await;
        let all = [first, rest].concat();
        assert_eq!((of(&ana.key, &all), of(&beto.key, &all)), (numbers(0..11), numbers(0..10)));
        assert_eq!(last, runtime.cursor(), "nothing is left to tell");
        runtime.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_is_told_while_it_waits() {
    let stage = Stage::in_memory();
    let runtime = stage.start().await;
    let ana = who("ana", 2);
    let mut news = Box::pin(runtime.follow(runtime.cursor()));
    assert!(news.next().now_or_never().is_none(), "there is nothing yet");
    let (_, told) = tokio::join!(tell(&runtime, &ana, Do::write("x")), within("news", news.next()));
    let (_, News::Changes(changes)) = told.unwrap().unwrap() else { panic!() };
    assert_eq!(from_bytes::<String>(&changes[0]).unwrap(), format!("{}: x", ana.key));
    runtime.stop().await;
    assert!(within("the end", news.next()).await.is_none(), "a stop ends the stream");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_with_a_foreign_cursor_is_told_that_things_were_missed() {
    let stage = Stage::in_memory();
    let runtime = stage.start().await;
    tell(&runtime, &who("ana", 2), Do::write("x")).await;
    for foreign in ["0", "0-0-0-0-0", "ffff-0-0-0"] {
        let mut news = Box::pin(runtime.follow(foreign.parse().unwrap()));
        let (cursor, item) = within("news", news.next()).await.unwrap().unwrap();
        assert_eq!((item, cursor), (News::Missed, runtime.cursor()), "{foreign}");
    }
    for unreadable in ["", "x", "0--0", "1-2-3-g"] {
        assert!(unreadable.parse::<Cursor>().is_err(), "{unreadable}");
    }
    runtime.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_is_told_when_the_readers_have_taken_it_in_and_a_write_s_cursor_may_be_ahead_of_them() {
    let mut stage = Stage::in_memory();
    let slow = Arc::new(Slow(watch::Sender::new(false)));
    stage.readers.push(slow.clone());
    let runtime = stage.start().await;
    let ana = who("ana", 2);
    let before = runtime.cursor();
    tell(&runtime, &ana, Do::write("first")).await;
    let written = runtime.written();
    assert_ne!(written, runtime.cursor());

    let mut all = Box::pin(runtime.follow(before));
    let mut rest = Box::pin(runtime.follow(written.clone()));
    assert!(all.next().now_or_never().is_none() && rest.next().now_or_never().is_none());
    assert!(runtime.read_until(&written).now_or_never().is_none());
    slow.0.send_replace(true);
    within("the reader", runtime.read_until(&written)).await;
    tell(&runtime, &ana, Do::write("second")).await;
    for (stream, line) in [(&mut all, "first"), (&mut rest, "second")] {
        let (_, news) = within("news", stream.next()).await.unwrap().unwrap();
        let News::Changes(changes) = news else { panic!("{line} was missed") };
        assert_eq!(from_bytes::<String>(&changes[0]).unwrap(), format!("{}: {line}", ana.key));
    }
    runtime.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_away_too_long_is_told_that_things_were_missed() {
    let stage = Stage::in_memory();
    let runtime = stage.start().await;
    let ana = who("ana", 0);
    let start = runtime.cursor();
    // Ten thousand commits are kept for those who come back.
    for _ in 0..10_050 {
        tell(&runtime, &ana, Do::Say("x".into())).await;
    }
    let mut news = Box::pin(runtime.follow(start));
    let (_, item) = within("news", news.next()).await.unwrap().unwrap();
    assert_eq!(item, News::Missed);
    runtime.stop().await;
}
