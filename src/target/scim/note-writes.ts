import type { JsonObject } from "../../lib/json.ts";
import type { ResourceType } from "../../scim/resource.ts";
import { standInFor, type WriteNotes } from "../target.ts";
import type { ScimAnswer } from "./answer.ts";
import { type Connection, type ScimRequest, writeOut } from "./connection.ts";
import { ownPart } from "./own-part.ts";

/**
 * A connection that asks and changes nothing: what reads is sent, what writes is noted and answered as a server would that
 * takes it. Something that was written whole reads back as that, so that a step that builds on an earlier one finds it.
 */
export function noteWrites(connection: Connection, notes: WriteNotes): Connection {
  return {
    async send(request, signal) {
      const { id, body } = request;
      const type = typeOf(request);
      if (type === null) return connection.send(request, signal);
      const { method } = request;
      if (method === "GET") {
        const written = id === undefined ? null : await notes.lastWhole(type, id);
        return written === null
          ? connection.send(request, signal)
          : answerTo(request, 200, { ...written, id: id ?? "" });
      }
      signal.throwIfAborted();
      const { path, body: text } = writeOut(request);
      const resourceId = request.resourceId ?? null;
      const remoteId = id ?? standInFor(resourceId ?? "unknown");
      const own = method === "PUT" ? { own: ownPart(body ?? {}, request.said ?? {}) } : {};
      await notes.note({ method, path, body: text, ...own }, { type, resourceId, remoteId });
      return method === "POST" ? answerTo(request, 201, { ...body, id: remoteId }) : answerTo(request, 204, null);
    },
    close: () => connection.close(),
  };
}

function typeOf({ collection }: ScimRequest): ResourceType | null {
  if (collection === "Users") return "User";
  return collection === "Groups" ? "Group" : null;
}

function answerTo(request: ScimRequest, status: number, document: JsonObject | null): ScimAnswer {
  const { method, what } = writeOut(request);
  return {
    ...{ method, what, status },
    about: request.id === undefined ? "collection" : "resource",
    headers: new Map(),
    text: document === null ? "" : JSON.stringify(document),
    tooLong: false,
    receivedAt: 0,
    conceal: (text) => text,
  };
}
