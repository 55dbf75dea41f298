"""From a result to what stays: executed notebooks, the gradebook, reports. One writer; nothing is graded here."""
