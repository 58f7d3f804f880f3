import { Tooltip } from "antd";

/** An attribute's path without the URN of its schema (RFC 7644 §3.10), which is shown when it is pointed at. */
export function AttributeName({ path }: { readonly path: string }) {
  const short = shortName(path);
  if (short === path) return <>{path}</>;
  return (
    <Tooltip title={path}>
      <span>{short}</span>
    </Tooltip>
  );
}

/** `urn:ietf:params:scim:schemas:extension:wecom:2.0:User:gender` is `gender`. */
export function shortName(path: string): string {
  const found = /^urn:.+:[^:]+:([^:]+)$/i.exec(path);
  return found?.[1] ?? path;
}
