import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "../i18n";
import { ApiError, setSignedOutHandler } from "../api/http";
import { meQuery } from "../api/queries";
import { Theme } from "../theme";
import { createAppRouter } from "./router";
import "./app.css";

// Answers stay fresh until a live event, or a new live connection, says otherwise (see live/).
const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      networkMode: "always",
      retry: (failures, error) => failures < 2 && error instanceof ApiError && error.status === 0,
    },
    mutations: { networkMode: "always" },
  },
});

const router = createAppRouter(client);

setSignedOutHandler(() => {
  const { pathname, searchStr } = router.state.location;
  // Where nobody was signed in yet, the way to a screen leads over the login by itself.
  if (pathname === "/entrar" || client.getQueryData(meQuery.queryKey) === undefined) return;
  client.clear();
  void router.navigate({ to: "/entrar", search: { volver: pathname + searchStr } });
});

const root = document.getElementById("app");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Theme>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </Theme>
    </StrictMode>,
  );
}
