"""The bridge that a good Python programmer writes in an hour, and that every ratio is against.

It waits for each answer and each acknowledgement before it commits; it keeps no order by key, retries nothing, and one
refused record stops it. Run as a process: `BOOTSTRAP GROUP INPUT OUTPUT URL`.
"""

import asyncio
import sys

import aiohttp
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

CONNECTIONS = 64
MAX_RECORDS = 500
POLL_MILLISECONDS = 1000


async def ask(session: aiohttp.ClientSession, url: str, value: bytes) -> bytes:
    async with session.post(url, data=value, headers={"Content-Type": "application/json"}) as response:
        return await response.read()


async def bridge(bootstrap: str, group: str, source: str, target: str, url: str) -> None:
    consumer = AIOKafkaConsumer(
        source, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False
    )
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with consumer, producer, aiohttp.ClientSession(connector=connector, raise_for_status=True) as session:
        while True:
            polled = await consumer.getmany(timeout_ms=POLL_MILLISECONDS, max_records=MAX_RECORDS)
            records = [record for records in polled.values() for record in records]
            answers = await asyncio.gather(*(ask(session, url, record.value) for record in records))
            await asyncio.gather(
                *(
                    producer.send_and_wait(target, answer, record.key)
                    for record, answer in zip(records, answers, strict=True)
                )
            )
            if records:
                await consumer.commit()


if __name__ == "__main__":
    uvloop.run(bridge(*sys.argv[1:6]))
