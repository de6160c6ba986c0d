// A place: a drawn map with a pin. The real map is a tap away; nothing is asked of it before.
import { useTranslation } from "react-i18next";
import type { Place } from "./content";
import { coordinates } from "./format";
import styles from "./PlaceCard.module.css";
import { mapLink, streets } from "./places";

export function PlaceCard({ place }: { place: Place }) {
  const { t } = useTranslation();
  const title = place.name || t("phone.kind.location");
  const where = place.address || coordinates(place.latitude, place.longitude);
  return (
    <a
      className={styles.place}
      href={mapLink(place)}
      target="_blank"
      rel="noreferrer noopener"
      aria-label={t("phone.place.open", { place: `${title}, ${where}` })}
    >
      <DrawnMap latitude={place.latitude} longitude={place.longitude} />
      <span className={styles.words}>
        <span className={styles.name}>{title}</span>
        <small>{where}</small>
      </span>
    </a>
  );
}

const BLOCK = 46;
const LINES = [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5];

/** Streets as they might be there. */
export function DrawnMap({ latitude, longitude }: { latitude: number; longitude: number }) {
  const { turn, east, north } = streets(latitude, longitude);
  return (
    <svg
      className={styles.map}
      aria-hidden="true"
      viewBox="-130 -62 260 124"
      preserveAspectRatio="xMidYMid slice"
    >
      <rect className={styles.ground} x="-300" y="-300" width="600" height="600" />
      <g transform={`rotate(${turn}) translate(${-east * BLOCK} ${north * BLOCK})`}>
        <rect className={styles.park} x={BLOCK} y={-BLOCK} width={BLOCK * 2} height={BLOCK} />
        <rect className={styles.park} x={-BLOCK * 3} y={BLOCK} width={BLOCK} height={BLOCK} />
        <path className={styles.water} d="M-300 -92c90-34 150 26 260-6s180 20 340-14" />
        {LINES.map((line) => (
          <path
            key={line}
            className={line % 3 === 0 ? styles.avenue : styles.street}
            d={`M-300 ${line * BLOCK}H300M${line * BLOCK} -300V300`}
          />
        ))}
        <path className={styles.avenue} d="M-300 170 300 -210" />
      </g>
      <ellipse className={styles.shadow} rx="7" ry="2.5" cy="1" />
      <path className={styles.pin} d="M0 0C-3-9-12-13-12-23a12 12 0 1 1 24 0C12-13 3-9 0 0" />
      <circle className={styles.eye} cy="-23" r="4.5" />
    </svg>
  );
}
