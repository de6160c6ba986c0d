// The addresses of the app. Each screen is loaded when it is first visited.
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { ApiError } from "../api/http";
import { meQuery } from "../api/queries";
import { TABS, type Tab } from "../api/types";
import { LoadingScreen, LostScreen, ProblemScreen } from "./Screens";

type Context = { client: QueryClient };

const text = (value: unknown): string | undefined =>
  typeof value === "string" || typeof value === "number" ? String(value) : undefined;

const isTab = (value: unknown): value is Tab => TABS.includes(value as Tab);

const rootRoute = createRootRouteWithContext<Context>()({
  component: Outlet,
  notFoundComponent: LostScreen,
});

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/entrar",
  // Only addresses of this app are gone back to.
  validateSearch: (search): { volver?: string } => {
    const back = text(search.volver);
    return back?.startsWith("/") && !back.startsWith("//") ? { volver: back } : {};
  },
  component: lazyRouteComponent(() => import("./Login"), "Login"),
});

const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "shell",
  beforeLoad: async ({ context, location }) => {
    try {
      const me = await context.client.ensureQueryData(meQuery);
      return { me };
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        throw redirect({
          to: "/entrar",
          search: location.pathname === "/" ? {} : { volver: location.href },
          replace: true,
        });
      }
      throw error;
    }
  },
  component: lazyRouteComponent(() => import("./Shell"), "Shell"),
});

const homeRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/bandeja", replace: true });
  },
});

const inboxRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/bandeja",
  validateSearch: (search): { tab?: Tab } => (isTab(search.tab) ? { tab: search.tab } : {}),
  component: lazyRouteComponent(() => import("../inbox/Inbox"), "Inbox"),
});

const conversationRoute = createRoute({
  getParentRoute: () => inboxRoute,
  path: "$contact",
});

const flowsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/recorridos",
  component: lazyRouteComponent(() => import("../flows/FlowList"), "FlowList"),
});

const flowRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/recorridos/$flow",
  validateSearch: (search): { contacto?: string; paso?: string } => {
    const contacto = text(search.contacto);
    const paso = text(search.paso);
    return { ...(contacto ? { contacto } : {}), ...(paso ? { paso } : {}) };
  },
  component: lazyRouteComponent(() => import("../flows/FlowPage"), "FlowPage"),
});

const healthRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/estado",
  component: lazyRouteComponent(() => import("../health/Health"), "Health"),
});

const routeTree = rootRoute.addChildren([
  loginRoute,
  shellRoute.addChildren([
    homeRoute,
    inboxRoute.addChildren([conversationRoute]),
    flowsRoute,
    flowRoute,
    healthRoute,
  ]),
]);

export const createAppRouter = (client: QueryClient) =>
  createRouter({
    routeTree,
    context: { client },
    defaultPreload: "intent",
    defaultPendingComponent: LoadingScreen,
    defaultErrorComponent: ProblemScreen,
    defaultNotFoundComponent: LostScreen,
    // Ids stay as written: "?contacto=123" is a text, not a number.
    parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
    stringifySearch: (search) => {
      const pairs = Object.entries(search).filter(([, value]) => value !== undefined && value !== "");
      const query = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
      return query === "" ? "" : `?${query}`;
    },
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
