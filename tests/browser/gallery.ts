// Takes pictures of every kind of message in every state, on the phone and in the inbox, wide and narrow, light and
// dark, to be looked at by a person: `npm run gallery`; they are in test-results/gallery.
import { readFile } from "node:fs/promises";
import path from "node:path";

import type { Page } from "@playwright/test";

import { askForEverything, EVERYTHING_YAML, sendEverything, sendPlace } from "./everything.ts";
import { EXAMPLES } from "./house.ts";
import { Emulator } from "./pages/emulator.ts";
import type { Inbox } from "./pages/inbox.ts";
import { expect, test } from "./test.ts";

const SCHEMES = ["light", "dark"] as const;
const WIDE = 1280;
const NARROW = 390;
/** How much of a long page one picture shows, in pixels. */
const TALL = 1300;

const archive = (name: string) => path.join(EXAMPLES, "archivos", name);

test("messages", async ({ house, phone, inboxOf }) => {
  await house.publish(EVERYTHING_YAML);
  await phone.open();
  const customer = await phone.choose("Rosa Quispe");
  const emulator = new Emulator(house.ready.phone_url, customer);
  await askForEverything(phone);
  await phone.act(phone.kind("business", "image"), "Reaccionar con 👍");
  await sheets();
  await sendPlace(phone);
  await sendEverything(phone);

  const inbox = await inboxOf(house.agents[0]);
  await inbox.open("Rosa Quispe");
  await inbox.take.click();
  await inbox.answer("Hola, Rosa. ¿En qué puedo ayudar?");
  const files = ["ceiba-patio.jpg", "optica-precios.pdf", "nena-cancion.mp3", "nena-cocina.mp4"].map(archive);
  await inbox.page.getByTestId("file-input").setInputFiles(files);
  await inbox.composer.fill("El patio, recién pintado");
  await inBoth(inbox.page, "inbox-attached", 800);
  await inbox.page.getByTestId("send").click();
  await expect(phone.kind("business", "video")).toHaveCount(2);
  await rareMessages(emulator);
  await expect(inbox.page.getByTestId("form-answers")).toBeVisible();
  await expect(inbox.page.getByTestId("media-coming")).toHaveCount(0);
  await inbox.part("open-picture").first().getByTestId("open-picture").click();
  await inBoth(inbox.page, "inbox-lightbox", 800);
  await inbox.page.keyboard.press("Escape");
  await troubles(emulator, inbox);

  const alone = new URL(`?customer=${customer}&frame=0`, house.ready.phone_url).href;
  await phone.page.goto(alone);
  await whole(phone.page, "phone", "[role=log]", [NARROW]);
  await whole(inbox.page, "inbox", "[data-testid=transcript]", [WIDE, NARROW]);

  async function sheets() {
    const { page } = phone;
    await phone.page.getByTestId("attach").click();
    await inBoth(page, "phone-attach", 800);
    await page.keyboard.press("Escape");
    await phone.kind("business", "voice").getByTestId("bubble-menu").click();
    await inBoth(page, "phone-menu", 800);
    await page.keyboard.press("Escape");
    for (const what of ["Foto", "Video", "Nota de voz", "Documento", "Sticker", "Ubicación", "Contacto"]) {
      await page.getByTestId("attach").click();
      await page.getByRole("menuitem", { name: what, exact: true }).click();
      await expect(page.getByTestId(/^(file|place|contact)-send$/)).toBeEnabled();
      await inBoth(page, `phone-sheet-${what}`, 800);
      await page.keyboard.press("Escape");
    }
  }
});

test("steps", async ({ house, inboxOf, canvasOf }) => {
  const flows = ["bienvenida", "encuesta", "pedidos", "reservas", "soporte"];
  for (const flow of flows) await house.publish(await readFile(path.join(EXAMPLES, `${flow}.yaml`), "utf8"));
  const canvas = await canvasOf(await inboxOf(house.agents[0]));
  for (const flow of flows) {
    // Wide enough for every card in its own size.
    await canvas.page.setViewportSize({ width: 6000, height: 1800 });
    await canvas.open(flow);
    await inBoth(canvas.page, `canvas-${flow}`);
  }
});

/** What no button of the phone sends, and what has become of earlier messages. */
async function rareMessages(emulator: Emulator) {
  const say = (body: string, values = {}) => emulator.say({ type: "text", text: { body }, ...values });
  const raw = (message: object) => emulator.say({ type: "raw", message });
  const interactive = (type: string, reply: object) =>
    raw({ type: "interactive", interactive: { type, [type]: reply } });
  await say("¡Qué lindo! ¿Es de ustedes?", { reply_to: await emulator.newest("business", "image") });
  await say("Y esto lo mandé yo", { reply_to: await emulator.newest("customer", "document") });
  const sticker = await emulator.newest("customer", "sticker");
  await emulator.say({ type: "reaction", message_id: sticker, emoji: "😂" });
  const edited = await say("Mañana paso a la tinda");
  await emulator.say({ type: "edit", message_id: edited, text: { body: "Mañana paso a la *tienda*" } });
  await emulator.say({ type: "revoke", message_id: await say("Esto se borra") });
  await say("Reenviado una vez", { forwarded: "yes" });
  const caption = "Una cadena *con texto* bastante largo, para ver cómo se acomoda debajo de la foto.";
  await emulator.send("image", "nena-aji.jpg", "image/jpeg", { forwarded: "many", caption });
  await emulator.send("audio", "nena-cancion.mp3", "audio/mpeg");
  await emulator.send("video", "nena-cocina.mp4", "video/mp4", { caption: "En la cocina" });
  await emulator.send("document", "ceiba-patio.jpg", "image/jpeg", {
    filename: "patio.jpg",
    caption: "Aquí",
  });
  const filename =
    "Un nombre de archivo extraordinariamente largo que no cabe en ninguna tarjeta (final 3).pdf";
  await emulator.send("document", "nena-carta.pdf", "application/pdf", { filename });
  await emulator.send("sticker", "nena-provecho.webp", "image/webp");
  const kennedy = { name: "Parque Kennedy", address: "Av. Diagonal, Miraflores 15074, Lima, Perú" };
  await emulator.say({ type: "location", location: { latitude: -12.1221, longitude: -77.0298, ...kennedy } });
  const ana = {
    phones: [{ phone: "+51 987 654 321" }, { phone: "+51 1 555 0142" }],
    org: { company: "Óptica" },
  };
  await emulator.say({
    type: "contacts",
    contacts: [
      { name: { formatted_name: "Ana Torres" }, ...ana, emails: [{ email: "ana@correo.pe" }] },
      {
        name: { formatted_name: "Una persona con muchos apellidos García Márquez de la Concordia" },
        phones: [],
      },
    ],
  });
  const product_items = [
    { product_retailer_id: "LENTE-01", quantity: 2, item_price: 120.5, currency: "PEN" },
    { product_retailer_id: "ESTUCHE-NEGRO", quantity: 1, item_price: 15, currency: "PEN" },
  ];
  await emulator.say({ type: "order", order: { catalog_id: "c1", text: "Sin grabado", product_items } });
  const ad = { headline: "Lentes con 30 % de descuento", body: "Solo esta semana en Óptica Mirador" };
  const referral = { source_url: "https://fb.me/1", source_id: "1", source_type: "ad", ...ad };
  await say("Hola, vi el anuncio", { referral });
  await say("🎉");
  const errors = [{ code: 131051, title: "Message type unknown" }];
  await raw({ type: "unsupported", errors, unsupported: { type: "poll_creation" } });
  await interactive("call_permission_reply", { response: "accept" });
  const answers = { nombre: "Rosa", fecha_de_visita: "2026-11-30", acepta: true };
  await interactive("nfm_reply", { name: "flow", body: "Sent", response_json: JSON.stringify(answers) });
}

/** What is lost, what is on its way, what did not arrive, what did not leave. */
async function troubles(emulator: Emulator, inbox: Inbox) {
  const { page } = inbox;
  const photo = () => emulator.send("image", "nena-aji.jpg", "image/jpeg", { caption: "El ají" });
  const voice = () => emulator.send("audio", "nena-saludo.ogg", "audio/ogg; codecs=opus", { voice: true });
  for (const [index, send] of [photo, voice].entries()) {
    await emulator.fault({ on: "media", kind: "not_found", times: 3 });
    await send();
    await expect(page.getByTestId("media-lost")).toHaveCount(index + 1);
  }
  await emulator.fault({ on: "media", kind: "hang", ms: 120_000, times: 0 });
  await photo();
  await voice();
  await emulator.send("document", "nena-carta.pdf", "application/pdf");
  await emulator.fault({ on: "messages", kind: "fail", code: 131026 });
  await inbox.answer("Esto no llega");
  await expect(page.getByTestId("message-failure")).toBeVisible();
  await page.route("**/api/files", (route) => route.abort());
  await page.getByTestId("file-input").setInputFiles(archive("nena-aji.jpg"));
  await inbox.composer.fill("Sin conexión");
  await inbox.composer.press("Enter");
  await expect(page.getByTestId("send-again")).toBeVisible();
}

/** The window as it stands, light and dark. */
async function inBoth(page: Page, name: string, height?: number) {
  if (height) await page.setViewportSize({ width: WIDE, height });
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: picture(`${name}-${colorScheme}`), animations: "disabled" });
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** All of a conversation, piece by piece. */
async function whole(page: Page, name: string, transcript: string, widths: number[]) {
  for (const width of widths) {
    // First as wide as it will be: that decides how long it is.
    await page.setViewportSize({ width, height: 800 });
    const length = await page
      .locator(transcript)
      .evaluate((log) => Math.max(log.scrollHeight, log.clientHeight));
    await page.setViewportSize({ width, height: length + 400 });
    for (const picture of await page.locator(`${transcript} img`).all()) {
      await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.complete)).toBe(true);
    }
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      for (let y = 0, part = 1; y < length + 400; y += TALL, part += 1) {
        const clip = { x: 0, y, width, height: Math.min(TALL, length + 400 - y) };
        const path = picture(`${name}-${width}-${colorScheme}-${part}`);
        await page.screenshot({ path, clip, animations: "disabled" });
      }
    }
  }
}

const picture = (name: string) => path.resolve(import.meta.dirname, `test-results/gallery/${name}.png`);
