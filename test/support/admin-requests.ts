import type { AdminFixture, Answer } from "./admin.ts";

/** Who asks, and how: a token, a browser with its cookie, or nobody. */
export interface Asking {
  readonly token?: string;
  readonly cookie?: string;
  readonly csrf?: string;
  readonly origin?: string;
  /** The address at the other end, as a Node server tells it. */
  readonly from?: string;
}

/** A request to the management API by somebody else than the fixture's administrator. */
export async function ask(
  { app }: Pick<AdminFixture, "app">,
  { token, cookie, csrf, origin, from = "192.0.2.1" }: Asking,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const headers = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(cookie !== undefined && { cookie }),
    ...(csrf !== undefined && { "x-csrf-token": csrf }),
    ...(origin !== undefined && { origin }),
    ...(body !== undefined && { "content-type": "application/json" }),
  };
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const response = await app.request(path, init, { incoming: { socket: { remoteAddress: from } } });
  const text = await response.text();
  const isJson = /^application\/(.+\+)?json\b/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : null };
}

/** Makes an account and answers its id and token. */
export async function makeAccount(
  fixture: AdminFixture,
  name: string,
  more: { readonly role?: "administrator" | "auditor"; readonly password?: string } = {},
): Promise<{ readonly id: string; readonly token: string }> {
  const form = { name, role: "administrator", ...more };
  const { status, body, text } = await fixture.request("POST", "/api/v1/administrators", form);
  if (status !== 201) throw new Error(`no account: ${text}`);
  return { id: body.id, token: body.token };
}

/** Signs in and answers what a browser would send from then on. */
export async function signIn(
  fixture: AdminFixture,
  form: object,
): Promise<{ readonly cookie: string; readonly csrf: string; readonly answer: Answer }> {
  const answer = await ask(fixture, {}, "POST", "/api/v1/session", form);
  const cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
  return { cookie, csrf: answer.body?.csrfToken ?? "", answer };
}
