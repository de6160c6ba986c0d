// A video in a message: its first picture with a play button, then the browser's own controls.
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { playTime } from "../lib/time";
import styles from "./Film.module.css";
import { PlayIcon, VideoIcon } from "./icons";
import { Missing } from "./Missing";
import { playAlone } from "./playing";

export function Film({ path }: { path: string }) {
  const { t } = useTranslation();
  const film = useRef<HTMLVideoElement>(null);
  const [started, setStarted] = useState(false);
  const [length, setLength] = useState<number>();
  const [failed, setFailed] = useState(false);
  // The button disappears; the keyboard stays with the film.
  useEffect(() => {
    if (started) film.current?.focus();
  }, [started]);

  if (failed) return <Missing what="file" />;
  const play = () => {
    setStarted(true);
    film.current?.play().catch(() => setFailed(true));
  };
  return (
    <span className={styles.film}>
      {/* biome-ignore lint/a11y/useMediaCaption: what people send each other has no captions. */}
      <video
        ref={film}
        // The fragment makes every browser show the first picture.
        src={`${path}#t=0.001`}
        preload="metadata"
        playsInline
        controls={started}
        aria-label={t("phone.kind.video")}
        onLoadedMetadata={(event) => setLength(event.currentTarget.duration)}
        onPlay={(event) => playAlone(event.currentTarget)}
        onError={() => setFailed(true)}
      />
      {!started && (
        <>
          <button type="button" className={styles.play} aria-label={t("phone.video.play")} onClick={play}>
            <PlayIcon />
          </button>
          {length !== undefined && (
            <span className={styles.length}>
              <VideoIcon />
              <time>{playTime(length)}</time>
            </span>
          )}
        </>
      )}
    </span>
  );
}
