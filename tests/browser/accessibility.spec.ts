// What axe (the accessibility engine) finds on the screens people work on, light and dark.
import path from "node:path";

import { expectNothingGrave } from "./axe.ts";
import { askForEverything, EVERYTHING_YAML, sendEverything, sendPlace } from "./everything.ts";
import { EXAMPLES } from "./house.ts";
import { askForAPerson, greet, WELCOME } from "./journeys.ts";
import { FlowCanvas } from "./pages/flow-canvas.ts";
import { expect, test } from "./test.ts";

test("axe has no serious finding on login, inbox, flow and phone", async ({
  house,
  phone,
  inboxOf,
  browser,
}) => {
  const customer = "Rosa Quispe";
  const context = await browser.newContext();
  const login = await context.newPage();
  await login.goto(house.ready.url);
  await expect(login.getByTestId("login-submit")).toBeVisible();
  await expectNothingGrave(login, "login");
  await login.getByTestId("login-submit").click();
  await expect(login.getByTestId("login-problem")).toBeVisible();
  await expectNothingGrave(login, "login, refused");
  await context.close();

  await phone.open();
  await phone.choose("Luis Mamani");
  await greet(phone);
  await phone.choose(customer);
  await greet(phone);
  await askForAPerson(phone);
  await expectNothingGrave(phone.page, "phone");

  const inbox = await inboxOf(house.agents[0]);
  await expect(inbox.row(customer)).toBeVisible();
  await expectNothingGrave(inbox.page, "inbox");
  const contact = await inbox.open(customer);
  await inbox.take.click();
  await inbox.answer("Hola, Rosa");
  await expectNothingGrave(inbox.page, "conversation");

  const canvas = new FlowCanvas(inbox.page, house.ready.url);
  await canvas.open(WELCOME.flow, contact);
  await canvas.node(WELCOME.nodes.handoff).click();
  await expect(canvas.panel).toBeVisible();
  await expectNothingGrave(canvas.page, "flow");
});

test("nor on any kind of message, or where one is attached", async ({ house, phone, inboxOf }) => {
  const customer = "Rosa Quispe";
  const [inbox] = await Promise.all([inboxOf(house.agents[0]), house.publish(EVERYTHING_YAML)]);
  await phone.open();
  await phone.choose(customer);
  await askForEverything(phone);
  await phone.act(phone.kind("business", "image"), "Reaccionar con 👍");
  await sendPlace(phone);
  await sendEverything(phone);
  await phone.write("Paso mañana");
  await phone.act(phone.wrote("Paso mañana"), "Eliminar");
  await expect(phone.wrote("Eliminaste este mensaje")).toBeVisible();
  await expectNothingGrave(phone.page, "every message on the phone");
  await phone.page.getByTestId("attach").click();
  await expectNothingGrave(phone.page, "attach menu");
  await phone.page.getByRole("menuitem", { name: "Video" }).click();
  await expect(phone.page.getByRole("dialog").locator("video")).toBeVisible();
  await expectNothingGrave(phone.page, "file sheet");

  await inbox.open(customer);
  await inbox.take.click();
  await expect(inbox.part("revoked")).toBeVisible();
  await expect(inbox.page.getByTestId("media-coming")).toHaveCount(0);
  await inbox.page
    .getByTestId("file-input")
    .setInputFiles(path.join(EXAMPLES, "archivos/optica-vitrina.jpg"));
  await expect(inbox.page.getByTestId("attachment")).toBeVisible();
  await expectNothingGrave(inbox.page, "every message in the inbox, a file to send");
  await inbox.page.getByTestId("open-picture").first().click();
  await expect(inbox.page.getByTestId("lightbox")).toBeVisible();
  await expectNothingGrave(inbox.page, "a picture, large");
});
