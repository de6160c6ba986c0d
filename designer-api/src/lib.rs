//! The face of Cauce: HTTP, live events, OpenAPI, login, the web app, the command line.
//!
//! `app` puts the house together, `api` are the routes, `webhook` is Meta's door, `sender` carries
//! out sends, `directory` keeps users and sessions, `server` listens and ends, `cli` are the commands.

mod api;
pub mod app;
mod assets;
pub mod cli;
pub mod config;
mod directory;
mod dto;
mod problem;
pub mod sender;
pub mod server;
mod webhook;

pub use api::{openapi, router};
