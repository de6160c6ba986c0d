import { defineConfig } from "@playwright/test";

import { settings } from "./settings.ts";

export default defineConfig({
  ...settings,
  testMatch: "*.spec.ts",
  forbidOnly: Boolean(process.env.CI),
  // A shared machine may starve a browser; a second try passes as "flaky", which the report shows.
  retries: process.env.CI ? 1 : 0,
  reporter: [["list"], ["html", { open: "never", outputFolder: "playwright-report" }]],
  use: { ...settings.use, trace: "retain-on-failure", screenshot: "only-on-failure" },
});
