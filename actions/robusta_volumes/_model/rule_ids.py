"""The ids of all rules, so that settings and annotations can name the nearest right one; tests hold it to the rules."""

_FAMILIES = {
    "PV": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17),
    "PVC": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21),
    "RS": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
    "AT": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18),
    "WA": (1, 2, 3, 4, 5, 6, 7),
    "SF": (1, 2, 3, 4, 5, 6),
    "SC": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
    "US": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
    "PERF": tuple(range(1, 45)),
}
PREFIXES: tuple[str, ...] = tuple(_FAMILIES)
RULE_IDS: tuple[str, ...] = tuple(f"{prefix}-{n:02}" for prefix, numbers in _FAMILIES.items() for n in numbers)
