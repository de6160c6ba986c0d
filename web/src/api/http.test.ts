import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, request, setCsrf, setSignedOutHandler, upload } from "./http";

const fetchMock = vi.fn<typeof fetch>();

beforeEach(() => {
  vi.stubGlobal("fetch", fetchMock);
});

afterEach(() => {
  vi.unstubAllGlobals();
  fetchMock.mockReset();
  setCsrf(null);
  setSignedOutHandler(() => {});
});

function problem(status: number, body: object) {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json; charset=utf-8" },
  });
}

async function errorOf(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

describe("request", () => {
  it("fills the path and the query in, escaped, and leaves undefined out", async () => {
    fetchMock.mockImplementation(async () => new Response("{}"));
    await request("GET", "/api/conversations", { query: { tab: "mine", before: undefined, limit: 5 } });
    await request("GET", "/api/conversations/{contact}", { params: { contact: "a/b?c" } });
    expect(fetchMock.mock.calls.map((call) => call[0])).toEqual([
      "/api/conversations?tab=mine&limit=5",
      "/api/conversations/a%2Fb%3Fc",
    ]);
  });

  it("sends the CSRF token with unsafe methods only", async () => {
    setCsrf("secret");
    fetchMock.mockImplementation(async () => new Response("{}"));
    await request("GET", "/api/me");
    await request("POST", "/api/logout");
    const headers = fetchMock.mock.calls.map((call) => call[1]?.headers as Record<string, string>);
    expect(headers[0]).not.toHaveProperty("X-CSRF-Token");
    expect(headers[1]).toHaveProperty("X-CSRF-Token", "secret");
  });

  it("returns undefined for 204", async () => {
    fetchMock.mockResolvedValue(new Response(null, { status: 204 }));
    expect(await request("POST", "/api/logout")).toBeUndefined();
  });

  it("turns problem+json into an error with its code and its extra members", async () => {
    fetchMock.mockResolvedValue(
      problem(409, {
        code: "case.taken",
        title: "Ya la tomaron",
        status: 409,
        holder: { id: "u2", name: "Eva" },
      }),
    );
    const error = await errorOf(
      request("POST", "/api/cases/{case}/take", { params: { case: "k1" }, body: { command: "1" } }),
    );
    expect([error.code, error.status, error.problem?.holder?.name]).toEqual(["case.taken", 409, "Eva"]);
  });

  it("says http.<status> when the answer is not a problem, and network when there is none", async () => {
    fetchMock.mockResolvedValueOnce(new Response("<h1>Bad gateway</h1>", { status: 502 }));
    expect((await errorOf(request("GET", "/api/me"))).code).toBe("http.502");
    fetchMock.mockRejectedValueOnce(new TypeError("Failed to fetch"));
    expect((await errorOf(request("GET", "/api/me"))).code).toBe("network");
  });

  it("tells the app when nobody is signed in, but not when a password is wrong", async () => {
    const signedOut = vi.fn();
    setSignedOutHandler(signedOut);
    fetchMock.mockResolvedValueOnce(problem(401, { code: "auth.wrong", title: "No coincide", status: 401 }));
    await errorOf(request("POST", "/api/login", { body: { email: "a@b.c", password: "x" } }));
    expect(signedOut).not.toHaveBeenCalled();
    fetchMock.mockResolvedValueOnce(problem(401, { code: "auth.required", title: "Entra", status: 401 }));
    await errorOf(request("GET", "/api/flows"));
    expect(signedOut).toHaveBeenCalledOnce();
  });
});

describe("upload", () => {
  /** As much of XMLHttpRequest as an upload needs; the test plays the server. */
  class Exchange {
    static last: Exchange;
    upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
    headers: Record<string, string> = {};
    status = 0;
    responseText = "";
    contentType = "application/json";
    sent: FormData | undefined;
    onload = () => {};
    onerror = () => {};
    onabort = () => {};
    constructor() {
      Exchange.last = this;
    }
    open = vi.fn();
    abort = () => this.onabort();
    setRequestHeader = (name: string, value: string) => {
      this.headers[name] = value;
    };
    getResponseHeader = () => this.contentType;
    send = (form: FormData) => {
      this.sent = form;
    };
    answer(status: number, body: object, contentType = "application/json") {
      Object.assign(this, { status, responseText: JSON.stringify(body), contentType });
      this.onload();
    }
  }

  const file = new File(["hola"], "nota.txt", { type: "text/plain" });
  const begin = (controller = new AbortController(), onProgress = (_: number) => {}) =>
    upload("/api/files", file, { onProgress, signal: controller.signal });

  beforeEach(() => {
    vi.stubGlobal("XMLHttpRequest", Exchange);
  });

  it("hands the file over with the token and tells how far it is", async () => {
    setCsrf("secret");
    const parts: number[] = [];
    const sent = begin(undefined, (part) => parts.push(part));
    Exchange.last.upload.onprogress?.({ loaded: 1, total: 4 });
    Exchange.last.answer(201, { id: "f1" });
    expect(await sent).toEqual({ id: "f1" });
    expect(parts).toEqual([0.25]);
    expect(Exchange.last.headers["X-CSRF-Token"]).toBe("secret");
    expect(Exchange.last.headers).not.toHaveProperty("Content-Type");
    expect(Exchange.last.sent?.get("file")).toMatchObject({ name: "nota.txt", type: "text/plain" });
  });

  it("fails like any other request", async () => {
    const unfit = begin();
    Exchange.last.answer(413, { code: "body.too_large", title: "Grande" }, "application/problem+json");
    expect((await errorOf(unfit)).code).toBe("body.too_large");
    const lost = begin();
    Exchange.last.onerror();
    expect((await errorOf(lost)).code).toBe("network");
  });

  it("stops when it is told to", async () => {
    const controller = new AbortController();
    const sent = begin(controller);
    controller.abort();
    await expect(sent).rejects.toBe(controller.signal.reason);
    await expect(begin(controller)).rejects.toBe(controller.signal.reason);
  });
});
