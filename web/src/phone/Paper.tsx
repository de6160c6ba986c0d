// The card of a document: its icon by kind, its name, its size. A tap downloads it.
import { useTranslation } from "react-i18next";
import { fileKind, fileSize } from "./format";
import { DownloadIcon } from "./icons";
import styles from "./Paper.module.css";

type Props = { path: string; name: string; mime: string; bytes: number | undefined };

export function Paper({ path, name, mime, bytes }: Props) {
  const { t } = useTranslation();
  return (
    // Downloaded, not opened: a page in somebody's document must not run as part of this one.
    <a className={styles.paper} href={path} download={name || true}>
      <PaperFace name={name} mime={mime} bytes={bytes} />
      <span className={styles.download} role="img" aria-label={t("phone.document.download")}>
        <DownloadIcon />
      </span>
    </a>
  );
}

/** The same without the link. */
export function PaperFace({ name, mime, bytes }: Omit<Props, "path">) {
  const { t } = useTranslation();
  const kind = fileKind(name, mime);
  return (
    <>
      <svg className={styles.page} data-kind={kind} aria-hidden="true" viewBox="0 0 30 38">
        <path className={styles.sheet} d="M3 0h17l10 10v25a3 3 0 0 1-3 3H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3" />
        <path className={styles.fold} d="M20 0v7a3 3 0 0 0 3 3h7z" />
        <text x="15" y="28" textAnchor="middle">
          {kind.slice(0, 4)}
        </text>
      </svg>
      <span className={styles.about}>
        <span className={styles.name}>{name || t("phone.kind.document")}</span>
        <small>{[bytes !== undefined && fileSize(bytes), kind].filter(Boolean).join(" · ")}</small>
      </span>
    </>
  );
}
