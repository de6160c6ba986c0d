//! The commands.

mod beside;
mod chat;
mod check;
mod decode;
mod demo;
mod new;
mod publish;
mod schema;
mod serve;
mod token;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use check::load;

/// Conversations that flows and people hold on WhatsApp.
#[derive(Parser)]
#[command(name = "cauce", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
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
    /// Talk to a flow here in the terminal, with nothing else running
    Chat(chat::TalkTo),
    /// Publish a flow on the running server
    Publish(publish::Publish),
    /// Print what a webhook's body says, one event a line
    Decode(decode::Decode),
    /// Print the JSON Schema of flows, for editors
    Schema,
    /// Print the OpenAPI description of the HTTP API
    Openapi,
}

/// Runs the command that was asked for. An error is one sentence on stderr and exit 1.
pub async fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("CAUCE_LOG").unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let result = match cli.command {
        Command::Demo(demo) => demo.run().await,
        Command::Serve(serve) => serve.run().await,
        Command::Check(check) => return check.run(),
        Command::New(new) => new.run(),
        Command::Chat(chat) => chat.run(),
        Command::Decode(decode) => return decode.run(),
        Command::Publish(publish) => publish.run().await,
        Command::Schema => {
            say(schema::text().trim_end());
            Ok(())
        }
        Command::Openapi => {
            serde_json::to_string_pretty(&crate::openapi()).map(|text| say(&text)).map_err(Into::into)
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cauce: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a line, and does not mind when nobody reads it any more.
fn say(line: &str) {
    use std::io::Write;
    // A closed pipe (`cauce … | head`) is no error of ours.
    let _ = writeln!(std::io::stdout(), "{line}");
}
