// Only one thing sounds at a time.

let playing: HTMLMediaElement | undefined;

/** Silences what played before this. */
export function playAlone(media: HTMLMediaElement) {
  if (playing !== media) playing?.pause();
  playing = media;
}
