import asyncio
import os
import threading
import time
from urllib.parse import parse_qs


async def asgi(scope, receive, send):
    """Answers with its pid. On /background it works on for ?s= seconds after the answer, as BackgroundTasks
    do, and writes "start" and "done" into the file of ?log=."""
    if scope['type'] != 'http':
        return
    if scope['path'] != '/':
        time.sleep(0.3)  # the next one goes to another worker
    body = b'%d\n' % os.getpid()
    headers = [(b'content-type', b'text/plain'), (b'content-length', b'%d' % len(body))]
    await send({'type': 'http.response.start', 'status': 200, 'headers': headers})
    await send({'type': 'http.response.body', 'body': body})
    if scope['path'] == '/':
        return
    query = parse_qs(scope['query_string'].decode())
    seconds = float(query['s'][0])

    def say(text):
        with open(query['log'][0], 'a') as log:
            log.write(text + '\n')

    say('start')
    if scope['path'] == '/background':
        await asyncio.sleep(seconds)
        say('done')
    else:
        threading.Thread(target=lambda: (time.sleep(seconds), say('done')), daemon=True).start()
