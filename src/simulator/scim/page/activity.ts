import { html } from "hono/html";
import type { Control } from "../control.ts";
import type { Journal, RequestRecord, Violation } from "../journal.ts";
import { layout, type Markup, paged, table } from "./layout.ts";

export interface ActivityPages {
  readonly control: Control;
  readonly journal: Journal;
}

/** What has arrived, in numbers, and what happened last. */
export function overviewPage({ control, journal }: ActivityPages): Markup {
  const { users, groups, memberships } = control.counts();
  const totals = journal.totals();
  const body = html`<p class="soft">A SCIM 2.0 service provider that keeps in memory what a client sends, and records what the client does wrong.</p>
${control.isDown() ? html`<p class="bad">It plays dead: every SCIM request finds its connection reset.</p>` : ""}
<div class="cards">
<a href="/users"><b>${users}</b>users</a>
<a href="/groups"><b>${groups}</b>groups</a>
<div><b>${memberships}</b>memberships</div>
<a href="/requests"><b>${totals.requests}</b>requests</a>
<a href="/violations"><b>${totals.violations}</b>violations</a>
<a href="/violations"><b>${totals.noops}</b>needless requests</a>
</div>
<h2>Latest requests</h2>
${requestTable(journal.requests().log.slice(-15).toReversed())}
<h2>Latest violations</h2>
${violationTable(journal.violations().slice(-10).toReversed())}`;
  return layout("What has arrived", body);
}

export function requestsPage({ journal }: ActivityPages, page: string | undefined): Markup {
  const { counts, statuses, log } = journal.requests();
  const { items, links } = paged(log.toReversed(), page, {});
  const numbers = (record: Readonly<Record<string, number>>) =>
    Object.entries(record).map(([name, count]) => [name === "0" ? "no answer" : name, String(count)]);
  const body = html`<h2>By method and type</h2>${table(["Request", "Count"], numbers(counts), "None.")}
<h2>By status</h2>${table(["Status", "Count"], numbers(statuses), "None.")}
<h2>Latest</h2>${requestTable(items)}${links}`;
  return layout("Requests", body);
}

export function violationsPage({ journal }: ActivityPages, page: string | undefined): Markup {
  const { items, links } = paged(journal.violations().toReversed(), page, {});
  const noops = journal.noops().slice(-50).toReversed();
  const rows = noops.map(({ at, method, path, sentence }) => [time(at), call(method, path), sentence]);
  const body = html`${violationTable(items)}${links}
<h2>Needless requests</h2>${table(["At", "Request", "What"], rows, "None.")}`;
  return layout("Violations", body);
}

function requestTable(log: readonly RequestRecord[]): Markup {
  const rows = log.map(({ at, method, path, status }) => [time(at), call(method, path), statusOf(status)]);
  return table(["At", "Request", "Status"], rows, "No request yet.");
}

function violationTable(violations: readonly Violation[]): Markup {
  const rows = violations.map(({ at, method, path, detail, sentence, refused }) => [
    time(at),
    call(method, path),
    html`${detail}<br><span class="soft">${sentence}</span>`,
    refused ? html`<span class="bad">refused</span>` : "noted",
  ]);
  return table(["At", "Request", "What", ""], rows, "The clients have kept to the rules.");
}

function time(at: string): Markup {
  return html`<time datetime="${at}">${at.slice(11, 19)}</time>`;
}

function call(method: string, path: string): Markup {
  return html`<code>${method} ${path}</code>`;
}

function statusOf(status: number): Markup | string {
  if (status === 0) return html`<span class="bad">no answer</span>`;
  return status >= 400 ? html`<span class="bad">${status}</span>` : String(status);
}
