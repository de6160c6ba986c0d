//! The web app: the files that were built into the binary, and the headers that keep a page honest.
//! In a debug build the files are read from the disk at each request.

use std::borrow::Cow;

use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::Embed;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::problem::Problem;

/// What a page may load: its own files, and pictures, films and sound from anywhere (they are what flows
/// and customers send). Styles may stand in attributes, as layout libraries write them; scripts may not.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob: https: http:; media-src 'self' blob: https: http:; \
    connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'";

/// The page that every address of the app begins with.
const INDEX: &str = "index.html";

/// Where the build puts files whose names change with their content.
const HASHED: &str = "assets/";

/// What is never a page of the app.
const SERVER_PATHS: [&str; 4] = ["api", "webhooks", "health", "metrics"];

#[derive(Embed)]
#[folder = "../web/dist/app"]
#[allow_missing = true]
struct WebApp;

/// A file of the app.
struct Asset {
    bytes: Cow<'static, [u8]>,
    mime: String,
    etag: String,
}

fn embedded(path: &str) -> Option<Asset> {
    let file = WebApp::get(path)?;
    let hash = file.metadata.sha256_hash();
    let etag = hash[..16].iter().fold(String::from("\""), |text, byte| format!("{text}{byte:02x}")) + "\"";
    Some(Asset { mime: file.metadata.mimetype().to_owned(), bytes: file.data, etag })
}

/// Answers what no route answers: a file of the app, its first page for an address that the app itself
/// understands, or a problem.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    answer(&embedded, &method, uri.path(), &headers)
}

fn answer(
    files: &dyn Fn(&str) -> Option<Asset>,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Response {
    let path = path.trim_start_matches('/');
    let (first, name) = (path.split('/').next().unwrap_or(""), path.rsplit('/').next().unwrap_or(""));
    if SERVER_PATHS.contains(&first) {
        return Problem::not_found().into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return Problem::method_not_allowed().into_response();
    }
    let path = if path.is_empty() { INDEX } else { path };
    if let Some(asset) = files(path) {
        return file(asset, path.starts_with(HASHED), headers);
    }
    // A file of another build must not be answered with a page.
    if name.contains('.') || path.starts_with(HASHED) {
        return Problem::not_found().into_response();
    }
    match files(INDEX) {
        Some(index) => file(index, false, headers),
        None => {
            let detail = "Este programa se compiló sin la aplicación web. Hay que compilar `web/` y después el programa.";
            Problem::new(StatusCode::NOT_FOUND, "web.missing", "No hay aplicación web", detail)
                .into_response()
        }
    }
}

fn file(asset: Asset, immutable: bool, headers: &HeaderMap) -> Response {
    let caching = if immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let same = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim().trim_start_matches("W/") == asset.etag);
    let validators = [(header::CACHE_CONTROL, caching.to_owned()), (header::ETAG, asset.etag)];
    if same {
        return (StatusCode::NOT_MODIFIED, validators).into_response();
    }
    (validators, [(header::CONTENT_TYPE, asset.mime)], asset.bytes).into_response()
}

/// Puts the headers that keep a page honest on every answer that has not its own.
pub fn with_security_headers<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    let set = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    router
        .layer(set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::REFERRER_POLICY, "same-origin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An app of two files.
    fn files(path: &str) -> Option<Asset> {
        let (bytes, mime): (&'static [u8], _) = match path {
            "index.html" => (b"<!doctype html>", "text/html"),
            "assets/index-BqisyWRR.js" => (b"1", "text/javascript"),
            _ => return None,
        };
        Some(Asset { bytes: bytes.into(), mime: mime.to_owned(), etag: format!("\"{}\"", bytes.len()) })
    }

    fn get(path: &str) -> Response {
        answer(&files, &Method::GET, path, &HeaderMap::new())
    }

    fn header_of(response: &Response, name: HeaderName) -> String {
        response.headers()[name].to_str().unwrap().to_owned()
    }

    #[test]
    fn hashed_files_are_kept_and_the_page_is_asked_for_again() {
        let page = get("/");
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(header_of(&page, header::CACHE_CONTROL), "no-cache");
        assert_eq!(header_of(&page, header::CONTENT_TYPE), "text/html");
        let script = get("/assets/index-BqisyWRR.js");
        assert_eq!(header_of(&script, header::CONTENT_TYPE), "text/javascript");
        assert_eq!(header_of(&script, header::CACHE_CONTROL), "public, max-age=31536000, immutable");
    }

    #[test]
    fn addresses_of_the_app_begin_with_its_page() {
        for path in ["/bandeja", "/recorridos/bienvenida", "/index.html", "/apis"] {
            let page = get(path);
            assert_eq!(
                (page.status(), header_of(&page, header::CONTENT_TYPE)),
                (StatusCode::OK, "text/html".into())
            );
        }
    }

    #[test]
    fn what_is_not_there_is_told_and_not_shown_as_a_page() {
        for path in [
            "/api",
            "/api/nothing",
            "/health/x",
            "/webhooks/x",
            "/assets/old-1.js",
            "/assets/x",
            "/favicon.ico",
        ] {
            let response = get(path);
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(header_of(&response, header::CONTENT_TYPE), "application/problem+json", "{path}");
        }
        let post = answer(&files, &Method::POST, "/bandeja", &HeaderMap::new());
        assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
        let unbuilt = answer(&|_| None, &Method::GET, "/", &HeaderMap::new());
        assert_eq!(unbuilt.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again() {
        let etag = header_of(&get("/"), header::ETAG);
        for (value, status) in [
            (etag.clone(), StatusCode::NOT_MODIFIED),
            (format!("\"x\", W/{etag}"), StatusCode::NOT_MODIFIED),
            ("\"x\"".to_owned(), StatusCode::OK),
        ] {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, value.parse().unwrap())]);
            assert_eq!(answer(&files, &Method::GET, "/", &headers).status(), status, "{value}");
        }
    }

    #[tokio::test]
    async fn every_answer_keeps_the_page_honest() {
        let router = with_security_headers(Router::new().fallback(serve));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        for path in ["/", "/api/nothing"] {
            let response = reqwest::get(format!("http://{address}{path}")).await.unwrap();
            let headers = response.headers();
            assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'self';"));
            assert_eq!(headers["x-content-type-options"], "nosniff");
            assert_eq!(headers["referrer-policy"], "same-origin");
        }
        server.abort();
    }
}
