"""What everything stands on: ids, amounts, time, chance, limits and faults."""
