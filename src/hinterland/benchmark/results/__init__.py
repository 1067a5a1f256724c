"""Showing what ran: tables, comparisons and figures, and the pages of them.

- ``tables``     ours beside the papers' numbers, in several ``formats``
- ``compare``    ranks methods over data sets, ``summary`` says it in words; ``against`` sets them beside neighbours
- ``choices``    of a method's parameters, compared by folds of data sets
- ``curves``     and ``diagram`` draw, over ``figures``
- ``page``       all of it, a page a paper; ``contents``: one line a table; ``headlines``: the README's lines
"""
