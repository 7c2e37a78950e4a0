// What the other parts of the script need: the bank, phrases in the language of the moment, elements, kept progress.
const base = (() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const STATES = {
    right: ["✓", "quiz_right"], partial: ["◐", "quiz_partial"], wrong: ["✗", "quiz_wrong"], waiting: ["…", "quiz_waiting"],
  };
  let lang = data.langs[0];

  const revealed = (code, content) => {
    const bytes = Uint8Array.from(atob(content), (letter, place) => letter.charCodeAt(0) ^ code.charCodeAt(place % code.length));
    return JSON.parse(new TextDecoder().decode(bytes));
  };

  const questions = data.items.map(([code, digest, topic, content], place) => (
    { code, digest, topic, number: place + 1, item: revealed(code, content), entry: null }
  ));

  const say = (key, values = {}) => data.phrases[lang][key].replace(/\{(\w+)\}/gu, (_, name) => values[name]);

  // Russian keeps four digits together.
  const grouping = () => ({ useGrouping: lang === "ru" ? "min2" : true });

  const points = (value) => new Intl.NumberFormat(lang, { ...grouping(), maximumFractionDigits: 2 }).format(value);

  const figure = (value) => {
    const size = Math.abs(value);
    const isPlain = value === 0 || (size >= 1e-6 && size < 1e15);
    return isPlain ? new Intl.NumberFormat(lang, { ...grouping(), maximumSignificantDigits: 15 }).format(value) : String(value);
  };

  // An element; `html` is markup that the exporter made of the bank, everything else is text.
  const make = (tag, attributes = {}, ...children) => {
    const found = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "html") found.innerHTML = value;
      else if (name.startsWith("on")) found.addEventListener(name.slice(2), value);
      else if (value === true) found.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) found.setAttribute(name, value);
    }
    found.append(...children.filter((child) => child !== null && child !== undefined));
    return found;
  };

  const hidden = (text) => make("span", { class: "hidden" }, text);
  const symbol = (text) => make("span", { "aria-hidden": "true", class: "symbol" }, text);
  const told = (state) => [symbol(STATES[state][0]), make("strong", {}, say(STATES[state][1]))];
  const button = (key, onclick, type = "button") => make("button", { type, onclick }, say(key));

  // A bar like that of the other pages; the numbers beside it say the same.
  const bar = (share) => {
    const width = `${(100 * Math.min(1, Math.max(0, share))).toFixed(1)}%`;
    const holder = make("span", {
      html: '<svg class="bar" aria-hidden="true" focusable="false"><rect class="track" width="100%" height="100%"/>'
        + `<rect class="fill" width="${width}" height="100%"/></svg>`,
    });
    return holder.firstChild;
  };

  // Numbers that only look like chance: the same for the same seed, so that a page that is loaded again has the same order.
  const order = (count, seed) => {
    let state = seed;
    const next = () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
    const places = Array.from({ length: count }, (_, place) => place);
    for (let end = count - 1; end > 0; end -= 1) {
      const other = Math.floor(next() * (end + 1));
      [places[end], places[other]] = [places[other], places[end]];
    }
    return places;
  };

  // Another draw: other values where the item has some, another order always.
  const drawn = (question, before = null) => {
    const count = question.item.variants.length;
    const step = before === null ? Math.floor(Math.random() * count) : 1 + Math.floor(Math.random() * (count - 1));
    const variant = count > 1 ? ((before?.variant ?? 0) + step) % count : 0;
    return { digest: question.digest, seed: Math.floor(Math.random() * 2 ** 31), variant, answer: [], mark: null, judged: [] };
  };

  // Browsers may forbid a page that is a file to keep anything; then it works without.
  const KEY = `convmark-page-${data.bank}`;
  const kept = (() => {
    try {
      return JSON.parse(localStorage.getItem(KEY) ?? "{}");
    } catch {
      return {};
    }
  })();

  const canKeep = (() => {
    try {
      localStorage.setItem(`${KEY}-probe`, "1");
      localStorage.removeItem(`${KEY}-probe`);
      return true;
    } catch {
      return false;
    }
  })();

  const keep = () => {
    const entries = Object.fromEntries(questions.map(({ code, entry }) => [code, entry]));
    try {
      localStorage.setItem(KEY, JSON.stringify({ lang, entries }));
    } catch {
      // The answers stay on the page as long as it is open.
    }
  };

  const isEntry = (entry, question) => entry?.digest === question.digest && Number.isInteger(entry.seed)
    && Number.isInteger(entry.variant) && entry.variant >= 0 && entry.variant < question.item.variants.length
    && Array.isArray(entry.answer) && Array.isArray(entry.judged);

  for (const question of questions) {
    const entry = kept?.entries?.[question.code];
    question.entry = isEntry(entry, question) ? entry : drawn(question);
  }

  const wanted = [kept?.lang, ...navigator.languages.map((name) => name.slice(0, 2))];
  lang = wanted.find((name) => data.langs.includes(name)) ?? lang;

  return {
    bar, button, canKeep, data, drawn, figure, hidden, keep, make, order, points, questions, say, symbol, told,
    lang: () => lang,
    speak: (name) => { lang = name; },
    // The wording of the moment; an item without a text in that language has it in another one.
    wording: ({ item, entry }) => item.variants[entry.variant][lang] ?? Object.values(item.variants[entry.variant])[0],
  };
})();
