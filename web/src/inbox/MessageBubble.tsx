// One message, drawn like the person saw it on WhatsApp, with who wrote it and how far it got.
import { IconAlertTriangle } from "@tabler/icons-react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "../api/types";
import { clock, full } from "../lib/time";
import styles from "./MessageBubble.module.css";
import { MessageContent } from "./MessageContent";
import { MessageHead } from "./MessageHead";
import { MessageTicks } from "./MessageTicks";
import { grouped } from "./reactions";

type Props = {
  message: Message;
  me: string;
  /** The option of this message that the person chose. */
  chosen: string | undefined;
  /** The message above has the same author. */
  continued: boolean;
};

/** By this the frame of a message is found in the page. */
export const bubbleId = (message: string) => `message-${message}`;

export const MessageBubble = memo(function MessageBubble({ message, me, chosen, continued }: Props) {
  const { t } = useTranslation();
  const failure = useFailureText();
  const { author, content, id, reactions } = message;
  return (
    <article
      id={bubbleId(id)}
      // A quote leads here.
      tabIndex={-1}
      className={styles.bubble}
      data-author={author.kind}
      data-content={content.type}
      data-media={content.type === "media" && content.state === "ready" ? content.media : undefined}
      data-reacted={reactions.length > 0}
      data-testid={`message-${id}`}
    >
      <MessageHead message={message} me={me} continued={continued} />
      <MessageContent content={content} chosen={chosen} message={id} received={message.direction === "in"} />
      <footer className={styles.meta}>
        {message.edited && !message.revoked && <span>{t("conversation.edited")}</span>}
        <time dateTime={message.at} title={full(message.at)}>
          {clock(message.at)}
        </time>
        {message.direction === "out" && message.status && <MessageTicks status={message.status} />}
      </footer>
      {message.status === "failed" && (
        <p className={styles.failure} data-testid="message-failure">
          <IconAlertTriangle size={15} aria-hidden />
          {failure(message.error)}
        </p>
      )}
      {reactions.length > 0 && <Reactions reactions={reactions} />}
    </article>
  );
});

function Reactions({ reactions }: Pick<Message, "reactions">) {
  const { t } = useTranslation();
  return (
    <ul className={styles.reactions} data-testid="reactions">
      {grouped(reactions).map(({ emoji, by }) => {
        const text = t(`conversation.reaction.by.${by}`, { emoji });
        return (
          <li key={emoji} title={text}>
            <span role="img" aria-label={text}>
              {emoji}
            </span>
            {by === "both" && <span aria-hidden>{"2"}</span>}
          </li>
        );
      })}
    </ul>
  );
}

/** Why a message did not arrive: in our words when we know the code, else in the server's. */
function useFailureText(): (error: Message["error"]) => string {
  const { t } = useTranslation();
  const known: Record<string, string | undefined> = t("conversation.failure", { returnObjects: true });
  return (error) => (error ? (known[error.code] ?? error.text) : t("conversation.status.failed"));
}
