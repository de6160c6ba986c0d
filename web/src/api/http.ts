// The one way to the server: JSON over fetch with the types of its OpenAPI, problem+json as errors, the CSRF token
// on unsafe methods.
import type { components, paths } from "./schema";

/** RFC 9457. `code` is stable; `title` and `detail` are sentences for people, in Spanish. */
export type Problem = components["schemas"]["Problem"];

/** `code` is the server's, or `network` (no answer) or `http.<status>` (an answer that is no problem+json). */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly problem: Problem | null;

  constructor(code: string, status: number, problem: Problem | null) {
    super(problem?.detail ?? problem?.title ?? code);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
    this.problem = problem;
  }
}

type Method = "GET" | "POST";
type Operation<P extends keyof paths, M extends Method> = paths[P][Lowercase<M> & keyof paths[P]];
type PathWith<M extends Method> = {
  [P in keyof paths]: Operation<P, M> extends { responses: unknown } ? P : never;
}[keyof paths];

type Json<R> = R extends { content: { "application/json": infer T } } ? T : undefined;
type Answer<O> = O extends { responses: infer R } ? Json<R[keyof R & (200 | 201 | 202 | 204)]> : never;
type Part<O, Where extends "path" | "query"> = O extends { parameters: { [K in Where]?: infer T } }
  ? { [K in keyof T]: T[K] | undefined }
  : never;
type Body<O> = O extends { requestBody: { content: { "application/json": infer T } } } ? T : never;
type Options<O> = {
  params?: Part<O, "path">;
  query?: Part<O, "query">;
  body?: Body<O>;
  signal?: AbortSignal;
};

let csrf: string | null = null;
let written: string | undefined;
let onSignedOut: () => void = () => {};

/** The token of the session, from login or `/api/me`. */
export function setCsrf(token: string | null) {
  csrf = token;
}

/** From where on lists show everything this page has written; the server's words, to be handed back as they are. */
export const lastWrite = () => written;

/** What happens when the server says that nobody is signed in. */
export function setSignedOutHandler(handler: () => void) {
  onSignedOut = handler;
}

/** The server said that nobody is signed in. */
export const signedOut = () => onSignedOut();

function address(template: string, params: object = {}, query: object = {}): string {
  const path = Object.entries(params).reduce(
    (text, [name, value]) => text.replace(`{${name}}`, encodeURIComponent(String(value))),
    template,
  );
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? path : `${path}?${text}`;
}

async function failure(response: Response): Promise<ApiError> {
  if (response.headers.get("content-type")?.startsWith("application/problem+json")) {
    try {
      const problem = (await response.json()) as Problem;
      return new ApiError(problem.code, response.status, problem);
    } catch {
      // A broken body is told like a missing one.
    }
  }
  return new ApiError(`http.${response.status}`, response.status, null);
}

/** Sends a request and returns the JSON of the answer (`undefined` for an empty one). Throws `ApiError`. */
export async function request<M extends Method, P extends PathWith<M>>(
  method: M,
  path: P,
  { params, query, body, signal }: Options<Operation<P, M>> = {},
): Promise<Answer<Operation<P, M>>> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf !== null) headers["X-CSRF-Token"] = csrf;
  let response: Response;
  let text = "";
  try {
    response = await fetch(address(path, params, query), {
      method,
      headers,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
    written = response.headers.get("x-cauce-cursor") ?? written;
    if (response.ok) text = await response.text();
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError("network", 0, null);
  }
  if (!response.ok) {
    const error = await failure(response);
    if (error.code === "auth.required") signedOut();
    throw error;
  }
  return (text === "" ? undefined : JSON.parse(text)) as Answer<Operation<P, M>>;
}
