"""The papers' experiments, run again under their own protocols, and tables of ours beside theirs.

``experiments`` says what is run, ``runs`` runs it and keeps what comes out, ``results`` shows it; each knows those
before it alone.
"""
