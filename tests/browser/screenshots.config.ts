import { defineConfig } from "@playwright/test";

import { settings } from "./settings.ts";

export default defineConfig({ ...settings, testMatch: "screenshots.ts", reporter: "list" });
