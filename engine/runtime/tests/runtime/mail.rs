//! Mail between entities: each once, in order.

use futures_util::future::join_all;

use crate::stage::{Do, Stage, lines, once_around, tell, who, within};

#[tokio::test(flavor = "multi_thread")]
async fn mail_arrives_once_and_in_the_order_it_was_sent() {
    for stage in [Stage::in_memory(), Stage::on_disk()] {
        let runtime = stage.start().await;
        let (ana, beto, caro) = (who("ana", 0), who("beto", 2), who("caro", 3));
        let mut expected = Vec::new();
        let mut settled = Vec::new();
        for n in 0..20 {
            let letters = ["a", "b", "c"].map(|letter| format!("{n}{letter}"));
            let mail = letters.iter().flat_map(|line| [&beto, &caro].map(|to| Do::tell(to, Do::write(line))));
            settled.push(tell(&runtime, &ana, Do::All(mail.collect())).await.settled.wait());
            expected.extend(letters);
        }
        within("the mail", join_all(settled)).await;
        assert_eq!(lines(runtime.store(), &beto).await, expected);
        assert_eq!(lines(runtime.store(), &caro).await, expected);
        runtime.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settled_waits_for_mail_and_for_the_mail_that_it_causes() {
    let stage = Stage::in_memory();
    let runtime = stage.start().await;
    let all: Vec<_> = (0..4).map(|partition| who("x", partition)).collect();
    // Once around all partitions, three times, to one's own too, each leaving a line.
    let mut chain = Do::write("end");
    for n in (0..12).rev() {
        chain = Do::All(vec![Do::write(&n.to_string()), Do::tell(&all[(n + 1) % 4], chain)]);
    }
    let answer = tell(&runtime, &all[0], chain).await;
    within("all of it", answer.settled.wait()).await;
    assert_eq!(lines(runtime.store(), &all[0]).await, ["0", "4", "8", "end"]);
    assert_eq!(lines(runtime.store(), &all[3]).await, ["3", "7", "11"]);
    runtime.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_was_taken_is_forgotten_by_its_sender() {
    let stage = Stage::on_disk();
    let runtime = stage.start().await;
    let (ana, beto) = (who("ana", 0), who("beto", 2));
    for _ in 0..3 {
        tell(&runtime, &ana, Do::tell(&beto, Do::write("x"))).await.settled.wait().await;
    }
    once_around(&runtime, &ana).await;
    runtime.stop().await;
    const MAIL: u8 = 3;
    assert_eq!(crate::stage::rows_of(runtime.store(), MAIL).await, 0);
    drop(runtime);
    let runtime = stage.start().await;
    once_around(&runtime, &beto).await;
    assert_eq!(lines(runtime.store(), &beto).await, ["x", "x", "x"]);
    runtime.stop().await;
}
