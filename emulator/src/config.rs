//! What the emulator is told at its start: who the business is, where its webhooks go, and the secrets both share.

use std::{net::SocketAddr, path::PathBuf};

use clap::builder::NonEmptyStringValueParser;
use reqwest::Url;

/// Settings of one emulated business number. It holds secrets, so it has no `Debug`.
#[derive(Clone, clap::Parser)]
#[command(name = "cauce-emulator", version, about = "Meta's WhatsApp servers, locally")]
pub struct Config {
    /// Address for the Graph endpoints, the control API and the phone page; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:4001")]
    pub listen: SocketAddr,
    /// Where signed webhooks are posted, and where the verification handshake is asked
    #[arg(long)]
    pub webhook_url: Url,
    /// The app secret that signs webhooks
    #[arg(long, env = "EMULATOR_APP_SECRET", hide_env_values = true, value_parser = NonEmptyStringValueParser::new())]
    pub app_secret: String,
    /// The access token that Graph calls must carry
    #[arg(long, env = "EMULATOR_TOKEN", hide_env_values = true, value_parser = NonEmptyStringValueParser::new())]
    pub token: String,
    /// The token of the verification handshake
    #[arg(long, env = "EMULATOR_VERIFY_TOKEN", hide_env_values = true, value_parser = NonEmptyStringValueParser::new())]
    pub verify_token: String,
    /// Graph id of the business number
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub phone_number_id: String,
    /// Graph id of the WhatsApp business account
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub waba_id: String,
    /// The business number as people read it, for example "+51 1 555 0100"
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub display_phone: String,
    /// Name of the business, shown on the phone
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub business_name: String,
    /// Folder that keeps the conversations over a restart; without it they live in memory only
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Wait before the third try of a webhook, in milliseconds; it doubles with each further one, up to 5 s
    #[arg(long, default_value_t = 200)]
    pub retry_base_ms: u64,
    /// Time from acceptance to `sent`, and again from `sent` to `delivered`, in milliseconds
    #[arg(long, default_value_t = 150)]
    pub status_delay_ms: u64,
}

impl Config {
    /// The business number in the form webhooks write it: digits only.
    pub fn business_digits(&self) -> String {
        self.display_phone.chars().filter(char::is_ascii_digit).collect()
    }
}
