//! A turn: all or nothing, one at a time, and the harm that one can do.

use std::sync::atomic::Ordering;

use cauce_runtime::{EntityAddress, EntityKind, SubmitError, from_bytes, to_bytes};
use futures_util::future::join_all;

use crate::stage::{Do, Stage, dead_letters, lines, once_around, rows_of, tell, until_lines, who, within};

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_not_in_memory_is_fetched_and_the_turn_runs_again() {
    let stage = Stage::on_disk();
    let runtime = stage.start().await;
    let ana = who("ana", 0);
    tell(&runtime, &ana, Do::All(vec![Do::write("first"), Do::Read(20)])).await;
    assert_eq!(lines(runtime.store(), &ana).await, ["first", "read 20"], "run again, written once");
    assert_eq!(stage.notebook.runs.load(Ordering::SeqCst), 22, "once more for every row it asked for");
    runtime.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_panics_hurts_itself_alone() {
    for stage in [Stage::in_memory(), Stage::on_disk()] {
        let runtime = stage.start().await;
        let (ana, beto, caro) = (who("ana", 0), who("beto", 0), who("caro", 3));
        tell(&runtime, &ana, Do::write("before")).await;

        // The gate makes all of them one group.
        stage.notebook.close();
        let bad = Do::All(vec![
            Do::tell(&caro, Do::write("from a panic")),
            Do::Ask("panicked".into()),
            Do::Panic("half".into()),
        ]);
        let submitted = join_all(
            [
                (&beto, Do::Stand),
                (&beto, Do::write("same group")),
                (&ana, bad.clone()),
                (&ana, Do::write("after")),
            ]
            .map(|(to, what)| tell(&runtime, to, what)),
        );
        let open = async {
            while stage.notebook.runs.load(Ordering::SeqCst) < 2 {
                tokio::task::yield_now().await;
            }
            stage.notebook.open();
        };
        within("the group", async { tokio::join!(submitted, open) }).await;

        assert_eq!(lines(runtime.store(), &ana).await, ["before", "gave up: told to panic", "after"]);
        assert_eq!(lines(runtime.store(), &beto).await, ["same group"]);
        once_around(&runtime, &caro).await;
        assert!(lines(runtime.store(), &caro).await.is_empty(), "what it told nobody was told");
        assert!(stage.outside.asked.borrow().is_empty(), "what it asked nobody was asked");
        let letters = dead_letters(runtime.store(), &ana).await;
        assert_eq!(letters.len(), 1);
        assert_eq!((&letters[0].entity, letters[0].cause.as_str()), (&ana, "told to panic"));
        assert_eq!(letters[0].event, to_bytes(&bad), "the event is kept whole");
        runtime.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_read_or_that_nobody_handles_is_kept() {
    let stage = Stage::in_memory();
    let runtime = stage.start().await;
    let ana = who("ana", 0);
    runtime.submit(ana.clone(), vec![0xc1], None).await.unwrap();
    let nobody = EntityAddress { kind: EntityKind(77), ..ana.clone() };
    runtime.submit(nobody.clone(), to_bytes(&Do::write("x")), None).await.unwrap();
    let letters = dead_letters(runtime.store(), &ana).await;
    assert_eq!(letters.iter().map(|letter| &letter.entity).filter(|entity| **entity == nobody).count(), 1);
    assert_eq!(letters.len(), 2);
    tell(&runtime, &ana, Do::write("still here")).await;
    runtime.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_so_and_drops_nothing_that_it_took() {
    let stage = Stage::in_memory();
    let runtime = stage.start().await;
    let (ana, beto, far) = (who("ana", 0), who("beto", 0), who("far", 3));
    stage.notebook.close();
    let standing = tell(&runtime, &ana, Do::Stand);
    let flood = async {
        while stage.notebook.runs.load(Ordering::SeqCst) < 1 {
            tokio::task::yield_now().await;
        }
        let submit = || runtime.submit(beto.clone(), to_bytes(&Do::write("x")), None);
        let mut all: Vec<_> = (0..6000).map(|_| Box::pin(submit())).collect();
        let mut busy = 0;
        all.retain_mut(|one| match futures_util::FutureExt::now_or_never(one) {
            None => true,
            Some(refused) => {
                assert_eq!(refused.unwrap_err(), SubmitError::Busy);
                busy += 1;
                false
            }
        });
        // The other partitions do not notice.
        tell(&runtime, &far, Do::write("undisturbed")).await;
        stage.notebook.open();
        let taken = join_all(all).await;
        assert!(taken.iter().all(Result::is_ok));
        (busy, taken.len())
    };
    let (_, (busy, taken)) = within("the flood", async { tokio::join!(standing, flood) }).await;
    assert!(busy > 1000, "{busy} were refused");
    assert_eq!(busy + taken, 6000);
    assert_eq!(
        lines(runtime.store(), &beto).await.len(),
        taken,
        "each that was taken took effect, no other did"
    );
    let (reply, _) = (tell(&runtime, &beto, Do::write("y")).await.reply, ());
    assert_eq!(from_bytes::<usize>(&reply.unwrap()).unwrap(), taken + 1);
    runtime.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_stop_nothing_is_taken() {
    let stage = Stage::on_disk();
    let runtime = stage.start().await;
    let ana = who("ana", 0);
    tell(&runtime, &ana, Do::write("before")).await;
    runtime.stop().await;
    let refused = runtime.submit(ana.clone(), to_bytes(&Do::write("after")), None).await;
    assert_eq!(refused.unwrap_err(), SubmitError::Stopped);
    drop(runtime);
    let runtime = stage.start().await;
    until_lines(&runtime, &ana, &["before"]).await;
    runtime.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_rows_leave_nothing_behind_when_they_go() {
    let stage = Stage::in_memory();
    let runtime = stage.start().await;
    let (ana, beto) = (who("ana", 0), who("beto", 3));
    let long = "x".repeat(30_000);
    tell(&runtime, &ana, Do::tell(&beto, Do::tell(&ana, Do::Forget(crate::stage::T0, long))))
        .await
        .settled
        .wait()
        .await;
    // The mail's row goes once its receiver has said that it is taken.
    once_around(&runtime, &ana).await;
    once_around(&runtime, &beto).await;
    once_around(&runtime, &ana).await;
    runtime.stop().await;
    const MAIL: u8 = 3;
    const PIECES: u8 = 0xfe;
    assert_eq!(rows_of(runtime.store(), MAIL).await, 0);
    assert_eq!(rows_of(runtime.store(), PIECES).await, 0, "pieces of rows that are gone");
}
