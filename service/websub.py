"""Where hubs reach us: GET confirms a subscription of ours, POST brings what is new (WebSub sections 5.3 and 7)."""

import hmac
from dataclasses import replace
from datetime import UTC, datetime

import structlog
from aiohttp import web

from linkback.following import Delivery, Subscription
from linkback.protocols import websub
from service.bodies import BodyRefused, read_body
from service.keys import FEEDS, MAX_DELIVERY_BYTES

PATH = "/websub/{site_id}/{token}"

log = structlog.get_logger()


async def confirm(request: web.Request) -> web.Response:
    """Confirm that we have asked for what a hub is about to promise; deny what we have not."""
    subscription = await _subscription_of(request)
    said = websub.decode_verification(request.query)
    if isinstance(said, websub.WebSubError):
        raise web.HTTPBadRequest(text=f"{said.message}\n")
    if isinstance(said, websub.Denial):
        log.info("subscription denied", topic=said.topic, reason=said.reason)
        return web.Response(text="Understood.\n")
    if said.topic != subscription.topic or said.mode != websub.SUBSCRIBE:
        raise web.HTTPNotFound(text="Nothing of this kind was asked for.\n")
    now = datetime.now(UTC)
    promised = replace(
        subscription,
        renew_at=websub.renew_at(now, said.lease),
        ends_at=now + said.lease,
    )
    await request.app[FEEDS].remember(request.match_info["site_id"], promised)
    # What a stranger sent is sent back: never as anything but words (section 8.2).
    return web.Response(text=said.challenge, headers={"X-Content-Type-Options": "nosniff"})


async def deliver(request: web.Request) -> web.Response:
    """Take in a feed that the hub has signed; what it has not signed is passed over, as section 7.1.1 has it."""
    subscription = await _subscription_of(request)
    try:
        body = await read_body(request, request.app[MAX_DELIVERY_BYTES])
    except BodyRefused as error:
        return web.Response(status=413, text=f"{error}\n")
    if websub.is_signed(subscription.secret, request.headers.get("X-Hub-Signature", ""), body):
        delivery = Delivery(body, request.content_type.lower(), (request.charset or "").lower())
        await request.app[FEEDS].deliver(request.match_info["site_id"], delivery, datetime.now(UTC))
    else:
        log.warning("delivery not signed by the hub", site=request.match_info["site_id"])
    return web.Response(status=202, text="Thank you.\n")


async def _subscription_of(request: web.Request) -> Subscription:
    feed = await request.app[FEEDS].of_site(request.match_info["site_id"])
    subscription = feed.subscription
    token = request.match_info["token"].encode()
    if subscription is None or not hmac.compare_digest(subscription.token.encode(), token):
        raise web.HTTPNotFound(text="There is no such subscription.\n")
    return subscription
