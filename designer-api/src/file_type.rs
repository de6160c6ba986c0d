//! What a file is, by its bytes; what it is called; and whether a browser may show it.

/// How much of a file tells its type, in bytes.
pub const HEAD: usize = 8 * 1024;
/// The longest name of a file, in characters: WhatsApp's limit for documents.
const MAX_NAME: usize = cauce_model::limits::FILENAME;
/// What nobody knows better.
const UNKNOWN: &str = "application/octet-stream";

/// The MIME type of a file with this beginning. What its name says counts only where bytes say nothing, and
/// only for what is never shown in a page.
pub fn of(head: &[u8], name: &str) -> String {
    let by_name = mime_guess::from_path(name).first_raw();
    // 3GPP TS 26.244 §5.3: the brand of a file made by phones of old.
    let is_3gp = head.get(4..10).is_some_and(|mark| mark == b"ftyp3g");
    let found = if is_3gp { Some("video/3gpp") } else { infer::get(head).map(|kind| kind.mime_type()) };
    let mime = match found {
        Some("audio/m4a" | "audio/x-m4a") => "audio/mp4",
        // What WhatsApp calls a voice note's container.
        Some("audio/opus") => "audio/ogg",
        // The parts of an office document may stand in any order.
        Some(zip @ "application/zip") => by_name.filter(|mime| is_packed(mime)).unwrap_or(zip),
        Some(mime) => mime,
        None => by_name.filter(|mime| !has_signature(mime)).unwrap_or(UNKNOWN),
    };
    mime.to_owned()
}

/// The usual ending of files of this type, without a dot.
pub fn ending(mime: &str) -> &'static str {
    match plain(mime).as_str() {
        "image/jpeg" => "jpg",
        "audio/mpeg" => "mp3",
        "audio/ogg" => "ogg",
        "video/mp4" => "mp4",
        "text/plain" => "txt",
        mime => {
            mime_guess::get_mime_extensions_str(mime).and_then(|all| all.first()).copied().unwrap_or("bin")
        }
    }
}

/// A name that is no path and no trick: the last part, without control characters.
pub fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    // Characters that turn the reading direction make `exe.jpg` of `gpj.exe`.
    let turns =
        |c: &char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let clean: String = last.chars().filter(|c| !c.is_control() && !turns(c)).take(MAX_NAME).collect();
    let clean = clean.trim().trim_start_matches('.');
    if clean.is_empty() { "archivo".to_owned() } else { clean.to_owned() }
}

/// The type as it is told to a browser; one that is no type is told as unknown.
pub fn as_sent(mime: &str) -> String {
    let plain = plain(mime);
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+._".contains(&b))
    };
    match plain.split_once('/') {
        Some((kind, subtype)) if part(kind) && part(subtype) => plain,
        _ => UNKNOWN.to_owned(),
    }
}

/// Whether a browser may show it in a page: it cannot carry a program.
pub fn is_shown(mime: &str) -> bool {
    let kind = mime.split('/').next().unwrap_or_default();
    mime == "application/pdf" || (matches!(kind, "image" | "audio" | "video") && !mime.contains("svg"))
}

/// The header `Content-Disposition` (RFC 6266) of a file that is shown, or kept.
pub fn disposition(shown: bool, name: &str) -> String {
    let how = if shown { "inline" } else { "attachment" };
    let ascii: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let escaped: String = name
        .bytes()
        .map(|b| if is_attr(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    format!("{how}; filename=\"{ascii}\"; filename*=UTF-8''{escaped}")
}

fn is_plain(c: char) -> bool {
    (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\' | '%')
}

/// What RFC 8187 leaves as it is.
fn is_attr(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&b)
}

fn plain(mime: &str) -> String {
    mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Types that are ZIP archives inside.
fn is_packed(mime: &str) -> bool {
    mime.starts_with("application/vnd.openxmlformats")
        || mime.starts_with("application/vnd.oasis.opendocument")
}

/// Types whose bytes would have told.
fn has_signature(mime: &str) -> bool {
    let kind = mime.split('/').next().unwrap_or_default();
    matches!(kind, "image" | "audio" | "video" | "font")
        || mime == "application/pdf"
        || mime == "application/zip"
        || is_packed(mime)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF";

    #[test]
    fn bytes_say_what_a_file_is() {
        let ogg = [b"OggS\0\x02".as_slice(), &[0; 22], b"OpusHead\x01"].concat();
        for (head, name, mime) in [
            (JPEG, "foto.png", "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n", "x", "image/png"),
            (b"%PDF-1.7\n", "receta.jpg", "application/pdf"),
            (&ogg, "nota.mp3", "audio/ogg"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "s.webp", "image/webp"),
            (b"\0\0\0\x18ftypmp42", "v", "video/mp4"),
            (b"\0\0\0\x18ftypM4A ", "a.m4a", "audio/mp4"),
            (b"\0\0\0\x18ftyp3gp5", "v", "video/3gpp"),
            (b"ID3\x03", "a", "audio/mpeg"),
            (
                b"PK\x03\x04",
                "tabla.xlsx",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ),
            (b"PK\x03\x04", "x.jpg", "application/zip"),
            (b"nombre,edad\n", "lista.csv", "text/csv"),
            (b"hola", "nota.txt", "text/plain"),
        ] {
            assert_eq!(of(head, name), mime, "{name}");
        }
    }

    #[test]
    fn a_name_cannot_make_a_file_be_shown() {
        for name in ["x.jpg", "x.png", "x.svg", "x.mp4", "x.pdf", "x.mp3", "x", ""] {
            assert_eq!(of(b"alert(1)", name), UNKNOWN, "{name}");
        }
        for head in [b"<html><script>".as_slice(), b"<!DOCTYPE html>", b"<?xml version=\"1.0\"?><svg"] {
            assert!(!is_shown(&of(head, "x.jpg")));
        }
    }

    #[test]
    fn only_what_carries_no_program_is_shown() {
        for mime in ["image/jpeg", "image/webp", "audio/ogg", "video/mp4", "application/pdf"] {
            assert!(is_shown(mime), "{mime}");
        }
        for mime in
            ["image/svg+xml", "text/html", "application/xhtml+xml", "application/zip", "text/plain", ""]
        {
            assert!(!is_shown(mime), "{mime}");
        }
    }

    #[test]
    fn a_type_from_outside_is_a_type() {
        assert_eq!(as_sent("Audio/OGG; codecs=opus"), "audio/ogg");
        for wrong in ["", "image", "image/", "image/png\r\nx: y", "image/jpeg, text/html", "a b/c"] {
            assert_eq!(as_sent(wrong), UNKNOWN, "{wrong}");
        }
    }

    #[test]
    fn a_name_is_no_path() {
        for (name, clean) in [
            ("receta.pdf", "receta.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\Ana\\foto.jpg", "foto.jpg"),
            (".bashrc", "bashrc"),
            ("a\r\nb\0.txt", "ab.txt"),
            ("gpj.\u{202e}exe.jpg", "gpj.exe.jpg"),
            ("  ", "archivo"),
            ("..", "archivo"),
            ("Menú año.pdf", "Menú año.pdf"),
        ] {
            assert_eq!(clean_name(name), clean);
        }
        assert_eq!(clean_name(&"ñ".repeat(500)).chars().count(), MAX_NAME);
    }

    #[test]
    fn a_name_travels_in_a_header() {
        assert_eq!(
            disposition(false, "Menú \"año\" 100%.pdf"),
            "attachment; filename=\"Men_ _a_o_ 100_.pdf\"; filename*=UTF-8''Men%C3%BA%20%22a%C3%B1o%22%20100%25.pdf"
        );
        assert!(disposition(true, "x").starts_with("inline; "));
    }

    #[test]
    fn a_type_has_its_usual_ending() {
        for (mime, text) in [
            ("image/jpeg", "jpg"),
            ("audio/ogg; codecs=opus", "ogg"),
            ("image/webp", "webp"),
            ("application/pdf", "pdf"),
            ("video/mp4", "mp4"),
            ("nothing/known", "bin"),
        ] {
            assert_eq!(ending(mime), text, "{mime}");
        }
    }
}
