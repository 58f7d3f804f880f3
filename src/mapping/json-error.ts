import { type ParseError, printParseErrorCode } from "jsonc-parser";

/** Where a mistake is. What is missing is missing behind what was there, not before what comes lines later. */
export function placeOfJsonError(text: string, { error: code, offset }: ParseError): number {
  const error = printParseErrorCode(code);
  const end = text.slice(0, offset).trimEnd().length;
  if ((error === "PropertyNameExpected" || error === "ValueExpected") && text[end - 1] === ",") return end - 1;
  if (error !== "CommaExpected" && offset < text.length) return offset;
  return Math.max(0, end - (error === "CommaExpected" || end === 0 ? 0 : 1));
}

/** A mistake in words. */
export function describeJsonError(text: string, { error, offset, length }: ParseError): string {
  const found = text.slice(offset, offset + Math.min(Math.max(length, 1), 20));
  const before = text.slice(0, offset).trimEnd().at(-1);
  const at = found === "" ? "at the end of the file" : `before ${JSON.stringify(found)}`;
  switch (printParseErrorCode(error)) {
    case "InvalidSymbol":
      return `${JSON.stringify(found)} means nothing here; texts stand in double quotes`;
    case "InvalidNumberFormat":
      return `${JSON.stringify(found)} is no number`;
    case "PropertyNameExpected":
      return before === "," ? "a comma with nothing behind it" : `a name in double quotes is missing ${at}`;
    case "ValueExpected":
      return before === "," ? "a comma with nothing behind it" : `a value is missing ${at}`;
    case "ColonExpected":
      return `a colon is missing ${at}`;
    case "CommaExpected":
      return `a comma is missing ${at}`;
    case "CloseBraceExpected":
      return `a } is missing ${at}`;
    case "CloseBracketExpected":
      return `a ] is missing ${at}`;
    case "EndOfFileExpected":
      return `the file goes on behind its end: ${JSON.stringify(found)}`;
    case "InvalidCommentToken":
      return "comments are not JSON; write a description";
    case "UnexpectedEndOfString":
      return "the closing quote of a text is missing";
    case "InvalidUnicode":
      return "\\u takes four hexadecimal digits";
    case "InvalidEscapeCharacter":
      return 'after a backslash stands one of " \\ / b f n r t u';
    case "InvalidCharacter":
      return "a control character in a text; write \\n, \\t or \\u001f";
    default:
      return `${JSON.stringify(found)} was not expected`;
  }
}
