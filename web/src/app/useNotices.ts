// What happens out of sight is heard, and counted in the tab's title.
import { useDocumentVisibility } from "@mantine/hooks";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { ConversationPage } from "../api/types";
import { playNotice } from "../lib/sound";
import { arrived, type QueueSight, unreadElsewhere, wrote } from "./notices";

type Pages = ConversationPage[] | undefined;

/** `open`: the conversation that is on screen. */
export function useNotices(queue: Pages, mine: Pages, open: string | undefined, sound: boolean) {
  const { t } = useTranslation();
  const visible = useDocumentVisibility() === "visible";
  const onScreen = visible ? open : undefined;
  const waiting = queue?.[0]?.counts.queued ?? 0;
  const unread = useMemo(
    () =>
      mine &&
      unreadElsewhere(
        mine.flatMap((page) => page.items),
        onScreen,
      ),
    [mine, onScreen],
  );

  const queueBefore = useRef<QueueSight | null>(null);
  useEffect(() => {
    if (!queue) return;
    const now: QueueSight = {
      count: queue[0]?.counts.queued ?? 0,
      cases: new Set(queue.flatMap((page) => page.items.map((item) => item.case?.id ?? item.contact))),
    };
    if (queueBefore.current && sound && arrived(queueBefore.current, now)) playNotice();
    queueBefore.current = now;
  }, [queue, sound]);

  const unreadBefore = useRef<ReadonlyMap<string, number> | null>(null);
  useEffect(() => {
    if (!unread) return;
    if (unreadBefore.current && sound && wrote(unreadBefore.current, unread)) playNotice();
    unreadBefore.current = unread;
  }, [unread, sound]);

  const count = waiting + (unread?.size ?? 0);
  useEffect(() => {
    const name = t("app.name");
    document.title = count > 0 ? `(${count}) ${name}` : name;
    return () => {
      document.title = name;
    };
  }, [t, count]);
}
