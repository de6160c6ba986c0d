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

  /** Opens the inbox on this list, with no conversation open. */
  async openTab(tab: Tab): Promise<void> {
    await this.page.goto(new URL(`/bandeja?tab=${tab}`, this.#url).href);
  }

  /** The rows of the list that is shown, from top to bottom. */
  get rows(): Locator {
    return this.page.getByTestId(/^row-/);
  }

  /** The conversation's row in the list that is shown. */
  row(name: string): Locator {
    return this.rows.filter({ hasText: name });
  }

  /** Opens the conversation and hands back the id of its contact. */
  async open(name: string): Promise<string> {
    const row = this.row(name);
    await row.click();
    await expect(this.messages.first()).toBeVisible();
    return ((await row.getAttribute("data-testid")) ?? "").replace("row-", "");
  }

  /** How long the person of this row has been waiting. */
  waiting(name: string): Locator {
    return this.row(name).getByTestId("waiting");
  }

  /** How many messages of this row nobody has read. */
  unread(name: string): Locator {
    return this.row(name).getByTestId("unread");
  }

  /** The mark on the tab of one's own cases: somebody wrote. */
  get mineUnread(): Locator {
    return this.page.getByTestId("mine-unread");
  }

  /** Whose conversation is open. */
  get openName(): Locator {
    return this.page.getByTestId("contact-name");
  }

  get messages(): Locator {
    return this.page.getByTestId(/^message-/);
  }

  /** The messages that say this; not those that only quote it. */
  message(text: string | RegExp): Locator {
    const quote = this.page.getByTestId("quote").filter({ hasText: text });
    return this.messages.filter({ hasText: text }).filter({ hasNot: quote });
  }

  /** The messages with such a part in them: `location`, `voice-note`, … */
  part(testid: string): Locator {
    return this.messages.filter({ has: this.page.getByTestId(testid) });
  }

  /** The button or row of this message that the customer chose. */
  chosen(message: Locator): Locator {
    return message.locator("[data-chosen=true]");
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

  /** Why and where an error stopped the run. */
  get stoppedRun(): Locator {
    return this.page.getByTestId("stopped-run");
  }

  /** From the conversation to the step where the person is. */
  get viewPath(): Locator {
    return this.page.getByTestId("view-path");
  }

  get connectionBanner(): Locator {
    return this.page.getByTestId("connection-banner");
  }

  async logout(): Promise<void> {
    await this.page.getByTestId("user-menu").click();
    await this.page.getByTestId("logout").click();
    await expect(this.page.getByTestId("login-submit")).toBeVisible();
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
