// A place in words and as an address of a map.
import type { ContentOf } from "../../api/types";

export type Place = Pick<ContentOf<"location">, "latitude" | "longitude" | "name" | "address">;

/** "-12.04637, -77.04279": about a metre. */
export const coordinates = ({ latitude, longitude }: Place) =>
  `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;

/** What it is called, else where it is. */
export const placeName = (place: Place) => place.name ?? place.address ?? coordinates(place);

/** OpenStreetMap with a pin there. */
export const placeUrl = ({ latitude, longitude }: Place) =>
  `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=17/${latitude}/${longitude}`;

/** A captured value that is a place. */
export function asPlace(value: unknown): Place | null {
  if (typeof value !== "object" || value === null) return null;
  const { latitude, longitude, name, address } = value as Record<string, unknown>;
  if (typeof latitude !== "number" || typeof longitude !== "number") return null;
  const text = (part: unknown) => (typeof part === "string" && part !== "" ? part : null);
  return { latitude, longitude, name: text(name), address: text(address) };
}
