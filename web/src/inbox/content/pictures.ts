// The pictures of a conversation, in its order: what the lightbox leafs through.
import type { Author, Message } from "../../api/types";

export type Picture = {
  /** The message it came with. */
  message: string;
  url: string;
  name: string | null;
  caption: string | null;
  who: string;
  at: string;
};

export function picturesOf(messages: Message[], nameOf: (author: Author) => string): Picture[] {
  return messages.flatMap(({ id, at, author, content }) => {
    if (content.type !== "media" || content.media !== "image") return [];
    if (content.state !== "ready" || !content.url) return [];
    const { url, name, caption } = content;
    return [{ message: id, url, name, caption, who: nameOf(author), at }];
  });
}
