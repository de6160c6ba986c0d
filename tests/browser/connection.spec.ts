// The server dies and comes back: the page says so, and nothing is missed.
import { askDirectly, greet } from "./journeys.ts";
import { expect, test } from "./test.ts";

test("a lost connection shows; when it returns, all that happened meanwhile is there", async ({
  house,
  phone,
  inboxOf,
}) => {
  const customer = "Rosa Quispe";
  const inbox = await inboxOf(house.agents[0]);
  await phone.open();
  await phone.choose(customer);
  await greet(phone);
  await askDirectly(phone);
  await inbox.open(customer);
  await inbox.take.click();
  await inbox.answer("Hola, Rosa");
  await expect(phone.said("Hola, Rosa")).toBeVisible();
  await expect(inbox.connectionBanner).toBeHidden();

  await test.step("killed: the banner appears, and what is written is not lost", async () => {
    await house.kill();
    await expect(inbox.connectionBanner).toBeVisible();
    await inbox.composer.fill("¿Qué modelo te gusta?");
    await inbox.composer.press("Enter");
    await expect(inbox.page.getByTestId("send-again")).toBeVisible();
  });

  await test.step("customers write meanwhile: WhatsApp keeps it", async () => {
    for (const words of ["El redondo", "¿Lo tienen en negro?"]) {
      await phone.write(words);
      await expect(phone.wrote(words)).toHaveAttribute("data-status", "sending");
    }
    await phone.choose("Luis Mamani");
    await phone.write("hola");
    await phone.choose(customer);
  });

  await test.step("back on the same folder: the banner goes, nothing is missed", async () => {
    await house.restart();
    await expect(inbox.connectionBanner).toBeHidden();
    for (const words of ["El redondo", "¿Lo tienen en negro?"]) {
      await expect(inbox.message(words)).toHaveCount(1);
      await expect(phone.wrote(words)).toHaveAttribute("data-status", /delivered|read/);
    }
    await inbox.tab("bot").click();
    await expect(inbox.row("Luis Mamani")).toBeVisible();
  });

  await test.step("the answer that did not leave is sent again, once", async () => {
    await inbox.page.getByTestId("send-again").click();
    await expect(phone.said("¿Qué modelo te gusta?")).toHaveCount(1);
    await expect(inbox.page.getByTestId("message-pending")).toHaveCount(0);
    await expect(inbox.message("¿Qué modelo te gusta?")).toHaveCount(1);
  });
});
