//! What the answer to a send means. Pure: an HTTP status and the bytes of a body come in.

use cauce_model::{FailureClass, SendFailure, SendOutcome};
use serde_json::Value;

use crate::errors::{Class, class, explain, sort};

/// What came of a send that was answered.
///
/// An error of Graph's is judged by its code; only for a code that is not known does the HTTP status
/// count. An answer that is not Graph's (a page of the edge, a redirect, nothing) proves nothing, so the
/// message may have been sent; but "too many requests" (429) says by its meaning that it was turned away.
pub fn classify(status: u16, body: &[u8]) -> SendOutcome {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |path: &str| answer.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(code) = answer.pointer("/error/code").and_then(Value::as_i64) {
        return refused(status, code, &answer["error"]);
    }
    match text("/messages/0/id") {
        Some(id) if (200..300).contains(&status) && answer.get("error").is_none() => SendOutcome::Accepted {
            provider_id: id.to_owned(),
            recipient: text("/contacts/0/wa_id").or_else(|| text("/contacts/0/user_id")).map(str::to_owned),
        },
        _ if status == 429 => {
            let failure = SendFailure::new(FailureClass::NumberLimit, "http_429", explain(130429, ""));
            SendOutcome::Refused { failure, retry_after: None }
        }
        _ => SendOutcome::Uncertain { failure: no_answer(format!("http_{status}")) },
    }
}

fn refused(status: u16, code: i64, error: &Value) -> SendOutcome {
    let text = |path: &str| error.pointer(path).and_then(Value::as_str);
    // 100 with subcode 33 is a missing object, as 33 alone: the account's fault and not the content's.
    let missing = code == 100 && error["error_subcode"].as_i64() == Some(33);
    let words = text("/error_data/details").or_else(|| text("/message")).unwrap_or_default();
    let meant = if missing { 33 } else { code };
    let failure = SendFailure::new(sort(meant), code.to_string(), explain(meant, words));
    let passing = status >= 500 || error["is_transient"] == true;
    match class(code).unwrap_or(if passing { Class::Unclear } else { Class::Never }) {
        Class::Later(pause) => SendOutcome::Refused { failure, retry_after: Some(pause) },
        Class::Never => SendOutcome::Failed { failure },
        Class::Unclear => SendOutcome::Uncertain { failure },
    }
}

/// The failure of a send whose fate nobody told.
pub(crate) fn no_answer(code: impl Into<String>) -> SendFailure {
    SendFailure::new(FailureClass::Unconfirmed, code, "WhatsApp no confirmó si recibió el mensaje.")
}

#[cfg(test)]
mod tests {
    use cauce_model::Duration;

    use super::*;

    fn error(status: u16, code: i64) -> SendOutcome {
        let body = format!(
            r##"{{"error":{{"message":"(#{code}) M","type":"OAuthException","code":{code},"error_data":{{"messaging_product":"whatsapp","details":"D"}},"fbtrace_id":"A"}}}}"##
        );
        classify(status, body.as_bytes())
    }

    #[test]
    fn an_accepted_message_has_an_id_and_the_recipient_as_whatsapp_writes_it() {
        let body = br#"{"messaging_product":"whatsapp","contacts":[{"input":"+5541998765432","wa_id":"554198765432"}],"messages":[{"id":"wamid.A"}]}"#;
        assert_eq!(
            classify(200, body),
            SendOutcome::Accepted { provider_id: "wamid.A".into(), recipient: Some("554198765432".into()) }
        );
        let body = br#"{"contacts":[{"input":"US.1","user_id":"US.1"}],"messages":[{"id":"wamid.B"}]}"#;
        assert_eq!(
            classify(200, body),
            SendOutcome::Accepted { provider_id: "wamid.B".into(), recipient: Some("US.1".into()) }
        );
    }

    #[test]
    fn the_code_decides_and_not_the_status() {
        for status in [200, 400, 403, 429, 500] {
            assert!(matches!(
                error(status, 131056),
                SendOutcome::Refused { retry_after: Some(pause), .. } if pause == Duration::seconds(4)
            ));
            assert!(matches!(error(status, 131047), SendOutcome::Failed { .. }));
            assert!(matches!(error(status, 131016), SendOutcome::Uncertain { .. }));
        }
        assert!(matches!(error(500, 131045), SendOutcome::Failed { .. }));
        assert!(matches!(error(401, 190), SendOutcome::Failed { failure } if failure.code == "190"));
    }

    #[test]
    fn an_unknown_code_is_final_unless_the_server_failed() {
        assert!(matches!(error(400, 424242), SendOutcome::Failed { .. }));
        assert!(matches!(error(503, 424242), SendOutcome::Uncertain { .. }));
        let passing = br#"{"error":{"message":"M","code":424242,"is_transient":true}}"#;
        assert!(matches!(classify(400, passing), SendOutcome::Uncertain { .. }));
    }

    #[test]
    fn a_missing_number_is_not_the_contents_fault() {
        let body = br#"{"error":{"message":"Unsupported post request","type":"GraphMethodException","code":100,"error_subcode":33}}"#;
        let SendOutcome::Failed { failure } = classify(400, body) else { panic!("final") };
        assert_eq!(failure.code, "100");
        assert!(failure.text.contains("número de la cuenta"), "{}", failure.text);
    }

    #[test]
    fn too_many_requests_were_turned_away_whoever_says_so() {
        for body in ["", "<html>Too Many Requests</html>", "{}"] {
            let SendOutcome::Refused { failure, retry_after: None } = classify(429, body.as_bytes()) else {
                panic!("{body}")
            };
            assert_eq!((failure.class, failure.code.as_str()), (FailureClass::NumberLimit, "http_429"));
        }
    }

    #[test]
    fn an_answer_that_is_not_graphs_proves_nothing() {
        for (status, body) in [
            (502, "<html>Bad Gateway</html>"),
            (200, ""),
            (200, "{}"),
            (200, r#"{"messages":[]}"#),
            (200, r#"{"messages":[{"id":""}]}"#),
            (302, "moved"),
            (404, "<html>"),
            (500, r#"{"error":{}}"#),
            (200, r#"{"error":{},"messages":[{"id":"wamid.A"}]}"#),
            (500, r#"{"messages":[{"id":"wamid.A"}]}"#),
        ] {
            let SendOutcome::Uncertain { failure } = classify(status, body.as_bytes()) else {
                panic!("{status} {body}")
            };
            assert_eq!(failure.code, format!("http_{status}"));
        }
    }
}
