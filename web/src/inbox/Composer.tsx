// Where the holder of a case writes; for everybody else it says why they cannot.
import { ActionIcon, Alert, Button, Kbd, Text } from "@mantine/core";
import { IconLock, IconSend2 } from "@tabler/icons-react";
import type { KeyboardEvent, RefObject } from "react";
import { useTranslation } from "react-i18next";
import type { ApiError } from "../api/http";
import type { ConversationSummary } from "../api/types";
import { useErrorText } from "../app/Screens";
import { serverNow, useNow } from "../lib/clock";
import { windowLeft } from "../lib/time";
import styles from "./Composer.module.css";
import { addToDraft, useDraft, writeDraft } from "./draft";
import { send } from "./outbox";
import { tellTyping } from "./typing";

/** WhatsApp's limit for a text, in characters. */
const MAX = 4096;

type Props = {
  summary: ConversationSummary;
  me: string;
  /** The case I hold here, or null. */
  caseId: string | null;
  inputRef: RefObject<HTMLTextAreaElement | null>;
  refusal: ApiError | null;
  onRefusal: (error: ApiError | null) => void;
  /** Opens whoever waits next; absent when nobody does. */
  onNext: (() => void) | undefined;
};

export function Composer({ summary, me, caseId, inputRef, refusal, onRefusal, onNext }: Props) {
  const { t } = useTranslation();
  const draft = useDraft(me, summary.contact);
  const closed = windowLeft(summary.window_ends_at, useNow()).state === "closed";
  const length = [...draft].length;
  const tooLong = length > MAX;
  const canSend = caseId !== null && !closed && !tooLong && draft.trim() !== "";

  function submit() {
    if (!canSend || caseId === null) return;
    const { contact } = summary;
    onRefusal(null);
    void send(contact, caseId, draft.trim(), new Date(serverNow()).toISOString(), (error, body) => {
      addToDraft(me, contact, body);
      onRefusal(error);
    });
    writeDraft(me, contact, "");
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (event.key === "Escape") event.currentTarget.blur();
    // While an accent or an emoji is being composed, Enter belongs to the keyboard.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  }

  return (
    <div className={styles.composer}>
      {refusal && <Refusal error={refusal} onClose={() => onRefusal(null)} />}
      {caseId === null || closed ? (
        <Locked summary={summary} closed={caseId !== null} draft={draft} onNext={onNext} />
      ) : (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <div className={styles.field}>
            <textarea
              ref={inputRef}
              className={styles.input}
              rows={1}
              value={draft}
              placeholder={t("composer.placeholder")}
              aria-label={t("composer.label")}
              aria-describedby="composer-hint"
              aria-invalid={tooLong}
              onChange={(event) => {
                const text = event.currentTarget.value;
                writeDraft(me, summary.contact, text);
                if (text.trim() !== "") tellTyping(summary.contact);
              }}
              onKeyDown={onKeyDown}
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
          <Text id="composer-hint" size="xs" c={tooLong ? "red" : "dimmed"} className={styles.hint ?? ""}>
            {tooLong ? t("composer.tooLong", { count: length, max: MAX }) : t("composer.hint")}
          </Text>
        </form>
      )}
    </div>
  );
}

type LockedProps = {
  summary: ConversationSummary;
  closed: boolean;
  draft: string;
  onNext: (() => void) | undefined;
};

function Locked({ summary, closed, draft, onNext }: LockedProps) {
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
