//! Sends what contacts decided to say: each waits for its turn (`turns`), at the pace that the number may
//! keep (`pace`). A file is uploaded before its first send, and known for a while.

mod pace;
mod turns;

use std::collections::HashMap;
use std::sync::Arc;

use cauce_conversation::SendOrder;
use cauce_model::{
    ContactEvent, Content, Duration, FailureClass, FileId, MediaKind, MediaSource, SendFailure, SendOutcome,
    StoredFile, Timestamp,
};
use cauce_runtime::{Call, Clock, DROPPED, Executor, crash, from_bytes, to_bytes};
use cauce_store::Files;
use cauce_whatsapp::body::check_file;
use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::{Mutex, Semaphore};

use super::Number;
pub use pace::Limits;
use turns::Turns;

/// How many files are uploaded at one time.
const UPLOADS_AT_ONCE: usize = 32;
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
    turns: Turns,
    uploading: Arc<Semaphore>,
    uploads: Arc<std::sync::Mutex<HashMap<(FileId, String), Upload>>>,
}

/// The provider's id of a file, and since when. Locked while it is uploaded, so that a thousand sends of
/// one file upload it once.
type Upload = Arc<Mutex<Option<(String, Timestamp)>>>;

impl Sender {
    /// Sends from this number, within these limits. Must be called where tasks can be spawned.
    pub fn new(number: Number, limits: Limits, files: Files, clock: Arc<dyn Clock>) -> Self {
        let turns = Turns::new(limits, clock.clone());
        let uploading = Arc::new(Semaphore::new(UPLOADS_AT_ONCE));
        Self { number, files, clock, turns, uploading, uploads: Arc::default() }
    }

    /// From now on nothing more is sent. What waits for its turn comes back as refused, so that it is known
    /// not to have left; what is under way goes on.
    pub fn close(&self) {
        self.turns.close();
    }

    async fn send(&self, order: &SendOrder) -> SendOutcome {
        let Content::Media { media, source: MediaSource::Stored(file), .. } = &order.content else {
            return self.post(order, None).await;
        };
        let (id, known) = match Box::pin(self.uploaded(*media, file, None)).await {
            Ok(uploaded) => uploaded,
            Err(outcome) => return outcome,
        };
        match self.post(order, Some(&id)).await {
            SendOutcome::Failed { failure } if known && UPLOAD_GONE.contains(&failure.code.as_str()) => {
                // It did nothing, and may have been refused for an upload that is gone.
                match Box::pin(self.uploaded(*media, file, Some(&id))).await {
                    Ok((id, _)) => self.post(order, Some(&id)).await,
                    Err(outcome) => outcome,
                }
            }
            outcome => outcome,
        }
    }

    async fn post(&self, order: &SendOrder, media_id: Option<&str>) -> SendOutcome {
        let Number { graph, credentials } = &self.number;
        let Some(turn) = self.turns.turn(&order.to).await else {
            let text = "Cauce se detuvo antes de enviar el mensaje.";
            let failure = SendFailure::new(FailureClass::NotSent, "stopping", text);
            return SendOutcome::Refused { failure, retry_after: None };
        };
        crash::point("send.before_post");
        // Apart from the rest: very many may wait for their turn, and what they wait with stays small.
        let send = graph.send(credentials, &order.to, &order.content, &order.attempt, media_id);
        let outcome = Box::pin(send).await;
        crash::point("send.after_post");
        if let SendOutcome::Refused { failure, retry_after } = &outcome {
            match failure.class {
                FailureClass::NumberLimit => self.turns.slow_number(&turn, *retry_after),
                FailureClass::PairLimit => self.turns.slow_customer(&order.to, *retry_after),
                _ => {}
            }
        }
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
        // It is never closed.
        let _place = self.uploading.acquire().await;
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
                    failure: SendFailure::new(
                        FailureClass::Unconfirmed,
                        "interrupted",
                        "Cauce se detuvo mientras enviaba el mensaje.",
                    ),
                },
                Ok(order) => sender.send(&order).await,
                Err(_) => SendOutcome::Failed {
                    failure: SendFailure::new(
                        FailureClass::Other,
                        "unreadable",
                        "El mensaje guardado no se puede leer.",
                    ),
                },
            };
            metrics::counter!("cauce_outbox_messages_total", "class" => class_of(&outcome)).increment(1);
            to_bytes(&ContactEvent::SendAnswered { attempt: call.id, outcome })
        }
        .boxed()
    }

    fn dropped(&self, call: Call) -> Vec<u8> {
        let text = "No se envió: al restaurar la copia se decidió no enviar lo pendiente.";
        let failure = SendFailure::new(FailureClass::NotSent, DROPPED, text);
        to_bytes(&ContactEvent::SendAnswered { attempt: call.id, outcome: SendOutcome::Failed { failure } })
    }
}

/// What came of an attempt, in one word for metrics.
fn class_of(outcome: &SendOutcome) -> &'static str {
    match outcome {
        SendOutcome::Accepted { .. } => "accepted",
        SendOutcome::Uncertain { .. } => "uncertain",
        SendOutcome::Refused { failure, .. } | SendOutcome::Failed { failure } => failure.class.name(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
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
        /// The codes with which the next messages are refused.
        refuses: Arc<std::sync::Mutex<VecDeque<i64>>>,
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
        if let Some(code) = meta.refuses.lock().unwrap().pop_front() {
            let error = json!({ "error": { "code": code, "message": "Rate limit hit" } });
            return (StatusCode::BAD_REQUEST, Json(error));
        }
        if body["type"] == "text" {
            return (StatusCode::OK, Json(json!({ "messages": [{ "id": "wamid.1" }], "contacts": [] })));
        }
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
                        "media" => {
                            // An answer before the end of the file would cut the connection.
                            axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
                            upload(meta).await
                        }
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
        let limits = Limits {
            per_second: std::num::NonZeroU32::new(1_000_000).unwrap(),
            per_customer: Duration::seconds(6),
        };
        let sender = Sender::new(Number { graph, credentials }, limits, files, Arc::new(clock.clone()));
        clock.advance(Duration::hours(1));
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
    async fn a_number_that_sends_too_much_rests_and_a_customer_who_gets_too_much_waits_alone() {
        let stage = stage().await;
        let order = |to: &str| SendOrder {
            account: "ventas".parse().unwrap(),
            to: to.into(),
            content: Content::Text { body: "hola".into() },
            attempt: "a".into(),
        };
        let refused = |outcome| match outcome {
            SendOutcome::Refused { failure, .. } => failure.class,
            other => panic!("{other:?}"),
        };
        stage.meta.refuses.lock().unwrap().extend([131056, 130429]);
        let ana = stage.sender.send(&order("51999888777")).await;
        assert_eq!(refused(ana), FailureClass::PairLimit);
        let beto = stage.sender.send(&order("51999888778")).await;
        assert_eq!(refused(beto), FailureClass::NumberLimit, "Beto did not wait for Ana");

        // Now the number rests for a second, and Ana waits for longer.
        let (ana, beto) = (order("51999888777"), order("51999888778"));
        let (mut ana, mut beto) = (Box::pin(stage.sender.send(&ana)), Box::pin(stage.sender.send(&beto)));
        let breath = async {
            for _ in 0..1_000 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            outcome = &mut ana => panic!("{outcome:?}"),
            outcome = &mut beto => panic!("{outcome:?}"),
            () = breath => {}
        }
        stage.clock.advance(Duration::seconds(1));
        tokio::select! {
            outcome = &mut ana => panic!("{outcome:?}"),
            outcome = &mut beto => assert!(matches!(outcome, SendOutcome::Accepted { .. }), "{outcome:?}"),
        }
        stage.clock.advance(Duration::seconds(5));
        assert!(matches!(ana.await, SendOutcome::Accepted { .. }));
    }

    #[tokio::test]
    async fn what_still_waits_at_the_end_is_known_not_to_have_left() {
        let stage = stage().await;
        stage.sender.close();
        let outcome = stage.send(&stage.file).await;
        let SendOutcome::Refused { failure, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!((failure.code.as_str(), failure.class), ("stopping", FailureClass::NotSent));
        assert!(stage.meta.sent.lock().unwrap().is_empty());
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
