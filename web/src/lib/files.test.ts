import { expect, it } from "vitest";
import { documentLabel, documentSort, fileSize } from "./files";

it.each([
  [0, "0 B"],
  [1023, "1,023 B"],
  [1024, "1 KB"],
  [1300, "1.3 KB"],
  [348_000, "340 KB"],
  [1_048_570, "1 MB"],
  [5 * 1024 * 1024, "5 MB"],
  [100 * 1024 * 1024, "100 MB"],
  [2.5 * 1024 ** 3, "2.5 GB"],
])("%d bytes are %s", (bytes, text) => {
  expect(fileSize(bytes)).toBe(text);
});

it.each([
  ["Cotización.PDF", null, "pdf"],
  ["lista.xlsx", "application/octet-stream", "sheet"],
  [null, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "text"],
  [null, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "sheet"],
  ["sin final", "application/pdf", "pdf"],
  ["foto.heic", "image/heic", "picture"],
  [".env", null, "other"],
  ["algo.demasiadolargo", null, "other"],
  [null, null, "other"],
] as const)("%s of type %s is %s", (name, mime, sort) => {
  expect(documentSort(name, mime)).toBe(sort);
});

it("labels a document by the ending of its name", () => {
  expect([documentLabel("a.b.docx"), documentLabel("sin"), documentLabel(null)]).toEqual(["DOCX", "", ""]);
});
