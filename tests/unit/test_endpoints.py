"""Endpoints without a database: what an address means, and what is an answer."""

from __future__ import annotations

from typing import Any

import pytest

from engine.apps.answers import Answer
from engine.apps.endpoints import match
from engine.apps.manifest import Endpoint
from engine.errors import BadRequest, NotAllowed, NotFound


def endpoint(name: str, path: str, method: str = "GET") -> Endpoint:
    return Endpoint(name=name, label=name, script="endpoints/a.js", method=method, path=path)


ENDPOINTS = [
    endpoint("any", "/companies/{id}"),
    endpoint("best", "/companies/best"),
    endpoint("change", "/companies/{id}", "PATCH"),
    endpoint("parts", "/companies/{id}/parts/{part}"),
]


@pytest.mark.parametrize(
    ("method", "path", "name", "params"),
    [
        ("GET", ["companies", "best"], "best", {}),
        ("GET", ["companies", "a/b c"], "any", {"id": "a/b c"}),
        ("PATCH", ["companies", "best"], "change", {"id": "best"}),
        ("GET", ["companies", "1", "parts", "2"], "parts", {"id": "1", "part": "2"}),
    ],
)
def test_an_address_means_one_endpoint(method: str, path: list[str], name: str, params: dict[str, str]) -> None:
    """Fixed parts go before parameters, and the method decides between those of one path."""
    found, given = match(ENDPOINTS, method, path)
    assert (found.name, given) == (name, params)


@pytest.mark.parametrize("path", [[], [""], ["companies"], ["companies", ""], ["companies", "1", "parts"], ["best"]])
def test_an_address_that_means_none(path: list[str]) -> None:
    """Too few parts, too many, or an empty one where a parameter is."""
    with pytest.raises(NotFound):
        match(ENDPOINTS, "GET", path)


def test_another_method_is_not_allowed() -> None:
    """The error has the methods that are."""
    with pytest.raises(NotAllowed) as caught:
        match(ENDPOINTS, "DELETE", ["companies", "1"])
    assert caught.value.additional_info["allowed"] == ["GET", "PATCH"]


@pytest.mark.parametrize("value", [None, 5, "text", [1], {}, {"a": 1}, {"status": 404, "name": "A"}, {"body": 1}])
def test_any_value_is_the_body_of_a_200(value: Any) -> None:
    """Also an object that has more than status, headers and body, or no status."""
    assert Answer.of(value) == Answer(200, None, value)


def test_an_answer_of_its_own() -> None:
    """Status as JavaScript counts, headers by lower-case name, and what is no JSON as a text."""
    found = Answer.of({"status": 201.0, "headers": {"Location": "/a"}, "body": [1]})
    assert (found.status, found.headers, found.body, found.is_json) == (201, {"location": "/a"}, [1], True)
    found = Answer.of({"status": 200, "headers": {"Content-Type": "text/csv; charset=utf-8"}, "body": "a,b"})
    assert (found.is_json, found.content_type) == (False, "text/csv; charset=utf-8")
    assert Answer.of({"status": 200, "headers": {"content-type": "application/problem+json"}, "body": {}}).is_json


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"status": 199}, "status"),
        ({"status": 600}, "status"),
        ({"status": "200"}, "status"),
        ({"status": True}, "status"),
        ({"status": 200.5}, "status"),
        ({"status": 200, "headers": "a"}, "headers"),
        ({"status": 200, "headers": {str(n): "x" for n in range(51)}}, "headers"),
        ({"status": 200, "headers": {"Set-Cookie": "a=b"}}, "headers"),
        ({"status": 200, "headers": {"content-security-policy": "*"}}, "headers"),
        ({"status": 200, "headers": {"a b": "c"}}, "headers"),
        ({"status": 200, "headers": {"a": 5}}, "headers.a"),
        ({"status": 200, "headers": {"a": "b\r\nc: d"}}, "headers.a"),
        ({"status": 200, "headers": {"a": "x" * 4097}}, "headers.a"),
        ({"status": 200, "headers": {"a": "\u20ac"}}, "headers.a"),
        ({"status": 200, "headers": {"content-type": "text/plain"}, "body": {}}, "body"),
    ],
)
def test_what_is_no_answer(value: Any, field: str) -> None:
    """The error names the part; nothing that a header could smuggle passes."""
    with pytest.raises(BadRequest) as caught:
        Answer.of(value)
    assert caught.value.additional_info["field"] == field
