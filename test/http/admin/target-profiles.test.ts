import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdminFixture, bearerTarget, makeAdminFixture } from "../../support/admin.ts";
import { makeAuthority } from "../../support/certificates.ts";
import { projectDir } from "../../support/imports.ts";

let fixture: AdminFixture;
let schemasDir: string;
const request: AdminFixture["request"] = (...args) => fixture.request(...args);

beforeEach(async () => {
  schemasDir = mkdtempSync(join(tmpdir(), "bridge-schemas-"));
  cpSync(join(projectDir, "schemas"), schemasDir, { recursive: true });
  fixture = await makeAdminFixture({}, schemasDir);
});
afterEach(async () => {
  await fixture.store.close();
  rmSync(schemasDir, { recursive: true });
});

const pointers = (body: { errors: readonly { pointer: string }[] }) => body.errors.map(({ pointer }) => pointer);

describe("target profiles", () => {
  it("are listed in pages, with how much of each is verified", async () => {
    const first = await request("GET", "/api/v1/target-profiles?limit=2");
    expect(first.body.items.map(({ name }: { name: string }) => name)).toEqual(["alibaba-cloudsso", "atlassian"]);
    const all = await request("GET", `/api/v1/target-profiles?cursor=${first.body.nextCursor}`);
    expect(all.body.nextCursor).toBeNull();
    const casdoor = all.body.items.find(({ name }: { name: string }) => name === "casdoor");
    expect(casdoor).toMatchObject({ title: expect.stringContaining("Hanzo IAM"), problem: null });
    expect(casdoor.verified).toBeGreaterThan(casdoor.assumed);
  });

  it("are read with each fact, what it means, and where it was seen", async () => {
    const { body } = await request("GET", "/api/v1/target-profiles/casdoor");
    expect(body.facts.find(({ name }: { name: string }) => name === "deactivate")).toEqual({
      name: "deactivate",
      meaning: expect.stringMatching(/no inactive accounts/),
      value: "delete",
      evidence: "verified",
      note: expect.stringContaining("https://github.com/casdoor/casdoor/"),
    });
    const assumed = body.facts.find(({ name }: { name: string }) => name === "requestsPerSecond");
    expect(assumed).toMatchObject({ value: 0, evidence: "assumed", note: null });
  });

  it("that are broken are listed with what is wrong, and not there where there are none", async () => {
    writeFileSync(join(schemasDir, "targets/own.json"), '{ "facts": { "patch": 1 } }');
    const { body } = await request("GET", "/api/v1/target-profiles");
    const own = body.items.find(({ name }: { name: string }) => name === "own");
    expect(own.problem).toMatch(/targets\/own\.json cannot be used: .*\/facts\/patch/);
    expect(await request("GET", "/api/v1/target-profiles/own")).toMatchObject({ status: 409 });
    expect(await request("GET", "/api/v1/target-profiles/nothing")).toMatchObject({ status: 404 });
    expect(await request("GET", "/api/v1/target-profiles/..%2Fmappings%2Fwecom")).toMatchObject({ status: 404 });
    expect((await fixture.app.request("/api/v1/target-profiles")).status).toBe(401);
  });
});

describe("a target", () => {
  const casdoor = (more: object = {}) => bearerTarget("casdoor", { profile: "casdoor", ...more });

  it("has to say the constants that its profile names, and no others", async () => {
    const none = await request("POST", "/api/v1/targets", casdoor());
    expect(none).toMatchObject({ status: 400, body: { errors: [{ pointer: "/constants/organization" }] } });
    expect(none.body.errors[0].detail).toMatch(/is needed: the name of the organization in Casdoor/);
    const more = await request("POST", "/api/v1/targets", casdoor({ constants: { organization: "acme", realm: "x" } }));
    expect(pointers(more.body)).toEqual(["/constants/realm"]);
    const made = await request("POST", "/api/v1/targets", casdoor({ constants: { organization: "acme" } }));
    expect(made.body.constants).toEqual({ organization: "acme" });
    expect(await request("PATCH", "/api/v1/targets/casdoor", { constants: null })).toMatchObject({ status: 400 });
  });

  it("is easy to disable, though its profile asks for more by now", async () => {
    await request("POST", "/api/v1/targets", casdoor({ constants: { organization: "acme" } }));
    const row = await fixture.store.findTarget("casdoor");
    if (row === null) throw new Error("it is gone");
    const { constants: _, ...settings } = row.settings;
    await fixture.store.updateTarget(row.id, { settings });
    expect(await request("PATCH", "/api/v1/targets/casdoor", { status: "disabled" })).toMatchObject({ status: 200 });
    expect(await request("PATCH", "/api/v1/targets/casdoor", { constants: {} })).toMatchObject({ status: 200 });
    expect(await request("PATCH", "/api/v1/targets/casdoor", { constants: { x: "y" } })).toMatchObject({ status: 400 });
  });

  it("keeps the values of its query as secrets", async () => {
    const constants = { organization: "acme" };
    const secret = "built-in/some-admin";
    const made = await request(
      "POST",
      "/api/v1/targets",
      casdoor({ constants, query: { userId: secret, x: "y-secret" } }),
    );
    expect(made.body.query).toEqual({ userId: "********", x: "********" });
    expect((await fixture.store.findTarget("casdoor"))?.secrets).toMatchObject({ "/query/userId": secret });
    const patched = await request("PATCH", "/api/v1/targets/casdoor", { ...made.body, query: { x: null } });
    expect(patched.body.query).toEqual({ userId: "********" });
    const stored = await fixture.store.findTarget("casdoor");
    expect(stored?.secrets["/query/userId"]).toBe(secret);
    expect(stored?.secrets).not.toHaveProperty("/query/x");
    expect(JSON.stringify(stored?.settings)).not.toContain(secret);
    const answers = [made.text, patched.text, (await request("GET", "/api/v1/targets")).text, ...fixture.logLines];
    expect(answers.join()).not.toContain("some-admin");
  });

  it.each([
    [{ query: { filter: "x" } }, "/query/filter"],
    [{ query: { "a b": "x" } }, "/query/a b"],
    [{ query: { userId: "********" } }, "/query/userId"],
    [{ ca: "no certificate" }, "/ca"],
    [{ proxy: "http://user:secret@proxy.example.com" }, "/proxy"],
    [{ proxy: "socks5://proxy.example.com" }, "/proxy"],
    [{ constants: { organization: "a\nb" } }, "/constants/organization"],
  ])("is refused with %j at its place", async (more, pointer) => {
    const answer = await request("POST", "/api/v1/targets", bearerTarget("app", more));
    expect(answer.status).toBe(400);
    expect(pointers(answer.body)).toContain(pointer);
  });

  it("may not have a proxy at an address that may not be called", async () => {
    const refusing = await makeAdminFixture({ allowUrl: (url) => (url.includes("10.0.0.1") ? "is private" : null) });
    const answer = await refusing.request(
      "POST",
      "/api/v1/targets",
      bearerTarget("app", { proxy: "http://10.0.0.1:3128" }),
    );
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: "/proxy", detail: "is private" }] } });
    await refusing.store.close();
  });

  it("has the limits of its profile where it says none", async () => {
    const { cert } = makeAuthority("ours");
    const made = await request("POST", "/api/v1/targets", bearerTarget("za", { profile: "zscaler", ca: cert }));
    expect(made.body).toMatchObject({ limits: { concurrency: 4, requestsPerSecond: 5 }, ca: cert });
    expect((await fixture.store.findTarget("za"))?.settings.limits).toEqual({});
    const own = await request("PATCH", "/api/v1/targets/za", { limits: { requestsPerSecond: 50 } });
    expect(own.body.limits).toEqual({ concurrency: 4, requestsPerSecond: 50 });
    const back = await request("PATCH", "/api/v1/targets/za", { limits: { requestsPerSecond: null } });
    expect(back.body.limits.requestsPerSecond).toBe(5);
  });
});
