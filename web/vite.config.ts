// Two pages, two builds: the app (dist/app, served by `cauce`) and the test phone (dist/phone, served by the emulator).
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// Browsers that understand everything we write: no transforms, no polyfills.
const target = ["chrome123", "edge123", "firefox120", "safari17.5"];

export default defineConfig(({ mode, command }) => {
  const phone = mode === "phone";
  const server = process.env.CAUCE_URL ?? "http://127.0.0.1:8080";
  const emulator = process.env.EMULATOR_URL ?? "http://127.0.0.1:4001";
  return {
    // In development one server shows both: / and /phone/.
    root: here(phone && command === "build" ? "./phone" : "."),
    plugins: [react()],
    build: {
      target,
      outDir: here(phone ? "./dist/phone" : "./dist/app"),
      emptyOutDir: true,
      // A strict Content-Security-Policy allows no data: scripts or styles; small files stay files.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
    server: {
      proxy: { "/api": server, "/emulator": emulator },
    },
    test: {
      root: here("."),
      include: ["src/**/*.test.{ts,tsx}"],
      environment: "node",
    },
  };
});
