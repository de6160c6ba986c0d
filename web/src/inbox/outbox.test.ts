import { beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "../api/http";
import { sendMessage, uploadFile } from "../api/queries";
import type { Message } from "../api/types";
import {
  anyUploading,
  canRepeat,
  canRetry,
  discard,
  pendingOf,
  send,
  sendAgain,
  sendOnceMore,
  settle,
} from "./outbox";

vi.mock("../api/queries", () => ({
  newCommand: () => crypto.randomUUID(),
  sendMessage: vi.fn(),
  uploadFile: vi.fn(),
}));

const sendMock = vi.mocked(sendMessage);
const uploadMock = vi.mocked(uploadFile);
const AT = "2026-11-20T10:00:00.000Z";
const refused = vi.fn();

const text = (body: string) => ({ case: "k1", body, at: AT });
const picture = new File(["bytes"], "casa.jpg", { type: "image/jpeg" });
const taken = (id: string) =>
  ({ id, mime: "image/jpeg", size: 5, name: "casa.jpg", media: "image" }) as const;

beforeEach(() => {
  sendMock.mockReset();
  uploadMock.mockReset();
  refused.mockReset();
  for (const pending of pendingOf("c1")) discard("c1", pending.command);
});

/** A promise that the test settles. */
function held<T>() {
  let release: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    release = resolve;
  });
  return { promise, release };
}

it("shows a message at once and forgets it when the conversation shows it", async () => {
  sendMock.mockResolvedValue({ seq: 7 });
  const sent = send("c1", text("hola"), refused);
  expect(pendingOf("c1").map((each) => each.body)).toEqual(["hola"]);
  await sent;
  settle("c1", (seq) => seq === 6);
  expect(pendingOf("c1")).toHaveLength(1);
  settle("c1", (seq) => seq === 7);
  expect(pendingOf("c1")).toEqual([]);
});

it("sends in order, one after the other", async () => {
  const order: string[] = [];
  const first = held<void>();
  sendMock.mockImplementationOnce(async (_, message) => {
    order.push(`${message.body} leaves`);
    await first.promise;
    order.push(`${message.body} arrived`);
    return { seq: 1 };
  });
  sendMock.mockImplementationOnce(async (_, message) => {
    order.push(`${message.body} leaves`);
    return { seq: 2 };
  });
  const both = [send("c1", text("uno"), refused), send("c1", text("dos"), refused)];
  await Promise.resolve();
  first.release();
  await Promise.all(both);
  expect(order).toEqual(["uno leaves", "uno arrived", "dos leaves"]);
});

it("gives what was written back when somebody else holds the case", async () => {
  sendMock.mockRejectedValue(new ApiError("case.taken", 409, null));
  await send("c1", text("mi respuesta"), refused);
  expect(pendingOf("c1")).toEqual([]);
  expect(refused).toHaveBeenCalledWith(
    expect.objectContaining({ code: "case.taken" }),
    expect.objectContaining({ body: "mi respuesta", file: null }),
  );
});

it("keeps a message that met no server, and sends it again as the same command", async () => {
  sendMock.mockRejectedValueOnce(new ApiError("network", 0, null));
  await send("c1", text("hola"), refused);
  const [kept] = pendingOf("c1");
  expect(kept?.problem?.code).toBe("network");
  sendMock.mockResolvedValueOnce({ seq: 9 });
  if (kept) await sendAgain("c1", kept.command, refused);
  expect(pendingOf("c1")[0]).toMatchObject({ seq: 9, problem: null });
  const commands = sendMock.mock.calls.map((call) => call[1].command);
  expect(new Set(commands).size).toBe(1);
});

it("uploads a file, tells how far it is, and sends it by the id that the server gave", async () => {
  const server = held<ReturnType<typeof taken>>();
  uploadMock.mockImplementationOnce((_, { onProgress }) => {
    onProgress(0.4);
    return server.promise;
  });
  sendMock.mockResolvedValue({ seq: 3 });
  const sent = send("c1", { ...text("la casa"), file: picture }, refused);
  await Promise.resolve();
  expect(pendingOf("c1")[0]?.file).toMatchObject({ media: "image", progress: 0.4, id: null });
  expect(anyUploading()).toBe(true);
  server.release(taken("f1"));
  await sent;
  expect(sendMock.mock.calls[0]?.[1]).toMatchObject({ file: "f1", media: "image", body: "la casa" });
  expect(pendingOf("c1")[0]).toMatchObject({ seq: 3, problem: null });
  expect(anyUploading()).toBe(false);
});

it("does not upload again what the server has, unless the server lost it", async () => {
  uploadMock.mockResolvedValueOnce(taken("f1")).mockResolvedValueOnce(taken("f2"));
  sendMock
    .mockRejectedValueOnce(new ApiError("network", 0, null))
    .mockRejectedValueOnce(new ApiError("file.unknown", 404, null))
    .mockResolvedValueOnce({ seq: 4 });
  await send("c1", { ...text(""), file: picture }, refused);
  const command = pendingOf("c1")[0]?.command ?? "";
  await sendAgain("c1", command, refused);
  expect(uploadMock).toHaveBeenCalledTimes(1);
  await sendAgain("c1", command, refused);
  expect(uploadMock).toHaveBeenCalledTimes(2);
  expect(sendMock.mock.calls.map((call) => call[1].file)).toEqual(["f1", "f1", "f2"]);
  expect(sendMock.mock.calls.every((call) => !("body" in call[1]))).toBe(true);
  expect(refused).not.toHaveBeenCalled();
});

it("stops an upload that is discarded, and goes on with the next message", async () => {
  uploadMock.mockImplementationOnce(
    (_, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  );
  sendMock.mockResolvedValue({ seq: 5 });
  const file = send("c1", { ...text(""), file: picture }, refused);
  const after = send("c1", text("y esto"), refused);
  await Promise.resolve();
  discard("c1", pendingOf("c1")[0]?.command ?? "");
  await Promise.all([file, after]);
  expect(sendMock.mock.calls.map((call) => call[1].body)).toEqual(["y esto"]);
  expect(pendingOf("c1").map((each) => each.body)).toEqual(["y esto"]);
});

it("never sends what was discarded while it waited its turn", async () => {
  const first = held<{ seq: number }>();
  sendMock.mockReturnValueOnce(first.promise);
  const both = [send("c1", text("uno"), refused), send("c1", text("dos"), refused)];
  discard("c1", pendingOf("c1")[1]?.command ?? "");
  first.release({ seq: 1 });
  await Promise.all(both);
  expect(sendMock).toHaveBeenCalledTimes(1);
});

it("keeps a file that is refused for what it is, where a second try would not help", async () => {
  uploadMock.mockRejectedValue(new ApiError("file.unfit", 422, null));
  await send("c1", { ...text(""), file: picture }, refused);
  const [kept] = pendingOf("c1");
  expect(kept?.problem?.code).toBe("file.unfit");
  expect(kept && canRetry(kept)).toBe(false);
  expect(refused).not.toHaveBeenCalled();
});

const failed = (author: Message["author"], content: Message["content"]) =>
  ({ author, content, status: "failed" }) as Message;
const ana = { kind: "agent", user: "ana", name: "Ana" } as const;

it("says once more, as a new message, what a message of the team said that nobody confirmed", async () => {
  sendMock.mockResolvedValue({ seq: 9 });
  const message = failed(ana, { type: "text", body: "Cuesta 25." });
  expect(canRepeat(message)).toBe(true);
  await sendOnceMore("c1", "k1", message, refused);
  expect(sendMock.mock.calls.map(([contact, { case: of, body }]) => [contact, of, body])).toEqual([
    ["c1", "k1", "Cuesta 25."],
  ]);
  const bot = { kind: "bot", node: "n", node_name: "N" } as const;
  expect(canRepeat(failed(bot, { type: "text", body: "Hola" }))).toBe(false);
  expect(canRepeat(failed(ana, { type: "notice", body: "…" } as Message["content"]))).toBe(false);
});
