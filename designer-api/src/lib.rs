//! The face of Cauce: HTTP, live events, OpenAPI, login, the web app, the command line.
//!
//! `app` puts the house together, `api` are the routes, `webhook` is Meta's door, `executors` carry
//! out what contacts decide, `chat` tries a flow out in a terminal, `directory` keeps users and sessions, `texts` takes the texts of a
//! flow to a spreadsheet and back, `server` listens and ends, `cli` are the commands.

mod api;
pub mod app;
mod assets;
pub mod chat;
pub mod cli;
pub mod config;
mod directory;
pub mod doctor;
mod dto;
pub mod executors;
mod file_type;
pub mod hold;
pub mod observe;
mod problem;
pub mod server;
mod texts;
mod webhook;

pub use api::{openapi, router};
