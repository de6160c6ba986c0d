//! Small files to send from a phone that has none. How they were made stands beside them, in `samples/`.

/// One sample file.
pub struct Sample {
    /// File name.
    pub name: &'static str,
    /// As which type of message it is sent.
    pub kind: &'static str,
    /// MIME type.
    pub mime: &'static str,
    /// All of it.
    pub bytes: &'static [u8],
}

/// All of them.
pub const SAMPLES: [Sample; 5] = [
    Sample {
        name: "foto.jpg",
        kind: "image",
        mime: "image/jpeg",
        bytes: include_bytes!("../samples/foto.jpg"),
    },
    Sample {
        name: "video.mp4",
        kind: "video",
        mime: "video/mp4",
        bytes: include_bytes!("../samples/video.mp4"),
    },
    Sample {
        name: "nota-de-voz.ogg",
        kind: "audio",
        mime: "audio/ogg; codecs=opus",
        bytes: include_bytes!("../samples/nota-de-voz.ogg"),
    },
    Sample {
        name: "receta.pdf",
        kind: "document",
        mime: "application/pdf",
        bytes: include_bytes!("../samples/receta.pdf"),
    },
    Sample {
        name: "sticker.webp",
        kind: "sticker",
        mime: "image/webp",
        bytes: include_bytes!("../samples/sticker.webp"),
    },
];
