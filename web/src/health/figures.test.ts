import { describe, expect, it } from "vitest";
import { rounded, span } from "./figures";

describe("figures", () => {
  it("says how long something took in the unit that fits", () => {
    expect(span(0.25)).toBe("0.25 ms");
    expect(span(2.5)).toBe("2.5 ms");
    expect(span(250)).toBe("250 ms");
    expect(span(2500)).toBe("2.5 s");
  });

  it("rounds to what counts", () => {
    expect(rounded(0)).toBe("0");
    expect(rounded(0.046)).toBe("0.05");
    expect(rounded(1.26)).toBe("1.3");
    expect(rounded(1234.5)).toBe("1,235");
  });
});
