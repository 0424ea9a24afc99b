"""Sends one record with a header name that is not UTF-8, which Kafka allows and client libraries do not offer.

A program, since only aiokafka's pure Python encoder can be talked into it, and that is chosen when it is imported:
`AIOKAFKA_NO_EXTENSIONS=1 python -m support.kafka.odd_header BOOTSTRAP TOPIC VALUE` prints the record's place as JSON.
"""

import asyncio
import json
import sys
from typing import Any

from aiokafka import AIOKafkaProducer


class Name(str):
    """Encodes itself as it likes."""

    __slots__ = ()

    def encode(self, *_arguments: Any, **_keywords: Any) -> bytes:
        return b"\xff\xfe"


async def send(bootstrap: str, topic: str, value: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        sent = await producer.send_and_wait(topic, value.encode(), headers=[(Name("x"), b"1"), ("b", b"2")])
    finally:
        await producer.stop()
    sys.stdout.write(json.dumps({"partition": sent.partition, "offset": sent.offset, "timestamp": sent.timestamp}))


if __name__ == "__main__":
    asyncio.run(send(*sys.argv[1:]))
