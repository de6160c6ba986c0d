// «Estado del sistema»: for administrators, by keyboard, on a narrow screen too.
import { expectNothingGrave } from "./axe.ts";
import { greet } from "./journeys.ts";
import { expect, test } from "./test.ts";

test("an administrator sees how the server is, and an agent is not led there", async ({
  house,
  phone,
  inboxOf,
}) => {
  const admin = house.ready.users.find((user) => user.role === "admin");
  if (!admin) throw new Error("the demo needs an administrator");
  await phone.open();
  await phone.choose("Rosa Quispe");
  await greet(phone);

  const { page } = await inboxOf(admin);
  await page.getByTestId("user-menu").focus();
  await page.keyboard.press("Enter");
  await page.getByTestId("menu-health").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("health-state")).toContainText("Todo en orden");
  await expect(page.getByTestId("health-disk")).toBeVisible();
  await expect(page.getByText("Guardado en el disco")).toBeVisible();
  await expect(page.getByText("Envíos: aceptados")).toBeVisible();
  await expectNothingGrave(page, "health");

  await page.setViewportSize({ width: 360, height: 740 });
  const wide = () => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  expect(await wide()).toBe(false);
  await expectNothingGrave(page, "health, narrow");

  const agent = await inboxOf(house.agents[0]);
  await agent.page.getByTestId("user-menu").click();
  await expect(agent.page.getByTestId("logout")).toBeVisible();
  await expect(agent.page.getByTestId("menu-health")).toHaveCount(0);
  await agent.page.goto(`${house.ready.url}/health`);
  await expect(agent.page).toHaveURL(/\/estado$/);
  await expect(agent.page.getByText("Este usuario no tiene permiso")).toBeVisible();
});
