// The fixtures every browser test stands on.
import { type Browser, test as base, expect, type Page } from "@playwright/test";

import { House, type User } from "./house.ts";
import { FlowCanvas } from "./pages/flow-canvas.ts";
import { Inbox } from "./pages/inbox.ts";
import { Phone } from "./pages/phone.ts";

type Fixtures = {
  /** A running Cauce of this test alone. */
  house: House;
  /** A phone on which to write as any of the customers. */
  phone: Phone;
  /** Opens a window of this person's own, logged in, with the inbox on it. */
  inboxOf: (user: User) => Promise<Inbox>;
  /** What the pages have complained about so far: their console's errors, and errors that nobody caught. */
  complaints: string[];
  /** Opens a further tab in the window of this inbox, with the drawing of a flow. */
  canvasOf: (inbox: Inbox) => Promise<FlowCanvas>;
};

export const test = base.extend<Fixtures>({
  complaints: [
    // biome-ignore lint/correctness/noEmptyPattern: it tells Playwright that this one stands on no other.
    async ({}, use) => {
      const heard: string[] = [];
      await use(heard);
      // Tests cut connections and are refused on purpose; a breach of the content policy never is one of these.
      expect(heard.filter((complaint) => !complaint.startsWith("Failed to load resource"))).toEqual([]);
    },
    { auto: true },
  ],
  // biome-ignore lint/correctness/noEmptyPattern: it tells Playwright that this one stands on no other.
  house: async ({}, use, info) => {
    const house = await House.start();
    try {
      await use(house);
    } finally {
      if (info.status !== info.expectedStatus) {
        await info.attach("cauce.log", { body: house.log, contentType: "text/plain" });
      }
      await house.remove();
    }
  },
  phone: async ({ house, browser, complaints }, use) => {
    const page = await window(browser, complaints);
    await use(new Phone(page, house.ready.phone_url));
    await page.context().close();
  },
  inboxOf: async ({ house, browser, complaints }, use) => {
    const pages: Page[] = [];
    await use(async (user) => {
      const page = await window(browser, complaints);
      pages.push(page);
      const inbox = new Inbox(page, house.ready.url);
      await inbox.login(user);
      return inbox;
    });
    for (const page of pages) await page.context().close();
  },
  canvasOf: async ({ house }, use) => {
    await use(async (inbox) => new FlowCanvas(await inbox.page.context().newPage(), house.ready.url));
  },
});

export { expect };

async function window(browser: Browser, complaints: string[]): Promise<Page> {
  const context = await browser.newContext();
  context.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${message.text()} ${message.location().url}`);
  });
  context.on("weberror", (error) => {
    complaints.push(String(error.error()));
  });
  return context.newPage();
}
