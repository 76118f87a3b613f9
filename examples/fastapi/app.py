"""A small FastAPI service as one would write it: nothing of the autoscaler is in it.

Each order asks a database through the worker's own pool of connections, as SQLAlchemy or asyncpg give it. The pool is
what one worker can carry: with all connections taken, requests wait inside the worker.
"""
import asyncio
from contextlib import asynccontextmanager

from fastapi import FastAPI

CONNECTIONS = 8
QUERY_SECONDS = 0.1

pool: asyncio.Semaphore


@asynccontextmanager
async def lifespan(_: FastAPI):
    global pool
    pool = asyncio.Semaphore(CONNECTIONS)
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def root():
    return {"message": "hello"}


@app.get("/health")
async def health():
    return {"ok": True}


@app.get("/orders/{number}")
async def order(number: int):
    async with pool:
        await asyncio.sleep(QUERY_SECONDS)  # the database
    return {"order": number, "state": "shipped"}
