import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeTempFiles, type TempFiles } from "../support/temp-files.ts";
import { runCommand } from "./fixture.ts";

let files: TempFiles;
let mapping: string;

beforeEach(async () => {
  files = await makeTempFiles();
  mapping = await files.write("hr.json", file);
});

afterEach(() => files.remove());

const file = {
  user: {
    userName: { from: "userid", normalise: "lower" },
    displayName: { from: "name" },
    title: { from: "position" },
    nickName: { from: "mainDepartment.name" },
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": { from: "extattr.工号" },
  },
  department: { displayName: { from: "path" } },
};

const member = {
  errcode: 0,
  errmsg: "ok",
  userid: "ZhangSan",
  name: "张三",
  department: [1],
  extattr: { attrs: [{ type: 0, name: "工号", text: { value: "0007" } }] },
};

const preview = (...args: readonly string[]) => runCommand(["mapping", "preview", ...args]);

describe("mapping preview", () => {
  it("shows the resource, and for each attribute where it is from or why it is absent", async () => {
    const { exitCode, stdout, stderr } = await preview(mapping, "--member", await files.write("m.json", member));
    expect([exitCode, stderr]).toEqual([0, ""]);
    const [resource = "", ...blocks] = stdout.split("\n\n");
    expect(JSON.parse(resource)).toEqual({
      schemas: [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
      ],
      externalId: "ZhangSan",
      userName: "zhangsan",
      displayName: "张三",
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { employeeNumber: "0007" },
    });
    expect(blocks.slice(0, 3)).toEqual([
      [
        'userName: "zhangsan"',
        `  ${mapping}:3:5 /user/userName`,
        '  reads  userid               "ZhangSan"',
        '  step   from                 "ZhangSan"',
        '  step   normalise: lower     "zhangsan"',
      ].join("\n"),
      [
        'displayName: "张三"',
        `  ${mapping}:7:5 /user/displayName`,
        '  reads  name                 "张三"',
        '  step   from                 "张三"',
      ].join("\n"),
      [
        "title: none",
        `  ${mapping}:10:5 /user/title`,
        "  reads  position             none",
        "  step   from                 none",
        "  why    the source has no value",
      ].join("\n"),
    ]);
    // Chinese characters take two columns: the values stand below one another all the same.
    expect(stdout).toContain('  reads  extattr.工号         "0007"\n  step   from                 "0007"\n');
    expect(stdout).toMatch(/\nhr \(this file\): 4 attributes with a value, 2 without\n$/);
  });

  it("takes a record with what surrounds it, as tests of a mapping file have it", async () => {
    const departments = [{ id: 1, name: "技术部" }];
    const test = { name: "a test", member, departments, unseenFields: ["position"], namespace: "east", expect: {} };
    const path = await files.write("m.json", test);
    const { exitCode, stdout } = await preview(mapping, "--member", path, "--json");
    expect(exitCode).toBe(0);
    const { resource, attributes } = JSON.parse(stdout);
    expect(resource).toMatchObject({ nickName: "技术部", externalId: "east:ZhangSan", userName: "zhangsan@east" });
    expect(attributes.find(({ attribute }: { attribute: string }) => attribute === "title").why).toContain(
      "the credential is never shown",
    );
    const other = await preview(mapping, "--member", path, "--json", "--namespace", "west", "--organization", "acme");
    expect(JSON.parse(other.stdout).resource.userName).toBe("zhangsan@west");
  });

  it("prints the answer's form as JSON", async () => {
    const { stdout } = await preview(mapping, "--member", await files.write("m.json", member), "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      attributes: expect.arrayContaining([
        {
          attribute: "userName",
          pointer: "/user/userName",
          line: 3,
          column: 5,
          sources: [{ path: "userid", value: "ZhangSan" }],
          steps: [
            { step: "from", value: "ZhangSan" },
            { step: "normalise: lower", value: "zhangsan" },
          ],
          result: "zhangsan",
          why: null,
        },
      ]),
      problems: [],
      warnings: [],
      mapping: { name: "hr", version: expect.any(String) },
    });
  });

  it("reads standard input for -", async () => {
    const stdin = () => Readable.from([Buffer.from(JSON.stringify(member))]);
    const ran = await runCommand(["mapping", "preview", mapping, "--member", "-"], { stdin });
    expect(ran.exitCode).toBe(0);
    const empty = await preview(mapping, "--member", "-");
    expect(empty).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringMatching(/^<stdin>:1:1: is no JSON: /),
    });
  });

  it("shows departments and tags", async () => {
    // WeCom answers department/get like this.
    const answer = { errcode: 0, errmsg: "ok", department: { id: 2, name: "技术部", parentid: 1 } };
    const path = await files.write("d.json", answer);
    const { exitCode, stdout } = await preview(mapping, "--department", path, "--json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).resource).toEqual({
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
      displayName: "技术部",
      externalId: "department:2",
    });
    const tag = await preview(mapping, "--tag", await files.write("t.json", { tagid: 1, tagname: "A" }));
    expect([tag.exitCode, tag.stdout]).toEqual([1, expect.stringContaining("the mapping has no tag section")]);
  });

  it("ends with 1 for a record that would be held, and still shows the rest", async () => {
    const { exitCode, stdout } = await preview(mapping, "--member", await files.write("m.json", { name: "张三" }));
    expect(exitCode).toBe(1);
    expect(stdout).toContain('"displayName": "张三"');
    expect(stdout).toContain(`problem: ${mapping}:3:5 /user/userName: `);
  });

  it("ends with 0 for a warning, and says it", async () => {
    const path = await files.write("warn.json", { user: { ...file.user, active: { from: "name" } } });
    const { exitCode, stdout } = await preview(path, "--member", await files.write("m.json", member));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/\nwarning: \S+warn\.json:\d+:5 \/user\/active: .*does not fit/);
  });

  it("ends with 1 and every problem for a mapping that does not compile", async () => {
    const path = await files.write("broken.json", { user: { titel: { from: "name" }, active: { const: "x" } } });
    const ran = await preview(path, "--member", await files.write("m.json", member));
    expect([ran.exitCode, ran.stdout]).toEqual([1, ""]);
    expect(ran.stderr.split("\n").map((line) => line.replace(/^\S+broken\.json/, ""))).toEqual([
      expect.stringMatching(/^:2:3 \/user: /),
      expect.stringMatching(/^:3:5 \/user\/titel: User has no attribute titel/),
      expect.stringMatching(/^:7:16 \/user\/active\/const: active takes true or false/),
      "",
    ]);
  });

  it.each([
    ["a list", [], /m\.json:1:1: write an object: a member as WeCom sends it/],
    ["a tag", { tag: { tagid: 1 } }, /m\.json:2:3 \/tag: holds a tag, and a member was wanted/],
    ["a typing error", { member, departmnets: [] }, /\/departmnets: unknown key/],
    ["a department without id", { member, departments: [{ name: "A" }] }, /\/departments\/0(\/id)?: /],
    ["two records", { member, tag: { tagid: 1 } }, /there is exactly one of member, department, tag/],
  ])("ends with 1 for a record that is %s", async (_, record, said) => {
    const ran = await preview(mapping, "--member", await files.write("m.json", record));
    expect([ran.exitCode, ran.stdout]).toEqual([1, ""]);
    expect(ran.stderr).toMatch(said);
  });

  it("knows the extensions of the schemas directory", async () => {
    const path = await files.write("a.json", {
      user: { ...file.user, "urn:ietf:params:scim:schemas:extension:wecom:2.0:User:gender": { from: "gender" } },
    });
    const record = await files.write("m.json", { ...member, gender: "1" });
    expect((await preview(path, "--member", record)).exitCode).toBe(0);
    await files.write("extensions/none.json", { id: "x" });
    const broken = await preview(path, "--member", record, "--schemas", files.directory);
    expect([broken.exitCode, broken.stderr]).toEqual([
      1,
      expect.stringContaining("extensions/none.json:2:9 /id: a URN"),
    ]);
  });

  it("lets nothing of a record steer the terminal, and cuts long values", async () => {
    const record = { ...member, name: `\u009b2J\u202e\u2028${"长".repeat(5000)}` };
    const { stdout } = await preview(mapping, "--member", await files.write("m.json", record));
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    expect(stdout).toContain("长…");
  });

  it.each([
    [[]],
    [["--member"]],
    [["--member", "a.json", "--tag", "b.json"]],
    [["--member", "a.json", "--source", "corp", "--userid", "x"]],
    [["--source", "corp"]],
    [["--userid", "x"]],
    [["--source", "corp", "--userid", "x", "--namespace", "east"]],
    [["--member", "/no/such/file.json"]],
    [["--member", "."]],
    [["--member", "package.json", "--schemas", "/no/such/directory"]],
  ])("ends with 2 for %j", async (options) => {
    const ran = await preview(mapping, ...options);
    expect([ran.exitCode, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).not.toBe("");
  });

  it("ends with 2 without a mapping file", async () => {
    expect((await preview("--member", "package.json")).exitCode).toBe(2);
    expect((await preview("/no/such/file.json", "--member", "package.json")).exitCode).toBe(2);
  });
});

describe("mapping preview --source", () => {
  let server: Server;
  let asked: { method: string; url: string; body: unknown }[];
  let answer: { status: number; body: unknown };

  beforeEach(async () => {
    asked = [];
    server = createServer(async (request, response) => {
      const { method = "", url = "" } = request;
      asked.push({ method, url, body: JSON.parse(await textOf(request)) });
      response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });

  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const ask = (path: string, ...args: readonly string[]) => {
    const { port } = server.address() as AddressInfo;
    const env = { BRIDGE_URL: `http://127.0.0.1:${port}`, BRIDGE_TOKEN: "token" };
    return runCommand(["mapping", "preview", path, "--source", "总部", "--userid", "zhangsan", ...args], { env });
  };

  const body = {
    resource: { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "zhangsan" },
    attributes: [
      {
        attribute: "userName",
        pointer: "/user/userName",
        line: null,
        column: null,
        sources: [{ path: "userid", value: "ZhangSan" }],
        steps: [{ step: "from", value: "ZhangSan" }],
        result: "zhangsan",
        why: null,
      },
      {
        attribute: "title",
        pointer: "/user/title",
        line: null,
        column: null,
        sources: [{ path: "position" }],
        steps: [{ step: "from" }],
        why: "the source has no value",
      },
    ],
    problems: [],
    warnings: [{ pointer: "/user/title", detail: "a\u001b[2Jwarning" }],
    mapping: { name: "hr", version: "1" },
  };

  it("sends the file's content and prints the answer with the lines of the file", async () => {
    answer = { status: 200, body };
    const bom = await files.write("hr.json", `\uFEFF${JSON.stringify(file, null, 2)}`);
    const { exitCode, stdout, stderr } = await ask(bom);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const sent = { source: "总部", userid: "zhangsan", mapping: file };
    expect(asked).toEqual([{ method: "POST", url: "/api/v1/mappings/hr/preview", body: sent }]);
    expect(stdout).toContain(`userName: "zhangsan"\n  ${bom}:3:5 /user/userName\n  reads  userid    "ZhangSan"\n`);
    expect(stdout).toContain("  reads  position  none\n  step   from      none\n  why    the source has no value\n");
    expect(stdout).toContain(`warning: ${bom}:10:5 /user/title: a [2Jwarning\n`);
  });

  it("prints the answer as JSON, and ends with 1 when the record has problems", async () => {
    answer = { status: 200, body: { ...body, problems: [{ pointer: "/user", detail: "no userName" }], more: 1 } };
    const { exitCode, stdout } = await ask(mapping, "--json");
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      more: 1,
      resource: body.resource,
      attributes: [{ line: 3 }, { line: 10 }],
    });
  });

  it("prints what the server refuses", async () => {
    const errors = [{ pointer: "/mapping/user/titel", detail: "User has no attribute titel" }];
    answer = { status: 400, body: { detail: "The mapping does not compile.", errors } };
    expect(await ask(mapping)).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: `The mapping does not compile.\n  ${mapping}:2:3 /user/titel: User has no attribute titel\n`,
    });
    answer = { status: 200, body: { ...body, attributes: [{}] } };
    expect((await ask(mapping)).stderr).toContain("answered something else than this command understands");
  });

  it("asks nothing for a file that is no JSON", async () => {
    const ran = await ask(await files.write("hr.json", "{"));
    expect([ran.exitCode, ran.stderr, asked]).toEqual([1, expect.stringContaining("hr.json:1:1: is no JSON"), []]);
  });
});

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
