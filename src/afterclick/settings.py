"""Every setting of an office, once: name, default and one sentence of help.

Read from `afterclick.toml` in the office's folder; each can be overridden by the environment: `database.url` by
`AFTERCLICK_DATABASE_URL`. A value may refer to the environment as `${NAME}`.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

FILE: Final = "afterclick.toml"
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
    Setting("webhooks.secret", "", "The secret by which webhooks of stores are signed; empty refuses them all."),
    Setting("serve.host", "127.0.0.1", "The address that `afterclick serve` listens on."),
    Setting("serve.port", 8420, "The port that `afterclick serve` listens on."),
    Setting("simulator.seed", 1, "The seed of the simulated surroundings."),
    Setting("simulator.orders", 20_000, "Orders in the simulated trading day."),
    Setting("simulator.warehouses", 3, "Warehouses of the simulated company, 1 to 20."),
    Setting("simulator.faults", "none", "Faults of the simulated surroundings: `none`, `all`, or `prompt` for surroundings that"
            " say yes at once and keep nothing."),
    Setting("simulator.store", False, "Whether the simulated store's orders come in; else only the outside world is simulated."),
)  # fmt: skip
_BY_NAME: Final = {setting.name: setting for setting in ALL}


class Settings:
    """The settings in force: `settings.text("shop.name")`, `settings.number("serve.port")`, `settings.flag(…)`."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = dict(values)

    def text(self, name: str) -> str:
        return str(self._values[name])

    def number(self, name: str) -> int:
        return int(self._values[name])

    def flag(self, name: str) -> bool:
        return bool(self._values[name])

    def items(self) -> list[tuple[Setting, Value]]:
        """Every setting with its value, in order."""
        return [(setting, self._values[setting.name]) for setting in ALL]


def load(folder: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the office in `folder`.

    Raises:
        SettingsError: the file is no TOML, or names an unknown setting or a value of the wrong type.
    """
    values: dict[str, Value] = {setting.name: setting.default for setting in ALL}
    path = folder / FILE
    if path.exists():
        try:
            written = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path} is not TOML: {error}") from error
        for name, value in _flat(written).items():
            values[name] = _typed(name, value, environment, where=str(path))
    for setting in ALL:
        if setting.variable in environment:
            values[setting.name] = _typed(setting.name, environment[setting.variable], environment, where=setting.variable)
    return Settings(values)


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
        raise SettingsError(f"{where}: {name} = {value!r} should be of type {type(setting.default).__name__}")
    return value  # pyright: ignore[reportReturnType]  # checked on the line above


def _from_text(setting: Setting, text: str, where: str) -> Value:
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
