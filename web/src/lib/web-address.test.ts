import { expect, it } from "vitest";
import { webAddress } from "./web-address";

it("lets only web addresses be opened", () => {
  expect(webAddress("https://tienda.pe/a?b=c")?.host).toBe("tienda.pe");
  for (const text of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "no es", "", null]) {
    expect(webAddress(text)).toBeNull();
  }
});
