from __future__ import annotations

import hmac

import pytest

from hinterland.serve import token as module
from hinterland.serve.problems import Problem
from hinterland.serve.token import VARIABLE, Token, token_of_environment


def test_the_right_token_alone_is_let_in() -> None:
    token = Token("a-long-secret")
    token.check("a-long-secret")
    for wrong in ("a-long-secre", "a-long-secret ", "A-long-secret", "", None, "\udce4", "ø"):
        with pytest.raises(Problem, match="Authorization: Bearer TOKEN") as caught:
            token.check(wrong)
        assert caught.value.status == 401
        assert "a-long-secret" not in str(caught.value)


def test_tokens_are_compared_in_constant_time_whatever_their_lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths, true_compare = [], hmac.compare_digest

    def compare(left: bytes, right: bytes) -> bool:
        lengths.append((len(left), len(right)))
        return true_compare(left, right)

    monkeypatch.setattr(module.hmac, "compare_digest", compare)
    for given in ("secret", "s" * 1_000, None):
        try:
            Token("secret").check(given)
        except Problem:
            continue
    assert lengths == [(32, 32)] * 3
    assert "secret" not in repr(vars(Token("secret")))


def test_the_environment_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert token_of_environment() is None
    monkeypatch.setenv(VARIABLE, "secret")
    token = token_of_environment()
    assert token is not None
    token.check("secret")


@pytest.mark.parametrize("secret", ["", "two words", "line\n", "größe"])
def test_a_token_that_no_header_carries_is_an_error_that_does_not_show_it(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, secret)
    with pytest.raises(ValueError, match=VARIABLE) as caught:
        token_of_environment()
    assert not secret or secret not in str(caught.value)
