"""What is said about columns: a sentence a topic, whatever the order of the notes."""

from hinterland.tables.columns.notes import MOST_NAMED, Note, sentences


def test_a_sentence_a_topic_with_its_columns_in_their_order():
    first, second = sentences([Note("label", "Class"), Note("empty", "b"), Note("empty", "a")])
    assert first == "left out, without any value: b, a"
    assert second.startswith("called and filled like labels, but used as any column: Class. ")


def test_many_columns_are_counted():
    (sentence,) = sentences(Note("empty", str(i)) for i in range(MOST_NAMED + 3))
    assert sentence == "left out, without any value: 0, 1, 2, 3, 4, 5, 6, 7 and 3 more"


def test_nothing_to_say():
    assert sentences([]) == []
