// Places to send, and how a map is drawn without asking anybody for one.
import type { Place } from "./content";

/** Squares that people know; the first has no name, as when a phone sends where it is. */
export const PLACES: [Place, ...Place[]] = [
  { latitude: -12.09713, longitude: -77.03651, name: "", address: "" },
  { latitude: -12.04597, longitude: -77.03056, name: "Plaza Mayor", address: "Jr. de la Unión, Lima" },
  { latitude: 20.96704, longitude: -89.62371, name: "Plaza Grande", address: "Calle 60, Centro, Mérida" },
  { latitude: 19.43261, longitude: -99.1332, name: "Zócalo", address: "Centro Histórico, Ciudad de México" },
  { latitude: -34.60374, longitude: -58.38159, name: "Obelisco", address: "Av. 9 de Julio, Buenos Aires" },
];

/** Where the place can be looked at on a real map. */
export const mapLink = ({ latitude, longitude }: { latitude: number; longitude: number }): string =>
  `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;

/** Streets of nowhere: how they are turned (degrees) and moved (blocks, 0–1) under the pin. */
export type Streets = { turn: number; east: number; north: number };

// A degree in blocks of about 110 m, and in towns of about 11 km.
const BLOCKS = 1000;
const TOWNS = 10;

/** The same for the same place; neighbours are on the same streets, other towns have theirs. */
export function streets(latitude: number, longitude: number): Streets {
  const within = (value: number) => value - Math.floor(value);
  const town = Math.floor(latitude * TOWNS) * 47 + Math.floor(longitude * TOWNS) * 31;
  return {
    turn: (((town % 50) + 50) % 50) - 25,
    east: within(longitude * BLOCKS),
    north: within(latitude * BLOCKS),
  };
}

/** A latitude or longitude as people type it ("-12,0459"); none when it is not within ±`limit` degrees. */
export function degrees(text: string, limit: 90 | 180): number | undefined {
  const written = text.trim().replace(",", ".");
  return /^[-+]?\d{1,3}(\.\d+)?$/.test(written) && Math.abs(Number(written)) <= limit
    ? Number(written)
    : undefined;
}
