// A whole Cauce for one test: `cauce demo` in a folder of its own, on ports of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

const ROOT = path.resolve(import.meta.dirname, "../..");
/** The flows of the repository, and in `archivos` the files that they send. */
export const EXAMPLES = path.join(ROOT, "examples");
const CAUCE = process.env.CAUCE_BIN ?? path.join(ROOT, "target/debug/cauce");
const READY_WITHIN_MS = 60_000;
const ENDS_WITHIN_MS = 20_000;

export type User = { email: string; password: string; role: "admin" | "agent"; name: string };
/** The line that `cauce demo --json` prints once everything answers. */
export type Ready = { url: string; phone_url: string; users: User[]; data: string };

export class House {
  /** What both outputs of the process said, for the report of a failed test. */
  log = "";
  #child: ChildProcess | undefined;
  /** The process groups of all that was started. */
  readonly #groups: number[] = [];
  /** Where the emulator is that a kill has left alone. */
  #orphan: string | undefined;
  #ready: Ready | undefined;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts a new one, with the demo's workspace and nothing said yet. */
  static async start(): Promise<House> {
    const house = new House(await mkdtemp(path.join(tmpdir(), "cauce-house-")));
    try {
      await symlink(path.join(EXAMPLES, "archivos"), path.join(house.#folder, "archivos"));
      await house.#launch(0, 0);
    } catch (error) {
      await house.remove().catch(() => {}); // why it did not start says more
      throw error;
    }
    return house;
  }

  get ready(): Ready {
    if (!this.#ready) throw new Error("the demo is not running");
    return this.#ready;
  }

  /** The people who answer customers; the demo makes at least two. */
  get agents(): [User, User] {
    const [first, second] = this.ready.users.filter((user) => user.role === "agent");
    if (!first || !second) throw new Error("the demo needs two agents");
    return [first, second];
  }

  /**
   * Publishes this flow with `cauce publish` and hands back what it said. Fails unless it exits with 0. The flow
   * finds the files of the examples beside it.
   */
  async publish(flow: string): Promise<string> {
    const file = path.join(this.#folder, "flow.yaml");
    await writeFile(file, flow);
    const child = spawn(CAUCE, ["publish", file, "--data", this.ready.data], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        said += text;
      });
    }
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`cauce publish ended with ${code}:\n${said}`);
    return said;
  }

  /** Asks it to end (SIGTERM) and waits until it has. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#child = undefined;
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`the demo ended by itself; it said:\n${this.log}`);
    }
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const impatient = setTimeout(() => this.#signalAll("SIGKILL"), ENDS_WITHIN_MS);
    const [code, signal] = await ended;
    clearTimeout(impatient);
    if (signal === "SIGKILL") throw new Error(`the demo did not end on SIGTERM; it said:\n${this.log}`);
    if (code !== 0) throw new Error(`the demo ended with ${code}; it said:\n${this.log}`);
  }

  /** Takes Cauce away in the middle of whatever it is doing (SIGKILL). The emulator goes on, as Meta would. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#child = undefined;
    this.#orphan = this.ready.phone_url;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** Starts it again, after it was stopped if need be, on the same folder and ports: open pages find it again. */
  async restart(): Promise<void> {
    const { url, phone_url } = this.ready;
    await this.stop();
    await this.#launch(Number(new URL(url).port), Number(new URL(phone_url).port));
  }

  /** Ends it and removes its folder. */
  async remove(): Promise<void> {
    try {
      await this.stop();
    } finally {
      this.#signalAll("SIGKILL");
      await rm(this.#folder, { recursive: true, force: true });
    }
  }

  async #launch(port: number, emulatorPort: number): Promise<void> {
    if (!existsSync(CAUCE)) throw new Error(`${CAUCE} is missing: run \`make build\` first`);
    const emulator = this.#orphan
      ? ["--emulator-url", this.#orphan]
      : ["--emulator-port", String(emulatorPort)];
    const where = ["--data", path.join(this.#folder, "data"), "--port", String(port), ...emulator];
    // A process group of its own, so that the emulator it starts never outlives the test.
    const child = spawn(CAUCE, ["demo", ...where, "--json"], {
      cwd: ROOT,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    if (child.pid !== undefined) this.#groups.push(child.pid);
    child.stderr.on("data", (chunk) => (this.log += chunk));

    this.#ready = await new Promise<Ready>((resolve, reject) => {
      const giveUp = (why: string) => {
        clearTimeout(impatient);
        reject(new Error(`${why}; it said:\n${this.log}`));
      };
      const impatient = setTimeout(() => giveUp("the demo was not ready in time"), READY_WITHIN_MS);
      child.once("error", (error) => giveUp(error.message));
      child.once("exit", (code, signal) => giveUp(`the demo ended with ${code ?? signal}`));
      createInterface({ input: child.stdout }).on("line", (line) => {
        this.log += `${line}\n`;
        if (!line.startsWith("{")) return;
        clearTimeout(impatient);
        resolve(JSON.parse(line) as Ready);
      });
    });
  }

  #signalAll(signal: NodeJS.Signals): void {
    for (const group of this.#groups) {
      try {
        process.kill(-group, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // nobody of it is left
      }
    }
  }
}
