// What stands where a file should be: it is coming, or it did not come.
import { useTranslation } from "react-i18next";
import { BrokenImageIcon, FileIcon } from "./icons";
import styles from "./Missing.module.css";

/** `why` is what the emulator knows about it. */
export function Missing({ what, why }: { what: "image" | "file"; why?: string | undefined }) {
  const { t } = useTranslation();
  return (
    <span className={styles.missing}>
      {what === "image" ? <BrokenImageIcon /> : <FileIcon width={28} />}
      <span>{t(`phone.${what}.missing`)}</span>
      {why && <span className={styles.why}>{why}</span>}
    </span>
  );
}

export function Coming() {
  const { t } = useTranslation();
  return (
    <span className={styles.missing} role="status">
      <span className={styles.wheel} />
      {t("phone.file.coming")}
    </span>
  );
}
