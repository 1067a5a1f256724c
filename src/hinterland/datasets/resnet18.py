"""ADBench's sets of pictures as features of an ImageNet ResNet-18, 512 a picture (Han et al., NeurIPS 2022)."""

from hinterland.datasets._arrays import read_labelled
from hinterland.datasets._dataset import FAMILIES, Dataset, Family
from hinterland.datasets._fetch import PublicFile, fetch, on_this_machine, places
from hinterland.nearest import did_you_mean

FOLDER = "features"
PREFIX = "resnet18_"
SITE = "https://github.com/Minqi824/ADBench/raw/main/adbench/datasets/CV_by_ResNet18"
WIDTH = 512

# As for the classical sets: those whose checksum is known can be downloaded, others are read where they lie.
CHECKSUMS = {
    "CIFAR10_0": "f0e89be5576c37e5c2f7393f7a478d8ec0cc348559fc177c273ff076ef10db00",
    "CIFAR10_4": "13fe6ac27684cadd0b223a48dcb532474e4eb69592b159d21d8f6d195ec48512",
    "MVTec-AD_tile": "6d4564cd2844ff91274612b0dba39c3cfbabedf4535ec3573889bbd575075086",
    "MVTec-AD_toothbrush": "798a5edef4291e0466d2a7234101ee496927ddd96d0cbb620da008f4ed06753e",
    "MVTec-AD_transistor": "4c045fa018a2f4ffd828683b1d35580533662b2336c356e7e579c04da899b98e",
    "MVTec-AD_wood": "5fb9b4b57f6d66ab06ca3575d51359b0110943d4df4a20b495b1583730fc8d98",
    "MVTec-AD_zipper": "d60591ab34dced348b32574c4c0ff680068bbf5017d06d2bc5f9b15521f38bb8",
    "SVHN_0": "3526704c19ae4c62337a37f1f9294e3ec065d9f7a8e21f9e7c881b5acab13579",
    "SVHN_8": "92ea43b44af4876466e840cdcef7fe9cba294cd3be9907a05c9bad1fa5f41e97",
}


def resnet18_names() -> list[str]:
    """The sets of features on this machine (data folder and cache)."""
    files = (file for folder in places(FOLDER).values() for file in folder.glob(f"{PREFIX}*.npz"))
    return sorted({file.stem.removeprefix(PREFIX) for file in files})


def load_resnet18(name: str) -> Dataset:
    """Features after the last average pooling, columns ``f0`` to ``f511``, of one of ADBench's sets of pictures.

    Parameters
    ----------
    name : as ADBench's file, ``"CIFAR10_0"``; the number or word after the set is the normal class.

    Raises
    ------
    ValueError
        No set of that name is on this machine or known here.
    DataNotFoundError
        Not on this machine, and it cannot be downloaded.
    FileFormatError
        The file does not hold ``X`` with 512 columns and ``y``.
    """
    path = f"{FOLDER}/{PREFIX}{name}.npz"
    file = on_this_machine(path)
    if file is None and name not in CHECKSUMS:
        known = sorted({*resnet18_names(), *CHECKSUMS})
        hint = did_you_mean(name, known, after=" ")
        raise ValueError(
            f"no set of ResNet-18 features is called {name!r}; {hint}Known: {', '.join(known)}. "
            f"Any other is found once its file lies in {FOLDER} below the folder in HINTERLAND_DATA"
        )
    file = file or fetch(PublicFile(path, f"{SITE}/{name}.npz", CHECKSUMS[name]))
    return read_labelled(
        file,
        name=f"resnet18/{name}",
        source=f"ADBench {name}, ResNet-18 features",
        columns=[f"f{j}" for j in range(WIDTH)],
    )


FAMILIES.add("resnet18", Family(resnet18_names, load_resnet18))
