//! `cauce-bench`: what a message costs, beside what else one would write. `README.md` tells what is measured
//! and how; a file each for the parts (`turn`, `checks`, `road`, `scale`, `timers`, `outbox`), for what they stand on
//! (`systems`, `process`, `machine`), for the processes beside (`load`, `graph`, `bare`), and for what is kept
//! (`report`).

mod allocations;
mod bare;
mod build;
mod checks;
mod graph;
mod house;
mod load;
mod machine;
mod messages;
mod numbers;
mod outbox;
mod process;
mod report;
mod road;
mod scale;
mod systems;
mod timers;
mod turn;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use report::Part;

#[derive(Parser)]
#[command(about = "What a message costs, beside what else one would write", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    options: Options,
}

#[derive(Args)]
struct Options {
    /// Smaller and fewer; what is found is printed and not kept
    #[arg(long, global = true)]
    quick: bool,
    /// How often each is measured
    #[arg(long, global = true)]
    rounds: Option<usize>,
    /// Also when the machine is busy with something else; what is found is printed and not kept
    #[arg(long, global = true)]
    anyway: bool,
    /// Where the data goes while it is measured: on a disk
    #[arg(long, global = true)]
    folder: Option<PathBuf>,
    /// Only one system of the road: cauce, cauce-fjall, cauce-sends, bare, node-postgres, node-redis
    #[arg(long, global = true)]
    only: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// The engine alone
    Turn,
    /// The proofs of a flow
    Checks,
    /// Webhooks in, beside the limit and what else one would write
    Road,
    /// The same over up to a million contacts
    Scale,
    /// A million timers within an hour
    Timers,
    /// Sending at the limit of a number
    Outbox,
    /// Every part
    All,
    #[command(hide = true)]
    Load(load::Load),
    #[command(hide = true)]
    Graph(graph::Graph),
    #[command(hide = true)]
    Build(build::Build),
    #[command(hide = true)]
    Bare(bare::Bare),
}

/// What the parts are told.
pub struct Bench {
    /// Smaller and fewer.
    pub quick: bool,
    /// How often each is measured.
    pub rounds: usize,
    /// Also on a busy machine.
    pub anyway: bool,
    /// Where the data goes.
    pub folder: PathBuf,
    /// Only this system of the road.
    pub only: Option<systems::System>,
}

#[global_allocator]
static ALLOCATOR: allocations::Counted = allocations::Counted;

/// A line on the output.
#[allow(clippy::print_stdout, reason = "the output of a command")]
pub fn say(line: &str) {
    println!("{line}");
}

/// A line for whoever watches.
#[allow(clippy::print_stderr, reason = "the output of a command")]
pub fn note(line: &str) {
    eprintln!("{line}");
}

type Measure = fn(&Bench) -> anyhow::Result<Part>;

fn main() -> anyhow::Result<()> {
    let Cli { command, options } = Cli::parse();
    let one = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    let many = || tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let parts: Vec<Measure> = match command {
        Command::Load(load) => {
            say(&serde_json::to_string(&one()?.block_on(load.run())?)?);
            return Ok(());
        }
        Command::Graph(graph) => return one()?.block_on(graph.run()),
        Command::Bare(bare) => return many()?.block_on(bare.run()),
        Command::Build(build) => return many()?.block_on(build.run()),
        Command::Turn => vec![turn::run],
        Command::Checks => vec![checks::run],
        Command::Road => vec![road::run],
        Command::Scale => vec![scale::run],
        Command::Timers => vec![timers::run],
        Command::Outbox => vec![outbox::run],
        Command::All => vec![turn::run, checks::run, road::run, timers::run, outbox::run, scale::run],
    };
    let bench = Bench {
        quick: options.quick,
        rounds: options.rounds.unwrap_or(if options.quick { 1 } else { 3 }),
        anyway: options.anyway,
        folder: options.folder.unwrap_or_else(|| systems::repository().join("target/bench")),
        only: options.only.as_deref().map(systems::System::of).transpose()?,
    };
    machine::disk_folder(&bench.folder)?;
    let about = machine::describe(&bench.folder);
    note(&about);
    for measure in parts {
        let part = measure(&bench)?;
        say(&part.text());
        if !bench.quick && !bench.anyway && bench.only.is_none() {
            part.keep(&systems::repository().join("bench"), &about)?;
        }
    }
    Ok(())
}
