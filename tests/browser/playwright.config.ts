import { defineConfig } from "@playwright/test";

import { settings } from "./settings.ts";

export default defineConfig({
  ...settings,
  testMatch: "*.spec.ts",
  forbidOnly: Boolean(process.env.CI),
  reporter: [["list"], ["html", { open: "never", outputFolder: "playwright-report" }]],
  use: { ...settings.use, trace: "retain-on-failure", screenshot: "only-on-failure" },
});
