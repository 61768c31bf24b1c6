// Uses the page as a reader does: sorts the table by speed, points at a chart. Gives what that led to.
(() => {
  const table = document.querySelector("table.sortable");
  const column = [...table.tHead.rows[0].cells].findIndex((title) => title.textContent.startsWith("speed"));
  const speeds = () => [...table.tBodies[0].rows].slice(1).map((row) => row.cells[column].dataset.sort).filter(Boolean).map(Number);
  const title = table.tHead.rows[0].cells[column].firstElementChild;
  title.click();
  const falling = speeds();
  title.click();
  const rising = speeds();
  const areas = [...document.querySelectorAll(".tips rect")].filter((area) => area.getBoundingClientRect().width > 0);
  const area = areas[0];
  area.scrollIntoView({ block: "center" });
  const at = area.getBoundingClientRect();
  const where = { bubbles: true, clientX: at.left + at.width / 2, clientY: at.top + at.height / 2 };
  area.dispatchEvent(new PointerEvent("pointermove", where));
  const tip = document.querySelector(".tip");
  const box = tip.getBoundingClientRect();
  const told = tip.hidden ? "" : tip.textContent;
  const isInside = box.left >= 0 && box.right <= document.documentElement.clientWidth;
  document.body.dispatchEvent(new PointerEvent("pointermove", { bubbles: true }));
  return { falling, rising, areas: areas.length, told, isInside, gone: tip.hidden };
})()
