// One conversation: head, transcript, composer, and the panel with what is known about the person.
import { Button, Drawer } from "@mantine/core";
import { useDocumentVisibility, useMediaQuery } from "@mantine/hooks";
import { IconFileUpload, IconLock } from "@tabler/icons-react";
import { type QueryClient, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/http";
import {
  conversationQuery,
  conversationsQuery,
  endCase,
  keys,
  markRead,
  meQuery,
  newCommand,
  takeCase,
} from "../api/queries";
import type { Conversation, Tab } from "../api/types";
import { Failed, LoadingScreen, Notice } from "../app/Screens";
import { useNow } from "../lib/clock";
import { useStored } from "../lib/stored";
import { windowLeft } from "../lib/time";
import { useKeys } from "../lib/useKeys";
import { Composer } from "./Composer";
import { ConversationHead } from "./ConversationHead";
import styles from "./ConversationView.module.css";
import { DataPanel } from "./DataPanel";
import { addToDraft } from "./draft";
import type { OnRefused } from "./outbox";
import { StoppedRun } from "./StoppedRun";
import { type Refused, stage } from "./staging";
import { Transcript } from "./Transcript";
import { useFileDrop } from "./useFileDrop";

type Props = {
  contact: string;
  tab: Tab;
  /** I took the case. */
  onTaken: () => void;
  /** I ended the case; whether I hold others. */
  onEnded: (othersAreMine: boolean) => void;
  /** Opens whoever waits next; absent when nobody does. */
  onNext: (() => void) | undefined;
};

export function ConversationView({ contact, ...props }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const query = useQuery(conversationQuery(contact));

  // Of a person who turned out to be somebody known already, the server shows that one.
  const known = query.data?.summary.contact;
  useEffect(() => {
    if (known === undefined || known === contact) return;
    void navigate({ to: "/bandeja/$contact", params: { contact: known }, search: true, replace: true });
  }, [known, contact, navigate]);

  if (query.data) return <Open conversation={query.data} {...props} />;
  return (
    <section className={styles.alone} data-conversation>
      {query.isPending && <LoadingScreen />}
      {query.isError &&
        (query.error instanceof ApiError && query.error.status === 404 ? (
          <Notice title={t("inbox.notFound.title")} text={t("inbox.notFound.text")}>
            <Button component={Link} to="/bandeja" variant="light" mt="xs">
              {t("conversation.back")}
            </Button>
          </Notice>
        ) : (
          <Failed error={query.error} retry={() => void query.refetch()} />
        ))}
    </section>
  );
}

/** Whether I hold a case, as far as the list tells. */
const holdsAny = (client: QueryClient) =>
  (client.getQueryData(conversationsQuery("mine").queryKey)?.pages[0]?.counts.mine ?? 0) > 0;

/**
 * Tells the server that what is on screen was seen; a hidden tab sees nothing, and who looks at a colleague's
 * conversation leaves the mark for them.
 */
function useMarkRead({ summary, messages }: Conversation, isOthers: boolean) {
  const visible = useDocumentVisibility() === "visible";
  const last = messages.at(-1)?.id;
  const { contact, unread } = summary;
  useEffect(() => {
    if (!visible || isOthers || unread === 0 || last === undefined) return;
    // A failure only leaves the mark unread; the next message or visit tries again.
    markRead(contact).catch(() => {});
  }, [visible, isOthers, unread, last, contact]);
}

type OpenProps = Omit<Props, "contact"> & { conversation: Conversation };

function Open({ conversation, tab, onTaken, onEnded, onNext }: OpenProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { data: me } = useSuspenseQuery(meQuery);
  const wide = useMediaQuery("(min-width: 75em)", true, { getInitialValueInEffect: false });
  const [panel, setPanel] = useStored("cauce.panel", "open");
  const [drawer, setDrawer] = useState(false);
  const [refusal, setRefusal] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState<"take" | "end" | null>(null);
  const [ending, setEnding] = useState(false);
  const composer = useRef<HTMLTextAreaElement>(null);
  const [focusComposer, setFocusComposer] = useState(false);
  const shown = useRef(false);
  useEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);

  const { summary } = conversation;
  const { contact } = summary;
  const live = summary.case && summary.case.state !== "ended" ? summary.case : null;
  const mine = live?.state === "open" && live.assignee?.id === me.user.id;
  useMarkRead(conversation, live?.state === "open" && !mine);

  // A refusal means that this screen was behind: it catches up at once, also without a live connection.
  function refuse(error: ApiError | null) {
    setRefusal(error);
    if (error) void client.invalidateQueries({ queryKey: keys.conversation(contact) });
  }

  /** What could not be sent is there to be sent again. */
  const takeBack: OnRefused = (error, { body, file }) => {
    if (body !== "") addToDraft(me.user.id, contact, body);
    if (file) stage(me.user.id, contact, [file.file]);
    refuse(error);
  };

  const closed = windowLeft(summary.window_ends_at, useNow()).state === "closed";
  const writable = mine && !closed;
  const [refusedFiles, setRefusedFiles] = useState<Refused[]>([]);
  const addFiles = (files: File[]) => {
    setRefusedFiles(stage(me.user.id, contact, files));
    composer.current?.focus();
  };
  const drop = useFileDrop(writable ? addFiles : undefined);

  async function command(kind: "take" | "end") {
    if (!live || busy) return;
    setBusy(kind);
    setRefusal(null);
    let done = false;
    try {
      await (kind === "take" ? takeCase : endCase)(live, newCommand());
      done = true;
    } catch (error) {
      if (error instanceof ApiError) setRefusal(error);
    }
    // Also when the live connection is down: the person sees at once what the click did.
    await Promise.all([
      client.invalidateQueries({ queryKey: keys.conversation(contact) }),
      client.invalidateQueries({ queryKey: keys.conversations }),
    ]);
    setBusy(null);
    setEnding(false);
    // Whoever has gone on to another conversation is left in peace.
    if (!done || !shown.current) return;
    if (kind === "take") {
      setFocusComposer(true);
      onTaken();
    } else onEnded(holdsAny(client));
  }

  useEffect(() => {
    if (!focusComposer || !mine) return;
    composer.current?.focus();
    setFocusComposer(false);
  }, [focusComposer, mine]);

  const canTake = live?.state === "queued";
  useKeys({
    t: () => canTake && void command("take"),
    e: () => mine && setEnding(true),
    r: () => composer.current?.focus(),
  });

  const showPanel = wide && panel === "open";
  return (
    <div className={styles.view} data-panel={showPanel} data-conversation>
      <section
        className={styles.conversation}
        aria-label={t("conversation.transcript", { name: summary.name ?? summary.address })}
        {...drop.handlers}
      >
        <ConversationHead
          summary={summary}
          mine={mine}
          canTake={canTake}
          busy={busy}
          ending={ending}
          panelOpen={wide ? showPanel : drawer}
          onTake={() => void command("take")}
          onEnd={() => void command("end")}
          onEnding={setEnding}
          onPanel={() => (wide ? setPanel(showPanel ? "closed" : "open") : setDrawer(true))}
          onBack={() => void navigate({ to: "/bandeja", search: { tab } })}
        />
        <Transcript
          conversation={conversation}
          me={me.user.id}
          caseId={writable ? live.id : null}
          onRefused={takeBack}
        />
        {summary.run === null && <StoppedRun contact={contact} />}
        <Composer
          summary={summary}
          me={me.user.id}
          caseId={mine ? live.id : null}
          inputRef={composer}
          refusal={refusal}
          onRefusal={refuse}
          onReturned={takeBack}
          refusedFiles={refusedFiles}
          onFiles={addFiles}
          onNext={onNext}
        />
        {drop.over && (
          <div className={styles.drop} data-testid="drop-here">
            {writable ? <IconFileUpload size={34} aria-hidden /> : <IconLock size={30} aria-hidden />}
            {t(writable ? "composer.drop" : "composer.dropLocked")}
          </div>
        )}
      </section>
      {showPanel && (
        <aside className={styles.panel} aria-label={t("panel.title")}>
          <DataPanel conversation={conversation} />
        </aside>
      )}
      {!wide && (
        <Drawer
          opened={drawer}
          onClose={() => setDrawer(false)}
          position="right"
          size={340}
          title={t("panel.title")}
          closeButtonProps={{ "aria-label": t("panel.close") }}
          padding={0}
          classNames={{ header: styles.drawerHead ?? "" }}
        >
          <DataPanel conversation={conversation} />
        </Drawer>
      )}
    </div>
  );
}
