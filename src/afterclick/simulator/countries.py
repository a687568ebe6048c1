"""The twelve countries the pretend company sells to: cities with the form of their postcodes, streets and names."""

from typing import Final

import msgspec


class City(msgspec.Struct, frozen=True):
    """`postcode` is a format string: d one digit, n2 and n3 two and three digits, m3 three more, q 1-24, ab and c letters."""

    name: str
    postcode: str


class Country(msgspec.Struct, frozen=True):
    """`weight` is the share of customers in per cent, 100 over all of `COUNTRIES`; `zone` counts steps from the carriers' hub."""

    code: str
    weight: int
    zone: int
    cities: tuple[City, ...]
    streets: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]
    number_first: bool = False


def _cities(**postcodes: str) -> tuple[City, ...]:
    return tuple(City(name.replace("_", " "), postcode) for name, postcode in postcodes.items())


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _streets(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


COUNTRIES: Final = (
    Country(
        "DE", 30, 0,
        _cities(
            Berlin="10{n3:03d}", Hamburg="20{n3:03d}", München="80{n3:03d}", Köln="50{n3:03d}", Leipzig="04{n3:03d}",
        ),
        _streets("Hauptstraße, Bahnhofstraße, Gartenweg, Lindenallee, Schulstraße, Am Markt"),
        _names("Anna Jonas Lena Felix Marie Paul Sophie Max"), _names("Müller Schmidt Fischer Weber Wagner Becker Hoffmann"),
    ),
    Country(
        "FR", 14, 1,
        _cities(Paris="750{n2:02d}", Lyon="6900{d}", Marseille="130{n2:02d}", Lille="59{n3:03d}"),
        _streets("rue de la Gare, avenue Victor Hugo, rue des Lilas, boulevard Voltaire, place du Marché"),
        _names("Camille Louis Manon Hugo Chloé Jules Léa Gabriel"), _names("Martin Bernard Dubois Petit Moreau Laurent"), True,
    ),
    Country(
        "NL", 9, 0,
        _cities(
            Amsterdam="10{n2:02d} {ab}", Rotterdam="30{n2:02d} {ab}", Utrecht="35{n2:02d} {ab}", Eindhoven="56{n2:02d} {ab}",
        ),
        _streets("Kerkstraat, Dorpsstraat, Molenweg, Schoolstraat, Stationsweg"),
        _names("Daan Emma Sem Julia Lucas Tess Milan Sanne"), _names("Jansen Bakker Visser Smit Meijer Mulder"),
    ),
    Country(
        "IT", 9, 1,
        _cities(Roma="001{n2:02d}", Milano="201{n2:02d}", Torino="101{n2:02d}", Napoli="801{n2:02d}"),
        _streets("Via Roma, Via Garibaldi, Corso Italia, Via Dante, Piazza Mazzini"),
        _names("Giulia Marco Chiara Luca Sofia Matteo Elena"), _names("Rossi Russo Ferrari Bianchi Romano Gallo Costa"),
    ),
    Country(
        "ES", 8, 2,
        _cities(Madrid="280{n2:02d}", Barcelona="080{n2:02d}", Valencia="460{n2:02d}", Sevilla="410{n2:02d}"),
        _streets("Calle Mayor, Calle Real, Avenida de la Paz, Calle del Sol, Paseo del Prado"),
        _names("Lucía Pablo Marta Diego Carmen Javier Sara"), _names("García López Sánchez Martín Gómez Ruiz Torres"),
    ),
    Country(
        "BE", 6, 0,
        _cities(Brussel="10{n2:02d}", Antwerpen="20{n2:02d}", Gent="90{n2:02d}", Liège="40{n2:02d}"),
        _streets("Nieuwstraat, Stationsstraat, Rue Haute, Kerkplein, Molenstraat"),
        _names("Louise Arthur Elise Noah Lotte Victor"), _names("Peeters Janssens Maes Jacobs Willems Claes"),
    ),
    Country(
        "AT", 5, 0,
        _cities(Wien="1{n2:02d}0", Graz="80{n2:02d}", Linz="40{n2:02d}", Salzburg="50{n2:02d}"),
        _streets("Hauptplatz, Wiener Straße, Mozartgasse, Kirchengasse, Ringstraße"),
        _names("Laura David Hannah Jakob Katharina Tobias"), _names("Gruber Huber Bauer Steiner Moser Mayer"),
    ),
    Country(
        "PL", 6, 1,
        _cities(Warszawa="0{d}-{n3:03d}", Kraków="31-{n3:03d}", Poznań="61-{n3:03d}", Gdańsk="80-{n3:03d}"),
        _streets("ul. Polna, ul. Leśna, ul. Słoneczna, ul. Krótka, ul. Ogrodowa"),
        _names("Zofia Jan Maja Piotr Hanna Tomasz Ewa"), _names("Nowak Kowalska Lis Wójcik Kamińska Mazur"),
    ),
    Country(
        "SE", 4, 2,
        _cities(Stockholm="11{d} {n2:02d}", Göteborg="41{d} {n2:02d}", Malmö="21{d} {n2:02d}", Uppsala="75{d} {n2:02d}"),
        _streets("Storgatan, Kungsgatan, Skolvägen, Björkvägen, Drottninggatan"),
        _names("Elsa Oskar Alva Nils Freja Erik"), _names("Andersson Nilsson Berg Lindqvist Holm"),
    ),
    Country(
        "DK", 3, 1,
        _cities(København="2{n3:03d}", Aarhus="80{n2:02d}", Odense="50{n2:02d}", Aalborg="90{n2:02d}"),
        _streets("Vestergade, Nørregade, Skovvej, Strandvejen, Møllevej"),
        _names("Ida Emil Freja Magnus Clara Oliver"), _names("Nielsen Jensen Hansen Larsen Møller"),
    ),
    Country(
        "PT", 3, 2,
        _cities(Lisboa="1{n3:03d}-{m3:03d}", Porto="4{n3:03d}-{m3:03d}", Coimbra="30{n2:02d}-{m3:03d}"),
        _streets("Rua Direita, Rua Augusta, Avenida da República, Rua das Flores"),
        _names("Inês João Beatriz Tiago Marta Rui"), _names("Silva Santos Pereira Costa Oliveira"),
    ),
    Country(
        "IE", 3, 2,
        _cities(Dublin="D{q:02d} {c}{n3:03d}", Cork="T12 {c}{n3:03d}", Galway="H91 {c}{n3:03d}", Limerick="V94 {c}{n3:03d}"),
        _streets("Main Street, Church Road, Harbour View, Mill Lane, Station Road"),
        _names("Aoife Conor Niamh Sean Ciara Liam"), _names("Murphy Kelly Byrne Ryan Walsh Doyle"), True,
    ),
)  # fmt: skip

ELSEWHERE: Final = ("BR", "VN", "ZA", "US", "ID", "MX")
"""Countries the company does not sell to; seen as the country of an internet address in fraud."""
