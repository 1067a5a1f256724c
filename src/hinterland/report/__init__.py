"""A page on a run, in one HTML file that opens in any browser, offline.

- ``source``      any table as a stream of batches
- ``scored``      one pass over it: all energies, and the few rows that are shown; ``truth``: labels and times
- ``data``        the page's numbers, of bounded size, from: ``energies``, ``rows``, ``embedding``, ``order``,
  ``components``, ``drift``, ``comparison``, ``run``
- ``page``        numbers to HTML, by ``templates/`` and ``static/``; ``write``: all of it
"""

from hinterland.report.write import Report, report

__all__ = ["Report", "report"]
