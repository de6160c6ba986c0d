// Sound and voice notes: play, place, time, speed. One at a time on the whole page.
import { ActionIcon } from "@mantine/core";
import {
  IconDownload,
  IconMicrophone,
  IconMusic,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
} from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStored } from "../../lib/stored";
import { playTime } from "../../lib/time";
import styles from "./AudioPlayer.module.css";

const SPEEDS = ["1", "1.5", "2"];
/** Into how many steps the keyboard divides a sound. */
const STEPS = 50;

let heard: HTMLAudioElement | null = null;

type Props = { url: string; voice: boolean; name: string | null };

export function AudioPlayer({ url, voice, name }: Props) {
  const { t } = useTranslation();
  const audio = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [broken, setBroken] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(0);
  const [speed, setSpeed] = useStored("cauce.audio-speed", "1");
  const Mark = voice ? IconMicrophone : IconMusic;
  const kind = t(`conversation.media.kind.${voice ? "voice" : "audio"}`);

  // Leaving the conversation ends the sound.
  useEffect(() => {
    const element = audio.current;
    return () => element?.pause();
  }, []);

  function toggle() {
    const element = audio.current;
    if (!element) return;
    if (!element.paused) return element.pause();
    if (heard !== element) heard?.pause();
    heard = element;
    element.playbackRate = Number(speed);
    // A browser that cannot play it says so in `onError`.
    element.play().catch(() => {});
  }

  function nextSpeed() {
    const next = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length] ?? "1";
    setSpeed(next);
    if (audio.current) audio.current.playbackRate = Number(next);
  }

  function seek(to: number) {
    if (audio.current) audio.current.currentTime = to;
    setAt(to);
  }

  return (
    <div className={styles.player} data-voice={voice} data-testid={voice ? "voice-note" : "audio"}>
      {/* biome-ignore lint/a11y/useMediaCaption: WhatsApp's sounds carry no captions. */}
      <audio
        ref={audio}
        src={url}
        preload="metadata"
        onLoadedMetadata={(event) => setLength(finite(event.currentTarget.duration))}
        onDurationChange={(event) => setLength(finite(event.currentTarget.duration))}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => seek(0)}
        onError={() => setBroken(true)}
      />
      {broken ? (
        <>
          <Mark size={22} aria-hidden className={styles.mark ?? ""} />
          <span className={styles.broken}>{t("conversation.media.unshown.audio")}</span>
        </>
      ) : (
        <>
          <ActionIcon
            size={38}
            radius="xl"
            onClick={toggle}
            aria-label={t(playing ? "conversation.audio.pause" : "conversation.audio.play", { kind })}
            data-testid="play"
          >
            {playing ? <IconPlayerPauseFilled size={19} /> : <IconPlayerPlayFilled size={19} />}
          </ActionIcon>
          <div className={styles.body}>
            {name && !voice && <span className={styles.name}>{name}</span>}
            <input
              type="range"
              className={styles.bar}
              min={0}
              max={length || 1}
              step={(length || 1) / STEPS}
              value={Math.min(at, length || 1)}
              disabled={length === 0}
              style={{ "--played": `${length === 0 ? 0 : (at / length) * 100}%` } as React.CSSProperties}
              aria-label={t("conversation.audio.place")}
              aria-valuetext={t("conversation.audio.placeOf", { at: playTime(at), length: playTime(length) })}
              onChange={(event) => seek(Number(event.currentTarget.value))}
            />
            <span className={styles.facts}>
              <Mark size={13} aria-hidden />
              <span className={styles.time}>{playTime(at > 0 ? at : length)}</span>
            </span>
          </div>
          <button
            type="button"
            className={styles.speed}
            aria-label={t("conversation.audio.speed", { speed })}
            onClick={nextSpeed}
            data-testid="speed"
          >
            {`${speed}×`}
          </button>
        </>
      )}
      <ActionIcon
        component="a"
        href={url}
        download={name ?? ""}
        variant="subtle"
        color="gray"
        size={30}
        aria-label={t("conversation.media.downloadKind", { kind })}
      >
        <IconDownload size={17} />
      </ActionIcon>
    </div>
  );
}

/** Some browsers do not know how long a recording is until they have heard it all. */
const finite = (duration: number) => (Number.isFinite(duration) ? duration : 0);
