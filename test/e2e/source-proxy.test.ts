import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { startWecomSimulator } from "../../src/simulator/wecom/wecom.ts";
import { makeBridgeHome } from "../support/bridge.ts";
import { startConnectProxy } from "../support/connect-proxy.ts";
import { sourceForm } from "../support/e2e.ts";

const password = "planted-proxy-password";
const traces = [password, Buffer.from(`bridge:${password}`).toString("base64")];

test("a source is read through a proxy whose password is nowhere to be found", { timeout: 120_000 }, async () => {
  const wecom = await startWecomSimulator({ shape: { members: 60, departments: 8, seed: 3 } });
  const proxy = await startConnectProxy({ user: `bridge:${password}` });
  const home = await makeBridgeHome();
  onTestFinished(async () => {
    await home.close();
    await wecom.close();
  });
  const { api, stderr } = await home.start();
  const form = sourceForm("hq", wecom.url, wecom) as { readonly wecom: object };
  const through = (secret: string) => ({ proxy: `http://bridge:${secret}@127.0.0.1:${proxy.port}` });
  const answers: unknown[] = [];
  const source = await api.createSource({ ...form, wecom: { ...form.wecom, ...through(password) } });
  const good = await api.sync(source);
  expect(good.state).toBe("succeeded");
  expect(good.counts.users.read).toBe(wecom.control.visibleTruth("app").members.length);
  expect(proxy.tunnels()).toBeGreaterThan(0);
  expect(proxy.asked.map(({ to }) => to)).toEqual(proxy.asked.map(() => new URL(wecom.url).host));

  // The mask that comes back with another change stands for the proxy that is stored.
  const shown = await api.call<{ wecom: { proxy: string } }>("GET", `/sources/${source}`);
  expect(shown.wecom.proxy).toBe("********");
  await api.call("PATCH", `/sources/${source}`, { wecom: shown.wecom, description: "x" });
  expect((await api.sync(source)).state).toBe("succeeded");

  await api.call("PATCH", `/sources/${source}`, { wecom: through(`${password}-old`) });
  const refused = await api.sync(source);
  expect([refused.state, refused.error?.code]).toEqual(["failed", "wecom.proxy-refused"]);
  expect(refused.error?.detail).toContain("407");
  answers.push(shown, good, refused, await api.call("POST", `/sources/${source}/test`));
  answers.push(await api.call("GET", "/configuration"), await api.call("GET", "/audit"));

  const files = dirname(fileURLToPath(home.databaseUrl));
  const stored = (await readdir(files)).filter((name) => name.startsWith("bridge.db"));
  const bytes = await Promise.all(stored.map((name) => readFile(join(files, name), "latin1")));
  expect(bytes.join("")).toContain("hq");
  for (const text of [JSON.stringify(answers), stderr(), ...bytes]) {
    for (const trace of traces) expect(text.includes(trace)).toBe(false);
  }
});
