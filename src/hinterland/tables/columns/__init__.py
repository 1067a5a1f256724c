"""What a column of a table is: ``decide`` says it in one place; ``readings`` are what a model keeps of it."""
