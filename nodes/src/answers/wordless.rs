//! What is said when something without words comes where words were asked, told apart by what came.

use cauce_model::{InboundContent, MediaKind};

/// A sentence that says why it does not do, and asks for words.
pub(super) fn sentence(answer: &InboundContent) -> &'static str {
    match answer {
        InboundContent::Media { media, .. } => match media {
            MediaKind::Voice | MediaKind::Audio => {
                "Por ahora no puedo escuchar audios. ¿Me lo cuentas en un texto, por favor?"
            }
            MediaKind::Sticker => "¡Lindo sticker! Para seguir necesito la respuesta escrita, por favor.",
            MediaKind::Image => "Recibí la foto, pero aquí necesito la respuesta escrita, por favor.",
            MediaKind::Video => "Recibí el video, pero aquí necesito la respuesta escrita, por favor.",
            MediaKind::Document => "Recibí el documento, pero aquí necesito la respuesta escrita, por favor.",
        },
        InboundContent::Location(_) => {
            "Recibí la ubicación, pero aquí necesito la respuesta escrita, por favor."
        }
        InboundContent::Contacts { .. } => {
            "Recibí el contacto, pero aquí necesito la respuesta escrita, por favor."
        }
        _ => "Por ahora solo puedo leer mensajes escritos. ¿Me lo cuentas en un texto, por favor?",
    }
}
