"""One answer of a vendor in every format: line 1 as ordered, line 2 fewer, dearer and later, line 3 refused."""

UBL = """<?xml version="1.0" encoding="UTF-8"?>
<OrderResponse xmlns="urn:oasis:names:specification:ubl:schema:xsd:OrderResponse-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:ID>R-7</cbc:ID><cbc:SalesOrderID>SO-9</cbc:SalesOrderID><cbc:IssueDate>2026-11-23</cbc:IssueDate>
<cbc:OrderResponseCode>CA</cbc:OrderResponseCode><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
<cac:OrderReference><cbc:ID>PO-2026-000042</cbc:ID></cac:OrderReference>
<cac:SellerSupplierParty><cac:Party><cbc:EndpointID schemeID="0088">3012345678900</cbc:EndpointID></cac:Party></cac:SellerSupplierParty>
<cac:OrderLine><cac:LineItem><cbc:ID>1</cbc:ID><cbc:LineStatusCode>5</cbc:LineStatusCode>
 <cac:Item><cac:SellersItemIdentification><cbc:ID>FA-2801</cbc:ID></cac:SellersItemIdentification></cac:Item></cac:LineItem></cac:OrderLine>
<cac:OrderLine><cac:LineItem><cbc:ID>2</cbc:ID><cbc:Note>only two hundred left</cbc:Note><cbc:LineStatusCode>3</cbc:LineStatusCode>
 <cbc:Quantity unitCode="EA">200</cbc:Quantity>
 <cac:Delivery><cac:PromisedDeliveryPeriod><cbc:StartDate>2026-12-08</cbc:StartDate><cbc:EndDate>2026-12-09</cbc:EndDate></cac:PromisedDeliveryPeriod></cac:Delivery>
 <cac:Price><cbc:PriceAmount currencyID="EUR">0.0050</cbc:PriceAmount></cac:Price></cac:LineItem></cac:OrderLine>
<cac:OrderLine><cac:LineItem><cbc:ID>3</cbc:ID><cbc:LineStatusCode>7</cbc:LineStatusCode></cac:LineItem></cac:OrderLine>
</OrderResponse>"""  # noqa: E501

EDIFACT = """UNA:+.? '
UNB+UNOC:3+3012345678900:14+4012345000009:14+261123:0900+77'
UNH+1+ORDRSP:D:96A:UN:EAN005'
BGM+231+R-7+4'
DTM+137:20261123:102'
RFF+ON:PO-2026-000042'
RFF+VN:SO-9'
NAD+SU+3012345678900::9'
CUX+2:EUR:9'
LIN+1+5+4006381333931:EN'
PIA+1+FA-2801:SA'
LIN+2+3'
PIA+1+M4X20:SA'
QTY+113:200:PCE'
DTM+67:20261209:102'
PRI+AAA:0.5:::100:PCE'
FTX+LIN+++only two hundred left'
LIN+3+7'
UNS+S'
CNT+2:3'
UNT+19+1'
UNZ+1+77'
"""

X12 = """ISA*00*          *00*          *ZZ*VENDOR         *ZZ*4012345000009  *261123*0900*U*00401*000000077*0*P*>~
GS*PR*VENDOR*4012345000009*20261123*0900*77*X*004010~
ST*855*0001~
BAK*00*AC*PO-2026-000042*20261122****SO-9*20261123~
CUR*SE*EUR~
N1*SU*Fonderie*UL*3012345678900~
PO1*1*40*EA*42.90**BP*POT-28*VN*FA-2801~
ACK*IA*40*EA~
PO1*2*250*EA*0.5*HP*BP*SCREW-M4*VN*M4X20~
ACK*IQ*150*EA*067*20261204~
ACK*IB*50*EA*067*20261209~
PO1*3*12*BX*186.00**BP*CUP~
ACK*IR*12*BX~
CTT*3~
SE*13*0001~
GE*1*77~
IEA*1*000000077~
"""

CSV = """po number;line;our sku;menge;preis;per;lieferdatum;status
PO-2026-000042;1;POT-28;40;42,90;;;ok
PO-2026-000042;2;SCREW-M4;200;0,50;100;2026-12-09;changed
PO-2026-000042;3;CUP;;;;;refused
"""

JSON = """{"order": "PO-2026-000042", "reference": "SO-9", "lines": [
 {"line": 1, "answer": "accepted"},
 {"line": 2, "answer": "changed", "quantity": 200, "price": "0.005", "date": "2026-12-09"},
 {"line": 3, "answer": "refused", "quantity": "0"}]}"""

ALL = {"ubl": UBL, "edifact": EDIFACT, "x12": X12, "csv": CSV, "json": JSON}
