// The figures of the health page in words: short enough for a tile, and never a false precision.
import { LOCALE, t } from "../i18n";

/** "0.4 ms", "12 ms", "3.5 s": how long something took. */
export function span(ms: number): string {
  if (ms >= 1000) return t("health.seconds", { n: rounded(ms / 1000) });
  return t("health.milliseconds", { n: rounded(ms) });
}

/** With two digits that count, and no more decimals than that. */
export function rounded(value: number): string {
  const digits = value >= 10 || value === 0 ? 0 : value >= 1 ? 1 : 2;
  return value.toLocaleString(LOCALE, { maximumFractionDigits: digits });
}
