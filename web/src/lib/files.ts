// Files in words: how large, and what sort of document by its name or its MIME type.
import { LOCALE } from "../i18n";

const UNITS = ["B", "KB", "MB", "GB"];

/** "850 B", "340 KB", "1.2 MB", with one decimal below ten; 1 KB is 1024 bytes, as WhatsApp's limits count. */
export function fileSize(bytes: number): string {
  let unit = 0;
  let amount = bytes;
  // Rounded to 1024 it is already one of the next unit.
  while (amount >= 1023.5 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && amount < 9.95 ? 1 : 0;
  return `${amount.toLocaleString(LOCALE, { maximumFractionDigits: digits })} ${UNITS[unit]}`;
}

export type DocumentSort =
  | "pdf"
  | "text"
  | "sheet"
  | "slides"
  | "archive"
  | "picture"
  | "film"
  | "sound"
  | "other";

const BY_ENDING: Record<string, DocumentSort> = {
  pdf: "pdf",
  doc: "text",
  docx: "text",
  odt: "text",
  rtf: "text",
  txt: "text",
  md: "text",
  xls: "sheet",
  xlsx: "sheet",
  ods: "sheet",
  csv: "sheet",
  ppt: "slides",
  pptx: "slides",
  odp: "slides",
  zip: "archive",
  rar: "archive",
  "7z": "archive",
  gz: "archive",
};

/** By what part of a MIME type a sort is known, when the name does not tell. */
const BY_MIME: [RegExp, DocumentSort][] = [
  [/pdf/, "pdf"],
  [/spreadsheet|excel|csv/, "sheet"],
  [/presentation|powerpoint/, "slides"],
  [/^text\/|word|opendocument\.text|rtf/, "text"],
  [/zip|compressed|x-tar/, "archive"],
  [/^image\//, "picture"],
  [/^video\//, "film"],
  [/^audio\//, "sound"],
];

/** The ending of a name in lower case, without its dot: "pdf"; none: "". */
function endingOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 && name.length - dot <= 6 ? name.slice(dot + 1).toLowerCase() : "";
}

export function documentSort(name: string | null, mime: string | null): DocumentSort {
  const known = BY_ENDING[endingOf(name ?? "")];
  return known ?? BY_MIME.find(([pattern]) => pattern.test(mime ?? ""))?.[1] ?? "other";
}

/** What stands beside the size of a document: "PDF", "XLSX"; nothing when its name has no ending. */
export const documentLabel = (name: string | null) => endingOf(name ?? "").toUpperCase();
