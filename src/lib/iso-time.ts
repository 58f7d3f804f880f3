const msPerDay = 86_400_000;

let knownDay = Number.NaN;
/** Of the day that was asked for last: `2026-11-26T`. */
let dayText = "";

/**
 * A time as `toISOString` of a Date writes it, which costs several times as much: most times that are written in a row are
 * of one day.
 *
 * @param time milliseconds since 1970, an integer from 0 on
 */
export function isoTime(time: number): string {
  const day = Math.floor(time / msPerDay);
  if (day !== knownDay) {
    dayText = new Date(day * msPerDay).toISOString().slice(0, -13);
    knownDay = day;
  }
  const ms = time - day * msPerDay;
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const clock = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}`;
  return `${dayText}${clock}.${three(ms % 1000)}Z`;
}

const digits = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, "0"));

function two(value: number): string {
  return digits[value] ?? "00";
}

function three(value: number): string {
  return value < 10 ? `00${value}` : value < 100 ? `0${value}` : String(value);
}
