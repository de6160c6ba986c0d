// The sheet that sends a place: one that people know, or any coordinates.
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Place } from "./content";
import { coordinates } from "./format";
import { DrawnMap } from "./PlaceCard";
import styles from "./PlaceSheet.module.css";
import { degrees, PLACES } from "./places";
import { Sheet } from "./Sheet";
import { useSending } from "./use-sending";

type Props = { close: () => void; send: (place: Place) => Promise<void> };

export function PlaceSheet({ close, send }: Props) {
  const { t } = useTranslation();
  const group = useId();
  // The number of a known place; none for one of the person's own.
  const [chosen, setChosen] = useState<number | null>(0);
  const [typed, setTyped] = useState({ latitude: "", longitude: "", name: "", address: "" });
  const sending = useSending(close);

  const latitude = degrees(typed.latitude, 90);
  const longitude = degrees(typed.longitude, 180);
  const own: Place | undefined =
    latitude === undefined || longitude === undefined
      ? undefined
      : { latitude, longitude, name: typed.name.trim(), address: typed.address.trim() };
  const place = chosen === null ? own : (PLACES[chosen] ?? PLACES[0]);
  const shown = place ?? PLACES[0];
  return (
    <Sheet
      title={t("phone.place.send")}
      closing={t("phone.attach.close")}
      close={close}
      ready={place !== undefined}
      failure={sending.failure}
      send={() => place && sending.go(() => send(place))}
      sendId="place-send"
    >
      <div className={styles.map} data-blank={!place}>
        <DrawnMap latitude={shown.latitude} longitude={shown.longitude} />
      </div>
      <fieldset className={styles.places}>
        <legend>{t("phone.place.which")}</legend>
        {PLACES.map((known, index) => (
          <label key={known.name}>
            <input type="radio" name={group} checked={chosen === index} onChange={() => setChosen(index)} />
            <span>
              {known.name || t("phone.place.here")}
              <small>{known.address || coordinates(known.latitude, known.longitude)}</small>
            </span>
          </label>
        ))}
        <label>
          <input type="radio" name={group} checked={chosen === null} onChange={() => setChosen(null)} />
          <span>{t("phone.place.other")}</span>
        </label>
      </fieldset>
      {chosen === null && (
        <div className={styles.fields}>
          {(["latitude", "longitude", "name", "address"] as const).map((field) => (
            <label key={field}>
              {t(`phone.place.${field}`)}
              <input
                value={typed[field]}
                inputMode={field === "latitude" || field === "longitude" ? "decimal" : "text"}
                onChange={(event) => setTyped({ ...typed, [field]: event.target.value })}
                data-testid={`place-${field}`}
              />
            </label>
          ))}
        </div>
      )}
    </Sheet>
  );
}
