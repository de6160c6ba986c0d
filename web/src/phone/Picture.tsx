// A picture in a message; a tap shows it large.
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { CloseIcon } from "./icons";
import { Missing } from "./Missing";
import styles from "./Picture.module.css";
import { useModal } from "./use-modal";

export function Picture({ path, caption }: { path: string; caption: string }) {
  const { t } = useTranslation();
  const [failed, setFailed] = useState(false);
  const [large, setLarge] = useState(false);
  const alt = caption || t("phone.image.untitled");
  if (failed) return <Missing what="image" />;
  return (
    <>
      <button
        type="button"
        className={styles.open}
        aria-label={t("phone.image.open", { what: alt })}
        onClick={() => setLarge(true)}
      >
        <img
          className={styles.picture}
          src={path}
          alt={alt}
          referrerPolicy="no-referrer"
          onError={() => setFailed(true)}
        />
      </button>
      {large && <Large path={path} alt={alt} close={() => setLarge(false)} />}
    </>
  );
}

function Large({ path, alt, close }: { path: string; alt: string; close: () => void }) {
  const { t } = useTranslation();
  const modal = useModal(close);
  return (
    <dialog {...modal} className={styles.large} aria-label={alt}>
      <button type="button" aria-label={t("phone.image.close")} onClick={close}>
        <CloseIcon />
      </button>
      <img src={path} alt={alt} referrerPolicy="no-referrer" />
    </dialog>
  );
}
