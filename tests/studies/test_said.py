"""Stored English sentences, put into the language of whoever reads them."""

import pytest
from django.utils import translation

from readerstudy import said as room
from readerstudy.said import named, said

CATALOGUE = {
    "Row %(number)s, %(column)s: %(error)s": "第 %(number)s 行，%(column)s：%(error)s",
    "“%(cell)s” is not a label: write GS or control.": "“%(cell)s”不是标签。",
    "Consent of %(code)s was withdrawn: nothing is taken.": "%(code)s 的知情同意已撤回。",
    "The photo has no colour.": "照片没有颜色。",
    "%(key)s is %(value)s: write %(kind)s.": "%(key)s 的值为 %(value)s。",
    "scale up to %(share)s": "缩放不超过 %(share)s",
    "Looks the same as “%(name)s” of %(code)s: is it one child twice?": "与 %(code)s 的“%(name)s”相同？",
    "about %(share)s %% of the faces": "约 %(share)s %% 的面部",
    "girl": "女",
    "not stated": "未注明",
    "Noonan syndrome": "努南综合征",
    "%(low)s to %(high)s": "%(low)s 至 %(high)s",
    "%(n)s photos": "%(n)s 张照片",
    "blocks 4, 5 and the head": "第 4、5 块和头部",
    "left-right flip": "左右翻转",
}


class Catalogue:
    def __init__(self, messages):
        self._catalog = messages


@pytest.fixture(autouse=True)
def fresh():
    room._said.cache_clear()
    room._templates.cache_clear()
    yield
    room._said.cache_clear()
    room._templates.cache_clear()


@pytest.fixture
def chinese(monkeypatch):
    monkeypatch.setattr(room, "gettext", lambda text: CATALOGUE.get(text, text))
    monkeypatch.setattr(room, "translation", lambda language: Catalogue(CATALOGUE))
    with translation.override("zh-hans"):
        yield


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("The photo has no colour.", "照片没有颜色。"),
        ("Consent of P-7 was withdrawn: nothing is taken.", "P-7 的知情同意已撤回。"),
        ("Row 3, label: “yes” is not a label: write GS or control.", "第 3 行，label：“yes”不是标签。"),
        ("The photo has no colour. Looks the same as “a b.jpg” of P-2: is it one child twice?",
         "照片没有颜色。与 P-2 的“a b.jpg”相同？"),
        ("about 40 % of the faces", "约 40 % 的面部"),
        ("girl 12, not stated 3", "女 12，未注明 3"),
        ("blocks 4, 5 and the head, left-right flip", "第 4、5 块和头部，左右翻转"),
        ("scale up to 5%; not stated", "缩放不超过 5%；未注明"),
        ("scale up to 5%, scale up to 7%, left-right flip", "缩放不超过 5%，缩放不超过 7%，左右翻转"),
        ("0.71 to 0.93", "0.71 至 0.93"),
        ("12 photos", "12 张照片"),
        ("Written by a person. The photo has no colour.", "Written by a person. 照片没有颜色。"),
        ("Nobody knows this one.", "Nobody knows this one."),
        ("", ""),
    ],
)  # fmt: skip
def test_a_stored_sentence_is_said_in_the_readers_language(chinese, stored, shown):
    assert said(stored) == shown


def test_values_are_not_taken_for_sentences(chinese):
    assert said("Consent of girl was withdrawn: nothing is taken.") == "girl 的知情同意已撤回。"


def test_a_syndrome_is_named_with_and_without_the_word(chinese):
    assert [named(name) for name in ("Noonan", "Noonan syndrome", "Unheard-of syndrome", "")] == [
        "努南综合征",
        "努南综合征",
        "Unheard-of syndrome",
        "",
    ]


def test_in_english_everything_stays():
    with translation.override("en"):
        assert said("Row 3, label: “yes” is not a label.") == "Row 3, label: “yes” is not a label."
        assert named("Noonan") == "Noonan"


def test_the_real_catalogue_is_read():
    """One of Django's own messages, which every installation has in Chinese."""
    with translation.override("zh-hans"):
        told = said("Ensure this value is less than or equal to 7.")
    assert "7" in told
    assert "Ensure" not in told
