//! Where a redirect may lead.

use reqwest::{Method, StatusCode, Url};

/// How many redirects one call follows.
pub(crate) const MAX_REDIRECTS: usize = 5;

/// The next place to ask.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(crate) url: Url,
    pub(crate) method: Method,
    /// Whether it is the same scheme, host and port.
    pub(crate) same_origin: bool,
}

/// What an answer with this status and `Location` asks for: nothing, or the next place. A request that
/// changes something is repeated only within its origin (307, 308), or turned into a GET (303).
///
/// # Errors
/// Why the redirect is not followed, as the end of a sentence (Spanish).
pub(crate) fn next(
    url: &Url,
    method: &Method,
    status: StatusCode,
    location: Option<&str>,
) -> Result<Option<Hop>, &'static str> {
    let Some(location) = location.filter(|_| matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)) else {
        return Ok(None);
    };
    let to = url.join(location).map_err(|_| "a una dirección que no se entiende")?;
    if !matches!(to.scheme(), "http" | "https") {
        return Err("a una dirección que no es web");
    }
    if !to.username().is_empty() || to.password().is_some() {
        return Err("a una dirección con usuario y contraseña");
    }
    if url.scheme() == "https" && to.scheme() == "http" {
        return Err("de una conexión cifrada a una que no lo es");
    }
    let same_origin = url.origin() == to.origin();
    let method = match (method, status.as_u16()) {
        (&Method::GET, _) | (_, 303) => Method::GET,
        (other, 307 | 308) if same_origin => other.clone(),
        (_, 307 | 308) => return Err("a otro servidor, y solo se siguen así las consultas GET"),
        _ => return Err("y no queda claro si hay que repetir lo que se envió"),
    };
    Ok(Some(Hop { url: to, method, same_origin }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn go(
        from: &str,
        method: Method,
        status: u16,
        to: &str,
    ) -> Result<Option<(String, Method, bool)>, &'static str> {
        let hop = next(&from.parse().unwrap(), &method, StatusCode::from_u16(status).unwrap(), Some(to))?;
        Ok(hop.map(|hop| (hop.url.to_string(), hop.method, hop.same_origin)))
    }

    #[test]
    fn a_question_is_asked_again_where_it_is_told() {
        for status in [301, 302, 303, 307, 308] {
            let hop = go("https://a.pe/x/y", Method::GET, status, "../z?q=1").unwrap();
            assert_eq!(hop, Some(("https://a.pe/z?q=1".into(), Method::GET, true)));
            let hop = go("https://a.pe/", Method::GET, status, "//b.pe/").unwrap();
            assert_eq!(hop, Some(("https://b.pe/".into(), Method::GET, false)));
        }
    }

    #[test]
    fn other_schemes_hosts_and_ports_are_other_origins() {
        for (to, same) in [
            ("http://a.pe:80/", true),
            ("http://a.pe:81/", false),
            ("https://a.pe/", false),
            ("http://www.a.pe/", false),
            ("http://a.pe./", false),
        ] {
            assert_eq!(go("http://a.pe/", Method::GET, 302, to).unwrap().unwrap().2, same, "{to}");
        }
    }

    #[test]
    fn what_changes_something_is_not_repeated_elsewhere() {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            for status in [307, 308] {
                let hop = go("https://a.pe/", method.clone(), status, "/b").unwrap();
                assert_eq!(hop, Some(("https://a.pe/b".into(), method.clone(), true)));
                assert!(go("https://a.pe/", method.clone(), status, "https://b.pe/").is_err());
            }
            let hop = go("https://a.pe/", method.clone(), 303, "https://b.pe/").unwrap();
            assert_eq!(hop, Some(("https://b.pe/".into(), Method::GET, false)));
            for status in [301, 302] {
                assert!(go("https://a.pe/", method.clone(), status, "/b").is_err());
            }
        }
    }

    #[test]
    fn what_no_redirect_may_do() {
        for to in [
            "http://a.pe/",
            "ftp://a.pe/",
            "file:///etc/passwd",
            "https://u:p@a.pe/",
            "https://u@b.pe/",
            "https://",
        ] {
            assert!(go("https://a.pe/", Method::GET, 302, to).is_err(), "{to}");
        }
    }

    #[test]
    fn other_answers_are_answers() {
        for status in [200, 201, 204, 300, 304, 305, 404, 500] {
            assert_eq!(go("https://a.pe/", Method::POST, status, "/b"), Ok(None));
        }
        let nowhere = next(&"https://a.pe/".parse().unwrap(), &Method::GET, StatusCode::FOUND, None);
        assert_eq!(nowhere, Ok(None));
    }
}
