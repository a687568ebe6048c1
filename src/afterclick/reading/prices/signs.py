"""The signs by which currencies are written, and the habits of countries that tell them apart."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple

_SIGNS: Final = """
EUR € eur euro euros ευρώ | GBP £ ￡ ₤ stg | USD $ us$ dollar dollars
CAD c$ ca$ | AUD a$ au$ | NZD nz$
HKD hk$ | SGD s$ | TWD nt$ nt 新台幣 | BRL r$ | MXN mx$ | ARS ar$ | CLP cl$ | COP co$ | UYU $u | BOB $b bs | DOP rd$
JMD j$ | TTD tt$ | BBD bds$ | BZD bz$ | BND bn$ | NAD n$ | MOP mop$ | ZWD z$ | WST ws$ | TOP t$ | CUC cuc$ | CVE cv$ esc
CHF chf sfr sfr. fr. | CZK kč kc | PLN zł zl złoty zlotych złotych | HUF ft | RON lei leu ron | MDL mdl | BGN лв. лв лева
SEK skr | NOK nkr | DKK dkr | ISK ikr | HRK kn | RSD дин. дин динар dinara din din. rsd | BAM km
MKD ден ден. mkd | ALL lek
TRY ₺ tl | RUB ₽ руб. руб рублей рубля р. р rbl | UAH ₴ грн. грн | BYN br бел.руб
KZT ₸ тг. тг тңг тңг. тенге | UZS so'm soʻm sʻ s'
KGS som сом | AZN ₼ ман. man. | GEL ₾ ლ ლარი | AMD ֏ դր. դր | JPY ￥ ¥ 円 yen | CNY cn¥ 元 rmb yuan 人民币
KRW ₩ 원
INR ₹ rs rs. र re ரூ टका | LKR රු | NPR नेरू | PKR ₨ | BDT ৳ tk | IDR rp | MYR rm | PHP ₱ | THB ฿ บาท | VND ₫ đ
LAK ₭ | KHR ៛
MMK ks | ILS ₪ nis ש״ח ש"ח | AED درهم د.إ dh dhs | SAR ر.س ريال sr | QAR ر.ق qr | OMR ر.ع | YER ر.ي | IRR ﷼ تومان | IQD د.ع
KWD د.ك kd دينار_كويتي | BHD .د.ب د.ب bd | JOD د.أ jd دينار_أردني | TND د.ت dt | LYD ل.د د.ل ld | DZD د.ج da
MAD د.م | EGP ج.م جنيه
SDG ج.س. ج.س | LBP ل.ل lb£ | SYP ل.س sy£ | ZAR r | NGN ₦ | GHS gh₵ ₵ | KES ksh kshs | TZS tsh | UGX ush | RWF rf r₣ | BIF fbu
ETB ብር | XOF cfa fcfa | XAF fcfa | MWK mk | ZMW zk k | AOA kwz kz | SLL sl spl | GMD d | GTQ q | PEN s/ s/. | CRC ₡
PYG ₲ | HNL l
BTN nu. | ERN nfk | DJF fdj | MRU um | KMF kmf fc | MNT ₮ | PAB b/.
BTC ₿ ƀ btc | FRF ₣ franc | TMT t | SZL e
"""
_SEVERAL: Final[dict[str, tuple[str, ...]]] = {
    "$": ("USD", "CAD", "AUD", "NZD", "MXN", "CLP", "ARS", "COP", "TWD", "HKD", "SGD", "UYU"),
    "kr": ("", "SEK", "NOK", "DKK", "ISK"), "kr.": ("", "DKK", "SEK", "NOK", "ISK"), "¥": ("JPY", "CNY"), "￥": ("CNY", "JPY"),
    "元": ("CNY", "TWD", "HKD"), "圓": ("TWD", "CNY", "HKD"), "圆": ("CNY",), "rs": ("INR", "PKR", "LKR", "NPR"),
    "rs.": ("INR", "PKR", "LKR", "NPR"), "₨": ("PKR", "INR"), "lei": ("RON", "MDL"), "руб": ("RUB", "BYN"),
    "руб.": ("RUB", "BYN"), "р.": ("RUB", "BYN"), "р": ("RUB", "BYN"), "br": ("BYN", "ETB"), "c$": ("CAD", "NIO"),
    "ريال": ("SAR", "QAR", "OMR", "IRR"), "دينار": ("", "JOD", "KWD", "IQD", "BHD"), "د.": ("", "MAD", "AED"),
    "din": ("RSD", "MKD"), "k": ("", "ZMW", "MMK"), "fr.": ("CHF",), "fcfa": ("XAF", "XOF"), "¢": ("USD", "EUR", "CAD", "AUD"),
    "p": ("GBP",), "r": ("ZAR",), "₩": ("KRW",), "f": ("", "CHF"),
}  # fmt: skip
CENTS: Final = frozenset({"¢"})
"""Signs of the hundredth part: 99¢ is 0.99."""
_LISTED: Final = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP"
    " CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR"
    " ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR"
    " MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SLE SLL SOS SRD SSP"
    " SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW"
)
_CODES: Final = frozenset(_LISTED.split())
_WHOLE: Final = "CLP COP CRC HUF IDR IQD IRR ISK JPY KHR KRW LAK MMK PYG RSD RWF TZS UGX UZS VND XAF XOF XPF KZT"
WHOLE: Final = frozenset(_WHOLE.split())
"""Currencies in which shops write no decimals."""
THREE: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""Currencies with three decimals (ISO 4217)."""
_COUNTRIES: Final = """
AT EUR , | BE EUR , | CY EUR , | DE EUR , | EE EUR , | ES EUR , | FI EUR , | FR EUR , | GR EUR , | HR EUR , | IE EUR . | IT EUR ,
LT EUR , | LU EUR , | LV EUR , | MT EUR . | NL EUR , | PT EUR , | SI EUR , | SK EUR , | GB GBP . | UK GBP . | US USD . | CA CAD .
AU AUD . | NZ NZD . | CH CHF . | LI CHF . | CZ CZK , | PL PLN , | HU HUF , | RO RON , | MD MDL , | BG BGN , | SE SEK , | NO NOK ,
DK DKK , | IS ISK , | RS RSD , | BA BAM , | MK MKD , | AL ALL , | TR TRY , | RU RUB , | UA UAH , | BY BYN , | KZ KZT , | GE GEL ,
AM AMD , | AZ AZN , | IL ILS . | AE AED . | SA SAR . | QA QAR . | KW KWD . | BH BHD . | OM OMR . | EG EGP . | JO JOD . | MA MAD ,
TN TND , | DZ DZD , | ZA ZAR . | NG NGN . | KE KES . | GH GHS . | IN INR . | PK PKR . | LK LKR . | BD BDT . | NP NPR . | CN CNY .
HK HKD . | TW TWD . | JP JPY . | KR KRW . | SG SGD . | MY MYR . | ID IDR , | TH THB . | VN VND , | PH PHP . | BR BRL , | AR ARS ,
CL CLP , | CO COP , | MX MXN . | PE PEN . | UY UYU , | PY PYG , | BO BOB , | EC USD . | CR CRC , | DO DOP . | GT GTQ . | VE VES ,
"""
_ALONE: Final = (
    "d e f k l p q r t re rs kn km bs br da bd ld jd kd dt mk zk um sr qr dh ks sl nt som franc man. esc lek kc rf fc ft tk"
    " din nis stg spl ден сом р rm rp tl"
)
_LOOSE: Final = frozenset(_ALONE.split())
"""Words and letters that are signs only where nothing but a number stands beside them."""


class Country(NamedTuple):
    """What a country's shops write: its currency (ISO 4217) and decimal mark."""

    currency: str
    mark: str


COUNTRIES: Final[dict[str, Country]] = {
    code: Country(currency, mark)
    for line in _COUNTRIES.strip().split("\n")
    for code, currency, mark in (part.split() for part in line.split("|"))
}


def _by_sign() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in _SIGNS.strip().split("\n"):
        for part in line.split("|"):
            code, *signs = part.split()
            for sign in signs:
                found.setdefault(sign.replace("_", " "), (code,))
    return found | {code.lower(): (code,) for code in _CODES} | _SEVERAL


SIGNS: Final = _by_sign()
"""A sign in small letters → the currencies that it may mean, the likeliest first; '' where none is likelier."""


def _pattern(signs: Iterable[str]) -> str:
    """Any of the signs, the longest first; one of letters does not stand within a word."""
    parts: list[str] = []
    for sign in sorted(signs, key=len, reverse=True):
        before = r"(?<![^\W\d_])" if unicodedata.category(sign[0]).startswith("L") else ""
        after = r"(?![^\W\d_])" if unicodedata.category(sign[-1]).startswith(("L", "M")) else ""
        parts.append(before + re.escape(sign).replace(r"\ ", r"\s") + after)
    return "|".join(parts)


ANYWHERE: Final = re.compile(_pattern(sign for sign in SIGNS if sign not in _LOOSE), re.IGNORECASE)
"""A sign that is one wherever it stands in a text about a price."""
BESIDE: Final = re.compile(rf"(?:{_pattern(_LOOSE)})", re.IGNORECASE)
"""A sign that counts only directly beside the number."""


def meant(sign: str, *, currency: str = "", country: str = "") -> tuple[str, bool]:
    """The currency (ISO 4217) that a sign means, and whether that is certain; '' where nothing tells.

    Args:
        sign: as written.
        currency: what the rest of the page says it sells in.
        country: the shop's, ISO 3166-1 alpha-2.
    """
    may = SIGNS.get(sign.strip().lower().replace("\N{NO-BREAK SPACE}", " "), ())
    if len(may) == 1:
        return may[0], True
    if currency in may and currency:
        return currency, True
    home = COUNTRIES[country.upper()].currency if country.upper() in COUNTRIES else ""
    if home and home in may:
        return home, True
    return (may[0], False) if may else ("", False)


def is_code(text: str) -> bool:
    """Whether a text is the code of a currency, ISO 4217."""
    return text in _CODES
