import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

/** A stored resource, as the server holds it. */
export type StoredResource = Readonly<Record<string, unknown>> & { readonly id: string };

export interface ScimmyServer {
  /** The SCIM base URL. */
  readonly url: string;
  /** Any bearer token with this value is let in. */
  readonly token: string;
  users(): readonly StoredResource[];
  groups(): readonly StoredResource[];
  close(): Promise<void>;
}

/**
 * A SCIM service provider that nobody here wrote: scimmy-routers on Express, over resources in memory. scimmy's registry
 * of resource types is global, so there can be one of these in a process; starting another one empties it.
 */
export async function startScimmyServer(): Promise<ScimmyServer> {
  const groups = declareStore(SCIMMY.Resources.Group, "displayName", () => {});
  // Who is deleted leaves the groups.
  const users = declareStore(SCIMMY.Resources.User, "userName", (id) => {
    for (const group of groups.values()) {
      const members = (group["members"] ?? []) as { value: string }[];
      const left = members.filter(({ value }) => value !== id);
      if (left.length < members.length) groups.set(group.id, { ...group, members: left });
    }
  });
  if (!extended) SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser, false);
  extended = true;
  const token = randomUUID();
  const app = express();
  const handler = (request: express.Request): string => {
    if (request.header("authorization") !== `Bearer ${token}`) throw new Error("the token is not known");
    return "";
  };
  app.use("/scim/v2", new SCIMMYRouters({ type: "bearer", handler }));
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/scim/v2`,
    token,
    users: () => [...users.values()],
    groups: () => [...groups.values()],
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

let extended = false;

type Store = Map<string, StoredResource>;
type Handlers = Parameters<typeof SCIMMY.Resources.User.ingress>[0];

// scimmy hands over what it has validated, and wants back what is stored, with meta.
function declareStore(
  type: typeof SCIMMY.Resources.User | typeof SCIMMY.Resources.Group,
  unique: string,
  onDelete: (id: string) => void,
): Store {
  const store: Store = new Map();
  const read = (id: string): StoredResource => {
    const found = store.get(id);
    if (found === undefined) throw new SCIMMY.Types.Error(404, null as never, `Resource ${id} not found`);
    return found;
  };
  const resource = type as typeof SCIMMY.Resources.User;
  SCIMMY.Resources.declare(resource)
    .ingress((({ id }: { id?: string }, instance: object) => {
      const given = JSON.parse(JSON.stringify(instance)) as Record<string, unknown>;
      const folded = String(given[unique]).toLowerCase();
      for (const held of store.values()) {
        if (held.id !== id && String(held[unique]).toLowerCase() === folded) {
          throw new SCIMMY.Types.Error(409, "uniqueness", `${unique} ${folded} is taken`);
        }
      }
      const now = new Date().toISOString();
      const before = id === undefined ? undefined : read(id);
      const created = (before?.["meta"] as { created?: string } | undefined)?.created ?? now;
      const after = { ...given, id: id ?? randomUUID(), meta: { created, lastModified: now } };
      store.set(after.id, after);
      return after;
    }) as unknown as Handlers)
    .egress((async ({ id, filter }: { id?: string; filter?: { match(items: unknown[]): unknown[] } }) => {
      if (id !== undefined) return read(id);
      const all = [...store.values()];
      return filter === undefined ? all : filter.match(all);
    }) as never)
    .degress((({ id }: { id?: string }) => {
      const deleted = read(id ?? "");
      store.delete(deleted.id);
      onDelete(deleted.id);
    }) as never);
  return store;
}
