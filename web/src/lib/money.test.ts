import { expect, it } from "vitest";
import { money, totals } from "./money";

it("writes amounts with the code of their currency", () => {
  expect(money(1500, "PEN").replace(/\s/g, " ")).toBe("PEN 1,500.00");
  expect(money(30.5, "USD").replace(/\s/g, " ")).toBe("USD 30.50");
  expect(money(2, "soles")).toBe("2 soles");
});

it("adds lines up, each currency apart", () => {
  const lines = [
    { price: 10, quantity: 2, currency: "PEN" },
    { price: 5, quantity: 1, currency: "USD" },
    { price: 1.5, quantity: 1, currency: "PEN" },
  ];
  expect(totals(lines)).toEqual([
    { currency: "PEN", amount: 21.5 },
    { currency: "USD", amount: 5 },
  ]);
});
