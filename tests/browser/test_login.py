"""The address that `astronomical serve --address` prints opens the dashboard, and does not stay in the address bar."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.integration.test_token_login import Server


def test_the_printed_address_opens_the_dashboard(new_page, tmp_path, complaints):
    server = Server(tmp_path)
    page = new_page()
    try:
        page.goto(f"http://127.0.0.1:{server.port}/astronomical")
        page.get_by_label("Token").fill("not the token of it")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_contain_text("not the one of this server")
        assert [said for said in complaints if "403" not in said] == []
        complaints.clear()
        page.goto(f"http://127.0.0.1:{server.port}/login?token={server.token}")
        expect(page.get_by_role("button", name="Try the example")).to_be_visible()
        assert server.token not in page.url
        page.reload()
        expect(page.get_by_role("button", name="Try the example")).to_be_visible()
    finally:
        page.context.close()  # before its server: a page without one complains
        server.process.terminate()
        server.process.wait(30)
