"use strict";
// What numbers.py and marking.py do, for the page. Tests give both the same answers and compare.
const marking = (() => {
  const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
  const SPACES = new RegExp(`${SPACE}+`, "gu");
  const BLANK = new RegExp(`^${SPACE}*$`, "u");
  const NUMBER = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
  const GROUPED = /^[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?$/;
  const MAX_CHARS = 100;
  const SLACK = 1e-9;

  const isBlank = (text) => BLANK.test(text);

  // By letters, so that no letter depends on its place in the word; a dotless i is no i.
  const folded = (text) => Array.from(text.normalize("NFC"), (letter) => (
    letter === "ı" ? letter : letter.toUpperCase().toLowerCase().toUpperCase().toLowerCase()
  )).join("");

  const normal = (text) => folded(text)
    .replaceAll("ё", "е").replaceAll("`", "")
    .replace(/^[ .;,«»"']+|[ .;,«»"']+$/gu, "")
    .replace(SPACES, " ").replace(/^ | $/gu, "");

  const number = (text, lang) => {
    if (Array.from(text).length > MAX_CHARS) return null;
    let plain = text.replace(/[ _\u00a0\u2009\u202f\u2007\t]/gu, "").replace(/[−–—]/gu, "-").replace(/\.+$/u, "");
    if (lang === "en" && GROUPED.test(plain)) plain = plain.replaceAll(",", "");
    plain = plain.replaceAll(",", ".");
    return NUMBER.test(plain) ? Number(plain) : null;
  };

  const accepts = (key, value) => {
    const slack = SLACK * Math.max(Math.abs(key.low), Math.abs(key.high));
    return key.low - slack <= value && value <= key.high + slack;
  };

  const rounded = (points) => Number(points.toFixed(4));
  const stateOf = (share) => (share >= 1 ? "right" : share > 0 ? "partial" : "wrong");

  const scored = (item, share, named = [], parts = []) => {
    const kept = !item.all || share >= 1 ? share : 0;
    return { state: stateOf(kept), points: rounded(item.points * kept), named, parts };
  };

  const unreadable = (parts = []) => ({ state: "unreadable", points: null, named: [], parts });

  const shares = (item, parts) => scored(item, parts.filter(Boolean).length / parts.length, [], parts);

  const ticked = (item, wording, answer) => {
    const chosen = [...new Set(answer.filter((part) => part !== ""))].map(Number);
    if (item.type !== "multi" && chosen.length !== 1) return unreadable();
    const isRight = (place) => wording.options[place].right;
    const keys = wording.options.filter((option) => option.right).length;
    const hits = chosen.filter(isRight).length;
    return scored(item, Math.max(0, (2 * hits - chosen.length) / keys), chosen.sort((one, two) => one - two));
  };

  // The keys that an answer matches, or else the first mistake that it does.
  const written = (item, wording, matches) => {
    const places = wording.options.map((option, place) => (matches(option) ? place : -1)).filter((place) => place >= 0);
    const right = places.filter((place) => wording.options[place].right);
    return scored(item, right.length ? 1 : 0, right.length ? right : places.slice(0, 1));
  };

  const filled = (gap, text, lang) => {
    if (gap.kind === "choice") return text !== "" && normal(gap.offered[Number(text)]) === normal(gap.accepted[0]);
    if (gap.kind === "text") return gap.accepted.some((word) => normal(word) === normal(text));
    if (isBlank(text)) return false;
    const value = number(text, lang);
    return value === null ? null : accepts(gap, value);
  };

  // Answers are lists of texts: places of options and of right sides as numbers, else what was written.
  const mark = (item, wording, answer) => {
    if (answer.every(isBlank)) return { state: "blank", points: 0, named: [], parts: [] };
    if (item.type === "essay") return { state: "waiting", points: null, named: [], parts: [] };
    if (item.type === "numeric") {
      const value = number(answer[0], wording.lang);
      return value === null ? unreadable() : written(item, wording, (option) => "low" in option && accepts(option, value));
    }
    if (item.type === "short") return written(item, wording, (option) => normal(option.text) === normal(answer[0]));
    if (item.type === "match") return shares(item, wording.rows.map((row, place) => answer[place] === String(row.right)));
    if (item.type === "cloze") {
      const parts = wording.gaps.map((gap, place) => filled(gap, answer[place] ?? "", wording.lang));
      return parts.includes(null) ? unreadable(parts) : shares(item, parts);
    }
    return ticked(item, wording, answer);
  };

  // What a student gave himself by the rubric.
  const judged = (item, wording, places) => {
    const points = places.reduce((sum, place) => sum + wording.rubric[place].points, 0);
    return { state: stateOf(points / item.points), points: rounded(points), named: [], parts: [] };
  };

  return { isBlank, judged, mark, normal, number };
})();
