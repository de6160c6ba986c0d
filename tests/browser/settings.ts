// What both configurations share: one Chromium, one way of starting it, people in Lima.
import type { PlaywrightTestConfig } from "@playwright/test";

/** The system's Chromium: Playwright's own download is a second browser to keep. */
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

export const settings = {
  testDir: ".",
  outputDir: "test-results",
  // Every test has a Cauce and an emulator of its own, on ports of their own.
  fullyParallel: true,
  workers: 2,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  use: {
    browserName: "chromium",
    launchOptions: {
      executablePath: CHROMIUM,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
    viewport: { width: 1280, height: 800 },
    locale: "es-PE",
    timezoneId: "America/Lima",
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
  },
} satisfies PlaywrightTestConfig;
