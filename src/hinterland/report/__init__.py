"""A page on a run, in one HTML file that opens in any browser, offline.

- ``scored``      one pass over a table: all energies, and the few rows that are shown; ``truth``: labels and times
- ``data``        the page's numbers, of bounded size, from: ``energies``, ``rows``, ``embedding``, ``order``,
  ``components``, ``drift``, ``comparison``, ``run``
- ``page``        numbers to HTML, by ``templates/`` and ``static/``; ``write``: all of it
"""

from hinterland.report.write import Report, report

__all__ = ["Report", "report"]
