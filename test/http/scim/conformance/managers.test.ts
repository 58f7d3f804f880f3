import { expect, it } from "vitest";
import { patchOpSchema } from "../../../../src/scim/messages.ts";
import { enterpriseUserSchema as enterprise } from "../../../../src/scim/resource.ts";
import { testId } from "../../../store/filter-directory.ts";
import type { Answer } from "../scim-server.ts";
import { type Endpoint, expectError, expectStatus, onEachEndpoint } from "./endpoint.ts";

// RFC 7643 §4.3: `manager.value` is the id of a User. Suites send ids that are nobody's, and expect to read them.

const path = `${enterprise}:manager`;
const managedBy = (value: string) => ({ [enterprise]: { manager: { value } } });

/** What is answered to each way of giving somebody a manager. */
async function giveEachWay(scim: Endpoint, value: string, token = "token-write"): Promise<readonly Answer[]> {
  const user = await scim.newUser();
  const { userName } = user.json;
  const patch = (at: string) =>
    scim.send("PATCH", user.path, {
      body: { schemas: [patchOpSchema], Operations: [{ op: "add", path: at, value }] },
      token,
    });
  return [
    await scim.send("POST", "/Users", { body: { userName: `new.${userName}`, ...managedBy(value) }, token }),
    await patch(path),
    await scim.send("PUT", user.path, { body: { userName, ...managedBy(value) }, token }),
    await patch(`${path}.value`),
  ];
}

onEachEndpoint(
  "managers",
  (scim) => {
    it("R-041 refuses a Group that the client sees", async () => {
      const group = await scim.newGroup();
      for (const value of [testId(100), group.id]) {
        for (const answer of await giveEachWay(scim, value)) {
          expectError(answer, 400, "invalidValue");
          expect(answer.json["detail"]).toBe("manager.value: this is the id of a Group");
        }
      }
      expect(await scim.find("/Users", 'userName sw "new."')).toEqual([]);
    });

    it("R-041 keeps one who is nobody, and tells nobody whom the client does not see from that", async () => {
      for (const [value, token] of [
        ["NVJNYXDGMVNB", "token-write"],
        [testId(999), "token-write"],
        [testId(0), "token-custom"],
        [testId(100), "token-custom"],
      ] as const) {
        for (const answer of await giveEachWay(scim, value, token)) {
          expect(answer.status, answer.text).toBeLessThan(300);
          expect(answer.json).toMatchObject(managedBy(value));
        }
      }
    });

    it("R-041 takes a User of any source that the client sees", async () => {
      const boss = await scim.newUser();
      for (const [value, token] of [
        [testId(0), "token-write"],
        [testId(24), "token-write"],
        [boss.id, "token-custom"],
      ] as const) {
        for (const answer of await giveEachWay(scim, value, token)) {
          expect(answer.status, answer.text).toBeLessThan(300);
          expect(answer.json).toMatchObject(managedBy(value));
        }
      }
    });

    it("R-041 says itself what a manager is called and where he is, whatever a client says", async () => {
      const boss = await scim.newUser();
      const manager = { value: boss.id, displayName: "somebody else", $ref: "https://elsewhere.example.com/x" };
      const written = await scim.newUser({ userName: "a", [enterprise]: { manager } });
      for (const { json } of [
        written,
        await scim.put(written.path, { userName: "a", [enterprise]: { manager } }),
        await scim.patch(written.path, { op: "replace", path, value: manager }),
        await scim.patch(written.path, { op: "add", value: { [enterprise]: { manager } } }),
        await scim.get(written.path),
      ]) {
        expect(json[enterprise]).toEqual({ manager: { value: boss.id } });
      }
    });

    it("R-041 lets nobody be his own manager, and two people be each other's", async () => {
      const [a, b] = [await scim.newUser(), await scim.newUser()];
      for (const answer of [
        await scim.put(a.path, { userName: "a", ...managedBy(a.id) }),
        await scim.patch(a.path, { op: "add", path, value: { value: a.id } }),
      ]) {
        expectError(answer, 400, "invalidValue");
        expect(answer.json["detail"]).toBe("manager.value: nobody is his own manager");
      }
      expectStatus(await scim.patch(a.path, { op: "add", path, value: b.id }), 200);
      expectStatus(await scim.patch(b.path, { op: "add", path, value: a.id }), 200);
    });

    it("R-041 R-110 keeps a manager who has gone since, until there is another", async () => {
      const boss = await scim.newUser();
      const user = await scim.newUser({ userName: "a", ...managedBy(boss.id) });
      expectStatus(await scim.delete(boss.path), 204);
      const put = await scim.put(user.path, { userName: "a", title: "x", ...managedBy(boss.id) });
      expectStatus(put, 200);
      expectStatus(await scim.patch(user.path, { op: "replace", path: "title", value: "y" }), 200);
      expectStatus(await scim.patch(user.path, { op: "remove", path }), 200);
    });

    it("R-041 R-145 tells a bulk request which of its operations names no User", async () => {
      const post = (bulkId: string, value: string) => ({
        ...{ method: "POST", path: "/Users", bulkId },
        data: { userName: bulkId, ...managedBy(value) },
      });
      const results = await scim.bulk([post("a", testId(100)), post("b", testId(0)), post("c", "bulkId:c")]);
      expect(results.map(({ status }) => status)).toEqual(["400", "201", "400"]);
      expect(results[0]?.["response"]).toMatchObject({
        scimType: "invalidValue",
        detail: "manager.value: this is the id of a Group",
      });
    });
  },
  { hasDirectory: true },
);
