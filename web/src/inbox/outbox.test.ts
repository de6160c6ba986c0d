import { beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "../api/http";
import { sendMessage } from "../api/queries";
import { discard, pendingOf, send, sendAgain, settle } from "./outbox";

vi.mock("../api/queries", () => ({
  newCommand: () => crypto.randomUUID(),
  sendMessage: vi.fn(),
}));

const sendMock = vi.mocked(sendMessage);
const AT = "2026-11-20T10:00:00.000Z";
const refused = vi.fn();

beforeEach(() => {
  sendMock.mockReset();
  refused.mockReset();
  for (const pending of pendingOf("c1")) discard("c1", pending.command);
});

it("shows a message at once and forgets it when the conversation shows it", async () => {
  sendMock.mockResolvedValue({ seq: 7 });
  const sent = send("c1", "k1", "hola", AT, refused);
  expect(pendingOf("c1").map((each) => each.body)).toEqual(["hola"]);
  await sent;
  settle("c1", (seq) => seq === 6);
  expect(pendingOf("c1")).toHaveLength(1);
  settle("c1", (seq) => seq === 7);
  expect(pendingOf("c1")).toEqual([]);
});

it("sends in order, one after the other", async () => {
  const order: string[] = [];
  let release: () => void = () => {};
  sendMock.mockImplementationOnce(async (_, message) => {
    order.push(`${message.body} leaves`);
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    order.push(`${message.body} arrived`);
    return { seq: 1 };
  });
  sendMock.mockImplementationOnce(async (_, message) => {
    order.push(`${message.body} leaves`);
    return { seq: 2 };
  });
  const first = send("c1", "k1", "uno", AT, refused);
  const second = send("c1", "k1", "dos", AT, refused);
  await Promise.resolve();
  release();
  await Promise.all([first, second]);
  expect(order).toEqual(["uno leaves", "uno arrived", "dos leaves"]);
});

it("gives the text back when somebody else holds the case", async () => {
  sendMock.mockRejectedValue(new ApiError("case.taken", 409, null));
  await send("c1", "k1", "mi respuesta", AT, refused);
  expect(pendingOf("c1")).toEqual([]);
  expect(refused).toHaveBeenCalledWith(expect.objectContaining({ code: "case.taken" }), "mi respuesta");
});

it("keeps a message that met no server, and sends it again as the same command", async () => {
  sendMock.mockRejectedValueOnce(new ApiError("network", 0, null));
  await send("c1", "k1", "hola", AT, refused);
  const [kept] = pendingOf("c1");
  expect(kept?.problem?.code).toBe("network");
  sendMock.mockResolvedValueOnce({ seq: 9 });
  if (kept) await sendAgain("c1", kept, refused);
  expect(pendingOf("c1")[0]).toMatchObject({ seq: 9, problem: null });
  const commands = sendMock.mock.calls.map((call) => call[1].command);
  expect(new Set(commands).size).toBe(1);
});
