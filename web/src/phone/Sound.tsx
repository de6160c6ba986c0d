// The player of a sound: a voice note with its shape, or an attached sound with a plain bar.
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { playTime } from "../lib/time";
import { HeadphonesIcon, MicIcon, PauseIcon, PlayIcon } from "./icons";
import { Missing } from "./Missing";
import { playAlone } from "./playing";
import styles from "./Sound.module.css";
import { useWaveform } from "./waveform";

const RATES = [1, 1.5, 2];

export function Sound({ path, voice }: { path: string; voice: boolean }) {
  const { t } = useTranslation();
  const audio = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(0);
  const [rate, setRate] = useState(1);
  const [failed, setFailed] = useState(false);

  // The browser tells the time four times a second; a bar that glides needs every frame.
  useEffect(() => {
    if (!playing) return;
    let frame = 0;
    const follow = () => {
      if (audio.current) setAt(audio.current.currentTime);
      frame = requestAnimationFrame(follow);
    };
    follow();
    return () => cancelAnimationFrame(frame);
  }, [playing]);

  if (failed) return <Missing what="file" />;
  const what = t(voice ? "phone.kind.voice" : "phone.kind.audio");
  const toggle = () => {
    if (playing) audio.current?.pause();
    else audio.current?.play().catch(() => setFailed(true));
  };
  const seek = (seconds: number) => {
    if (audio.current) audio.current.currentTime = seconds;
    setAt(seconds);
  };
  const faster = () => {
    const next = RATES[(RATES.indexOf(rate) + 1) % RATES.length] ?? 1;
    if (audio.current) audio.current.playbackRate = next;
    setRate(next);
  };
  const heard = length ? Math.min(at / length, 1) : 0;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms.
    <span className={styles.sound} role="group" aria-label={what}>
      {/* biome-ignore lint/a11y/useMediaCaption: what people send each other has no captions. */}
      <audio
        ref={audio}
        src={path}
        preload="metadata"
        onLoadedMetadata={(event) => setLength(event.currentTarget.duration)}
        onDurationChange={(event) => setLength(event.currentTarget.duration)}
        onPlay={(event) => {
          playAlone(event.currentTarget);
          setPlaying(true);
        }}
        onPause={() => setPlaying(false)}
        onEnded={() => seek(0)}
        onError={() => setFailed(true)}
      />
      {playing || rate !== 1 ? (
        <button
          type="button"
          className={styles.rate}
          aria-label={t("phone.audio.rate", { rate })}
          onClick={faster}
        >
          {t("phone.audio.times", { rate })}
        </button>
      ) : (
        <span className={styles.badge} data-voice={voice}>
          {voice ? <MicIcon width={20} /> : <HeadphonesIcon />}
        </span>
      )}
      <button
        type="button"
        className={styles.toggle}
        aria-label={t(playing ? "phone.audio.pause" : "phone.audio.play", { what })}
        onClick={toggle}
      >
        {playing ? <PauseIcon /> : <PlayIcon />}
      </button>
      <span className={styles.track} style={{ "--heard": heard }}>
        {voice ? <Shape path={path} heard={heard} /> : <span className={styles.line} />}
        <span className={styles.thumb} />
        <input
          type="range"
          min={0}
          max={length}
          step={length / 100 || 1}
          value={at}
          onChange={(event) => seek(Number(event.target.value))}
          aria-label={t("phone.audio.position")}
          aria-valuetext={t("phone.audio.at", { at: playTime(at), length: playTime(length) })}
        />
      </span>
      <time className={styles.time}>{playTime(playing || at > 0 ? at : length)}</time>
    </span>
  );
}

function Shape({ path, heard }: { path: string; heard: number }) {
  const bars = useWaveform(path);
  if (!bars) return <span className={styles.line} />;
  return (
    <span className={styles.shape}>
      {bars.map((loud, index) => (
        <i
          // biome-ignore lint/suspicious/noArrayIndexKey: a sound never changes.
          key={index}
          data-heard={(index + 0.5) / bars.length <= heard}
          style={{ "--loud": loud }}
        />
      ))}
    </span>
  );
}
