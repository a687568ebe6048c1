"""Country names, as files have them, to ISO 3166-1 codes."""

from typing import Final

from afterclick.orders.forms import COUNTRIES
from afterclick.reading.tables.columns import plain

_NAMES: Final = {  # English, the country's own, German, French and Spanish names where they are common in files
    "AE": "United Arab Emirates|UAE|Vereinigte Arabische Emirate", "AR": "Argentina|Argentinien",
    "AT": "Austria|Österreich|Autriche", "AU": "Australia|Australien|Australie",
    "BE": "Belgium|België|Belgique|Belgien|Bélgica", "BG": "Bulgaria|Bulgarien", "BH": "Bahrain", "BM": "Bermuda",
    "BR": "Brazil|Brasil|Brasilien|Brésil", "CA": "Canada|Kanada", "CH": "Switzerland|Schweiz|Suisse|Svizzera|Suiza",
    "CL": "Chile", "CN": "China|People's Republic of China|Chine", "CO": "Colombia|Kolumbien",
    "CY": "Cyprus|Zypern|Chypre|Chipre",
    "CZ": "Czech Republic|Czechia|Tschechien|Tschechische Republik|République tchèque|Chequia",
    "DE": "Germany|Deutschland|Allemagne|Alemania|Germania|Federal Republic of Germany",
    "DK": "Denmark|Danmark|Dänemark|Danemark|Dinamarca", "EE": "Estonia|Eesti|Estland", "EG": "Egypt|Ägypten",
    "ES": "Spain|España|Spanien|Espagne|Spagna", "FI": "Finland|Suomi|Finnland|Finlande|Finlandia",
    "FR": "France|Frankreich|Francia", "GB": "United Kingdom|UK|Great Britain|Britain|England|Scotland|Wales|Northern Ireland|"
    "Vereinigtes Königreich|Großbritannien|Royaume-Uni|Reino Unido|Regno Unito",
    "GG": "Guernsey", "GI": "Gibraltar", "GR": "Greece|Griechenland|Grèce|Grecia|EL", "HK": "Hong Kong|Hongkong",
    "HR": "Croatia|Hrvatska|Kroatien|Croatie|Croacia", "HU": "Hungary|Magyarország|Ungarn|Hongrie|Hungría",
    "ID": "Indonesia|Indonesien", "IE": "Ireland|EIRE|Éire|Republic of Ireland|Irland|Irlande|Irlanda", "IL": "Israel",
    "IM": "Isle of Man", "IN": "India|Indien|Inde", "IS": "Iceland|Ísland|Island|Islande|Islandia",
    "IT": "Italy|Italia|Italien|Italie", "JE": "Jersey", "JP": "Japan|Japon|Japón", "KE": "Kenya",
    "KR": "South Korea|Korea|Republic of Korea|Südkorea|Corée du Sud", "KW": "Kuwait", "LB": "Lebanon|Libanon|Liban",
    "LI": "Liechtenstein", "LT": "Lithuania|Lietuva|Litauen|Lituanie|Lituania", "LU": "Luxembourg|Luxemburg|Luxemburgo",
    "LV": "Latvia|Latvija|Lettland|Lettonie|Letonia", "MA": "Morocco|Marokko|Maroc", "MC": "Monaco", "MT": "Malta|Malte",
    "MX": "Mexico|México|Mexiko|Mexique", "MY": "Malaysia", "NG": "Nigeria",
    "NL": "Netherlands|The Netherlands|Holland|Nederland|Niederlande|Pays-Bas|Países Bajos",
    "NO": "Norway|Norge|Norwegen|Norvège|Noruega", "NZ": "New Zealand|Neuseeland", "PE": "Peru|Perú", "PH": "Philippines",
    "PL": "Poland|Polska|Polen|Pologne|Polonia", "PT": "Portugal", "QA": "Qatar|Katar", "RO": "Romania|România|Rumänien|Roumanie",
    "RS": "Serbia|Serbien", "SA": "Saudi Arabia|Saudi-Arabien", "SE": "Sweden|Sverige|Schweden|Suède|Suecia",
    "SG": "Singapore|Singapur|Singapour", "SI": "Slovenia|Slovenija|Slowenien|Slovénie",
    "SK": "Slovakia|Slovensko|Slowakei|Slovaquie", "TH": "Thailand|Thaïlande", "TN": "Tunisia|Tunesien|Tunisie",
    "TR": "Turkey|Türkiye|Türkei|Turquie", "TW": "Taiwan", "UA": "Ukraine",
    "US": "United States|United States of America|USA|U.S.A.|Vereinigte Staaten|États-Unis|Estados Unidos|Stati Uniti",
    "VN": "Vietnam|Viet Nam", "ZA": "South Africa|RSA|Republic of South Africa|Südafrika|Afrique du Sud",
}  # fmt: skip
_BY_NAME: Final = {plain(name): code for code, names in _NAMES.items() for name in names.split("|")}


def country_code(name: str) -> str:
    """The ISO 3166-1 alpha-2 code of a country's name or code; '' for what is no single country (`European Community`)."""
    code = name.strip().upper()
    if code in COUNTRIES:
        return code
    return _BY_NAME.get(plain(name), "")
