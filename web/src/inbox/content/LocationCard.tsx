// A place: a drawn pin with its name; the map itself is one click away, at OpenStreetMap.
import { IconExternalLink } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { ContentOf } from "../../api/types";
import styles from "./LocationCard.module.css";
import { coordinates, type Place, placeUrl } from "./place";

export function LocationCard({ content }: { content: ContentOf<"location"> }) {
  const { t } = useTranslation();
  const { name, address } = content;
  const title = name ?? t("conversation.location.title");
  return (
    <a
      className={styles.card}
      href={placeUrl(content)}
      target="_blank"
      rel="noreferrer noopener"
      data-testid="location"
    >
      <PlaceDrawing place={content} />
      <span className={styles.words}>
        <strong>{title}</strong>
        {address && <span>{address}</span>}
        <small>{coordinates(content)}</small>
        <span className={styles.open}>
          <IconExternalLink size={14} aria-hidden />
          {t("conversation.location.map")}
        </span>
      </span>
    </a>
  );
}

/** Streets that are only drawn, so that no map server learns where customers are. */
function PlaceDrawing({ place }: { place: Place }) {
  // Two places look different; the same place always looks the same.
  const turn = Math.round((Math.abs(place.latitude) * 97 + Math.abs(place.longitude) * 53) % 60) - 30;
  return (
    <svg className={styles.drawing} viewBox="0 0 300 120" preserveAspectRatio="xMidYMid slice" aria-hidden>
      <rect className={styles.land} width="300" height="120" />
      <g transform={`rotate(${turn} 150 60)`}>
        <path className={styles.park} d="M168 70h62v44h-62z" />
        <path
          className={styles.water}
          d="M-60 150C20 120 60 128 110 104s40-60 100-70 90-40 160-36v-70H-60z"
        />
        <path
          className={styles.streets}
          d="M-60 20h420M-60 64h420M-60 118h420M60-80v280M112-80v280M162-80v280M236-80v280"
        />
        <path className={styles.avenue} d="M-60 92 360 30" />
      </g>
      <ellipse className={styles.shadow} cx="150" cy="78" rx="9" ry="3.5" />
      <path
        className={styles.pin}
        d="M150 78c-10-15-17-22-17-32a17 17 0 0 1 34 0c0 10-7 17-17 32z"
        strokeWidth="2"
      />
      <circle className={styles.eye} cx="150" cy="46" r="6" />
    </svg>
  );
}
