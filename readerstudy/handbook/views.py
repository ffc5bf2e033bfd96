"""The pages of the handbook. Nothing in it is secret: everybody may read it, signed in or not."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from readerstudy.handbook import book
from readerstudy.handbook.search import LONGEST, find

KINDS = {"webp": "image/webp", "cff": "text/plain; charset=utf-8"}


@require_safe
def page(request: HttpRequest, slug: str = book.INDEX) -> HttpResponse:
    found = book.page(slug)
    if found is None or (slug == book.INDEX and request.path != book.HOME):
        raise Http404("There is no such page in the handbook.")
    before, after = ({"address": book.address_of(one[0]), "title": one[1]} if one else None
                     for one in book.neighbours(slug))  # fmt: skip
    told = {"page": found, "html": mark_safe(found.html), "before": before, "after": after}  # noqa: S308 - our own files
    return render(request, "handbook/page.html", {**told, **_frame(slug)})


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    question = request.GET.get("q", "").strip()[:LONGEST]
    pages = [one for slug in book.slugs() if slug != book.INDEX and (one := book.page(slug))]
    return render(request, "handbook/search.html", {"question": question, "hits": find(pages, question), **_frame("")})


@require_safe
def file(request: HttpRequest, name: str) -> FileResponse:
    """A picture of a page, or the file to cite from."""
    if name not in book.files():
        raise Http404("There is no such file in the handbook.")
    return FileResponse((book.FOLDER / name).open("rb"), content_type=KINDS[name.rsplit(".", 1)[-1]])


def _frame(slug: str) -> dict[str, Any]:
    chapters = [
        {"title": chapter.title, "pages": [{"address": book.address_of(one), "title": title, "is_here": one == slug}
                                           for one, title in chapter.pages]}
        for chapter in book.chapters()
    ]  # fmt: skip
    return {"chapters": chapters, "home": book.HOME}
