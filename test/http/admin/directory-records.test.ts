import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeDirectoryWriting } from "../../../src/directory/write-resources.ts";
import type { Writer } from "../../../src/directory/writing.ts";
import { makeSchemaCatalog } from "../../../src/scim/catalog.ts";
import { patchOpSchema } from "../../../src/scim/messages.ts";
import { coreUserSchema } from "../../../src/scim/resource.ts";
import { type AdminFixture, makeAdminFixture } from "../../support/admin.ts";

let fixture: AdminFixture;
let custom: string;
let client: Writer & { readonly id: string };

beforeEach(async () => {
  fixture = await makeAdminFixture();
  custom = (await fixture.request("POST", "/api/v1/sources", { name: "partners", type: "custom" })).body.id;
  const { body } = await fixture.request("POST", "/api/v1/scim-clients", { name: "okta", access: "write" });
  client = { id: body.id, name: "okta", access: "write", sources: "all" };
});

afterEach(() => fixture.store.close());

const records = async (query = "") => (await fixture.request("GET", `/api/v1/directory-records${query}`)).body;
const writing = () => makeDirectoryWriting({ writer: fixture.store, catalog: () => makeSchemaCatalog([]) });

async function patch(id: string, path: string, value: unknown): Promise<void> {
  const body = JSON.stringify({ schemas: [patchOpSchema], Operations: [{ op: "replace", path, value }] });
  await writing().modify("User", id, body, client);
}

describe("records of our own directory", () => {
  it("say who wrote what: clients and administrators, attribute by attribute, newest first", async () => {
    const body = { schemas: [coreUserSchema], userName: "ann", externalId: "e-1", displayName: "Ann", title: "a" };
    const { row } = await writing().create("User", body, client);
    await patch(row.id, "title", "b");
    await patch(row.id, "active", false);
    await patch(row.id, "active", true);
    // Nothing of it is another: no record.
    await patch(row.id, "title", "b");
    expect((await fixture.request("DELETE", `/api/v1/sources/partners/users/${row.id}`)).status).toBe(204);

    const { items, nextCursor } = await records();
    expect(nextCursor).toBeNull();
    expect(items.map(({ action }: { action: string }) => action)).toEqual([
      ...["delete", "reactivate", "deactivate", "update", "create"],
    ]);
    const common = {
      sourceId: custom,
      resourceType: "User",
      resourceId: row.id,
      externalId: "e-1",
      displayName: "Ann",
    };
    expect(items[0]).toMatchObject({ ...common, client: null });
    expect(items[0].changes).toContainEqual({ attribute: "title", before: "b", after: null });
    expect(items[2].changes).toEqual([{ attribute: "active", before: true, after: false }]);
    expect(items[3]).toMatchObject({ ...common, client: { id: client.id, name: "okta" } });
    expect(items[3].changes).toEqual([{ attribute: "title", before: "a", after: "b" }]);
    expect(items[4].changes).toContainEqual({ attribute: "userName", before: null, after: "ann" });
    expect(Date.parse(items[4].at)).toBeLessThanOrEqual(Date.parse(items[0].at));
  });

  it("tell who came to a group and who went, of a dynamic one too", async () => {
    const ann = (await writing().create("User", { schemas: [coreUserSchema], userName: "ann", title: "x" }, client))
      .row;
    const group = { displayName: "VPN", members: [ann.id] };
    const listed = (await fixture.request("POST", "/api/v1/user-groups", group)).body.id;
    const form = { displayName: "Dynamic", memberFilter: 'title eq "x"' };
    const dynamic = (await fixture.request("POST", "/api/v1/user-groups", form)).body.id;
    await patch(ann.id, "title", "y");
    const [ofDynamic] = (await records(`?resource=${dynamic}`)).items;
    expect(ofDynamic).toMatchObject({ action: "update", sourceId: "user-groups", client: { name: "okta" } });
    expect(ofDynamic.changes).toEqual([
      { attribute: "members", added: [], removed: [ann.id], addedCount: 0, removedCount: 1 },
    ]);
    const [ofListed] = (await records(`?resource=${listed}`)).items;
    expect(ofListed).toMatchObject({ action: "create", client: null });
    expect(ofListed.changes).toContainEqual(expect.objectContaining({ attribute: "members", added: [ann.id] }));
  });

  it("are asked for by source, resource and client, in pages", async () => {
    for (const userName of ["a", "b", "c"]) {
      await writing().create("User", { schemas: [coreUserSchema], userName }, client);
    }
    await fixture.request("POST", "/api/v1/user-groups", { displayName: "VPN" });
    expect((await records("?source=partners")).items).toHaveLength(3);
    expect((await records("?source=user-groups")).items).toHaveLength(1);
    expect((await records("?client=null")).items).toHaveLength(1);
    expect((await records("?client=okta")).items).toHaveLength(3);
    expect((await records(`?client=${client.id}&source=${custom}`)).items).toHaveLength(3);
    const first = await records("?limit=3");
    const rest = await records(`?limit=3&cursor=${first.nextCursor}`);
    expect([...first.items, ...rest.items].map(({ displayName }: { displayName: string }) => displayName)).toEqual([
      ...["VPN", "c", "b", "a"],
    ]);
    expect(rest.nextCursor).toBeNull();
    expect((await fixture.request("GET", "/api/v1/directory-records?client=nobody")).status).toBe(400);
    expect((await fixture.request("GET", "/api/v1/directory-records?cursor=x")).status).toBe(400);
    const unknown = await fixture.request("GET", "/api/v1/directory-records?source=nobody");
    expect([unknown.status, unknown.body.errors[0].parameter]).toEqual([400, "source"]);
    await fixture.request("DELETE", "/api/v1/sources/partners?people=keep");
    expect((await records(`?source=${custom}`)).items).toHaveLength(3);
  });

  it("are forgotten with the records of tasks, and written with nothing that failed", async () => {
    const { row } = await writing().create("User", { schemas: [coreUserSchema], userName: "ann" }, client);
    await expect(writing().create("User", { schemas: [coreUserSchema], userName: "ANN" }, client)).rejects.toThrow();
    expect((await records()).items.map(({ resourceId }: { resourceId: string }) => resourceId)).toEqual([row.id]);
    await fixture.store.pruneRecords(Date.now() + 1000);
    expect((await records()).items).toEqual([]);
  });
});
