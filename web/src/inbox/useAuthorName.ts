import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import type { Author } from "../api/types";

/** What whoever wrote a message is called; `contactName` is the person's own. */
export function useAuthorName(contactName: string, me: string): (author: Author) => string {
  const { t } = useTranslation();
  return useCallback(
    (author) => {
      switch (author.kind) {
        case "contact":
          return contactName;
        case "bot":
          return t("conversation.author.bot");
        case "agent":
          return author.user === me ? t("common.you") : author.name;
        case "phone":
          return t("conversation.author.phone");
      }
    },
    [contactName, me, t],
  );
}
