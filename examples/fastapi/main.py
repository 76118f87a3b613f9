"""A FastAPI app as anyone would write it: nothing of gunicorn-autoscaler is in it."""
import asyncio
import time

from fastapi import FastAPI

app = FastAPI(title="A FastAPI app under gunicorn-autoscaler")


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
