//! The command line of Cauce.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    cauce_designer_api::cli::main().await
}
