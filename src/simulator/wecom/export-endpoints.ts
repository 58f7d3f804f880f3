import { type Call, needsDetails, okBody } from "./call.ts";
import { isListed, visibleTags } from "./corp.ts";
import type { MemberEntry } from "./directory.ts";
import { ApiError } from "./errors.ts";
import type { ExportOrder } from "./exports.ts";
import { isShown, viewDepartment, viewMember, viewTag } from "./views.ts";

/** What an export of a kind has, given the rest of its order. */
type ListsOf = (call: Call, body: ExportBody) => ExportOrder["lists"];

interface ExportBody {
  readonly encoding_aeskey: string;
  readonly block_size: number;
  readonly tagid: number | null;
}

const limits = { least: 10_000, most: 1_000_000 } as const;

/** WeCom doc path/94849 to 94853: orders an export, and gives its job's id. */
export function orderExport(kind: "user" | "simple_user" | "department" | "taguser"): (call: Call) => string {
  return (call) => {
    needsDetails(call);
    const { corp, credential } = call;
    if (corp.settings.exports === "refused") throw new ApiError(48002);
    const body = parseBody(call.body, corp.settings.exportBlock);
    const lists = listsOf[kind](call, body);
    const order = { credential, kind, encodingAesKey: body.encoding_aeskey, blockSize: body.block_size, lists };
    return okBody({ jobid: corp.exports.order(order) });
  };
}

/** WeCom doc path/94854. The addresses of the files are good for two hours. */
export function exportResult(call: Call): string {
  const { corp, credential, query } = call;
  const { exports, exportMs, exportLostFiles } = corp.settings;
  const found = corp.exports.result(query("jobid") ?? "", credential, { lasts: exportMs, fails: exports === "failed" });
  if (found === null) throw new ApiError(40088);
  const { status, files } = found;
  if (status !== 2) return okBody({ status });
  const listed = files.slice(0, Math.max(0, files.length - exportLostFiles));
  const data_list = listed.map(({ id, bytes, md5 }) => ({
    url: `${call.origin}/export-files/${corp.credentials.corpId}/${id}`,
    size: bytes.length,
    md5,
  }));
  return okBody({ status, data_list });
}

const listsOf: Readonly<Record<Parameters<typeof orderExport>[0], ListsOf>> = {
  user: (call) => () => {
    const view = call.corp.view(call.credential);
    const few = call.corp.settings.exportFields === "few";
    return {
      userlist: map(shown(call), ({ raw }) => {
        const member = viewMember(view, raw);
        if (!few) return member;
        const { userid, name, department, position, status } = member;
        return { userid, name, department, position, status };
      }),
    };
  },
  simple_user: (call) => () => {
    const view = call.corp.view(call.credential);
    return {
      userlist: map(shown(call), ({ raw }) => {
        const { userid, name, department } = viewMember(view, raw);
        return { userid, name, department };
      }),
    };
  },
  department: (call) => () => {
    const view = call.corp.view(call.credential);
    const listed = [...call.corp.directory.departments.values()].filter(({ id }) => isListed(view, id));
    return { department: map(listed, (entry) => viewDepartment(view, entry)) };
  },
  taguser: (call, { tagid }) => {
    const { corp, credential } = call;
    const entry = corp.directory.tags.get(tagid ?? -1);
    if (!entry) throw new ApiError(40068);
    if (!visibleTags(corp, credential).includes(entry)) throw new ApiError(60011);
    return () => {
      const { users, departments } = viewTag(corp.view(credential), entry);
      const named = (userid: string) => ({
        userid,
        name: corp.directory.members.get(userid.toLowerCase())?.raw.name ?? "",
      });
      return { userlist: map(users, named), partylist: departments };
    };
  },
};

/** Those whom the credential sees, as they joined. */
function* shown({ corp, credential }: Call): Generator<MemberEntry> {
  const { sight, settings } = corp.view(credential);
  for (const entry of corp.directory.joined) if (entry && isShown(sight, settings, entry)) yield entry;
}

function* map<T, R>(items: Iterable<T>, make: (item: T) => R): Generator<R> {
  for (const item of items) yield make(item);
}

/** @param ownBlock entries of a file whatever is asked for; 0: as many as are asked for */
function parseBody(text: string, ownBlock: number): ExportBody {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiError(40058);
  }
  if (typeof body !== "object" || body === null) throw new ApiError(40058);
  const { encoding_aeskey: key, block_size: size = limits.most, tagid = null } = body as Record<string, unknown>;
  if (typeof key !== "string" || !/^[A-Za-z0-9]{43}$/.test(key)) throw new ApiError(40058);
  if (typeof size !== "number" || !Number.isInteger(size) || size < limits.least || size > limits.most) {
    throw new ApiError(40058);
  }
  if (tagid !== null && typeof tagid !== "number") throw new ApiError(40058);
  return { encoding_aeskey: key, block_size: ownBlock > 0 ? ownBlock : size, tagid };
}
