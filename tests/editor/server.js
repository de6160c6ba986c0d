// An editor's side of a YAML language server, over its standard input and output.
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import rpc from "vscode-jsonrpc/node.js";

const BINARY = fileURLToPath(new URL("node_modules/yaml-language-server/bin/yaml-language-server", import.meta.url));
const SETTINGS = { yaml: { validate: true, hover: true, completion: true, schemaStore: { enable: false } } };

export class Server {
  #child;
  #connection;
  #folder;
  #opened = 0;
  #diagnosed = new Map();
  #waiting = new Map();

  async start(folder) {
    this.#folder = folder;
    this.#child = spawn(process.execPath, [BINARY, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
    const { stdout, stdin } = this.#child;
    const messages = [new rpc.StreamMessageReader(stdout), new rpc.StreamMessageWriter(stdin)];
    const connection = rpc.createMessageConnection(...messages);
    this.#connection = connection;
    connection.onRequest("workspace/configuration", ({ items }) => items.map(({ section }) => SETTINGS[section] ?? null));
    connection.onRequest("client/registerCapability", () => null);
    connection.onNotification("textDocument/publishDiagnostics", ({ uri, diagnostics }) => {
      this.#diagnosed.set(uri, diagnostics);
      this.#waiting.get(uri)?.();
    });
    connection.listen();
    const uri = pathToFileURL(folder).href;
    await connection.sendRequest("initialize", {
      processId: process.pid,
      rootUri: uri,
      workspaceFolders: [{ uri, name: "flows" }],
      capabilities: {
        workspace: { configuration: true },
        textDocument: { hover: { contentFormat: ["markdown"] } },
      },
    });
    await connection.sendNotification("initialized", {});
    await connection.sendNotification("workspace/didChangeConfiguration", { settings: SETTINGS });
  }

  // Opens a text as a new file of the folder; hands back its address.
  async open(text) {
    this.#opened += 1;
    const uri = pathToFileURL(path.join(this.#folder, `flujo-${this.#opened}.yaml`)).href;
    await this.#connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri, languageId: "yaml", version: 1, text },
    });
    return uri;
  }

  // What it says is wrong with a text; it says so once for every text that is opened.
  async diagnostics(uri) {
    while (!this.#diagnosed.has(uri)) await new Promise((resolve) => this.#waiting.set(uri, resolve));
    return this.#diagnosed.get(uri);
  }

  // The labels that it proposes at a place.
  async complete(uri, position) {
    const params = { textDocument: { uri }, position };
    const answer = await this.#connection.sendRequest("textDocument/completion", params);
    return (answer?.items ?? answer ?? []).map(({ label }) => label);
  }

  // What it shows over a place.
  async hover(uri, position) {
    const answer = await this.#connection.sendRequest("textDocument/hover", { textDocument: { uri }, position });
    return answer?.contents?.value ?? "";
  }

  async stop() {
    const ended = once(this.#child, "exit");
    await this.#connection.sendRequest("shutdown");
    await this.#connection.sendNotification("exit");
    await ended;
    this.#connection.dispose();
  }
}
