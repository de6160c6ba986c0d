//! Commands: the same one twice has one effect and one answer.

use cauce_model::Duration;
use futures_util::future::join_all;

use crate::stage::{Do, Stage, command, lines, who};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_command_has_one_effect_and_one_answer_also_after_a_restart() {
    for stage in [Stage::in_memory(), Stage::on_disk()] {
        let ana = who("ana", 0);
        let runtime = stage.start().await;
        let told = || command(&runtime, &ana, "once", Do::write("x"));
        let answers = join_all((0..8).map(|_| told())).await;
        let replies: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().reply).collect();
        assert!(replies.iter().all(|reply| *reply == replies[0] && reply.is_some()), "{replies:?}");
        command(&runtime, &ana, "another", Do::write("y")).await.unwrap();
        assert_eq!(
            told().await.unwrap().reply,
            replies[0],
            "what it answered then, not what it would answer now"
        );
        runtime.stop().await;
        drop(runtime);

        stage.clock.advance(Duration::hours(23));
        let runtime = stage.start().await;
        let again = command(&runtime, &ana, "once", Do::write("x")).await.unwrap();
        assert_eq!(again.reply, replies[0]);
        assert_eq!(lines(runtime.store(), &ana).await, ["x", "y"]);
        runtime.stop().await;
    }
}
