import { expect, it } from "vitest";
import { asPlace, coordinates, placeName, placeUrl } from "./place";

const plaza = { latitude: -12.0463731, longitude: -77.042754, name: null, address: "Lima" };

it("is called by what is known of it", () => {
  expect(placeName({ ...plaza, name: "Plaza Mayor" })).toBe("Plaza Mayor");
  expect(placeName(plaza)).toBe("Lima");
  expect(placeName({ ...plaza, address: null })).toBe("-12.04637, -77.04275");
});

it("keeps the exact place in the address of the map", () => {
  expect(placeUrl(plaza)).toContain("mlat=-12.0463731&mlon=-77.042754#");
});

it("knows a captured place by its coordinates", () => {
  expect(asPlace({ latitude: 1, longitude: 2, name: "" })).toEqual({
    latitude: 1,
    longitude: 2,
    name: null,
    address: null,
  });
  expect(coordinates({ latitude: 0, longitude: 0, name: null, address: null })).toBe("0.00000, 0.00000");
  for (const other of [null, "1,2", { latitude: "1", longitude: 2 }, [1, 2]])
    expect(asPlace(other)).toBeNull();
});
