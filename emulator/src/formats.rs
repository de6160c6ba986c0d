//! What files each type of message takes, by Meta's list of supported media. Sizes are in bytes.

const MB: usize = 1024 * 1024;
/// The largest file of any type: a document, or whatever a customer sends.
pub const LARGEST: usize = 100 * MB;
const LARGEST_STICKER: usize = 100 * 1024;
const LARGEST_MOVING_STICKER: usize = 500 * 1024;

/// A type of message that holds a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// Sound, or a voice note.
    Audio,
    /// Any file.
    Document,
    /// A sticker.
    Sticker,
}

impl Kind {
    /// By the word in `type`.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "image" => Some(Self::Image),
            "video" => Some(Self::Video),
            "audio" => Some(Self::Audio),
            "document" => Some(Self::Document),
            "sticker" => Some(Self::Sticker),
            _ => None,
        }
    }

    /// The word in `type`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }

    /// The largest file the business may send.
    pub fn largest(self) -> usize {
        match self {
            Self::Image => 5 * MB,
            Self::Video | Self::Audio => 16 * MB,
            Self::Document => LARGEST,
            Self::Sticker => LARGEST_MOVING_STICKER,
        }
    }

    /// The MIME types the business may send; none where every one is good.
    fn types(self) -> &'static [&'static str] {
        match self {
            Self::Image => &["image/jpeg", "image/png"],
            Self::Video => &["video/mp4", "video/3gpp"],
            Self::Audio => &["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"],
            Self::Document => &[],
            Self::Sticker => &["image/webp"],
        }
    }

    /// Whether a phone sends a file of this MIME type as this type of message.
    pub fn holds(self, mime: &str) -> bool {
        match self {
            Self::Image => mime.starts_with("image/"),
            Self::Video => mime.starts_with("video/"),
            Self::Audio => mime.starts_with("audio/"),
            Self::Document => true,
            Self::Sticker => essence(mime) == "image/webp",
        }
    }

    /// Checks a file the business sends as this type; `voice` asks for what a voice note needs.
    ///
    /// # Errors
    /// A sentence for the details of 131053.
    pub fn check(self, mime: &str, bytes: &[u8], voice: bool) -> Result<(), String> {
        let (word, types, mime) = (self.word(), self.types(), essence(mime));
        if !types.is_empty() && !types.contains(&mime) {
            return Err(format!("Type {mime} does not fit {word}; use one of {}.", types.join(", ")));
        }
        if bytes.is_empty() {
            return Err("The file is empty.".into());
        }
        let largest = if self == Self::Sticker && !moves(bytes) { LARGEST_STICKER } else { self.largest() };
        if bytes.len() > largest {
            return Err(format!("The {word} has {} bytes; at most {largest} are allowed.", bytes.len()));
        }
        if mime == "audio/ogg" && opus_channels(bytes) != Some(1) {
            return Err("An audio/ogg file must be Opus with one channel.".into());
        }
        if voice && mime != "audio/ogg" {
            return Err(format!("A voice message must be audio/ogg, not {mime}."));
        }
        Ok(())
    }
}

/// Checks a file that is uploaded and not yet part of a message.
///
/// # Errors
/// What is wrong with the type, or with the size.
pub fn check_upload(mime: &str, length: usize) -> Result<(), Unfit> {
    let essence = essence(mime);
    let known = [Kind::Image, Kind::Video, Kind::Audio, Kind::Sticker]
        .into_iter()
        .find(|kind| kind.types().contains(&essence));
    let well_formed =
        essence.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty());
    let heard_or_seen = ["image/", "video/", "audio/"].iter().any(|prefix| essence.starts_with(prefix));
    if !well_formed || (known.is_none() && heard_or_seen) {
        return Err(Unfit::Type(format!("A file of type {essence:?} cannot be uploaded.")));
    }
    let largest = known.unwrap_or(Kind::Document).largest();
    match length {
        0 => Err(Unfit::Size("The file is empty.".into())),
        length if length > largest => Err(Unfit::Size(format!(
            "The file has {length} bytes; at most {largest} of {essence} are allowed."
        ))),
        _ => Ok(()),
    }
}

/// Why a file cannot be uploaded, in a sentence.
#[derive(Debug, PartialEq)]
pub enum Unfit {
    /// Its MIME type.
    Type(String),
    /// Its size.
    Size(String),
}

/// A MIME type without its parameters.
fn essence(mime: &str) -> &str {
    mime.split(';').next().unwrap_or_default().trim()
}

/// Whether a WebP picture is an animation: bit 1 of the flags of its extended header (WebP container
/// specification, "Extended File Format").
fn moves(bytes: &[u8]) -> bool {
    bytes.get(12..16) == Some(b"VP8X") && bytes.get(20).is_some_and(|flags| flags & 0b10 != 0)
}

/// The channels of an Opus stream, from its identification header (RFC 7845, section 5.1).
fn opus_channels(bytes: &[u8]) -> Option<u8> {
    const MAGIC: &[u8] = b"OpusHead";
    let start = bytes.windows(MAGIC.len()).take(4096).position(|window| window == MAGIC)?;
    bytes.get(start + MAGIC.len() + 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOICE: &[u8] = include_bytes!("../samples/nota-de-voz.ogg");
    const STICKER: &[u8] = include_bytes!("../samples/sticker.webp");

    #[test]
    fn each_type_takes_its_own_files_up_to_its_size() {
        let table = [
            (Kind::Image, "image/jpeg", 5 * MB),
            (Kind::Image, "image/png", 5 * MB),
            (Kind::Video, "video/mp4", 16 * MB),
            (Kind::Audio, "audio/mpeg", 16 * MB),
            (Kind::Document, "application/pdf", 100 * MB),
            (Kind::Sticker, "image/webp", 100 * 1024),
        ];
        for (kind, mime, largest) in table {
            let mut bytes = vec![0; largest];
            assert_eq!(kind.check(mime, &bytes, false), Ok(()), "{mime}");
            bytes.push(0);
            assert!(kind.check(mime, &bytes, false).unwrap_err().contains("at most"), "{mime}");
            assert!(kind.check(mime, &[], false).unwrap_err().contains("empty"), "{mime}");
        }
        for (kind, mime) in
            [(Kind::Image, "image/gif"), (Kind::Video, "image/png"), (Kind::Sticker, "image/png")]
        {
            assert!(kind.check(mime, b"x", false).unwrap_err().contains("does not fit"), "{mime}");
        }
    }

    #[test]
    fn a_voice_note_is_ogg_opus_with_one_channel() {
        let mime = "audio/ogg; codecs=opus";
        assert_eq!(Kind::Audio.check(mime, VOICE, true), Ok(()));
        let mut stereo = VOICE.to_vec();
        let head = stereo.windows(8).position(|window| window == b"OpusHead").unwrap();
        stereo[head + 9] = 2;
        assert!(Kind::Audio.check(mime, &stereo, false).unwrap_err().contains("one channel"));
        assert!(Kind::Audio.check("audio/ogg", b"OggS vorbis", false).is_err());
        assert!(Kind::Audio.check("audio/mpeg", b"ID3", true).unwrap_err().contains("voice"));
    }

    #[test]
    fn a_moving_sticker_may_be_larger() {
        assert_eq!(Kind::Sticker.check("image/webp", STICKER, false), Ok(()));
        let mut moving = b"RIFF....WEBPVP8X....\x02".to_vec();
        moving.resize(500 * 1024, 0);
        assert_eq!(Kind::Sticker.check("image/webp", &moving, false), Ok(()));
        moving[20] = 0;
        assert!(Kind::Sticker.check("image/webp", &moving, false).is_err());
    }

    #[test]
    fn an_upload_is_checked_by_its_type() {
        for mime in
            ["image/png", "audio/ogg; codecs=opus", "application/pdf", "text/plain", "application/zip"]
        {
            assert_eq!(check_upload(mime, 1), Ok(()), "{mime}");
        }
        for mime in ["image/gif", "video/webm", "audio/wav", "pdf", "", "/"] {
            assert!(matches!(check_upload(mime, 1), Err(Unfit::Type(_))), "{mime}");
        }
        assert!(matches!(check_upload("image/png", 5 * MB + 1), Err(Unfit::Size(_))));
        assert!(matches!(check_upload("application/pdf", 0), Err(Unfit::Size(_))));
    }
}
