"""How an address, an e-mail address and a tax id are written in each country: form only, nothing is looked up."""

import re
from importlib import import_module
from typing import Final, Protocol, cast

_CODES: Final = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ "
    "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO "
    "FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE "
    "JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO "
    "MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW "
    "PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM "
    "TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRIES: Final = frozenset(_CODES.split())
"""ISO 3166-1 alpha-2."""

_FOUR, _FIVE, _SIX, _THREE_TWO = r"\d{4}", r"\d{5}", r"\d{6}", r"\d{3} ?\d{2}"
_ZIP, _BRITISH = r"\d{5}(-\d{4})?", r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|GIR ?0AA"
# Source: the forms that each national post publishes, as collected in the Universal Postal Union's addressing guides.
_FORMS: Final = {
    r"\d{3}": "FO IS", _FOUR: "AL AM AT AU BD BE BG CH CY DK GE GL HU LI LU LV MD MK NO NZ PH PY SI TN ZA",
    _FIVE: "AX BA CR DE DZ EE EG ES FI FR HR ID IT KE KR LT MA MC ME MM MX MY NP PK RS SA SM TH TR UA UY VA ZM",
    _SIX: "BY CN CO KG KZ RO RU SG TJ", _THREE_TWO: "CZ GR SE SK", _ZIP: "AS GU MP PR US VI", _BRITISH: "GB GG IM JE",
    r"\d{2}-?\d{3}": "PL", r"\d{4}-\d{3}": "PT", r"[1-9]\d{3} ?[A-Z]{2}": "NL", r"\d{3} ?\d{3}": "IN", r"\d{3}-?\d{4}": "CL JP",
    r"[A-Z]\d[\dW] ?[A-Z\d]{4}": "IE", r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] ?\d[ABCEGHJ-NPRSTV-Z]\d": "CA",
    r"\d{5}-?\d{3}": "BR", r"\d{5}(\d{2})?": "IL", r"[A-Z]{3} ?\d{4}": "MT", r"AD\d{3}": "AD", r"\d{5,6}": "VN",
    r"\d{3}(\d{2,3})?": "TW", r"[A-Z]?\d{4}([A-Z]{3})?": "AR",
}  # fmt: skip
POSTCODES: Final = {country: re.compile(form, re.ASCII) for form, countries in _FORMS.items() for country in countries.split()}
"""Country → the form of its postcodes; a country that is not here uses none, or its form is not judged."""

_REGIONS: Final = {
    "US": (
        "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND "
        "OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI AA AE AP"
    ),
    "CA": "AB BC MB NB NL NS NT NU ON PE QC SK YT",
    "AU": "ACT NSW NT QLD SA TAS VIC WA",
    "BR": "AC AL AP AM BA CE DF ES GO MA MT MS MG PA PB PR PE PI RJ RN RS RO RR SC SP SE TO",
    "IN": "",
    "MX": "",
}
REGIONS: Final = {country: frozenset(names.split()) for country, names in _REGIONS.items()}
"""Countries whose addresses need a state or province, and its short names where the post requires those (else any text)."""

_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
_TAX_PREFIXES: Final = {"EL": "GR", "XI": "GB"}


def postcode_fits(postcode: str, country: str) -> bool:
    """Whether a postcode has its country's form; a leading `DE-` and lower case are allowed."""
    form = POSTCODES.get(country)
    if form is None:
        return len(postcode) <= 12
    if form.fullmatch(postcode):
        return True
    return form.fullmatch(postcode.strip().upper().removeprefix(country + "-")) is not None


def region_fits(region: str, country: str) -> bool:
    """Whether a region can be right: a known short name, or a name written out."""
    known = REGIONS.get(country)
    return not known or len(region) > 3 or region.upper() in known


def email_fits(email: str) -> bool:
    """Whether text has the shape of an e-mail address: something, an @, a domain with a dot, at most 254 characters."""
    return len(email) <= 254 and _EMAIL.fullmatch(email) is not None


class _TaxForm(Protocol):
    def validate(self, number: str) -> str: ...


def tax_id_fits(tax_id: str, country: str, *, check_digits: bool) -> bool:
    """Whether a tax id has the form of its own prefix's country, or else of `country`; True where no form is known.

    `check_digits`: whether wrong check digits are wrong too.
    """
    written = re.sub(r"[\s.\-/]", "", tax_id).upper()
    prefix = written[:2]
    forms = [form for form in (_tax_form(prefix), _tax_form(country)) if form is not None]
    return not forms or any(_validates(form, written, check_digits=check_digits) for form in forms)


def _tax_form(country: str) -> _TaxForm | None:
    country = _TAX_PREFIXES.get(country, country)
    if country not in COUNTRIES:
        return None
    numbers = import_module("stdnum")  # 40 ms to load, for the few orders that carry a tax id
    return cast("_TaxForm | None", numbers.get_cc_module(country.lower(), "vat"))


def _validates(form: _TaxForm, number: str, *, check_digits: bool) -> bool:
    errors = import_module("stdnum.exceptions")
    try:
        form.validate(number)
    except errors.InvalidChecksum:
        return not check_digits
    except errors.ValidationError:
        return False
    return True
