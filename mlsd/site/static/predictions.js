// Asks for a reader's 90 % interval, keeps back what was measured until there is one, and sends nothing anywhere.
"use strict";

function element(name, attributes, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

function verdict(low, high, question) {
  const measured = Number(question.measured);
  const said = `Measured: ${question.shown} ${question.unit}.`;
  if (Number.isNaN(low)) return `${said} You passed this one over.`;
  const where = measured < low ? "below" : measured > high ? "above" : "inside";
  return `${said} The value lies ${where} your interval.`;
}

function ask(box) {
  const question = box.dataset;
  const kept = [...document.querySelectorAll(`.tag_after-${question.for} > .cell_output`)];
  const notes = kept.map((output) => {
    const note = element("p", { className: "kept-back", textContent: "Kept back until you answer the question above." });
    output.before(note);
    return note;
  });
  const number = (label) =>
    element("label", {}, `${label} `, element("input", { type: "number", step: "any", required: true }));
  const low = number("from"), high = number("to");
  const problem = element("p", { className: "problem" });
  problem.setAttribute("role", "alert");
  const form = element(
    "form", {}, low, high, ` ${question.unit} `,
    element("button", { type: "submit", textContent: "Show what was measured" }),
    element("button", { type: "button", textContent: "Pass", onclick: () => reveal(NaN, NaN) }),
  );
  const answer = element("p", { className: "answer" });
  answer.setAttribute("aria-live", "polite");
  function hide(hidden) {
    for (const one of kept) one.hidden = hidden;
    for (const one of notes) one.hidden = !hidden;
  }
  function reveal(from, to) {
    answer.textContent = verdict(from, to, question);
    form.hidden = true;
    hide(false);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [from, to] = [low, high].map((label) => label.querySelector("input").valueAsNumber);
    problem.textContent = from > to ? "The interval is upside down: the first number must not exceed the second." : "";
    if (from <= to) reveal(from, to);
  });
  hide(true);
  box.append(element("p", { textContent: "Your 90 % interval, before you read on:" }), form, problem, answer);
}

document.querySelectorAll(".prediction").forEach(ask);
