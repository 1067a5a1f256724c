"""Showing results, as tables, words and figures.

``tables`` puts ours beside the papers' numbers, in several ``formats``; ``compare`` ranks methods and ``summary`` says
it in words; ``curves`` and ``diagram`` draw, over ``figures``; ``page`` is all of it.
"""
