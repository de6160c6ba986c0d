// Every kind of message, in both directions: what a journey says, what a customer sends, what an agent sends.
import { readFile } from "node:fs/promises";
import path from "node:path";

import type { Download, Locator, Page } from "@playwright/test";

import { askForEverything, EVERYTHING, EVERYTHING_YAML, sendEverything, sendPlace } from "./everything.ts";
import { EXAMPLES } from "./house.ts";
import { askDirectly, greet } from "./journeys.ts";
import { expect, test } from "./test.ts";

const CUSTOMER = "Rosa Quispe";
/** Before the login nobody is known; and a tab with nothing but a PDF asks for an icon of its own. */
const EXPECTED = /\/(api\/me|favicon\.ico)$/;
const file = (name: string) => path.join(EXAMPLES, "archivos", name);

test("what a journey sends arrives whole, on the phone and in the inbox", async ({
  house,
  phone,
  inboxOf,
  complaints,
}) => {
  const { captions, document, place, card, link, emoji } = EVERYTHING;
  const [inbox] = await Promise.all([inboxOf(house.agents[0]), house.publish(EVERYTHING_YAML)]);
  await phone.open();
  await phone.choose(CUSTOMER);
  await askForEverything(phone);
  await inbox.openTab("bot");
  await inbox.open(CUSTOMER);
  await expect(inbox.message(EVERYTHING.asks)).toBeVisible();
  const paper = await readFile(file(document.file));
  const from = (kind: string) => phone.kind("business", kind);

  await test.step("text, picture, film, sound, voice note and sticker: on the phone", async () => {
    await expect(phone.said("Esto es todo lo que enviamos.")).toBeVisible();
    await expectLoaded(from("image").locator("img"));
    await expect(from("image")).toContainText(captions.image);
    await expectPlays(from("video").locator("video"));
    await expect(from("video")).toContainText(captions.video);
    await expectPlays(from("audio").locator("audio"));
    await expectPlays(from("voice").locator("audio"));
    await expectLoaded(from("sticker").locator("img"));
  });

  await test.step("and in the inbox", async () => {
    await expect(inbox.message("Esto es todo lo que enviamos.")).toBeVisible();
    await expectLoaded(inbox.message(captions.image).locator("img"));
    await expectPlays(inbox.message(captions.video).locator("video"));
    await expectPlays(inbox.part("audio").locator("audio"));
    await expectPlays(inbox.part("voice-note").locator("audio"));
    await expectLoaded(inbox.messages.getByAltText("Sticker"));
  });

  await test.step("a document is kept with the right bytes; the inbox also opens a PDF in a tab", async () => {
    await expect(from("document")).toContainText(captions.document);
    const kept = await download(phone.page, from("document").getByRole("link"));
    expect(kept.suggestedFilename()).toBe(document.name);
    expect(await bytesOf(kept)).toEqual(paper);
    const shown = inbox.part("document");
    await expect(shown).toContainText(captions.document);
    const keep = shown.getByRole("link", { name: `Descargar ${document.name}` });
    expect(await bytesOf(await download(inbox.page, keep))).toEqual(paper);
    const opened = inbox.page.context().waitForEvent("page");
    await shown.getByRole("link", { name: document.name }).first().click();
    const tab = await opened;
    await tab.waitForLoadState();
    expect(await tab.evaluate(() => globalThis.document.contentType)).toBe("application/pdf");
    await tab.close();
  });

  await test.step("a place leads to a map, a card says who, a button leads to its page", async () => {
    for (const map of [from("location").getByRole("link"), inbox.part("location").getByRole("link")]) {
      await expect(map).toHaveAttribute("href", new RegExp(`${place.latitude}.*${place.longitude}`));
      await expect(map).toContainText(place.name);
      await expect(map).toContainText(place.address);
    }
    for (const contact of [from("contacts"), inbox.part("contact-card")]) {
      for (const words of Object.values(card)) await expect(contact).toContainText(words);
    }
    for (const { page } of [phone, inbox]) {
      const button = page.getByTestId("link-button");
      await expect(button).toHaveText(link.title);
      await expect(button).toHaveAttribute("href", link.url);
      await expect(button).toHaveAttribute("rel", /noopener/);
    }
  });

  await test.step("the reaction stands under what the customer wrote, and is no message", async () => {
    await expect(phone.wrote(EVERYTHING.keyword)).toContainText(emoji);
    await expect(inbox.message(EVERYTHING.keyword).getByTestId("reactions")).toHaveText(emoji);
    await expect(inbox.messages).toHaveCount(await phone.bubbles.count());
  });

  expect(complaints.filter((complaint) => !EXPECTED.test(complaint))).toEqual([]);
});

test("what a customer sends is shown as people know it", async ({ house, phone, inboxOf, complaints }) => {
  const [inbox] = await Promise.all([inboxOf(house.agents[0]), house.publish(EVERYTHING_YAML)]);
  await phone.open();
  await phone.choose(CUSTOMER);
  await askForEverything(phone);
  await sendPlace(phone);
  await inbox.open(CUSTOMER);
  const received = inbox.page.locator("[data-author=contact]");

  await test.step("the place that was asked for answers the question, and is kept", async () => {
    const answer = received.filter({ has: inbox.page.getByTestId("location") });
    await expect(answer.getByTestId("quote")).toContainText(EVERYTHING.asks);
    const map = await answer.getByTestId("location").getAttribute("href");
    await expect(inbox.data.getByRole("link")).toHaveAttribute("href", String(map));
  });

  await test.step("every kind of file, a place, a contact", async () => {
    await sendEverything(phone);
    await expectLoaded(received.getByTestId("open-picture").locator("img"));
    await expectPlays(received.getByTestId("video"));
    await expectPlays(received.getByTestId("voice-note").locator("audio"));
    await expect(received.getByTestId("document")).toContainText("receta.pdf");
    await expectLoaded(received.getByAltText("Sticker"));
    await expect(received.getByTestId("location")).toHaveCount(2);
    await expect(received.getByTestId("contact-card")).toContainText("Ana Torres");
    await received.getByTestId("open-picture").click();
    const large = inbox.page.getByTestId("lightbox");
    await expectLoaded(large.locator("img"));
    await inbox.page.keyboard.press("Escape");
    await expect(large).toBeHidden();
  });

  await test.step("an answer quotes what it answers, and leads there", async () => {
    await phone.act(phone.said("Esto es todo"), "Responder");
    await phone.write("¿Y los precios?");
    const quote = inbox.message("¿Y los precios?").getByTestId("quote");
    await expect(quote).toContainText("Esto es todo lo que enviamos.");
    await expect(inbox.message("Esto es todo")).not.toBeInViewport();
    await quote.click();
    await expect(inbox.message("Esto es todo")).toBeInViewport();
  });

  await test.step("a reaction comes, changes and goes", async () => {
    const picture = phone.kind("business", "image");
    const reaction = inbox.message(EVERYTHING.captions.image).getByTestId("reactions");
    await phone.act(picture, "Reaccionar con 👍");
    await expect(reaction).toHaveText("👍");
    await phone.act(picture, "Reaccionar con 😂");
    await expect(reaction).toHaveText("😂");
    await phone.act(picture, "Quitar tu reacción 😂");
    await expect(reaction).toBeHidden();
  });

  await test.step("what was edited and what was deleted", async () => {
    await phone.write("Paso mañana a la tinda");
    const message = inbox.message("Paso mañana");
    await expect(message).toContainText("tinda");
    await phone.act(phone.wrote("Paso mañana"), "Editar");
    await phone.write("Paso mañana a la tienda");
    await expect(message).toContainText("a la tienda");
    await expect(message).toContainText("Editado");
    await phone.act(phone.wrote("Paso mañana"), "Eliminar");
    await expect(phone.wrote("Eliminaste este mensaje")).toBeVisible();
    await expect(inbox.part("revoked")).toHaveCount(1);
    await expect(message).toHaveCount(0);
  });

  expect(complaints.filter((complaint) => !EXPECTED.test(complaint))).toEqual([]);
});

test("an agent sends words, pictures and documents, also with the keyboard alone", async ({
  house,
  phone,
  inboxOf,
}) => {
  const inbox = await inboxOf(house.agents[0]);
  const { page } = inbox;
  await phone.open();
  await phone.choose(CUSTOMER);
  await greet(phone);
  await askDirectly(phone);
  await inbox.open(CUSTOMER);
  await page.keyboard.press("t");
  await expect(inbox.composer).toBeFocused();
  const from = (kind: string) => phone.kind("business", kind);

  await test.step("a picture with its words, without the mouse", async () => {
    await page.keyboard.press("Escape");
    const chooser = page.waitForEvent("filechooser");
    await page.keyboard.press("a");
    await (await chooser).setFiles(file("optica-vitrina.jpg"));
    await expect(page.getByTestId("attachment")).toContainText("optica-vitrina.jpg");
    await expect(inbox.composer).toBeFocused();
    await page.keyboard.type("Estos son los nuevos");
    await page.keyboard.press("Enter");
    await expect(from("image")).toContainText("Estos son los nuevos");
    await expectLoaded(from("image").locator("img"));
    await expectLoaded(inbox.message("Estos son los nuevos").locator("img"));
    await expect(page.getByTestId("attachment")).toHaveCount(0);
  });

  await test.step("a document, chosen with the button", async () => {
    const chooser = page.waitForEvent("filechooser");
    await page.getByTestId("attach").click();
    await (await chooser).setFiles(file("optica-precios.pdf"));
    await page.getByTestId("send").click();
    await expect(from("document")).toContainText("optica-precios.pdf");
    const kept = await download(phone.page, from("document").getByRole("link"));
    expect(kept.suggestedFilename()).toBe("optica-precios.pdf");
    expect(await bytesOf(kept)).toEqual(await readFile(file("optica-precios.pdf")));
  });

  await test.step("what cannot be sent is said before it is tried", async () => {
    const empty = { name: "vacío.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) };
    await page.getByTestId("file-input").setInputFiles(empty);
    await expect(page.getByTestId("refused-files")).toContainText("«vacío.txt» está vacío");
    await expect(page.getByTestId("attachment")).toHaveCount(0);
  });

  await test.step("an upload that fails is told, and sent again once", async () => {
    await page.route("**/api/files", (route) => route.abort("connectionreset"), { times: 1 });
    await page.getByTestId("file-input").setInputFiles(file("ceiba-patio.jpg"));
    await inbox.composer.fill("El patio");
    await inbox.composer.press("Enter");
    const pending = page.getByTestId("message-pending");
    await expect(pending).toContainText("No se envió");
    await expectLoaded(pending.locator("img"));
    await pending.getByTestId("send-again").click();
    await expect(from("image").filter({ hasText: "El patio" })).toHaveCount(1);
    await expect(pending).toHaveCount(0);
    await expect(inbox.message("El patio")).toHaveCount(1);
  });
});

/** The picture is really there. */
async function expectLoaded(picture: Locator) {
  await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(0);
}

/** The sound or film is really there, and can be played from its middle: the server gives out parts. */
async function expectPlays(media: Locator) {
  await expect.poll(() => media.evaluate((element: HTMLMediaElement) => element.duration)).toBeGreaterThan(0);
  const part = await media.evaluate(async (element: HTMLMediaElement) => {
    const answer = await fetch(element.currentSrc, { headers: { Range: "bytes=100-199" } });
    return { status: answer.status, bytes: (await answer.arrayBuffer()).byteLength };
  });
  expect(part).toEqual({ status: 206, bytes: 100 });
  const missed = await media.evaluate(
    (element: HTMLMediaElement) =>
      new Promise<number>((resolve) => {
        const middle = element.duration / 2;
        element.addEventListener("seeked", () => resolve(Math.abs(element.currentTime - middle)), {
          once: true,
        });
        element.currentTime = middle;
      }),
  );
  expect(missed).toBeLessThan(0.1);
}

async function download(page: Page, link: Locator): Promise<Download> {
  const started = page.waitForEvent("download");
  await link.click();
  return started;
}

const bytesOf = async (kept: Download) => readFile(await kept.path());
