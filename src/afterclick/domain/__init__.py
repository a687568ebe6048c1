"""What we talk about: frozen facts of the back office, with no input and no output.

Amounts are whole minor units of an ISO 4217 currency (`int`, cents for EUR). Instants are whole milliseconds since
1970-01-01 UTC and end in `_ms`; weights are grams (`_g`), distances kilometres (`_km`). Countries are ISO 3166-1 alpha-2.
"""
