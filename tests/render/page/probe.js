// What a reader sees of the page, told to the page around it. Of the tree, everything is unfolded.
const seen = (element) => element.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true });
const shown = () => [...document.querySelectorAll(".tree tbody tr")].filter((row) => !row.hidden).length;
const found = { window: innerWidth, first: shown(), closed: document.documentElement.scrollHeight };
found.headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((each) => Number(each.tagName[1]));
document.getElementById("unfold").click(); found.unfolded = shown();
document.getElementById("fold").click(); found.folded = shown();
document.querySelector(".tree .toggle").click(); found.one = shown();
document.getElementById("unfold").click();
for (const details of document.querySelectorAll("details")) details.open = true;

found.width = Math.max(...[...document.querySelectorAll("body *")].filter(seen)
  .filter((each) => !each.closest(".unseen")).map((each) => each.getBoundingClientRect().right));
found.scrolling = [document.documentElement, ...document.querySelectorAll(".scroll")]
  .filter((each) => each.scrollWidth > each.clientWidth).map((each) => `${each.ariaLabel ?? each.tagName}: ${each.scrollWidth} > ${each.clientWidth}`);

const colour = (text) => text.match(/[\d.]+/g).map(Number);
const luminance = (parts) => {
  const [r, g, b] = parts.map((part) => part / 255).map((p) => (p <= 0.04045 ? p / 12.92 : ((p + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (element) => {
  for (let each = element; each; each = each.parentElement) {
    const given = colour(getComputedStyle(each).backgroundColor);
    if (given[3] !== 0) return given.slice(0, 3);
  }
  return [255, 255, 255];
};
const contrast = (element) => {
  const text = luminance(colour(getComputedStyle(element).color).slice(0, 3));
  const behind = luminance(ground(element));
  return (Math.max(text, behind) + 0.05) / (Math.min(text, behind) + 0.05);
};

Object.assign(found, { words: 0, broken: [], beyond: [], contrast: 21, smallest: 99 });
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const element = node.parentElement;
  if (!node.data.trim() || element.closest("script, style, .unseen") || !seen(element)) continue;
  found.contrast = Math.min(found.contrast, contrast(element));
  found.smallest = Math.min(found.smallest, parseFloat(getComputedStyle(element).fontSize));
  const cell = element.closest("td, th");
  for (const word of node.data.matchAll(/[^\s\/-]+/g)) {  // a line may end after a hyphen or a slash
    const range = document.createRange();
    range.setStart(node, word.index);
    range.setEnd(node, word.index + word[0].length);
    const boxes = [...range.getClientRects()];
    found.words += 1;
    if (new Set(boxes.map((box) => Math.round(box.top))).size > 1) found.broken.push(word[0]);
    const column = (cell ?? document.documentElement).getBoundingClientRect();
    if (boxes.some((box) => box.left < column.left - 1 || box.right > column.right + 1)) found.beyond.push(word[0]);
  }
}
found.images = [...document.images].map((image) => image.clientWidth / image.naturalWidth);
parent.postMessage(found, "*");
