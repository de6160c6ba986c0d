// The inbox, as one agent uses it in their own window.
import { expect, type Locator, type Page } from "@playwright/test";

import type { User } from "../house.ts";

export type Tab = "queued" | "mine" | "open" | "bot" | "ended";

export class Inbox {
  readonly page: Page;
  readonly #url: string;

  constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
  }

  async login(user: User): Promise<void> {
    await this.page.goto(this.#url);
    await this.page.getByTestId("login-email").fill(user.email);
    await this.page.getByTestId("login-password").fill(user.password);
    await this.page.getByTestId("login-submit").click();
    await expect(this.tab("queued")).toBeVisible();
  }

  tab(tab: Tab): Locator {
    return this.page.getByTestId(`tab-${tab}`);
  }

  /** The conversation's row in the list that is shown. */
  row(name: string): Locator {
    return this.page.getByTestId(/^row-/).filter({ hasText: name });
  }

  /** Opens the conversation and hands back the id of its contact. */
  async open(name: string): Promise<string> {
    const row = this.row(name);
    await row.click();
    await expect(this.messages.first()).toBeVisible();
    return ((await row.getAttribute("data-testid")) ?? "").replace("row-", "");
  }

  get messages(): Locator {
    return this.page.getByTestId(/^message-/);
  }

  message(text: string | RegExp): Locator {
    return this.messages.filter({ hasText: text });
  }

  get take(): Locator {
    return this.page.getByTestId("take");
  }

  get end(): Locator {
    return this.page.getByTestId("end");
  }

  /** The panel beside the conversation: who it is, what the flow has captured, earlier cases. */
  get data(): Locator {
    return this.page.getByTestId("data-panel");
  }

  get composer(): Locator {
    return this.page.getByTestId("composer");
  }

  /** "Ya la tomó …": what the one who came second sees. */
  get takenNotice(): Locator {
    return this.page.getByTestId("case-taken-notice");
  }

  get windowCountdown(): Locator {
    return this.page.getByTestId("window-countdown");
  }

  get connectionBanner(): Locator {
    return this.page.getByTestId("connection-banner");
  }

  async endCase(): Promise<void> {
    await this.end.click();
    await this.page.getByTestId("end-confirm").click();
    await expect(this.end).toBeHidden();
  }

  async answer(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.page.getByTestId("send").click();
    await expect(this.message(text)).toBeVisible();
  }
}
