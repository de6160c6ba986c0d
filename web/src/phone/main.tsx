// The test phone: a WhatsApp look-alike on which to write to the business as one of its customers.
import "../i18n";
import "./phone.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";

// Events say when something changed; a failed request is tried again when the next one arrives or soon after.
// The emulator is on this computer: a computer without internet reaches it too.
const client = new QueryClient({
  defaultOptions: {
    queries: { staleTime: Number.POSITIVE_INFINITY, retry: true, retryDelay: 1000, networkMode: "always" },
    mutations: { networkMode: "always" },
  },
});

const root = document.getElementById("phone");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
}
