// Pictures, films, sound, documents and stickers: as they are, on their way, or lost.
import { Loader } from "@mantine/core";
import {
  type Icon,
  IconDownload,
  IconFile,
  IconMicrophone,
  IconMusic,
  IconPhoto,
  IconPhotoOff,
  IconSticker,
  IconVideo,
} from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ContentOf, MediaKind } from "../../api/types";
import { RichText } from "../../phone/RichText";
import { AudioPlayer } from "./AudioPlayer";
import { useTranscript } from "./actions";
import { DocumentCard } from "./DocumentCard";
import styles from "./MediaContent.module.css";

export const MEDIA_ICONS: Record<MediaKind, Icon> = {
  image: IconPhoto,
  video: IconVideo,
  audio: IconMusic,
  voice: IconMicrophone,
  document: IconFile,
  sticker: IconSticker,
};

type Props = {
  content: ContentOf<"media">;
  /** The message it belongs to, when its picture can be opened. */
  message?: string | undefined;
};

export function MediaContent({ content, message }: Props) {
  return (
    <>
      <Body content={content} message={message} />
      {content.caption && (
        <div className={styles.caption}>
          <RichText text={content.caption} />
        </div>
      )}
    </>
  );
}

function Body({ content, message }: Props) {
  const { media, url, state, name, size, mime, error } = content;
  if (state === "coming") return <Coming media={media} />;
  if (state === "lost" || !url) return <Lost media={media} reason={error?.text} />;
  switch (media) {
    case "image":
      return <Picture url={url} content={content} message={message} />;
    case "video":
      return <Film url={url} content={content} />;
    case "sticker":
      return <Sticker url={url} />;
    case "audio":
    case "voice":
      return <AudioPlayer url={url} voice={media === "voice"} name={name} />;
    default:
      return <DocumentCard url={url} name={name} mime={mime} size={size} />;
  }
}

function Coming({ media }: { media: MediaKind }) {
  const { t } = useTranslation();
  const large = media === "image" || media === "video" || media === "sticker";
  return (
    <div className={styles.coming} data-large={large} data-media={media} data-testid="media-coming">
      <Loader size={18} aria-hidden />
      <span>{t(`conversation.media.coming.${media}`)}</span>
    </div>
  );
}

function Lost({ media, reason }: { media: MediaKind; reason: string | undefined }) {
  const { t } = useTranslation();
  const MediaIcon = media === "image" ? IconPhotoOff : MEDIA_ICONS[media];
  return (
    <div className={styles.lost} data-testid="media-lost">
      <MediaIcon size={22} aria-hidden />
      <span>
        <strong>{t(`conversation.media.lost.${media}`)}</strong>
        {reason && <small>{reason}</small>}
      </span>
    </div>
  );
}

type ShownProps = { url: string; content: ContentOf<"media">; message?: string | undefined };

function Picture({ url, content, message }: ShownProps) {
  const { t } = useTranslation();
  const { openPicture } = useTranscript();
  const [broken, setBroken] = useState(false);
  if (broken) return <Unshown media="image" url={url} name={content.name} />;
  const picture = (
    <img
      src={url}
      alt={content.caption ?? t("conversation.media.kind.image")}
      className={styles.image}
      loading="lazy"
      decoding="async"
      onError={() => setBroken(true)}
    />
  );
  if (message === undefined) return <Frame>{picture}</Frame>;
  return (
    <button
      type="button"
      className={styles.frame}
      aria-label={t("conversation.media.open")}
      onClick={() => openPicture(message)}
      data-testid="open-picture"
    >
      {picture}
    </button>
  );
}

const Frame = ({ children }: { children: ReactNode }) => <div className={styles.frame}>{children}</div>;

function Film({ url, content }: ShownProps) {
  const { t } = useTranslation();
  const [broken, setBroken] = useState(false);
  if (broken) return <Unshown media="video" url={url} name={content.name} />;
  return (
    <video
      src={url}
      className={styles.video}
      controls
      playsInline
      preload="metadata"
      aria-label={content.caption ?? t("conversation.media.kind.video")}
      onError={() => setBroken(true)}
      data-testid="video"
    >
      {/* WhatsApp's films carry no captions. */}
      <track kind="captions" />
    </video>
  );
}

function Sticker({ url }: { url: string }) {
  const { t } = useTranslation();
  const [broken, setBroken] = useState(false);
  if (broken) return <Unshown media="sticker" url={url} name={null} />;
  return (
    <img
      src={url}
      alt={t("conversation.media.kind.sticker")}
      className={styles.sticker}
      loading="lazy"
      onError={() => setBroken(true)}
    />
  );
}

type UnshownProps = { media: "image" | "video" | "sticker"; url: string; name: string | null };

/** A file that this browser cannot show; it can still be kept. */
function Unshown({ media, url, name }: UnshownProps) {
  const { t } = useTranslation();
  const MediaIcon = media === "image" ? IconPhotoOff : MEDIA_ICONS[media];
  return (
    <a
      className={styles.lost}
      href={url}
      download={name ?? ""}
      target="_blank"
      rel="noreferrer noopener"
      data-testid="media-unshown"
    >
      <MediaIcon size={22} aria-hidden />
      <span>
        <strong>{t(`conversation.media.unshown.${media}`)}</strong>
        <small className={styles.keep}>
          <IconDownload size={14} aria-hidden />
          {t("conversation.media.download")}
        </small>
      </span>
    </a>
  );
}
