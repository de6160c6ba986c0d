//! Dead letters: kept whole, listed newest first, handled again, dropped.

use bytes::Bytes;
use cauce_model::Duration;
use cauce_runtime::{DeadId, EntityKind, Replayed, Runtime, to_bytes};

use crate::stage::{Do, Stage, lines, tell, who, within};

/// The ids of all, in pages of this size.
async fn ids(runtime: &Runtime, page: usize) -> Vec<DeadId> {
    let mut ids: Vec<DeadId> = Vec::new();
    loop {
        let found = runtime.dead_letters(ids.last(), page).await.unwrap();
        if found.is_empty() {
            return ids;
        }
        assert!(found.len() <= page);
        ids.extend(found.into_iter().map(|(id, _)| id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_listed_newest_first_in_pages_with_nothing_left_out() {
    for stage in [Stage::in_memory(), Stage::on_disk()] {
        let runtime = stage.start().await;
        assert!(ids(&runtime, 3).await.is_empty());
        for n in 0..5 {
            for partition in 0..4 {
                // Two at the same moment in the same slot.
                let who = who(&format!("w{partition}-"), partition);
                tell(&runtime, &who, Do::Panic(format!("{n}"))).await;
                tell(&runtime, &who, Do::Panic(format!("{n} again"))).await;
            }
            stage.clock.advance(Duration::millis(i64::from(n % 2)));
        }
        let all = ids(&runtime, 1000).await;
        assert_eq!(all.len(), 40);
        assert!(all.iter().rev().is_sorted(), "newest first");
        for page in [1, 3, 7, 40] {
            assert_eq!(ids(&runtime, page).await, all, "in pages of {page}");
        }
        runtime.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_kept_with_what_came_from_outside_unless_that_is_too_much() {
    let stage = Stage::in_memory();
    let runtime = stage.start().await;
    let ana = who("ana", 1);
    let event = to_bytes(&Do::Panic("x".into()));
    for (raw, kept) in [(vec![b'{'; 64 * 1024], true), (vec![b'{'; 64 * 1024 + 1], false)] {
        let taken = runtime.enqueue_received(ana.clone(), event.clone(), Bytes::from(raw.clone())).unwrap();
        within("an answer", taken).await.unwrap();
        let [(id, letter)] = &runtime.dead_letters(None, 9).await.unwrap()[..] else { panic!() };
        assert_eq!(
            (letter.entity.clone(), letter.at, letter.event.clone()),
            (ana.clone(), runtime.now(), event.clone())
        );
        assert_eq!(letter.cause, "told to panic");
        assert_eq!(letter.raw, if kept { raw } else { Vec::new() });
        assert_eq!(runtime.dead_letter(id).await.unwrap().unwrap().raw, letter.raw);
        assert!(runtime.drop_dead(id).await.unwrap());
    }
    runtime.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_replayed_is_handled_as_new_once_and_is_gone() {
    for stage in [Stage::in_memory(), Stage::on_disk()] {
        let ana = who("ana", 1);
        let runtime = stage.start().await;
        tell(&runtime, &ana, Do::All(vec![Do::write("lost"), Do::Fussy])).await;
        assert_eq!(lines(runtime.store(), &ana).await, ["gave up: not now"]);
        let id = ids(&runtime, 9).await.pop().unwrap();

        stage.clock.advance(Duration::hours(1));
        let Replayed::DeadAgain { cause } = runtime.replay(&id).await.unwrap() else { panic!() };
        assert_eq!(cause, "not now");
        let again = ids(&runtime, 9).await;
        assert_eq!(again.len(), 1, "one for the other");
        assert_ne!(again[0], id);
        runtime.stop().await;
        drop(runtime);

        let runtime = stage.start().await;
        stage.notebook.calm.store(true, std::sync::atomic::Ordering::SeqCst);
        assert!(matches!(runtime.replay(&id).await.unwrap(), Replayed::Gone));
        // Whoever clicks twice has it handled once.
        let (first, second) = tokio::join!(runtime.replay(&again[0]), runtime.replay(&again[0]));
        let (Replayed::Handled(settled), Replayed::Gone) = (first.unwrap(), second.unwrap()) else {
            panic!()
        };
        within("all it set going", settled.wait()).await;
        assert_eq!(lines(runtime.store(), &ana).await, ["gave up: not now", "gave up: not now", "lost"]);
        assert!(ids(&runtime, 9).await.is_empty());
        runtime.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_dropped_is_gone_and_moves_nothing() {
    let stage = Stage::on_disk();
    let runtime = stage.start().await;
    let ana = who("ana", 1);
    let nobody = cauce_runtime::EntityAddress { kind: EntityKind(77), ..ana.clone() };
    tell(&runtime, &nobody, Do::write("x")).await;
    let id = ids(&runtime, 9).await.pop().unwrap();
    assert!(matches!(runtime.replay(&id).await.unwrap(), Replayed::DeadAgain { .. }), "still nobody");
    let id = ids(&runtime, 9).await.pop().unwrap();
    assert!(runtime.drop_dead(&id).await.unwrap());
    assert!(!runtime.drop_dead(&id).await.unwrap());
    assert!(runtime.dead_letter(&id).await.unwrap().is_none());
    assert!(ids(&runtime, 9).await.is_empty() && lines(runtime.store(), &ana).await.is_empty());
    runtime.stop().await;
}
