import type { Random } from "./random.ts";

/** A generated name: Chinese characters and the pinyin that a userid or an address is made of. */
export interface PersonName {
  readonly name: string;
  readonly surname: string;
  readonly given: string;
}

/** A Chinese name of table syllables: two to four characters, now and then a compound surname. */
export function makeName(random: Random): PersonName {
  const [surname, surnamePinyin] = random.pick(random.chance(0.03) ? compoundSurnames : surnames);
  const first = random.pick(givens);
  const second = random.chance(0.75) ? random.pick(givens) : (["", ""] as const);
  return { name: surname + first[0] + second[0], surname: surnamePinyin, given: first[1] + second[1] };
}

/** A transliterated name with a middle dot, as of the western regions; made of syllables. */
export function makeDottedName(random: Random): string {
  const word = () => Array.from({ length: random.between(2, 4) }, () => random.pick(westernSyllables)).join("");
  return `${word()}·${word()}`;
}

/** An English given name made of syllables. */
export function makeEnglishName(random: Random): string {
  const word = random.pick(englishHeads) + random.pick(englishTails);
  return word.charAt(0).toUpperCase() + word.slice(1);
}

export function makePosition(random: Random): string {
  return random.pick(grades) + random.pick(professions);
}

/**
 * A mobile number of a prefix that is not given to subscribers in mainland China.
 * @param serial below 10^8; different serials give different numbers
 */
export function makeMobile(serial: number): string {
  const prefix = mobilePrefixes[serial % mobilePrefixes.length] ?? "140";
  // 48271 has no factor in common with 10^8, so the product permutes the eight digits.
  return prefix + String((serial * 48_271) % 100_000_000).padStart(8, "0");
}

export function makeAddress(random: Random): string {
  return `${random.pick(cities)}${random.pick(streets)}${random.between(1, 999)}号${random.between(1, 40)}层`;
}

/** The name of an organisational unit; the same ones come up under many parents. */
export function makeUnitName(random: Random, level: number): string {
  if (level <= 2) return random.pick(divisions);
  if (level <= 4) return random.chance(0.5) ? random.pick(functions) : random.pick(regions) + random.pick(functions);
  return random.chance(0.7) ? random.pick(functions) + random.pick(teams) : random.pick(teams);
}

type Syllable = readonly [string, string];

function syllables(table: string): readonly Syllable[] {
  return table.split(" ").map((entry) => {
    const at = entry.search(/[a-z]/);
    return [entry.slice(0, at), entry.slice(at)] as const;
  });
}

const surnames = syllables(
  "王wang 李li 张zhang 刘liu 陈chen 杨yang 赵zhao 黄huang 周zhou 吴wu 徐xu 孙sun 胡hu 朱zhu 高gao 林lin 何he 郭guo 马ma 罗luo " +
    "梁liang 宋song 郑zheng 谢xie 韩han 唐tang 冯feng 于yu 董dong 萧xiao 程cheng 曹cao 袁yuan 邓deng 许xu 傅fu 沈shen 曾zeng 彭peng 吕lv",
);
const compoundSurnames = syllables(
  "欧阳ouyang 司马sima 诸葛zhuge 上官shangguan 皇甫huangfu 尉迟yuchi 慕容murong 令狐linghu 夏侯xiahou 长孙zhangsun",
);
const givens = syllables(
  "伟wei 芳fang 娜na 敏min 静jing 丽li 强qiang 磊lei 军jun 洋yang 勇yong 艳yan 杰jie 娟juan 涛tao 明ming 超chao 秀xiu 霞xia 平ping " +
    "刚gang 桂gui 英ying 华hua 玉yu 萍ping 红hong 玲ling 芬fen 燕yan 彬bin 凤feng 洁jie 梅mei 琳lin 鑫xin 雪xue 晨chen 宇yu 浩hao " +
    "子zi 轩xuan 梓zi 涵han 怡yi 诗shi 雨yu 泽ze 博bo 文wen 嘉jia 俊jun 思si 佳jia 欣xin 瑶yao 睿rui 昊hao 天tian 翔xiang",
);
const westernSyllables = [
  "阿",
  "布",
  "都",
  "热",
  "合",
  "曼",
  "买",
  "提",
  "艾",
  "力",
  "古",
  "丽",
  "娜",
  "尔",
  "巴",
  "依",
  "木",
  "拉",
  "提",
  "汗",
];
const englishHeads = [
  "al",
  "ber",
  "ca",
  "da",
  "el",
  "fi",
  "ga",
  "ha",
  "ja",
  "ke",
  "lo",
  "ma",
  "ne",
  "o",
  "pa",
  "ro",
  "sa",
  "ti",
  "vi",
  "wen",
];
const englishTails = [
  "ra",
  "ton",
  "rik",
  "lin",
  "mon",
  "ny",
  "sie",
  "vin",
  "dy",
  "ra",
  "nor",
  "cus",
  "bel",
  "rey",
  "mund",
  "na",
];
const grades = ["", "", "初级", "中级", "高级", "资深", "首席", "助理", "副", "实习"];
const professions = [
  "工程师",
  "经理",
  "总监",
  "专员",
  "顾问",
  "会计",
  "设计师",
  "分析师",
  "架构师",
  "主管",
  "秘书",
  "审计师",
  "运营",
  "产品经理",
];
const mobilePrefixes = ["140", "141", "142", "143", "154"];
const cities = [
  "北京市海淀区",
  "上海市浦东新区",
  "深圳市南山区",
  "广州市天河区",
  "杭州市西湖区",
  "成都市武侯区",
  "武汉市洪山区",
  "西安市雁塔区",
];
const streets = ["科技路", "中山路", "人民路", "解放大道", "创新街", "文一路", "软件园", "滨海大道"];
const divisions = [
  "研发中心",
  "销售中心",
  "市场中心",
  "财务中心",
  "人力资源中心",
  "运营中心",
  "制造中心",
  "客户服务中心",
  "海外事业部",
  "云事业部",
  "金融事业部",
  "零售事业部",
  "总裁办",
];
const regions = [
  "华东",
  "华南",
  "华北",
  "华中",
  "西南",
  "西北",
  "东北",
  "港澳",
  "北京",
  "上海",
  "深圳",
  "杭州",
  "成都",
];
const functions = [
  "研发部",
  "测试部",
  "销售部",
  "市场部",
  "财务部",
  "人事部",
  "行政部",
  "法务部",
  "采购部",
  "客服部",
  "产品部",
  "设计部",
  "运维部",
  "数据部",
  "安全部",
  "质量部",
];
const teams = ["一组", "二组", "三组", "四组", "五组", "前端组", "后端组", "平台组", "支持组", "项目组"];
