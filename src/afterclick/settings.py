"""Every setting of an office, once: name, default and one sentence of help.

Read from `afterclick.toml` in the office's folder; each can be overridden by the environment: `database.url` by
`AFTERCLICK_DATABASE_URL`. A value may refer to the environment as `${NAME}`, and a secret to the vault as `vault:NAME`; the vault
is asked where the secret is used, never here.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

FILE: Final = "afterclick.toml"
DEFAULT: Final = "default"
VAULT: Final = "vault:"
"""How a value that refers to the vault begins."""
_SECRET: Final = ("secret", "token", "password", "chat_url")
Value = str | int | float | bool


class SettingsError(ValueError):
    """A setting cannot be used; the message names it and says what would be right."""


class Setting(NamedTuple):
    """One setting; its type is the type of its default."""

    name: str
    default: Value
    help: str

    @property
    def variable(self) -> str:
        """The environment variable that overrides it."""
        return "AFTERCLICK_" + self.name.upper().replace(".", "_")

    @property
    def secret(self) -> bool:
        """Whether its value is never shown."""
        return isinstance(self.default, str) and any(word in self.name for word in _SECRET)

    def shown(self, value: Value) -> Value:
        """A value that may be shown: no secret, and no password in an address."""
        if self.secret and value:
            return value if str(value).startswith(VAULT) else "(set)"
        return _ADDRESS.sub(lambda found: (found[1] or found[2]) + "(hidden)", value) if isinstance(value, str) else value


_ADDRESS: Final = re.compile(r"(://)[^/]*(?=@)|((?:[?&])(?:\w*(?:password|secret|token|key))=)[^&]*", re.IGNORECASE)
ALL: Final = (
    Setting("database.url", "", "Where the records are: empty for a SQLite file in the office's folder, or postgresql://…"),
    Setting("shop.name", "Example Shop", "The seller's name on invoices."),
    Setting("shop.line1", "Lagerstraße 1", "The seller's street and number."),
    Setting("shop.city", "Hamburg", "The seller's town."),
    Setting("shop.postcode", "20095", "The seller's postcode."),
    Setting("shop.country", "DE", "The seller's country, ISO 3166-1 alpha-2; domestic tax is this country's."),
    Setting("shop.currency", "EUR", "The currency of files and catalogues that name none, ISO 4217."),
    Setting("shop.tax_id", "DE123456789", "The seller's VAT number with its country prefix."),
    Setting("shop.iban", "", "The account that invoices name for payment."),
    Setting("shop.email", "", "The address that invoices name for questions."),
    Setting("shop.one_stop_shop", True, "Whether the seller is registered for the EU's One Stop Shop."),
    Setting("invoices.series", "INV", "The series of invoice numbers."),
    Setting("invoices.credit_series", "CN", "The series of credit note numbers."),
    Setting("stock.reservation_days", 7, "After how many days an unused reservation is given back."),
    Setting("scouting.contact", "", "How sites that scouts visit can reach you: a mail or web address for their user agent."),
    Setting("scouting.seconds_per_host", 2, "Seconds between two visits to a host, at least; robots.txt may ask for more."),
    Setting("scouting.files", "price-lists", "The folder, in the office's own, in which vendors' price lists are laid down."),
    Setting("scouting.allow_private", False, "Whether scouts may read from this machine and its network."),
    Setting("vault.key_from", "file:vault.key", "Where the key of the vault is: file:PATH (made at first use), environment:NAME,"
            " or command:WORDS that print it."),
    Setting("webhooks.secret", "", "The secret by which webhooks of stores are signed, such as vault:webhooks-{store} for one of"
            " each store's own; empty refuses them all."),
    Setting("webhooks.allow_private", False, "Whether webhooks out may go over plain http, and to this machine and its network."),
    Setting("api.requests_per_minute", 600, "How many requests one token or person may send in a minute; 0 for no limit."),
    Setting("metrics.local", False, "Whether /metrics answers programs on this machine without a token; not behind a proxy."),
    Setting("telemetry.endpoint", "", "Where traces are sent as OpenTelemetry over HTTP, such as http://localhost:4318/v1/traces;"
            " empty for none."),
    Setting("audit.anchor_file", "", "The file to which the head of the log is added every day; best on another machine's disk."),
    Setting("audit.anchor_mail", "", "Who is sent the head of the log by mail every day; empty for nobody."),
    Setting("audit.anchor_webhook", "", "The address to which the head of the log is posted every day; empty for none."),
    Setting("audit.anchor_secret", "", "The secret by which what is posted to audit.anchor_webhook is signed."),
    Setting("audit.invoice_years", 10, "For how many calendar years after the one of issue the law wants invoices kept."),
    Setting("inbox.mail_to", "", "Addresses that are told of new questions besides the people whose role decides, with commas."),
    Setting("inbox.chat_url", "", "The web address at which a chat takes messages; whoever knows it can write there, so keep it"
            " as vault:NAME or ${NAME}."),
    Setting("inbox.chat_of", "", "The one person who reads that chat, such as anna: they decide by links in it; empty where"
            " several do."),
    Setting("sensors.mqtt_url", "", "The MQTT broker of the sensors: mqtt://host:1883, or mqtts://host:8883 with TLS; or none."),
    Setting("sensors.mqtt_topic", "afterclick/sensors/+", "What is listened to there; a topic's last part names the sensor."),
    Setting("sensors.mqtt_client", "afterclick", "The name by which the broker keeps what comes while the office is away; one"
            " for each office."),
    Setting("sensors.mqtt_user", "", "The user at the broker; empty for none."),
    Setting("sensors.mqtt_password", "", "The password at the broker, best as vault:NAME."),
    Setting("sensors.mqtt_ca", "", "A file with the certificates that vouch for the broker; empty for those of the machine."),
    Setting("serve.host", "127.0.0.1", "The address that `afterclick serve` listens on."),
    Setting("serve.port", 8420, "The port that `afterclick serve` listens on."),
    Setting("serve.address", "", "How browsers reach the office where something stands before it, such as"
            " https://office.shop.example; empty where they ask it directly."),
    Setting("policy.question_minutes", 4, "Minutes that a question costs a person, on the average; replays count with it."),
    Setting("sign_in.second_factor", False, "Whether everybody who signs in with a password needs a second factor."),
    Setting("sign_in.idle_minutes", 480, "After how long without a request a session ends."),
    Setting("sign_in.longest_hours", 168, "After how long a session ends in any case."),
    Setting("sign_in.https_only", False, "Whether cookies are sent over https alone even where the office sees none, as behind a"
            " proxy; they always are where it sees it."),
    Setting("oidc.issuer", "", "The OpenID Connect provider by which people may sign in, exactly as it names itself; empty"
            " for none."),
    Setting("oidc.client_id", "", "The name under which the provider knows the office."),
    Setting("oidc.client_secret", "", "The secret that the provider gave the office; empty for a public client."),
    Setting("oidc.name", "single sign-on", "What the button for it says."),
    Setting("oidc.default_role", "", "The role of people whom the provider vouches for and nobody let in, such as viewer; empty"
            " keeps them out."),
    Setting("roi.hourly_rate", 3_500, "What an hour of a person's work costs the shop, in minor units of shop.currency."),
    Setting("roi.machine_rate", 10, "What an hour of a bot's work on the machine costs, in minor units of shop.currency."),
    Setting("roi.decision_minutes", 3, "Minutes that a person is taken to spend on deciding one task of the inbox."),
    Setting("roi.rework_minutes", 10, "Minutes that a change takes which somebody asks for after a bot was through."),
    Setting("roi.failure_minutes", 5, "Minutes that it takes to find out why a bot failed at an item, beside deciding it."),
    Setting("simulator.seed", 1, "The seed of the simulated surroundings."),
    Setting("simulator.orders", 20_000, "Orders in the simulated trading day."),
    Setting("simulator.warehouses", 3, "Warehouses of the simulated company, 1 to 20."),
    Setting("simulator.faults", "none", "Faults of the simulated surroundings: `none`, `all`, or `prompt` for surroundings that"
            " say yes at once and keep nothing."),
    Setting("simulator.store", False, "Whether the simulated store's orders come in; else only the outside world is simulated."),
    Setting("simulator.clock_ahead_ms", 0, "By how many ms an office with the simulated store has its clock before the machine's;"
            " `demo` sets it, so that every command works in the simulated day."),
)  # fmt: skip
_BY_NAME: Final = {setting.name: setting for setting in ALL}


class Settings:
    """The settings in force: `settings.text("shop.name")`, `settings.number("serve.port")`, `settings.flag(…)`."""

    def __init__(self, values: Mapping[str, Value], sources: Mapping[str, str] | None = None) -> None:
        self._values = dict(values)
        self._sources = dict(sources or {})

    def text(self, name: str) -> str:
        return str(self._values[name])

    def number(self, name: str) -> int:
        return int(self._values[name])

    def flag(self, name: str) -> bool:
        return bool(self._values[name])

    def source(self, name: str) -> str:
        """Where a value comes from: the file, the environment variable, or `default`."""
        return self._sources.get(name, DEFAULT)

    def items(self) -> list[tuple[Setting, Value]]:
        """Every setting with its value, in order."""
        return [(setting, self._values[setting.name]) for setting in ALL]


def load(folder: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the office in `folder`.

    Raises:
        SettingsError: the file is no TOML, or names an unknown setting or a value of the wrong type.
    """
    values: dict[str, Value] = {setting.name: setting.default for setting in ALL}
    sources: dict[str, str] = {}
    path = folder / FILE
    if path.exists():
        try:
            written = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path} is not TOML: {error}") from error
        for name, value in _flat(written).items():
            values[name], sources[name] = _typed(name, value, environment, where=str(path)), FILE
    for setting in ALL:
        if setting.variable in environment:
            values[setting.name] = _typed(setting.name, environment[setting.variable], environment, where=setting.variable)
            sources[setting.name] = setting.variable
    return Settings(values, sources)


def template(values: Mapping[str, Value]) -> str:
    """The text of a new settings file: every setting with its help, commented out unless `values` sets it."""
    lines: list[str] = []
    section = ""
    for setting in ALL:
        head, _, name = setting.name.partition(".")
        if head != section:
            lines += ["", f"[{head}]"] if lines else [f"[{head}]"]
            section = head
        mark = "" if setting.name in values else "# "
        lines += [f"# {setting.help}", f"{mark}{name} = {_toml(values.get(setting.name, setting.default))}"]
    return "\n".join(lines) + "\n"


def change(folder: Path, name: str, text: str) -> Setting:
    """Write one setting into the file, whose comments and other lines stay; the file is replaced in one step.

    Raises:
        SettingsError: there is no such setting or file, the value does not fit, or a secret would lie there in the open.
    """
    path, setting = folder / FILE, _BY_NAME.get(name)
    if not path.exists():
        raise SettingsError(f"there is no office in {folder}: {path} is missing")
    value = _typed(name, text, {}, where="the new value")
    if setting is None or (setting.secret and value and not text.startswith((VAULT, "${"))):
        raise SettingsError(
            f"{name} is a secret: keep it with `afterclick vault set NAME`, and refer to it here as vault:NAME; or use"
            " ${VARIABLE}"
        )
    head, _, key = name.rpartition(".")
    line = f"{key} = {_toml(text if isinstance(setting.default, str) else value)}"
    lines = path.read_text(encoding="utf-8").splitlines()
    spots = _spots(lines, head, key)
    if spots:
        lines[spots[0]] = line
    else:
        at = next((number + 1 for number, one in enumerate(lines) if one.strip() == f"[{head}]"), None)
        lines[at or len(lines) : at or len(lines)] = [line] if at is not None else ["", f"[{head}]", line]
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is written in a way that this command cannot change ({error}): edit it by hand") from error
    fresh = path.with_name(f".{FILE}.new")
    fresh.write_text("\n".join(lines) + "\n", encoding="utf-8")
    fresh.chmod(path.stat().st_mode & 0o777)
    fresh.replace(path)
    return setting


def _spots(lines: list[str], head: str, key: str) -> list[int]:
    """Where a setting stands in its section: the lines in force first, then those that are commented out."""
    section, spots = "", list[tuple[bool, int]]()
    for number, line in enumerate(lines):
        if found := re.match(r"\s*\[([\w.]+)\]", line):
            section = found[1]
        elif section == head and (written := re.match(rf"\s*(#\s*)?{re.escape(key)}\s*=", line)):
            spots.append((written[1] is not None, number))
    return [number for _, number in sorted(spots)]


def _flat(table: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")  # pyright: ignore[reportUnknownArgumentType]
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _typed(name: str, value: object, environment: Mapping[str, str], *, where: str) -> Value:
    setting = _BY_NAME.get(name)
    if setting is None:
        raise SettingsError(f"{where}: there is no setting {name!r}; known are {', '.join(_BY_NAME)}")
    if isinstance(value, str):
        value = re.sub(r"\$\{(\w+)\}", lambda found: environment.get(found[1], ""), value)
        return _from_text(setting, value, where)
    if type(value) is not type(setting.default):
        shown = "(hidden)" if setting.secret else repr(value)
        raise SettingsError(f"{where}: {name} = {shown} should be of type {type(setting.default).__name__}")
    return value  # pyright: ignore[reportReturnType]  # checked on the line above


def _from_text(setting: Setting, text: str, where: str) -> Value:
    if text.startswith(VAULT) and not setting.secret:
        raise SettingsError(f"{where}: {setting.name} is no secret, so it is not looked up in the vault; write its value there")
    if isinstance(setting.default, bool):
        if text.lower() not in ("true", "false", "1", "0", "yes", "no"):
            raise SettingsError(f"{where}: {setting.name} = {text!r} should be true or false")
        return text.lower() in ("true", "1", "yes")
    try:
        return type(setting.default)(text)
    except ValueError as error:
        raise SettingsError(f"{where}: {setting.name} = {text!r} should be a {type(setting.default).__name__}") from error


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
