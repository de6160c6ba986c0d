import { expect, it } from "vitest";
import { loudness } from "./waveform";

it("measures each piece as a share of the loudest", () => {
  expect(loudness(Float32Array.of(0.5, -0.5, 0.25, -0.25, 0, 0), 3)).toEqual([1, 0.5, 0]);
});

it("is not led by one click", () => {
  const [click, tone] = loudness(Float32Array.of(1, 0, 0, 0, 0.5, -0.5, 0.5, -0.5), 2);
  expect(click).toBe(tone);
});

it("draws silence, and sounds shorter than their bars, without a bar out of range", () => {
  expect(loudness(new Float32Array(100), 4)).toEqual([0, 0, 0, 0]);
  expect(loudness(Float32Array.of(1), 4)).toEqual([0, 0, 0, 1]);
  expect(loudness(new Float32Array(0), 2)).toEqual([0, 0]);
});
