//! The disk: what it did not take was not acknowledged.

use cauce_tests::house::{House, Reaction, within};
use futures_util::future::join_all;

use crate::journeys::{HELP, PATIENT};

#[tokio::test]
async fn a_webhook_that_cannot_be_written_is_not_acknowledged_and_counts_when_it_comes_again() {
    let house = House::with(PATIENT).await;
    let (ana, beto) = (house.customer("Ana"), house.customer("Beto"));
    ana.says("hola").await;
    ana.got(&["accepted"; 3]).await;
    let (answer, hello) = (ana.text("sí"), beto.text("hola"));
    house.break_disk();
    for _ in 0..2 {
        let statuses = join_all([house.webhook(&answer), house.webhook(&hello)]).await;
        assert_eq!(statuses, [503, 503]);
    }
    within("the process is told to end", house.app().runtime.failure()).await;
    assert_eq!(house.graph().posted().len(), 3, "nothing left");
    assert_eq!((house.contacts().await, beto.id().await), (1, None), "nothing stayed");

    house.crash().await;
    house.reopen().await;
    for _ in 0..2 {
        let statuses = join_all([house.webhook(&answer), house.webhook(&hello)]).await;
        assert_eq!(statuses, [200, 200]);
    }
    ana.reads(&["cliente: hola", "bot: Uno.", "bot: Dos.", "bot: ¿Tres?", "cliente: sí", "bot: Fin."]).await;
    beto.reads(&["cliente: hola", "bot: Uno.", "bot: Dos.", "bot: ¿Tres?"]).await;
}

#[tokio::test]
async fn a_person_is_told_when_what_they_did_was_not_written() {
    let house = House::with(HELP).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    ana.says("hola").await;
    let case = ana.waits_for_a_person().await;
    house.break_disk();
    let refused = rosa.take(&case).await;
    assert_eq!((refused.status, refused.code()), (503, "unavailable"));
    house.crash().await;
    house.reopen().await;
    let rosa = house.login("Rosa").await;
    assert_eq!(rosa.take(&case).await.status, 200);
}

#[tokio::test]
async fn a_closing_house_lets_what_it_was_saying_be_said() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, [Reaction::Hang]);
    ana.says("hola").await;
    let first = house.graph().until_posted(&ana.phone, 1).await.remove(0);
    let release = async { house.graph().release(&first.attempt, Reaction::Accept) };
    tokio::join!(house.close(), release);
    assert_eq!(house.graph().posted_to(&ana.phone).len(), 3);
    house.reopen().await;
    ana.got(&["accepted"; 3]).await;
    assert_eq!(house.graph().resumed().len(), 0, "nobody wonders what became of them");
}
