import { Typography, theme } from "antd";

interface ValueProps {
  readonly value: unknown;
  /** What is shown where there is none. */
  readonly absent: string;
  readonly changed?: boolean;
}

/** A JSON value as a person reads it: text as it is, anything else as JSON. */
export function Value({ value, absent, changed = false }: ValueProps) {
  const { token } = theme.useToken();
  if (value === undefined || value === null) return <Typography.Text type="secondary">{absent}</Typography.Text>;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const marked = changed ? { background: token.colorSuccessBg, padding: "0 4px", borderRadius: 4 } : {};
  return (
    <span
      style={{ ...marked, display: "inline-block", maxWidth: 280, whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}
    >
      {text}
    </span>
  );
}
