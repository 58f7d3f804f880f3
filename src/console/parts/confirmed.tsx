import { Popconfirm } from "antd";
import type { ReactNode } from "react";

interface ConfirmedProps {
  readonly question: string;
  readonly danger?: boolean;
  readonly onConfirm: () => Promise<unknown>;
  readonly children: ReactNode;
}

/** A button that asks before it does something. What comes of it is told by the action itself. */
export function Confirmed({ question, danger = false, onConfirm, children }: ConfirmedProps) {
  return (
    <Popconfirm title={question} okButtonProps={{ danger }} onConfirm={() => onConfirm().catch(() => {})}>
      {children}
    </Popconfirm>
  );
}
