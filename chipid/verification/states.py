"""States as the two documents of one card name them: three letters in the MRZ, two in a certificate.

ICAO Doc 9303-3 §5 (ISO 3166-1 and the codes beside it), Doc 9303-12 §7.1.1.1.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_ISO_3166_1: Final = """
    ABW:AW AFG:AF AGO:AO AIA:AI ALA:AX ALB:AL AND:AD ARE:AE ARG:AR ARM:AM ASM:AS ATA:AQ ATF:TF ATG:AG AUS:AU AUT:AT
    AZE:AZ BDI:BI BEL:BE BEN:BJ BES:BQ BFA:BF BGD:BD BGR:BG BHR:BH BHS:BS BIH:BA BLM:BL BLR:BY BLZ:BZ BMU:BM BOL:BO
    BRA:BR BRB:BB BRN:BN BTN:BT BVT:BV BWA:BW CAF:CF CAN:CA CCK:CC CHE:CH CHL:CL CHN:CN CIV:CI CMR:CM COD:CD COG:CG
    COK:CK COL:CO COM:KM CPV:CV CRI:CR CUB:CU CUW:CW CXR:CX CYM:KY CYP:CY CZE:CZ DEU:DE DJI:DJ DMA:DM DNK:DK DOM:DO
    DZA:DZ ECU:EC EGY:EG ERI:ER ESH:EH ESP:ES EST:EE ETH:ET FIN:FI FJI:FJ FLK:FK FRA:FR FRO:FO FSM:FM GAB:GA GBR:GB
    GEO:GE GGY:GG GHA:GH GIB:GI GIN:GN GLP:GP GMB:GM GNB:GW GNQ:GQ GRC:GR GRD:GD GRL:GL GTM:GT GUF:GF GUM:GU GUY:GY
    HKG:HK HMD:HM HND:HN HRV:HR HTI:HT HUN:HU IDN:ID IMN:IM IND:IN IOT:IO IRL:IE IRN:IR IRQ:IQ ISL:IS ISR:IL ITA:IT
    JAM:JM JEY:JE JOR:JO JPN:JP KAZ:KZ KEN:KE KGZ:KG KHM:KH KIR:KI KNA:KN KOR:KR KWT:KW LAO:LA LBN:LB LBR:LR LBY:LY
    LCA:LC LIE:LI LKA:LK LSO:LS LTU:LT LUX:LU LVA:LV MAC:MO MAF:MF MAR:MA MCO:MC MDA:MD MDG:MG MDV:MV MEX:MX MHL:MH
    MKD:MK MLI:ML MLT:MT MMR:MM MNE:ME MNG:MN MNP:MP MOZ:MZ MRT:MR MSR:MS MTQ:MQ MUS:MU MWI:MW MYS:MY MYT:YT NAM:NA
    NCL:NC NER:NE NFK:NF NGA:NG NIC:NI NIU:NU NLD:NL NOR:NO NPL:NP NRU:NR NZL:NZ OMN:OM PAK:PK PAN:PA PCN:PN PER:PE
    PHL:PH PLW:PW PNG:PG POL:PL PRI:PR PRK:KP PRT:PT PRY:PY PSE:PS PYF:PF QAT:QA REU:RE ROU:RO RUS:RU RWA:RW SAU:SA
    SDN:SD SEN:SN SGP:SG SGS:GS SHN:SH SJM:SJ SLB:SB SLE:SL SLV:SV SMR:SM SOM:SO SPM:PM SRB:RS SSD:SS STP:ST SUR:SR
    SVK:SK SVN:SI SWE:SE SWZ:SZ SXM:SX SYC:SC SYR:SY TCA:TC TCD:TD TGO:TG THA:TH TJK:TJ TKL:TK TKM:TM TLS:TL TON:TO
    TTO:TT TUN:TN TUR:TR TUV:TV TWN:TW TZA:TZ UGA:UG UKR:UA UMI:UM URY:UY USA:US UZB:UZ VAT:VA VCT:VC VEN:VE VGB:VG
    VIR:VI VNM:VN VUT:VU WLF:WF WSM:WS YEM:YE ZAF:ZA ZMB:ZM ZWE:ZW
"""

# Codes of Doc 9303-3 §5 parts A to C that ISO 3166-1 does not have.
_BESIDE_ISO: Final = "D:DE GBD:GB GBN:GB GBO:GB GBP:GB GBS:GB RKS:KS EUE:EU UNO:UN UNA:UN UNK:UN"

# Territories whose documents may be signed under the CSCA of the State that they belong to.
_TERRITORIES: Final = {
    "CN": "HKG MAC",
    "DK": "FRO GRL",
    "FR": "NCL PYF SPM WLF",
    "GB": "AIA BMU CYM FLK GGY GIB IMN JEY MSR PCN SHN TCA VGB",
    "NL": "ABW BES CUW SXM",
    "US": "ASM GUM MNP PRI VIR",
}
# Other letters that certificates of a State are known to carry: Hong Kong and Macao have CSCAs of their own.
_ALSO: Final = {"CHN": {"HK", "MO"}, "RKS": {"XK"}}


@lru_cache(maxsize=512)
def certificate_countries(mrz_code: str) -> frozenset[str]:
    """The two-letter codes that may stand in certificates of the State which the MRZ calls ``mrz_code``.

    Empty for a code that is not known, such as those of the organisations of Doc 9303-3 §5 part D.
    """
    if mrz_code not in _COUNTRIES:
        return frozenset()
    states = {state for state, territories in _TERRITORIES.items() if mrz_code in territories.split()}
    return frozenset({_COUNTRIES[mrz_code]} | states | _ALSO.get(mrz_code, set()))


_COUNTRIES: Final = dict(pair.split(":") for pair in f"{_ISO_3166_1} {_BESIDE_ISO}".split())
