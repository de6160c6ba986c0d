// The fixtures every browser test stands on.
import { type Browser, test as base, type Page } from "@playwright/test";

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
  /** Opens a further tab in the window of this inbox, with the drawing of a flow. */
  canvasOf: (inbox: Inbox) => Promise<FlowCanvas>;
};

export const test = base.extend<Fixtures>({
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
  phone: async ({ house, browser }, use) => {
    const page = await window(browser);
    await use(new Phone(page, house.ready.phone_url));
    await page.context().close();
  },
  inboxOf: async ({ house, browser }, use) => {
    const pages: Page[] = [];
    await use(async (user) => {
      const page = await window(browser);
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

export { expect } from "@playwright/test";

async function window(browser: Browser): Promise<Page> {
  const context = await browser.newContext();
  return context.newPage();
}
