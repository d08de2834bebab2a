"""The pages: addresses, what stands around them, and what the chats show."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.phone.changes import Changes
from sandbox.phone.chats import state
from sandbox.world import World

HERE = Path(__file__).parent
#: Nothing of a page comes from elsewhere, except pictures that a message links to.
POLICY = "default-src 'self'; img-src * data: blob:; media-src * data: blob:; frame-ancestors 'self'"
HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}


class Place(NamedTuple):
    """A page of its own; `icon` is an SVG path in a square of 24, `badge` names the number beside the title."""

    path: str
    title: str
    template: str
    icon: str
    badge: str = ""


PLACES = (
    Place("/", "Chats", "chats.html", "M20 12a8 8 0 0 1-11.6 7.1L4 20l1-4.2A8 8 0 1 1 20 12zM8.5 10.5h7M8.5 13.5h4.5"),
    Place("/templates", "Templates", "templates.html", "M6 3.5h8.5L19 8v12.5H6zM14 3.5V8h5M9 12.5h7M9 16h5"),
    Place(
        "/webhooks",
        "Webhooks",
        "webhooks.html",
        "M9.5 9.5 7 14.2M14.5 9.5a3 3 0 1 0-5 0M4.6 13.4A3 3 0 1 0 9 16.5h6M14.3 9.2l2.9 4.5a3 3 0 1 1-2.6 4.9",
        badge="webhooks",
    ),
    Place("/faults", "Faults", "faults.html", "M13 2.8 5.5 13.4h5.8L10.6 21.2 18.5 10h-6.2z", badge="faults"),
    Place("/account", "Account", "account.html", "M4 7h9M17 7h3M15 5v4M4 12h3M11 12h9M9 10v4M4 17h7M15 17h5M13 15v4"),
    Place("/sandbox/docs", "API", "api.html", "M8.5 7.5 4 12l4.5 4.5M15.5 7.5 20 12l-4.5 4.5M13.2 5l-2.4 14"),
)


class Pages:
    """Renders the templates, each with the places around it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.templates = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)

    def render(self, place: Place, request: Request, **more: Any) -> Response:
        text = self.templates.get_template(place.template).render(
            places=PLACES, place=place, options=self.world.options, address=request.url.netloc, **more
        )
        return HTMLResponse(text, headers=HEADERS)

    def route(self, place: Place) -> Route:
        async def endpoint(request: Request) -> Response:
            return self.render(place, request)

        return Route(place.path, endpoint)


def routes(world: World) -> list[BaseRoute]:
    pages = Pages(world)

    async def chats(request: Request) -> Response:
        query = request.query_params
        return JSONResponse(state(world, query.get("phone", ""), query.get("find", "")))

    async def changes(request: Request) -> Response:
        return Changes(world.store)

    async def media(request: Request) -> Response:
        """What the phone shows of uploaded media; no token, for the page has none."""
        found = world.store.media.get(request.path_params["media_id"])
        if found is None:
            return Response("No such media", 404, media_type="text/plain")
        return Response(found.content, media_type=found.mime_type, headers=HEADERS)

    return [
        *(pages.route(place) for place in PLACES if (HERE / "templates" / place.template).exists()),
        Route("/phone/state", chats),
        Route("/phone/changes", changes),
        Route("/phone/media/{media_id}", media),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]
