"""Reading a typical nginx answer, and writing a request."""

import re
from collections.abc import Iterator
from typing import Any

import httptools

from bench.micro.stopwatch import Finding, cost

HEAD = (
    b"HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 21 Nov 2026 09:22:00 GMT\r\n"
    b"Content-Type: application/json\r\nContent-Length: 35\r\nConnection: keep-alive\r\n\r\n"
)
ANSWER = HEAD + b'{"label": "fraud", "score": 0.9731}'
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
VALUE = b'{"amount": 12.50, "country": "DE"}\n'


class Complete:
    """The fewest callbacks that give a body."""

    def __init__(self) -> None:
        self.body = b""

    def on_body(self, body: bytes) -> None:
        self.body = body

    def on_message_complete(self) -> None:
        pass


class WithBegin(Complete):
    def on_message_begin(self) -> None:
        self.body = b""


class WithHeaders(WithBegin):
    def on_header(self, name: bytes, value: bytes) -> None:
        pass


class WithHeadersComplete(WithBegin):
    def on_headers_complete(self) -> None:
        pass


def by_find(answer: bytes) -> bytes:
    end = answer.index(b"\r\n\r\n") + 4
    start = answer.index(b"Content-Length: ") + 16
    length = int(answer[start : answer.index(b"\r\n", start)])
    return answer[end : end + length]


def by_pattern(answer: bytes) -> bytes:
    end = answer.index(b"\r\n\r\n") + 4
    match = CONTENT_LENGTH.search(answer, 0, end)
    return answer[end : end + int(match[1])] if match else b""


class HeadRemembered:
    """Answers of one server repeat their head but for the date: the last head is compared, not parsed."""

    def __init__(self) -> None:
        self.head, self.length = HEAD, 35

    def __call__(self, answer: bytes) -> bytes:
        if answer.startswith(self.head) and len(answer) == len(self.head) + self.length:
            return answer[len(self.head) :]
        return by_find(answer)


def findings() -> Iterator[Finding]:
    for variant, protocol in (
        ("httptools: body, complete", Complete()),
        ("httptools: + begin", WithBegin()),
        ("httptools: + begin, headers_complete", WithHeadersComplete()),
        ("httptools: + begin, every header", WithHeaders()),
    ):
        feed = httptools.HttpResponseParser(protocol).feed_data
        yield Finding("read an answer", variant, cost("feed(answer)", feed=feed, answer=ANSWER))
    parser = httptools.HttpResponseParser(Complete())
    parser.feed_data(ANSWER)
    for variant, statement in (
        ("httptools: get_status_code()", "parser.get_status_code()"),
        ("httptools: should_keep_alive()", "parser.should_keep_alive()"),
        ("httptools: a new parser", "Parser(protocol)"),
    ):
        names: dict[str, Any] = {"parser": parser, "Parser": httptools.HttpResponseParser, "protocol": Complete()}
        yield Finding("read an answer", variant, cost(statement, **names))
    for variant, read in (
        ("own: find", by_find),
        ("own: regular expression", by_pattern),
        ("own: head equal to the last", HeadRemembered()),
    ):
        yield Finding("read an answer", variant, cost("read(answer)", read=read, answer=ANSWER))
    head = b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nContent-Type: application/json\r\nContent-Length: "
    for variant, statement in (
        ('head + b"%d\\r\\n\\r\\n" % n + value', 'head + b"%d\\r\\n\\r\\n" % len(value) + value'),
        ('b"%b%d\\r\\n\\r\\n%b" % (...)', 'b"%b%d\\r\\n\\r\\n%b" % (head, len(value), value)'),
        ("b''.join of three", "b''.join((head, b'%d\\r\\n\\r\\n' % len(value), value))"),
        ("tails[n] from a table", "head + tails[len(value)] + value"),
    ):
        tails = [b"%d\r\n\r\n" % n for n in range(2048)]
        yield Finding("write a request", variant, cost(statement, head=head, value=VALUE, tails=tails))
