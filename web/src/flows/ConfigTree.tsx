// A config of any shape, read as names and values; names the catalogue knows are told in Spanish.
import { useTranslation } from "react-i18next";
import { useValueText } from "../lib/useValueText";
import styles from "./StepPanel.module.css";

const isScalar = (value: unknown) => typeof value !== "object" || value === null;

function useFieldName(): (key: string) => string {
  const { t } = useTranslation();
  const names: Record<string, string | undefined> = t("flow.field", { returnObjects: true });
  return (key) => names[key] ?? key;
}

/** A value in words; of a `type` or of `kinds`, the words of the catalogue. */
function useFieldText(): (key: string, value: unknown) => string {
  const { t } = useTranslation();
  const text = useValueText();
  const types: Record<string, string | undefined> = t("flow.type", { returnObjects: true });
  return (key, value) =>
    key === "type" || key === "kinds"
      ? [value]
          .flat()
          .map((one) => types[String(one)] ?? text(one))
          .join(", ")
      : text(value);
}

export function ConfigTree({ value }: { value: object }) {
  const name = useFieldName();
  return (
    <dl className={styles.config}>
      {Object.entries(value).map(([key, entry]: [string, unknown]) => (
        <div key={key}>
          <dt>{name(key)}</dt>
          <dd>
            <ConfigValue name={key} value={entry} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function ConfigValue({ name: key, value }: { name: string; value: unknown }) {
  const text = useFieldText();
  const name = useFieldName();
  if (value === null || typeof value !== "object") return text(key, value);
  if (!Array.isArray(value)) return <ConfigTree value={value} />;
  if (value.every(isScalar)) return text(key, value);
  return (
    <ol className={styles.items}>
      {value.map((item: unknown, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a config that is only read never changes places.
        <li key={index}>
          {item !== null && typeof item === "object" && Object.values(item).every(isScalar) ? (
            // A small record is one line.
            Object.entries(item)
              .map(([each, entry]) => `${name(each)}: ${text(each, entry)}`)
              .join(" · ")
          ) : (
            <ConfigValue name={key} value={item} />
          )}
        </li>
      ))}
    </ol>
  );
}
