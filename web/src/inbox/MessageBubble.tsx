// One message, drawn like the person saw it on WhatsApp, with who wrote it and how far it got.
import { Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "../api/types";
import { clock, full } from "../lib/time";
import { useTranscript } from "./content/actions";
import styles from "./MessageBubble.module.css";
import { MessageContent } from "./MessageContent";
import { MessageHead } from "./MessageHead";
import { MessageTicks } from "./MessageTicks";
import { canRepeat } from "./outbox";
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
      {message.status === "failed" && <Failure message={message} />}
      {reactions.length > 0 && <Reactions reactions={reactions} />}
    </article>
  );
});

/** Why it did not arrive, or that nobody knows; and, of what the team wrote, sending it once more. */
function Failure({ message }: Pick<Props, "message">) {
  const { t } = useTranslation();
  const text = useFailureText();
  const { repeat } = useTranscript();
  const [repeated, setRepeated] = useState(false);
  return (
    <div className={styles.failure} data-testid="message-failure" data-class={message.error?.class}>
      <IconAlertTriangle size={15} aria-hidden />
      <span>
        {message.error?.class === "unconfirmed" && <strong>{t("conversation.unconfirmed")} </strong>}
        {text(message.error)}
      </span>
      {repeat && canRepeat(message) && (
        <div className={styles.remedies}>
          <Button
            size="compact-xs"
            variant="light"
            color="red"
            disabled={repeated}
            onClick={() => {
              setRepeated(true);
              repeat(message);
            }}
            data-testid="send-once-more"
          >
            {t(repeated ? "conversation.repeated" : "common.retry")}
          </Button>
        </div>
      )}
    </div>
  );
}

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
