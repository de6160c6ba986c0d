// What the phone page has no button for: a customer's rarer messages, and the provider's faults.
import { readFile } from "node:fs/promises";
import path from "node:path";

import { EXAMPLES } from "../house.ts";

type Shown = { id: string; from: "customer" | "business"; message: { type: string } };

export class Emulator {
  readonly #root: string;
  readonly #customer: string;

  /** `phoneUrl` is the address of the phone page. */
  constructor(phoneUrl: string, customer: string) {
    this.#root = new URL("/emulator", phoneUrl).href;
    this.#customer = `/customers/${customer}`;
  }

  /** Sends a message from the customer's phone and hands back its id. */
  async say(message: object): Promise<string> {
    const { id } = (await this.#ask(`${this.#customer}/messages`, JSON.stringify(message))) as { id: string };
    return id;
  }

  /** Sends a file of the examples, with what else the message says. */
  async send(type: string, file: string, mime: string, values: object = {}): Promise<string> {
    const bytes = new Uint8Array(await readFile(path.join(EXAMPLES, "archivos", file)));
    const query = new URLSearchParams({ mime, filename: file });
    const media = await this.#ask(`${this.#customer}/media?${query}`, bytes);
    return this.say({ type, media, ...values });
  }

  /** The id of the newest message of this side and type. */
  async newest(from: Shown["from"], type: string): Promise<string> {
    const all = (await this.#ask(`${this.#customer}/messages`)) as Shown[];
    const found = all.findLast((each) => each.from === from && each.message.type === type);
    if (!found) throw new Error(`no ${type} of the ${from}`);
    return found.id;
  }

  async fault(fault: object): Promise<void> {
    await this.#ask("/faults", JSON.stringify(fault));
  }

  async #ask(where: string, body?: string | Uint8Array<ArrayBuffer>): Promise<unknown> {
    const answer = await fetch(this.#root + where, {
      ...(body === undefined ? {} : { method: "POST", body }),
      ...(typeof body === "string" ? { headers: { "Content-Type": "application/json" } } : {}),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${where}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }
}
