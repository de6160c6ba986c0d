// What the attach menu and "Reenviar" make of files and of earlier messages.
import { type Content, type Place, readMessage } from "./content";
import { emulator, type MediaType, type Outgoing, type PhoneMessage } from "./emulator";

/** The files of the attach menu. */
export type Attachment = "image" | "video" | "voice" | "document" | "sticker";

/** The type that WhatsApp gives each of them. */
export const TYPE_OF: Record<Attachment, MediaType> = {
  image: "image",
  video: "video",
  voice: "audio",
  document: "document",
  sticker: "sticker",
};

/** What a person may choose for it from this computer: WhatsApp's formats; any file is a document. */
export const ACCEPTS: Record<Attachment, string> = {
  image: "image/jpeg,image/png",
  video: "video/mp4,video/3gpp",
  voice: "audio/ogg,audio/mpeg,audio/mp4,audio/aac,audio/amr,.ogg,.opus,.mp3,.m4a,.aac,.amr",
  document: "",
  sticker: "image/webp",
};

/** Whether words go under it. */
export const captioned = (attachment: Attachment): boolean =>
  attachment === "image" || attachment === "video" || attachment === "document";

/**
 * Whether these are the bytes of an animated WebP: an extended one (`VP8X`) with the second bit of its flags set.
 * https://developers.google.com/speed/webp/docs/riff_container#extended_file_format
 */
export function isAnimated(webp: Uint8Array): boolean {
  const extended = String.fromCharCode(...webp.subarray(12, 16)) === "VP8X";
  return extended && ((webp[20] ?? 0) & 0b10) !== 0;
}

/** The message that carries a file which was put on the customer's phone as `id`. */
export async function fileMessage(
  type: MediaType,
  id: string,
  file: File,
  caption: string,
): Promise<Outgoing> {
  const media = { id };
  switch (type) {
    case "audio":
      // Phones record voice notes as Opus in Ogg; any other sound is a file that was attached.
      return { type, media, voice: file.type.startsWith("audio/ogg") };
    case "sticker":
      return { type, media, animated: isAnimated(new Uint8Array(await file.slice(0, 21).arrayBuffer())) };
    default:
      return caption ? { type, media, caption } : { type, media };
  }
}

/** The message that carries a place; name and address only when it has them. */
export function placeMessage({ latitude, longitude, name, address }: Place): Outgoing {
  const named = { ...(name && { name }), ...(address && { address }) };
  return { type: "location", location: { latitude, longitude, ...named } };
}

/** Whether a phone can pass this on. */
export const canForward = (content: Content, media: string | null): boolean =>
  content.kind !== "unsupported" && content.kind !== "order" && (media !== null || !("link" in content));

/** The same content once more, to pass it on from this customer's phone. */
export async function copyOf(customer: string, message: PhoneMessage): Promise<Outgoing | undefined> {
  const content = readMessage(message.message);
  switch (content.kind) {
    case "image":
    case "video":
    case "audio":
    case "voice":
    case "sticker":
    case "document": {
      if (!message.media || !message.file) return undefined;
      const name = "name" in content ? content.name : (message.file.name ?? content.kind);
      const file = await emulator.file(message.media, name, message.file.mime);
      const id = await emulator.upload(customer, file);
      const caption = "caption" in content ? content.caption : "";
      const copy = await fileMessage(content.kind === "voice" ? "audio" : content.kind, id, file, caption);
      return copy.type === "audio" ? { ...copy, voice: content.kind === "voice" } : copy;
    }
    case "location":
      return placeMessage(content);
    case "contacts":
      return {
        type: "contacts",
        contacts: content.cards.map(({ name, phones }) => ({
          name: { formatted_name: name },
          phones: phones.map((phone) => ({ phone })),
        })),
      };
    case "choice":
      return { type: "text", text: { body: content.title } };
    case "text":
    case "buttons":
    case "list":
    case "link":
    case "locationRequest":
      return { type: "text", text: { body: content.text } };
    case "order":
    case "unsupported":
      return undefined;
  }
}
