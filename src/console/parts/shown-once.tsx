import { Alert, Modal, Typography } from "antd";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";

interface ShownOnceProps {
  readonly title: string;
  /** A token. It is nowhere else, and never shown again. */
  readonly secret: string;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}

/** A secret that was just made: to be copied now. */
export function ShownOnce({ title, secret, onClose, children }: ShownOnceProps) {
  const t = useTranslations("common");
  return (
    <Modal
      open
      title={title}
      onCancel={onClose}
      onOk={onClose}
      width={720}
      cancelButtonProps={{ hidden: true }}
      mask={{ closable: false }}
    >
      <Alert type="warning" showIcon title={t("onlyOnce")} style={{ marginBottom: 12 }} />
      <Typography.Paragraph code copyable={{ text: secret }} style={{ overflowWrap: "anywhere" }}>
        {secret}
      </Typography.Paragraph>
      {children}
    </Modal>
  );
}
