"""Files of pictures: ``reading`` makes arrays of them, ``folder`` is all in a folder as one source of rows."""
