// Node + Redis with appendfsync always: one MULTI a message, on disk before the webhook is answered.
import Redis from "ioredis";
import { step } from "./journey.js";
import { listen } from "./webhook.js";

const redis = new Redis(process.env.REDIS_SOCKET);
const EIGHT_DAYS = 8 * 24 * 3600;

await listen(async (message, name) => {
  const key = `contact:${message.from}`;
  const [seen, kept] = await redis.mget(`seen:${message.id}`, key);
  if (seen !== null) return;
  const { state, say } = step(kept === null ? null : JSON.parse(kept).state, message.text.body);
  const said = { direction: "out", body: say, status: "pending", at: Date.now() };
  const heard = { direction: "in", body: message.text.body, id: message.id, at: Date.now() };
  const done = await redis.multi()
    .set(`seen:${message.id}`, "1", "EX", EIGHT_DAYS)
    .set(key, JSON.stringify({ name, state }))
    .rpush(`messages:${message.from}`, JSON.stringify(heard), JSON.stringify(said))
    .rpush("outbox", JSON.stringify({ to: message.from, body: say }))
    .exec();
  for (const [error] of done) if (error) throw error;
});
