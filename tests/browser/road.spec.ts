// The whole road: a message on the phone runs the demo's flow, reaches a person, and comes back to the phone.
import { askForAPerson, greet, WELCOME } from "./journeys.ts";
import type { Inbox } from "./pages/inbox.ts";
import { expect, test } from "./test.ts";

test("a customer is greeted, handed to a person, answered and asked for a rating", async ({
  house,
  phone,
  inboxOf,
  canvasOf,
}) => {
  const customer = "Rosa Quispe";
  const [first, second] = house.agents;
  const [winner, loser] = await Promise.all([inboxOf(first), inboxOf(second)]);

  await test.step("hola: the greeting arrives with its buttons", async () => {
    await phone.open();
    await phone.choose(customer);
    await greet(phone);
    await expect(phone.wrote("hola")).toHaveAttribute("data-status", /delivered|read/);
    // The bot's conversations are visible too, before anybody is needed.
    await winner.tab("bot").click();
    await expect(winner.row(customer)).toBeVisible();
  });

  await test.step("a button, then the form: a wrong answer is asked again", () => askForAPerson(phone));

  const contact = await test.step("the case appears in both inboxes by itself", async () => {
    await winner.tab("queued").click();
    await expect(winner.row(customer)).toBeVisible();
    await expect(loser.row(customer)).toBeVisible();
    const contact = await winner.open(customer);
    await loser.open(customer);
    await expect(winner.message(WELCOME.greeting)).toBeVisible();
    for (const word of WELCOME.captured) await expect(winner.data).toContainText(word);
    await expect(winner.windowCountdown).toBeVisible();
    return contact;
  });

  const canvas = await canvasOf(winner);
  await test.step("the graph beside shows where the customer is", async () => {
    await canvas.open(WELCOME.flow, contact);
    for (const node of WELCOME.nodes.before) await canvas.expectVisited(node);
    await canvas.expectCurrent(WELCOME.nodes.handoff);
  });

  await test.step("one takes it, the other is told who was faster", async () => {
    await bothTake(winner, loser);
    await expect(winner.composer).toBeEnabled();
    await expect(loser.takenNotice).toContainText(`Ya la tomó ${first.name}`);
  });

  await test.step("the answer arrives on the phone, and the customer's words in the inbox", async () => {
    const answer = `Hola, soy ${first.name}. ¿En qué puedo ayudar?`;
    await winner.answer(answer);
    await expect(phone.said(answer)).toBeVisible();
    await phone.write("Quiero cambiar mi pedido");
    await expect(winner.message("Quiero cambiar mi pedido")).toBeVisible();
    // The bot stays silent while a person speaks.
    await expect(phone.said(/./).last()).toContainText(answer);
  });

  await test.step("ended: the flow goes on with the rating and says thanks", async () => {
    await winner.endCase();
    await expect(phone.said(WELCOME.rating.asks)).toBeVisible();
    await canvas.expectVisited(WELCOME.nodes.handoff);
    await canvas.expectCurrent(WELCOME.nodes.rating);
    await phone.pick(WELCOME.rating.row);
    await expect(phone.said(WELCOME.thanks)).toBeVisible();
    await canvas.expectVisited(WELCOME.nodes.rating);
    await canvas.expectVisited(WELCOME.nodes.thanks);
    for (const inbox of [winner, loser]) {
      await inbox.tab("ended").click();
      await expect(inbox.row(customer)).toBeVisible();
    }
  });
});

// Both have pressed the button that they saw: the second one's click is held back on its way to the server
// until the first one's has been answered.
async function bothTake(winner: Inbox, loser: Inbox) {
  const take = /\/api\/cases\/[^/]+\/take$/;
  let release = () => {};
  const taken = new Promise<void>((resolve) => {
    release = resolve;
  });
  await loser.page.route(take, async (route) => {
    await taken;
    await route.continue();
  });
  const pressed = loser.page.waitForRequest(take);
  await loser.take.click();
  await pressed;

  const answered = winner.page.waitForResponse(take);
  await winner.take.click();
  expect((await answered).status()).toBe(200);
  release();
}
