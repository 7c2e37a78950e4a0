// What is said of a checked answer: the verdict in a word, the mistake that it matches, the right answer, the explanation.
const result = (() => {
  const { button, figure, make, points, say, told } = base;

  const verdict = (mark, item) => make("p", { class: `result ${mark.state}` }, ...told(mark.state),
    mark.points === null ? "" : ` · ${say("quiz_points", { points: points(mark.points), maximum: points(item.points) })}`);

  const part = (key, html) => (html ? make("section", {}, make("h4", {}, say(key)), make("div", { class: "text", html })) : null);

  const mistakes = (question, wording) => {
    const named = question.entry.mark.named.map((place) => wording.options[place]).filter((option) => option?.feedback);
    return named.map((option) => make("div", { class: "mistake" },
      option.html ? make("p", { class: "muted small", html: option.html }) : null,
      make("div", { class: "text", html: option.feedback })));
  };

  // A number is repeated as it was understood, where it was written in another way.
  const understood = ({ item, entry }) => {
    if (item.type !== "numeric") return null;
    const read = figure(marking.number(entry.answer[0], entry.mark.lang));
    const isSame = read === entry.answer[0].trim().replace(/ /gu, "\u00a0");
    return isSame ? null : make("p", { class: "muted small" }, say("quiz_read_as", { number: read }));
  };

  const key = ({ item, entry }, wording) => {
    if (entry.mark.state === "right" || !["numeric", "short"].includes(item.type)) return null;
    const right = wording.options.find((option) => option.right);
    return make("p", {}, say("quiz_right_answer"), " ", make("strong", {}, right.shown ?? right.text));
  };

  const rubric = (question, wording, changed) => {
    const { item, entry } = question;
    const boxes = wording.rubric.map((row, place) => make("label", { class: "option" },
      make("input", {
        type: "checkbox", value: place, checked: entry.judged.includes(place), "aria-label": row.spoken || null,
      }),
      make("span", { class: "option-text", html: row.html }),
      make("span", { class: "muted small row-worth" }, say("quiz_worth", { points: points(row.points) }))));
    const judge = () => {
      entry.judged = boxes.flatMap((box, place) => (box.firstChild.checked ? [place] : []));
      entry.mark = marking.judged(item, wording, entry.judged);
      changed();
    };
    return make("section", {}, make("fieldset", {}, make("legend", {}, say("quiz_judge")), ...boxes,
      make("p", { class: "buttons" }, button("quiz_count", judge))));
  };

  // The box below an item whose answer was checked; `changed` is called when the student has judged himself.
  const show = (question, wording, changed) => {
    const { item, entry: { mark } } = question;
    const isEssay = item.type === "essay";
    return [
      verdict(mark, item),
      ...(isEssay ? [rubric(question, wording, changed), part("quiz_model", wording.model)]
        : [understood(question), ...mistakes(question, wording), key(question, wording)]),
      part("quiz_explanation", wording.explanation),
    ].filter(Boolean);
  };

  return { show };
})();
