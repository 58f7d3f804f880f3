import { createHash } from "node:crypto";
import { isJsonObject, type JsonObject, member } from "../../lib/json.ts";

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2328}
h2{border-bottom:1px solid #d0d7de;margin-top:2.5rem}details{border:1px solid #d0d7de;border-radius:6px;margin:.5rem 0}
summary{cursor:pointer;padding:.5rem .75rem}details>div{padding:0 .75rem .75rem}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:#f6f8fa;padding:.75rem;overflow:auto;border-radius:6px}
.m{display:inline-block;min-width:4.2rem;font-weight:600}table{border-collapse:collapse}td{padding:.15rem 1rem .15rem 0;vertical-align:top}`;

/** Content-Security-Policy of the page: its own style and nothing else. */
export const docsPolicy = `default-src 'none'; frame-ancestors 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`;

/** A page for people, made from an OpenAPI document. No script, nothing loaded from elsewhere. */
export function docsPage(document: object): string {
  // Through JSON: the document as a client gets it, without `undefined` and prototypes.
  const root: unknown = JSON.parse(JSON.stringify(document));
  const info = objectAt(root, "info");
  const operations = listOperations(root);
  const groups = [...new Set(operations.map((operation) => operation.tag))];
  const sections = groups.map((tag) => {
    const own = operations.filter((operation) => operation.tag === tag);
    return `<h2>${escapeHtml(tag)}</h2>${own.map(operationHtml).join("")}`;
  });
  const schemas = Object.entries(objectAt(objectAt(root, "components"), "schemas")).map(
    ([name, schema]) =>
      `<details id="${escapeHtml(name)}"><summary><code>${escapeHtml(name)}</code></summary><div>${jsonHtml(schema)}</div></details>`,
  );
  const title = escapeHtml(textAt(info, "title"));
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}: API</title><style>${style}</style></head><body><h1>${title}: management API</h1>
<p>${codeHtml(textAt(info, "description"))}</p>
<p>Every call carries <code>Authorization: Bearer &lt;admin token&gt;</code>.
The same as data: <a href="/api/v1/openapi.json">OpenAPI document</a>.</p>
${sections.join("\n")}<h2>Schemas</h2>${schemas.join("\n")}</body></html>`;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly tag: string;
  readonly operation: JsonObject;
}

function listOperations(root: unknown): readonly Operation[] {
  return Object.entries(objectAt(root, "paths")).flatMap(([path, item]) =>
    isJsonObject(item)
      ? Object.entries(item).flatMap(([method, operation]) => {
          if (!isJsonObject(operation)) return [];
          const tags = member(operation, "tags");
          const tag = Array.isArray(tags) ? String(tags[0]) : "Other";
          return [{ method: method.toUpperCase(), path, tag, operation }];
        })
      : [],
  );
}

function operationHtml({ method, path, operation }: Operation): string {
  const parameters = member(operation, "parameters");
  const rows = (Array.isArray(parameters) ? parameters : []).map((parameter) => {
    const says = [textAt(parameter, "description"), member(objectAt(parameter, "schema"), "enum")].filter(Boolean);
    return `<tr><td><code>${escapeHtml(textAt(parameter, "name"))}</code></td><td>${escapeHtml(textAt(parameter, "in"))}</td><td>${codeHtml(says.map(String).join(" "))}</td></tr>`;
  });
  const requestBody = schemaOf(objectAt(operation, "requestBody"));
  const answers = Object.entries(objectAt(operation, "responses")).map(
    ([status, response]) =>
      `<tr><td>${escapeHtml(status)}</td><td>${escapeHtml(textAt(response, "description"))}</td><td>${schemaName(schemaOf(response))}</td></tr>`,
  );
  return `<details id="${escapeHtml(textAt(operation, "operationId"))}"><summary><span class="m">${method}</span>
<code>${escapeHtml(path)}</code> ${escapeHtml(textAt(operation, "summary"))}</summary><div>
${rows.length > 0 ? `<h4>Parameters</h4><table>${rows.join("")}</table>` : ""}
${requestBody === null ? "" : `<h4>Body</h4><p>${schemaName(requestBody)}</p>`}
<h4>Answers</h4><table>${answers.join("")}</table></div></details>`;
}

function schemaOf(holder: unknown): JsonObject | null {
  const [media] = Object.values(objectAt(holder, "content"));
  const schema = isJsonObject(media) ? member(media, "schema") : undefined;
  return isJsonObject(schema) ? schema : null;
}

/** A link to a named schema, else the schema itself. */
function schemaName(schema: JsonObject | null): string {
  if (schema === null) return "";
  const name = textAt(schema, "$ref").split("/").at(-1) ?? "";
  return name === "" ? jsonHtml(schema) : `<a href="#${escapeHtml(name)}"><code>${escapeHtml(name)}</code></a>`;
}

function objectAt(holder: unknown, key: string): JsonObject {
  const value = isJsonObject(holder) ? member(holder, key) : undefined;
  return isJsonObject(value) ? value : {};
}

function textAt(holder: unknown, key: string): string {
  const value = isJsonObject(holder) ? member(holder, key) : undefined;
  return typeof value === "string" ? value : "";
}

const jsonHtml = (value: unknown): string => `<pre>${escapeHtml(JSON.stringify(value, null, 2))}</pre>`;
const codeHtml = (text: string): string => escapeHtml(text).replace(/`([^`]*)`/g, "<code>$1</code>");

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
