// The places for an answer, by type. Each maker returns what stands there, and how it is read, locked and marked.
const answers = (() => {
  const { make, order, say, symbol } = base;

  const note = (isGood, text) => make("span", { class: isGood ? "note good" : "note bad" }, symbol(isGood ? "✓" : "✗"), text);
  const noted = (isRight) => note(isRight, say(isRight ? "quiz_note_right" : "quiz_note_wrong"));
  const letter = (place) => String.fromCharCode((base.lang() === "ru" ? "А" : "A").charCodeAt(0) + place);

  const field = (attributes) => make("input", {
    type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: 400, ...attributes,
  });

  const choices = (question, wording, name) => {
    const { item, entry } = question;
    const count = wording.options.length;
    const places = item.shuffle ? order(count, entry.seed) : Array.from({ length: count }, (_, place) => place);
    const type = item.type === "multi" ? "checkbox" : "radio";
    const inputs = new Map();
    const labels = new Map();
    for (const place of places) {
      const { html, spoken } = wording.options[place];
      const checked = entry.answer.includes(String(place));
      inputs.set(place, make("input", { type, name, value: place, checked, "aria-label": spoken || null }));
      labels.set(place, make("label", { class: "option" }, inputs.get(place), make("span", { class: "option-text", html })));
    }
    return {
      legend: say(item.type === "multi" ? "quiz_choose_all" : "quiz_choose_one"),
      body: [...labels.values()],
      read: () => places.filter((place) => inputs.get(place).checked).map(String).sort(),
      lock: () => inputs.forEach((input) => { input.disabled = true; }),
      show: () => labels.forEach((label, place) => {
        const isRight = wording.options[place].right;
        if (inputs.get(place).checked) label.append(noted(isRight));
        else if (isRight) label.append(note(true, say(item.type === "multi" ? "quiz_note_missed" : "quiz_note_key")));
        label.classList.toggle("is-right", isRight);
        label.classList.toggle("is-wrong", inputs.get(place).checked && !isRight);
      }),
    };
  };

  const written = (question, wording, name) => {
    const input = field({ id: `${name}-text`, class: question.item.type === "numeric" ? "number-field" : "text-field",
      value: question.entry.answer[0] ?? "" });
    const legend = say(question.item.type === "numeric" ? "quiz_write_number" : "quiz_write_words");
    input.setAttribute("aria-label", legend);
    return {
      legend,
      body: [input],
      faults: () => [input],
      read: () => [input.value],
      lock: () => { input.readOnly = true; },
      show: () => undefined,
    };
  };

  const select = (labels, chosen, attributes) => make("select", attributes,
    make("option", { value: "" }, say("quiz_choose")),
    ...labels.map(([value, text]) => make("option", { value, selected: value === chosen }, text)));

  const match = (question, wording, name) => {
    const places = order(wording.choices.length, question.entry.seed);
    const labels = places.map((place, row) => [String(place), `${letter(row)}. ${wording.choices[place].text}`]);
    const letterOf = (place) => letter(places.indexOf(place));
    const selects = wording.rows.map(({ spoken }, row) => (
      select(labels, question.entry.answer[row], { id: `${name}-row${row}`, "aria-label": spoken || null })
    ));
    const rows = wording.rows.map(({ left }, row) => make("div", { class: "match-row" },
      make("label", { for: `${name}-row${row}`, html: left }), selects[row]));
    const offered = make("ol", { class: "offered", "aria-labelledby": `${name}-head` },
      ...places.map((place, row) => make("li", {}, make("span", { class: "letter" }, `${letter(row)}.`), " ",
        make("span", { html: wording.choices[place].html }))));
    return {
      legend: say("quiz_match"),
      body: [make("p", { class: "muted small head", id: `${name}-head`, html: wording.heads[1] }), offered,
        make("p", { class: "muted small head", html: wording.heads[0] }), ...rows],
      read: () => selects.map((found) => found.value),
      lock: () => selects.forEach((found) => { found.disabled = true; }),
      show: ({ parts }) => rows.forEach((row, place) => row.append(parts[place]
        ? noted(true) : note(false, say("quiz_note_needed", { right: letterOf(wording.rows[place].right) })))),
    };
  };

  const gapInput = (gap, place, question, name, label) => {
    const value = question.entry.answer[place] ?? "";
    const attributes = { id: `${name}-gap${place}`, "aria-label": label };
    if (gap.kind !== "choice") return field({ ...attributes, class: `gap gap-${gap.kind}`, value });
    const places = order(gap.offered.length, question.entry.seed + place);
    return select(places.map((other) => [String(other), gap.offered[other]]), value, { ...attributes, class: "gap" });
  };

  // The stop after a gap stays with it, on whichever line that is.
  const stopAfter = (hole) => {
    const next = hole.nextSibling;
    const [stop] = next?.nodeType === Node.TEXT_NODE ? /^[.,;:!?)»]*/u.exec(next.data) : [""];
    if (stop) next.data = next.data.slice(stop.length);
    return make("span", { class: "stop" }, stop);
  };

  const cloze = (question, wording, name) => {
    const text = make("div", { class: "text", html: wording.stem });
    const count = wording.gaps.length;
    const inputs = wording.gaps.map((gap, place) => (
      gapInput(gap, place, question, name, say("quiz_gap", { number: place + 1, all: count }))
    ));
    const holes = inputs.map((input, place) => {
      const hole = text.querySelector(`[data-gap="${place}"]`);
      const stop = stopAfter(hole);
      hole.append(make("span", { class: "whole" }, input, stop));
      return { hole, stop };
    });
    return {
      legend: say("quiz_fill"),
      body: [text],
      faults: ({ parts }) => inputs.filter((_, place) => parts[place] === null),
      read: () => inputs.map((input) => input.value),
      lock: () => inputs.forEach((input) => { input[input.tagName === "SELECT" ? "disabled" : "readOnly"] = true; }),
      show: ({ parts }) => holes.forEach(({ hole, stop }, place) => {
        const right = wording.gaps[place].shown;
        hole.append(parts[place] ? noted(true) : note(false, say("quiz_note_needed", { right })));
        hole.lastChild.append(stop);
      }),
    };
  };

  const essay = (question, wording, name) => {
    const { words: [least, most] } = question.item;
    const area = make("textarea", { id: `${name}-text`, rows: 8, maxlength: 20000, "aria-label": say("quiz_write_text") });
    area.value = question.entry.answer[0] ?? "";
    const counter = make("p", { class: "muted small" });
    const counted = () => {
      const number = area.value.split(/\s+/u).filter(Boolean).length;
      counter.textContent = most ? say("quiz_words_of", { number, least, most }) : say("quiz_words", { number });
    };
    area.addEventListener("input", counted);
    counted();
    return {
      legend: say("quiz_write_text"),
      body: [area, counter],
      read: () => [area.value],
      lock: () => { area.readOnly = true; },
      show: () => undefined,
    };
  };

  const MAKERS = { single: choices, multi: choices, truefalse: choices, numeric: written, short: written, match, cloze, essay };

  return { make: (question, wording, name) => MAKERS[question.item.type](question, wording, name) };
})();
