// Takes the pictures of the README from a running demo: `make screenshots`.
import path from "node:path";

import { askDirectly, askForAPerson, greet, WELCOME } from "./journeys.ts";
import { expect, test } from "./test.ts";

const SIZE = { width: 1280, height: 800 };
const picture = (name: string) => path.resolve(import.meta.dirname, `../../docs/images/${name}.png`);

test("pictures", async ({ house, phone, inboxOf, canvasOf }) => {
  const [agent] = house.agents;
  await phone.page.setViewportSize(SIZE);

  // Two wait, somebody is being answered, somebody still speaks with the bot.
  await phone.open();
  await phone.choose("Carmen Flores");
  await greet(phone);
  await askForAPerson(phone);
  await phone.choose("Jorge Salas");
  await greet(phone);
  await askDirectly(phone);
  const rosa = await phone.choose("Rosa Quispe");
  await greet(phone);
  await askForAPerson(phone);
  const luis = await phone.choose("Luis Mamani");
  await greet(phone);

  const inbox = await inboxOf(agent);
  await inbox.page.setViewportSize(SIZE);
  const contact = await inbox.open("Rosa Quispe");
  await inbox.take.click();
  await inbox.answer(`¡Hola, Rosa! Soy ${agent.name}. ¿Qué modelo te interesa?`);
  await phone.choose("Rosa Quispe");
  await expect(phone.said(agent.name)).toBeVisible();
  await phone.write("El de marco redondo. ¿Lo tienen en la tienda de Miraflores?");
  await expect(inbox.message("Miraflores")).toBeVisible();
  await expect(inbox.unread("Rosa Quispe")).toBeHidden();
  await inbox.page.screenshot({ path: picture("bandeja"), animations: "disabled" });

  await phone.page.goto(`${house.ready.phone_url}?customer=${rosa}&customer=${luis}`);
  await expect(phone.said(WELCOME.greeting).last()).toBeVisible();
  await expect(phone.wrote("Miraflores")).toBeVisible();
  await phone.page.screenshot({ path: picture("telefono"), animations: "disabled" });

  const canvas = await canvasOf(inbox);
  await canvas.page.setViewportSize(SIZE);
  await canvas.open(WELCOME.flow, contact);
  await canvas.expectCurrent(WELCOME.nodes.handoff);
  await canvas.page.screenshot({ path: picture("recorrido"), animations: "disabled" });
});
