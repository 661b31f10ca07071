"""require("axios"): which request each form makes of the host, and what becomes of the answer."""

from __future__ import annotations

from typing import Any

import pytest

from scripting.model import Json
from tests.scripting.javascript.scripts import failure, run
from tests.scripting.python.scripts import FakeHost

FORM = "application/x-www-form-urlencoded"
OK: dict[str, Any] = {"status": 200, "statusText": "OK", "headers": {"a": "b"}, "url": "http://x/", "text": '{"n": 1}'}


class Web(FakeHost):
    """A host that answers every request alike."""

    def __init__(self, **answer: Any) -> None:
        super().__init__()
        self.answer: Json = {**OK, **answer}
        self.requests: list[dict[str, Any]] = []

    def call(self, method: str, args: list[Json]) -> Json:
        """Remembers the request."""
        if method != "http.request":
            return super().call(method, args)
        request = args[0]
        assert isinstance(request, dict)
        self.requests.append(request)
        return self.answer


def asked(call: str) -> dict[str, Any]:
    """The one request that the call makes, without what nobody said."""
    web = Web(bytes="AAE=")
    run(f"const axios = require('axios'); return (await {call}).status", host=web)
    (request,) = web.requests
    request["headers"].pop("Accept", None)
    return {key: value for key, value in request.items() if value is not None and value is not False and value != {}}


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("axios('http://x/a')", {"method": "GET", "url": "http://x/a"}),
        ("axios({url: 'http://x/a', method: 'delete'})", {"method": "DELETE", "url": "http://x/a"}),
        ("axios('http://x/a', {method: 'head'})", {"method": "HEAD", "url": "http://x/a"}),
        ("axios.request({url: 'http://x/'})", {"method": "GET", "url": "http://x/"}),
        (
            "axios.get('http://x/a?b=1#c', {params: {q: 'ä b', list: [1, 2], deep: {k: true}, none: null}})",
            {"method": "GET", "url": "http://x/a?b=1&q=%C3%A4+b&list[]=1&list[]=2&deep[k]=true"},
        ),
        ("axios.get('/a', {baseURL: 'http://x/v1/'})", {"method": "GET", "url": "http://x/v1/a"}),
        ("axios.create({baseURL: 'http://x'}).get('a')", {"method": "GET", "url": "http://x/a"}),
        (
            "axios.post('http://x/', {a: [1]})",
            {
                "method": "POST",
                "url": "http://x/",
                "text": '{"a":[1]}',
                "headers": {"Content-Type": "application/json"},
            },
        ),
        (
            "axios.put('http://x/', 'a=1')",
            {
                "method": "PUT",
                "url": "http://x/",
                "text": "a=1",
                "headers": {"Content-Type": FORM},
            },
        ),
        (
            "axios.patch('http://x/', {a: 1, b: 'ö'}, {headers: {'content-type': FORM}})".replace("FORM", repr(FORM)),
            {
                "method": "PATCH",
                "url": "http://x/",
                "text": "a=1&b=%C3%B6",
                "headers": {"content-type": FORM},
            },
        ),
        (
            "axios.post('http://x/', new Uint8Array([0, 255]), {headers: {'Content-Type': 'image/png'}})",
            {"method": "POST", "url": "http://x/", "bytes": "AP8=", "headers": {"Content-Type": "image/png"}},
        ),
        (
            "axios.get('http://x/', {auth: {username: 'me', password: 'pä'}, headers: {authorization: 'x', N: 5}})",
            {"method": "GET", "url": "http://x/", "headers": {"N": "5", "Authorization": "Basic bWU6cMOk"}},
        ),
        (
            "axios.get('http://x/', {timeout: 5, maxRedirects: 0, maxContentLength: 9, responseType: 'arraybuffer'})",
            {
                "method": "GET",
                "url": "http://x/",
                "timeout": 5,
                "maxRedirects": 0,
                "maxContentLength": 9,
                "binary": True,
            },
        ),
        (
            "axios.create({headers: {common: {'X-A': '1'}}}).get('http://x/')",
            {"method": "GET", "url": "http://x/", "headers": {"X-A": "1"}},
        ),
    ],
)
def test_a_call_makes_a_request(call: str, wanted: dict[str, Any]) -> None:
    """Methods, addresses, parameters, bodies, headers and limits as axios has them."""
    assert asked(call) == wanted


def test_an_answer_is_a_response() -> None:
    """data is JSON where it can be, else text, and bytes where they are wanted; config is not in its JSON."""
    source = """const axios = require('axios'); const r = await axios.get('http://x/');
    return [r.data, r.status, r.statusText, r.headers.a, r.config.url, r.request.responseURL, Object.keys(r)]"""
    keys = ["data", "status", "statusText", "headers"]
    assert run(source, host=Web()) == [{"n": 1}, 200, "OK", "b", "http://x/", "http://x/", keys]
    data = "const axios = require('axios'); return (await axios.get('http://x/', OPTIONS)).data"
    assert run(data.replace("OPTIONS", "{}"), host=Web(text="plain")) == "plain"
    assert run(data.replace("OPTIONS", "{responseType: 'text'}"), host=Web()) == '{"n": 1}'
    assert run(data.replace("OPTIONS", "{transformResponse: [(t) => t.length]}"), host=Web()) == 8
    number = data.replace("OPTIONS", "{responseType: 'arraybuffer'}").replace(".data", ".data.byteLength")
    assert run(number, host=Web(bytes="AAEC", text=None)) == 3


def test_a_status_that_is_no_success_is_an_error_with_its_response() -> None:
    """The shape that people catch; validateStatus decides what is one."""
    source = """const axios = require('axios');
    try { await axios.get('http://x/') } catch (e) {
      return [axios.isAxiosError(e), e instanceof axios.AxiosError, e instanceof Error, e.name, e.message, e.code,
              e.status, e.response.status, e.response.data, e.config.method, e.toJSON().config]
    }"""
    config = {"url": "http://x/", "method": "get"}
    rest = [404, 404, {"n": 1}, "get", config]
    message = "Request failed with status code 404"
    expected = [True, True, True, "AxiosError", message, "ERR_BAD_REQUEST", *rest]
    assert run(source, host=Web(status=404)) == expected
    assert failure("await require('axios')('http://x/')", host=Web(status=500)).message == (
        "AxiosError: Request failed with status code 500"
    )
    lenient = "return (await require('axios')('http://x/', {validateStatus: () => true})).status"
    assert run(lenient, host=Web(status=500)) == 500


def test_no_answer_is_an_error_with_a_code() -> None:
    """As in Node: code and message, no response; the author's own message for a time-out."""
    web = Web(error={"code": "ECONNABORTED", "message": "timeout of 5ms exceeded"})
    source = """const axios = require('axios');
    try { await axios.get('http://x/', OPTIONS) } catch (e) { return [e.code, e.message, e.response === undefined] }"""
    assert run(source.replace("OPTIONS", "{}"), host=web) == ["ECONNABORTED", "timeout of 5ms exceeded", True]
    assert run(source.replace("OPTIONS", "{timeoutErrorMessage: 'late'}"), host=web) == ["ECONNABORTED", "late", True]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("{proxy: {}}", "axios: proxy is not served here; known: url, method"),
        ("{httpsAgent: 1}", "axios: httpsAgent is not served here"),
        ("{responseType: 'stream'}", "axios: responseType stream is not served here; known: json, text, arraybuffer"),
        ("{data: 'abc', maxBodyLength: 2}", "Request body larger than maxBodyLength limit"),
    ],
)
def test_what_is_not_served_is_said(options: str, message: str) -> None:
    """Nothing is sent as if an option were not there."""
    web = Web()
    threw = failure(f"await require('axios')('http://x/', {options})", host=web)
    assert threw.message.startswith(f"AxiosError: {message}")
    assert web.requests == []


def test_an_app_s_own_axios_comes_first() -> None:
    """Who pushed a file of this name gets that."""
    assert run("return require('axios').mine", sources={"axios.js": "exports.mine = 1"}) == 1


def test_values_that_the_app_was_installed_with_stay_behind_their_marks() -> None:
    """In requests, logs, results and errors; what the script sees are the values, in answers too."""
    installed = {"values": {"key": 'se"cret'}, "marks": [["<%= iparam.key %>", 'se"cret']]}
    server = """exports = { go: async (args) => {
      const { key } = args.iparams;
      const { data } = await require("axios").post("http://x/", { k: key }, { headers: { K: key } });
      console.log(args.iparams.key);
      if (data.echo !== args.iparams.key) throw new Error("not revealed");
      if (args.fail) throw new Error("bad " + args.iparams.key);
      return [args.iparams.key, { [args.iparams.key]: 1 }];
    } };"""
    web = Web(text='{"echo": "<%= iparam.key %>"}')
    entry = 'return require("freshworks").run("server.js", "go", params);'
    given: dict[str, Any] = {"sources": {"server.js": server}, "host": web, "$installed": installed}
    assert run(entry, params={}, **given) == ["<%= iparam.key %>", {"<%= iparam.key %>": 1}]
    assert failure(entry, params={"fail": True}, **given).message == "bad <%= iparam.key %>"
    assert web.requests[0]["headers"]["K"] == "<%= iparam.key %>"
    assert web.logged() == ["<%= iparam.key %>"] * 2
