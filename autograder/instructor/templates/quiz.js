// The page: topics with their questions, what happens at a button, the filter, and the summary by topic.
(() => {
  const { bar, button, data, drawn, keep, make, points, questions, say, told } = base;
  const byId = (name) => document.getElementById(name);
  const isWrong = ({ entry: { mark } }) => ["wrong", "partial"].includes(mark?.state);
  const isDone = ({ entry: { mark } }) => Boolean(mark) && mark.points !== null;
  const titleOf = (topic) => data.topics[topic][base.lang()];
  const topics = data.topics.map((_, topic) => questions.filter((question) => question.topic === topic));
  const boxes = new Map();

  const changed = () => {
    keep();
    progress();
    summary();
  };

  // A formula takes the room that there is; its parts stand out of it where they need more.
  const isWide = (formula) => {
    const room = formula.parentElement.closest("p, li, td, .option-text, .text, h4, label, legend")?.clientWidth || Infinity;
    const { left, width } = formula.getBoundingClientRect();
    if (width < room - 1) return false;
    return [...formula.querySelectorAll("*")].some((part) => part.getBoundingClientRect().right > left + room + 1);
  };

  // What is too wide for a phone scrolls in its own box, also from the keyboard.
  const fit = (root) => {
    const formulas = [...root.querySelectorAll("math")].filter((one) => !one.closest(".formula"));
    for (const formula of formulas.filter(isWide)) {
      const scroller = make("span", { class: "formula" });
      formula.replaceWith(scroller);
      scroller.append(formula);
    }
    for (const wide of root.querySelectorAll("pre, .formula")) {
      if (wide.scrollWidth > wide.clientWidth) wide.setAttribute("tabindex", "0");
      else wide.removeAttribute("tabindex");
    }
  };

  const refuse = (part, mark, problem) => {
    const faults = part.faults?.(mark) ?? [];
    problem.textContent = mark.state === "blank" ? say("quiz_blank") : say("quiz_unreadable");
    faults.forEach((input) => {
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", problem.id);
    });
    (faults[0] ?? part.body[0].parentElement.querySelector("input, select, textarea")).focus();
  };

  const check = (question, part, problem) => {
    const wording = base.wording(question);
    const answer = part.read();
    const mark = marking.mark(question.item, wording, answer);
    problem.textContent = "";
    if (mark.state === "unreadable" || (mark.state === "blank" && question.item.type !== "essay")) {
      refuse(part, mark, problem);
      return;
    }
    question.entry.answer = answer;
    // A number stays what it was in the language in which it was written.
    const isUnwritten = mark.state === "blank";
    question.entry.mark = { ...mark, lang: wording.lang, ...(isUnwritten ? { state: "waiting", points: null } : {}) };
    show(question, ".verdict");
  };

  const again = (question, entry) => {
    question.entry = entry;
    show(question, "h3");
  };

  const afterwards = (question) => {
    const { entry, item } = question;
    const same = () => again(question, { ...entry, answer: [], mark: null, judged: [] });
    const other = item.variants.length > 1 ? button("quiz_another", () => again(question, drawn(question, entry))) : null;
    return make("p", { class: "buttons" }, button("quiz_again", same), other);
  };

  const heading = (question, name) => make("h3", { id: name, tabindex: "-1" }, say("quiz_question", { number: question.number }),
    make("span", { class: "muted worth" }, say("quiz_worth", { points: points(question.item.points) })),
    isDone(question) ? make("span", { class: `state ${question.entry.mark.state}` }, ...told(question.entry.mark.state)) : null);

  const hint = (wording) => (wording.hint
    ? make("details", { class: "hint", ontoggle: ({ target }) => fit(target) }, make("summary", {}, say("quiz_hint")),
      make("div", { class: "text", html: wording.hint }))
    : null);

  const form = (question, part, name, wording) => {
    const { entry, item } = question;
    const problem = make("p", { class: "problem", id: `${name}-problem`, role: "alert" });
    const isCloze = item.type === "cloze";
    const onsubmit = (event) => {
      event.preventDefault();
      if (!entry.mark) check(question, part, problem);
    };
    const oninput = () => {
      entry.answer = part.read();
      keep();
    };
    const fieldset = make("fieldset", { "aria-describedby": isCloze ? null : `${name}-stem` },
      make("legend", {}, part.legend), ...part.body);
    const submit = make("p", { class: "buttons" }, make("button", { type: "submit", class: "primary" },
      say(item.type === "essay" ? "quiz_reveal" : "quiz_check")));
    return make("form", { novalidate: true, onsubmit, oninput }, fieldset, problem, hint(wording), entry.mark ? null : submit);
  };

  // The question anew, as its entry says: to be answered, or with the verdict on its answer.
  const draw = (question) => {
    const name = `q${question.number}`;
    const wording = base.wording(question);
    const part = answers.make(question, wording, name);
    const { mark } = question.entry;
    const box = boxes.get(question);
    box.lang = wording.lang;
    box.replaceChildren(...[
      heading(question, `${name}-title`),
      question.item.type === "cloze" ? null : make("div", { class: "stem text", id: `${name}-stem`, html: wording.stem }),
      form(question, part, name, wording),
    ].filter(Boolean));
    if (mark) {
      part.lock();
      part.show(mark);
      box.append(make("div", { class: `verdict ${mark.state}`, tabindex: "-1", role: "group", "aria-label": say("quiz_verdict") },
        ...result.show(question, wording, () => show(question, ".verdict")), afterwards(question)));
    }
  };

  // Draws a question whose state has changed, and takes the reader there.
  const show = (question, selector) => {
    changed();
    draw(question);
    fit(boxes.get(question));
    boxes.get(question).querySelector(selector).focus();
  };

  const section = (topic) => {
    const found = topics[topic].map((question) => {
      const box = make("article", { class: "item", id: `q${question.number}`, "aria-labelledby": `q${question.number}-title` });
      boxes.set(question, box);
      return box;
    });
    const up = make("a", { href: "#contents", class: "small up" }, say("quiz_up"));
    return make("section", { class: "topic", id: `topic-${topic}`, "aria-labelledby": `topic-${topic}-title` },
      make("h2", { id: `topic-${topic}-title`, tabindex: "-1" }, titleOf(topic)), ...found, up);
  };

  const total = (list, value) => list.reduce((sum, question) => sum + value(question), 0);
  const counted = (list) => ({
    done: list.filter(isDone).length,
    all: list.length,
    points: total(list.filter(isDone), ({ entry }) => entry.mark.points),
    maximum: total(list.filter(isDone), ({ item }) => item.points),
  });

  const progress = () => {
    const { done, all } = counted(questions);
    byId("done").textContent = say("quiz_progress", { done, all });
    byId("progress-bar").replaceChildren(bar(done / all));
    topics.forEach((list, topic) => {
      const found = counted(list);
      byId(`count-${topic}`).textContent = say("quiz_of", { number: found.done, all: found.all });
    });
  };

  const contents = () => byId("topics").replaceChildren(...topics.map((_, topic) => make("li", {},
    make("a", { href: `#topic-${topic}` }, titleOf(topic)), " ", make("span", { class: "muted", id: `count-${topic}` }))));

  const row = (topic) => {
    const found = counted(topics[topic]);
    const share = found.maximum ? found.points / found.maximum : null;
    return make("tr", {}, make("th", { scope: "row" }, titleOf(topic)),
      make("td", { class: "number" }, say("quiz_of", { number: found.done, all: found.all })),
      make("td", { class: "number" }, share === null ? "–" : say("quiz_of",
        { number: points(found.points), all: points(found.maximum) })),
      make("td", { class: "share" }, share === null ? "" : bar(share)));
  };

  // Up to three topics to revise: those with the smallest share of points, of what was answered.
  const weakest = () => topics.map((list, topic) => ({ topic, ...counted(list) }))
    .filter(({ points: got, maximum }) => got < maximum)
    .sort((one, two) => one.points / one.maximum - two.points / two.maximum)
    .slice(0, 3);

  const revise = () => {
    if (!questions.some(isDone)) return [make("p", {}, say("quiz_nothing_yet"))];
    const found = weakest();
    if (!found.length) return [make("p", {}, say("quiz_all_right"))];
    return [make("p", {}, say("quiz_revise_text")), make("ul", { class: "revise" }, ...found.map(({ topic, points: got, maximum }) => (
      make("li", {}, make("span", {}, `${titleOf(topic)} · ${say("quiz_points", { points: points(got), maximum: points(maximum) })}`),
        make("button", { type: "button", onclick: () => filter(String(topic), true) }, say("quiz_show_wrong"),
          base.hidden(` ${titleOf(topic)}`))))))];
  };

  const summary = () => {
    const found = counted(questions);
    byId("rows").replaceChildren(...topics.map((_, topic) => row(topic)));
    byId("total").textContent = say("quiz_total", {
      points: points(found.points), maximum: points(found.maximum), done: found.done, all: found.all,
    });
    byId("revise").replaceChildren(...revise());
  };

  // Applied when it is chosen, not when an answer is checked: a question does not vanish from under its reader.
  const filter = (topic = byId("topic").value, onlyWrong = byId("only-wrong").checked) => {
    byId("topic").value = topic;
    byId("only-wrong").checked = onlyWrong;
    let shown = 0;
    topics.forEach((list, place) => {
      const seen = list.filter((question) => (topic === "" || topic === String(place)) && (!onlyWrong || isWrong(question)));
      list.forEach((question) => { boxes.get(question).hidden = !seen.includes(question); });
      byId(`topic-${place}`).hidden = !seen.length;
      shown += seen.length;
    });
    byId("shown").textContent = say(shown ? "quiz_shown" : "quiz_shown_none", { number: shown, all: questions.length });
    const [first] = document.querySelectorAll(".topic:not([hidden]) h2");
    if (document.activeElement?.closest("#summary")) first?.focus();
    fit(byId("questions"));
  };

  const interfaceWords = () => {
    document.documentElement.lang = base.lang();
    document.title = data.titles[base.lang()];
    byId("title").textContent = data.titles[base.lang()];
    document.querySelectorAll("[data-say]").forEach((found) => { found.textContent = say(found.dataset.say); });
    document.querySelectorAll("[data-lang]").forEach((found) => {
      found.setAttribute("aria-pressed", String(found.dataset.lang === base.lang()));
    });
    byId("not-kept").hidden = base.canKeep;
  };

  const everything = () => {
    const chosen = byId("topic").value;
    interfaceWords();
    byId("topic").replaceChildren(make("option", { value: "" }, say("quiz_all_topics")),
      ...topics.map((_, topic) => make("option", { value: topic, selected: chosen === String(topic) }, titleOf(topic))));
    byId("questions").replaceChildren(...topics.map((_, topic) => section(topic)));
    contents();
    questions.forEach(draw);
    changed();
    filter();
  };

  document.querySelectorAll("[data-lang]").forEach((found) => found.addEventListener("click", () => {
    base.speak(found.dataset.lang);
    everything();
  }));
  byId("topic").addEventListener("change", () => filter());
  byId("only-wrong").addEventListener("change", () => filter());
  byId("clear").addEventListener("click", () => {
    questions.forEach((question) => { question.entry = drawn(question); });
    byId("start-over").open = false;
    everything();
    byId("done").focus();
  });
  window.addEventListener("resize", () => fit(byId("questions")));
  byId("page").hidden = false;
  everything();
})();
