"""ADBench's classical data sets, one .npz file each (Han et al., NeurIPS 2022)."""

from hinterland.datasets._arrays import read_labelled
from hinterland.datasets._dataset import FAMILIES, Dataset, Family
from hinterland.datasets._fetch import PublicFile, fetch, places
from hinterland.nearest import nearest_name

FOLDER = "tabular/adbench"
SITE = "https://github.com/Minqi824/ADBench/raw/main/adbench/datasets/Classical"

# Sets that can be downloaded: those whose checksum is known here, taken from unchanged copies of the public
# files. Others are read where the user has put them into the data folder.
CHECKSUMS = {
    "2_annthyroid": "e738f7c58a8740d2c4aac4c71ff49ce5e1d1aa16f44178135fc9c09df05fad1b",
    "4_breastw": "4f37ce07dbc25ddad8178fdc6d664ab46d2d0000ee28c2787c3c7ff3c03ef9f6",
    "6_cardio": "bc5009bde6930b4d298b594f31b34485a9a17210cff0e8fb00a8c3068b885a2d",
    "14_glass": "aa7a8db1d475ba01a10488af454bc15220a3d5951b010b03b7020567d8152cdc",
    "16_http": "9d98710091551587f4740cfc851a6b064fff6319a337c2dc77ee6da4bcc2e02c",
    "18_Ionosphere": "bca46cb0cfd1bf9ddef6cde5ad2215d54fb0189508d0d4c4eb98e788cad69001",
    "20_letter": "f986d3da80cf1fa2aea83a5ebe73b7d4800e0d4c01fdd1ae074b58d20f10d039",
    "22_magic.gamma": "0be375984d7af9ea7a63b12206c240840d8b7daa3607021c5fb8756407dd86f1",
    "23_mammography": "a0308ac9712d78321073b1c2dc98dc37665c0f35c1cc33019416fe8f8d7de7ea",
    "25_musk": "2ed3f4392197b76a1e59116ff880c7720a4b026cf4842073a53b56fdea265017",
    "26_optdigits": "60de17a375a278ba220a7849727d998aa02b5e2f9fd17732a004bba28de4656e",
    "27_PageBlocks": "10a9b4d5bb5d3b9083caab4c4062f665610eada703c3d927bf7c34b1f2d0d223",
    "28_pendigits": "c4936b89dcdad59d303020e492f763a0f54170080d787c77497609acbb9c2d79",
    "29_Pima": "215454bb263a2f040945c9ea7bd7f06f1e89a61a3143bdb6f196e3887e801a7d",
    "30_satellite": "1f048f5686f1b8c16a227fdfa3c81a62cd9a92715714a6b24c69b1c5ad96b46e",
    "32_shuttle": "26900b0f6be45d9ddb7a402c9b2f956ceda42d23a8ca4cf4406b8bc1352823d1",
    "38_thyroid": "8de161b3f235b7647bb0b39a836d983ff61d67bf234edac461da2d71e889cb87",
    "40_vowels": "4bfc4244d1c882773bbbc50d4a5db5e52276e53506e46b2d45e02d074cfcb1b6",
    "42_WBC": "650f9dcb129248f67a291be0974f533ef259fcbde50fce5c8ad2a1cb2652d03b",
    "47_yeast": "bbb15c873d78a4f6a589f46d0f75814595e2282d2ae7ce7779c750f276c3770d",
}


def adbench_names() -> list[str]:
    """The ADBench sets on this machine (data folder and cache), by their number."""
    found = {file.stem for folder in places(FOLDER).values() for file in folder.glob("*.npz")}
    return sorted(found, key=_by_number)


def load_adbench(name: str) -> Dataset:
    """One of ADBench's sets, its columns ``f0``, ``f1``, ...

    Parameters
    ----------
    name : as ADBench's file, ``"38_thyroid"``, or without the number where that names one set only.

    Raises
    ------
    ValueError
        No set of that name is on this machine or known here.
    DataNotFoundError
        Not on this machine, and it cannot be downloaded.
    FileFormatError
        The file does not hold ``X`` and ``y``.
    """
    name = _full_name(name)
    path = f"{FOLDER}/{name}.npz"
    on_disk = [place for place in places(path).values() if place.is_file()]
    file = on_disk[0] if on_disk else fetch(PublicFile(path, f"{SITE}/{name}.npz", CHECKSUMS[name]))
    return read_labelled(file, name=f"adbench/{name}", source=f"ADBench {name}")


FAMILIES.add("adbench", Family(adbench_names, load_adbench))


def _full_name(name: str) -> str:
    known = sorted({*adbench_names(), *CHECKSUMS}, key=_by_number)
    if name in known:
        return name
    matches = [full for full in known if name.lower() in (full.lower(), _bare(full))]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise ValueError(f"the ADBench name {name!r} fits several sets: {', '.join(matches)}")
    # one by its number and name, the other by its name alone, both without regard to case
    by_spelling = {spelling: full for full in known for spelling in (full.lower(), _bare(full))}
    near = nearest_name(name, by_spelling)
    hint = f"did you mean {by_spelling[near]!r}? " if near else ""
    raise ValueError(
        f"no ADBench set is called {name!r}; {hint}Known: {', '.join(known)}. "
        f"Any other is found once its file lies in {FOLDER} below the folder in HINTERLAND_DATA"
    )


def _bare(full: str) -> str:
    return full.partition("_")[2].lower()


def _by_number(name: str) -> tuple[int, str]:
    number = name.partition("_")[0]
    return (int(number) if number.isdecimal() else 0, name)
