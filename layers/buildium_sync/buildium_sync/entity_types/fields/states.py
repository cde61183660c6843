"""States of the United States and provinces of Canada, by code or name.

Buildium: in these two countries the state of an address must be valid. Elsewhere any string is accepted.
"""

from buildium_sync.domain.normalization import alphanumeric, casefolded

_UNITED_STATES = """
AL Alabama, AK Alaska, AZ Arizona, AR Arkansas, CA California, CO Colorado, CT Connecticut, DE Delaware,
DC District of Columbia, FL Florida, GA Georgia, HI Hawaii, ID Idaho, IL Illinois, IN Indiana, IA Iowa,
KS Kansas, KY Kentucky, LA Louisiana, ME Maine, MD Maryland, MA Massachusetts, MI Michigan, MN Minnesota,
MS Mississippi, MO Missouri, MT Montana, NE Nebraska, NV Nevada, NH New Hampshire, NJ New Jersey,
NM New Mexico, NY New York, NC North Carolina, ND North Dakota, OH Ohio, OK Oklahoma, OR Oregon,
PA Pennsylvania, RI Rhode Island, SC South Carolina, SD South Dakota, TN Tennessee, TX Texas, UT Utah,
VT Vermont, VA Virginia, WA Washington, WV West Virginia, WI Wisconsin, WY Wyoming, AS American Samoa,
GU Guam, MP Northern Mariana Islands, PR Puerto Rico, VI Virgin Islands, AA Armed Forces Americas,
AE Armed Forces Europe, AP Armed Forces Pacific
"""

_CANADA = """
AB Alberta, BC British Columbia, MB Manitoba, NB New Brunswick, NL Newfoundland and Labrador,
NT Northwest Territories, NS Nova Scotia, NU Nunavut, ON Ontario, PE Prince Edward Island, QC Quebec,
SK Saskatchewan, YT Yukon
"""


def _codes(table: str) -> dict[str, str]:
    rows = [entry.split(maxsplit=1) for entry in table.split(",")]
    return {alphanumeric(spelling): code for code, name in rows for spelling in (code, name)}


_BY_COUNTRY = {"UnitedStates": _codes(_UNITED_STATES), "Canada": _codes(_CANADA)}
_ANYWHERE = {spelling: code for codes in _BY_COUNTRY.values() for spelling, code in codes.items()}


def is_checked(country: str | None) -> bool:
    """Return whether Buildium checks the states of a country. `country` is Buildium's name."""
    return country in _BY_COUNTRY


def code(state: str, country: str | None) -> str | None:
    """Return the code of a state in a checked country, or None if it is not one of its states."""
    return _BY_COUNTRY.get(country or "", {}).get(alphanumeric(state))


def canonical(state: str) -> str:
    """Return a form that is equal for two spellings of one state. No code occurs in both countries."""
    return _ANYWHERE.get(alphanumeric(state)) or casefolded(state)
