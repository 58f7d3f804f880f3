import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { findAttribute } from "./attribute.ts";
import type { Judge } from "./journal.ts";
import { findExtension, type Model } from "./model.ts";
import { cleanComplex, cleanValue, type Draft, isArray, quoted } from "./values.ts";

/**
 * The attributes of a POST or PUT body as they are kept: names as in the schema, extension objects under their URN,
 * without `schemas`, which follows from them. Everything wrong goes to the judge; call its `settle` afterwards.
 *
 * @param id the id in the URL of a PUT: a client that has read the resource may send it back (RFC 7644 §3.5.1)
 */
export function cleanResource(model: Model, body: JsonObject, judge: Judge, id?: string): Draft {
  const declared = declaredSchemas(model, body, judge);
  const cleaned: Draft = {};
  for (const [key, value] of Object.entries(body)) {
    const attribute = findAttribute(model.top, key);
    if (attribute?.name === "schemas") continue;
    if (attribute) {
      if (attribute.mutability === "readOnly") {
        if (attribute.name !== "id" || value !== id)
          judge.note("attribute-read-only", `${attribute.name} is read-only.`);
      } else if (Object.hasOwn(cleaned, attribute.name)) {
        judge.reject("attribute-twice", `${attribute.name} is given twice.`, "invalidSyntax");
      } else {
        const kept = cleanValue(attribute, value, attribute.name, judge);
        if (kept !== undefined) cleaned[attribute.name] = kept;
      }
      continue;
    }
    const extension = findExtension(model, key);
    if (!extension) {
      judge.reject("attribute-unknown", `${model.type} has no attribute ${quoted(key)}.`, "invalidSyntax");
    } else if (!isJsonObject(value)) {
      judge.reject("attribute-type", `${extension.id} is expected to be an object.`, "invalidValue");
    } else {
      if (!declared.has(extension.id)) {
        judge.reject("schemas-undeclared", `schemas does not list ${extension.id}.`, "invalidSyntax");
      }
      const kept = cleanComplex(extension.attributes, value, extension.id, judge);
      if (kept !== undefined) cleaned[extension.id] = kept;
    }
  }
  for (const attribute of model.core.attributes) {
    if (attribute.required && !Object.hasOwn(cleaned, attribute.name)) {
      judge.reject("attribute-required", `${attribute.name} is missing.`, "invalidValue");
    }
  }
  for (const { id: urn, attributes } of model.extensions) {
    if (attributes.some(({ required }) => required) && !Object.hasOwn(cleaned, urn)) {
      judge.reject("attribute-required", `${urn} is missing.`, "invalidValue");
    }
  }
  return cleaned;
}

function declaredSchemas(model: Model, body: JsonObject, judge: Judge): ReadonlySet<string> {
  const declared = new Set<string>();
  const key = Object.keys(body).find((name) => name === "schemas" || name.toLowerCase() === "schemas");
  const schemas: Json | undefined = key === undefined ? undefined : body[key];
  if (!isArray(schemas) || schemas.length === 0) {
    judge.reject("schemas-missing", "schemas is missing, or not a list.", "invalidSyntax");
    return declared;
  }
  for (const schema of schemas) {
    const urn = typeof schema === "string" ? schema : "";
    const known = urn.toLowerCase() === model.core.id.toLowerCase() ? model.core : findExtension(model, urn);
    if (!known) judge.reject("schemas-unknown", `${model.type} has no schema ${quoted(urn)}.`, "invalidSyntax");
    else if (declared.has(known.id)) judge.note("value-duplicate", "schemas holds a schema twice.");
    else declared.add(known.id);
  }
  if (!declared.has(model.core.id)) {
    judge.reject("schemas-missing", `schemas does not list ${model.core.id}.`, "invalidSyntax");
  }
  return declared;
}
