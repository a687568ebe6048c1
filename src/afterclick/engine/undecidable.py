"""Why a task of the inbox cannot be decided."""


class NotDecidable(ValueError):
    """The task cannot be decided like this; the message says why, and what to do instead."""


class OwnProposal(NotDecidable):
    """Whoever proposed a change does not approve it."""
