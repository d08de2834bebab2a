from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.people import Person
from sandbox.rendering import rendered
from sandbox.store import Message
from sandbox.world import World

HERE = Path(__file__).parent
LATEST_PEOPLE = 100
LATEST_MESSAGES = 200


def state(world: World, phone: str) -> dict[str, Any]:
    """What the page shows: the phones with their last message, and the chat of one of them."""
    store = world.store
    person = store.people.get(phone)
    return {
        "version": store.version,
        "phones": [phone_line(found) for found in store.latest_people(LATEST_PEOPLE)],
        "person": person and {"phone": person.wa_id, "name": person.name, "offline": person.offline},
        "messages": [bubble(found) for found in person.messages[-LATEST_MESSAGES:]] if person else [],
    }


def phone_line(person: Person) -> dict[str, Any]:
    last = person.messages[-1]
    return {
        "phone": person.wa_id,
        "name": person.name,
        "offline": person.offline,
        "at": last.at,
        "text": rendered(last)["body"],
        "outbound": last.outbound,
        "status": last.status,
        "count": len(person.messages),
    }


def bubble(message: Message) -> dict[str, Any]:
    return {
        "wamid": message.wamid,
        "outbound": message.outbound,
        "type": message.type,
        "at": message.at,
        "status": message.status,
        "statuses": [{"status": event.status, "at": event.at} for event in message.statuses],
        "error": next((event.error for event in reversed(message.statuses) if event.error), None),
        "template": message.template.name if message.template else "",
        **rendered(message),
    }


def routes(world: World) -> list[BaseRoute]:
    templates = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)

    def page(name: str) -> Any:
        async def endpoint(request: Request) -> Response:
            return HTMLResponse(templates.get_template(name).render(options=world.options, address=request.url.netloc))

        return endpoint

    async def poll(request: Request) -> Response:
        """Everything the page shows, or only the version where nothing has changed since `?version=`."""
        if request.query_params.get("version") == str(world.store.version):
            return JSONResponse({"version": world.store.version})
        return JSONResponse(state(world, request.query_params.get("phone", "")))

    return [
        Route("/", page("phone.html")),
        Route("/templates", page("templates.html")),
        Route("/phone/state", poll),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]
