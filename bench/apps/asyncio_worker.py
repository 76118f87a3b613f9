"""Uvicorn's worker on asyncio's own loop, where uvloop is installed too."""
from uvicorn_worker import UvicornWorker


class AsyncioWorker(UvicornWorker):
    CONFIG_KWARGS = {'loop': 'asyncio', 'http': 'auto'}
