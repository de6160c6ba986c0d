// A case that enters the queue is heard and is seen in the tab's title.
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { ConversationPage } from "../api/types";
import { playNotice } from "../lib/sound";
import { arrived, type QueueSight } from "./queue-notice";

export function useQueueNotice(pages: ConversationPage[] | undefined, sound: boolean) {
  const { t } = useTranslation();
  const before = useRef<QueueSight | null>(null);
  const waiting = pages?.[0]?.counts.queued ?? 0;

  useEffect(() => {
    if (!pages) return;
    const now: QueueSight = {
      count: pages[0]?.counts.queued ?? 0,
      cases: new Set(pages.flatMap((page) => page.items.map((item) => item.case?.id ?? item.contact))),
    };
    if (before.current && sound && arrived(before.current, now)) playNotice();
    before.current = now;
  }, [pages, sound]);

  useEffect(() => {
    const name = t("app.name");
    document.title = waiting > 0 ? `(${waiting}) ${name}` : name;
    return () => {
      document.title = name;
    };
  }, [t, waiting]);
}
