import { beforeEach, expect, it, vi } from "vitest";

beforeEach(() => {
  const stored = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  });
  vi.resetModules();
});

// A fresh import is a fresh page.
const page = () => import("./draft");

it("keeps a draft across pages, apart for each person and conversation", async () => {
  (await page()).writeDraft("ana", "c1", "un momento");
  vi.resetModules();
  const { readDraft } = await page();
  expect(readDraft("ana", "c1")).toBe("un momento");
  expect(readDraft("eva", "c1")).toBe("");
  expect(readDraft("ana", "c2")).toBe("");
});

it("puts a refused text in front of what was written since", async () => {
  const { addToDraft, readDraft, writeDraft } = await page();
  writeDraft("ana", "c1", "segunda");
  addToDraft("ana", "c1", "primera");
  expect(readDraft("ana", "c1")).toBe("primera\nsegunda");
});

it("works without storage for as long as the page lives", async () => {
  vi.stubGlobal("localStorage", undefined);
  const { readDraft, writeDraft } = await page();
  writeDraft("ana", "c1", "hola");
  expect(readDraft("ana", "c1")).toBe("hola");
});
