//! Builds a data folder of contacts that have taken their turns, in a process of its own that ends as if it
//! were killed: the engine in this process, over the real store, with sends that are taken at once.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use cauce_runtime::SystemClock;
use cauce_store::{BaseKind, EmbeddedStore};
use clap::Args;

use crate::{house, messages, systems};

/// How many contacts write at one time.
const AT_ONCE: usize = 1024;

#[derive(Debug, Clone, Args)]
pub struct Build {
    /// The data folder.
    #[arg(long)]
    data: PathBuf,
    #[arg(long)]
    contacts: usize,
    #[arg(long)]
    turns: usize,
    #[arg(long, value_parser = BaseKind::named)]
    base: BaseKind,
}

impl Build {
    /// Builds it, and tells how many seconds the messages took. The process does not outlive this.
    pub async fn run(&self) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.data)?;
        let partitions = 1;
        let store = Arc::new(EmbeddedStore::open_as(&self.data, partitions, self.base)?);
        let journey = systems::repository().join("bench/journeys/reservas.yaml");
        let runtime = Arc::new(house::start(store, partitions, Arc::new(SystemClock), &journey).await?);
        let begun = Instant::now();
        for turn in 0..self.turns {
            let now = messages::now();
            let writers: Vec<_> = (0..AT_ONCE)
                .map(|writer| {
                    let (runtime, contacts) = (runtime.clone(), self.contacts);
                    tokio::spawn(async move {
                        for contact in (writer..contacts).step_by(AT_ONCE) {
                            let (to, event) = house::event(&messages::body(contact, turn, "0000", now))?;
                            house::submit(&runtime, to, event).await?;
                        }
                        anyhow::Ok(())
                    })
                })
                .collect();
            for writer in writers {
                writer.await??;
            }
        }
        // What was sent last has been answered by then.
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        crate::say(&begun.elapsed().as_secs_f64().to_string());
        // No end in order: whoever opens the folder next finds it as after a kill.
        std::process::abort()
    }
}
