// What an editor offers to whoever writes a flow: the starter of `cauce new`, opened in a real YAML server.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { Server } from "./server.js";

const CAUCE = process.env.CAUCE_BIN ?? fileURLToPath(new URL("../../target/debug/cauce", import.meta.url));

const KINDS = (
  "start command unexpected message question form rating consent decision switch hours window split loop_guard wait wait_event call goto " +
  "set lookup script score goal tags language http handoff end note"
).split(" ");
const ANSWERS =
  "open number phone email date time date_time yes_no buttons list choice document location media".split(" ");

let folder;
let starter;
const server = new Server();

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "cauce-editor-"));
  const file = path.join(folder, "empezar.yaml");
  execFileSync(CAUCE, ["new", file]);
  starter = (await readFile(file, "utf8")).trimEnd();
  await server.start(folder);
});

after(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

// Opens the starter with one more step; hands back its address and where the mark `|` stood.
async function withStep(step) {
  const text = `${starter}\n\n  nuevo:\n${step.replace(/^/gm, "    ")}\n`;
  const at = text.indexOf("|", starter.length);
  const lines = text.slice(0, at).split("\n");
  const uri = await server.open(text.slice(0, at) + text.slice(at + 1));
  return { uri, position: { line: lines.length - 1, character: lines.at(-1).length } };
}

async function proposed(step) {
  const { uri, position } = await withStep(step);
  return (await server.complete(uri, position)).sort();
}

async function shown(step) {
  const { uri, position } = await withStep(step);
  return server.hover(uri, position);
}

async function wrong(step) {
  const { uri, position } = await withStep(step);
  const found = await server.diagnostics(uri);
  return found.map(({ message, range }) => `${range.start.line - position.line}: ${message}`);
}

test("nothing is wrong with the starter", async () => {
  assert.deepEqual(await server.diagnostics(await server.open(starter)), []);
});

test("a step's kind is one of all", async () => {
  assert.deepEqual(await proposed("kind: |"), [...KINDS].sort());
});

test("a step without a kind yet is offered its fields once", async () => {
  const offered = await proposed("|");
  for (const field of ["kind", "name", "note", "config", "exits", "v"]) {
    assert.equal(offered.filter((label) => label === field).length, 1, `${field} in ${offered}`);
  }
});

test("the fields of a config are those of its kind", async () => {
  // Not «wait»: the server takes it for the beginning of «wait_event» too.
  const fields = { message: ["parts", "text", "typing"], tags: ["add", "remove"], handoff: ["queue", "text", "timeout"] };
  const known = new Set(Object.values(fields).flat());
  for (const [kind, own] of Object.entries(fields)) {
    // Beside its fields it may propose the whole config, under its title.
    const offered = await proposed(`kind: ${kind}\nconfig:\n  |`);
    assert.deepEqual(offered.filter((label) => known.has(label)), own);
  }
});

test("deep inside, too: parts, answers, fields of a form", async () => {
  const parts = await proposed("kind: message\nconfig:\n  parts:\n    - type: |");
  for (const part of ["text", "image", "voice", "location", "reaction"]) assert.ok(parts.includes(part), part);
  assert.deepEqual(await proposed("kind: message\nconfig:\n  parts:\n    - type: image\n      |"), ["caption", "file", "link"]);
  const answer = "kind: question\nconfig:\n  text: ¿?\n  answer:\n    type: ";
  assert.deepEqual(await proposed(`${answer}|`), [...ANSWERS].sort());
  assert.deepEqual(await proposed(`${answer}date\n    |`), ["from", "to", "when"]);
  assert.deepEqual(await proposed(`${answer}date\n    when: |`), ["future", "past"]);
  const field = "kind: form\nconfig:\n  fields:\n    - key: a\n      ask: ¿?\n      type: ";
  assert.deepEqual(await proposed(`${field}|`), [...ANSWERS].sort());
  const fields = await proposed(`${field}number\n      |`);
  for (const name of ["integer", "label", "max", "min", "retry"]) assert.ok(fields.includes(name), name);
});

test("words are explained in Spanish", async () => {
  assert.match(await shown("kind: mess|age"), /Mensaje[^]*Envía textos, fotos/);
  assert.match(await shown("kind: start\nconfig:\n  keyw|ords: [hola]"), /Palabras clave[^]*El mensaje es una de ellas/);
  assert.match(await shown("kind: question\nconfig:\n  text: a\n  time|out: 2h"), /Tiempo de espera[^]*Al pasar/);
  assert.match(await shown("kind: message\nex|its: { next: fin }"), /Salidas[^]*A qué paso lleva/);
});

test("what does not belong is marked where it stands", async () => {
  assert.deepEqual(await wrong("|kind: message\nconfig:\n  texto: hola"), ["2: Property texto is not allowed."]);
  const [kind] = await wrong("|kind: mensaje");
  assert.match(kind, /^0: Value must be "start" \| "command"/);
  const [when] = await wrong("|kind: question\nconfig:\n  text: ¿?\n  answer: { type: date, when: ayer }");
  assert.match(when, /^3: Value must be "past" \| "future"/);
  const [period] = await wrong("|kind: wait\nconfig:\n  for: dos horas");
  assert.match(period, /^2: Un número y su unidad: 30s, 15m, 2h o 3d\./);
  const [key] = await wrong("|kind: set\nconfig:\n  variable: mi dato\n  value: 1 + 1");
  assert.match(key, /^2: Letras sin tilde/);
  assert.deepEqual(await wrong("|kind: question\nconfig:\n  text: ¿?\nexits: { ok: fin, no_match: fin }"), []);
});
