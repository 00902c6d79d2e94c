"""Looking at a page as people with different eyes do: axe, the width of the window, a picture to keep."""

import re
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page
from tests.acceptance.server import ROOT

SCREENSHOTS = ROOT / "build" / "screenshots"
"""Where pictures of pages are kept, for people to look at; git ignores it."""
STICKING_OUT = """() => {
  const width = document.documentElement.clientWidth;
  const scrolled = (each) => {
    for (let at = each.parentElement; at && at !== document.body; at = at.parentElement)
      if (getComputedStyle(at).overflowX !== 'visible') return true;
    return false;
  };
  const name = (each) => each.tagName.toLowerCase() + (each.id ? '#' + each.id : '') +
    (each.classList.length ? '.' + [...each.classList].join('.') : '');
  return [...document.body.querySelectorAll('*')].filter((each) => {
    const box = each.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && box.right > width + 1 && !scrolled(each) &&
      getComputedStyle(each).visibility !== 'hidden' && !each.closest('svg, [hidden]');
  }).map((each) => `${name(each)} from ${Math.round(each.getBoundingClientRect().left)}` +
    ` to ${Math.round(each.getBoundingClientRect().right)} of ${width}`);
}"""
PICTURES = """() => Promise.all([...document.images].map((each) =>
  each.complete || new Promise((done) => { each.onload = each.onerror = done; })))"""
SHOWN = """() => document.body.textContent + ' ' + document.title + ' ' +
  [...document.querySelectorAll('input, textarea')].map((each) => each.value).join(' ')"""
"""All text of a page, that in its fields too."""
SCROLLS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def findings(page: Page) -> list[str]:
    """What axe finds wrong: all of its rules, not those of one standard alone."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    answer: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {rule['help']}: {' '.join(map(str, node['target']))} {node['html'][:200]}"
        for rule in answer["violations"]
        for node in rule["nodes"]
    ]


def sticking_out(page: Page) -> list[str]:
    """What makes the page wider than its window; nothing may."""
    wider: int = page.evaluate(SCROLLS)
    found: list[str] = page.evaluate(STICKING_OUT)
    return [f"scrolls sideways by {wider} px", *found] if wider > 0 else found


def keep_picture(page: Page, name: str) -> Path:
    """Keep a picture of the whole page, in a window as high as the page: nothing lies over the rest of it."""
    window = page.viewport_size
    assert window is not None
    path = SCREENSHOTS / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}-{window['width']}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": window["width"], "height": max(height, window["height"])})
    page.evaluate(PICTURES)
    page.screenshot(path=path)
    page.set_viewport_size(window)
    return path
