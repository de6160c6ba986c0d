// Where the customer writes. Enter sends, Shift+Enter begins a new line.
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Attachable, AttachMenu } from "./AttachMenu";
import styles from "./Composer.module.css";
import { editable, readMessage } from "./content";
import type { PhoneMessage } from "./emulator";
import { CheckIcon, CloseIcon, PencilIcon, SendIcon } from "./icons";
import { Quote } from "./Quote";

/** What is being written, when it is not simply a new message. */
export type Task = { what: "reply" | "edit"; message: PhoneMessage };

type Props = {
  /** The name of the business. */
  business: string;
  task: Task | undefined;
  /** Gives the task up. */
  leave: () => void;
  /** Why the last thing did not leave the phone. */
  failure: string | undefined;
  send: (body: string) => Promise<void>;
  attach: (what: Attachable) => void;
  /** Whether the keyboard goes here as soon as the chat opens. */
  focus: boolean;
};

// WhatsApp's limit of a text.
const MAX_CHARACTERS = 4096;

export function Composer({ business, task, leave, failure, send, attach, focus }: Props) {
  const { t } = useTranslation();
  const area = useRef<HTMLTextAreaElement>(null);
  // A new message waits while another is being changed.
  const [drafts, setDrafts] = useState<Record<string, string>>({});
  const editing = task?.what === "edit" ? task.message : undefined;
  const subject = editing?.id ?? "";
  const body = drafts[subject] ?? (editing ? editable(readMessage(editing.message)) : "") ?? "";
  const write = (text: string) => setDrafts((all) => ({ ...all, [subject]: text }));

  useEffect(() => {
    if (task) area.current?.focus();
  }, [task]);

  const forget = () => setDrafts(({ [subject]: _, ...rest }) => rest);
  const stop = () => {
    if (editing) forget();
    leave();
  };
  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    const text = body.trim();
    if (!text) return;
    forget();
    try {
      await send(text);
    } catch {
      // What was written comes back, before what was written since.
      setDrafts((all) => ({ ...all, [subject]: all[subject] ? `${text}\n${all[subject]}` : text }));
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && task) stop();
    // Enter that ends a composition (accents, other scripts) does not send.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void submit();
  };
  return (
    <form className={styles.composer} onSubmit={submit}>
      {failure && (
        <p className={styles.failed} role="alert">
          {failure}
        </p>
      )}
      {task && (
        <div className={styles.task} data-testid="task">
          {editing ? (
            <span className={styles.editing}>
              <PencilIcon />
              {t("phone.editing")}
            </span>
          ) : (
            <Quote message={task.message} business={business} />
          )}
          <button
            type="button"
            aria-label={t(editing ? "phone.leave.edit" : "phone.leave.reply")}
            onClick={stop}
          >
            <CloseIcon />
          </button>
        </div>
      )}
      <div className={styles.box}>
        {!editing && <AttachMenu choose={attach} />}
        <textarea
          ref={area}
          // biome-ignore lint/a11y/noAutofocus: the person has just chosen on which phone to write.
          autoFocus={focus}
          rows={1}
          maxLength={MAX_CHARACTERS}
          value={body}
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKeyDown}
          placeholder={t("phone.write")}
          aria-label={t("phone.write")}
          data-testid="phone-input"
        />
      </div>
      <button
        type="submit"
        className={styles.send}
        aria-label={t(editing ? "phone.save" : "phone.send")}
        disabled={!body.trim()}
        data-testid="phone-send"
      >
        {editing ? <CheckIcon width={22} /> : <SendIcon />}
      </button>
    </form>
  );
}
