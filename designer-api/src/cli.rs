//! The commands.

mod backup;
mod beside;
mod chat;
mod check;
mod copy;
mod dead;
mod decode;
mod demo;
mod diff;
mod doctor;
mod new;
mod publish;
mod remote;
mod resume;
mod schema;
mod serve;
mod test;
mod texts;
mod token;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::observe::logs::{self, LogFormat};

pub use check::{check_lines, load};

/// Conversations that flows and people hold on WhatsApp.
#[derive(Parser)]
#[command(name = "cauce", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// How the lines on stderr are written; which ones, the variable RUST_LOG says
    #[arg(long, global = true)]
    log_format: Option<LogFormat>,
}

#[derive(Subcommand)]
enum Command {
    /// Run Cauce with a demo workspace, and an emulator as its WhatsApp
    Demo(demo::Demo),
    /// Run Cauce
    Serve(serve::Serve),
    /// Write a flow to start from, with comments
    New(new::New),
    /// Check flows; exit 1 when one has an error
    Check(check::Check),
    /// Play the scenarios beside flows; exit 1 when one fails, 2 when one cannot be read
    Test(test::Test),
    /// Say what changed from one flow to another; exit 1 when something did, 2 when one cannot be read
    Diff(diff::Diff),
    /// Talk to a flow here in the terminal, with nothing else running
    Chat(chat::TalkTo),
    /// Publish a flow on the running server
    Publish(publish::Publish),
    /// Back an installation up, while it runs
    Backup(backup::Backup),
    /// Make a new data folder of a backup
    Restore(backup::Restore),
    /// Say what becomes of what a restored installation had under way
    Resume(resume::Resume),
    /// Copy an installation to another home: from folder to database, or back
    Copy(copy::Copy),
    /// Check that the data is as it must be; exit 1 when something was found, 2 when it cannot be read
    Doctor(doctor::Doctor),
    /// Look at events that could not be handled, have them handled again, or drop them
    Dead(dead::Dead),
    /// Print what a webhook's body says, one event a line
    Decode(decode::Decode),
    /// Take the texts of a flow out to a spreadsheet, or bring their translations back
    #[command(subcommand)]
    Texts(texts::Texts),
    /// Print the JSON Schema of flows, or of their scenarios, for editors
    Schema(schema::Schema),
    /// Print the OpenAPI description of the HTTP API
    Openapi,
}

/// Runs the command that was asked for. An error is one sentence on stderr and exit 1.
pub async fn main() -> ExitCode {
    let cli = Cli::parse();
    let format = cli.log_format;
    let told = match &cli.command {
        // Its configuration says more of it.
        Command::Serve(_) => Ok(()),
        _ => logs::start(format.unwrap_or_default(), None).map(drop),
    };
    if let Err(error) = told {
        return failed(&error);
    }
    let result = match cli.command {
        Command::Demo(demo) => demo.run().await,
        Command::Serve(serve) => serve.run(format).await,
        Command::Check(check) => return check.run(),
        Command::Test(test) => return test.run(),
        Command::Diff(diff) => return diff.run(),
        Command::New(new) => new.run(),
        Command::Chat(chat) => chat.run(),
        Command::Decode(decode) => return decode.run(),
        Command::Texts(texts::Texts::Export(export)) => export.run(),
        Command::Texts(texts::Texts::Import(import)) => {
            return import.run().unwrap_or_else(|error| failed(&error));
        }
        Command::Publish(publish) => publish.run().await,
        Command::Dead(dead) => dead.run().await,
        Command::Backup(backup) => backup.run().await,
        Command::Restore(restore) => restore.run(),
        Command::Resume(resume) => resume.run().await,
        Command::Copy(copy) => copy.run().await,
        Command::Doctor(doctor) => return doctor.run().await,
        Command::Schema(schema) => {
            schema.run();
            Ok(())
        }
        Command::Openapi => {
            serde_json::to_string_pretty(&crate::openapi()).map(|text| say(&text)).map_err(Into::into)
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("cauce: {error:#}");
    ExitCode::FAILURE
}

/// Prints a line, and does not mind when nobody reads it any more.
fn say(line: &str) {
    use std::io::Write;
    // A closed pipe (`cauce … | head`) is no error of ours.
    let _ = writeln!(std::io::stdout(), "{line}");
}
