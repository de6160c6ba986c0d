// A message in a few words: above the one that answers it, and above the composer.
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { type Content, preview, readMessage } from "./content";
import type { PhoneMessage } from "./emulator";
import {
  BanIcon,
  CartIcon,
  FileIcon,
  HeadphonesIcon,
  ImageIcon,
  MicIcon,
  PersonIcon,
  PinIcon,
  StickerIcon,
  VideoIcon,
} from "./icons";
import styles from "./Quote.module.css";
import { plainText } from "./rich-text";

const ICONS: Partial<Record<Content["kind"], ReactNode>> = {
  image: <ImageIcon />,
  video: <VideoIcon />,
  audio: <HeadphonesIcon width={16} />,
  voice: <MicIcon />,
  document: <FileIcon />,
  sticker: <StickerIcon />,
  location: <PinIcon />,
  contacts: <PersonIcon />,
  order: <CartIcon width={16} />,
};

/** `business` is its name. */
export function Quote({ message, business }: { message: PhoneMessage; business: string }) {
  const { t } = useTranslation();
  const content = readMessage(message.message);
  const pictured = (content.kind === "image" || content.kind === "sticker") && !message.revoked;
  return (
    <span className={styles.quote} data-from={message.from}>
      <span className={styles.words}>
        <strong>{message.from === "business" ? business : t("phone.you")}</strong>
        <span className={styles.line}>
          {message.revoked ? <BanIcon /> : ICONS[content.kind]}
          <span>
            {message.revoked
              ? t("phone.revoked")
              : plainText(preview(content)) || t(`phone.kind.${content.kind}`)}
          </span>
        </span>
      </span>
      {pictured && message.media && <img src={message.media} alt="" />}
    </span>
  );
}
