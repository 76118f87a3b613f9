"""A FastAPI app as anyone would write it: nothing of gunicorn-autoscaler is in it."""
import asyncio
import time
from contextlib import asynccontextmanager

from fastapi import FastAPI

CONNECTIONS = 8  # to the database, in each worker's own pool, as SQLAlchemy or asyncpg give it
pool: asyncio.Semaphore


@asynccontextmanager
async def lifespan(_: FastAPI):
    global pool
    pool = asyncio.Semaphore(CONNECTIONS)
    yield


app = FastAPI(title="A FastAPI app under gunicorn-autoscaler", lifespan=lifespan)


@app.get("/")
async def root() -> dict:
    return {"hello": "world"}


@app.get("/work")
async def work(ms: float = 20) -> dict:
    """Compute for ms milliseconds of CPU time, as rendering a page or checking a form does."""
    end = time.thread_time() + ms / 1000
    rounds = 0
    while time.thread_time() < end:
        rounds += 1
    return {"computed_ms": ms, "rounds": rounds}


@app.get("/wait")
async def wait(ms: float = 100) -> dict:
    """Wait for ms milliseconds without computing, as a query to a database does."""
    await asyncio.sleep(ms / 1000)
    return {"waited_ms": ms}


@app.get("/orders/{number}")
async def order(number: int) -> dict:
    """Ask the database for 100 ms. With all connections of the pool taken, requests wait inside the worker."""
    async with pool:
        await asyncio.sleep(0.1)
    return {"order": number, "state": "shipped"}
