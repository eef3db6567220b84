"""The text that is shown is the text that runs."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astronomical.dashboard.page.source_text import described_oddities, source_html
from astronomical.plugins.consent import Consents
from astronomical.plugins.files import PluginError, find_files, read_file, run_file
from astronomical.printable import hidden, one_line, printable
from tests.support.campaigns import cases
from tests.support.plugin_files import MODEL, canary, write_plugin

#: What a declared encoding would make of the bytes: a comment when read as UTF-8, and a command otherwise.
COOKIES = ("unicode_escape", "raw_unicode_escape", "utf-7", "utf_16", "latin-1", "rot13", "cp037", "idna")


@pytest.mark.parametrize("name", COOKIES)
@pytest.mark.parametrize(
    "form",
    [
        "# -*- coding: {} -*-\n",
        "#!/usr/bin/python\n# vim: set fileencoding={} :\n",
        "\n#coding={}\n",
        "\x0c# coding: {}\r\n",
        "\ufeff# coding={}\r",
    ],
)
def test_a_plugin_that_declares_another_encoding_is_refused(tmp_path, name, form):
    path = tmp_path / "mine.py"
    mark = tmp_path / "ran"
    hostile = form.format(name) + f"# harmless \\u000aopen({str(mark)!r}, 'w').close()\n" + MODEL
    path.write_bytes(hostile.encode())
    with pytest.raises(PluginError, match=r"line \d declares the encoding .* must be encoded in UTF-8"):
        read_file(path)
    assert not mark.exists()


@pytest.mark.parametrize(
    "first",
    [
        "# -*- coding: utf-8 -*-\n",
        "# coding: UTF_8\n",
        "\ufeff",
        "x = 1\n# coding: latin-1\n",
        "'''\n# coding: latin-1\n'''\n",
    ],
)
def test_utf8_may_be_declared(tmp_path, first):
    assert run_file(read_file(write_plugin(tmp_path, first + MODEL)))


def test_bytes_that_are_not_utf8_are_refused_with_their_line(tmp_path):
    path = tmp_path / "mine.py"
    path.write_bytes(MODEL.encode() + b"# caf\xe9\n")
    with pytest.raises(PluginError, match=rf"mine.py, line {MODEL.count(chr(10)) + 1}: not valid UTF-8"):
        read_file(path)


def test_a_plugin_does_not_inherit_how_this_program_is_compiled(tmp_path):
    text = MODEL + "\ndef annotated(x: 1 + 1): pass\nassert annotated.__annotations__ == {'x': 2}\n"
    assert run_file(read_file(write_plugin(tmp_path, text)))


def test_tracebacks_show_the_lines_that_ran(tmp_path):
    import linecache

    file = read_file(write_plugin(tmp_path))
    file.path.write_text("# something else\n" * 50, encoding="utf-8")
    run_file(file)
    linecache.checkcache()
    assert linecache.getline(str(file.path), 2) == "from sklearn.naive_bayes import GaussianNB\n"


def test_consent_is_for_a_place_too(tmp_path):
    path, mark = canary(tmp_path)
    consents = Consents(tmp_path / "consents.json")
    consents.give(read_file(path))
    assert consents.has(read_file(path))
    elsewhere = tmp_path / "other"
    elsewhere.mkdir()
    copy = elsewhere / path.name
    copy.write_bytes(path.read_bytes())
    assert not consents.has(read_file(copy))
    renamed = path.with_name("renamed.py")
    renamed.write_bytes(path.read_bytes())
    assert not consents.has(read_file(renamed))
    (elsewhere / "link.py").symlink_to(path)
    assert consents.has(read_file(elsewhere / "link.py"))  # it is the same file in the same folder
    assert not mark.exists()


def test_agreement_that_older_versions_gave_for_a_content_anywhere_does_not_count(tmp_path):
    consents = Consents(tmp_path / "consents.json")
    file = read_file(write_plugin(tmp_path))
    consents.path.write_text(f'{{"{file.sha256}": {{"path": "{file.path}"}}}}')
    assert not consents.has(file)


@pytest.mark.parametrize(
    ("char", "shown"),
    [
        ("\u202e", "\\u202e"),
        ("\u2066", "\\u2066"),
        ("\u200b", "\\u200b"),
        ("\u00ad", "\\xad"),
        ("\ufeff", "\\ufeff"),
        ("\x1b", "\\x1b"),
        ("\x00", "\\x00"),
        ("\x08", "\\x08"),
        ("\r", "\\r"),
        ("\x0c", "\\x0c"),
        ("\x85", "\\x85"),
        ("\u2028", "\\u2028"),
        ("\ufe0f", "\\ufe0f"),
        ("\u3164", "\\u3164"),
        ("\u00a0", "U+00A0"),
        ("\u3000", "U+3000"),
        ("\u0335", "U+0335"),
        ("\U000e0041", "\\U000e0041"),
        ("\u034f", "\\u034f"),
    ],
)
def test_characters_that_cannot_be_seen_are_marked(char, shown):
    html = source_html(f"a = 1 {char} # x")
    assert char not in html.replace("\n", "")
    assert f">{shown}</span>" in html
    assert any("invisible" in sentence for sentence in described_oddities(f"a{char}b"))


def test_letters_that_look_like_others_are_underlined_and_named():
    html = source_html("p\u0430ssword = 1")
    assert "title='U+0430 CYRILLIC SMALL LETTER A'>\u0430</span>" in html
    assert described_oddities("p\u0430ss")[0].startswith("This file contains characters that may look like others")


def test_code_far_to_the_right_or_far_below_is_announced():
    html = source_html("x = 1" + " " * 4000 + "; evil()" + "\n" * 3000 + "evil()")
    assert ">4,000 spaces</span>" in html
    assert ">lines 2 to 3,000 are empty</span>" in html
    assert "white-space:pre-wrap;overflow-wrap:anywhere" in html
    assert "more than 160 characters. They are wrapped (line 1)" in described_oddities("x" * 500)[0]


def test_ordinary_code_has_no_oddities():
    assert described_oddities(MODEL) == []


@pytest.mark.campaign
@settings(max_examples=cases(50, 300), deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_no_text_brings_markup_or_a_hidden_character_into_the_dialog(text):
    html = source_html(text)
    tags = set(re.findall(r"<(/?\w+)", html))
    assert tags <= {"div", "/div", "span", "/span"}
    assert not any(hidden(char) for char in html if char != "\t")
    plain = unescape(re.sub(r"<[^>]*>", "", html))
    assert all(char in plain for char in text if char.isascii() and char.isalpha())


@pytest.mark.campaign
@settings(max_examples=cases(50, 300), deadline=None)
@given(st.text(max_size=80))
def test_printable_text_holds_no_hidden_character(text):
    assert not any(hidden(char) for char in one_line(text))
    assert not any(hidden(char) for char in printable(text) if char not in "\n\t")
    assert len(one_line(text).splitlines()) <= 1


@pytest.mark.campaign
@settings(max_examples=cases(50, 200), deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_text_or_an_error_in_words(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("plugin") / "mine.py"
    path.write_bytes(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        with pytest.raises(PluginError, match="UTF-8"):
            find_files(path)
        return
    assert find_files(path)[0].text == text
