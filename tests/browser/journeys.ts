// The demo's journey, examples/bienvenida.yaml: its words and steps as the tests meet them.
import { expect } from "@playwright/test";

import type { Phone } from "./pages/phone.ts";

/** A field of the form: what it asks, an answer it refuses, and one it takes. */
export type Field = { asks: RegExp; wrong?: string; answer: { by: "write" | "tap" | "pick"; text: string } };

const FORM: Field[] = [
  { asks: /¿Cómo te llamas\?/, answer: { by: "write", text: "Rosa Quispe" } },
  { asks: /¿A qué correo/, wrong: "rosa arroba correo", answer: { by: "write", text: "rosa@correo.pe" } },
  { asks: /¿En qué ciudad/, answer: { by: "pick", text: "Lima" } },
];

export const WELCOME = {
  flow: "bienvenida",
  greeting: /¿En qué te ayudamos/,
  /** The button that leads to the form and, with these answers, to a person. */
  button: "Cotizar lentes",
  /** The button that leads to a person at once. */
  directly: "Hablar con alguien",
  /** What the inbox shows as captured. */
  captured: FORM.map(({ answer }) => answer.text),
  waiting: /Te paso con una persona/,
  rating: { asks: /¿Cómo calificas/, row: /^5/ },
  thanks: /Anotamos tu 5/,
  nodes: {
    before: ["inicio", "saludo", "datos", "tienda"],
    handoff: "asesor",
    rating: "calificacion",
    thanks: "gracias",
  },
};

/** "hola", and the greeting is there. */
export async function greet(phone: Phone): Promise<void> {
  await phone.write("hola");
  await expect(phone.said(WELCOME.greeting).last()).toBeVisible();
}

/** From the greeting through the form, with a mistake on the way, until somebody is asked to help. */
export async function askForAPerson(phone: Phone): Promise<void> {
  await phone.tap(WELCOME.button);
  for (const { asks, wrong, answer } of FORM) {
    await expect(phone.said(asks).last()).toBeVisible();
    if (wrong) {
      const before = await phone.said(/./).count();
      await phone.write(wrong);
      await expect(phone.said(/./)).toHaveCount(before + 1);
    }
    await phone[answer.by](answer.text);
  }
  await expect(phone.said(WELCOME.waiting).last()).toBeVisible();
}

/** From the greeting straight to a person. */
export async function askDirectly(phone: Phone): Promise<void> {
  await phone.tap(WELCOME.directly);
  await expect(phone.said(WELCOME.waiting).last()).toBeVisible();
}
