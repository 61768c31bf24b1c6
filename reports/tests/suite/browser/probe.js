// What a reader would stumble over, as lists that should be empty, and how much there is to see.
(() => {
  const root = document.documentElement;
  const width = root.clientWidth;
  const box = (node) => node.getBoundingClientRect();
  const isSeen = (node) => box(node).width > 0 && getComputedStyle(node).visibility !== "hidden";
  const scrolls = (node) => node.closest(".scroll") !== null && getComputedStyle(node.closest(".scroll")).overflowX === "auto";
  const name = (node) => `${node.tagName}.${node.getAttribute("class")}: ${node.textContent.trim().slice(0, 40)}`;
  const beyond = [...document.body.querySelectorAll("*")]
    .filter((node) => isSeen(node) && !scrolls(node) && !node.closest("svg") && box(node).right > width + 1)
    .map(name);
  const charts = [];
  const cut = [];
  const overlapping = [];
  for (const figure of document.querySelectorAll("figure")) {
    const svg = [...figure.querySelectorAll("svg")].find(isSeen);
    const frame = box(svg);
    const texts = [...svg.querySelectorAll("text")].map((node) => [node, box(node)]);
    charts.push({
      name: figure.id, height: frame.height, texts: texts.length,
      shapes: svg.querySelectorAll("rect, circle, polyline, polygon, line").length,
      smallest: Math.min(...texts.map(([node]) => parseFloat(getComputedStyle(node).fontSize) * frame.width / svg.viewBox.baseVal.width)),
    });
    for (const [node, at] of texts) {
      const isInside = at.left >= frame.left - 1 && at.right <= frame.right + 1 && at.top >= frame.top - 1 && at.bottom <= frame.bottom + 1;
      if (!isInside) cut.push(`${figure.id}: ${node.textContent.trim()}`);
    }
    texts.forEach(([node, a], index) => {
      for (const [other, b] of texts.slice(index + 1)) {
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        // A line's box is a quarter higher than its letters.
        const least = 0.3 * Math.min(a.bottom - a.top, b.bottom - b.top);
        if (across > 2 && down > least) overlapping.push(`${figure.id}: ${node.textContent.trim()} | ${other.textContent.trim()}`);
      }
    });
  }
  const paper = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
  const card = getComputedStyle([...document.querySelectorAll(".card svg > rect")].find(isSeen)).fill.match(/\d+/g).map(Number);
  return { width, scroll: root.scrollWidth, beyond, charts, cut, overlapping, paper: paper[0], card: card[0] };
})()
