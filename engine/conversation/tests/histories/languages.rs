//! The language that somebody chose stays theirs, whatever flow speaks to them next.

use cauce_model::Direction;

use crate::stage::{Stage, phone, text};

const CHOOSES: &str = r#"
id: elige
name: Elige
start: i
nodes:
  i: { kind: start, config: { any_message: true, save_to: idioma }, exits: { next: l } }
  l: { kind: language, config: { to: "{{ idioma }}" }, exits: { next: f, unknown: f } }
  f: { kind: end, config: { text: "Anotado: {{ contact.language }}" } }
translations: { en: { f: { text: "Noted: {{ contact.language }}" } } }
"#;

const GREETS: &str = r#"
id: saluda
name: Saluda
start: i
nodes:
  i: { kind: start, config: { keywords: [hola] }, exits: { next: f } }
  f: { kind: end, config: { text: Buenas. } }
translations: { en: { f: { text: Hello. } } }
"#;

#[tokio::test]
async fn a_language_outlives_the_run_that_chose_it() {
    let stage = Stage::over(Vec::new()).await;
    stage.publish(CHOOSES).await;
    stage.publish(GREETS).await;
    let ana = phone("51999888777");
    let at = stage.runtime.now();
    for (n, said) in ["hola", "inglés", "hola", "es", "hola"].into_iter().enumerate() {
        stage.hears(&ana, &format!("wamid.{n}"), at, text(said)).await;
    }
    let contact = stage.owner(&ana).await.contact.unwrap();
    let messages = stage.messages(contact).await;
    let told = messages.iter().filter_map(|message| match &message.direction {
        Direction::Out { content, .. } => Some(content.preview()),
        Direction::In { .. } => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), ["Buenas.", "Noted: en", "Hello.", "Anotado: es", "Buenas."]);
    assert_eq!(stage.contact(contact).await.language.as_deref(), Some("es"));
}
