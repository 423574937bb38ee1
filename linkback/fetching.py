from dataclasses import dataclass
from linkback.urls import Url
from linkback.verdicts import FetchFailed, FailureKind
import aiohttp, asyncio
@dataclass(frozen=True)
class FetchLimits:
    allow_networks: tuple = ()
    timeout_s: float = 10.0
    max_bytes: int = 1_000_000
    user_agent: str = ""
@dataclass(frozen=True)
class Fetched:
    url: Url; status: int; media_type: str; charset: str; body: bytes; is_truncated: bool
class Fetcher:
    def __init__(self, limits): self.limits=limits
    async def __aenter__(self): self.s=aiohttp.ClientSession(); return self
    async def __aexit__(self,*a): await self.s.close()
    async def fetch(self,url,accept=""):
        try:
            async with asyncio.timeout(self.limits.timeout_s):
                async with self.s.get(url.text) as r:
                    b=await r.read()
                    if r.status>=300: return FetchFailed(FailureKind.STATUS, f"HTTP {r.status} from {url.text}", r.status)
                    return Fetched(url,r.status,r.content_type,r.charset or "",b,False)
        except Exception as e:
            return FetchFailed(FailureKind.UNREACHABLE, str(e))
