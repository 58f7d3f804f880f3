import { expect, test } from "vitest";
import { type Client, enterpriseUrn, start } from "./support.ts";

const page = async ({ simulator }: Client, path: string) => {
  const response = await fetch(new URL(path, simulator.pageUrl));
  return { status: response.status, type: response.headers.get("content-type"), html: await response.text() };
};

test("the pages show what arrived, linked both ways", async () => {
  const client = await start();
  const boss = await client.user("boss", { displayName: "王总" });
  const id = await client.user("zs", {
    displayName: "张三",
    title: "工程师",
    [enterpriseUrn]: { manager: { value: boss } },
  });
  const team = await client.group("研发部", [id]);
  const outer = await client.group("总部", [team]);
  const overview = await page(client, "/");
  expect(overview).toMatchObject({ status: 200, type: "text/html; charset=UTF-8" });
  expect(overview.html).toContain("<b>2</b>users");
  expect(overview.html).toContain("POST /Groups");
  expect((await page(client, "/users")).html).toContain(`<a href="/users/${id}">张三</a>`);
  const user = await page(client, `/users/${id}`);
  expect(user.html).toContain(`<a href="/groups/${team}">研发部</a>`);
  expect(user.html).toContain(`<a href="/users/${boss}">王总</a>`);
  const group = await page(client, `/groups/${team}`);
  expect(group.html).toContain(`<a href="/users/${id}">张三</a>`);
  expect(group.html).toContain(`<a href="/groups/${outer}">总部</a>`);
  expect((await page(client, "/users/none")).status).toBe(404);
});

test("whatever the data holds, it stays text", async () => {
  const client = await start();
  const evil = `<script>alert("1")</script>'&"__proto__😀`;
  const id = await client.user(evil, { displayName: evil, title: evil });
  const team = await client.group(evil, [id]);
  await client.call("POST", "/Users", { [`<script>alert("2")</script>`]: 1 });
  await client.call("GET", "/<script>");
  const paths = ["/", "/users", "/groups", `/users/${id}`, `/groups/${team}`, "/violations", "/requests"];
  for (const path of [...paths, `/users?q=${encodeURIComponent(`"><script>`)}`, "/users?page=<script>"]) {
    const { status, html } = await page(client, path);
    expect([path, status]).toEqual([path, 200]);
    expect(html).not.toContain("<script");
  }
  expect((await page(client, `/users/${id}`)).html).toContain("&lt;script&gt;");
});

test("long lists are cut into pages and searched", async () => {
  const client = await start();
  const { control } = client.simulator;
  const ids = Array.from({ length: 120 }, (_, index) =>
    control.add("User", { userName: `u${index}`, emails: [{ value: `mail-${index}@example.com` }] }),
  );
  const shown = (html: string) => ids.flatMap((id, index) => (html.includes(`/users/${id}`) ? [index] : []));
  expect(shown((await page(client, "/users")).html)).toEqual(Array.from({ length: 50 }, (_, index) => index));
  expect(shown((await page(client, "/users?page=3")).html)).toEqual(
    Array.from({ length: 20 }, (_, index) => 100 + index),
  );
  expect(shown((await page(client, "/users?q=MAIL-11@")).html)).toEqual([11]);
  expect((await page(client, "/users?q=nobody")).html).toContain("Nothing is found.");
  const team = control.add("Group", { displayName: "g" }, ids);
  expect(shown((await page(client, `/groups/${team}?page=3`)).html)).toEqual(
    Array.from({ length: 20 }, (_, index) => 100 + index),
  );
});
