/** What some applications of the catalog need: their code, their configuration. */

export const GEVENT_WEBSOCKET = `from time import sleep


def websocket_app(environ, start_response):
    sleep(0.2)
    if environ["PATH_INFO"] == "/echo":
        websocket = environ["wsgi.websocket"]
        while (message := websocket.receive()) is not None:
            websocket.send(message)
        return []
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
`;

export const STARLETTE = `import asyncio

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute


async def homepage(request):
    await asyncio.sleep(0.2)
    return JSONResponse({"hello": "world"})


async def echo(websocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        await asyncio.sleep(0.2)
        await websocket.send_text(text)


app = Starlette(routes=[Route("/", homepage), WebSocketRoute("/echo", echo)])
`;

/** Makes a georeferenced picture. */
export const IMAGE = `import numpy, rasterio

with rasterio.open("image.tif", "w", driver="COG", width=1024, height=1024, count=3, dtype="uint8", crs="EPSG:4326",
                   transform=rasterio.transform.from_bounds(0, 0, 10, 10, 1024, 1024)) as image:
    image.write(numpy.random.default_rng(1).integers(0, 255, (3, 1024, 1024), "uint8"))
`;

/** Its configuration. `database` gives the address of one. */
export function openTaxii(database: (name: string) => string): string {
  return `auth_api:
  class: opentaxii.auth.sqldb.SQLDatabaseAPI
  parameters: {db_connection: "${database("auth.db")}", create_tables: yes, secret: secret}
taxii1:
  persistence_api:
    class: opentaxii.persistence.sqldb.SQLDatabaseAPI
    parameters: {db_connection: "${database("data.db")}", create_tables: yes}
taxii2:
`;
}
