"""Interactive answers: further questions about casual visitors' page views, answered from the rows, with the limits of R7."""
