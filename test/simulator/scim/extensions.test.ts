import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { projectDir } from "../../support/imports.ts";
import { makeTempFiles } from "../../support/temp-files.ts";
import { type Client, enterpriseUrn, groupUrn, start, userUrn, wecomUrn } from "./support.ts";

const hrUrn = "urn:example:params:scim:schemas:extension:hr:2.0:User";
const hr: JsonObject = {
  id: hrUrn,
  name: "HR",
  attributes: [
    { name: "badge", type: "string" },
    { name: "skills", type: "string", multiValued: true },
    { name: "seat", type: "complex", subAttributes: [{ name: "floor", type: "integer" }] },
  ],
};

const create = ({ call }: Client, userName: string, urn: string, extension: JsonObject) =>
  call("POST", "/Users", { schemas: [userUrn, urn], userName, [urn]: extension });

describe("an extension schema that the simulator is taught", () => {
  test("is unknown before, and published and judged by from then on", async () => {
    const client = await start();
    const { call, simulator, patch } = client;
    expect((await create(client, "a", hrUrn, { badge: "B-1" })).status).toBe(400);
    simulator.control.resetJournal();
    simulator.control.defineExtension(hr);

    const { body } = await call("GET", `/Schemas/${hrUrn}`);
    expect(body).toMatchObject({ id: hrUrn, name: "HR", attributes: [{ name: "badge", multiValued: false }, {}, {}] });
    expect((await call("GET", "/ResourceTypes/User")).text).toContain(hrUrn);
    expect((await call("GET", "/ResourceTypes/Group")).text).not.toContain(hrUrn);
    const made = await create(client, "a", hrUrn, { badge: "B-1", skills: ["Go"], seat: { floor: 3 } });
    expect(made).toMatchObject({ status: 201, body: { [hrUrn]: { badge: "B-1", seat: { floor: 3 } } } });
    const path = `/Users/${String(made.body["id"])}`;
    expect((await patch(path, { op: "replace", path: `${hrUrn}:badge`, value: "B-2" })).status).toBe(200);
    expect(await client.ids("/Users", `${hrUrn}:badge eq "B-2"`)).toHaveLength(1);
    expect(client.broken()).toEqual([]);

    for (const wrong of [{ badge: 7 }, { bagde: "B-1" }, { skills: "Go" }, { seat: { floor: "3" } }]) {
      expect((await create(client, "b", hrUrn, wrong)).status).toBe(400);
    }
    expect((await patch(path, { op: "remove", path: `${hrUrn}:bagde` })).status).toBe(400);
  });

  test("takes the place of the one with its URN, in whatever case; what is held stays", async () => {
    const client = await start();
    const { call, simulator } = client;
    expect((await create(client, "a", wecomUrn, { gender: "male", badge: "B-1" })).status).toBe(400);
    const made = await create(client, "a", wecomUrn, { gender: "male" });
    const badge = [{ name: "badge" }];
    simulator.control.defineExtension({ id: wecomUrn.toUpperCase(), attributes: badge });
    expect((await call("GET", "/Schemas")).body).toMatchObject({ totalResults: 4 });
    expect((await create(client, "b", wecomUrn, { badge: "B-1" })).status).toBe(201);
    expect((await create(client, "c", wecomUrn, { gender: "male" })).status).toBe(400);
    expect((await call("GET", `/Users/${String(made.body["id"])}`)).body[wecomUrn]).toEqual({ gender: "male" });
    simulator.control.reset();
    expect((await create(client, "b", wecomUrn, { badge: "B-1" })).status).toBe(201);
  });

  test("extends groups where its URN ends so", async () => {
    const urn = "urn:example:team:2.0:Group";
    const { call } = await start({ extensions: [{ id: urn, attributes: [{ name: "cost" }] }, hr] });
    const body = { schemas: [groupUrn, urn], displayName: "g", [urn]: { cost: "C" } };
    expect(await call("POST", "/Groups", body)).toMatchObject({ status: 201, body: { [urn]: { cost: "C" } } });
    expect((await call("GET", "/Schemas")).body).toMatchObject({ totalResults: 6 });
  });

  test("comes over HTTP too, as a schema file has it or as /Schemas answers it", async () => {
    const client = await start();
    const { call, simulator } = client;
    const put = (body: unknown) => call("PUT", `${simulator.controlUrl}/extensions`, body);
    expect((await put({ $schema: "./extension.schema.json", ...hr })).status).toBe(204);
    const { body } = await call("GET", `/Schemas/${enterpriseUrn}`);
    expect((await put(body)).status).toBe(204);
    expect((await call("GET", `/Schemas/${enterpriseUrn}`)).body).toEqual(body);
    expect((await fetch(`${simulator.controlUrl}/extensions`, { method: "PUT", body: "{}" })).status).toBe(401);
  });

  test.each<[string, unknown, string]>([
    ["no object", [hr], "expected record"],
    ["no URN", { ...hr, id: "hr" }, "is no URN"],
    ["a core schema", { ...hr, id: userUrn }, "it is SCIM's own"],
    ["no attributes", { id: hrUrn }, "attributes"],
    ["an empty list", { id: hrUrn, attributes: [] }, "attributes"],
    ["a name that is none", { id: hrUrn, attributes: [{ name: "a b" }] }, "is no attribute name"],
    ["a name twice", { id: hrUrn, attributes: [{ name: "badge" }, { name: "Badge" }] }, "has a name twice"],
    ["another type", { id: hrUrn, attributes: [{ name: "badge", type: "text" }] }, "attributes[0].type"],
    ["a misspelt key", { id: hrUrn, attributes: [{ name: "badge", multivalued: true }] }, "multivalued"],
    ["parts of a text", { id: hrUrn, attributes: [{ name: "a", subAttributes: [{ name: "b" }] }] }, "if it is complex"],
    ["no parts", { id: hrUrn, attributes: [{ name: "a", type: "complex" }] }, "if it is complex"],
    ["uniqueness", { id: hrUrn, attributes: [{ name: "a", uniqueness: "server" }] }, "must be none"],
  ])("is refused with words: %s", async (_, schema, words) => {
    const { call, simulator } = await start();
    const before = (await call("GET", "/Schemas")).body;
    const { status, body } = await call("PUT", `${simulator.controlUrl}/extensions`, schema);
    expect(status).toBe(400);
    expect(String(body["error"])).toContain(words);
    expect((await call("GET", "/Schemas")).body).toEqual(before);
    expect(() => simulator.control.defineExtension(schema as JsonObject)).toThrow();
  });
});

describe("--extension", () => {
  const run = (...args: readonly string[]) => {
    const child = spawn(process.execPath, ["--import", "tsx", "src/simulator/scim/main.ts", ...args], {
      cwd: projectDir,
      stdio: ["pipe", "pipe", "pipe"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  };

  test("is read at the start, several times", async () => {
    const files = await makeTempFiles();
    onTestFinished(() => files.remove());
    const file = await files.write("hr.json", hr);
    const child = run("--token", "given", "--extension", file, "--extension", "schemas/extensions/wecom.json");
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    const { url } = JSON.parse(String(line));
    const answer = await fetch(`${url}/Schemas/${hrUrn}`, { headers: { authorization: "Bearer given" } });
    expect(await answer.json()).toMatchObject({ id: hrUrn });
  });

  test("says what is wrong with the file, and ends with 2", async () => {
    const child = run("--extension", "package.json");
    let said = "";
    child.stderr.on("data", (piece) => {
      said += String(piece);
    });
    expect((await once(child, "close"))[0]).toBe(2);
    expect(said).toMatch(/^--extension package\.json: /);
  });
});
