//! The phone page: files of the web build, embedded in release builds and read from disk in debug builds.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../web/dist/phone/"]
#[allow_missing = true]
struct Pages;

/// The file of this path; `/` is the page itself.
pub fn file(path: &str) -> Response {
    let name = match path.trim_start_matches('/') {
        "" => "index.html",
        name => name,
    };
    match Pages::get(name) {
        Some(file) => {
            // Built files carry a hash in their name; the page that names them must not grow old.
            let keep =
                if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
            let kind = file.metadata.mimetype().to_owned();
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep.to_owned())], file.data)
                .into_response()
        }
        None if name == "index.html" => {
            let sentence =
                "The phone page is not built yet. Build the web app (npm run build in web/) and reload.\n";
            (StatusCode::NOT_FOUND, sentence).into_response()
        }
        None => {
            (StatusCode::NOT_FOUND, format!("There is no page at {path} on this emulator.\n")).into_response()
        }
    }
}
