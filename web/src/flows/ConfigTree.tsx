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

export function ConfigTree({ value }: { value: object }) {
  const name = useFieldName();
  return (
    <dl className={styles.config}>
      {Object.entries(value).map(([key, entry]: [string, unknown]) => (
        <div key={key}>
          <dt>{name(key)}</dt>
          <dd>
            <ConfigValue value={entry} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function ConfigValue({ value }: { value: unknown }) {
  const text = useValueText();
  const name = useFieldName();
  if (value === null || typeof value !== "object") return text(value);
  if (!Array.isArray(value)) return <ConfigTree value={value} />;
  if (value.every(isScalar)) return text(value);
  return (
    <ol className={styles.items}>
      {value.map((item: unknown, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a config that is only read never changes places.
        <li key={index}>
          {item !== null && typeof item === "object" && Object.values(item).every(isScalar) ? (
            // A small record is one line.
            Object.entries(item)
              .map(([key, entry]) => `${name(key)}: ${text(entry)}`)
              .join(" · ")
          ) : (
            <ConfigValue value={item} />
          )}
        </li>
      ))}
    </ol>
  );
}
