import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { authenticateClient, makeClientMemory } from "../../../src/http/scim/authenticate.ts";
import type { ScimClientRow } from "../../../src/store/store.ts";

describe("a SCIM client's token", () => {
  it("is refused within a second of the client's deletion", async () => {
    const clients: ScimClientRow[] = [
      { id: "1", name: "one", access: "read", sources: "all", requestsPerSecond: 0, createdAt: 0 },
    ];
    let time = 0;
    const app = new Hono();
    app.use(
      authenticateClient(
        async () => clients[0] ?? null,
        () => false,
        makeClientMemory(() => time),
      ),
    );
    app.get("/", (context) => context.text("in"));
    const ask = async () => (await app.request("/", { headers: { authorization: "Bearer t" } })).status;
    expect(await ask()).toBe(200);
    clients.pop();
    time = 1000;
    expect(await ask()).toBe(401);
  });

  it("is not taken for another's while one is remembered", async () => {
    const app = new Hono();
    const hashes: string[] = [];
    app.use(
      authenticateClient(
        async (hash) => {
          hashes.push(hash);
          return hashes.length === 1
            ? { id: "1", name: "one", access: "read", sources: "all", requestsPerSecond: 0, createdAt: 0 }
            : null;
        },
        () => false,
        makeClientMemory(() => 0),
      ),
    );
    app.get("/", (context) => context.text("in"));
    const ask = async (token: string) => {
      const response = await app.request("/", { headers: { authorization: `Bearer ${token}` } });
      return response.status;
    };
    expect([await ask("a"), await ask("a"), await ask("b")]).toEqual([200, 200, 401]);
    expect(hashes).toHaveLength(2);
  });

  it("is asked for anew as soon as a client was changed, by who is being answered as well", async () => {
    const row: ScimClientRow = {
      ...{ id: "1", name: "one", access: "read", sources: "all", requestsPerSecond: 0, createdAt: 0 },
    };
    let client: ScimClientRow | null = row;
    const memory = makeClientMemory(() => 0);
    const find = async () => client;
    expect(await memory.find("Bearer t", find)).toEqual(row);
    client = null;
    expect(await memory.find("Bearer t", find)).toEqual(row);
    memory.forget();
    expect(await memory.find("Bearer t", find)).toBeNull();

    // Deleted while the database is being asked: the answer is not remembered.
    client = row;
    const asked = memory.find("Bearer t", async () => {
      memory.forget();
      return row;
    });
    client = null;
    await asked;
    expect(await memory.find("Bearer t", find)).toBeNull();
  });
});
