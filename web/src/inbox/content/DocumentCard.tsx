// A document: its sort, its name, its size; a click opens or keeps it.
import { ActionIcon } from "@mantine/core";
import {
  type Icon,
  IconDownload,
  IconFile,
  IconFileMusic,
  IconFileSpreadsheet,
  IconFileText,
  IconFileTypePdf,
  IconFileZip,
  IconMovie,
  IconPhoto,
  IconPresentation,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { type DocumentSort, documentLabel, documentSort, fileSize } from "../../lib/files";
import styles from "./DocumentCard.module.css";

export const SORT_ICONS: Record<DocumentSort, Icon> = {
  pdf: IconFileTypePdf,
  text: IconFileText,
  sheet: IconFileSpreadsheet,
  slides: IconPresentation,
  archive: IconFileZip,
  picture: IconPhoto,
  film: IconMovie,
  sound: IconFileMusic,
  other: IconFile,
};

type Props = { url: string; name: string | null; mime: string | null; size: number | null };

export function DocumentCard({ url, name, mime, size }: Props) {
  const { t } = useTranslation();
  const sort = documentSort(name, mime);
  const SortIcon = SORT_ICONS[sort];
  const shown = name ?? t("conversation.media.kind.document");
  const facts = [documentLabel(name), size === null ? "" : fileSize(size)].filter((fact) => fact !== "");
  // Browsers show a PDF themselves; anything else is only kept.
  const opens = sort === "pdf";
  return (
    <div className={styles.card} data-testid="document">
      <a
        className={styles.link}
        href={url}
        {...(opens ? {} : { download: name ?? "" })}
        target="_blank"
        rel="noreferrer noopener"
        title={t(opens ? "conversation.media.openName" : "conversation.media.downloadName", { name: shown })}
      >
        <span className={styles.icon} data-sort={sort}>
          <SortIcon size={24} stroke={1.6} aria-hidden />
        </span>
        <span className={styles.names}>
          <span className={styles.name}>{shown}</span>
          {facts.length > 0 && <span className={styles.facts}>{facts.join(" · ")}</span>}
        </span>
        {!opens && <IconDownload size={19} aria-hidden className={styles.keep ?? ""} />}
      </a>
      {opens && (
        <ActionIcon
          component="a"
          href={url}
          download={name ?? ""}
          variant="subtle"
          color="gray"
          size={34}
          aria-label={t("conversation.media.downloadName", { name: shown })}
        >
          <IconDownload size={19} className={styles.keep ?? ""} />
        </ActionIcon>
      )}
    </div>
  );
}
