//! Sends what contacts decided to say. A file is uploaded before its first send, and known for a while.

use std::collections::HashMap;
use std::sync::Arc;

use cauce_conversation::SendOrder;
use cauce_model::{
    ContactEvent, Content, Duration, FileId, MediaKind, MediaSource, SendFailure, SendOutcome, StoredFile,
    Timestamp,
};
use cauce_runtime::{Call, Clock, Executor, crash, from_bytes, to_bytes};
use cauce_store::Files;
use cauce_whatsapp::body::check_file;
use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::{Mutex, Semaphore};

use super::Number;

/// How many requests to the Graph API are under way at one time: after an outage everybody has
/// something to say at once.
const AT_ONCE: usize = 256;
/// How long an upload is used. The provider keeps it 30 days.
const UPLOAD_LIFE: Duration = Duration::days(25);
/// How many uploads are known; beyond that, those nobody uses are forgotten.
const MAX_UPLOADS: usize = 10_000;
/// What the provider answers, among other things, when it has an upload no more.
const UPLOAD_GONE: [&str; 3] = ["100", "131009", "131053"];

/// Sends over the Graph API.
#[derive(Clone)]
pub struct Sender {
    number: Number,
    files: Files,
    clock: Arc<dyn Clock>,
    places: Arc<Semaphore>,
    uploads: Arc<std::sync::Mutex<HashMap<(FileId, String), Upload>>>,
}

/// The provider's id of a file, and since when. Locked while it is uploaded, so that a thousand sends of
/// one file upload it once.
type Upload = Arc<Mutex<Option<(String, Timestamp)>>>;

impl Sender {
    /// Sends from this number.
    pub fn new(number: Number, files: Files, clock: Arc<dyn Clock>) -> Self {
        Self { number, files, clock, places: Arc::new(Semaphore::new(AT_ONCE)), uploads: Arc::default() }
    }

    async fn send(&self, order: &SendOrder) -> SendOutcome {
        let Content::Media { media, source: MediaSource::Stored(file), .. } = &order.content else {
            return self.post(order, None).await;
        };
        let (id, known) = match self.uploaded(*media, file, None).await {
            Ok(uploaded) => uploaded,
            Err(outcome) => return outcome,
        };
        match self.post(order, Some(&id)).await {
            SendOutcome::Failed { failure } if known && UPLOAD_GONE.contains(&failure.code.as_str()) => {
                // It did nothing, and may have been refused for an upload that is gone.
                match self.uploaded(*media, file, Some(&id)).await {
                    Ok((id, _)) => self.post(order, Some(&id)).await,
                    Err(outcome) => outcome,
                }
            }
            outcome => outcome,
        }
    }

    async fn post(&self, order: &SendOrder, media_id: Option<&str>) -> SendOutcome {
        let Number { graph, credentials } = &self.number;
        // The places are never closed.
        let _place = self.places.acquire().await;
        crash::point("send.before_post");
        let outcome = graph.send(credentials, &order.to, &order.content, &order.attempt, media_id).await;
        crash::point("send.after_post");
        outcome
    }

    /// The provider's id of a file, and whether it had been uploaded before. `gone` is an id that is no
    /// longer good.
    async fn uploaded(
        &self,
        media: MediaKind,
        file: &StoredFile,
        gone: Option<&str>,
    ) -> Result<(String, bool), SendOutcome> {
        check_file(media, file).map_err(|failure| SendOutcome::Failed { failure })?;
        let upload = self.upload_of(file);
        let mut upload = upload.lock().await;
        let now = self.clock.now();
        if let Some((id, at)) = upload.as_ref()
            && now - *at < UPLOAD_LIFE
            && gone != Some(id)
        {
            return Ok((id.clone(), true));
        }
        *upload = None;
        let Number { graph, credentials } = &self.number;
        let path = self.files.path(&file.id);
        let _place = self.places.acquire().await;
        let id = graph.upload(credentials, &file.mime, &file.name, &path).await?;
        *upload = Some((id.clone(), now));
        Ok((id, false))
    }

    /// What is known of the upload of a file.
    fn upload_of(&self, file: &StoredFile) -> Upload {
        let mut uploads = self.uploads.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if uploads.len() >= MAX_UPLOADS {
            uploads.retain(|_, upload| Arc::strong_count(upload) > 1);
        }
        uploads.entry((file.id.clone(), file.mime.clone())).or_default().clone()
    }
}

impl Executor for Sender {
    fn execute(&self, call: Call) -> BoxFuture<'static, Vec<u8>> {
        let sender = self.clone();
        async move {
            let outcome = match from_bytes::<SendOrder>(&call.payload) {
                // It was under way when the process ended: only a status can tell what came of it.
                _ if call.resumed => SendOutcome::Uncertain {
                    failure: failure("interrupted", "Cauce se detuvo mientras enviaba el mensaje."),
                },
                Ok(order) => sender.send(&order).await,
                Err(_) => SendOutcome::Failed {
                    failure: failure("unreadable", "El mensaje guardado no se puede leer."),
                },
            };
            to_bytes(&ContactEvent::SendAnswered { attempt: call.id, outcome })
        }
        .boxed()
    }
}

fn failure(code: &str, text: &str) -> SendFailure {
    SendFailure { code: code.into(), text: text.into() }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::extract::{Path, State};
    use axum::http::StatusCode;
    use axum::routing::post;
    use axum::{Json, Router};
    use cauce_runtime::ManualClock;
    use cauce_whatsapp::{AccountCredentials, Graph};
    use futures_util::future::join_all;
    use serde_json::{Value, json};
    use tokio::io::AsyncWriteExt;

    use super::*;

    /// A Graph API that counts, and forgets uploads when it is told to.
    #[derive(Clone, Default)]
    struct Meta {
        uploads: Arc<AtomicUsize>,
        forgotten: Arc<AtomicUsize>,
        down: Arc<AtomicUsize>,
        sent: Arc<std::sync::Mutex<Vec<String>>>,
    }

    async fn upload(State(meta): State<Meta>) -> (StatusCode, Json<Value>) {
        if meta.down.load(Ordering::SeqCst) > 0 {
            return (
                StatusCode::INTERNAL_SERVER_ERROR,
                Json(json!({ "error": { "code": 1, "message": "no" } })),
            );
        }
        let nth = meta.uploads.fetch_add(1, Ordering::SeqCst) + 1;
        (StatusCode::OK, Json(json!({ "id": nth.to_string() })))
    }

    async fn message(State(meta): State<Meta>, Json(body): Json<Value>) -> (StatusCode, Json<Value>) {
        let id: usize = body["image"]["id"].as_str().unwrap().parse().unwrap();
        if id <= meta.forgotten.load(Ordering::SeqCst) {
            let error = json!({ "error": { "code": 131009, "message": "Parameter value is not valid" } });
            return (StatusCode::BAD_REQUEST, Json(error));
        }
        meta.sent.lock().unwrap().push(id.to_string());
        (StatusCode::OK, Json(json!({ "messages": [{ "id": "wamid.1" }], "contacts": [] })))
    }

    struct Stage {
        meta: Meta,
        sender: Sender,
        clock: ManualClock,
        file: StoredFile,
        _folder: tempfile::TempDir,
    }

    async fn stage() -> Stage {
        let meta = Meta::default();
        let router = Router::new()
            .route(
                "/v25.0/{number}/{what}",
                post(|meta, Path((_, what)): Path<(String, String)>, request: axum::extract::Request| async move {
                    use axum::extract::FromRequest;
                    match what.as_str() {
                        "media" => upload(meta).await,
                        _ => message(meta, Json::from_request(request, &()).await.unwrap()).await,
                    }
                }),
            )
            .with_state(meta.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let graph = Graph::new(&base, "v25.0", std::time::Duration::from_secs(20)).unwrap();
        let credentials = AccountCredentials { phone_number_id: "1065".into(), token: "t".into() };
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path()).unwrap();
        let mut new = files.begin().unwrap();
        new.write_all(b"\xff\xd8\xff").await.unwrap();
        let id = new.finish(None).await.unwrap();
        let file = StoredFile { id, mime: "image/jpeg".into(), size: 3, name: "foto.jpg".into() };
        let clock = ManualClock::new(Timestamp(0));
        let sender = Sender::new(Number { graph, credentials }, files, Arc::new(clock.clone()));
        Stage { meta, sender, clock, file, _folder: folder }
    }

    impl Stage {
        async fn send(&self, file: &StoredFile) -> SendOutcome {
            let content = Content::Media {
                media: MediaKind::Image,
                source: MediaSource::Stored(file.clone()),
                caption: None,
                filename: None,
            };
            let account = "ventas".parse().unwrap();
            let order = SendOrder { account, to: "51999888777".into(), content, attempt: "a".into() };
            let call = Call { id: "a".into(), payload: to_bytes(&order), resumed: false };
            match from_bytes(&self.sender.execute(call).await).unwrap() {
                ContactEvent::SendAnswered { outcome, .. } => outcome,
                other => panic!("{other:?}"),
            }
        }

        fn uploads(&self) -> usize {
            self.meta.uploads.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn a_file_is_uploaded_once_for_all_who_get_it() {
        let stage = stage().await;
        let outcomes = join_all((0..20).map(|_| stage.send(&stage.file))).await;
        assert!(
            outcomes.iter().all(|outcome| matches!(outcome, SendOutcome::Accepted { .. })),
            "{outcomes:?}"
        );
        assert_eq!((stage.uploads(), stage.meta.sent.lock().unwrap().len()), (1, 20));
        stage.clock.advance(Duration::days(26));
        stage.send(&stage.file).await;
        assert_eq!(stage.uploads(), 2, "the provider keeps it for thirty days");
    }

    #[tokio::test]
    async fn an_upload_that_the_provider_lost_is_made_again() {
        let stage = stage().await;
        stage.send(&stage.file).await;
        stage.meta.forgotten.store(1, Ordering::SeqCst);
        assert!(matches!(stage.send(&stage.file).await, SendOutcome::Accepted { .. }));
        assert_eq!(*stage.meta.sent.lock().unwrap(), ["1", "2"]);
        // Refused for something else, it is tried once more and then told.
        stage.meta.forgotten.store(usize::MAX, Ordering::SeqCst);
        assert!(matches!(stage.send(&stage.file).await, SendOutcome::Failed { .. }));
        assert_eq!(stage.uploads(), 3);
    }

    #[tokio::test]
    async fn what_was_not_uploaded_was_not_sent() {
        let stage = stage().await;
        stage.meta.down.store(1, Ordering::SeqCst);
        assert!(
            matches!(stage.send(&stage.file).await, SendOutcome::Refused { .. }),
            "it is safe to try again"
        );
        stage.meta.down.store(0, Ordering::SeqCst);
        let large = StoredFile { size: 6 << 20, ..stage.file.clone() };
        assert!(matches!(stage.send(&large).await, SendOutcome::Failed { .. }), "WhatsApp would refuse it");
        assert_eq!(stage.uploads(), 0);
        let lost = StoredFile { id: FileId::of(b"elsewhere"), ..stage.file.clone() };
        assert!(matches!(stage.send(&lost).await, SendOutcome::Failed { .. }));
        assert!(stage.meta.sent.lock().unwrap().is_empty());
    }
}
