"""Whom we talk to, as we wish they were: one protocol per file.

Every act takes a sequence of requests and answers each of them in the same order; a connector to a system that takes one
at a time spreads them over threads with `one_by_one`. A request carries a `key`: the same key twice must act once and
answer alike, also after the first answer was lost.
"""
