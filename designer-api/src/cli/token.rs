//! The token with which this machine's command line speaks to the server: a file in the data folder
//! that only its owner may read.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Where the server is, and what it asks for.
#[derive(Serialize, Deserialize)]
pub struct Access {
    /// The server's address.
    pub url: String,
    /// A session of the administrator.
    pub token: String,
}

fn file(data: &Path) -> PathBuf {
    data.join("cli.json")
}

/// Writes it.
pub fn write(data: &Path, access: &Access) -> anyhow::Result<()> {
    let path = file(data);
    let new = path.with_extension("new");
    // Left over from a start that was interrupted; its permissions are not known.
    let _ = fs::remove_file(&new);
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    out.write_all(&serde_json::to_vec(access)?)?;
    fs::rename(new, path)?;
    Ok(())
}

/// Reads it.
pub fn read(data: &Path) -> anyhow::Result<Access> {
    let path = file(data);
    let bytes = fs::read(&path).map_err(|error| {
        anyhow::anyhow!(
            "no running server is known in {} ({error}): start it, or say --data FOLDER",
            data.display()
        )
    })?;
    Ok(serde_json::from_slice(&bytes)?)
}
