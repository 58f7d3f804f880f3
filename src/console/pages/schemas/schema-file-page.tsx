import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Card, Col, Flex, Input, Row, Tag, Typography } from "antd";
import type { TextAreaRef } from "antd/es/input/TextArea";
import { useRef, useState } from "react";
import { useParams } from "react-router";
import { useTranslations } from "use-intl";
import { ApiProblem } from "../../api/problem.ts";
import { fileQuery, type Kind, saveDraft, versionQuery } from "../../api/schema-queries.ts";
import type { FileDraft, SchemaFileContent } from "../../api/views.ts";
import { Failure } from "../../parts/failure.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Page } from "../../parts/page.tsx";
import { useAction } from "../../parts/use-action.tsx";
import { useMayChange } from "../../sign-in/use-session.ts";
import { Impact } from "./impact.tsx";
import { Mistakes } from "./mistakes.tsx";
import { Preview } from "./preview.tsx";
import { offsetOf } from "./text-position.ts";
import { Versions } from "./versions.tsx";

/** A mapping or an extension schema: its text with every mistake at its place, what it would do, and its versions. */
export function SchemaFilePage({ kind }: { readonly kind: Kind }) {
  const { name = "" } = useParams();
  const file = useQuery(fileQuery(kind, name));
  const draft = file.data?.draft?.version;
  const newest = useQuery({ ...versionQuery(kind, name, draft ?? 0), enabled: draft !== undefined });
  if (file.error !== null && file.data === undefined) return <Failure error={file.error} onRetry={file.refetch} />;
  if (file.data === undefined || (draft !== undefined && newest.data === undefined)) return <Loading />;
  return (
    <Editor
      key={`${name} ${file.data.active?.version} ${draft}`}
      kind={kind}
      file={file.data}
      text={newest.data?.text ?? file.data.text ?? "{}\n"}
    />
  );
}

interface EditorProps {
  readonly kind: Kind;
  readonly file: SchemaFileContent;
  /** The newest draft, else what is in force. */
  readonly text: string;
}

function Editor({ kind, file, text: stored }: EditorProps) {
  const t = useTranslations("schemas");
  const mayChange = useMayChange();
  const area = useRef<TextAreaRef>(null);
  const [text, setText] = useState(stored);
  const { name, active, draft, writable } = file;
  const save = useAction<void, FileDraft>({
    run: () => saveDraft(kind, name, text),
    refreshes: [[kind]],
    done: ({ version }) => t("draftSaved", { version }),
  });
  const mistakes = save.error instanceof ApiProblem ? save.error.errors : [];
  const go = (line: number, column: number) => {
    const field = area.current?.resizableTextArea?.textArea;
    const at = offsetOf(text, line, column);
    field?.focus();
    field?.setSelectionRange(at, at);
    // Some lines above it stay in sight.
    const lineHeight = 20;
    field?.scrollTo({ top: Math.max(0, (line - 6) * lineHeight) });
  };
  return (
    <Page
      title={name}
      tag={
        active === null ? (
          <Tag>{t("states.draft")}</Tag>
        ) : (
          <Tag color="success">{t("version", { version: active.version })}</Tag>
        )
      }
      lead={<code>schemas/{file.file}</code>}
      above={[{ title: t("title"), path: "/mappings" }]}
    >
      <Flex vertical gap="middle">
        {!writable && <Alert type="info" showIcon title={t("readOnly")} />}
        <Mistakes kind="error" items={file.problems.map(toItem)} onGo={go} />
        <Row gutter={[16, 16]}>
          <Col xs={24} xl={kind === "mappings" ? 13 : 24}>
            <Card
              size="small"
              title={t(draft === null ? "text" : "textOfDraft", { version: draft?.version ?? 0 })}
              extra={
                <Button
                  type="primary"
                  disabled={!mayChange || text === stored}
                  loading={save.isPending}
                  onClick={() => save.mutate()}
                >
                  {t("saveDraft")}
                </Button>
              }
            >
              <Flex vertical gap="small">
                <Mistakes kind="error" items={mistakes} onGo={go} />
                <Mistakes
                  kind="warning"
                  items={[...file.warnings, ...(save.data?.warnings ?? [])].map(toItem)}
                  onGo={go}
                />
                <Input.TextArea
                  ref={area}
                  value={text}
                  readOnly={!mayChange}
                  onChange={({ target }) => setText(target.value)}
                  aria-label={t("textOf", { name })}
                  spellCheck={false}
                  autoSize={{ minRows: 16, maxRows: 32 }}
                  style={{ fontFamily: "ui-monospace, monospace", fontSize: 13, lineHeight: "20px", whiteSpace: "pre" }}
                />
                <Typography.Text type="secondary">{t("draftHelp")}</Typography.Text>
              </Flex>
            </Card>
          </Col>
          {kind === "mappings" && (
            <Col xs={24} xl={11}>
              <Preview name={name} text={text} usedBy={file.usedBy} />
            </Col>
          )}
        </Row>
        {kind === "mappings" && <Impact name={name} text={text} isStored={text === stored} />}
        <Versions kind={kind} file={file} />
      </Flex>
    </Page>
  );
}

function toItem({ pointer, detail, line, column }: SchemaFileContent["problems"][number]) {
  return { pointer, detail, ...(line !== null && { line }), ...(column !== null && { column }) };
}
