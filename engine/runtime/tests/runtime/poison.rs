//! Events at which the process ends. What the end of a process leaves is put there by hand; the real
//! thing is in the whole-system tests.

use std::sync::atomic::Ordering;

use cauce_runtime::Replayed;

use crate::stage::{Do, Stage, dead_letters, lines, tell, who, within};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_at_which_the_process_ended_twice_is_set_aside_and_the_others_are_not() {
    let stage = Stage::in_memory();
    let (ana, beto) = (who("ana", 1), who("beto", 1));
    let handling = stage.scratch.path().join("handling");
    let bad = Do::All(vec![Do::write("bad"), Do::Stand]);

    // What stands there while it is handled.
    let runtime = stage.start().await;
    let clean = std::fs::read(&handling).unwrap();
    stage.notebook.close();
    let before = stage.notebook.runs.load(Ordering::SeqCst);
    let (_, left) = within("it is handled", async {
        tokio::join!(tell(&runtime, &ana, bad.clone()), async {
            while stage.notebook.runs.load(Ordering::SeqCst) < before + 2 {
                tokio::task::yield_now().await;
            }
            let left = std::fs::read(&handling).unwrap();
            stage.notebook.open();
            left
        })
    })
    .await;
    assert_ne!(left, clean);
    assert_eq!(std::fs::read(&handling).unwrap(), clean, "taken back");
    runtime.stop().await;

    // Once: it is handled when it comes again, and forgiven.
    std::fs::write(&handling, &left).unwrap();
    let runtime = stage.start().await;
    tell(&runtime, &ana, bad.clone()).await;
    runtime.stop().await;
    std::fs::write(&handling, &left).unwrap();
    let runtime = stage.start().await;
    assert!(dead_letters(runtime.store(), &ana).await.is_empty());
    runtime.stop().await;

    // Twice in a row.
    std::fs::write(&handling, &left).unwrap();
    let runtime = stage.start().await;
    let [_, _] = [tell(&runtime, &ana, bad.clone()).await, tell(&runtime, &ana, Do::write("good")).await];
    tell(&runtime, &beto, bad.clone()).await;
    let letters = dead_letters(runtime.store(), &ana).await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].cause, "the process ended twice while handling this");
    let set_aside = format!("gave up: {}", letters[0].cause);
    assert_eq!(lines(runtime.store(), &ana).await, ["bad", "bad", &set_aside, "good"]);
    assert_eq!(lines(runtime.store(), &beto).await, ["bad"], "the same for another is another event");
    runtime.stop().await;

    // It stays so for what comes again, until somebody has it handled all the same.
    let runtime = stage.start().await;
    tell(&runtime, &ana, bad.clone()).await;
    let (id, _) = runtime.dead_letters(None, 1).await.unwrap().pop().unwrap();
    assert!(matches!(runtime.replay(&id).await.unwrap(), Replayed::Handled(_)));
    tell(&runtime, &ana, bad.clone()).await;
    let held = lines(runtime.store(), &ana).await;
    assert_eq!(held, ["bad", "bad", &set_aside, "good", &set_aside, "bad", "bad"]);
    runtime.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_even_giving_up_ends_the_process_the_event_is_kept_and_nothing_touched() {
    let stage = Stage::in_memory();
    let ana = who("ana", 1);
    let runtime = stage.start().await;
    stage.notebook.close();
    let handling = stage.scratch.path().join("handling");
    let (_, left) = within("it is handled", async {
        tokio::join!(tell(&runtime, &ana, Do::Stand), async {
            while stage.notebook.runs.load(Ordering::SeqCst) < 1 {
                tokio::task::yield_now().await;
            }
            let left = std::fs::read(&handling).unwrap();
            stage.notebook.open();
            left
        })
    })
    .await;
    runtime.stop().await;
    for _ in 0..3 {
        std::fs::write(&handling, &left).unwrap();
        stage.start().await.stop().await;
    }
    let runtime = stage.start().await;
    tell(&runtime, &ana, Do::Stand).await;
    assert_eq!(dead_letters(runtime.store(), &ana).await.len(), 1);
    assert!(lines(runtime.store(), &ana).await.is_empty());
    runtime.stop().await;
}
