"""FastAPI app with the paths of work.py as a user would write them: nothing of the autoscaler is in it."""
import asyncio
import os
import time

from fastapi import FastAPI, HTTPException

from work import burn_cpu, hold_gil

app = FastAPI()


@app.get("/")
async def root():
    return {"ok": True}


@app.get("/sleep/{ms}")
async def sleep(ms: float):
    await asyncio.sleep(ms / 1e3)
    return {"slept_ms": ms}


@app.get("/cpu/{ms}")
async def cpu(ms: float):
    burn_cpu(ms)
    return {"burned_ms": ms}


@app.get("/block/{ms}")
async def block(ms: float):
    time.sleep(ms / 1e3)
    return {"blocked_ms": ms}


@app.get("/thread/{ms}")
def thread(ms: float):
    time.sleep(ms / 1e3)
    return {"slept_in_a_thread_ms": ms}


@app.get("/stuck/{ms}")
async def stuck(ms: float):
    hold_gil(ms)
    return {"stuck_ms": ms}


@app.get("/fail")
async def fail():
    raise HTTPException(status_code=500, detail="failed")


@app.get("/raise")
async def raise_error():
    raise RuntimeError("the app was asked to raise")


@app.get("/pid")
async def pid():
    return os.getpid()
