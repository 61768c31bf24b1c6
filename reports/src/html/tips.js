
// Shows what is pointed at in a chart at once, for fingers too. Without this the browser shows the same texts as titles.
{
  const box = document.createElement("div");
  box.className = "tip";
  box.hidden = true;
  document.body.append(box);
  for (const area of document.querySelectorAll(".tips rect")) {
    const title = area.firstElementChild;
    area.dataset.tip = title.textContent;
    title.remove();
  }
  const show = (event) => {
    const area = event.target instanceof Element ? event.target.closest(".tips rect") : null;
    box.hidden = area === null;
    if (area === null) return;
    box.textContent = area.dataset.tip;
    const [width, height] = [box.offsetWidth, box.offsetHeight];
    const right = document.documentElement.clientWidth - width - 8;
    const below = event.clientY + 16;
    const fits = below + height < document.documentElement.clientHeight;
    box.style.left = `${Math.max(8, Math.min(event.clientX + 14, right))}px`;
    box.style.top = `${Math.max(8, fits ? below : event.clientY - height - 12)}px`;
  };
  document.addEventListener("pointermove", show);
  document.addEventListener("pointerdown", show);
  document.addEventListener("scroll", () => { box.hidden = true; }, { passive: true });
}
