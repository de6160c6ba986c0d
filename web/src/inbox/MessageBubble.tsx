// One message, drawn like the person saw it on WhatsApp, with who wrote it and how far it got.
import { Button } from "@mantine/core";
import { IconAlertTriangle, IconRobot, IconUser } from "@tabler/icons-react";
import { memo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Message } from "../api/types";
import { useErrorText } from "../app/Screens";
import { clock, full } from "../lib/time";
import styles from "./MessageBubble.module.css";
import { MessageContent } from "./MessageContent";
import { MessageTicks } from "./MessageTicks";
import type { Pending } from "./outbox";

type Props = {
  message: Message;
  me: string;
  /** The option of this message that the person chose. */
  chosen: string | undefined;
};

export const MessageBubble = memo(function MessageBubble({ message, me, chosen }: Props) {
  const failure = useFailureText();
  const { author } = message;
  return (
    <article
      className={styles.bubble}
      data-author={author.kind}
      data-content={message.content.type}
      data-testid={`message-${message.id}`}
    >
      <AuthorLine message={message} me={me} />
      <MessageContent content={message.content} chosen={chosen} />
      <footer className={styles.meta}>
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
    </article>
  );
});

function AuthorLine({ message: { author }, me }: { message: Message; me: string }) {
  const { t } = useTranslation();
  if (author.kind === "contact") return null;
  if (author.kind === "bot") {
    return (
      <Author icon={<IconRobot size={14} aria-hidden />}>
        {author.node_name
          ? t("conversation.author.botStep", { step: author.node_name })
          : t("conversation.author.bot")}
      </Author>
    );
  }
  return (
    <Author icon={<IconUser size={14} aria-hidden />}>
      {author.user === me ? t("common.you") : author.name}
    </Author>
  );
}

function Author({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <header className={styles.author}>
      {icon}
      {children}
    </header>
  );
}

/** Why a message did not arrive: in our words when we know the code, else in the server's. */
function useFailureText(): (error: Message["error"]) => string {
  const { t } = useTranslation();
  const known: Record<string, string | undefined> = t("conversation.failure", { returnObjects: true });
  return (error) => (error ? (known[error.code] ?? error.text) : t("conversation.status.failed"));
}

type PendingProps = { pending: Pending; onAgain: () => void; onDiscard: () => void };

export function PendingBubble({ pending, onAgain, onDiscard }: PendingProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const { problem } = pending;
  return (
    <article className={styles.bubble} data-author="agent" data-testid="message-pending">
      <Author icon={<IconUser size={14} aria-hidden />}>{t("common.you")}</Author>
      <MessageContent content={{ type: "text", body: pending.body }} chosen={undefined} />
      {problem === null ? (
        <footer className={styles.meta}>
          <time dateTime={pending.at}>{clock(pending.at)}</time>
          <MessageTicks status={pending.seq === null ? "sending" : "queued"} />
        </footer>
      ) : (
        <div className={styles.failure} role="alert">
          <IconAlertTriangle size={15} aria-hidden />
          <span>
            {problem.code === "network"
              ? t("composer.failedNetwork")
              : `${t("composer.failed")} ${errorText(problem)}`}
          </span>
          <Button size="compact-xs" variant="light" color="red" onClick={onAgain} data-testid="send-again">
            {t("composer.sendAgain")}
          </Button>
          <Button size="compact-xs" variant="subtle" color="gray" onClick={onDiscard}>
            {t("composer.discard")}
          </Button>
        </div>
      )}
    </article>
  );
}
