import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

/** A piece of HTML in which everything that came from outside is escaped. */
export type Markup = HtmlEscapedString | Promise<HtmlEscapedString>;

const style = raw(`
:root { color-scheme: light dark; --line: light-dark(#d9dde3, #3a3f47); --soft: light-dark(#5b6470, #a0a8b4);
  --card: light-dark(#f6f7f9, #1e2227); --link: light-dark(#0b5cad, #7ab8ff); --bad: light-dark(#b3261e, #ff8a80); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 0 1.25rem 3rem; line-height: 1.5;
  font-family: system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline; padding: 1rem 0;
  border-bottom: 1px solid var(--line); }
header strong { margin-right: auto; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
h1 { font-size: 1.4rem; margin: 1.5rem 0 .75rem; } h2 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
.cards { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); }
.cards a, .cards div { display: block; padding: .75rem 1rem; border-radius: .5rem; background: var(--card); color: inherit; }
.cards b { display: block; font-size: 1.6rem; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th { text-align: left; font-weight: 600; color: var(--soft); white-space: nowrap; }
th, td { padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
code, pre { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .86em; }
pre { background: var(--card); padding: 1rem; border-radius: .5rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
form { display: flex; gap: .5rem; margin: .5rem 0 1rem; } input { flex: 1; max-width: 24rem; }
input, button { font: inherit; padding: .35rem .6rem; border: 1px solid var(--line); border-radius: .35rem; }
.soft { color: var(--soft); } .bad { color: var(--bad); } nav.pages { display: flex; gap: 1rem; margin-top: 1rem; }
`);

/** A whole page. */
export function layout(title: string, body: Markup): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · SCIM target</title>
<style>${style}</style>
</head>
<body>
<header>
<strong><a href="/">SCIM target</a></strong>
<a href="/users">Users</a><a href="/groups">Groups</a><a href="/requests">Requests</a><a href="/violations">Violations</a>
</header>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>`;
}

/** A table; with nothing in it, the sentence instead. */
export function table(
  columns: readonly string[],
  rows: readonly (readonly (Markup | string)[])[],
  none: string,
): Markup {
  if (rows.length === 0) return html`<p class="soft">${none}</p>`;
  const head = columns.map((column) => html`<th>${column}</th>`);
  const body = rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`);
  return html`<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** A slice of a list, and the links to the slices beside it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly links: Markup;
}

const pageSize = 50;

/** @param query the other parameters that the links keep */
export function paged<T>(
  all: readonly T[],
  wanted: string | undefined,
  query: Readonly<Record<string, string>>,
): Page<T> {
  const pages = Math.max(1, Math.ceil(all.length / pageSize));
  const page = Math.min(pages, Math.max(1, Math.trunc(Number(wanted)) || 1));
  const link = (number: number, label: string): Markup =>
    html`<a href="?${new URLSearchParams({ ...query, page: String(number) }).toString()}">${label}</a>`;
  const links = html`<nav class="pages">
${page > 1 ? link(page - 1, "← previous") : ""}
<span class="soft">page ${page} of ${pages} · ${all.length} in all</span>
${page < pages ? link(page + 1, "next →") : ""}
</nav>`;
  return { items: all.slice((page - 1) * pageSize, page * pageSize), links };
}
