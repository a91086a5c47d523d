"""Languages: what MP4 calls them (ISO 639-2, where BCP 47 mostly has two letters), and their small words."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.util import find_spec
from typing import Final

_THREE_LETTERS: Final = dict(
    re.findall(
        r"(\w+)=(\w+)",
        "ar=ara bg=bul bn=ben ca=cat cs=ces da=dan de=deu el=ell en=eng es=spa et=est fa=fas fi=fin fr=fra he=heb "
        "hi=hin hr=hrv hu=hun id=ind it=ita ja=jpn ko=kor lt=lit lv=lav ms=msa nb=nob nl=nld no=nor pl=pol pt=por "
        "ro=ron ru=rus sk=slk sl=slv sr=srp sv=swe ta=tam te=tel th=tha tr=tur uk=ukr ur=urd vi=vie zh=zho",
    )
)


def iso_639_2(language: str) -> str:
    """``und`` where it is not known."""
    first = language.partition("-")[0]
    return first if len(first) == 3 else _THREE_LETTERS.get(first, "und")


def is_english(language: str) -> bool:
    return iso_639_2(language) == "eng"


@lru_cache(maxsize=16)
def stop_words(language: str) -> frozenset[str]:
    """The words of another language than English that say nothing by themselves, where the package is installed."""
    if find_spec("stop_words") is None:
        return frozenset()
    from stop_words import StopWordError, get_stop_words

    try:
        return frozenset(get_stop_words(language.partition("-")[0]))
    except StopWordError:
        return frozenset()
