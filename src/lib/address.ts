import { BlockList, isIP } from "node:net";

/** Says of an IP address in text form whether a connection to it is allowed. */
export type AddressPolicy = (address: string) => boolean;

/**
 * The policy that a setting describes: `false` allows public addresses only, `true` allows every address, and a list of
 * CIDRs or single addresses, separated by commas or blanks, allows those besides the public ones.
 *
 * @throws RangeError that names each entry which is no address and no CIDR
 */
export function parseAddressPolicy(setting: string): AddressPolicy {
  const text = setting.trim().toLowerCase();
  if (text === "true") return () => true;
  if (text === "false" || text === "") return isPublicAddress;
  const allowed = new BlockList();
  const wrong = text.split(/[\s,]+/).filter((entry) => entry !== "" && !addRange(allowed, entry));
  if (wrong.length > 0) {
    throw new RangeError(`expected true, false or a list of CIDRs such as 10.1.0.0/16, but got ${wrong.join(", ")}`);
  }
  return (address) => isPublicAddress(address) || isListed(allowed, address);
}

/**
 * True for an address of the public internet: not private, loopback, link-local (cloud metadata services live there),
 * carrier-grade NAT, multicast, reserved or unspecified. An IPv4 address inside an IPv6 one (mapped, or of NAT64) is
 * judged as the IPv4 address. False for anything that is no address.
 */
export function isPublicAddress(address: string): boolean {
  return isIP(address) !== 0 && !isListed(notPublic(), address);
}

// IANA's special-purpose registries (RFC 6890 and its updates), IPv4.
const specialV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
];

// The same, IPv6. 6to4 and Teredo carry IPv4 addresses of somebody else's choosing and are out of use: refused whole.
// ::/96 are the IPv4-compatible addresses of RFC 4291 §2.5.5.1, with the unspecified address and loopback among them.
const specialV6 = [
  "::/96",
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "3fff::/20",
  "5f00::/16",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
];

let cachedSpecial: BlockList | null = null;

function notPublic(): BlockList {
  if (cachedSpecial !== null) return cachedSpecial;
  const list = new BlockList();
  for (const range of specialV4) {
    const [network = "", prefix = ""] = range.split("/");
    list.addSubnet(network, Number(prefix), "ipv4");
    // RFC 6052: 64:ff9b::/96 is the way to IPv4 in networks that have IPv6 only, so it can't be refused whole.
    for (const carrier of ["64:ff9b::", "::ffff:"]) list.addSubnet(`${carrier}${network}`, 96 + Number(prefix), "ipv6");
  }
  for (const range of specialV6) addRange(list, range);
  cachedSpecial = list;
  return list;
}

function isListed(list: BlockList, address: string): boolean {
  const plain = withoutZone(address);
  const family = isIP(plain);
  return family !== 0 && list.check(plain, family === 4 ? "ipv4" : "ipv6");
}

// `fe80::1%eth0`: the zone says which interface, not which address.
function withoutZone(address: string): string {
  const zone = address.indexOf("%");
  return zone < 0 ? address : address.slice(0, zone);
}

function addRange(list: BlockList, range: string): boolean {
  const parts = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/.exec(range);
  const network = parts?.[1] ?? "";
  const family = isIP(network);
  if (family === 0) return false;
  const longest = family === 4 ? 32 : 128;
  const prefix = parts?.[2] === undefined ? longest : Number(parts[2]);
  if (prefix > longest) return false;
  list.addSubnet(network, prefix, family === 4 ? "ipv4" : "ipv6");
  return true;
}
