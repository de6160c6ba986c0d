// Node + PostgreSQL: one transaction a message, committed to disk before the webhook is answered.
import pg from "pg";
import { step } from "./journey.js";
import { listen } from "./webhook.js";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 20 });

await pool.query(`
  create table seen (provider_id text primary key, at timestamptz not null default now());
  create table contacts (phone text primary key, name text, state jsonb not null);
  create table messages (
    id bigserial primary key, phone text not null, direction text not null, body text not null,
    provider_id text, status text not null, at timestamptz not null default now());
  create index messages_of on messages (phone, id);
`);

await listen(async (message, name) => {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const first = await client.query("insert into seen (provider_id) values ($1) on conflict do nothing", [message.id]);
    if (first.rowCount === 1) {
      const found = await client.query("select state from contacts where phone = $1 for update", [message.from]);
      const { state, say } = step(found.rows[0]?.state ?? null, message.text.body);
      await client.query(
        "insert into contacts (phone, name, state) values ($1, $2, $3) on conflict (phone) do update set state = $3",
        [message.from, name, state]);
      await client.query(
        `insert into messages (phone, direction, body, provider_id, status)
         values ($1, 'in', $2, $3, 'received'), ($1, 'out', $4, null, 'pending')`,
        [message.from, message.text.body, message.id, say]);
    }
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
});
