import { html } from "hono/html";

/** What a browser finds at `/`: where things are. */
export function homePage(publicUrl: string) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>WeCom SCIM Bridge</title>
<style>
:root { color-scheme: light dark; font: 16px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; }
main { max-width: 42rem; margin: 8vh auto; padding: 0 1.25rem; }
code { background: color-mix(in srgb, currentColor 8%, transparent); padding: .1em .35em; border-radius: .3em; }
dt { font-weight: 600; margin-top: 1rem; } dd { margin: 0; }
</style>
</head>
<body>
<main>
<h1>WeCom SCIM Bridge</h1>
<p>This server brings the people of a WeCom (企业微信) directory to identity platforms as SCIM 2.0 Users and Groups.</p>
<dl>
<dt>SCIM endpoint</dt>
<dd><code>${publicUrl}/scim/v2</code> with the bearer token of a SCIM client</dd>
<dt>Management API</dt>
<dd><a href="/api/docs">what it offers</a>, <a href="/api/v1/openapi.json">as OpenAPI</a>; calls need an administrator's token</dd>
<dt>Health</dt>
<dd><a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a></dd>
</dl>
</main>
</body>
</html>`;
}
