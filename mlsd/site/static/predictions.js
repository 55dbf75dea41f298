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

const waiting = new Map(); // by output: how many questions keep it back, and the note in its place

function keepBack(output) {
  if (!waiting.has(output)) {
    const note = element("p", { className: "kept-back", textContent: "Kept back until you answer what is asked above." });
    output.before(note);
    output.hidden = true;
    waiting.set(output, { questions: 0, note });
  }
  waiting.get(output).questions += 1;
}

function release(output) {
  const kept = waiting.get(output);
  kept.questions -= 1;
  output.hidden = kept.questions > 0;
  kept.note.hidden = !output.hidden;
}

function ask(box) {
  const question = box.dataset;
  const kept = [...document.querySelectorAll(`.tag_after-${question.for} > .cell_output`)];
  const bounds = question.most ? { min: 0, max: question.most } : {};
  const number = (label) =>
    element("label", {}, `${label} `, element("input", { type: "number", step: "any", required: true, ...bounds }));
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
  function reveal(from, to) {
    answer.textContent = verdict(from, to, question);
    form.hidden = true;
    kept.forEach(release);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [from, to] = [low, high].map((label) => label.querySelector("input").valueAsNumber);
    problem.textContent = from > to ? "The interval is upside down: the first number must not exceed the second." : "";
    if (from <= to) reveal(from, to);
  });
  kept.forEach(keepBack);
  box.append(element("p", { textContent: "Your 90 % interval, before you read on:" }), form, problem, answer);
}

document.querySelectorAll(".prediction").forEach(ask);
