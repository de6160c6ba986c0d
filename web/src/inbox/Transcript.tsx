// The conversation as it was: days, messages, what happened to the case; at the end what is being sent.
import { Button, Text } from "@mantine/core";
import { IconArrowDown, IconInfoCircle } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { loadEarlier } from "../api/queries";
import { isOwn } from "../api/transcript";
import type { Conversation, Message } from "../api/types";
import { useErrorText } from "../app/Screens";
import { useNow } from "../lib/clock";
import { clock, dayName, full } from "../lib/time";
import { choices } from "./choices";
import { type TranscriptActions, TranscriptContext } from "./content/actions";
import { Lightbox } from "./content/Lightbox";
import { picturesOf } from "./content/pictures";
import { bubbleId, MessageBubble } from "./MessageBubble";
import { discard, type OnRefused, sendAgain, sendOnceMore, settle, usePending } from "./outbox";
import { PendingBubble } from "./PendingBubble";
import styles from "./Transcript.module.css";
import { type CaseEvent, isOf, timeline } from "./timeline";
import { useAuthorName } from "./useAuthorName";
import { useJump } from "./useJump";

type Props = {
  conversation: Conversation;
  me: string;
  /** The case on which the person may write now. */
  caseId: string | null;
  onRefused: OnRefused;
};

export function Transcript({ conversation, me, caseId, onRefused }: Props) {
  const { t } = useTranslation();
  const { messages, cases, earlier } = conversation;
  const { contact, name, address } = conversation.summary;
  const contactName = name ?? address;
  const now = useNow();
  const items = useMemo(() => timeline(messages, cases, earlier), [messages, cases, earlier]);
  const chosen = useMemo(() => choices(messages), [messages]);
  const shown = useMemo(
    () => new Set(messages.filter((message) => isOwn(contact, message)).map((message) => message.seq)),
    [messages, contact],
  );
  const pending = usePending(contact).filter((each) => each.seq === null || !shown.has(each.seq));
  const scroll = useStickyScroll(messages.at(-1)?.id, messages[0]?.id, pending.length);

  useEffect(() => settle(contact, (seq) => shown.has(seq)), [contact, shown]);

  const [opened, setOpened] = useState<string | null>(null);
  const authorName = useAuthorName(contactName, me);
  const pictures = useMemo(() => picturesOf(messages, authorName), [messages, authorName]);
  const jumpTo = useJump(conversation, scroll.keepPlace);
  const refused = useRef(onRefused);
  useEffect(() => {
    refused.current = onRefused;
  });
  const actions = useMemo<TranscriptActions>(() => {
    const repeat =
      caseId === null
        ? null
        : (message: Message) => void sendOnceMore(contact, caseId, message, refused.current);
    return { contactName, openPicture: setOpened, jumpTo, repeat };
  }, [contact, contactName, jumpTo, caseId]);

  return (
    <TranscriptContext value={actions}>
      <div className={styles.frame}>
        <div
          ref={scroll.frame}
          className={styles.scroll}
          onScroll={scroll.onScroll}
          role="log"
          // A scrolling place must be reachable by keyboard.
          // biome-ignore lint/a11y/noNoninteractiveTabindex: see above.
          tabIndex={0}
          aria-label={t("conversation.transcript", { name: contactName })}
          data-testid="transcript"
        >
          <div ref={scroll.content} className={styles.content}>
            {earlier && <Earlier contact={contact} onBefore={scroll.keepPlace} />}
            {items.length === 0 && pending.length === 0 && (
              <Text c="dimmed" size="sm" ta="center" py="xl">
                {t("conversation.noMessages")}
              </Text>
            )}
            {items.map((item) => {
              if (item.kind === "day") {
                return (
                  <div key={item.key} className={styles.day}>
                    <time dateTime={item.at}>{dayName(item.at, now)}</time>
                  </div>
                );
              }
              if (item.kind === "event") return <EventLine key={item.key} event={item.event} me={me} />;
              if (item.message.content.type === "notice")
                return <NoticeLine key={item.key} message={item.message} />;
              return (
                <MessageBubble
                  key={item.key}
                  message={item.message}
                  me={me}
                  chosen={chosen.get(item.message.id)}
                  continued={item.continued}
                />
              );
            })}
            {pending.map((each, index) => (
              <PendingBubble
                key={each.command}
                pending={each}
                continued={index > 0 || isOf(me, items.at(-1))}
                onAgain={() => void sendAgain(contact, each.command, onRefused)}
                onDiscard={() => discard(contact, each.command)}
              />
            ))}
          </div>
        </div>
        {scroll.unseen && (
          <Button
            className={styles.newer ?? ""}
            size="xs"
            radius="xl"
            leftSection={<IconArrowDown size={14} aria-hidden />}
            onClick={scroll.toEnd}
          >
            {t("conversation.newMessages")}
          </Button>
        )}
        <Lightbox pictures={pictures} shown={opened} onShow={setOpened} />
      </div>
    </TranscriptContext>
  );
}

/** Stays at the end while one reads the end, and where one is otherwise. */
function useStickyScroll(last: string | undefined, first: string | undefined, pendingCount: number) {
  const frame = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const topBefore = useRef(0);
  const heightBefore = useRef<number | null>(null);
  const [unseen, setUnseen] = useState(false);

  const toEnd = () => {
    const element = frame.current;
    if (!element) return;
    element.scrollTop = element.scrollHeight;
    atEnd.current = true;
    setUnseen(false);
  };

  // Pictures that arrive late and panes that change size move the end.
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      if (atEnd.current && frame.current) frame.current.scrollTop = frame.current.scrollHeight;
    });
    if (content.current) observer.observe(content.current);
    if (frame.current) observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);

  const seen = useRef(last);
  useLayoutEffect(() => {
    if (last !== seen.current && !atEnd.current) setUnseen(true);
    seen.current = last;
  }, [last]);

  // What I send is what I look at.
  const pendingBefore = useRef(pendingCount);
  useLayoutEffect(() => {
    if (pendingCount > pendingBefore.current && frame.current) {
      frame.current.scrollTop = frame.current.scrollHeight;
      atEnd.current = true;
      setUnseen(false);
    }
    pendingBefore.current = pendingCount;
  }, [pendingCount]);

  // Older messages that were put in front do not move what is being read.
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when the first message changes.
  useLayoutEffect(() => {
    const element = frame.current;
    if (element && heightBefore.current !== null) {
      element.scrollTop = element.scrollHeight - heightBefore.current;
    }
    heightBefore.current = null;
  }, [first]);

  const keepPlace = useCallback(() => {
    const element = frame.current;
    heightBefore.current = element ? element.scrollHeight - element.scrollTop : null;
  }, []);

  return {
    frame,
    content,
    unseen,
    toEnd,
    keepPlace,
    onScroll: () => {
      const element = frame.current;
      if (!element) return;
      const { scrollTop, scrollHeight, clientHeight } = element;
      const goesUp = scrollTop < topBefore.current;
      topBefore.current = scrollTop;
      if (scrollHeight - scrollTop - clientHeight < 40) {
        atEnd.current = true;
        setUnseen(false);
      } else if (goesUp) {
        // Not when a picture has made the conversation longer under who reads the end.
        atEnd.current = false;
      }
    },
  };
}

function Earlier({ contact, onBefore }: { contact: string; onBefore: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const errorText = useErrorText();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);

  async function load() {
    setBusy(true);
    setProblem(null);
    onBefore();
    try {
      await loadEarlier(client, contact);
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  }

  return (
    <div className={styles.earlier}>
      {problem !== null && (
        <Text size="sm" c="red" role="alert">
          {errorText(problem)}
        </Text>
      )}
      <Button variant="subtle" size="xs" loading={busy} onClick={() => void load()}>
        {t("conversation.earlier")}
      </Button>
    </div>
  );
}

function EventLine({ event, me }: { event: CaseEvent; me: string }) {
  const { t } = useTranslation();
  const holder = event.case.assignee;
  const byMe = holder?.id === me;
  const name = holder?.name ?? "";
  const text = {
    queued: t("conversation.event.queued", { queue: event.case.queue }),
    taken: byMe ? t("conversation.event.takenByYou") : t("conversation.event.taken", { name }),
    resolved: byMe
      ? t("conversation.event.resolvedByYou")
      : holder
        ? t("conversation.event.resolved", { name })
        : t("conversation.event.resolvedByNobody"),
    timed_out: t("conversation.event.timed_out"),
  }[event.kind];
  return (
    <div className={styles.event} data-testid={`event-${event.kind}`}>
      <span>{text}</span>
      <time dateTime={event.at} title={full(event.at)}>
        {clock(event.at)}
      </time>
    </div>
  );
}

/** What WhatsApp itself tells of the person. */
function NoticeLine({ message: { id, at, content } }: { message: Message }) {
  if (content.type !== "notice") return null;
  return (
    <div id={bubbleId(id)} tabIndex={-1} className={styles.event} data-testid={`message-${id}`}>
      <IconInfoCircle size={15} aria-hidden />
      <span>{content.body}</span>
      <time dateTime={at} title={full(at)}>
        {clock(at)}
      </time>
    </div>
  );
}
