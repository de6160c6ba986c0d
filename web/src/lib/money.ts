// Amounts of money as people write them.
import { LOCALE } from "../i18n";

/** "PEN 1,500.00": with its code, since half a continent writes "$". A currency that nobody knows keeps its word. */
export function money(amount: number, currency: string): string {
  try {
    return new Intl.NumberFormat(LOCALE, { style: "currency", currency }).format(amount);
  } catch {
    return `${amount.toLocaleString(LOCALE)} ${currency}`.trim();
  }
}

type Line = { price: number; quantity: number; currency: string };

/** What all lines come to, for each currency in the order it appears. */
export function totals(lines: Line[]): { currency: string; amount: number }[] {
  const sums = new Map<string, number>();
  for (const { price, quantity, currency } of lines) {
    sums.set(currency, (sums.get(currency) ?? 0) + price * quantity);
  }
  return [...sums].map(([currency, amount]) => ({ currency, amount }));
}
