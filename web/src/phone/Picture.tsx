// A picture from anywhere; when it does not come, a placeholder says so.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { BrokenImageIcon } from "./icons";
import styles from "./Picture.module.css";

export function Picture({ link, caption }: { link: string; caption: string }) {
  const { t } = useTranslation();
  const [failed, setFailed] = useState(false);
  if (failed || !/^https?:\/\//.test(link)) {
    return (
      <span className={styles.missing} role="img" aria-label={t("phone.image.missing")}>
        <BrokenImageIcon />
        <span>{t("phone.image.missing")}</span>
        {link && <span className={styles.link}>{link}</span>}
      </span>
    );
  }
  return (
    <img
      className={styles.picture}
      src={link}
      alt={caption || t("phone.image.untitled")}
      referrerPolicy="no-referrer"
      onError={() => setFailed(true)}
    />
  );
}
