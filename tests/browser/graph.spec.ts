// A flow as a drawing: looking around in it, and following somebody through it.
import { askForAPerson, greet, WELCOME } from "./journeys.ts";
import { FlowCanvas } from "./pages/flow-canvas.ts";
import { expect, test } from "./test.ts";

const BROKEN = `
id: descuento
name: Descuento
language: es
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [descuento] }, exits: { next: cuenta } }
  cuenta:
    kind: set
    name: Calcula el descuento
    config: { variable: descuento, value: "100 / (1 - 1)" }
    exits: { next: fin }
  fin: { kind: end, config: { text: "Tu descuento es {{ descuento }}" } }
`;

test("a flow is looked at, and a conversation followed through it", async ({ house, phone, inboxOf }) => {
  const customer = "Rosa Quispe";
  const inbox = await inboxOf(house.agents[0]);
  const canvas = new FlowCanvas(inbox.page, house.ready.url);
  await phone.open();
  await phone.choose(customer);
  await greet(phone);

  await test.step("fit and zoom", async () => {
    await canvas.open(WELCOME.flow);
    const fitted = await canvas.zoom();
    await canvas.control("Acercar").click();
    await expect.poll(() => canvas.zoom()).toBeGreaterThan(fitted);
    for (let click = 0; click < 6; click += 1) await canvas.control("Acercar").click();
    await expect(canvas.node("inicio")).not.toBeInViewport();
    const near = await canvas.zoom();
    await canvas.control("Alejar").click();
    await expect.poll(() => canvas.zoom()).toBeLessThan(near);
    await canvas.control("Ver todo").click();
    for (const node of await canvas.nodes.all()) await expect(node).toBeInViewport({ ratio: 0.99 });
  });

  await test.step("a click reads a step, its exits lead on; Enter does the same", async () => {
    await canvas.node("saludo").click();
    await expect(canvas.panel).toContainText("¿En qué te ayudamos hoy?");
    await canvas.panel.getByRole("button", { name: "Horario" }).click();
    await expect(canvas.panel).toContainText("Atendemos de lunes a sábado");
    await canvas.card("asesor").focus();
    await canvas.page.keyboard.press("Enter");
    await expect(canvas.panel).toContainText("Pasa con una persona");
    // The panel takes its place from the drawing: the card that is read does not end up behind it.
    await canvas.page.getByRole("button", { name: "Cerrar paso" }).click();
    await canvas.control("Ver todo").click();
    for (const node of await canvas.nodes.all()) await expect(node).toBeInViewport({ ratio: 0.99 });
    await canvas.node(WELCOME.nodes.thanks).click();
    await expect(canvas.panel).toContainText("Anotamos tu");
    await expect(canvas.node(WELCOME.nodes.thanks)).toBeInViewport({ ratio: 0.99 });
  });

  await test.step("from the conversation to the step where the customer is", async () => {
    await inbox.openTab("bot");
    await inbox.open(customer);
    await inbox.viewPath.click();
    await canvas.drawn();
    await expect(canvas.banner).toContainText(customer);
    await canvas.expectCurrent("saludo");
    await expect(canvas.node("saludo")).toBeInViewport({ ratio: 0.99 });
    await expect(canvas.panel).toContainText("Está aquí");
    await expect(canvas.node("datos")).toHaveAttribute("data-state", "idle");
    await expect(canvas.edge("saludo", "cotizar")).not.toHaveClass(/edge-visited/);
  });

  await test.step("the path is lit as the customer goes, and stays in sight", async () => {
    await expect(canvas.node(WELCOME.nodes.handoff)).not.toBeInViewport();
    await askForAPerson(phone);
    for (const node of WELCOME.nodes.before) await canvas.expectVisited(node);
    await canvas.expectCurrent(WELCOME.nodes.handoff);
    await expect(canvas.edge("saludo", "cotizar")).toHaveClass(/edge-visited/);
    await expect(canvas.edge("saludo", "persona")).not.toHaveClass(/edge-visited/);
    await expect(canvas.node(WELCOME.nodes.handoff)).toBeInViewport();
  });

  await test.step("and back; the conversation shows what was chosen", async () => {
    await canvas.banner.getByRole("link", { name: "Ver conversación" }).click();
    await expect(inbox.openName).toHaveText(customer);
    await expect(inbox.chosen(inbox.message(WELCOME.greeting))).toHaveText(WELCOME.button);
    const cities = inbox.message(/¿En qué ciudad/);
    await expect(cities.getByText("Trujillo")).toBeHidden();
    await cities.getByText("Ver ciudades").click();
    await expect(cities.getByText("Trujillo")).toBeVisible();
    await expect(inbox.chosen(cities)).toHaveText("Lima");
  });

  await test.step("a run that an error stopped says where and why", async () => {
    await house.publish(BROKEN);
    await phone.choose("Elsa Ramos");
    await phone.write("descuento");
    await inbox.openTab("ended");
    await inbox.open("Elsa Ramos");
    await expect(inbox.stoppedRun).toContainText("Calcula el descuento");
    await expect(inbox.stoppedRun).toContainText("100 / (1 - 1)");
    await inbox.viewPath.click();
    await expect(canvas.node("cuenta")).toHaveAttribute("data-state", "failed");
    await expect(canvas.banner).toContainText("100 / (1 - 1)");
    await expect(canvas.panel).toContainText("Se detuvo aquí");
  });
});
