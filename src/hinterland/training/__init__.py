"""Training procedures over one loop. A shelf; each orders the work of fitting a network and a density."""
