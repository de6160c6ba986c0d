//! `cauce chat`: talk to a flow in the terminal, with nothing else running.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use cauce_runtime::{Clock, SystemClock};
use clap::Args;

use super::{check, say};
use crate::chat::{Chat, Customer, HELP};

#[derive(Args)]
pub struct TalkTo {
    /// The flow (YAML or JSON)
    file: PathBuf,
    #[command(flatten)]
    customer: Customer,
}

impl TalkTo {
    pub fn run(self) -> anyhow::Result<()> {
        let program = check::load(&self.file).map_err(|problems| {
            let told: Vec<String> = problems.iter().map(|p| check::told(&self.file, p)).collect();
            anyhow::anyhow!("the flow has problems:\n{}", told.join("\n"))
        })?;
        #[allow(clippy::disallowed_methods, reason = "nothing runs here whose clock could be asked")]
        let facts = self.customer.facts(SystemClock.now())?;
        let mut chat = Chat::new(Arc::new(program), facts);
        let mut stdin = std::io::stdin().lock();
        let screen = Screen {
            typed: stdin.is_terminal(),
            coloured: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        };
        if screen.typed {
            screen.show(HELP);
            screen.show(&chat.begins());
        }
        let mut line = Vec::new();
        loop {
            screen.ask(&chat);
            line.clear();
            if stdin.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            // What comes from a file or another program is written too: the output is the whole talk.
            if !screen.typed {
                say(&format!("> {line}"));
            }
            if line.trim() == "/quit" {
                return Ok(());
            }
            screen.show(&chat.line(line));
        }
    }
}

/// Where the talk is shown.
struct Screen {
    /// Whether somebody types.
    typed: bool,
    coloured: bool,
}

impl Screen {
    /// Invites to type, and says what the flow waits for.
    fn ask(&self, chat: &Chat) {
        if self.typed {
            if let Some(awaited) = chat.awaited() {
                self.show(&awaited);
            }
            let mut out = std::io::stdout();
            // Nobody reads any more: the next line ends the talk.
            let _ = write!(out, "> ").and_then(|()| out.flush());
        }
    }

    /// Shows what was said; what nobody said, in parentheses, is dim where there are colours.
    fn show(&self, told: &str) {
        let mut aside = false;
        for line in told.lines() {
            aside |= line.starts_with('(');
            say(&if aside && self.coloured { format!("\u{1b}[2m{line}\u{1b}[0m") } else { line.to_owned() });
            aside &= !line.ends_with(')');
        }
    }
}
