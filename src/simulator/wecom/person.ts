import type { Attribute, MemberStatus, NewMember } from "./model.ts";
import {
  makeAddress,
  makeDottedName,
  makeEnglishName,
  makeMobile,
  makeName,
  makePosition,
  type PersonName,
} from "./names.ts";
import type { Random } from "./random.ts";

export interface PersonPlace {
  /** Different for every person of a corp; below 10^8. Makes userid, mobile number and addresses unique. */
  readonly serial: number;
  /** Host of the e-mail addresses. */
  readonly domain: string;
  readonly departments: readonly number[];
  readonly leads: boolean;
  readonly leaders: readonly string[];
}

/** An ordinary member, with the fields that people usually have and some that they often lack. */
export function makePerson(random: Random, place: PersonPlace): NewMember {
  const { serial, departments } = place;
  const name = makeName(random);
  const status = random.weighted<MemberStatus>(statuses);
  const picture = random.below(0xffffffff).toString(16) + serial.toString(16);
  return {
    userid: makeUserid(random, name, serial),
    name: random.chance(0.01) ? makeDottedName(random) : name.name,
    department: departments,
    order: departments.map(() => (random.chance(0.8) ? 0 : random.below(4_294_967_296))),
    is_leader_in_dept: departments.map((_, index) => (place.leads && index === 0 ? 1 : 0)),
    direct_leader: place.leaders,
    main_department: makeMain(random, departments),
    status,
    ...(random.chance(0.9) && { position: makePosition(random) }),
    ...(random.chance(0.93) && { mobile: (random.chance(0.02) ? "+86 " : "") + makeMobile(serial) }),
    gender: random.weighted<"0" | "1" | "2">(genders),
    ...(random.chance(0.75) && { email: `${name.given}.${name.surname}${serial}@${place.domain}` }),
    ...(random.chance(0.5) && { biz_mail: `${name.surname}${serial}@mail.${place.domain}` }),
    ...(status === 1 && {
      avatar: `https://pictures.example/${picture}/0`,
      thumb_avatar: `https://pictures.example/${picture}/100`,
    }),
    ...(random.chance(0.9) && { qr_code: `https://codes.example/q/${picture}` }),
    ...(random.chance(0.2) && { address: makeAddress(random) }),
    ...(random.chance(0.25) && { telephone: `010-8${String(serial % 10_000_000).padStart(7, "0")}` }),
    ...(random.chance(0.2) && { alias: makeEnglishName(random) }),
    ...(random.chance(0.2) && { english_name: makeEnglishName(random) }),
    ...(random.chance(0.5) && { extattr: { attrs: makeAttributes(random, serial) } }),
  };
}

function makeUserid(random: Random, { surname, given }: PersonName, serial: number): string {
  const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
  switch (random.below(6)) {
    case 0:
      return `${capital(surname)}${capital(given)}${serial}`;
    case 1:
      return `${surname}.${given}_${serial}`;
    case 2:
      return `E${String(serial).padStart(8, "0")}`;
    case 3:
      return String(10_000_000 + serial);
    case 4:
      return `${given}-${surname}@${serial}`;
    default:
      return `${given}${surname}${serial}`;
  }
}

/** Mostly the first department, sometimes another one; sometimes a string. */
function makeMain(random: Random, departments: readonly number[]): number | string {
  const id = random.chance(0.9) ? (departments[0] ?? 1) : random.pick(departments);
  return random.chance(0.01) ? String(id) : id;
}

function makeAttributes(random: Random, serial: number): readonly Attribute[] {
  const attributes: Attribute[] = [];
  if (random.chance(0.9)) attributes.push({ type: 0, name: "工号", text: { value: `G${serial}` } });
  if (random.chance(0.3)) attributes.push({ type: 0, name: "Cost Center", text: { value: `CC-${serial % 97}` } });
  if (random.chance(0.05)) {
    attributes.push({ type: 1, name: "主页", web: { url: `https://home.example/${serial}`, title: "主页" } });
  }
  if (random.chance(0.01)) attributes.push({ name: "入职日期", value: `20${10 + (serial % 15)}-03-01` });
  return attributes;
}

const statuses: readonly (readonly [MemberStatus, number])[] = [
  [1, 86],
  [4, 8],
  [2, 4],
  [5, 2],
];
const genders: readonly (readonly ["0" | "1" | "2", number])[] = [
  ["1", 50],
  ["2", 45],
  ["0", 5],
];
