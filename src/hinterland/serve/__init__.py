"""A fitted model as an HTTP service: rows in, energies, labels, p-values and reasons out (the extra ``serve``).

- ``limits``      what a request may take of the machine, and until when
- ``problems``    what went wrong with a request, with a name and a status; nothing of the inside
- ``token``       who may ask
- ``body``        a request's body, of bounded size and time
- ``json_rows``, ``csv_rows``, ``arrow_rows``  a body as a table; ``rows`` chooses by its media type
- ``served``      the model, loaded once, and rows scored by it
- ``answers``     scored rows as JSON, CSV or Arrow
- ``workers``     threads that score, and how many requests may wait for them
- ``metrics``     counts and times, as Prometheus reads them
- ``guard``       around every request: its number, its time, and what nobody foresaw
- ``page``        the description of the service, for a browser
- ``application`` the routes; ``running`` serves them until the process is asked to end
- ``mlflow``      the same model behind MLflow's pyfunc, without a server of ours
"""
