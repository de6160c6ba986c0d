// What can be sent besides words.
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import styles from "./AttachMenu.module.css";
import {
  AttachIcon,
  FileIcon,
  ImageIcon,
  MicIcon,
  PersonIcon,
  PinIcon,
  StickerIcon,
  VideoIcon,
} from "./icons";
import { Menu, MenuItem } from "./Menu";
import type { Attachment } from "./outgoing";

export type Attachable = Attachment | "location" | "contact";

const ITEMS: [Attachable, ReactNode][] = [
  ["image", <ImageIcon key="image" width={20} />],
  ["video", <VideoIcon key="video" width={20} />],
  ["voice", <MicIcon key="voice" width={20} />],
  ["document", <FileIcon key="document" width={20} />],
  ["sticker", <StickerIcon key="sticker" width={20} />],
  ["location", <PinIcon key="location" width={20} />],
  ["contact", <PersonIcon key="contact" width={20} />],
];

export function AttachMenu({ choose }: { choose: (what: Attachable) => void }) {
  const { t } = useTranslation();
  return (
    <Menu label={t("phone.attach.open")} icon={<AttachIcon />} className={styles.open} testid="attach">
      {ITEMS.map(([what, icon]) => (
        <MenuItem
          key={what}
          icon={
            <span className={styles.icon} data-what={what}>
              {icon}
            </span>
          }
          choose={() => choose(what)}
        >
          {t(`phone.attach.${what}`)}
        </MenuItem>
      ))}
    </Menu>
  );
}
