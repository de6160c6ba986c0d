// Two short notes, made by the browser: no sound file to load.
let context: AudioContext | undefined;

/** Plays the notice of a new case. Silent until the person has touched the page once (a rule of browsers). */
export function playNotice() {
  context ??= new AudioContext();
  if (context.state === "suspended") void context.resume();
  const start = context.currentTime + 0.02;
  for (const [index, frequency] of [660, 880].entries()) {
    const at = start + index * 0.14;
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.15, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.3);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.32);
  }
}
