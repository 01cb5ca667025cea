// Search as you type, over search.json. Without this script the form asks the server,
// and on a static site the list from A to Z stays.
"use strict";

(() => {
  const MOST = 100;
  const field = document.getElementById("q");
  const results = document.getElementById("results");
  const everything = document.getElementById("everything");
  let entries = null;

  const fold = (text) =>
    text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").trim().replace(/\s+/gu, " ");

  // The lower the better; null when not all words are met. The same order as the server's.
  function rank(names, wanted, words) {
    if (names[0] === wanted) return 0;
    if (names.includes(wanted)) return 1;
    if (names[0].startsWith(wanted)) return 2;
    if (names.some((name) => name.startsWith(wanted))) return 3;
    const starts = (some) => some.flatMap((name) => name.split(/[\s-]/u));
    const begins = (all) => words.every((word) => all.some((start) => start.startsWith(word)));
    if (begins(starts(names.slice(0, 1)))) return 4;
    if (begins(starts(names))) return 5;
    const together = names.join("\n");
    return words.every((word) => together.includes(word)) ? 6 : null;
  }

  async function load() {
    if (entries) return;
    const answer = await fetch(results.dataset.index);
    const rows = await answer.json();
    entries = rows.map(([label, address, kind, others]) => {
      const last = address.replace(/\/$/u, "").split("/").pop();
      return { label, address, kind, others, names: [label, ...others, last].map(fold) };
    });
  }

  function element(name, text, className) {
    const made = document.createElement(name);
    made.textContent = text; // never HTML: labels are data
    if (className) made.className = className;
    return made;
  }

  function item(entry) {
    const made = document.createElement("li");
    const link = document.createElement("a");
    link.href = (results.dataset.home || "./") + entry.address;
    link.append(element("bdi", entry.label));
    made.append(link);
    if (entry.kind) made.append(" ", element("span", entry.kind, "dim small"));
    if (entry.others.length) {
      made.append(" ", element("span", `also ${entry.others.join(", ")}`, "dim small"));
    }
    return made;
  }

  async function search() {
    const wanted = fold(field.value.slice(0, 200));
    if (everything) everything.hidden = wanted !== "";
    results.replaceChildren();
    if (wanted === "") return;
    await load();
    if (wanted !== fold(field.value.slice(0, 200))) return; // typed on meanwhile
    const words = wanted.split(" ").slice(0, 12);
    const found = entries
      .map((entry) => ({ entry, rank: rank(entry.names, words.join(" "), words) }))
      .filter((one) => one.rank !== null)
      .sort((a, b) => a.rank - b.rank || a.entry.label.length - b.entry.label.length);
    const count = found.length === 1 ? "1 result" : `${found.length} results`;
    const list = element("ol", "", "entries");
    list.append(...found.slice(0, MOST).map((one) => item(one.entry)));
    results.replaceChildren(element("h2", found.length ? count : "Nothing is called so"), list);
  }

  const asked = new URLSearchParams(location.search).get("q");
  if (asked && !field.value) {
    field.value = asked; // a static host does not read what is asked for
    search();
  }
  field.addEventListener("input", search);
})();
