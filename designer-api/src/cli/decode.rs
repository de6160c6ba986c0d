//! `cauce decode`: what a webhook's body says, one event a line.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::say;

#[derive(Args)]
pub struct Decode {
    #[command(subcommand)]
    channel: Channel,
}

#[derive(Subcommand)]
enum Channel {
    /// A webhook of the WhatsApp Cloud API; exit 2 when it is not JSON
    Whatsapp {
        /// The body; `-` or nothing reads it from the standard input
        file: Option<PathBuf>,
    },
}

impl Decode {
    pub fn run(self) -> ExitCode {
        let Channel::Whatsapp { file } = self.channel;
        let body = match file.filter(|file| file.as_os_str() != "-") {
            Some(file) => {
                std::fs::read(&file).map_err(|error| format!("{} cannot be read: {error}", file.display()))
            }
            None => {
                let mut body = Vec::new();
                let read = std::io::stdin().read_to_end(&mut body);
                read.map(|_| body).map_err(|error| format!("the standard input cannot be read: {error}"))
            }
        };
        let lines = body.and_then(|body| {
            cauce_whatsapp::events::lines(&body).map_err(|_| "the body is not JSON".to_owned())
        });
        match lines {
            Ok(lines) => {
                lines.iter().for_each(|line| say(line));
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("cauce: {error}");
                ExitCode::from(2)
            }
        }
    }
}
