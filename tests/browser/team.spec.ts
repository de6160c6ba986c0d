// Two agents share one queue: what each sees by itself, with the keyboard as the only tool of one of them.
import { askDirectly, greet } from "./journeys.ts";
import type { Inbox } from "./pages/inbox.ts";
import { expect, test } from "./test.ts";

test("two agents see the queue live, each answers their own, one logs out", async ({
  house,
  phone,
  inboxOf,
}) => {
  const [first, second] = house.agents;
  const [ana, luis] = await Promise.all([inboxOf(first), inboxOf(second)]);
  const both = [ana, luis];
  await phone.open();

  await test.step("who asks for a person appears in both lists, with the wait, unread, and in the title", async () => {
    for (const inbox of both) await expect(inbox.page).toHaveTitle("Cauce");
    await waitInQueue("Carmen Flores");
    for (const inbox of both) {
      await expect(inbox.waiting("Carmen Flores")).toHaveText(/^espera (< 1|\d+) min$/);
      await expect(inbox.unread("Carmen Flores")).toHaveText(/\d/);
      await expect(inbox.page).toHaveTitle("(1) Cauce");
    }
    await waitInQueue("Jorge Salas");
    for (const inbox of both) {
      // Who has waited longest stands first.
      await expect(inbox.rows).toContainText(["Carmen Flores", "Jorge Salas"]);
      await expect(inbox.page).toHaveTitle("(2) Cauce");
    }
  });

  await test.step("taken with the keyboard: it stays open and is now among her own", async () => {
    await press(ana, "j", "Enter");
    await expect(ana.openName).toHaveText("Carmen Flores");
    await expect(ana.unread("Carmen Flores")).toBeHidden();
    await expect(luis.unread("Carmen Flores")).toBeHidden();
    await press(ana, "t");
    await expect(ana.composer).toBeFocused();
    await expect(ana.tab("mine")).toHaveAttribute("aria-selected", "true");
    await expect(ana.row("Carmen Flores")).toHaveAttribute("data-selected", "true");
    await expect(luis.row("Carmen Flores")).toBeHidden();
    for (const inbox of both) await expect(inbox.page).toHaveTitle("(1) Cauce");
  });

  await test.step("the customer sees her writing, then the answer", async () => {
    await phone.choose("Carmen Flores");
    await expect(phone.typing).toBeHidden();
    await ana.page.keyboard.type("Hola, Carmen");
    await expect(phone.typing).toBeVisible();
    await press(ana, "Enter");
    await expect(phone.said("Hola, Carmen").last()).toBeVisible();
    await expect(phone.typing).toBeHidden();
  });

  await test.step("the next in the queue is one key away", async () => {
    await press(ana, "Escape", "n");
    await expect(ana.openName).toHaveText("Jorge Salas");
    await expect(ana.tab("queued")).toHaveAttribute("aria-selected", "true");
  });

  await test.step("a customer of hers writes while she looks elsewhere; a colleague's look reads nothing", async () => {
    await luis.tab("open").click();
    await luis.open("Carmen Flores");
    const read: string[] = [];
    luis.page.on("request", (request) => {
      if (request.url().endsWith("/read")) read.push(request.url());
    });
    await phone.write("¿Sigues ahí?");
    await expect(luis.message("¿Sigues ahí?")).toBeVisible();
    expect(read).toEqual([]);
    await expect(ana.mineUnread).toBeVisible();
    await expect(ana.page).toHaveTitle("(2) Cauce");
    await expect(luis.mineUnread).toBeHidden();
    await ana.tab("mine").click();
    await expect(ana.unread("Carmen Flores")).toHaveText("1");
    await ana.open("Carmen Flores");
    await expect(ana.message("¿Sigues ahí?")).toBeVisible();
    await expect(ana.mineUnread).toBeHidden();
    await expect(ana.page).toHaveTitle("(1) Cauce");
  });

  await test.step("ended with the keyboard: it stays open, beside it those who wait", async () => {
    await press(ana, "e");
    await expect(ana.page.getByTestId("end-confirm")).toBeFocused();
    await press(ana, "Enter");
    await expect(ana.page.getByTestId("event-resolved")).toBeVisible();
    await expect(ana.openName).toHaveText("Carmen Flores");
    await expect(ana.row("Jorge Salas")).toBeVisible();
  });

  await test.step("the other one takes the last: nobody waits any more", async () => {
    await luis.tab("queued").click();
    await luis.open("Jorge Salas");
    await luis.take.click();
    await expect(luis.composer).toBeVisible();
    await expect(ana.row("Jorge Salas")).toBeHidden();
    for (const inbox of both) await expect(inbox.page).toHaveTitle("Cauce");
  });

  await test.step("logged out: the login page stands, and the API answers nobody", async () => {
    const { page } = ana;
    const me = new URL("/api/me", house.ready.url).href;
    const session = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    const asked = () => fetch(me, { headers: { Cookie: session } });
    expect((await asked()).status).toBe(200);
    await ana.logout();
    expect((await asked()).status).toBe(401);
    expect((await page.request.get(me)).status()).toBe(401);
    // Nothing of it is left behind the back button.
    await page.goBack();
    await expect(page.getByTestId("login-submit")).toBeVisible();
    await expect(page.getByText("Carmen Flores")).toHaveCount(0);
  });

  async function waitInQueue(customer: string) {
    await phone.choose(customer);
    await greet(phone);
    await askDirectly(phone);
  }
});

async function press(inbox: Inbox, ...keys: string[]) {
  for (const key of keys) await inbox.page.keyboard.press(key);
}
