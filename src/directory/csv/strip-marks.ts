/** A heading without what says whether the column has to be filled: `*账号`, `姓名（必填）`; and without what nobody sees. */
export function stripMarks(heading: string): string {
  return heading
    .replace(/[\u200b-\u200d\u2060\ufeff]/g, "")
    .replace(/[(（【［]\s*(?:必填|必选|选填|可选|非必填|required|optional)\s*[)）】］]/gi, "")
    .replace(/^[\s*＊]+|[\s*＊]+$/g, "");
}
