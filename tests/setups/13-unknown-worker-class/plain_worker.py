"""A blocking worker on gunicorn's base class: one request at a time, no kept connections."""
import os
import select

from gunicorn.workers.base import Worker


class PlainWorker(Worker):
    def run(self):
        for listener in self.sockets:
            listener.setblocking(False)
        while self.alive and self.ppid == os.getppid():
            self.notify()
            for listener in select.select(self.sockets, [], [], 0.5)[0]:
                try:
                    client, _ = listener.accept()
                except BlockingIOError:
                    continue
                with client:
                    self.answer(client)

    def answer(self, client):
        client.setblocking(True)
        line = client.recv(65536).split(b'\r\n')[0].decode().split()
        query = line[1].partition('?')[2] if len(line) > 1 else ''
        said = []
        body = b''.join(self.wsgi({'QUERY_STRING': query}, lambda status, headers, exc_info=None: said.append(status)))
        head = 'HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n' % (said[0], len(body))
        client.sendall(head.encode() + body)
