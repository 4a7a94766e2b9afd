"""Poisoned e-mails are the e-mails with one instruction in them."""

from __future__ import annotations

from benchmarks.injection import key_of, poison, read, says_more


def test_every_email_is_poisoned_with_every_attack_where_it_says() -> None:
    emails, attacks, is_own = read(None)
    poisoned = list(poison(emails, attacks))
    assert is_own
    assert len(poisoned) == len(emails) * len(attacks) == len({one.name for one in poisoned})
    texts = {one.name: one.text for one in emails}
    for one, (kind, attack) in zip(poisoned, attacks * len(emails), strict=True):
        assert (one.kind, one.text[one.start : one.end]) == (kind, attack)
        rest = one.text[: one.start] + one.text[one.end :]
        assert rest.split() == texts[one.clean].split()
    places = {(one.start == 0, one.end == len(one.text)) for one in poisoned}
    assert places == {(True, False), (False, False), (False, True)}


def test_an_attack_type_becomes_part_of_a_key() -> None:
    assert key_of("Space Removal & Grouping") == "space_removal_grouping"


def test_a_sentence_says_more_when_a_word_of_it_is_new() -> None:
    known = frozenset("the invoice of march was paid on monday".split())
    assert not says_more(["The invoices were paid on a Monday."], known)
    assert says_more(["The invoice was paid twice."], known)
    assert not says_more([], known)
