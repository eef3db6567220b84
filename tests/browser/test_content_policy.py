"""Should HTML of a file get into a page, no script of it runs."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.hostile import make_hostile_project
from tests.support.workbench import APP, LONG, button

#: Each would set ``window.sang``.
_INJECTED = (
    "<img src='data:,' onerror=\"window.sang='handler'\">",
    "<svg onload=\"window.sang='svg'\"></svg>",
    "<iframe srcdoc=\"<script>parent.sang='frame'</script>\"></iframe>",
    "<iframe src=\"javascript:parent.sang='address'\"></iframe>",
    "<a id=link href=\"javascript:window.sang='link'\">link</a>",
    "<form id=form action=\"javascript:window.sang='form'\"></form>",
)


def test_what_is_injected_does_not_run(serve: Callable[..., str], page: Page, complaints: list[str]):
    answer = page.goto(serve(APP))
    assert answer is not None
    assert "script-src-attr 'none'" in answer.headers["content-security-policy"]
    expect(button(page, "Try the example")).to_be_visible(timeout=LONG)
    assert complaints == []
    page.evaluate(
        """(parts) => {
        window.violated = []
        document.addEventListener('securitypolicyviolation', (event) => window.violated.push(event.violatedDirective))
        for (const part of parts) { document.body.insertAdjacentHTML('beforeend', part) }
        document.getElementById('link').click()
        document.getElementById('form').submit()
        const script = document.createElement('script')  // as Panel does with the scripts of an HTML pane
        script.textContent = "window.sang = 'script'"
        document.body.append(script)
    }""",
        list(_INJECTED),
    )
    page.wait_for_function("window.violated.includes('script-src-attr') && window.violated.includes('script-src-elem')")
    page.wait_for_timeout(500)
    assert page.evaluate("window.sang ?? null") is None
    assert [text for text in complaints if "Content Security Policy" in text]
    complaints.clear()


@pytest.mark.slow
def test_pictures_and_downloads_are_allowed(app_url: str, page: Page):
    """Cutouts are ``data:`` images, and plots are saved as ``blob:`` downloads."""
    page.goto(app_url)
    expect(button(page, "Choose a catalogue…")).to_be_visible(timeout=LONG)
    with page.expect_download() as download:
        widths = page.evaluate("""async () => {
            const canvas = document.createElement('canvas')
            canvas.width = 7
            const blob = await new Promise((resolve) => canvas.toBlob(resolve))
            const address = URL.createObjectURL(blob)
            const widths = []
            for (const source of [canvas.toDataURL(), address]) {
                const image = new Image()
                image.src = source
                await image.decode()
                widths.push(image.naturalWidth)
            }
            const link = document.createElement('a')
            Object.assign(link, {href: address, download: 'plot.png'})
            link.click()
            return widths
        }""")
    assert widths == [7, 7]
    assert download.value.path().stat().st_size > 0


@pytest.mark.slow
def test_the_first_screen_the_wizard_and_the_workbench_keep_to_the_policy(
    serve: Callable[..., str], page: Page, complaints: list[str]
):
    page.add_init_script("""document.addEventListener('securitypolicyviolation',
        (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))""")
    page.goto(serve(APP))
    button(page, "Choose a catalogue…").click(timeout=LONG)
    expect(page.get_by_label("Catalogue file")).to_be_visible(timeout=LONG)
    page.goto(page.url)
    button(page, "Try the example").click(timeout=LONG)
    expect(page.locator(".id").first).not_to_be_empty(timeout=LONG)
    for name in ("Export…", "Save a copy…", "Add pane…", "Keys"):
        button(page, name).click()
        expect(page.get_by_role("dialog")).to_be_visible(timeout=LONG)
        page.get_by_role("dialog").locator("button.leave, .leave button").first.click(timeout=LONG)
        expect(page.get_by_role("dialog")).to_have_count(0, timeout=LONG)
    assert complaints == []


@pytest.mark.slow
def test_the_page_as_first_sent_holds_no_text_of_a_file(serve: Callable[..., str], tmp_path: Path):
    path = make_hostile_project(tmp_path)
    url = serve(APP, "--args", str(path))
    with urllib.request.urlopen(url, timeout=120) as answer:
        assert "sang" not in answer.read().decode()
