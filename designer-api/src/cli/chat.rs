//! `cauce chat`: talk to a flow in the terminal, with nothing else running.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use cauce_flows::{Facts, scenario};
use cauce_runtime::{Clock, SystemClock};
use clap::Args;
use indexmap::IndexMap;

use super::{check, say, test};
use crate::chat::{Chat, Customer, HELP};

#[derive(Args)]
pub struct TalkTo {
    /// The flow (YAML or JSON)
    file: PathBuf,
    #[command(flatten)]
    customer: Customer,
    /// Who the customer is: a name under `personas:`
    #[arg(long = "as", value_name = "NAME")]
    persona: Option<String>,
    /// Where the personas are: personas.yaml and the scenarios beside the flow when nothing is said
    #[arg(long, value_name = "FILE")]
    personas: Option<PathBuf>,
}

impl TalkTo {
    pub fn run(self) -> anyhow::Result<()> {
        let program = check::load(&self.file).map_err(|problems| {
            let told: Vec<String> = problems.iter().map(|p| check::told(&self.file, p)).collect();
            anyhow::anyhow!("the flow has problems:\n{}", told.join("\n"))
        })?;
        let personas = self.personas()?;
        #[allow(clippy::disallowed_methods, reason = "nothing runs here whose clock could be asked")]
        let facts = self.customer.facts(SystemClock.now())?;
        let facts = match &self.persona {
            None => facts,
            Some(name) => {
                let unknown = || anyhow::anyhow!("no persona is called {name}");
                Facts { contact: personas.get(name).ok_or_else(unknown)?.contact(), ..facts }
            }
        };
        let mut chat = Chat::new(Arc::new(program), facts).with_personas(personas);
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

impl TalkTo {
    /// The customers who can be chosen by name.
    fn personas(&self) -> anyhow::Result<IndexMap<String, scenario::Customer>> {
        let beside = || {
            let own =
                std::iter::once(self.file.with_file_name("personas.yaml")).filter(|path| path.is_file());
            own.chain(test::beside(&self.file)).collect()
        };
        let files: Vec<PathBuf> = self.personas.clone().map_or_else(beside, |file| vec![file]);
        let mut personas = IndexMap::new();
        for file in files {
            let (_, read) = test::read(&file).map_err(|problems| {
                let told: Vec<String> = problems.iter().map(|p| check::told(&file, p)).collect();
                anyhow::anyhow!("the personas have problems:\n{}", told.join("\n"))
            })?;
            personas.extend(read.personas);
        }
        Ok(personas)
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
