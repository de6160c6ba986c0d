//! One trace through all that an event sets going, also over the end of a process.

use std::sync::atomic::Ordering;

use cauce_runtime::{Trace, trace};

use crate::stage::{Do, Stage, tell, until_lines, who};

#[tokio::test(flavor = "multi_thread")]
async fn what_an_event_sets_going_is_part_of_its_trace() {
    let stage = Stage::in_memory();
    let runtime = stage.start().await;
    let (ana, beto) = (who("ana", 1), who("beto", 3));
    let trace = Some(Trace::new(7, 8));
    // By mail to somebody else, whose call it is.
    let asks = Do::tell(&beto, Do::All(vec![Do::Ask("x".into()), Do::Hint("y".into())]));
    trace::scope(trace, tell(&runtime, &ana, asks)).await.settled.wait().await;
    let asked = stage.outside.asked(2).await;
    assert!(asked.iter().all(|asked| asked.trace == trace), "{asked:?}");
    // What is part of nothing begins nothing.
    until_lines(&runtime, &beto, &["answer x"]).await;
    tell(&runtime, &ana, Do::Ask("alone".into())).await;
    assert_eq!(stage.outside.asked(3).await[2].trace, None);
    runtime.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_part_of_its_trace_after_a_restart() {
    for stage in [Stage::in_memory(), Stage::on_disk()] {
        let (ana, trace) = (who("ana", 1), Some(Trace::new(u128::MAX, 8)));
        stage.outside.silent.store(true, Ordering::SeqCst);
        let runtime = stage.start().await;
        trace::scope(trace, tell(&runtime, &ana, Do::Ask("x".into()))).await;
        stage.outside.asked(1).await;
        drop(runtime); // without a stop: as if the process had ended

        stage.outside.silent.store(false, Ordering::SeqCst);
        let runtime = stage.start().await;
        let asked = stage.outside.asked(2).await;
        assert!(asked[1].resumed && asked[1].trace == trace, "{asked:?}");
        runtime.stop().await;
    }
}
