// A flow as a graph, with the path of one contact lit on it.
import { expect, type Locator, type Page } from "@playwright/test";

export class FlowCanvas {
  readonly page: Page;
  readonly #url: string;

  constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
  }

  /** Opens the drawing; with a contact, their path is lit. */
  async open(flow: string, contact?: string): Promise<void> {
    const address = new URL(`/recorridos/${flow}`, this.#url);
    if (contact) address.searchParams.set("contacto", contact);
    await this.page.goto(address.href);
    await this.drawn();
  }

  /** The drawing stands. */
  async drawn(): Promise<void> {
    await expect(this.canvas).toBeAttached();
  }

  get canvas(): Locator {
    return this.page.getByTestId("canvas-ready");
  }

  /** What is read of the chosen step. */
  get panel(): Locator {
    return this.page.getByTestId("step-panel");
  }

  /** Whose walk is lit, and how it stands. */
  get banner(): Locator {
    return this.page.getByTestId("walk-banner");
  }

  /** A button of the drawing: Acercar, Alejar, Ver todo. */
  control(name: string): Locator {
    return this.canvas.getByRole("button", { name });
  }

  /** The way out of a step by one of its exits. */
  edge(step: string, exit: string): Locator {
    return this.page.getByTestId(`rf__edge-${step}:${exit}`);
  }

  /** How large the drawing is shown; 1 is its own size. */
  async zoom(): Promise<number> {
    const viewport = this.canvas.locator(".react-flow__viewport");
    return viewport.evaluate((element) => new DOMMatrix(getComputedStyle(element).transform).a);
  }

  node(id: string): Locator {
    return this.page.getByTestId(`node-${id}`);
  }

  get nodes(): Locator {
    return this.page.getByTestId(/^node-/);
  }

  /** What the keyboard reaches of a step: the frame around its card. */
  card(id: string): Locator {
    return this.page.getByTestId(`rf__node-${id}`);
  }

  /** The contact has been here and gone on. */
  async expectVisited(id: string): Promise<void> {
    await expect(this.node(id)).toHaveAttribute("data-state", "visited");
  }

  /** The contact is here now. */
  async expectCurrent(id: string): Promise<void> {
    await expect(this.node(id)).toHaveAttribute("data-state", "current");
  }
}
