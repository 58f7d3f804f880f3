import type { NewMember } from "./model.ts";

/**
 * What real directories hold and programs stumble over, one member each. Every entry goes over a generated member, so
 * what it doesn't name stays ordinary; `undefined` takes a field away.
 */
export const memberQuirks: readonly Partial<NewMember>[] = [
  { name: "王😀芳", alias: "👩‍💻" },
  { name: `O'Neil "欧" \\ </script>`, position: "<b>工程师</b> & Co; --" },
  { name: "__proto__", alias: "__proto__", extattr: attrs(["__proto__", "constructor"], ["toString", "1"]) },
  { userid: "constructor", name: "constructor", english_name: "hasOwnProperty" },
  { userid: "toString", name: "undefined", alias: "null" },
  { userid: "Zhang_San-01.a@B", name: "张三" },
  { userid: `A${"0123456789_-@.abcXYZ".repeat(4)}`.slice(0, 64), name: "张三" },
  { userid: "7", name: "12345", position: "0" },
  { name: "长".repeat(64), alias: "😀".repeat(64), position: "职".repeat(128), address: "址".repeat(128) },
  { name: "ＡＢＣ（外包）", position: "　全角　空格　" },
  { name: "  前后空格  ", alias: "张\u200b伟", address: "第一行\n第二行\t制表" },
  { name: "𠮷田", alias: "Zoe\u0308", english_name: "Zo\u00eb" },
  { name: "שלום", alias: "\u202eabc" },
  { email: `${"m".repeat(51)}@corp.example`, telephone: "0755-12345678,8001" },
  { email: "Mixed.Case+Tag@Corp.Example", mobile: "+86 14099999999" },
  { mobile: "+447700900123", telephone: "+44-7700-900456" },
  {
    extattr: {
      attrs: [
        { name: "工号", value: "旧格式" },
        { name: "", value: "" },
      ],
    },
  },
  { extattr: attrs(["工号", "1"], ["工号", "2"], ["a.b", "点"], ['a"b', "引号"], ["空", ""]) },
  {
    extattr: {
      attrs: [
        { type: 1, name: "主页", web: { url: 'https://corp.example/?a=1&b="2"', title: "我的主页" } },
        { type: 0, name: "长文", text: { value: "文".repeat(2000) } },
      ],
    },
  },
  {
    position: undefined,
    mobile: undefined,
    gender: undefined,
    email: undefined,
    biz_mail: undefined,
    avatar: undefined,
    thumb_avatar: undefined,
    qr_code: undefined,
    address: undefined,
    telephone: undefined,
    alias: undefined,
    english_name: undefined,
    extattr: undefined,
    main_department: undefined,
    external_position: undefined,
    external_profile: undefined,
    direct_leader: [],
  },
  {
    position: "",
    mobile: "",
    gender: "0",
    email: "",
    biz_mail: "",
    avatar: "",
    thumb_avatar: "",
    qr_code: "",
    address: "",
    telephone: "",
    alias: "",
    english_name: "",
    extattr: { attrs: [] },
  },
  { status: 1, enable: 0 },
  { status: 2 },
  { status: 4, mobile: undefined, avatar: undefined },
  { status: 5 },
  { gender: "1", external_position: "首席代表" },
  {
    gender: "2",
    external_profile: {
      external_corp_name: "示例",
      external_attr: [{ type: 0, name: "__proto__", text: { value: "x" } }],
    },
  },
];

/** Names of departments that hurt; none holds a character that WeCom forbids. */
export const departmentQuirks: readonly string[] = [
  "__proto__",
  "constructor",
  "🚀 创新部",
  "Ｒ＆Ｄ（海外）",
  "研发部/前端组",
  "研发部",
  "前端组",
  "'引号' “部门” & {a}",
  "部".repeat(32),
  " 空格 ",
  "toString",
  "0",
];

export const tagQuirks: readonly string[] = [
  "__proto__",
  "constructor",
  "🏷 标签",
  "A/B, C;D",
  "签".repeat(32),
  "空标签",
];

function attrs(...entries: readonly (readonly [string, string])[]): NonNullable<NewMember["extattr"]> {
  return { attrs: entries.map(([name, value]) => ({ type: 0, name, text: { value } })) };
}
