"""What the application holds for its handlers."""

from aiohttp import web

from linkback.sites import Sites
from linkback.store.comments import Comments
from linkback.store.connection import Store
from linkback.store.feeds import Feeds
from linkback.store.mentions import Mentions
from linkback.store.moderation import Moderation
from linkback.store.posts import Posts
from service.pages import Pages
from service.receiving import Reception
from service.signing import Signing

SITES = web.AppKey("sites", Sites)
STORE = web.AppKey("store", Store)
MENTIONS = web.AppKey("mentions", Mentions)
COMMENTS = web.AppKey("comments", Comments)
MODERATION = web.AppKey("moderation", Moderation)
SIGNING = web.AppKey("signing", Signing)
POSTS = web.AppKey("posts", Posts)
FEEDS = web.AppKey("feeds", Feeds)
RECEPTION = web.AppKey("reception", Reception)
PAGES = web.AppKey("pages", Pages)
PUBLIC_URL = web.AppKey("public_url", str)
MAX_BODY_BYTES = web.AppKey("max_body_bytes", int)
MAX_DELIVERY_BYTES = web.AppKey("max_delivery_bytes", int)
MAX_MULTICALL = web.AppKey("max_multicall", int)
