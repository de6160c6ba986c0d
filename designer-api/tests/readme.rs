//! The examples of the README are what Cauce reads.

use cauce_designer_api::config::Config;
use cauce_flows::Program;

const README: &str = include_str!("../../README.md");

fn blocks() -> impl Iterator<Item = &'static str> {
    README.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next())
}

#[test]
fn the_journey_passes_the_checks() {
    let flow = blocks().find(|block| block.starts_with("id:")).expect("the README shows a journey");
    let program = Program::read(flow, &cauce_nodes::catalogue());
    let program = program.unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(program.warnings(), []);
}

#[test]
fn the_configuration_is_read() {
    let config =
        blocks().find(|block| block.starts_with("listen:")).expect("the README shows a configuration");
    let config: Config = serde_yaml::from_str(config).unwrap();
    assert_eq!(config.workspace.name, "Mi empresa");
}
