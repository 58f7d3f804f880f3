import { Breadcrumb, Flex, Typography } from "antd";
import { type ReactNode, useEffect } from "react";
import { Link } from "react-router";

interface Crumb {
  readonly title: string;
  readonly path: string;
}

interface PageProps {
  readonly title: string;
  /** Beside the title: a state, say. */
  readonly tag?: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly above?: readonly Crumb[];
  readonly children: ReactNode;
}

/** A page with its heading, what can be done with it, and the way back. */
export function Page({ title, tag, lead, actions, above = [], children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · WeCom SCIM Bridge`;
  }, [title]);
  return (
    <>
      {above.length > 0 && (
        <Breadcrumb
          style={{ marginBottom: 8 }}
          items={[...above.map((crumb) => ({ title: <Link to={crumb.path}>{crumb.title}</Link> })), { title }]}
        />
      )}
      <Flex justify="space-between" align="start" gap="small" wrap style={{ marginBottom: 16 }}>
        <div style={{ minWidth: 0 }}>
          <Flex align="center" gap="small" wrap>
            <Typography.Title level={1} style={{ fontSize: 22, margin: 0, overflowWrap: "anywhere" }}>
              {title}
            </Typography.Title>
            {tag}
          </Flex>
          {lead !== undefined && (
            <Typography.Paragraph type="secondary" style={{ margin: "4px 0 0", maxWidth: 760 }}>
              {lead}
            </Typography.Paragraph>
          )}
        </div>
        {actions !== undefined && (
          <Flex gap="small" wrap>
            {actions}
          </Flex>
        )}
      </Flex>
      {children}
    </>
  );
}
