import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type ScimSimulator, startScimSimulator } from "../../../src/simulator/scim/scim-simulator.ts";

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

let simulator: ScimSimulator;
beforeEach(async () => {
  simulator = await startScimSimulator({ like: "casdoor" });
  onTestFinished(() => simulator.close());
});

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
async function call(path: string, body?: unknown, authorization = `Bearer ${simulator.token}`): Promise<any> {
  const response = await fetch(`${simulator.apiUrl}/${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: authorization === "" ? {} : { authorization },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.status).toBe(200);
  return response.json();
}

const add = (name: string, more: object = {}) =>
  simulator.control.add("User", { userName: name, [enterprise]: { organization: "acme" }, ...more } as never);
const attributesOf = (id: string) => simulator.control.dump().users.find((each) => each.id === id)?.resource;

describe("Casdoor's own API", () => {
  test("knows the users of SCIM, and SCIM says that who is forbidden is not active", async () => {
    const id = add("zhang", { emails: [{ value: "z@example.com" }] });
    const user = (await call(`get-user?owner=acme&userId=${id}`)).data;
    expect(user).toMatchObject({ id, owner: "acme", name: "zhang", email: "z@example.com", password: "***" });
    expect((await call("get-user?id=acme/zhang")).data).toEqual(user);
    const changed = { ...user, isForbidden: true, gender: "Male" };
    expect(await call("update-user?id=acme/zhang&columns=is_forbidden&allowEmpty=1", changed)).toMatchObject({
      status: "ok",
      data: "Affected",
    });
    expect(attributesOf(id)).toMatchObject({ isForbidden: true, emails: [{ value: "z@example.com" }] });
    expect(attributesOf(id)).not.toHaveProperty("gender");
    const scim = await fetch(`${simulator.url}/Users/${id}`, {
      headers: { authorization: `Bearer ${simulator.token}` },
    });
    const shown = await scim.json();
    expect(shown).toMatchObject({ active: false });
    expect(shown).not.toHaveProperty("isForbidden");
  });

  test("answers nobody where userId stands beside id without an owner, and nobody of another organization", async () => {
    const id = add("zhang");
    expect((await call("get-user?id=acme/zhang&userId=acme/admin")).data).toBeNull();
    expect((await call(`get-user?owner=other&userId=${id}`)).data).toBeNull();
  });

  test("empties what an administrator's body lacks, whatever columns are named", async () => {
    const id = add("zhang", { emails: [{ value: "z@example.com" }], displayName: "z" });
    const part = { owner: "acme", name: "zhang", isForbidden: true };
    await call("update-user?id=acme/zhang&columns=is_forbidden&allowEmpty=1", part);
    expect(attributesOf(id)).not.toHaveProperty("emails");
    expect(attributesOf(id)).toMatchObject({ displayName: "z", isForbidden: true });
  });

  test("refuses with 200: credentials, nobody, an empty name, a taken one, a display name", async () => {
    add("zhang", { displayName: "z" });
    add("li", { emails: [{ value: "li@example.com" }] });
    const refused = (msg: RegExp) => ({ status: "error", msg: expect.stringMatching(msg) });
    expect(await call("get-users?owner=acme", undefined, "Bearer wrong")).toMatchObject(refused(/token/));
    expect(await call("get-users?owner=acme", undefined, "")).toMatchObject(refused(/Unauthorized/));
    const basic = (secret: string) => `Basic ${Buffer.from(`client:${secret}`).toString("base64")}`;
    expect(await call("get-users?owner=acme", undefined, basic("wrong"))).toMatchObject(refused(/secret/));
    expect(await call("get-users?owner=acme", undefined, basic(simulator.token))).toMatchObject({ status: "ok" });
    expect(await call("update-user?id=acme/nobody", {})).toMatchObject(refused(/doesn't exist/));
    expect(await call("update-user?id=acme/zhang&columns=gender", {})).toMatchObject(refused(/Display name/));
    expect(await call("update-user?id=acme/zhang&allowEmpty=1", {})).toMatchObject(refused(/Empty username/));
    const user = (await call("get-user?id=acme/zhang")).data;
    const taken = { ...user, email: "li@example.com" };
    expect(await call("update-user?id=acme/zhang&columns=gender", taken)).toMatchObject(refused(/Email already/));
    expect(await call("add-user", { owner: "acme", name: "a@b" })).toMatchObject(refused(/username may only/));
  });

  test("lists page by page, the newest first, and the last page again beyond it", async () => {
    for (const name of ["a", "b", "c"]) add(name);
    simulator.control.add("User", { userName: "elsewhere", [enterprise]: { organization: "other" } });
    const names = async (page: number) => {
      const { data, data2 } = await call(`get-users?owner=acme&p=${page}&pageSize=2`);
      return [data.map(({ name }: { name: string }) => name), data2];
    };
    expect([await names(1), await names(2), await names(9)]).toEqual([
      [["c", "b"], 3],
      [["a"], 3],
      [["a"], 3],
    ]);
  });

  test("makes a user with an id of one's own, and deletes one", async () => {
    const made = await call("add-user", {
      owner: "acme",
      name: "wang",
      id: "my-id",
      displayName: "王",
      gender: "Female",
    });
    expect(made).toMatchObject({ status: "ok", data: "Affected" });
    expect(attributesOf("my-id")).toMatchObject({ userName: "wang", displayName: "王", gender: "Female" });
    expect((await call("delete-user", { owner: "acme", name: "wang" })).data).toBe("Affected");
    expect((await call("delete-user", { owner: "acme", name: "wang" })).data).toBe("Unaffected");
  });

  test("fails on demand like SCIM, and is counted by what was called", async () => {
    const id = add("zhang");
    const body = JSON.stringify({ status: "error", msg: "no" });
    simulator.control.fault({ match: { type: "get-user" }, times: 1, effect: { kind: "status", status: 200, body } });
    expect(await call(`get-user?owner=acme&userId=${id}`)).toEqual({ status: "error", msg: "no" });
    expect((await call(`get-user?owner=acme&userId=${id}`)).status).toBe("ok");
    expect(simulator.control.requests().counts).toEqual({ "GET get-user": 2 });
  });
});

test("no other product has it", async () => {
  const plain = await startScimSimulator();
  onTestFinished(() => plain.close());
  expect(plain.apiUrl).toBeNull();
});
