// Meta's door, as one would write it: the signature over the raw bytes, then every message of the batch.
import { createHmac, timingSafeEqual } from "node:crypto";
import Fastify from "fastify";

const secret = process.env.APP_SECRET;

function signed(header, body) {
  const expected = "sha256=" + createHmac("sha256", secret).update(body).digest("hex");
  return typeof header === "string" && header.length === expected.length
    && timingSafeEqual(Buffer.from(header), Buffer.from(expected));
}

// Listens, and has `take(message, name)` make each message durable before the webhook is answered.
export async function listen(take) {
  const app = Fastify({ logger: false, bodyLimit: 3 * 1024 * 1024 });
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.post("/webhooks/whatsapp", async (request, reply) => {
    if (!signed(request.headers["x-hub-signature-256"], request.body)) return reply.code(403).send();
    const webhook = JSON.parse(request.body);
    for (const entry of webhook.entry ?? [])
      for (const { value } of entry.changes ?? [])
        for (const message of value.messages ?? [])
          await take(message, value.contacts?.[0]?.profile?.name);
    return reply.code(200).send();
  });
  const address = await app.listen({ port: 0, host: "127.0.0.1" });
  console.log(address.replace("http://", ""));
}
