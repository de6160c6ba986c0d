// A journey that says everything WhatsApp knows, and a customer who answers with everything.
import { expect } from "@playwright/test";

import type { Phone } from "./pages/phone.ts";

export const EVERYTHING = {
  keyword: "muéstrame",
  text: "Esto es *todo* lo que enviamos.",
  captions: { image: "La vitrina", video: "Desde la cocina", document: "La lista de este mes" },
  document: { name: "Lista de precios.pdf", file: "optica-precios.pdf" },
  place: {
    name: "Óptica Mirador",
    address: "Av. Larco 812, Miraflores",
    latitude: -12.1303,
    longitude: -77.0301,
  },
  card: {
    name: "Ana Torres",
    phone: "+51 987 654 321",
    email: "ana@mirador.pe",
    work: "Tienda de Miraflores",
  },
  link: {
    text: "El catálogo completo",
    title: "Ver catálogo",
    url: "https://mirador.example/catalogo?tienda=1",
  },
  emoji: "🎉",
  asks: "¿Dónde estás?",
  waiting: "Te paso con una persona.",
};

const { captions, document, place, card, link } = EVERYTHING;

export const EVERYTHING_YAML = `
id: todo
name: De todo
language: es
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [${EVERYTHING.keyword}] }, exits: { next: festeja } }
  festeja:
    kind: message
    name: Festeja
    config: { parts: [{ type: reaction, emoji: ${EVERYTHING.emoji} }] }
    exits: { next: muestra }
  muestra:
    kind: message
    name: Muestra todo
    config:
      text: "${EVERYTHING.text}"
      parts:
        - { type: image, file: archivos/optica-vitrina.jpg, caption: "${captions.image}" }
        - { type: video, file: archivos/nena-cocina.mp4, caption: "${captions.video}" }
        - { type: audio, file: archivos/nena-cancion.mp3 }
        - { type: voice, file: archivos/nena-saludo.ogg }
        - { type: document, file: archivos/${document.file}, name: "${document.name}", caption: "${captions.document}" }
        - { type: sticker, file: archivos/cine-palomitas.webp }
        - { type: location, latitude: ${place.latitude}, longitude: ${place.longitude}, name: "${place.name}", address: "${place.address}" }
        - { type: contacts, cards: [{ name: "${card.name}", phones: ["${card.phone}"], emails: ["${card.email}"], organisation: "${card.work}" }] }
        - { type: link, text: "${link.text}", footer: Precios de noviembre, title: "${link.title}", url: "${link.url}" }
    exits: { next: donde }
  donde:
    kind: question
    name: Dónde está
    config: { text: "${EVERYTHING.asks}", answer: { type: location }, save_to: lugar }
    exits: { ok: persona, no_match: persona }
  persona:
    kind: handoff
    name: Pasa con una persona
    config: { queue: ventas, text: "${EVERYTHING.waiting}" }
    exits: { resolved: fin }
  fin: { kind: end, name: Fin }
`;

/** From the keyword until the journey has said everything and asks for a place. */
export async function askForEverything(phone: Phone): Promise<void> {
  await phone.write(EVERYTHING.keyword);
  await expect(phone.said(EVERYTHING.asks)).toBeVisible();
}

/** Sends the place that was asked for: somebody is asked to help. */
export async function sendPlace(phone: Phone): Promise<void> {
  await phone.page.getByTestId("send-location").last().click();
  await phone.page.getByTestId("place-send").click();
  await expect(phone.said(EVERYTHING.waiting)).toBeVisible();
}

/** Every sort of file that a phone's attach menu has, each from the samples of the emulator. */
export const SAMPLES = ["Foto", "Video", "Nota de voz", "Documento", "Sticker"] as const;

/** Sends a file of every sort, a place and a contact. */
export async function sendEverything(phone: Phone): Promise<void> {
  for (const what of SAMPLES) await phone.attach(what, "file-send");
  await phone.attach("Ubicación", "place-send");
  await phone.attach("Contacto", "contact-send");
}
