// The one way to the server: typed JSON over fetch, problem+json as errors, the CSRF token on unsafe methods.

/** RFC 9457. `code` is stable; `title` and `detail` are sentences for people, in Spanish. */
export type Problem = {
  code: string;
  title: string;
  status: number;
  detail?: string;
  holder?: { id: string; name: string };
};

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

type Method = "GET" | "POST" | "PUT" | "DELETE";
type Query = Record<string, string | number | undefined>;
type Options = { query?: Query; body?: unknown; signal?: AbortSignal };

let csrf: string | null = null;
let onSignedOut: () => void = () => {};

/** The token of the session, from login or `/api/me`. */
export function setCsrf(token: string | null) {
  csrf = token;
}

/** What happens when the server says that nobody is signed in. */
export function setSignedOutHandler(handler: () => void) {
  onSignedOut = handler;
}

function address(path: string, query: Query | undefined): string {
  const pairs = Object.entries(query ?? {}).filter(
    (pair): pair is [string, string | number] => pair[1] != null,
  );
  const text = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
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
export async function request<T>(method: Method, path: string, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf !== null) headers["X-CSRF-Token"] = csrf;
  let response: Response;
  try {
    response = await fetch(address(path, options.query), {
      method,
      headers,
      credentials: "same-origin",
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiError("network", 0, null);
  }
  if (!response.ok) {
    const error = await failure(response);
    if (error.code === "auth.required") onSignedOut();
    throw error;
  }
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}
