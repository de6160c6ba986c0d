// WhatsApp's marks inside a text: links, *bold*, _italic_, ~struck~ and ```fixed width```.

export type Piece =
  | { kind: "plain"; text: string }
  | { kind: "link"; text: string; href: string }
  | { kind: "bold" | "italic" | "struck" | "fixed"; text: string };

const MARKS = { "*": "bold", _: "italic", "~": "struck" } as const;

// A mark opens before a word and closes after one, on one line, and never inside a word (snake_case).
const TOKENS =
  /```(?<fixed>[^`]+)```|(?<![\p{L}\p{N}*_~])(?<mark>[*_~])(?=\S)(?<marked>[^\n]*?\S)\k<mark>(?![\p{L}\p{N}*_~])|(?<link>(?:https?:\/\/|www\.)[^\s<>"]+)/gu;

// Punctuation that follows a link in a sentence is not part of it.
const AFTER_LINK = /[.,;:!?)\]}»'*_~]+$/;

/** Cuts a text into pieces; joined again they are the text without the marks. */
export function richText(text: string): Piece[] {
  const pieces: Piece[] = [];
  const plain = (more: string) => {
    const last = pieces.at(-1);
    if (last?.kind === "plain") last.text += more;
    else if (more) pieces.push({ kind: "plain", text: more });
  };

  let from = 0;
  for (const match of text.matchAll(TOKENS)) {
    plain(text.slice(from, match.index));
    from = match.index + match[0].length;
    const { fixed, mark, marked, link } = match.groups ?? {};
    if (fixed !== undefined) pieces.push({ kind: "fixed", text: fixed });
    else if (mark !== undefined && marked !== undefined) {
      pieces.push({ kind: MARKS[mark as keyof typeof MARKS], text: marked });
    } else if (link !== undefined) {
      const shown = link.replace(AFTER_LINK, "");
      pieces.push({ kind: "link", text: shown, href: shown.startsWith("www.") ? `https://${shown}` : shown });
      plain(link.slice(shown.length));
    }
  }
  plain(text.slice(from));
  return pieces;
}

/** The text without its marks, for places where a message stands in a few words. */
export const plainText = (text: string): string =>
  richText(text)
    .map((piece) => piece.text)
    .join("");

const EMOJI = String.raw`\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier}|\u200D\p{Extended_Pictographic})*`;
const FEW_EMOJIS = new RegExp(`^(?:${EMOJI}\\s*){1,3}$`, "u");

/** Whether it is shown large: one to three emojis and nothing else. */
export const isJumbo = (text: string): boolean => FEW_EMOJIS.test(text.trim());
