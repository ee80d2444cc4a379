"""Suppliers of the seeded books: names, numbers, currencies and addresses of every difficulty, several of each."""

from random import Random

from integrations.systems.ifs.simulator.demo_suppliers import Supplier, roster

_AWKWARD = (
    Supplier(" 123 ", "Blank Beside Plating"),
    Supplier("S8001", "D'Angelo's Fresh Produce"),
    Supplier("S8002", "Twin Falls Pumps", tax_id="94-7654321"),
    Supplier("S8003", "Twin Falls Pumps & Valves", tax_id="94-7654321"),
    Supplier("S8004", "東京精密工業株式会社", "JP", "JPY"),
    Supplier("S8005", "大阪ベアリング", "JP", "JPY"),
    Supplier("S8006", "شركة الكويت للتوريدات", "KW", "KWD"),
    Supplier("S8007", "אבן יסוד בע״מ"),
    Supplier("S8008", "🚀 Rocket Fasteners 🚀"),
    Supplier("S8009", "Ελληνική Χαλυβουργία", "GR", "EUR"),
    Supplier("S8010", "Завод «Прогресс»"),
    Supplier("S8011", f"{'A Very Long Name of a Holding Company ' * 3}".strip()[:100]),
    Supplier("S8012", "Semi;Colon, Comma & <Angle> Ltd."),
    Supplier("S8013", "No Address at All Inc.", kind="no_address"),
    Supplier("S8014", "Moved Away Without a Trace", kind="expired_address"),
    Supplier("S8015", "Second Blocked Business", kind="blocked"),
    Supplier("S8016", "=SUM(A1:A9) Formulas"),
)
NOBODY = Supplier("S9999", "Not in the Master")
"""What an invoice names although no such supplier exists."""


def seeded_roster(count: int, chance: Random) -> list[Supplier]:
    """At least `count` suppliers: those of the demo, the awkward ones, ordinary ones."""
    demo = roster(max(count - len(_AWKWARD), 16), chance)
    return [*_AWKWARD, *demo]
