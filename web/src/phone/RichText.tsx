// A text with its links and marks.
import { Fragment } from "react";
import styles from "./RichText.module.css";
import { type Piece, richText } from "./rich-text";

export function RichText({ text }: { text: string }) {
  return (
    <span className={styles.text}>
      {richText(text).map((piece, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a text never change places.
        <Fragment key={index}>{show(piece)}</Fragment>
      ))}
    </span>
  );
}

function show(piece: Piece) {
  switch (piece.kind) {
    case "plain":
      return piece.text;
    case "link":
      return (
        <a href={piece.href} target="_blank" rel="noreferrer noopener">
          {piece.text}
        </a>
      );
    case "bold":
      return <strong>{piece.text}</strong>;
    case "italic":
      return <em>{piece.text}</em>;
    case "struck":
      return <s>{piece.text}</s>;
    case "fixed":
      return <code>{piece.text}</code>;
  }
}
