//! Nothing inside is called unless the configuration allows it: not by any writing of an address, not by
//! a name, not after a redirect.

#![allow(clippy::unwrap_used, reason = "tests")]

mod stand;

use std::sync::atomic::Ordering;

use cauce_http::{DownloadError, Guarded, HeaderMap, Policy};
use stand::{Names, Server, allowing, get, local, ok, told};

/// Writings of inside addresses; `PORT` is the port of a server that listens on all of this machine's.
const INSIDE: [&str; 30] = [
    "http://127.0.0.1:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://127.1:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0x7f.0.0.1:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://017700000001:PORT/",
    "http://127.0.0.1%2e:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://①②⑦.0.0.1:PORT/",
    "http://127。0。0。1:PORT/",
    "http:\\\\127.0.0.1:PORT\\",
    "http:127.0.0.1:PORT/",
    "http://0:PORT/",
    "http://0.0.0.0:PORT/",
    "http://[::]:PORT/",
    "http://[::1]:PORT/",
    "http://[0:0:0:0:0:0:0:1]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[::127.0.0.1]:PORT/",
    "http://[64:ff9b::127.0.0.1]:PORT/",
    "http://[2002:7f00:1::]:PORT/",
    "http://[fe80::1]:PORT/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.100.100.200/latest/meta-data/",
    "https://10.0.0.1/",
    "http://192.168.1.1/",
];

fn with_port(url: &str, server: &Server) -> String {
    url.replace("PORT", &server.address.port().to_string())
}

#[tokio::test]
async fn no_writing_of_an_inside_address_is_called() {
    let server = Server::says(ok("text/plain", "inside")).await;
    let guarded = Guarded::new(Policy::default()).unwrap();
    for url in INSIDE {
        assert_eq!(told(&guarded, &get(with_port(url, &server))).await, "!forbidden_address", "{url}");
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn the_system_s_own_name_leads_nowhere() {
    let server = Server::says(ok("text/plain", "inside")).await;
    let guarded = Guarded::new(Policy::default()).unwrap();
    assert_eq!(told(&guarded, &get(server.at("localhost", "/"))).await, "!forbidden_address");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn no_redirect_leads_inside() {
    let inside = Server::says(ok("text/plain", "inside")).await;
    for url in INSIDE {
        let names = Names::default().and("fuera.test", &[&["127.0.0.1"]]);
        let guarded = Guarded::with_lookup(allowing(&["fuera.test"]), names).unwrap();
        for status in [301, 302, 303, 307, 308] {
            // Without slashes, the same scheme makes a path: that is no other place to go.
            let to = with_port(url, &inside).replace("http:127", "http://127");
            let ascii = to.is_ascii();
            let outside = Server::redirects(status, &to).await;
            let came = told(&guarded, &get(outside.at("fuera.test", "/"))).await;
            // Headers are ASCII: what is not leaves the answer without a place to go.
            let expected = if ascii { "!forbidden_address".to_owned() } else { format!("{status} null") };
            assert_eq!(came, expected, "{status} to {url}");
            assert_eq!(outside.seen().len(), 1);
        }
    }
    assert!(inside.seen().is_empty());
}

#[tokio::test]
async fn no_name_leads_inside() {
    let server = Server::says(ok("text/plain", "inside")).await;
    for address in
        ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1", "0.0.0.0"]
    {
        let names = Names::default().and("api.example.com", &[&[address]]);
        let guarded = Guarded::with_lookup(Policy::default(), names.clone()).unwrap();
        let came = told(&guarded, &get(server.at("api.example.com", "/"))).await;
        assert_eq!(came, "!forbidden_address", "{address}");
        assert_eq!(names.asked.load(Ordering::SeqCst), 1, "looked up once");
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn of_several_addresses_only_the_allowed_are_called() {
    let server = Server::says(ok("text/plain", "hola")).await;
    let names = Names::default()
        .and("mixed.test", &[&["10.0.0.7", "::1", "127.0.0.1", "127.0.0.2"]])
        .and("inside.test", &[&["10.0.0.7", "127.0.0.2"]]);
    let guarded = local(&names);
    assert_eq!(told(&guarded, &get(server.at("mixed.test", "/"))).await, "200 \"hola\"");
    assert_eq!(told(&guarded, &get(server.at("inside.test", "/"))).await, "!forbidden_address");
}

#[tokio::test]
async fn a_name_that_changes_its_address_gains_nothing() {
    let server = Server::says("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await;
    // What is checked is what is connected to: every connection has its own lookup, and its own check.
    let names = Names::default().and("rebind.test", &[&["127.0.0.1"], &["127.0.0.2"]]);
    let guarded = local(&names);
    assert_eq!(told(&guarded, &get(server.at("rebind.test", "/"))).await, "200 null");
    assert_eq!(told(&guarded, &get(server.at("rebind.test", "/"))).await, "!forbidden_address");
    assert_eq!(names.asked.load(Ordering::SeqCst), 2);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn what_the_configuration_names_is_called() {
    let server = Server::says(ok("text/plain", "hola")).await;
    let names = Names::here(&["crm.local", "otro.local"]);
    let guarded = Guarded::with_lookup(allowing(&["crm.local"]), names).unwrap();
    assert_eq!(told(&guarded, &get(server.at("CRM.local", "/"))).await, "200 \"hola\"");
    assert_eq!(told(&guarded, &get(server.at("otro.local", "/"))).await, "!forbidden_address");
    assert_eq!(
        told(&guarded, &get(server.url("/"))).await,
        "!forbidden_address",
        "the name is allowed, not the number"
    );
}

#[tokio::test]
async fn downloads_stand_behind_the_same_guard() {
    let server = Server::says(ok("image/png", "inside")).await;
    let outside = Server::redirects(302, &server.at("dentro.test", "/")).await;
    let names = Names::here(&["fuera.test", "dentro.test"]);
    let guarded = Guarded::with_lookup(allowing(&["fuera.test"]), names).unwrap();
    for url in [server.url("/"), server.at("dentro.test", "/"), outside.at("fuera.test", "/")] {
        let mut sink = Vec::new();
        let came = guarded
            .download(&url, HeaderMap::new(), &mut sink, 100, std::time::Duration::from_secs(300))
            .await;
        assert!(
            matches!(came, Err(DownloadError::Unusable(failure)) if failure.code == "forbidden_address"),
            "{url}"
        );
        assert!(sink.is_empty());
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn only_the_web_is_called() {
    let guarded = local(&Names::default());
    let server = Server::says(ok("text/plain", "x")).await;
    let long = server.url(&format!("/{}", "a".repeat(2048)));
    let user = server.url("/").replace("http://", "http://user:pass@");
    for url in [
        "file:///etc/passwd",
        "ftp://example.com/",
        "gopher://x/",
        "",
        "no es una dirección",
        "http://",
        &long,
        &user,
    ] {
        assert_eq!(told(&guarded, &get(url)).await, "!bad_request", "{url}");
    }
    assert!(server.seen().is_empty());
}
