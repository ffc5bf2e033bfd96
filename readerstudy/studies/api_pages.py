"""Lists under /api/v1/: in pages, narrowed by filters that are refused where they make no sense."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response

YES_NO = ("true", "false")
LONGEST = 200  # characters of a filter's value


class Page(PageNumberPagination):
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000


PAGE = OpenApiParameter("page", int)
PAGE_SIZE = OpenApiParameter("page_size", int, description=f"{Page.page_size}, at most {Page.max_page_size}")


@dataclass(frozen=True, kw_only=True)
class Filter:
    """``?name=value`` keeps the rows where one of ``looks_at`` agrees. ``choices`` is all that is taken, if given."""

    name: str
    looks_at: Sequence[str] = ()  # Django look-ups; none: the name itself
    kind: type = str  # str, int or bool
    choices: Iterable[str] = ()
    is_turned: bool = False  # of a bool: true looks for what is not so
    says: str = ""
    finds: Callable[[str], Q] | None = None  # what to look for, where no look-up says it

    def parameter(self) -> OpenApiParameter:
        return OpenApiParameter(self.name, self.kind, enum=list(self.choices) or None, description=self.says)

    def keeps(self, text: str) -> Q:
        value, kept = self._value(text), Q()
        if self.finds:
            return self.finds(value)
        for path in self.looks_at or (self.name,):
            kept |= Q(**{path: value})
        return kept

    def _value(self, text: str) -> Any:
        choices = list(self.choices)
        if choices and text not in choices:
            raise _unfit(self.name, text, _("one of %(choices)s") % {"choices": ", ".join(choices)})
        if self.kind is bool:
            if text not in YES_NO:
                raise _unfit(self.name, text, _("true or false"))
            return (text == "true") != self.is_turned
        if self.kind is int:
            if not (text.isascii() and text.isdigit() and len(text) < 16):
                raise _unfit(self.name, text, _("a number"))
            return int(text)
        if len(text) > LONGEST or "\0" in text:
            raise _unfit(self.name, text[:20], _("a text of at most %(n)s characters") % {"n": LONGEST})
        return text


def search(*looks_at: str) -> Filter:
    return Filter(name="q", looks_at=looks_at, says="a piece of text, in upper or lower case")


def _unfit(name: str, text: str, wanted: str) -> serializers.ValidationError:
    sentence = _("The filter %(name)s takes %(wanted)s, not “%(text)s”.")
    return serializers.ValidationError({"detail": sentence % {"name": name, "wanted": wanted, "text": text}})


def parameters(*filters: Filter) -> list[OpenApiParameter]:
    """For the schema of a list."""
    return [PAGE, PAGE_SIZE, *(filter_.parameter() for filter_ in filters)]


def narrowed(rows: QuerySet, request: Request, *filters: Filter) -> QuerySet:
    """``rows`` after every filter that the request names; a misspelt one is refused, not ignored."""
    known = {filter_.name: filter_ for filter_ in filters}
    asked = {name: text for name, text in request.query_params.items() if name not in {"page", "page_size", "format"}}
    if unknown := sorted(set(asked) - set(known)):
        offered = ", ".join(known) or "none"
        raise serializers.ValidationError({"detail": f"There is no filter {unknown[0]} here. There are: {offered}."})
    for name, text in asked.items():
        if text:
            rows = rows.filter(known[name].keeps(text))
    return rows


def listed(rows: Any, request: Request, serializer: type[serializers.Serializer], *filters: Filter) -> Response:
    """One page of ``rows``, a query set or a list, as ``{"count", "next", "previous", "results"}``."""
    if filters or isinstance(rows, QuerySet):
        rows = narrowed(rows, request, *filters)
    pages = Page()
    return pages.get_paginated_response(serializer(pages.paginate_queryset(rows, request), many=True).data)


def paged(name: str, item: type[serializers.Serializer]) -> Any:
    """The schema of a page of ``item``."""
    return inline_serializer(
        name,
        {
            "count": serializers.IntegerField(),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": item(many=True),
        },
    )
