// What I am sending: the message as it will stand, how much of its file has left, and why it did not.
import { ActionIcon, Button } from "@mantine/core";
import { IconAlertTriangle, IconUser, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Content } from "../api/types";
import { useErrorText } from "../app/Screens";
import { clock } from "../lib/time";
import { useObjectUrl } from "../lib/useObjectUrl";
import styles from "./MessageBubble.module.css";
import { MessageContent } from "./MessageContent";
import { AuthorName } from "./MessageHead";
import { MessageTicks } from "./MessageTicks";
import { canRetry, type Outgoing, type Pending } from "./outbox";

type Props = {
  pending: Pending;
  /** The message above is mine too. */
  continued: boolean;
  onAgain: () => void;
  onDiscard: () => void;
};

export function PendingBubble({ pending, continued, onAgain, onDiscard }: Props) {
  const { t } = useTranslation();
  const { problem, file } = pending;
  const url = useObjectUrl(file?.file);
  const content: Content = file
    ? mediaContent(file, pending.body, url)
    : { type: "text", body: pending.body };
  const uploading = file !== null && file.id === null && problem === null;
  return (
    <article
      className={styles.bubble}
      data-author="agent"
      data-content={content.type}
      data-testid="message-pending"
    >
      <AuthorName icon={<IconUser size={14} aria-hidden />} continued={continued}>
        {t("common.you")}
      </AuthorName>
      <MessageContent content={content} />
      {uploading && <Upload file={file} onCancel={onDiscard} />}
      {problem === null ? (
        <footer className={styles.meta}>
          <time dateTime={pending.at}>{clock(pending.at)}</time>
          <MessageTicks status={pending.seq === null ? "sending" : "queued"} />
        </footer>
      ) : (
        <Problem pending={pending} onAgain={onAgain} onDiscard={onDiscard} />
      )}
    </article>
  );
}

const mediaContent = ({ file, media }: Outgoing, body: string, url: string | null): Content => ({
  type: "media",
  media,
  url,
  mime: file.type,
  name: file.name,
  size: file.size,
  caption: body === "" ? null : body,
  animated: false,
  state: url === null ? "coming" : "ready",
  error: null,
});

function Upload({ file, onCancel }: { file: Outgoing; onCancel: () => void }) {
  const { t } = useTranslation();
  const percent = Math.round(file.progress * 100);
  return (
    <div className={styles.upload}>
      <progress
        value={percent}
        max={100}
        aria-label={t("composer.uploading", { name: file.file.name })}
        data-testid="upload-progress"
      />
      <span>{file.progress === 0 ? t("composer.waitingUpload") : t("composer.percent", { percent })}</span>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={28}
        aria-label={t("composer.cancelUpload", { name: file.file.name })}
        onClick={onCancel}
        data-testid="cancel-upload"
      >
        <IconX size={16} />
      </ActionIcon>
    </div>
  );
}

function Problem({ pending, onAgain, onDiscard }: Omit<Props, "continued">) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const { problem } = pending;
  return (
    <div className={styles.failure} role="alert">
      <IconAlertTriangle size={15} aria-hidden />
      <span>
        {problem?.code === "network"
          ? t("composer.failedNetwork")
          : `${t("composer.failed")} ${errorText(problem)}`}
      </span>
      <div className={styles.remedies}>
        {canRetry(pending) && (
          <Button size="compact-xs" variant="light" color="red" onClick={onAgain} data-testid="send-again">
            {t("composer.sendAgain")}
          </Button>
        )}
        <Button size="compact-xs" variant="subtle" color="gray" onClick={onDiscard} data-testid="discard">
          {t("composer.discard")}
        </Button>
      </div>
    </div>
  );
}
