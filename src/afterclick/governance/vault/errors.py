"""What can go wrong with the vault; no message ever holds a value."""


class VaultError(RuntimeError):
    """Something about a secret or the office key cannot be done; the message says to which thing, and what to do."""


class KeyMissing(VaultError):
    """The office key is not where the settings say, or is none."""


class WrongKey(VaultError):
    """The office key is there, but another one sealed the secrets."""


class Tampered(VaultError):
    """A row of the vault is not as it was written: changed, or put in the place of another."""


class NoSecret(VaultError):
    """There is no such secret, or no such version of it that may still be read."""


class NotOnCard(VaultError):
    """A bot asked for a secret that its card does not name."""


class LeaseEnded(VaultError):
    """A secret was asked for its value after its lease had ended."""


class Unfit(VaultError):
    """This name or value cannot be kept."""
