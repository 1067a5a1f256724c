import pytest

from hinterland.nearest import did_you_mean, nearest_name


@pytest.mark.parametrize(
    ("given", "expected"),
    [("vaee", "VAE"), (" vae ", "VAE"), ("Amuont", "amount"), (3, None), ("", None), ("zzz", None)],
)
def test_the_known_name_that_is_most_like_is_found(given, expected):
    assert nearest_name(given, ["amount", "VAE", "hour"]) == expected


def test_the_hint_has_what_comes_after_it_or_is_another_text():
    assert did_you_mean("huor", ["amount", "hour"], "it has none", after=" ") == "did you mean 'hour'? "
    assert did_you_mean("zzz", ["amount", "hour"], "it has none", after=" ") == "it has none"


def test_how_like_it_must_be_can_be_said():
    assert nearest_name("abcd", ["abxy"], cutoff=0.7) is None
    assert nearest_name("abcd", ["abxy"], cutoff=0.4) == "abxy"
