import { createHash } from "node:crypto";

/** The style of the page: the only thing in it that is not text. The policy names it by its hash. */
export const style = `
:root { color-scheme: light dark; --ink: #1b2430; --soft: #5a6675; --line: #d9dfe7; --page: #f4f6f9; --card: #fff;
  --accent: #1f5fd0; --on-accent: #fff; --danger: #b3261e; --note: #fff7e0; --note-line: #e2c46c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf2; --soft: #a4afbd; --line: #35404e; --page: #12171e;
  --card: #1b222c; --accent: #7fb0ff; --on-accent: #0c1626; --danger: #ff9d94; --note: #2f2913; --note-line: #6d5c22; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.6 system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
  overflow-wrap: anywhere; }
header, main { max-width: 40rem; margin: 0 auto; padding: 0 1rem; }
header { display: flex; justify-content: space-between; align-items: center; gap: 1rem; min-height: 3.25rem; font-size: .875rem;
  color: var(--soft); }
header a { padding: .6rem 0 .6rem .6rem; white-space: nowrap; }
main { padding-bottom: 3rem; }
h1 { font-size: 1.5rem; line-height: 1.3; margin: .5rem 0 .75rem; }
h2 { font-size: 1rem; margin: 0 0 .35rem; }
p { margin: 0 0 .6rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem; margin: .75rem 0; }
section > :last-child { margin-bottom: 0; }
ul { margin: 0 0 .6rem; padding-left: 1.2rem; }
.chips { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .4rem; }
.chips li { border: 1px solid var(--line); border-radius: 1rem; padding: .05rem .7rem; background: var(--page); }
.soft { color: var(--soft); font-size: .9rem; }
.note { background: var(--note); border-color: var(--note-line); }
.note code { display: block; margin-top: .4rem; user-select: all; -webkit-user-select: all; }
code { font: .9em/1.5 ui-monospace, Menlo, Consolas, monospace; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0 0 .6rem; }
dt { color: var(--soft); } dd { margin: 0; }
a { color: var(--accent); }
.actions { display: grid; gap: .75rem; margin: 1.25rem 0 .75rem; }
.button { display: block; width: 100%; text-align: center; text-decoration: none; font: inherit; font-weight: 600;
  padding: .75rem 1rem; min-height: 3rem; border-radius: .6rem; border: 1px solid var(--accent); color: var(--accent);
  background: transparent; cursor: pointer; }
.button.first { background: var(--accent); color: var(--on-accent); }
.button.danger { border-color: var(--danger); color: var(--danger); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`;

const hash = createHash("sha256").update(style).digest("base64");

/** Headers of every page here: nothing from anywhere, no script, no frame; forms go back to where they came from. */
export const pageHeaders: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  // With no-referrer a browser says nothing of where a form came from, not even to its own server.
  "Referrer-Policy": "same-origin",
  Vary: "Accept-Language, Cookie",
};
