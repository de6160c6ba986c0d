// One picture of the conversation, large; arrows lead to the others, Escape back.
import { ActionIcon, Modal } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconChevronLeft, IconChevronRight, IconDownload, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { full } from "../../lib/time";
import { RichText } from "../../phone/RichText";
import styles from "./Lightbox.module.css";
import type { Picture } from "./pictures";

type Props = {
  pictures: Picture[];
  /** The message whose picture is shown; nothing is open without one. */
  shown: string | null;
  onShow: (message: string | null) => void;
};

export function Lightbox({ pictures, shown, onShow }: Props) {
  const { t } = useTranslation();
  const at = pictures.findIndex((each) => each.message === shown);
  const picture = pictures[at];
  const go = (step: number) => {
    const next = pictures[at + step];
    if (next) onShow(next.message);
  };
  useHotkeys([
    ["ArrowLeft", () => go(-1)],
    ["ArrowRight", () => go(1)],
  ]);
  return (
    <Modal.Root opened={picture !== undefined} onClose={() => onShow(null)} fullScreen padding={0}>
      <Modal.Content
        className={styles.content ?? ""}
        aria-label={t("conversation.lightbox.label")}
        data-testid="lightbox"
      >
        {picture && (
          <div className={styles.room}>
            <header className={styles.head}>
              <div className={styles.who}>
                <strong>{picture.who}</strong>
                <time dateTime={picture.at}>{full(picture.at)}</time>
              </div>
              {pictures.length > 1 && (
                <span className={styles.count}>
                  {t("conversation.lightbox.place", { at: at + 1, count: pictures.length })}
                </span>
              )}
              <ActionIcon
                component="a"
                href={picture.url}
                download={picture.name ?? ""}
                target="_blank"
                rel="noreferrer noopener"
                variant="subtle"
                size={40}
                className={styles.button ?? ""}
                aria-label={t("conversation.media.download")}
                data-testid="lightbox-download"
              >
                <IconDownload size={22} />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                size={40}
                className={styles.button ?? ""}
                aria-label={t("common.close")}
                onClick={() => onShow(null)}
                data-autofocus
              >
                <IconX size={22} />
              </ActionIcon>
            </header>
            <Stage key={picture.message} picture={picture} />
            {picture.caption && (
              <p className={styles.caption}>
                <RichText text={picture.caption} />
              </p>
            )}
            {at > 0 && (
              <ActionIcon
                variant="subtle"
                size={48}
                radius="xl"
                className={`${styles.button} ${styles.before}`}
                aria-label={t("conversation.lightbox.before")}
                onClick={() => go(-1)}
              >
                <IconChevronLeft size={30} />
              </ActionIcon>
            )}
            {at < pictures.length - 1 && (
              <ActionIcon
                variant="subtle"
                size={48}
                radius="xl"
                className={`${styles.button} ${styles.after}`}
                aria-label={t("conversation.lightbox.after")}
                onClick={() => go(1)}
              >
                <IconChevronRight size={30} />
              </ActionIcon>
            )}
          </div>
        )}
      </Modal.Content>
    </Modal.Root>
  );
}

/** The picture as large as the window, or, after a click, in its own size. */
function Stage({ picture }: { picture: Picture }) {
  const { t } = useTranslation();
  const [real, setReal] = useState(false);
  return (
    <div className={styles.stage} data-real={real}>
      <button
        type="button"
        className={styles.picture}
        aria-label={t(real ? "conversation.lightbox.fit" : "conversation.lightbox.real")}
        onClick={() => setReal(!real)}
      >
        <img src={picture.url} alt={picture.caption ?? t("conversation.media.kind.image")} />
      </button>
    </div>
  );
}
