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

function failure(status: number, contentType: string | null, body: string): ApiError {
  if (contentType?.startsWith("application/problem+json")) {
    try {
      const problem = JSON.parse(body) as Problem;
      return new ApiError(problem.code, status, problem);
    } catch {
      // A broken body is told like a missing one.
    }
  }
  return new ApiError(`http.${status}`, status, null);
}

/** Told to the page before it is thrown. */
function noticed(error: ApiError): ApiError {
  if (error.code === "auth.required") signedOut();
  return error;
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
    text = await response.text();
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError("network", 0, null);
  }
  if (!response.ok) throw noticed(failure(response.status, response.headers.get("content-type"), text));
  return (text === "" ? undefined : JSON.parse(text)) as Answer<Operation<P, M>>;
}

/**
 * Hands a file to the server as `multipart/form-data`; `onProgress` hears which part of it has left (0–1). Throws
 * `ApiError`, or the signal's reason when that stopped it. Not fetch: that does not tell how far an upload got.
 */
export function upload<P extends PathWith<"POST">>(
  path: P,
  file: File,
  { onProgress, signal }: { onProgress: (part: number) => void; signal: AbortSignal },
): Promise<Answer<Operation<P, "POST">>> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const exchange = new XMLHttpRequest();
    exchange.open("POST", path);
    exchange.setRequestHeader("Accept", "application/json");
    if (csrf !== null) exchange.setRequestHeader("X-CSRF-Token", csrf);
    exchange.upload.onprogress = ({ loaded, total }) => total > 0 && onProgress(loaded / total);
    exchange.onload = () => {
      const { status, responseText } = exchange;
      if (status >= 200 && status < 300) resolve(JSON.parse(responseText));
      else reject(noticed(failure(status, exchange.getResponseHeader("content-type"), responseText)));
    };
    exchange.onerror = () => reject(new ApiError("network", 0, null));
    exchange.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => exchange.abort(), { once: true });
    const form = new FormData();
    form.append("file", file, file.name);
    exchange.send(form);
  });
}
