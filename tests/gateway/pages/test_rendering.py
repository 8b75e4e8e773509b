"""What a model wrote, as it is shown: nothing of it acts, nothing is fetched, nothing is left out unsaid."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from signoff.domain.deliverable import Citation
from signoff.showing.addresses import read_address
from signoff.showing.characters import hidden_in, is_hidden
from signoff.showing.markdown import ATTRIBUTES, CITED, CLASSES, SOURCE, TAGS
from signoff.showing.rendering import BRACKET_LIMIT, MARKDOWN_LIMIT, Form, exact, render

SPELLED = re.compile(r"[^\w]")


class Parsed(HTMLParser):
    """The elements, links and text of a piece of HTML, as a browser would see them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(str.__str__(html))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    @property
    def links(self) -> list[str]:
        return [attributes["href"] for _, attributes in self.elements if "href" in attributes]


def assert_harmless(html: str) -> Parsed:
    parsed = Parsed(html)
    for tag, attributes in parsed.elements:
        assert tag in TAGS
        classes = set(attributes.get("class", "").split())
        assert classes <= CLASSES.get(tag, set())
        assert set(attributes) - {"class", "rel"} <= ATTRIBUTES.get(tag, set())
        assert CITED.fullmatch(attributes.get("id", "cited-1"))
        if tag == "a":
            assert attributes["rel"] == "noopener noreferrer nofollow"
            assert SOURCE.fullmatch(attributes["href"]) or read_address(attributes["href"]).href
    return parsed


def cite(text: str, passage: str, url: str = "https://a.example/page") -> Citation:
    start = text.index(passage)
    return Citation(title="A page", url=url, start=start, end=start + len(passage))


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "<svg/onload=alert(1)>",
        "<iframe src='https://evil.example'></iframe>",
        "</textarea><form action=/review/x><button>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](javascript&colon;alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox)",
        "[x](file:///etc/passwd)",
        "[x](/review/other/decide)",
        "[x](//evil.example/path)",
        "[x](#source-99)x",
        '[x](https://a.example "\\" onmouseover=alert(1)")',
        '[x](https://a.example/\\"onmouseover=alert(1))',
        "[x](https://user:secret@evil.example/)",
        "[x](https://bank.example@evil.example/)",
        "<javascript:alert(1)>",
        '<https://a.example/"onclick=alert(1)>',
        "![x](javascript:alert(1))",
        "![x](https://evil.example/pixel.png)",
        "[![x](https://evil.example/p.png)](javascript:alert(1))",
        "```html\n<script>alert(1)</script>\n```",
        '```" onclick=alert(1) "\nx\n```',
        "`<script>`",
        "| a |\n|:-:|\n| <script>alert(1)</script> |",
        "&lt;script&gt;alert(1)&lt;/script&gt; &#60;script&#62;",
        "<!-- hidden --> <![CDATA[x]]> <?php x ?>",
        '<a href="https://evil.example" id="decide" style="position:fixed">x</a>',
        "{{ 7 * 7 }} {% include 'x' %}",
        "x" * 50_000,
        "- " * 3_000 + "deep",
        "> " * 3_000 + "deep",
        "[" * 4_000 + "](x)",
        "\u202egnp.exe\u202c",
        "\x00\x01\x1b[31m",
        "\ud800 half",
    ],
)
def test_hostile_output_is_shown_and_does_nothing(text: str) -> None:
    parsed = assert_harmless(render(text).html)
    assert not any(read_address(link).href == "" for link in parsed.links)


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet=st.sampled_from(list("ab<>\"'&`*_[](){}!#|-=:/\\ \n\t1.;@\u202e\u2e17\u200b"))),
    st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60)), max_size=5),
)
@example("&#x2E17;1.1&#x2E17; and", [(0, 5)])
@example("**bold.**more", [(0, 9)])
def test_no_output_becomes_an_element_or_attribute_outside_the_list(text: str, places: list[tuple[int, int]]) -> None:
    citations = [Citation(title="t", url="https://a.example", start=start, end=end) for start, end in places]
    assert_harmless(render(text, citations).html)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["**a.**", "b ", "[c](https://c.example)", "`d`", "\n\n- e\n", "|f|\n|-|\n|g|\n", "_h_", "1"])
    ),
    st.lists(st.integers(0, 100), max_size=6),
)
def test_marks_of_citations_change_no_word_of_the_text(pieces: list[str], ends: list[int]) -> None:
    text = "".join(pieces)
    citations = [Citation(title="t", url=f"https://s{end}.example", start=0, end=end) for end in ends]
    without = Parsed(render(text).html)
    with_marks = Parsed(re.sub(r"<sup .*?</sup>", "", render(text, citations).html))
    assert (with_marks.text, with_marks.elements) == (without.text, without.elements)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a[RLO]b"),
        ("a\u200bb", "a[ZWSP]b"),
        ("a\U000e0041b", "a[U+E0041]b"),
        ("&#x202e;b", "[RLO]b"),
        ("a\u00adb", "a[U+00AD]b"),
        ("a\x1b[31mb", "a[U+001B][31mb"),
        ("a\u3164b", "a[U+3164]b"),
        ("`a\u2066b`", "a[U+2066]b"),
        (
            "\u2708\ufe0f \U0001f469\u200d\U0001f4bb 1\ufe0f\u20e3",
            "\u2708\ufe0f \U0001f469\u200d\U0001f4bb 1\ufe0f\u20e3",
        ),
        ("a\ufe0fb", "a[U+FE0F]b"),
    ],
)
def test_a_hidden_character_is_shown_as_a_symbol(text: str, shown: str) -> None:
    rendering = render(text)
    assert Parsed(rendering.html).text.strip() == shown
    assert rendering.hidden == (shown != text)


def test_no_hidden_character_at_all_is_overlooked() -> None:
    hidden = [code for code in range(0x110000) if is_hidden(chr(code))]
    assert all(hidden_in(chr(code), 1) for code in hidden)
    assert {0x202E, 0x200B, 0xE0041, 0xAD, 0x0, 0x2028, 0xFEFF, 0x3164} <= set(hidden)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[r]: https://hidden.example 'said in silence'", "said in silence"),
        ("[//]: # (said in silence)", "said in silence"),
        ("```said in silence\nx\n```", "said in silence"),
        ('[x](https://a.example "said in silence")', "said in silence"),
        ('![x](https://a.example "said in silence")', "said in silence"),
        ("<!-- said in silence -->", "said in silence"),
        ("- " * 100 + "said in silence", "said in silence"),
        ("> " * 100 + "said in silence", "said in silence"),
    ],
)
def test_what_markdown_would_swallow_is_shown(text: str, said: str) -> None:
    assert said in Parsed(render(text).html).text


def test_a_view_that_drops_the_cells_of_a_table_says_so() -> None:
    rendering = render("| a |\n|---|\n| b | c | d |\n\n| e | f |\n|---|---|\n| g | h |\n")
    assert rendering.notes == ("the tables have 2 more cells than columns for them, which only the exact text shows",)
    assert render("| a |\n|---|\n| b\\|c |").notes == ()
    assert len(render("x\ry\r\r| a |\r|---|\r| b | c |").notes) == 1


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("[my bank](https://evil.example/login)", "my bank (evil.example)"),
        ("[https://bank.example](https://evil.example)", "https://bank.example (evil.example)"),
        ("<https://a.example/b>", "https://a.example/b"),
        ("[x](https://b\u00fccher.example)", "x (xn--bcher-kva.example)"),
        ("[x](https://a.example:8443/)", "x (a.example:8443)"),
        ("[x](javascript:alert(1))", "x (javascript:alert(1))"),
        ("![a chart](https://a.example/c.png)", "[image a chart https://a.example/c.png]"),
    ],
)
def test_a_link_says_where_it_leads(link: str, told: str) -> None:
    assert Parsed(render(link).html).text.strip() == told


def test_a_citation_is_marked_after_its_place_and_listed_with_its_host() -> None:
    text = "**Tides turn.** They do so twice a day."
    rendering = render(text, [cite(text, "**Tides turn.**"), cite(text, text, "https://b.example/x")])
    assert Parsed(rendering.html).text.strip() == "Tides turn.1 They do so twice a day.2"
    assert [(one.number, one.host, one.href) for one in rendering.sources] == [
        (1, "a.example", "https://a.example/page"),
        (2, "b.example", "https://b.example/x"),
    ]
    assert [place.is_marked for one in rendering.sources for place in one.places] == [True, True]
    assert {"#source-1", "#source-2"} == set(Parsed(rendering.html).links)


def test_a_source_that_is_cited_twice_is_listed_once_with_both_places() -> None:
    text = "One. Two."
    [source] = render(text, [cite(text, "One."), cite(text, "Two.")]).sources
    assert [str(place.quote) for place in source.places] == ["One.", "Two."]


@pytest.mark.parametrize(
    ("text", "passage", "quote"),
    [
        ("One. Two.", "Two.", "Two."),
        ("# A\n\n- It turns ([tides](https://a.example)).", "[tides](https://a.example)", "It turns"),
        ("- It turns. ([tides](https://a.example))", "([tides](https://a.example))", "It turns."),
        ("It turns\n([tides](https://a.example)).", "[tides](https://a.example)", "It turns"),
        ("It turns.\n\n[tides](https://a.example)", "[tides](https://a.example)", ""),
        ("[tides](https://a.example)", "[tides](https://a.example)", ""),
        ("See [tides](https://a.example) now.", "See [tides](https://a.example) now.", "See tides now."),
        ("x " * 200 + "end", "x " * 200 + "end", "…" + "x " * 78 + "end"),
    ],
)
def test_a_source_quotes_the_words_that_it_backs(text: str, passage: str, quote: str) -> None:
    [source] = render(text, [cite(text, passage)]).sources
    assert [str(place.quote) for place in source.places] == [quote]


def test_a_mark_that_would_break_the_markdown_is_left_out_alone() -> None:
    text = "See [this](https://a.example/page) and that."
    rendering = render(text, [cite(text, "See [this](https://a.ex"), cite(text, "that.")])
    assert 'href="https://a.example/page"' in rendering.html
    assert [place.is_marked for source in rendering.sources for place in source.places] == [False, True]


def test_an_answer_can_not_forge_the_mark_of_a_citation() -> None:
    text = "&#x2E17;1.1&#x2E17; is no mark, this is."
    html = render(text, [cite(text, "this is.")]).html
    assert len(re.findall("<sup ", html)) <= 1
    assert "\u2e171.1\u2e17" in Parsed(html).text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://u:p@a.example", "/review", "https://a\u202e.example", ""]
)
def test_a_source_that_must_not_be_a_link_is_none(url: str) -> None:
    [source] = render("x y", [Citation(title="t", url=url, start=0, end=1)]).sources
    assert source.href == ""


def test_json_is_laid_out_with_every_literal_as_it_was_written() -> None:
    text = '{"a":[1.10,{"b":"x, {y}"},[],{}],"a":null,"big":123456789012345678901234567890}'
    rendering = render(text)
    shown = Parsed(rendering.html).text
    assert rendering.form is Form.JSON
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", text)
    assert shown.startswith('{\n  "a": [\n    1.10,\n    {\n      "b": "x, {y}"\n    },\n    [],\n    {}\n  ],\n')


@pytest.mark.parametrize("text", ["[not json](https://a.example)", "{", "[" * 100_000, "{'a': 1}"])
def test_what_only_looks_like_json_is_none(text: str) -> None:
    assert render(text).form is not Form.JSON


@pytest.mark.parametrize(
    "text",
    [
        "a\n" * MARKDOWN_LIMIT,
        "[a](" * (MARKDOWN_LIMIT // 4),
        "![" * BRACKET_LIMIT,
        "|a" * 12_500 + "\n" + "|-" * 7_000,
        ">" * MARKDOWN_LIMIT,
        "*a_ " * (MARKDOWN_LIMIT // 4),
        "*a_ " * 5_000,
        "`" * MARKDOWN_LIMIT,
        "{" * 400_000,
        '["\\' * 100_000,
        "x" * 5_000_000,
        "\u200b" * 5_000_000,
        "&#x200b;" * 12_500,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    citations = [Citation(title="t", url="https://a.example", start=0, end=n) for n in range(100)]
    render(text, citations)
    assert time.process_time() - started < 5


def test_a_long_text_is_shown_plainly_with_the_reason() -> None:
    rendering = render("*a*\n" * 30_000)
    assert (rendering.form, rendering.notes) == (
        Form.PLAIN,
        ("shown as plain text, because it has more than 100,000 characters",),
    )
    assert rendering.html.startswith("*a*\n")


def test_a_text_that_the_parser_fails_on_is_shown_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_text: str) -> None:
        raise IndexError("said in *the* text")

    monkeypatch.setattr("signoff.showing.rendering.MARKDOWN.parse", fail)
    rendering = render("a *b*", [Citation(title="t", url="https://a.example", start=0, end=1)])
    assert (rendering.form, rendering.html) == (Form.PLAIN, "a *b*")
    assert len(rendering.sources) == 1


def test_the_exact_text_is_every_character_of_it() -> None:
    text = "# <b>&amp;\u202e\r\n| x"
    shown = exact(text)
    assert Parsed(shown.html).text == "# <b>&amp;[RLO][U+000D]\n| x"
    assert not shown.is_clipped


def test_a_text_of_hidden_characters_makes_no_page_of_megabytes() -> None:
    text = "\u200b" * 1_000_000
    assert len(render(text).html) < 1_000_000
    assert exact(text).is_clipped


def test_the_start_of_a_very_long_text_is_shown_and_said_to_be_that() -> None:
    shown = exact("x" * 600_000)
    assert (len(shown.html), shown.characters, shown.is_clipped) == (500_000, 600_000, True)
