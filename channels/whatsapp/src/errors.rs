//! Meta's error codes: what each means for the message that met it, what sort of failure it is, and a
//! sentence for the person who reads it. Facts: `reference/whatsapp.md` §2.4. The code decides, never the
//! HTTP status.

use cauce_model::{Duration, FailureClass};

/// What an error code says about the message it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Not executed, and welcome again after this time: throttling, maintenance.
    Later(Duration),
    /// Not executed, and not to be tried again as it is: rights, content, recipient, policy, window.
    Never,
    /// A server's error: it may have been executed.
    Unclear,
}

/// What is known of a code; `None` for one that is not in the table.
pub fn class(code: i64) -> Option<Class> {
    Some(match code {
        1 | 2 | 131000 | 131016 | 133004 => Class::Unclear,
        130429 => Class::Later(Duration::seconds(1)),
        131056 => Class::Later(Duration::seconds(4)),
        4 | 80007 | 131057 | 2494100 => Class::Later(Duration::minutes(1)),
        131048 | 134102 => Class::Later(Duration::minutes(10)),
        0 | 3 | 10 | 33 | 100 | 190 | 200..=299 | 368 => Class::Never,
        130403 | 130472 | 130497 => Class::Never,
        131005 | 131008 | 131009 | 131021 | 131026 | 131030 | 131031 | 131037 | 131042 | 131045 => {
            Class::Never
        }
        131047 | 131049..=131051 | 131053 | 131055 | 131060 | 131062..=131064 => Class::Never,
        132000..=132999 | 133000..=133016 | 134011 | 134100 | 134101 | 135000 | 137000 => Class::Never,
        147001..=147005 | 1312000..=1312999 | 2388000..=2388999 | 2593107 | 2593108 => Class::Never,
        _ => return None,
    })
}

/// What sort of failure a code tells of.
pub fn sort(code: i64) -> FailureClass {
    match code {
        131047 => FailureClass::WindowClosed,
        130403 | 130472 | 130497 | 131021 | 131026 | 131030 | 131062 => FailureClass::Unreachable,
        132000..=132999 | 134101 | 2388000..=2388999 => FailureClass::Template,
        131052 | 131053 => FailureClass::Media,
        0 | 3 | 10 | 33 | 190 | 200..=299 => FailureClass::Account,
        131005 | 131031 | 131037 | 131042 | 131045 | 131063 | 134011 => FailureClass::Account,
        133000..=133003 | 133005..=133016 => FailureClass::Account,
        368 | 131048..=131050 | 131064 => FailureClass::Policy,
        100 | 131008 | 131009 | 131051 | 131055 | 131060 | 134100 | 135000 => FailureClass::Parameters,
        // The number, its business account or the app: for one number it is all one.
        4 | 80007 | 130429 => FailureClass::NumberLimit,
        131056 => FailureClass::PairLimit,
        1 | 2 | 131000 | 131016 | 131057 | 133004 | 134102 | 2494100 => FailureClass::Provider,
        _ => FailureClass::Other,
    }
}

/// A sentence in Spanish about an error: what happened and what to do. `words` are the provider's own
/// (English), quoted where they say more than the code.
pub fn explain(code: i64, words: &str) -> String {
    let words = words.trim().trim_end_matches('.');
    let known = match code {
        0 | 190 => {
            "WhatsApp no acepta el token de la cuenta: venció o ya no es válido. Hay que volver a conectar la cuenta."
        }
        3 | 10 | 200..=299 | 131005 => {
            "El token de la cuenta no tiene permiso para enviar mensajes. Hay que revisar los permisos en Meta."
        }
        33 => "WhatsApp no encuentra el número de la cuenta. Hay que revisar la conexión de la cuenta.",
        4 | 80007 | 130429 => "La cuenta llegó al límite de envíos de WhatsApp por ahora.",
        131056 => "Se enviaron demasiados mensajes seguidos a este contacto.",
        131057 | 2494100 => "El número está en mantenimiento en WhatsApp.",
        368 | 131031 => {
            "Meta restringió o bloqueó la cuenta. Hay que revisar los avisos en el administrador de WhatsApp."
        }
        130403 => "Este contacto está bloqueado en la cuenta. Hay que desbloquearlo para poder escribirle.",
        130472 | 131049 => {
            "WhatsApp decidió no entregar por ahora este mensaje a este contacto. Conviene esperar al menos un día."
        }
        130497 => "La cuenta no puede enviar mensajes al país de este contacto.",
        131021 => "El destinatario es el mismo número que envía.",
        131026 => {
            "El mensaje no se puede entregar: el número no tiene WhatsApp, usa una versión antigua o no aceptó las condiciones."
        }
        131030 => {
            "La cuenta es de prueba y este número no está en su lista de destinatarios. Hay que agregarlo en el panel de Meta."
        }
        131037 | 131045 | 133000..=133003 | 133005..=133015 => {
            "El número de la cuenta no está registrado del todo en WhatsApp. Hay que completar su registro en Meta."
        }
        131042 => "Hay un problema con el pago de la cuenta en Meta. Hay que revisar el método de pago.",
        131047 => {
            "Pasaron más de 24 horas desde el último mensaje del contacto. Solo se le puede escribir con una plantilla aprobada."
        }
        131048 => {
            "WhatsApp limitó los envíos de este número porque varios contactos los marcaron como no deseados."
        }
        131050 => "El contacto pidió no recibir mensajes de marketing.",
        131052 => {
            "WhatsApp no pudo descargar el archivo que envió el contacto. Hay que pedirle que lo envíe de nuevo."
        }
        131053 => {
            "WhatsApp no pudo obtener la imagen o el archivo. Hay que revisar que el enlace sea público y el formato, admitido."
        }
        131062 => "Este mensaje necesita el número de teléfono del contacto, y WhatsApp no lo comparte.",
        1 | 2 | 131000 | 131016 | 133004 => "WhatsApp tuvo un problema y no confirmó el envío.",
        100 | 131008 | 131009 | 132000..=132999 if words.is_empty() => {
            "WhatsApp rechazó el contenido del mensaje. Hay que corregirlo antes de enviarlo de nuevo."
        }
        100 | 131008 | 131009 | 132000..=132999 => {
            return format!(
                "WhatsApp rechazó el contenido del mensaje ({words}). Hay que corregirlo antes de enviarlo de nuevo."
            );
        }
        _ if words.is_empty() => return format!("WhatsApp no aceptó el mensaje (código {code})."),
        _ => return format!("WhatsApp no aceptó el mensaje (código {code}: {words})."),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_has_the_codes_of_the_table() {
        for code in [1, 2, 131000, 131016, 133004] {
            assert_eq!(class(code), Some(Class::Unclear), "{code}");
        }
        for (code, seconds) in [
            (4, 60),
            (80007, 60),
            (130429, 1),
            (131048, 600),
            (131056, 4),
            (131057, 60),
            (2494100, 60),
            (134102, 600),
        ] {
            assert_eq!(class(code), Some(Class::Later(Duration::seconds(seconds))), "{code}");
        }
        let never = [
            0, 190, 3, 10, 200, 299, 131005, 33, 100, 368, 130403, 130472, 130497, 131008, 131009, 131021,
            131026, 131031, 131037, 131042, 131045, 131047, 131049, 131050, 131051, 131053, 131055, 131060,
            131062, 131063, 131064, 132000, 132001, 132005, 132007, 132012, 132015, 132016, 132018, 132068,
            132069, 133000, 133005, 133006, 133008, 133009, 133010, 133015, 133016, 134011, 134100, 134101,
            135000, 137000, 147001, 147005, 2388019, 2388299, 2593107,
        ];
        for code in never {
            assert_eq!(class(code), Some(Class::Never), "{code}");
        }
        for code in [-1, 5, 300, 131999, 500_000] {
            assert_eq!(class(code), None, "{code}");
        }
    }

    #[test]
    fn every_known_code_has_its_sort() {
        for (code, class) in [
            (131047, FailureClass::WindowClosed),
            (131026, FailureClass::Unreachable),
            (132001, FailureClass::Template),
            (131053, FailureClass::Media),
            (190, FailureClass::Account),
            (133016, FailureClass::Account),
            (368, FailureClass::Policy),
            (131009, FailureClass::Parameters),
            (130429, FailureClass::NumberLimit),
            (131056, FailureClass::PairLimit),
            (131000, FailureClass::Provider),
            (133004, FailureClass::Provider),
            (424242, FailureClass::Other),
        ] {
            assert_eq!(sort(code), class, "{code}");
        }
    }

    #[test]
    fn every_code_has_a_sentence_that_ends() {
        for code in [0, 1, 4, 100, 131026, 131047, 131056, 132001, 133010, 424242] {
            for words in ["", "Some detail."] {
                let text = explain(code, words);
                assert!(text.ends_with('.') && !text.contains("..") && !text.contains("()"), "{text}");
            }
        }
        assert!(explain(131047, "Re-engagement message").contains("24 horas"));
        assert!(explain(100, "body too long").contains("body too long"));
        assert!(explain(424242, "novelty").contains("424242: novelty"));
    }
}
