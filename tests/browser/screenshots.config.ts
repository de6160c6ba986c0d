import { defineConfig } from "@playwright/test";

import { settings } from "./settings.ts";

export default defineConfig({
  ...settings,
  timeout: 300_000,
  testMatch: ["screenshots.ts", "gallery.ts"],
  reporter: "list",
});
