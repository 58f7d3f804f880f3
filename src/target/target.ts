import type { TestResult } from "../lib/check.ts";
import type { JsonObject } from "../lib/json.ts";
import type { SchemaDefinition } from "../scim/catalog.ts";
import type { Member, ResourceType } from "../scim/resource.ts";
import type { MemberRemoval } from "./profile.ts";

/**
 * URNs of schemas, in lower case, with the names of their attributes, in lower case; null stands for all of them, where a
 * target says that it has the schema and not what is in it.
 */
export type KnownSchemas = ReadonlyMap<string, ReadonlySet<string> | null>;

/** What a target can do: its profile, narrowed by what it says of itself (ServiceProviderConfig, Schemas). */
export interface Capabilities {
  readonly users: boolean;
  readonly groups: boolean;
  readonly patch: boolean;
  /** Whether PUT may be used where PATCH is not possible. */
  readonly put: boolean;
  /** Most operations in one PATCH; 0 for no limit. */
  readonly operationsPerPatch: number;
  /** Longest list of members in one PATCH; 0 for no limit. */
  readonly membersPerRequest: number;
  /** How a member is taken out of a group by PATCH. */
  readonly memberRemoval: MemberRemoval;
  /** Whether a group that is read shows its members. */
  readonly membersRead: boolean;
  /** The schemas that it knows; null when it would not say (then core and enterprise only are sent). */
  readonly schemas: KnownSchemas | null;
  /** Whether groups may hold groups. */
  readonly nestedGroups: boolean;
  /** Whether a group's displayName can be changed. */
  readonly groupRename: boolean;
}

/** A resource as a target returned it. `members` may be missing. */
export interface RemoteResource {
  readonly id: string;
  readonly document: JsonObject;
}

export interface PatchOperation {
  readonly op: "add" | "replace" | "remove";
  readonly path?: string;
  readonly value?: unknown;
}

/**
 * A request that changes something, as it goes out. Credentials are no part of it, and neither are the parameters that a
 * target wants in the query of every call.
 */
export interface WriteRequest {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the base URL, ids encoded: `/Users/2819c223`. */
  readonly path: string;
  /** The body, letter by letter; null for none. */
  readonly body: string | null;
  /** True when the body is what would change alone: the rest of it is read from the target when it is sent. */
  readonly isPartial?: boolean;
  /** Of a body that is what the target returned with some of it said otherwise: what may be kept of it. */
  readonly own?: OwnPart;
}

/** What the bridge itself says in a body, and the names of what stands there besides and stays as the target returned it. */
export interface OwnPart {
  readonly said: JsonObject;
  /** Paths, without their values. */
  readonly kept: readonly string[];
}

/** Writes requests down in the place of sending them: what a plan does. */
export interface WriteNotes {
  /**
   * Notes a request that would have been sent.
   *
   * @param about `resourceId`: our id of what would be created; `remoteId`: the id there, or what stands for it
   */
  note(
    request: WriteRequest,
    about: { readonly type: ResourceType; readonly resourceId: string | null; readonly remoteId: string },
  ): Promise<void>;
  /** The body that was last noted for a whole resource (POST or PUT); null: the target is to be asked. */
  lastWhole(type: ResourceType, remoteId: string): Promise<JsonObject | null>;
}

const standIn = /~id-of-(.+?)~/;

/** Stands in a plan for the id that a target would give to a resource of ours at its create. */
export function standInFor(resourceId: string): string {
  return `~id-of-${resourceId}~`;
}

/** Whether a text has such an id in it. */
export function hasStandIn(text: string): boolean {
  return standIn.test(text);
}

/** Runs one request, and perhaps again after it failed. */
export type Attempt = <T>(request: () => Promise<T>) => Promise<T>;

/** A SCIM 2.0 service provider that resources are pushed to. Every method throws a {@link TargetError} or answers. */
export interface Target {
  /** Requests that are sent at once. */
  readonly concurrency: number;
  /** True when it was opened with {@link WriteNotes}: nothing that changes anything is sent, only noted. */
  readonly notesWrites?: boolean;
  discover(signal: AbortSignal): Promise<Capabilities>;
  /** One cheap request that shows whether the target is there and lets us in: discovery often asks for no credentials. */
  probe(signal: AbortSignal): Promise<void>;
  /** Changes nothing. With extension schemas of ours the result says which of their attributes are not sent there. */
  test(signal: AbortSignal, ours?: readonly Pick<SchemaDefinition, "id" | "attributes">[]): Promise<TestResult>;
  /** POST. `document` carries `schemas`; `resourceId` is ours, for a plan's stand-in. */
  create(type: ResourceType, document: JsonObject, signal: AbortSignal, resourceId?: string): Promise<RemoteResource>;
  /** PATCH. Resolves for 200 and 204. */
  modify(
    type: ResourceType,
    remoteId: string,
    operations: readonly PatchOperation[],
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * PUT, for targets without PATCH.
   *
   * @param said what the bridge says in the document: of the rest, which the target returned, a plan keeps nothing but names.
   * Absent: nothing
   */
  replace(
    type: ResourceType,
    remoteId: string,
    document: JsonObject,
    signal: AbortSignal,
    said?: JsonObject,
  ): Promise<void>;
  /** DELETE. A 404 is a `missing`, as for every other method: whether to believe it is the caller's to say. */
  remove(type: ResourceType, remoteId: string, signal: AbortSignal): Promise<void>;
  read(type: ResourceType, remoteId: string, signal: AbortSignal): Promise<RemoteResource | null>;
  /** `attribute eq "value"`, checked again on our side (a server may ignore filters). */
  find(type: ResourceType, attribute: string, value: string, signal: AbortSignal): Promise<readonly RemoteResource[]>;
  /**
   * All resources of a type, page by page, without members. What fails ends the iteration for good, so that whoever wants
   * a page to be asked for again hands in how.
   */
  list(type: ResourceType, signal: AbortSignal, attempt?: Attempt): AsyncIterable<readonly RemoteResource[]>;
  close(): Promise<void>;
}

/** How a target wants things written. Pure; handed to the engine beside the {@link Target}. */
export interface TargetLanguage {
  /**
   * Another one whenever the same document is written otherwise (an edited profile, another constant): what the target
   * was given is compared again then. Null for the plain language of the RFCs.
   */
  readonly version: string | null;
  /** What becomes of people who are not to be active: accounts with `active: false`, or none. */
  readonly inactive: "kept" | "removed";
  /** Whether somebody who is to be inactive is made there all the same. */
  readonly makesInactive: boolean;
  /** What of our document goes there, so that a second run finds nothing to do. */
  adjust(
    document: JsonObject,
    options: {
      readonly type: ResourceType;
      readonly capabilities: Pick<Capabilities, "schemas">;
      /** The manager's id at this target; null while he has none there. */
      readonly managerRemoteId: string | null;
    },
  ): JsonObject;
  /**
   * What of a document a create can say, what an account made so then holds, and what is still to be changed: nothing
   * where a create says it all.
   */
  atCreate(
    type: ResourceType,
    document: JsonObject,
  ): { readonly sent: JsonObject; readonly held: JsonObject; readonly rest: readonly PatchOperation[] };
  /** Paths of attributes without which a resource can't be made there, and which this document lacks. */
  lacking(type: ResourceType, document: JsonObject): readonly string[];
  /** What of a document that it was given the target still knows: the rest can't be compared, and not be removed. */
  known(type: ResourceType, document: JsonObject, capabilities: Pick<Capabilities, "schemas">): JsonObject;
  /** The smallest PATCH that moves what it holds to what it should hold; empty when nothing differs. */
  difference(type: ResourceType, held: JsonObject, desired: JsonObject): readonly PatchOperation[];
  /** The body of a PUT: what the target returned, with these operations done. Members are not among them. */
  whole(returned: JsonObject, operations: readonly PatchOperation[]): JsonObject;
  /** Membership, as one PATCH after another. `value` of a member is its id at the target. */
  memberRequests(
    op: "add" | "remove",
    members: readonly Member[],
    capabilities: Pick<Capabilities, "membersPerRequest" | "memberRemoval">,
  ): readonly (readonly PatchOperation[])[];
  /** These and no others as members: one PATCH if they fit in it, else a replace and additions. */
  replaceMembers(
    members: readonly Member[],
    capabilities: Pick<Capabilities, "membersPerRequest">,
  ): readonly (readonly PatchOperation[])[];
  /** Members as they stand in a document. */
  membersValue(members: readonly Member[]): readonly JsonObject[];
}

/** What the caller should do next after a failure at a target. */
export type TargetErrorCode =
  /** 409: something with this identity is there already: look it up. */
  | "conflict"
  /** 404 on a resource that we hold a link to: it was lost there. */
  | "missing"
  /** 400, 403 on one resource and the like: this one change is refused. */
  | "refused"
  /** 401 or 403 on everything: stop, a person must act. */
  | "unauthorized"
  /** 429 or 503: wait `retryAfterMs`. */
  | "throttled"
  /** 5xx, connection refused, reset, timeout. */
  | "unavailable"
  /** An answer that is no SCIM: HTML, half a JSON, a resource without id. */
  | "nonsense"
  /** What we are told of the product, its profile, is not there or is wrong. */
  | "profile";

export class TargetError extends Error {
  readonly code: TargetErrorCode;
  readonly status: number | null;
  /** True when the request may have been carried out all the same: look before trying again. */
  readonly doubt: boolean;
  readonly retryAfterMs: number | null;

  constructor(
    code: TargetErrorCode,
    detail: string,
    options: { status?: number | null; doubt?: boolean; retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super(detail, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "TargetError";
    this.code = code;
    this.status = options.status ?? null;
    this.doubt = options.doubt ?? false;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
