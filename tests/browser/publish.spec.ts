// Publishing a changed flow while somebody is inside the old one.
import { readFile } from "node:fs/promises";
import path from "node:path";

import { EXAMPLES } from "./house.ts";
import { askForAPerson, greet, WELCOME } from "./journeys.ts";
import { expect, test } from "./test.ts";

const JOURNEY = path.join(EXAMPLES, "bienvenida.yaml");
const NEW = { greeting: /¿Qué necesitas hoy/, button: "Pedir cotización" };

test("the next hola walks the new version; who is inside the old one stays on it", async ({
  house,
  phone,
  inboxOf,
  canvasOf,
}) => {
  const inbox = await inboxOf(house.agents[0]);
  await phone.open();
  await phone.choose("Rosa Quispe");
  await greet(phone);

  await test.step("publish, with somebody inside", async () => {
    const old = await readFile(JOURNEY, "utf8");
    const changed = old
      .replace("¿En qué te ayudamos hoy?", "¿Qué necesitas hoy?")
      .replace("title: Cotizar lentes", `title: ${NEW.button}`);
    expect(changed).not.toBe(old);
    expect(await house.publish(changed)).toContain(`published ${WELCOME.flow}`);
  });

  await test.step("somebody else's hola walks the new version", async () => {
    await phone.choose("Luis Mamani");
    await phone.write("hola");
    await expect(phone.said(NEW.greeting)).toBeVisible();
    await phone.tap(NEW.button);
    await expect(phone.said("¿Cómo te llamas?")).toBeVisible();
  });

  await test.step("Rosa goes on where she was, also after a restart", async () => {
    await house.restart();
    await phone.choose("Rosa Quispe");
    await askForAPerson(phone);
    await expect(phone.said(NEW.greeting)).toHaveCount(0);
  });

  await test.step("the graph draws each one's version", async () => {
    await expect(inbox.row("Rosa Quispe")).toBeVisible();
    const contact = await inbox.open("Rosa Quispe");
    const canvas = await canvasOf(inbox);
    await canvas.open(WELCOME.flow);
    await expect(canvas.node("saludo")).toContainText(NEW.button);
    await canvas.open(WELCOME.flow, contact);
    await expect(canvas.node("saludo")).toContainText(WELCOME.button);
    await canvas.expectCurrent(WELCOME.nodes.handoff);
  });
});
