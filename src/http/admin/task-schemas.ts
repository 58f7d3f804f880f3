import { z } from "@hono/zod-openapi";
import type { Json, JsonObject } from "../../lib/json.ts";

const time = z.string().openapi({ format: "date-time" });

export const taskStateField = z.enum(["queued", "running", "held", "succeeded", "partial", "failed", "cancelled"]);

export const taskTriggerField = z.enum(["manual", "schedule", "callback", "startup"]);

export const taskForm = z.strictObject({ mode: z.enum(["apply", "plan"]).default("apply") }).openapi("SyncTaskForm", {
  description:
    "`plan` reads, maps and compares, looks ahead at what each target would be sent, and writes nothing but its own record.",
});

export const approvalForm = z
  .strictObject({ changes: z.array(z.string().min(1)).min(1).max(10_000).optional() })
  .openapi("Approval", {
    description: "Ids of the records to apply, all of them held by this task; without them all that is held.",
  });

export const applyForm = z
  .strictObject({
    digest: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "is a plan's digest: 64 hexadecimal digits")
      .optional(),
  })
  .openapi("PlanApplication", { description: "With `digest` it has to be the plan that has this digest." });

export const taskBrief = z.object({ id: z.string(), state: taskStateField, finishedAt: time.nullable() });

const groupCounts = z.object({
  read: z.int(),
  created: z.int(),
  adopted: z.int(),
  updated: z.int(),
  deleted: z.int(),
  unchanged: z.int(),
  failed: z.int(),
  outOfSight: z.int().optional().openapi({
    description:
      "There by the id list of the contacts secret, and not seen by the app: they stay as they are. Only of a source that has that secret.",
  }),
});

const counts = z
  .object({ users: groupCounts.extend({ deactivated: z.int(), reactivated: z.int() }), groups: groupCounts })
  .openapi("SyncCounts");

const taskError = z
  .object({ code: z.string(), detail: z.string(), errcode: z.int().optional() })
  .openapi("SyncError", { description: "What happened, to which record, and what to do." });

const driftCounts = z
  .object({
    checked: z.int().openapi({ description: "Resources that we hold a link to." }),
    missing: z.int().openapi({ description: "Gone from the target." }),
    drifted: z.int().openapi({ description: "Not as they were given." }),
    unmanaged: z.int().nullable().openapi({
      description: "There, and linked to nothing of ours: left alone. Null: the target does not list what it holds.",
    }),
    pending: z.int().openapi({ description: "Not brought there yet, which is no drift." }),
  })
  .openapi("DriftCounts");

const drift = z
  .object({
    users: driftCounts,
    groups: driftCounts,
    members: z.object({ missing: z.int(), extra: z.int(), unmanaged: z.int() }).nullable().openapi({
      description: "Memberships in our groups. Null: the target does not show them, so nothing can be said.",
    }),
  })
  .openapi("Drift");

const matchCounts = z
  .object({
    listed: z.int().openapi({ description: "What the target holds." }),
    adopted: z.record(z.string(), z.int()).openapi({ description: "By the attribute that they are found by." }),
    created: z.int(),
    ambiguous: z.int().openapi({ description: "Left to a person; the records with status `failed` say why." }),
  })
  .openapi("MatchCounts");

const matching = z.object({ users: matchCounts, groups: matchCounts }).openapi("Matching");

const removalCounts = z.object({ users: z.int(), groups: z.int(), members: z.int() });
const identityCounts = z.object({ users: z.int(), groups: z.int() });

const taskPlan = z
  .object({
    digest: z.string().openapi({ description: "SHA-256 over all changes and requests of the plan." }),
    changes: z.int(),
    requests: z.int(),
    wouldHold: z
      .object({ reason: z.string(), removals: removalCounts, identities: identityCounts.optional() })
      .nullable()
      .openapi({ description: "What safeguards would hold; its records with the status `held` say whom." }),
    whole: z.boolean().openapi({
      description: "False: a target could not be looked at (see `targets`), and the plan can't be applied.",
    }),
  })
  .openapi("SyncPlan");

const taskRequests = z
  .object({
    made: z.int(),
    retried: z.int().openapi({ description: "How many of them repeated one that had brought nothing." }),
    waitedMs: z.int().openapi({
      description:
        "How long requests waited for a limit, the bridge's own or the source's: added up, also of those that waited at the same time.",
    }),
    byApi: z
      .array(
        z.object({
          api: z.string().openapi({ example: "user/list" }),
          made: z.int(),
          retried: z.int(),
          waitedMs: z.int(),
          leftThisHour: z.int().openapi({
            description:
              "How many calls of this kind WeCom would still have taken from the corp in that hour, when it was called last; calls of other programs are not counted.",
          }),
        }),
      )
      .readonly(),
    reading: z.object({ way: z.string(), because: z.string() }).nullable().openapi({
      description: "In which way everybody was read, `departments` or `export`, and why that one.",
    }),
  })
  .openapi("TaskRequests");

export const taskView = z
  .object({
    id: z.string(),
    source: z.string().nullable().openapi({ description: "Null for a push to one target." }),
    endedSource: z.string().nullable().openapi({ description: "The name that its source had, where that has ended." }),
    target: z.string().nullable().openapi({ description: "The target of a push; null for a sync of a source." }),
    resource: z.string().nullable().openapi({ description: "The one person whom it pushes; null: everybody." }),
    trigger: taskTriggerField,
    mode: z.enum(["apply", "plan", "verify", "match", "link"]).openapi({
      description:
        "`verify` reads a target back, `match` previews what a first push would adopt, `link` is a person's decision about one account.",
    }),
    state: taskStateField,
    approved: z.boolean(),
    progress: z
      .object({
        phase: z.enum(["read", "map", "store", "push"]),
        done: z.int(),
        total: z.int(),
        waiting: z.object({ reason: z.string(), until: time }).optional().openapi({
          description:
            "What it waits for, and until when; not there while it does not wait. It can be cancelled meanwhile.",
        }),
      })
      .nullable(),
    counts,
    targets: z
      .array(
        z.object({
          target: z.string(),
          state: z.enum(["succeeded", "partial", "failed", "held", "running", "queued", "paused"]),
          counts,
          error: taskError.nullable(),
        }),
      )
      .readonly(),
    error: taskError.nullable(),
    hold: z
      .object({
        reason: z.string(),
        removals: removalCounts,
        identities: identityCounts.optional().openapi({
          description:
            "Resources that an edited mapping, or the changed rules of a target, would make known otherwise (userName, externalId, active).",
        }),
        expiresAt: time,
      })
      .nullable(),
    mapping: z.object({ name: z.string(), version: z.int(), problem: z.string().nullable() }).nullable().openapi({
      description: "Which version of which mapping made the values; `problem` says why the file itself was not used.",
    }),
    repair: z.boolean().openapi({ description: "Of a verify: what it finds is also put right." }),
    drift: drift.nullable().openapi({ description: "Of a verify that has come to its end: what it found." }),
    requests: taskRequests.nullable().openapi({ description: "Its requests to the source; null: it made none." }),
    matching: matching.nullable().openapi({ description: "Of a preview of matches that has come to its end." }),
    plan: taskPlan.nullable().openapi({ description: "Of a plan that has come to its end." }),
    appliesPlan: z.string().nullable().openapi({ description: "The plan that it applies: that task's id." }),
    undoes: z.string().nullable().openapi({
      description: "Of an undo, planned or applied: the task that it takes back.",
    }),
    kept: z.int().nullable().openapi({
      description:
        "How many people and groups are kept now against what the source says: of an applied undo, by it; of another task of a source that has ended, by all undos. Null in lists, and where nothing can be kept.",
    }),
    requestedBy: z.string().nullable().openapi({
      description: "Name of the administrator who asked for it; null: a schedule, or a callback.",
    }),
    decidedBy: z.string().nullable().openapi({ description: "Who approved or cancelled it last; null: nobody." }),
    decidedAt: time.nullable(),
    createdAt: time,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
  })
  .openapi("SyncTask");

export const resourceTypeField = z.enum(["User", "Group"]);
export const actionField = z.enum([
  ...(["create", "adopt", "update", "deactivate", "reactivate", "delete"] as const),
  ...(["keep", "release"] as const),
]);
export const changeStatusField = z.enum([
  ...(["planned", "applied", "failed", "skipped", "held"] as const),
  ...(["missing", "drifted", "unmanaged"] as const),
]);

export const anyJson = z
  .custom<Json>()
  .openapi({ type: ["string", "number", "boolean", "array", "object", "null"], description: "Any JSON value." });

export const attributeChange = z
  .object({
    attribute: z.string(),
    source: anyJson.optional(),
    before: anyJson,
    after: anyJson,
  })
  .openapi("AttributeChange");

export const membersChange = z
  .object({
    attribute: z.literal("members"),
    added: z.array(z.string()).readonly(),
    removed: z.array(z.string()).readonly(),
    addedCount: z.int(),
    removedCount: z.int(),
  })
  .openapi("MembersChange", { description: "The first of each list; all of them under …/members." });

export const recordView = z
  .object({
    id: z.string(),
    at: time.openapi({ description: "When it was planned; at a target, when it was done." }),
    task: z.string().openapi({ description: "The sync task." }),
    trigger: taskTriggerField.nullable(),
    mapping: z.object({ name: z.string(), version: z.int() }).nullable().openapi({
      description: "Which version of which mapping the task mapped with; null where nothing was mapped.",
    }),
    source: z.string().nullable().openapi({
      description: "Id of the source that the resource belongs to, or `user-groups`.",
    }),
    resourceType: resourceTypeField,
    resourceId: z.string().nullable().openapi({ description: "Null: an account of a target that is nobody's here." }),
    externalId: z.string().nullable(),
    displayName: z.string().nullable(),
    target: z.string().nullable().openapi({ description: "Null is the bridge's own directory." }),
    remoteId: z.string().nullable().openapi({ description: "Its id at the target, where it is known." }),
    action: actionField,
    status: changeStatusField,
    error: z.string().nullable(),
    because: z.string(),
    warnings: z
      .array(z.string())
      .readonly()
      .openapi({ description: "Attributes that were left out of it, because their value does not fit: rule and why." }),
    changes: z.array(z.union([membersChange, attributeChange])).readonly(),
  })
  .openapi("SyncRecord");

export const keptView = z
  .object({
    task: z.string().openapi({ description: "The undo." }),
    undoes: z.string().openapi({ description: "The task that it took back." }),
    since: time,
    gone: z.boolean().openapi({
      description: "True: the source has it not. It stays until it is in the source again, whatever the mapping.",
    }),
    ended: z.boolean().openapi({ description: "True: let go, and gone with the next whole read of the source." }),
  })
  .openapi("Kept", {
    description:
      "By which undo it is kept as it is. What the source says is ignored until its record, what surrounds it, or the mapping changes.",
  });

export const plannedRequest = z
  .object({
    id: z.string(),
    record: z.string().nullable().openapi({ description: "Id of the plan's record that it belongs to." }),
    target: z.string(),
    resourceType: resourceTypeField,
    resourceId: z.string().nullable(),
    externalId: z.string().nullable(),
    displayName: z.string().nullable(),
    method: z.enum(["POST", "PUT", "PATCH", "DELETE"]),
    path: z.string().openapi({ description: "Below the target's base URL." }),
    body: z
      .custom<JsonObject>()
      .nullable()
      .openapi({ type: ["object", "null"] }),
    kept: z.array(z.string()).readonly().openapi({
      description:
        "Of a PUT: names of what stands in the body besides and stays as the target has it. Its values are in no plan.",
    }),
    exact: z.boolean().openapi({
      description:
        "False: it has an id in it that the target gives only at a create (`~id-of-…~`, with our id of the resource), or it is a PUT, which is made of what the target answers then.",
    }),
  })
  .openapi("PlannedRequest");

export const recordMember = z
  .object({ op: z.enum(["add", "remove"]), resourceId: z.string(), displayName: z.string().nullable() })
  .openapi("SyncRecordMember");
