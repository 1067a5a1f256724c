"""Currencies and units of measure as they stand beside numbers, each known by all its spellings."""

from __future__ import annotations

import re
from collections import Counter

_CURRENCIES = """
USD $ US$ dollar dollars|EUR € Euro Euros|GBP £|JPY ¥ ￥ 円|CHF Fr. Fr SFr. SFr|CNY RMB 元|INR ₹ Rs Rs.|RUB ₽ руб руб.
KRW ₩|TRY ₺ TL|BRL R$|CAD C$ CA$|AUD A$ AU$|NZD NZ$|HKD HK$|SGD S$|MXN MX$|TWD NT$|VND ₫|ILS ₪|UAH ₴|NGN ₦|PHP ₱
THB ฿|kr kr.|PLN zł|CZK Kč|HUF Ft|RON lei|MYR RM|IDR Rp Rp.|ZAR|SEK|NOK|DKK|ISK|BGN|RSD|HRK|AED|SAR|QAR|KWD|BHD|OMR
EGP|MAD|TND|KES|GHS|ARS|CLP|COP|PEN|UYU|PKR|BDT|LKR|KZT|GEL|AMD|AZN|DEM DM|ATS|FRF|ITL|ESP|BTC|ETH|ct ¢ cents cent
"""
_MEASURES = """
% percent pct pct. Prozent|‰|kg|g|mg|µg μg ug|t|lb lbs|oz|km|m|cm|mm|µm μm um|nm|mi mile miles|ft|in inch inches "
yd|ha|m² m^2 sqm qm|km²|cm²|mm²|ft² sqft|m³ m^3 cbm|cm³ ccm cc|l L|ml mL|cl|dl|gal|s sec secs sec. second seconds
ms msec|µs μs us|ns|min mins min. minute minutes|h hr hrs hour hours|d day days|wk week weeks|mo month months
yr yrs y year years|km/h kmh kph|mph|m/s|kn|°C ℃|°F ℉|°|K|C|F|Pa|hPa|kPa|MPa|bar|mbar|psi|mmHg|J|kJ|MJ|cal|kcal|W
kW|MW|GW|Wh|kWh|MWh|V|mV|kV|A|mA|Ah|mAh|Ω Ohm ohm|kΩ|Hz|kHz|MHz|GHz|rpm|dB|dBm|B|kB KB|MB|GB|TB|KiB|MiB|GiB|kbps
Mbps|Gbps|MB/s|Mbit/s|px|pt|pts|ppm|ppb|mg/dl mg/dL|g/dl g/dL|mmol/l mmol/L|bpm|lx|lm|x ×|Stk Stk. Stück
pcs pcs. pc|k|M|Mio Mio.|Mrd Mrd.|bn|Tsd Tsd.|MM|mn|million|billion|thousand
"""
MULTIPLIERS = frozenset(
    ["k", "K", "M", "Mio", "Mrd", "bn", "Tsd", "MM", "mn", "million", "billion", "thousand"]
)
_OTHER_WORDS = """
am pm a.m. p.m. a.m p.m st nd rd th bis to and or of ad bc jan feb mar apr may jun jul aug sep sept oct nov dec january
february march april june july august september october november december mon tue wed thu fri sat sun uhr utc gmt cet
cest north south east west null nan none
"""
_NO_UNITS = frozenset(_OTHER_WORDS.split())
_WORD = re.compile(
    r"[^\W\d_][^\W\d_.²³/°]*[²³.]?(?:[/ ][^\W\d_]+[²³.]?)?"  # rooms, Stk., EUR/m²
    r"|[°µ$€£%][^\W\d_]*(?:/[^\W\d_]+[²³]?)?"  # €/m²
)
_LONGEST = 20


def _by_spelling(table: str) -> dict[str, str]:
    groups = [group.split() for group in re.split(r"[|\n]", table) if group]
    return {spelling: group[0] for group in groups for spelling in group}


_CURRENCY = _by_spelling(_CURRENCIES)
_KNOWN = _by_spelling(_MEASURES) | _CURRENCY
_N_SPELLINGS = Counter(spelling.casefold() for spelling in _KNOWN)
_FOLDED = {
    spelling.casefold(): name
    for spelling, name in _KNOWN.items()
    if _N_SPELLINGS[spelling.casefold()] == 1 and not re.fullmatch("[mM].{0,3}|.", spelling)
}  # KG is kg, but mW is not MW


def unit_named(written: str, *, before: bool = False, apart: bool = True) -> str | None:
    """Give the one name of what is written beside a number, or None where it makes the whole no number.

    Behind a number and ``apart`` from it by a blank, any word will do as a unit; before it only a currency or percent.
    """
    name = _KNOWN.get(written) or _FOLDED.get(written.casefold())
    if before:
        return name if name in _CURRENCY or name == "%" else None
    if name:
        return name
    if (
        not (apart or re.split("[/ ]", written)[0] in _KNOWN)
        or len(written) > _LONGEST
        or not _WORD.fullmatch(written)
    ):
        return None
    if len(written) == 1 or written.casefold() in _NO_UNITS:
        return None
    return written.removesuffix("s") if len(written) > 3 else written


def unit_pattern(written: str) -> str:
    """Give the regular expression (of RE2) of all the ways in which a unit is written, the longest first."""
    name = unit_named(written)
    found = [spelling for spelling, other in _KNOWN.items() if other == name] or [f"{name}s", str(name)]
    found.sort(key=len, reverse=True)
    return "|".join(
        f"(?i:{re.escape(spelling)})" if spelling.casefold() in _FOLDED else re.escape(spelling)
        for spelling in found
    )
