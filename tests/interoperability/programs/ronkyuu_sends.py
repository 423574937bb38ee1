"""Sends one webmention by ronkyuu: SOURCE TARGET."""

import sys

import ronkyuu

source, target = sys.argv[1:]
answer = ronkyuu.sendWebmention(source, target)
sys.exit(f"{target} names no endpoint." if answer is None else not answer.ok)
