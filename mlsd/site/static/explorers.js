// Shows an explorer's result for what a reader chooses; all results stand in the page, and nothing is sent anywhere.
"use strict";

document.querySelectorAll(".explorer[data-explorer]").forEach((box) => {
  const { place, settings, results } = JSON.parse(box.dataset.explorer);
  const verdict = box.querySelector(".verdict"), picture = box.querySelector("img");
  const lists = settings.map(({ texts, first }) => {
    const list = document.createElement("select");
    list.append(...texts.map((text) => new Option(text, text, text === first, text === first)));
    return list;
  });
  function show() {
    const number = lists.reduce((sum, list) => sum * list.options.length + list.selectedIndex, 0);
    const { alt, says, answered } = results[number];
    verdict.textContent = says;
    verdict.classList.toggle("answered", answered);
    picture.alt = alt;
    picture.style.visibility = "hidden"; // until the picture of this choice is there
    picture.src = `${place}/${number}.webp`;
  }
  for (const end of ["load", "error"]) picture.addEventListener(end, () => { picture.style.visibility = ""; });
  const form = document.createElement("form");
  form.append(...lists.map((list, number) => {
    const label = document.createElement("label");
    label.append(settings[number].label, list);
    return label;
  }));
  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  verdict.before(form);
  show(); // a browser keeps what was chosen when a page is loaded again
});
