// The emulator's phone page, as a customer uses it.
import { expect, type Locator, type Page } from "@playwright/test";

export class Phone {
  readonly page: Page;
  readonly #url: string;

  constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
  }

  /** Opens the page with the list of customers. */
  async open(): Promise<void> {
    await this.page.goto(this.#url);
  }

  /** Takes this customer's phone in the hand, a new one if need be; hands back their number. */
  async choose(name: string): Promise<string> {
    const newcomer = this.page.getByTestId("new-customer");
    const row = this.page.getByTestId(/^customer-/).filter({ hasText: name });
    await expect(newcomer).toBeVisible();
    if ((await row.count()) > 0) {
      await row.click();
    } else {
      await newcomer.click();
      await this.page.getByTestId("new-customer-name").fill(name);
      await this.page.getByTestId("new-customer-create").click();
    }
    await expect(row).toHaveAttribute("aria-current", "true");
    await expect(this.input).toBeVisible();
    return ((await row.getAttribute("data-testid")) ?? "").replace("customer-", "");
  }

  get input(): Locator {
    return this.page.getByTestId("phone-input");
  }

  get bubbles(): Locator {
    return this.page.getByTestId("bubble");
  }

  /** The bubbles of the business with this text in them. */
  said(text: string | RegExp): Locator {
    return this.page.locator("[data-testid=bubble][data-from=business]").filter({ hasText: text });
  }

  /** The bubbles of the customer with this text in them. */
  wrote(text: string | RegExp): Locator {
    return this.page.locator("[data-testid=bubble][data-from=customer]").filter({ hasText: text });
  }

  /** The bubbles of this side and kind: `image`, `voice`, … */
  kind(from: "business" | "customer", kind: string): Locator {
    return this.page
      .locator(`[data-testid=bubble][data-from=${from}]`)
      .filter({ has: this.page.locator(`[data-kind=${kind}]`) });
  }

  /** Chooses this in the attach menu and sends what its sheet proposes. */
  async attach(what: string, send: string): Promise<void> {
    await this.page.getByTestId("attach").click();
    await this.page.getByRole("menuitem", { name: what, exact: true }).click();
    const before = await this.bubbles.count();
    await this.page.getByTestId(send).click();
    await expect(this.page.getByTestId(send)).toBeHidden();
    await expect(this.bubbles).toHaveCount(before + 1);
  }

  /** Chooses this in the menu of a bubble: Responder, Editar, an emoji, … */
  async act(bubble: Locator, what: string): Promise<void> {
    await bubble.getByTestId("bubble-menu").click();
    await this.page.getByRole("menuitem", { name: what, exact: true }).click();
  }

  /** "escribiendo…" under the name of the business. */
  get typing(): Locator {
    return this.page.getByRole("main").getByTestId("typing");
  }

  async write(text: string): Promise<void> {
    await this.input.fill(text);
    await this.input.press("Enter");
    await expect(this.input).toHaveValue("");
  }

  /** Taps the button of this title on the newest message that has one. */
  async tap(title: string | RegExp): Promise<void> {
    await this.page.getByTestId("reply-button").filter({ hasText: title }).last().click();
  }

  /** Opens the newest list, chooses the row of this title and sends it. */
  async pick(row: string | RegExp): Promise<void> {
    await this.page.getByTestId("open-list").last().click();
    await this.page
      .getByTestId(/^list-row-/)
      .filter({ hasText: row })
      .first()
      .click();
    await this.page.getByTestId("list-send").click();
  }

  /** The texts on the screen from top to bottom, each as `customer: …` or `business: …`, without times. */
  async transcript(): Promise<string[]> {
    return this.bubbles.evaluateAll((bubbles) =>
      bubbles.map((bubble) => {
        const words = bubble.cloneNode(true) as HTMLElement;
        for (const time of words.querySelectorAll("time")) time.remove();
        return `${bubble.getAttribute("data-from")}: ${words.textContent}`;
      }),
    );
  }
}
