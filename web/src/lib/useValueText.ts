import { useTranslation } from "react-i18next";
import { LOCALE } from "../i18n";
import { writtenDate } from "./time";

/** A value of any shape as a person reads it. */
export function useValueText(): (value: unknown) => string {
  const { t } = useTranslation();
  return function text(value: unknown): string {
    if (value === null || value === undefined || value === "") return t("panel.none");
    if (typeof value === "boolean") return value ? t("panel.yes") : t("panel.no");
    if (typeof value === "number") return value.toLocaleString(LOCALE);
    if (typeof value === "string") return writtenDate(value) ?? value;
    if (Array.isArray(value)) return value.map(text).join(", ");
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  };
}
