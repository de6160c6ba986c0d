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
    await expect(this.page.getByTestId("canvas-ready")).toBeAttached();
  }

  node(id: string): Locator {
    return this.page.getByTestId(`node-${id}`);
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
