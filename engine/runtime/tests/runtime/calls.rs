//! Calls into the world: after the commit, each answered once.

use std::sync::atomic::Ordering;

use crate::stage::{Do, Stage, lines, once_around, tell, until_lines, who};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_made_after_the_commit_and_its_answer_counts_once() {
    for stage in [Stage::in_memory(), Stage::on_disk()] {
        let runtime = stage.start().await;
        let ana = who("ana", 1);
        stage.outside.watch(runtime.store().clone(), ana.clone());
        tell(&runtime, &ana, Do::All(vec![Do::Ask("x".into()), Do::write("asked")])).await;
        until_lines(&runtime, &ana, &["asked", "answer x"]).await;
        let asked = stage.outside.asked(1).await;
        assert_eq!((asked[0].id.as_str(), asked[0].resumed), ("x", false));
        assert_eq!(asked[0].durable, ["asked"], "what the turn decided was durable when the world was asked");
        stage.outside.forget();
        runtime.stop().await;
        drop(runtime);

        let runtime = stage.start().await;
        once_around(&runtime, &ana).await;
        assert_eq!(lines(runtime.store(), &ana).await, ["asked", "answer x"]);
        assert_eq!(stage.outside.asked.borrow().len(), 1, "what is answered is not asked again");
        runtime.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_an_answer_comes_back_after_a_restart_and_says_so() {
    for stage in [Stage::in_memory(), Stage::on_disk()] {
        let ana = who("ana", 1);
        stage.outside.silent.store(true, Ordering::SeqCst);
        let runtime = stage.start().await;
        tell(&runtime, &ana, Do::Ask("x".into())).await;
        stage.outside.asked(1).await;
        drop(runtime); // without a stop: as if the process had ended

        stage.outside.silent.store(false, Ordering::SeqCst);
        let runtime = stage.start().await;
        until_lines(&runtime, &ana, &["answer x"]).await;
        let asked = stage.outside.asked(2).await;
        assert_eq!(asked.iter().map(|asked| asked.resumed).collect::<Vec<_>>(), [false, true]);
        once_around(&runtime, &ana).await;
        assert_eq!(lines(runtime.store(), &ana).await, ["answer x"]);
        runtime.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_hangs_keeps_nobody_waiting() {
    let stage = Stage::in_memory();
    let runtime = stage.start().await;
    let (ana, beto) = (who("ana", 1), who("beto", 1));
    stage.outside.silent.store(true, Ordering::SeqCst);
    tell(&runtime, &ana, Do::Ask("hangs".into())).await;
    stage.outside.asked(1).await;
    stage.outside.silent.store(false, Ordering::SeqCst);
    tell(&runtime, &ana, Do::write("goes on")).await;
    tell(&runtime, &beto, Do::Ask("y".into())).await;
    until_lines(&runtime, &beto, &["answer y"]).await;
    assert_eq!(lines(runtime.store(), &ana).await, ["goes on"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_told_leaves_after_the_commit_and_is_not_kept() {
    for stage in [Stage::in_memory(), Stage::on_disk()] {
        let runtime = stage.start().await;
        let ana = who("ana", 1);
        stage.outside.watch(runtime.store().clone(), ana.clone());
        tell(&runtime, &ana, Do::All(vec![Do::Hint("reads".into()), Do::write("read")])).await;
        let asked = stage.outside.asked(1).await;
        assert_eq!(asked[0].durable, ["read"], "what the turn decided was durable when the world was told");
        stage.outside.forget();
        drop(runtime); // without a stop: as if the process had ended

        let runtime = stage.start().await;
        once_around(&runtime, &ana).await;
        assert_eq!(stage.outside.asked.borrow().len(), 1, "it is not told again");
        assert_eq!(lines(runtime.store(), &ana).await, ["read"], "what the world answered is dropped");
        runtime.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_answered_may_ask_the_same_again_at_once() {
    let stage = Stage::in_memory();
    let runtime = stage.start().await;
    let ana = who("ana", 1);
    stage.outside.again.store(1, Ordering::SeqCst);
    tell(&runtime, &ana, Do::Ask("x".into())).await;
    until_lines(&runtime, &ana, &["answer x", "answer x"]).await;
    assert_eq!(stage.outside.asked.borrow().len(), 2);
    runtime.stop().await;
}
