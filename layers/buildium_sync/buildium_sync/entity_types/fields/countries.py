"""Countries: ISO 3166 codes and English names locally, and Buildium's enumeration.

Buildium: `Country` of an address is one of 257 names such as `UnitedStates`. Some of them are not in ISO 3166 and have
no code here. Some countries of ISO 3166 are missing in Buildium.
"""

from buildium_sync.domain.normalization import alphanumeric

_CODED = """
AF AFG Afghanistan, AL ALB Albania, DZ DZA Algeria, AS ASM AmericanSamoa, AD AND Andorra, AO AGO Angola,
AI AIA Anguilla, AQ ATA Antarctica, AG ATG AntiguaandBarbuda, AR ARG Argentina, AM ARM Armenia,
AW ABW Aruba, AU AUS Australia, AT AUT Austria, AZ AZE Azerbaijan, BS BHS Bahamas, BH BHR Bahrain,
BD BGD Bangladesh, BB BRB Barbados, BY BLR Belarus, BE BEL Belgium, BZ BLZ Belize, BJ BEN Benin,
BM BMU Bermuda, BT BTN Bhutan, BO BOL Bolivia, BA BIH BosniaandHerzegovina, BW BWA Botswana,
BV BVT BouvetIsland, BR BRA Brazil, IO IOT BritishIndianOceanTerritory, VG VGB BritishVirginIslands,
BN BRN Brunei, BG BGR Bulgaria, BF BFA BurkinaFaso, MM MMR Burma, BI BDI Burundi, KH KHM Cambodia,
CM CMR Cameroon, CA CAN Canada, CV CPV CapeVerde, KY CYM CaymanIslands, CF CAF CentralAfricanRepublic,
TD TCD Chad, CL CHL Chile, CN CHN China, CX CXR ChristmasIsland, CC CCK CocosIslands, CO COL Colombia,
KM COM Comoros, CD COD DemocraticRepublicOfTheCongo, CG COG RepublicOfTheCongo, CK COK CookIslands,
CR CRI CostaRica, CI CIV CotedIvoire, HR HRV Croatia, CU CUB Cuba, CY CYP Cyprus, CZ CZE CzechRepublic,
DK DNK Denmark, DJ DJI Djibouti, DM DMA Dominica, DO DOM DominicanRepublic, EC ECU Ecuador, EG EGY Egypt,
SV SLV ElSalvador, GQ GNQ EquatorialGuinea, ER ERI Eritrea, EE EST Estonia, ET ETH Ethiopia,
FK FLK FalklandIslands, FO FRO FaroeIslands, FJ FJI Fiji, FI FIN Finland, FR FRA France,
GF GUF FrenchGuiana, PF PYF FrenchPolynesia, TF ATF FrenchSouthernandAntarcticLands, GA GAB Gabon,
GM GMB Gambia, GE GEO Georgia, DE DEU Germany, GH GHA Ghana, GI GIB Gibraltar, GR GRC Greece,
GL GRL Greenland, GD GRD Grenada, GP GLP Guadeloupe, GU GUM Guam, GT GTM Guatemala, GG GGY Guernsey,
GN GIN Guinea, GW GNB GuineaBissau, GY GUY Guyana, HT HTI Haiti, HM HMD HeardIslandandMcDonaldIslands,
VA VAT VaticanCity, HN HND Honduras, HK HKG HongKong, HU HUN Hungary, IS ISL Iceland, IN IND India,
ID IDN Indonesia, IR IRN Iran, IQ IRQ Iraq, IE IRL Ireland, IM IMN IsleofMan, IL ISR Israel, IT ITA Italy,
JM JAM Jamaica, JP JPN Japan, JE JEY Jersey, JO JOR Jordan, KZ KAZ Kazakhstan, KE KEN Kenya,
KI KIR Kiribati, KP PRK NorthKorea, KR KOR SouthKorea, KW KWT Kuwait, KG KGZ Kyrgyzstan, LA LAO Laos,
LV LVA Latvia, LB LBN Lebanon, LS LSO Lesotho, LR LBR Liberia, LY LBY Libya, LI LIE Liechtenstein,
LT LTU Lithuania, LU LUX Luxembourg, MO MAC Macau, MK MKD Macedonia, MG MDG Madagascar, MW MWI Malawi,
MY MYS Malaysia, MV MDV Maldives, ML MLI Mali, MT MLT Malta, MH MHL MarshallIslands, MQ MTQ Martinique,
MR MRT Mauritania, MU MUS Mauritius, YT MYT Mayotte, MX MEX Mexico, FM FSM Micronesia, MD MDA Moldova,
MC MCO Monaco, MN MNG Mongolia, MS MSR Montserrat, MA MAR Morocco, MZ MOZ Mozambique, NA NAM Namibia,
NR NRU Nauru, NP NPL Nepal, NL NLD Netherlands, NC NCL NewCaledonia, NZ NZL NewZealand, NI NIC Nicaragua,
NE NER Niger, NG NGA Nigeria, NU NIU Niue, NF NFK NorfolkIsland, MP MNP NorthernMarianaIslands,
NO NOR Norway, OM OMN Oman, PK PAK Pakistan, PW PLW Palau, PA PAN Panama, PG PNG PapuaNewGuinea,
PY PRY Paraguay, PE PER Peru, PH PHL Philippines, PN PCN PitcairnIslands, PL POL Poland, PT PRT Portugal,
PR PRI PuertoRico, QA QAT Qatar, RE REU Reunion, RO ROU Romania, RU RUS Russia, RW RWA Rwanda,
SH SHN SaintHelena, KN KNA SaintKittsandNevis, LC LCA SaintLucia, PM SPM SaintPierreandMiquelon,
VC VCT SaintVincentandtheGrenadines, WS WSM Samoa, SM SMR SanMarino, ST STP SaoTomeandPrincipe,
SA SAU SaudiArabia, SN SEN Senegal, SC SYC Seychelles, SL SLE SierraLeone, SG SGP Singapore,
SK SVK Slovakia, SI SVN Slovenia, SB SLB SolomonIslands, SO SOM Somalia, ZA ZAF SouthAfrica,
GS SGS SouthGeorgiaandtheSouthSandwichIslands, ES ESP Spain, LK LKA SriLanka, SD SDN Sudan, SR SUR Suriname,
SJ SJM Svalbard, SZ SWZ Swaziland, SE SWE Sweden, CH CHE Switzerland, SY SYR Syria, TW TWN Taiwan,
TJ TJK Tajikistan, TZ TZA Tanzania, TH THA Thailand, TL TLS TimorLeste, TG TGO Togo, TK TKL Tokelau,
TO TON Tonga, TT TTO TrinidadandTobago, TN TUN Tunisia, TR TUR Turkey, TM TKM Turkmenistan,
TC TCA TurksandCaicosIslands, TV TUV Tuvalu, UG UGA Uganda, UA UKR Ukraine, AE ARE UnitedArabEmirates,
GB GBR UnitedKingdom, US USA UnitedStates, UY URY Uruguay, UZ UZB Uzbekistan, VU VUT Vanuatu,
VE VEN Venezuela, VN VNM Vietnam, VI VIR VirginIslands, WF WLF WallisandFutuna, EH ESH WesternSahara,
YE YEM Yemen, ZM ZMB Zambia, ZW ZWE Zimbabwe
"""

_UNCODED = """
Akrotiri, AshmoreandCartierIslands, BassasdaIndia, ClippertonIsland, CoralSeaIslands, Dhekelia,
EuropaIsland, GazaStrip, GloriosoIslands, JanMayen, JuandeNovaIsland, NavassaIsland, NetherlandsAntilles,
ParacelIslands, SerbiaandMontenegro, SpratlyIslands, TromelinIsland, WakeIsland, WestBank
"""

_ALSO_CALLED = """
UK UnitedKingdom, Great Britain UnitedKingdom, United States of America UnitedStates,
US Virgin Islands VirginIslands, Virgin Islands US VirginIslands,
Virgin Islands British BritishVirginIslands, Myanmar Burma, Cabo Verde CapeVerde, Ivory Coast CotedIvoire,
Czechia CzechRepublic, Congo RepublicOfTheCongo, Congo Kinshasa DemocraticRepublicOfTheCongo,
Congo Brazzaville RepublicOfTheCongo, Congo The Democratic Republic of the DemocraticRepublicOfTheCongo,
Brunei Darussalam Brunei, Holy See VaticanCity, Holy See Vatican City State VaticanCity,
Korea Republic of SouthKorea, Republic of Korea SouthKorea,
Korea Democratic People's Republic of NorthKorea, Lao People's Democratic Republic Laos, Macao Macau,
North Macedonia Macedonia, Russian Federation Russia, Eswatini Swaziland, Svalbard and Jan Mayen Svalbard,
Syrian Arab Republic Syria, East Timor TimorLeste, Türkiye Turkey, Pitcairn PitcairnIslands,
Iran Islamic Republic of Iran, Tanzania United Republic of Tanzania, Moldova Republic of Moldova,
Bolivia Plurinational State of Bolivia, Venezuela Bolivarian Republic of Venezuela,
Taiwan Province of China Taiwan, Micronesia Federated States of Micronesia,
Federated States of Micronesia Micronesia, French Southern Territories FrenchSouthernandAntarcticLands,
Cocos Keeling Islands CocosIslands, Falkland Islands Malvinas FalklandIslands,
Netherlands Kingdom of the Netherlands, Saint Helena Ascension and Tristan da Cunha SaintHelena,
RS SerbiaandMontenegro, SRB SerbiaandMontenegro, Serbia SerbiaandMontenegro, ME SerbiaandMontenegro,
MNE SerbiaandMontenegro, Montenegro SerbiaandMontenegro, CW NetherlandsAntilles, CUW NetherlandsAntilles,
Curaçao NetherlandsAntilles, SX NetherlandsAntilles, SXM NetherlandsAntilles,
Sint Maarten NetherlandsAntilles, BQ NetherlandsAntilles, BES NetherlandsAntilles,
Bonaire Sint Eustatius and Saba NetherlandsAntilles
"""


def _entries(table: str) -> list[str]:
    return [" ".join(entry.split()) for entry in table.split(",")]


_ROWS = [entry.split() for entry in _entries(_CODED)]
_ALIASES = [entry.rpartition(" ") for entry in _entries(_ALSO_CALLED)]
_CODES = {name: alpha2 for alpha2, _, name in _ROWS}
BUILDIUM_NAMES = frozenset(_CODES) | frozenset(_entries(_UNCODED))
_BY_SPELLING = {
    **{alphanumeric(name): name for name in BUILDIUM_NAMES},
    **{alphanumeric(code): name for *codes, name in _ROWS for code in codes},
    **{alphanumeric(alias): name for alias, _, name in _ALIASES},
}


def buildium_name(country: str) -> str | None:
    """Return Buildium's name of a country, given by ISO 3166 code or English name; None if Buildium has none.

    Case, accents, punctuation and a leading `the` do not matter: `us`, `USA`, `United States`.
    """
    spelling = alphanumeric(country)
    return _BY_SPELLING.get(spelling) or _BY_SPELLING.get(spelling.removeprefix("the"))


def code_or_name(name: str | None) -> str | None:
    """Return the ISO 3166 alpha-2 code of a Buildium name, or the name if there is no code."""
    return _CODES.get(name, name) if name else None


def canonical(country: str) -> str:
    """Return a form that is equal for two spellings of one country."""
    return buildium_name(country) or alphanumeric(country)
