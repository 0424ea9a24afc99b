"""A model that answers with what it was sent; 400 for what begins with `bad`. A program: its port is in $PORT."""

import os

from aiohttp import web


async def predict(request: web.Request) -> web.Response:
    body = await request.read()
    return web.Response(body=body, status=400 if body.startswith(b"bad") else 200)


if __name__ == "__main__":
    served = web.Application(client_max_size=64 * 1024 * 1024)
    served.router.add_post("/predict", predict)
    web.run_app(served, host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
