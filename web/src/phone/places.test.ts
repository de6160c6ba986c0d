import { expect, it } from "vitest";
import { degrees, mapLink, PLACES, streets } from "./places";

it("draws the same streets for the same place, and moves them for its neighbour", () => {
  const [here, next] = [streets(-12.0455, -77.0305), streets(-12.0452, -77.0305)];
  expect(streets(-12.0455, -77.0305)).toEqual(here);
  expect(next.turn).toBe(here.turn);
  expect(next.north).toBeCloseTo(here.north + 0.3);
});

it("keeps streets within a block and a slight turn everywhere", () => {
  for (const [latitude, longitude] of [
    [-90, -180],
    [90, 180],
    [0, 0],
    [-12.04597, -77.03056],
  ] as const) {
    const { turn, east, north } = streets(latitude, longitude);
    expect(Math.abs(turn)).toBeLessThanOrEqual(25);
    for (const part of [east, north]) expect(part >= 0 && part < 1).toBe(true);
  }
});

it("reads degrees as people type them", () => {
  expect([degrees(" -12,0459 ", 90), degrees("+77", 180)]).toEqual([-12.0459, 77]);
  for (const wrong of ["", "91", "12°", "1.2.3", "norte"]) expect(degrees(wrong, 90)).toBeUndefined();
});

it("links to the real map", () => {
  expect(mapLink(PLACES[0])).toBe(
    "https://www.openstreetmap.org/?mlat=-12.09713&mlon=-77.03651#map=16/-12.09713/-77.03651",
  );
});
