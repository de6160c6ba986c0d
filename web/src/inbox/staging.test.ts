import { beforeEach, expect, it } from "vitest";
import { MAX_FILES } from "./attachment";
import { anyStaged, clearStage, stage, stagedOf, unstage } from "./staging";

const file = (name: string, content = "x") => new File([content], name, { type: "text/plain" });
const names = (user: string, contact: string) => stagedOf(user, contact).map((each) => each.file.name);

beforeEach(() => {
  for (const user of ["ana", "eva"]) clearStage(user, "c1");
});

it("keeps files in the order they were added, apart for each person", () => {
  stage("ana", "c1", [file("1.txt"), file("2.txt")]);
  stage("ana", "c1", [file("3.txt")]);
  expect(names("ana", "c1")).toEqual(["1.txt", "2.txt", "3.txt"]);
  expect(names("eva", "c1")).toEqual([]);
});

it("adds what fits and says what does not", () => {
  const many = Array.from({ length: MAX_FILES }, (_, index) => file(`${index}.txt`));
  const refused = stage("ana", "c1", [file("vacío.txt", ""), ...many, file("de más.txt")]);
  expect(refused).toEqual([
    { name: "vacío.txt", problem: "empty" },
    { name: "de más.txt", problem: "tooMany" },
  ]);
  expect(names("ana", "c1")).toHaveLength(MAX_FILES);
});

it("lets go of one file, and knows when none is left", () => {
  stage("ana", "c1", [file("1.txt"), file("2.txt")]);
  unstage("ana", "c1", stagedOf("ana", "c1")[0]?.id ?? "");
  expect(names("ana", "c1")).toEqual(["2.txt"]);
  expect(anyStaged()).toBe(true);
  clearStage("ana", "c1");
  expect(anyStaged()).toBe(false);
});
