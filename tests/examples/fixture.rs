//! Writes a data folder of this build, packed, for the tests of formats: `scripts/fixture` runs it.

use std::fs::File;
use std::path::PathBuf;

use anyhow::Context;
use cauce_tests::scene::Scene;
use flate2::Compression;
use flate2::write::GzEncoder;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let to: PathBuf = std::env::args().nth(1).context("which file is it to be?")?.into();
    let scene = Scene::play().await;
    scene.house.close().await;
    let mut tar = tar::Builder::new(GzEncoder::new(File::create(&to)?, Compression::best()));
    tar.append_dir_all(".", scene.house.folder())?;
    tar.into_inner()?.finish()?.sync_all()?;
    Ok(())
}
