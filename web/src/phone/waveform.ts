// The shape of a voice note.
import { useQuery } from "@tanstack/react-query";

/** Bars of a drawn voice note. */
export const BARS = 40;

/** How loud each of `bars` equal pieces is on average (root mean square), the loudest being 1. Silence is all 0. */
export function loudness(samples: Float32Array, bars: number): number[] {
  const loud = Array.from({ length: bars }, (_, bar) => {
    const [from, to] = [bar, bar + 1].map((edge) => Math.floor((edge * samples.length) / bars));
    const piece = samples.subarray(from, to);
    return Math.sqrt(piece.reduce((sum, sample) => sum + sample ** 2, 0) / (piece.length || 1));
  });
  const loudest = Math.max(...loud);
  return loudest ? loud.map((one) => one / loudest) : loud;
}

// For looking only: one channel, at a rate at which a minute is half a million numbers.
const RATE = 8000;

async function shape(path: string): Promise<number[]> {
  const bytes = await (await fetch(path)).arrayBuffer();
  const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(bytes);
  return loudness(sound.getChannelData(0), BARS);
}

/** Its bars; none until they are known, and in a browser that does not understand the file. */
export const useWaveform = (path: string): number[] | undefined =>
  useQuery({ queryKey: ["waveform", path], queryFn: () => shape(path), retry: false }).data;
