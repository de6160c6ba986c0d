// Where the holder of a case writes; for everybody else it says why they cannot.
import { ActionIcon, Alert, Button, Kbd, Text } from "@mantine/core";
import { IconLock, IconPaperclip, IconSend2 } from "@tabler/icons-react";
import { type ClipboardEvent, type KeyboardEvent, type RefObject, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { ApiError } from "../api/http";
import type { ConversationSummary } from "../api/types";
import { useErrorText } from "../app/Screens";
import { serverNow, useNow } from "../lib/clock";
import { fileSize } from "../lib/files";
import { windowLeft } from "../lib/time";
import { useKeys } from "../lib/useKeys";
import { Attachments } from "./Attachments";
import { MAX_CAPTION, MAX_FILE, MAX_FILES, sentAs, takesCaption } from "./attachment";
import styles from "./Composer.module.css";
import { useDraft, writeDraft } from "./draft";
import { type OnRefused, send } from "./outbox";
import { clearStage, type Refused, unstage, useStaged } from "./staging";
import { tellTyping } from "./typing";

/** WhatsApp's limit for a text, in characters. */
const MAX_TEXT = 4096;

type Props = {
  summary: ConversationSummary;
  me: string;
  /** The case I hold here, or null. */
  caseId: string | null;
  inputRef: RefObject<HTMLTextAreaElement | null>;
  refusal: ApiError | null;
  onRefusal: (error: ApiError | null) => void;
  /** Gets back what could not be sent. */
  onReturned: OnRefused;
  /** Files that were chosen, dropped or pasted; those that cannot be sent are told here. */
  refusedFiles: Refused[];
  onFiles: (files: File[]) => void;
  /** Opens whoever waits next; absent when nobody does. */
  onNext: (() => void) | undefined;
};

export function Composer(props: Props) {
  const { summary, me, caseId, inputRef, refusal, onRefusal, onReturned, refusedFiles, onFiles, onNext } =
    props;
  const { t } = useTranslation();
  const { contact } = summary;
  const draft = useDraft(me, contact);
  const files = useStaged(me, contact);
  const picker = useRef<HTMLInputElement>(null);
  const closed = windowLeft(summary.window_ends_at, useNow()).state === "closed";
  const body = draft.trim();
  const captioned = files.findIndex(({ file }) => takesCaption(sentAs(file).media));
  const max = captioned === -1 ? MAX_TEXT : MAX_CAPTION;
  const length = [...body].length;
  const tooLong = length > max;
  const canSend = caseId !== null && !closed && !tooLong && (body !== "" || files.length > 0);

  useKeys({ a: () => picker.current?.click() });

  function submit() {
    if (!canSend || caseId === null) return;
    onRefusal(null);
    const at = new Date(serverNow()).toISOString();
    for (const [index, { file }] of files.entries()) {
      const caption = index === captioned ? body : "";
      void send(contact, { case: caseId, body: caption, at, file }, onReturned);
    }
    // What no file can carry follows them.
    if (captioned === -1 && body !== "") void send(contact, { case: caseId, body, at }, onReturned);
    clearStage(me, contact);
    writeDraft(me, contact, "");
    // To add none is to be done with what was refused before.
    if (refusedFiles.length > 0) onFiles([]);
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (event.key === "Escape") event.currentTarget.blur();
    // While an accent or an emoji is being composed, Enter belongs to the keyboard.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  }

  function onPaste(event: ClipboardEvent<HTMLTextAreaElement>) {
    const { files: pasted, types } = event.clipboardData;
    // A spreadsheet puts its cells there as a picture too: whoever copied words wants the words.
    if (pasted.length === 0 || types.includes("text/plain")) return;
    event.preventDefault();
    onFiles([...pasted]);
  }

  return (
    <div className={styles.composer}>
      {refusal && <Refusal error={refusal} onClose={() => onRefusal(null)} />}
      {caseId === null || closed ? (
        <Locked
          summary={summary}
          closed={caseId !== null}
          draft={draft}
          files={files.length}
          onDropFiles={() => clearStage(me, contact)}
          onNext={onNext}
        />
      ) : (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          {refusedFiles.length > 0 && <RefusedFiles refused={refusedFiles} onClose={() => onFiles([])} />}
          {files.length > 0 && (
            <Attachments
              files={files}
              onRemove={(id) => {
                unstage(me, contact, id);
                inputRef.current?.focus();
              }}
            />
          )}
          <div className={styles.field}>
            <input
              ref={picker}
              type="file"
              multiple
              hidden
              onChange={(event) => {
                onFiles([...(event.currentTarget.files ?? [])]);
                // The same file can be chosen again.
                event.currentTarget.value = "";
              }}
              data-testid="file-input"
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size={40}
              radius="xl"
              aria-label={t("composer.attach")}
              title={t("composer.attachHint")}
              onClick={() => picker.current?.click()}
              data-testid="attach"
            >
              <IconPaperclip size={21} />
            </ActionIcon>
            <textarea
              ref={inputRef}
              className={styles.input}
              rows={1}
              value={draft}
              placeholder={t(captioned === -1 ? "composer.placeholder" : "composer.captionPlaceholder")}
              aria-label={t("composer.label")}
              aria-describedby="composer-hint"
              aria-invalid={tooLong}
              onChange={(event) => {
                const text = event.currentTarget.value;
                writeDraft(me, contact, text);
                if (text.trim() !== "") tellTyping(contact);
              }}
              onKeyDown={onKeyDown}
              onPaste={onPaste}
              data-testid="composer"
            />
            <ActionIcon
              type="submit"
              size={40}
              radius="xl"
              disabled={!canSend}
              aria-label={t("composer.send")}
              data-testid="send"
            >
              <IconSend2 size={20} />
            </ActionIcon>
          </div>
          <Text
            id="composer-hint"
            size="xs"
            c={tooLong ? "var(--cauce-bad)" : "dimmed"}
            className={styles.hint ?? ""}
            data-problem={tooLong || undefined}
          >
            {tooLong
              ? t(captioned === -1 ? "composer.tooLong" : "composer.captionTooLong", { count: length, max })
              : files.length > 1 && captioned !== -1
                ? t("composer.captionHint", { name: files[captioned]?.file.name })
                : t("composer.hint")}
          </Text>
        </form>
      )}
    </div>
  );
}

function RefusedFiles({ refused, onClose }: { refused: Refused[]; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert
      color="red"
      variant="light"
      role="alert"
      withCloseButton
      closeButtonLabel={t("common.close")}
      onClose={onClose}
      className={styles.refusal ?? ""}
      data-testid="refused-files"
    >
      {refused.map(({ name, problem }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are replaced all at once.
        <div key={index}>
          {t(`composer.refused.${problem}`, { name, max: fileSize(MAX_FILE), count: MAX_FILES })}
        </div>
      ))}
    </Alert>
  );
}

type LockedProps = {
  summary: ConversationSummary;
  closed: boolean;
  draft: string;
  /** How many files wait to be sent. */
  files: number;
  onDropFiles: () => void;
  onNext: (() => void) | undefined;
};

function Locked({ summary, closed, draft, files, onDropFiles, onNext }: LockedProps) {
  const { t } = useTranslation();
  const live = summary.case;
  const reason = closed
    ? t("composer.locked.window")
    : live?.state === "queued"
      ? t("composer.locked.queued")
      : live?.state === "open"
        ? t("composer.locked.other", { name: live.assignee?.name ?? t("common.unnamed") })
        : summary.stage === "bot"
          ? t("composer.locked.bot")
          : t("composer.locked.none");
  return (
    <div className={styles.locked} data-testid="composer-locked">
      <IconLock size={16} aria-hidden />
      <div className={styles.reason}>
        <span>{reason}</span>
        {draft !== "" && (
          <p className={styles.draft} data-testid="kept-draft">
            <strong>{t("composer.draft")}</strong> {draft}
          </p>
        )}
        {files > 0 && (
          <p className={styles.draft} data-testid="kept-files">
            <strong>{t("composer.keptFiles", { count: files })}</strong>{" "}
            <Button size="compact-xs" variant="subtle" color="gray" onClick={onDropFiles}>
              {t("composer.discard")}
            </Button>
          </p>
        )}
      </div>
      {onNext && live?.state !== "queued" && (
        <Button
          size="compact-sm"
          variant="light"
          rightSection={<Kbd size="xs">{t("shortcuts.key.next")}</Kbd>}
          onClick={onNext}
          data-testid="next-queued"
        >
          {t("composer.next")}
        </Button>
      )}
    </div>
  );
}

function Refusal({ error, onClose }: { error: ApiError; onClose: () => void }) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const holder = error.problem?.holder?.name;
  const text =
    error.code === "case.taken"
      ? holder
        ? t("composer.taken", { name: holder })
        : t("composer.takenUnknown")
      : error.code === "case.ended"
        ? t("composer.ended")
        : error.code === "window.closed"
          ? t("composer.locked.window")
          : errorText(error);
  return (
    <Alert
      color="orange"
      variant="light"
      role="alert"
      withCloseButton
      closeButtonLabel={t("common.close")}
      onClose={onClose}
      className={styles.refusal ?? ""}
      data-testid={error.code === "case.taken" ? "case-taken-notice" : "refusal-notice"}
    >
      {text}
    </Alert>
  );
}
