import { expect, it } from "vitest";
import { bearerTarget, makeAdminFixture, wecomSource } from "../../support/admin.ts";

/** Two replicas on one database: each looks for the name, then both write. */
async function makeReplicas() {
  const one = await makeAdminFixture();
  const two = await makeAdminFixture({ store: one.store });
  return { one, two };
}

it.each([
  ["/api/v1/sources", wecomSource("same"), 'There is a source "same" already.', "is taken by another source"],
  ["/api/v1/targets", bearerTarget("same"), 'There is a target "same" already.', "is taken by another target"],
  [
    "/api/v1/scim-clients",
    { name: "same", access: "read", sources: "all" },
    'There is a SCIM client "same" already.',
    "is taken by another client",
  ],
])("a name taken at %s by another replica at the same moment is a 409", async (path, form, detail, reason) => {
  const { one, two } = await makeReplicas();
  const answers = await Promise.all([one, two].map((replica) => replica.request("POST", path, form)));
  const [made, refused] = answers.toSorted((a, b) => a.status - b.status);
  expect(made?.status).toBe(201);
  expect(refused?.body).toMatchObject({
    ...{ status: 409, type: "urn:wecom-scim-bridge:problem:name-taken", detail },
    errors: [{ pointer: "/name", detail: reason }],
  });
  const { body } = await one.request("GET", path);
  expect(body.items).toHaveLength(1);
});

it("a new name that another replica gives away at the same moment is a 409 too, and changes nothing", async () => {
  const { one, two } = await makeReplicas();
  for (const name of ["a", "b"]) await one.request("POST", "/api/v1/sources", wecomSource(`source-${name}`));
  const answers = await Promise.all([
    one.request("PATCH", "/api/v1/sources/source-a", { name: "wanted" }),
    two.request("PATCH", "/api/v1/sources/source-b", { name: "wanted" }),
  ]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
  const { body } = await one.request("GET", "/api/v1/sources");
  expect(body.items.map(({ name }: { name: string }) => name).filter((name: string) => name === "wanted")).toHaveLength(
    1,
  );
});

it("the members of a record that is not there are a 404, those of one without members an empty page", async () => {
  const { request, store } = await makeAdminFixture();
  const source = await request("POST", "/api/v1/sources", wecomSource("corp"));
  const sourceId: string = source.body.id;
  const { task } = await store.queueTask({ sourceId, targetId: null, trigger: "manual", mode: "apply" });
  const lease = await store.takeLease(`source:${sourceId}`, "test", 1000);
  if (lease === null) throw new Error("no lease");
  await store.addChanges(lease, task.id, [
    {
      ...{ kind: "department", key: "1", resourceType: "Group", resourceId: "g1", externalId: "department:1" },
      ...{ displayName: "研发", action: "create", status: "planned", error: null, because: "new in the source" },
      ...{ before: null, after: { displayName: "研发" }, sources: null, baseVersion: 0 },
      ...{ fingerprint: "f", mappingVersion: "m", managerKey: null, changesIdentity: false },
    },
  ]);
  const records = await request("GET", `/api/v1/sync-tasks/${task.id}/records`);
  const { id } = records.body.records[0];
  const path = `/api/v1/sync-tasks/${task.id}/records`;
  expect((await request("GET", `${path}/${id}/members`)).body).toEqual({ items: [], nextCursor: null });
  for (const nobody of ["999999", "abc", "1e1", "%00"]) {
    const answer = await request("GET", `${path}/${nobody}/members`);
    expect([nobody, answer.status, answer.body.type]).toEqual([nobody, 404, "urn:wecom-scim-bridge:problem:not-found"]);
  }
});
