"""The address that `astronomical serve --address` prints opens the dashboard, and does not stay in the address bar."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.support.token_server import TokenServer


def test_the_printed_address_opens_the_dashboard(new_page, tmp_path, complaints):
    server = TokenServer(tmp_path)
    page = new_page()
    try:
        page.goto(f"http://127.0.0.1:{server.port}/astronomical")
        page.get_by_label("Token").fill("not the token of it")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_contain_text("not the token of this server")
        assert [said for said in complaints if "403" not in said] == []
        complaints.clear()
        page.goto(f"http://127.0.0.1:{server.port}/login?token={server.token}")
        expect(page.get_by_role("button", name="Try the example")).to_be_visible(timeout=60_000)
        assert server.token not in page.url
        complaints.remove("console: Failed to load resource: the server responded with a status of 404 (Not Found)")
        page.reload()
        expect(page.get_by_role("button", name="Try the example")).to_be_visible(timeout=60_000)
    finally:
        page.close()  # before its server: a page without one complains
        server.process.terminate()
        server.process.wait(30)
