import { html, raw } from "hono/html";
import type { Consent } from "../../store/store.ts";
import { style } from "./style.ts";
import { type Texts, type Trouble, texts } from "./texts.ts";
import type { Language } from "./visitor.ts";

type Html = ReturnType<typeof html>;

/** What every page of a source tells of it. */
export interface About {
  readonly language: Language;
  /** The organization's name, or the source's. */
  readonly organization: string;
  /** Names of the targets that its people go to. */
  readonly targets: readonly string[];
  /** Names of the fields that can be given. */
  readonly fields: readonly string[];
  /** After a departure. */
  readonly retentionDays: number;
  /** Address of the page. */
  readonly url: string;
  /** Path of the page, to which others are added. */
  readonly path: string;
  /** What shows that a click was made on a page of ours. */
  readonly token: string;
}

/** Where it all begins: what is shared, with whom and why, before anything is stored. */
export function introPage(about: About, { isInClient }: { readonly isInClient: boolean }): Html {
  const { language, organization, url } = about;
  const t = texts[language];
  const outside = html`<section class="note"><h2>${t.outside}</h2><p>${t.outsideNote} <code>${url}</code></p></section>`;
  return page(
    about,
    t.title,
    html`<h1>${t.title}</h1>
<p>${t.lead(organization)}</p>
${isInClient ? "" : outside}
<section><h2>${t.what}</h2>${fieldList(t, about.fields)}<p class="soft">${t.whatNote}</p></section>
${withWhom(t, about)}
<section><h2>${t.why}</h2><p>${t.whyNote}</p></section>
<section><h2>${t.how}</h2><ul>${t.howNotes(about.retentionDays).map((note) => html`<li>${note}</li>`)}</ul></section>
<div class="actions">
<a class="button first" href="${beginLink(about, "agree")}">${t.agree}</a>
<a class="button" href="${beginLink(about, "look")}">${t.look}</a>
</div>
<p class="soft">${t.nothingYet}</p>`,
  );
}

/** What somebody shares, or has withdrawn. `consent` null: nothing, and never did. */
export function minePage(about: About, consent: Consent | null): Html {
  const t = texts[about.language];
  if (consent === null) {
    return page(
      about,
      t.none,
      html`<h1>${t.none}</h1><section><p>${t.noneNote}</p></section>
<div class="actions"><a class="button first" href="${beginLink(about, "agree")}">${t.agreeAgain}</a>
<a class="button" href="${about.path}">${t.begin}</a></div>`,
    );
  }
  const { userid, fields, agreedAt, refreshedAt, withdrawnAt } = consent;
  const time = (at: number) => timeOf(about.language, t, at);
  if (withdrawnAt !== null) {
    return page(
      about,
      t.withdrawn,
      html`<h1>${t.withdrawn}</h1><p>${t.withdrawnNote}</p>
<section><dl><dt>${t.you}</dt><dd>${userid}</dd><dt>${t.withdrawnAt}</dt><dd>${time(withdrawnAt)}</dd></dl>
<h2>${t.withdrawnFields}</h2>${fieldList(t, fields)}</section>
${withWhom(t, about, t.clearedIn)}
<div class="actions"><a class="button" href="${beginLink(about, "agree")}">${t.agreeAgain}</a></div>`,
    );
  }
  return page(
    about,
    t.shared,
    html`<h1>${t.shared}</h1>
<section><p>${t.sharedLead}</p>${fieldList(t, fields)}
<dl><dt>${t.you}</dt><dd>${userid}</dd><dt>${t.agreedAt}</dt><dd>${time(agreedAt)}</dd>
<dt>${t.refreshedAt}</dt><dd>${time(refreshedAt)}</dd></dl></section>
${withWhom(t, about)}
<p class="soft">${t.withdrawNote}</p>
<form method="post" action="${about.path}/withdraw" class="actions">
<input type="hidden" name="token" value="${about.token}">
<button class="button danger">${t.withdraw}</button>
<a class="button" href="${beginLink(about, "look")}">${t.update}</a></form>`,
  );
}

/** Why a visit came to nothing. `path` null: there is no page to begin again on. */
export function troublePage(
  language: Language,
  trouble: Trouble,
  { path, requestId }: { readonly path: string | null; readonly requestId: string | null },
): Html {
  const t = texts[language];
  const [title, text] = t.trouble[trouble];
  const id = requestId === null ? "" : html` <code>${requestId}</code>`;
  const again = html`<div class="actions"><a class="button" href="${path}">${t.begin}</a></div>`;
  return page(
    { language, organization: "" },
    title,
    html`<h1>${title}</h1><section><p>${text}${id}</p></section>${path === null ? "" : again}`,
  );
}

function withWhom(t: Texts, { organization, targets }: About, title = t.who): Html {
  const list = html`<p>${t.whoNote(organization)}</p><ul>${targets.map((name) => html`<li>${name}</li>`)}</ul>`;
  return html`<section><h2>${title}</h2>${targets.length === 0 ? html`<p>${t.noTargets}</p>` : list}</section>`;
}

function fieldList(t: Texts, fields: readonly string[]): Html {
  const inOrder = Object.keys(t.fields).filter((field) => fields.includes(field));
  return html`<ul class="chips">${inOrder.map((field) => html`<li>${t.fields[field] ?? field}</li>`)}</ul>`;
}

function beginLink({ path, token }: About, intent: "agree" | "look"): string {
  return `${path}/begin?intent=${intent}&token=${token}`;
}

/** The corps are in China, and so are most who read this. */
function timeOf(language: Language, t: Texts, at: number): Html {
  const locale = language === "zh" ? "zh-CN" : "en-GB";
  const form = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short", timeZone: "Asia/Shanghai" });
  return html`<time datetime="${new Date(at).toISOString()}">${form.format(at)}</time> <span class="soft">(${t.zone})</span>`;
}

function page({ language, organization }: Pick<About, "language" | "organization">, title: string, body: Html): Html {
  const t = texts[language];
  const { name, lang } = t.other;
  return html`<!doctype html>
<html lang="${t.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${raw(style)}</style>
</head>
<body>
<header><span>${organization}</span><a href="?lang=${lang}" hreflang="${lang}" lang="${lang}">${name}</a></header>
<main>
${body}
</main>
</body>
</html>`;
}
