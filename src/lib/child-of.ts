/** What a map holds under a key, made when it is first asked for. */
export function childOf<K, V>(map: Map<K, V>, key: K, make: (key: K) => V): V {
  let child = map.get(key);
  if (child === undefined) {
    child = make(key);
    map.set(key, child);
  }
  return child;
}
