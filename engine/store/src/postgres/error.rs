//! Why a database cannot be used, in sentences that say what to do.

use std::error::Error as _;

use tokio_postgres::config::{Config, Host};
use tokio_postgres::error::{Error, Severity, SqlState};

/// Why a database cannot be used. Each is one sentence that says what to do; none shows a password.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// The address is none.
    #[error(
        "the store's address cannot be read ({0}): it looks like postgres://user:password@host:5432/database"
    )]
    Address(String),
    /// No server answers there, or not now.
    #[error(
        "the database server at {place} cannot be reached ({cause}): see that it runs, and that the address is right"
    )]
    Away {
        /// Which server.
        place: String,
        /// Why.
        cause: String,
    },
    /// The server knows neither user nor password.
    #[error(
        "the database server at {place} does not let the user «{user}» in ({cause}): check user and password in the store's address"
    )]
    Refused {
        /// Which server.
        place: String,
        /// Who.
        user: String,
        /// What it says.
        cause: String,
    },
    /// The server has no such database.
    #[error("there is no database «{name}» at {place}: create it, or name another in the store's address")]
    NoDatabase {
        /// Which server.
        place: String,
        /// Which database.
        name: String,
    },
    /// The user may not do what Cauce needs.
    #[error(
        "the user «{user}» may not use the database at {place} ({cause}): make it the owner of the database, or grant it what is missing"
    )]
    NotAllowed {
        /// Which server.
        place: String,
        /// Who.
        user: String,
        /// What it says.
        cause: String,
    },
    /// It was written by a newer version.
    #[error(
        "the database at {place} has format {found}, this version of Cauce reads up to {known}: use the newer version"
    )]
    Newer {
        /// Which server.
        place: String,
        /// The format found.
        found: i32,
        /// The newest that this version reads.
        known: i32,
    },
    /// Something else.
    #[error("the database at {place} cannot be used: {cause}")]
    Unusable {
        /// Which server.
        place: String,
        /// Why.
        cause: String,
    },
}

/// What an error of a server at this place means.
pub(super) fn explain(config: &Config, error: &Error) -> PostgresError {
    let place = place(config);
    let cause = cause(error);
    let user = config.get_user().unwrap_or("(the one of this process)").to_owned();
    let Some(code) = error.code() else {
        // An authentication that never reached the server's judgement: no password where one is asked for.
        return if error.to_string().starts_with("invalid configuration") {
            PostgresError::Refused { place, user, cause }
        } else {
            PostgresError::Away { place, cause }
        };
    };
    match *code {
        SqlState::INVALID_PASSWORD | SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            PostgresError::Refused { place, user, cause }
        }
        SqlState::INVALID_CATALOG_NAME => {
            let name = config.get_dbname().or(config.get_user()).unwrap_or_default().to_owned();
            PostgresError::NoDatabase { place, name }
        }
        SqlState::INSUFFICIENT_PRIVILEGE => PostgresError::NotAllowed { place, user, cause },
        SqlState::CANNOT_CONNECT_NOW
        | SqlState::TOO_MANY_CONNECTIONS
        | SqlState::ADMIN_SHUTDOWN
        | SqlState::CRASH_SHUTDOWN => PostgresError::Away { place, cause },
        _ => PostgresError::Unusable { place, cause },
    }
}

/// Host and port, for a person.
pub(super) fn place(config: &Config) -> String {
    let mut ports = config.get_ports().iter().cycle();
    let places: Vec<String> = config
        .get_hosts()
        .iter()
        .map(|host| {
            let port = ports.next().unwrap_or(&5432);
            match host {
                Host::Tcp(name) => format!("{name}:{port}"),
                Host::Unix(folder) => format!("{}, port {port}", folder.display()),
            }
        })
        .collect();
    places.join(" or ")
}

/// What the server says, or what the network does.
pub(super) fn cause(error: &Error) -> String {
    if let Some(told) = error.as_db_error() {
        return match told.detail() {
            Some(detail) => format!("{}: {detail}", told.message()),
            None => told.message().to_owned(),
        };
    }
    let mut text = error.to_string();
    let mut inner = error.source();
    while let Some(error) = inner {
        text = error.to_string();
        inner = error.source();
    }
    text
}

/// Whether the statement was undone because others were in its way: it may be tried again.
pub(super) fn undone(error: &Error) -> bool {
    matches!(error.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED))
}

/// Whether another process made the same table at the same moment.
pub(super) fn met_another(error: &Error) -> bool {
    undone(error)
        || matches!(
            error.code(),
            Some(&SqlState::UNIQUE_VIOLATION | &SqlState::DUPLICATE_TABLE | &SqlState::DUPLICATE_OBJECT)
        )
}

/// Whether the connection ended, so that what became of the statement is not known.
pub(super) fn lost(error: &Error) -> bool {
    error.as_db_error().is_none_or(|told| told.parsed_severity() != Some(Severity::Error))
}
